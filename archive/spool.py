"""One job's open files: written on the local disk first, published only when whole."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from archive import cdxj, layout
from archive.local import fsync_folder, make_folder
from archive.model import Capture, RecordRef, Stored
from archive.warc import WarcWriter

OPEN_AT_MOST = 100
"""Files of lines that are open at a time."""


class Spool:
    """WARC records and JSON lines of one job under `folder`, by the key that each file will have.

    Not safe for threads: one thread owns it. Every method raises OSError when the disk does.
    """

    def __init__(
        self,
        folder: Path,
        outlet: str,
        info: Mapping[str, str],
        *,
        taken: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._folder = folder
        make_folder(folder)
        self._warc = WarcWriter(folder, outlet, info, taken=taken)
        self._lines: dict[str, int] = {}
        """Keys of the files that are open."""
        self._keys: dict[str, None] = {}
        """Those of all files of lines."""
        self._dirty = False
        self.left: list[str] = []
        """Keys of the files that have left while the job goes on."""

    @property
    def warc_bytes(self) -> int:
        """Size of the WARC files of this job, as far as they are written."""
        return self._warc.written

    def capture(self, capture: Capture, earlier: Stored | None) -> RecordRef:
        """Append the records of an exchange; see `WarcWriter.write`."""
        self._dirty = True
        return self._warc.write(capture, earlier)

    def holds(self, warc: str) -> bool:
        """Is this the key of a WARC of this job that is still here?"""
        return warc in self._warc.keys and warc not in self.left

    def full(self) -> list[str]:
        """Keys of the WARCs that were finished since this was last asked, and of their indexes: they may leave."""
        fresh = [key for warc in self._warc.finished for key in (warc, cdxj.path_for(warc)) if key not in self.left]
        self.left += fresh
        return fresh

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Bytes of a WARC of this job."""
        path = self._folder / key
        with (path if path.exists() else path.with_name(path.name + layout.OPEN)).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def line(self, key: str, row: Mapping[str, Any]) -> None:
        """Append one JSON object to the file that will be `key`."""
        data = line_of(row)
        handle = self._lines.get(key)
        if handle is None:
            if len(self._lines) >= OPEN_AT_MOST:
                self._let_go()
            path = self._folder / (key + layout.OPEN)
            make_folder(path.parent)
            handle = self._lines[key] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            fsync_folder(path.parent)
            self._keys[key] = None
        self._dirty = True
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]

    def sync(self) -> None:
        """Make all that was written durable: bytes, then the rows that point at them, then the events on the rows."""
        if not self._dirty:
            return
        self._warc.sync()
        for key in sorted(self._lines, key=lambda key: key.startswith("events/")):
            os.fsync(self._lines[key])
        self._dirty = False

    def close(self) -> None:
        """Finish every file; `finished` then lists them."""
        self._warc.close()
        self._let_go()
        for key in self._keys:
            compress(self._folder, key)
        self._keys.clear()

    def _let_go(self) -> None:
        """Close what is open and durable: rows may be of more days than files may be open."""
        self.sync()
        for handle in self._lines.values():
            os.close(handle)
        self._lines.clear()


def line_of(row: Mapping[str, Any]) -> bytes:
    """A line of a `.jsonl` file."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def compress(folder: Path, key: str) -> None:
    """Turn the plain lines of `key` into the gzip file that is published. Same lines, same bytes."""
    plain, packed = folder / (key + layout.OPEN), folder / key
    part = packed.with_name(packed.name + ".part")
    with plain.open("rb") as source, part.open("wb") as raw:
        with packing(raw) as target:
            shutil.copyfileobj(source, target, 1 << 20)
        raw.flush()
        os.fsync(raw.fileno())
    part.rename(packed)
    fsync_folder(packed.parent)
    plain.unlink()


def packing(raw: IO[bytes]) -> gzip.GzipFile:
    """Lines written to it are compressed into a file. Same lines, same bytes."""
    return gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0)


def finished(folder: Path) -> Iterator[str]:
    """Keys of the whole files in a spool folder, in the order in which they may leave it."""
    keys = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    whole = (key for key in keys if not key.endswith((layout.OPEN, layout.JOURNAL, ".part")))
    return iter(sorted(whole, key=lambda key: (layout.rank(key), key)))
