"""WARC 1.1 files of one job: begun, appended to, checked, indexed and closed."""

from __future__ import annotations

import errno
import os
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from archive import cdxj, layout, records
from archive.local import fsync_folder, make_folder
from archive.model import Capture, RecordRef, Stored

MAX_BYTES = 1_000_000_000
"""Size at which a file is closed and the next one begun: 1 GB (WARC 1.1, annex C)."""
MAX_SECONDS = 24 * 3600.0
"""Age at which a file is closed, so that a job of many days leaves finished files behind it."""


class WarcWriter:
    """Writes captures to `NAME.warc.gz.open` files of one job, each begun by a warcinfo record.

    Beside an open file lies its journal: the bytes of it that are durable. Not safe for threads: one thread owns it.
    Every method raises OSError when the disk does.
    """

    def __init__(
        self,
        spool: Path,
        outlet: str,
        info: Mapping[str, str],
        *,
        max_bytes: int = MAX_BYTES,
        max_seconds: float = MAX_SECONDS,
        taken: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._spool = spool
        self._outlet = outlet
        self._info = dict(info)
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._taken = taken
        self._serial = 0
        self._file: int | None = None
        self._journal: int | None = None
        self._begun = 0.0
        self._size = self._checksum = 0
        self._key = ""
        self._warcinfo = ""
        self._index: list[str] = []
        self.written = 0
        """Bytes of all files of this job."""
        self.keys: set[str] = set()
        """Keys of all files of this job."""
        self.finished: list[str] = []
        """Of them those that are whole, still in the spool."""

    def write(self, capture: Capture, earlier: Stored | None = None) -> RecordRef:
        """Append the records of an exchange, in one piece; where its payload lies, for a revisit in the earlier one."""
        self._make_room()
        event = records.event(capture, self._warcinfo, earlier)
        offset = self._append(event.data)
        ref = RecordRef(
            url=capture.url,
            warc=self._key,
            offset=offset,
            length=event.length,
            record_id=event.record_id,
            payload_digest=event.payload_digest,
        )
        if event.kind != "request":
            self._index.append(
                cdxj.line(
                    kind=event.kind,
                    url=capture.url,
                    date=event.date,
                    head=event.head,
                    digest=event.payload_digest,
                    offset=offset,
                    length=event.length,
                    filename=Path(self._key).name,
                )
            )
        return earlier.ref if earlier and event.kind == "revisit" else ref

    def sync(self) -> None:
        """Make everything written so far durable, and note how much that is."""
        if self._file is None or self._journal is None:
            return
        os.fsync(self._file)
        os.pwrite(self._journal, b"%020d\n" % self._size, 0)
        os.fsync(self._journal)

    def close(self) -> None:
        """Finish the file at hand; its key joins `finished`."""
        if self._file is not None:
            self._finish()

    def _make_room(self) -> None:
        """Have an open file that is neither full nor old."""
        if self._file is not None and (
            self._size >= self._max_bytes or time.monotonic() - self._begun >= self._max_seconds
        ):
            self._finish()
        if self._file is None:
            self._begin()

    def _begin(self) -> None:
        now = datetime.now(UTC)
        host = layout.host_name()
        while True:
            self._key = layout.warc_key(self._outlet, now, self._serial, host)
            self._serial += 1
            if not self._taken(self._key):
                break
        self.keys.add(self._key)
        path = self._spool / (self._key + layout.OPEN)
        make_folder(path.parent)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        self._journal = os.open(path.with_name(path.name + layout.JOURNAL), os.O_WRONLY | os.O_CREAT, 0o644)
        fsync_folder(path.parent)
        self._begun = time.monotonic()
        self._size = self._checksum = 0
        self._index = []
        self._warcinfo, data = records.warcinfo(Path(self._key).name, now, self._info)
        self._append(data)

    def _append(self, data: bytes) -> int:
        """Write whole members; their offset. A full disk makes `os.write` short before it makes it fail."""
        assert self._file is not None
        offset = self._size
        view = memoryview(data)
        while view:
            written = os.write(self._file, view)
            view = view[written:]
        self._size += len(data)
        self.written += len(data)
        self._checksum = zlib.crc32(data, self._checksum)
        return offset

    def _finish(self) -> None:
        self.sync()
        assert self._file is not None
        assert self._journal is not None
        os.close(self._file)
        os.close(self._journal)
        self._file = self._journal = None
        path = self._spool / (self._key + layout.OPEN)
        if checksum(path) != (self._size, self._checksum):
            raise OSError(errno.EIO, f"{path.name} does not read back as it was written")
        give_name(self._spool, self._key, self._index)
        self.finished.append(self._key)


def checksum(path: Path) -> tuple[int, int]:
    """Bytes of a file, and their CRC-32. Raises OSError."""
    size = crc = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            size, crc = size + len(piece), zlib.crc32(piece, crc)
    return size, crc


def give_name(folder: Path, key: str, index: list[str]) -> None:
    """Give an open file that is whole its name, with its index beside it, durably. Raises OSError."""
    path = folder / (key + layout.OPEN)
    cdxj.write(folder / cdxj.path_for(key), index)
    path.rename(folder / key)
    fsync_folder(path.parent)
    path.with_name(path.name + layout.JOURNAL).unlink(missing_ok=True)
