"""What takes the place of a record: a gzip member of exactly its length, so that no other record moves.

It holds a metadata record (WARC 1.1, section 6.5). What is left of the length is filled with an extra field (RFC 1952,
section 2.3.1.1) and with empty stored blocks (RFC 1951, section 3.2.4), which unfold to nothing.
"""

from __future__ import annotations

import re
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from archive.records import digest

SMALLEST = 20
"""Bytes of the smallest gzip member there is, which holds nothing."""
TAKEN_DOWN = "takenDown"
"""The field of its block that tells a stub from other metadata."""

_HEADER = b"\x1f\x8b\x08%c\0\0\0\0\x02\xff"
_FEXTRA, _FCOMMENT = 4, 16
_MOST_EXTRA = 2 + 0xFFFF
_LEAST_EXTRA = 2 + 4
_EMPTY_BLOCK = b"\0\0\0\xff\xff"
_LAST_BLOCK = b"\x03\0"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_LONGEST_REASON = 500


class Replaced(NamedTuple):
    """What is said of the record that was there. Neither its address nor anything of its block."""

    record_id: str
    kind: str
    """Its WARC-Type."""


def stub(length: int, of: Replaced, at: datetime, reason: str) -> bytes:
    """The member of `length` bytes that takes the place of a record. Same arguments, same bytes.

    It says as much as there is room for; in less than some 150 bytes there is none for a record, and it holds nothing.
    Raises ValueError for a length that no gzip member has.
    """
    if length < SMALLEST:
        raise ValueError(f"no gzip member has {length} bytes")
    for record in (*_records(of, at, reason), b""):
        folded = _folded(record)
        if len(folded) + 18 <= length:
            return _padded(record, folded, length - 18 - len(folded))
    raise AssertionError  # nothing at all fits into SMALLEST


def stub_id(record_id: str) -> str:
    """WARC-Record-ID of the stub of a record: whoever knows the one knows the other."""
    return f"<{uuid.uuid5(uuid.NAMESPACE_URL, f'taken down: {record_id}').urn}>"


def public(reason: str) -> str:
    """What everybody may read of a reason: all that comes before its first colon."""
    return _CONTROLS.sub(" ", reason.partition(":")[0]).strip()[:_LONGEST_REASON]


def _records(of: Replaced, at: datetime, reason: str) -> Iterator[bytes]:
    """The record in ever fewer words."""
    date, said = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), public(reason)
    refers = [("WARC-Refers-To", of.record_id)]
    what = ("replaces", f"{of.kind} {of.record_id}")
    for facts in ([(TAKEN_DOWN, date), ("reason", said), what], [(TAKEN_DOWN, date), ("reason", said)]):
        yield _record(of, date, refers, facts)
    yield _record(of, date, refers, [(TAKEN_DOWN, date)])
    yield _record(of, date, [], [(TAKEN_DOWN, date)])
    yield _record(of, date, [], [])
    yield _record(of, date, [], [], labelled=False)


def _record(
    of: Replaced, date: str, refers: list[tuple[str, str]], facts: list[tuple[str, str]], *, labelled: bool = True
) -> bytes:
    block = "".join(f"{name}: {value}\r\n" for name, value in facts if value).encode()
    fields = [("WARC-Type", "metadata"), ("WARC-Record-ID", stub_id(of.record_id)), ("WARC-Date", date), *refers]
    fields += [("WARC-Block-Digest", digest(block))] if block else []
    if labelled:  # indexers list metadata of other kinds
        fields.append(("Content-Type", "application/warc-fields"))
    fields.append(("Content-Length", str(len(block))))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    return b"WARC/1.1\r\n" + head + b"\r\n" + block + b"\r\n\r\n"


def _folded(record: bytes, end: int = zlib.Z_FINISH) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(record) + deflater.flush(end)


def _padded(record: bytes, folded: bytes, room: int) -> bytes:
    """The member with `room` bytes more than it needs."""
    trailer = zlib.crc32(record).to_bytes(4, "little") + len(record).to_bytes(4, "little")
    if room == 0:
        return _HEADER % 0 + folded + trailer
    if room < _LEAST_EXTRA:  # too little for an extra field; a comment may be empty
        return _HEADER % _FCOMMENT + b"-" * (room - 1) + b"\0" + folded + trailer
    blocks = b""
    if room > _MOST_EXTRA:
        aligned = _folded(record, zlib.Z_SYNC_FLUSH) + _LAST_BLOCK
        room -= len(aligned) - len(folded)
        number = max(0, -(-(room - _MOST_EXTRA) // len(_EMPTY_BLOCK)))
        room -= number * len(_EMPTY_BLOCK)
        blocks, folded = _EMPTY_BLOCK * number + _LAST_BLOCK, aligned[: -len(_LAST_BLOCK)]
    size = room - 2
    # One subfield: two letters of its own, and the length of its content.
    extra = size.to_bytes(2, "little") + b"TD" + (size - 4).to_bytes(2, "little") + bytes(size - 4)
    return _HEADER % _FEXTRA + extra + folded + blocks + trailer
