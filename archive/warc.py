"""WARC 1.1 files: one exchange in, two records out, one gzip member a record."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive import layout, message
from archive.local import fsync_folder, make_folder
from archive.model import Capture, RecordRef

# Half the time of level 9 for 2 % more bytes.
COMPRESSION = 6
MAX_BYTES = 1_000_000_000
"""Size at which a file is closed and the next one begun: 1 GB (WARC 1.1, annex C)."""


def digest(data: bytes) -> str:
    """`sha1:BASE32`, the form that WARC readers agree on."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def member(version_headers: list[tuple[str, str]], block: bytes) -> bytes:
    """One record as one gzip member. Its bytes depend on nothing but the record."""
    headers = StatusAndHeaders("", version_headers, protocol="WARC/1.1")
    kind = headers.get_header("WARC-Type")
    record = ArcWarcRecord("warc", kind, headers, BytesIO(block), None, None, len(block))
    # warcio re-serialises HTTP heads that it parsed itself; handed over as an opaque block, they stay exact.
    record.payload_length = len(block)
    plain = BytesIO()
    WARCWriter(plain, gzip=False, warc_version="1.1").write_record(record)
    return gzip.compress(plain.getvalue(), compresslevel=COMPRESSION, mtime=0)


def _record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _warc_date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class WarcWriter:
    """Writes captures to `NAME.warc.gz.open` files of one job, each begun by a warcinfo record.

    Not safe for threads: one thread owns it. Every method raises OSError when the disk does.
    """

    def __init__(
        self,
        spool: Path,
        outlet: str,
        info: Mapping[str, str],
        *,
        max_bytes: int = MAX_BYTES,
        taken: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._spool = spool
        self._outlet = outlet
        self._info = dict(info)
        self._max_bytes = max_bytes
        self._taken = taken
        self._serial = 0
        self._file: int | None = None
        self._size = 0
        self._key = ""
        self._warcinfo = ""
        self.finished: list[str] = []
        """Keys of the files that are whole, still in the spool."""

    def write(self, capture: Capture) -> RecordRef:
        """Append the response and the request of an exchange; where the response lies."""
        if self._file is not None and self._size >= self._max_bytes:
            self._finish()
        if self._file is None:
            self._begin()
        response_id, request_id = _record_id(), _record_id()
        payload_digest = digest(message.payload(capture.response))
        response = member(
            [
                *self._event("response", response_id, capture),
                ("WARC-Concurrent-To", request_id),
                ("WARC-Payload-Digest", payload_digest),
                ("WARC-Block-Digest", digest(capture.response)),
                *([("WARC-Truncated", capture.truncated)] if capture.truncated else []),
                ("Content-Type", "application/http; msgtype=response"),
            ],
            capture.response,
        )
        request = member(
            [
                *self._event("request", request_id, capture),
                ("WARC-Concurrent-To", response_id),
                ("WARC-Payload-Digest", digest(message.payload(capture.request))),
                ("WARC-Block-Digest", digest(capture.request)),
                ("Content-Type", "application/http; msgtype=request"),
            ],
            capture.request,
        )
        offset = self._append(response)
        self._append(request)
        return RecordRef(
            url=capture.url,
            warc=self._key,
            offset=offset,
            length=len(response),
            record_id=response_id,
            payload_digest=payload_digest,
        )

    def sync(self) -> None:
        """Make everything written so far durable."""
        if self._file is not None:
            os.fsync(self._file)

    def close(self) -> None:
        """Finish the file at hand; its key joins `finished`."""
        if self._file is not None:
            self._finish()

    def _event(self, kind: str, record_id: str, capture: Capture) -> list[tuple[str, str]]:
        """Fields that all records of one capture share (WARC 1.1, section 5)."""
        fields = [
            ("WARC-Type", kind),
            ("WARC-Record-ID", record_id),
            ("WARC-Warcinfo-ID", self._warcinfo),
            ("WARC-Target-URI", capture.url),
            ("WARC-Date", _warc_date(capture.began)),
        ]
        if capture.ip:
            fields.append(("WARC-IP-Address", capture.ip))
        fields += [("WARC-Protocol", protocol) for protocol in capture.protocols]
        if capture.cipher:
            fields.append(("WARC-Cipher-Suite", capture.cipher))
        return fields

    def _begin(self) -> None:
        now = datetime.now(UTC)
        host = layout.host_name()
        while True:
            self._key = layout.warc_key(self._outlet, now, self._serial, host)
            self._serial += 1
            if not self._taken(self._key):
                break
        path = self._spool / (self._key + layout.OPEN)
        make_folder(path.parent)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        fsync_folder(path.parent)
        self._size = 0
        self._warcinfo = _record_id()
        block = "".join(f"{name}: {value}\r\n" for name, value in self._info.items()).encode()
        headers = [
            ("WARC-Type", "warcinfo"),
            ("WARC-Record-ID", self._warcinfo),
            ("WARC-Filename", Path(self._key).name),
            ("WARC-Date", _warc_date(now)),
            ("WARC-Block-Digest", digest(block)),
            ("Content-Type", "application/warc-fields"),
        ]
        self._append(member(headers, block))

    def _append(self, data: bytes) -> int:
        """Write one whole member; its offset. A full disk makes `os.write` short before it makes it fail."""
        assert self._file is not None
        offset = self._size
        view = memoryview(data)
        while view:
            written = os.write(self._file, view)
            view = view[written:]
        self._size += len(data)
        return offset

    def _finish(self) -> None:
        assert self._file is not None
        os.fsync(self._file)
        os.close(self._file)
        self._file = None
        path = self._spool / (self._key + layout.OPEN)
        path.rename(self._spool / self._key)
        fsync_folder(path.parent)
        self.finished.append(self._key)
