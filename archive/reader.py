"""WARC files read as they are: each record with the bytes where it lies, and each fault where a record should be."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, NamedTuple, cast

from archive.faults import Fault, Kind
from archive.unfold import Unfolded

__all__ = ["MAX_HEAD", "MAX_MEMBER", "Fault", "Record", "read", "read_at"]

MAX_MEMBER = 8 << 30
"""Bytes that one gzip member may unfold to: eight times a whole file, and no bomb."""
MAX_HEAD = 1 << 20
"""Bytes of a record's header; one that does not end before is no header."""

_IN_MEMORY = 16 << 20
_HEAD_USUALLY = 1 << 14
_PIECE = 1 << 20
_FOLDED_PIECE = 1 << 16
_GZIP = b"\x1f\x8b\x08"
_EXTRA = 4
_CLOSING = b"\r\n\r\n"
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
# RFC 2616, section 2.1, whose grammar WARC uses: literals do not mind case.
_VERSION = re.compile(rb"WARC/\d{1,4}\.\d{1,4}[ \t]{0,8}\r?\n", re.IGNORECASE)
# Where nothing says that a record begins, a field must follow; a page may well have a line that reads WARC/1.0.
_BEGINNING = re.compile(_VERSION.pattern + rb"[!-9;-~]{1,64}:", re.IGNORECASE)
_BEGINNING_AT_MOST = 128


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """One WARC record. Its block can be read until the next record is asked for."""

    offset: int
    """Byte where its gzip member, or the plain record, begins."""
    length: int
    """Bytes of that member, or of the plain record with the blank lines after it."""
    head: bytes
    """Version line and named fields as they are, with the blank line."""
    fields: tuple[tuple[str, str], ...]
    """Named fields in their order, folded lines joined (WARC 1.1, section 4)."""
    size: int
    """Bytes of the block; less than Content-Length where that cannot be, which is a fault."""
    stream: IO[bytes]
    begin: int
    """Where the block begins in `stream`."""

    def get(self, name: str) -> str | None:
        """The first value of a named field; names do not mind case."""
        return next(iter(self.values(name)), None)

    def values(self, name: str) -> list[str]:
        """All values of a named field."""
        return [value for field, value in self.fields if field.lower() == name.lower()]

    @property
    def declared(self) -> int | None:
        """The first Content-Length; None when there is none, or no number."""
        text = self.get("Content-Length")
        return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else None

    def pieces(self) -> Iterator[bytes]:
        """The block, a megabyte at a time. Raises OSError."""
        position, end = self.begin, self.begin + self.size
        while position < end:
            self.stream.seek(position)
            piece = self.stream.read(min(_PIECE, end - position))
            if not piece:
                raise OSError(f"the file changed while it was read: {end - position} bytes are gone")
            position += len(piece)
            yield piece

    def block(self) -> bytes:
        """The whole block."""
        return b"".join(self.pieces())


def read(path: Path) -> Iterator[Record | Fault]:
    """Every record and every fault of a .warc or .warc.gz, in the order of the file.

    What is wrong with a record is said before it. After a fault the reading goes on at the next thing that looks like a
    record. Raises OSError.
    """
    with path.open("rb") as file:
        start, end = file.read(5), file.seek(0, 2)
        if not start:
            yield Fault(Kind.EMPTY, 0, "the file is empty")
        # A damaged first member must not hide the others.
        elif start.startswith(_GZIP) or (".gz" in path.suffixes and start.upper() != b"WARC/"):
            yield from _members(path, file, 0, end, MAX_MEMBER)
        else:
            yield from _records(file, 0, end)


def read_at(path: Path, offset: int, most: int | None = None) -> Record | Fault:
    """The record whose gzip member begins at `offset`, or what is wrong there. Raises OSError.

    A member that unfolds to more than `most` bytes (MAX_MEMBER without) is a fault of the kind TOO_LARGE.
    """
    with path.open("rb") as file:
        found = _members(path, file, offset, file.seek(0, 2), MAX_MEMBER if most is None else most)
        return next(found, Fault(Kind.TORN, offset, "the file ends before it"))


class _Member(NamedTuple):
    length: int
    size: int
    plain: bytes | None
    """None when it is too much for memory."""


def _members(path: Path, file: IO[bytes], offset: int, end: int, most: int) -> Iterator[Record | Fault]:
    """The records of gzip members, one each as WARC 1.1, annex D, has it."""
    while offset < end:
        member = _inflate(file, offset, most)
        if isinstance(member, Fault):
            following = _next_member(file, offset + 1)
            skipped = (end if following is None else following) - offset
            yield member._replace(detail=f"{member.detail}; {skipped} bytes were skipped")
            if following is None:
                return
            offset = following
            continue
        if member.plain is None:
            stream = cast("IO[bytes]", io.BufferedReader(Unfolded(path, offset), _FOLDED_PIECE))
        else:
            stream = io.BytesIO(member.plain)
        if not member.size:
            yield Fault(Kind.EMPTY, offset, "a gzip member without a record")
        for number, found in enumerate(_records(stream, 0, member.size)):
            if isinstance(found, Fault):
                yield found._replace(offset=offset)
                continue
            if number == 0 and found.length < member.size:
                yield Fault(Kind.MEMBERS, offset, "the gzip member holds more than its record")
            yield replace(found, offset=offset, length=member.length)
        offset += member.length


def _inflate(file: IO[bytes], offset: int, most: int) -> _Member | Fault:
    """Unfold the member at `offset` to its end, where its CRC and size are checked."""
    file.seek(offset)
    inflater, length, size = zlib.decompressobj(31), 0, 0
    parts: list[bytes] = []
    data = file.read(_FOLDED_PIECE)
    while data:
        try:
            unfolded = inflater.decompress(data, _IN_MEMORY)
        except zlib.error as error:
            if length == 0 and not data.startswith(_GZIP):
                return Fault(Kind.TAIL, offset, f"no gzip member begins with {data[:8]!r}")
            return Fault(Kind.GZIP, offset, str(error).removeprefix("Error -3 while decompressing data: "))
        size += len(unfolded)
        if size <= _IN_MEMORY:
            parts.append(unfolded)
        else:
            parts.clear()
        # At the end of the member, what follows it may be in both.
        length += len(data) - len(inflater.unused_data if inflater.eof else inflater.unconsumed_tail)
        if inflater.eof:
            return _Member(length, size, b"".join(parts) if size <= _IN_MEMORY else None)
        if size > most:
            return Fault(Kind.TOO_LARGE, offset, f"a gzip member unfolds to more than {most} bytes")
        data = inflater.unconsumed_tail or file.read(_FOLDED_PIECE)
    return Fault(Kind.TORN, offset, "the file ends within a gzip member")


def _next_member(file: IO[bytes], position: int) -> int | None:
    """Where the next gzip member that holds a record begins."""
    overlap = len(_GZIP) - 1
    while True:
        file.seek(position)
        data = file.read(_PIECE)
        found = -1
        while (found := data.find(_GZIP, found + 1)) >= 0:
            if _holds_record(file, position + found):
                return position + found
        if len(data) < _PIECE:
            return None
        position += len(data) - overlap


def _holds_record(file: IO[bytes], offset: int) -> bool:
    file.seek(offset)
    start = file.read(1024)
    if len(start) > 12 and start[3] & _EXTRA:
        start += file.read(int.from_bytes(start[10:12], "little"))  # RFC 1952, section 2.3.1.1
    try:
        return zlib.decompressobj(31).decompress(start, 5).upper() == b"WARC/"
    except zlib.error:
        return False


def _records(stream: IO[bytes], first: int, end: int) -> Iterator[Record | Fault]:
    """The records of uncompressed bytes."""
    position: int | None = first
    while position is not None and position < end:
        found = _record(stream, position, end)
        if isinstance(found, Fault):
            # Where no blank line is within reach, no header can begin in the nearer half of it.
            step = 1 if found.kind in {Kind.TAIL, Kind.NO_RECORD} else MAX_HEAD // 2
            following = _next_plain(stream, position + step)
            skipped = (end if following is None else following) - position
            yield found._replace(detail=f"{found.detail}; {skipped} bytes were skipped")
            position = following
            continue
        declared, close = found.declared, found.begin + found.size
        stream.seek(close)
        if declared == found.size and stream.read(4) == _CLOSING:
            yield found
            position = close + 4
            continue
        position, fault, found = _not_closed(stream, found, end)
        yield fault
        yield found


def _not_closed(stream: IO[bytes], found: Record, end: int) -> tuple[int | None, Fault, Record]:
    """A record that does not end where it says: where to go on, what to call it, and the part of it that is there."""
    close, declared = found.begin + found.size, found.declared
    stream.seek(close)
    behind = stream.read(_BEGINNING_AT_MOST)
    blank = len(behind) - len(behind.lstrip(b"\r\n"))
    if declared == found.size and _VERSION.match(behind, blank):
        detail = f"{behind[:blank]!r} follows the block, not two CRLF"
        return close + blank, Fault(Kind.LENGTH, found.offset, detail), found
    if declared == found.size and _CLOSING.startswith(behind):
        return None, Fault(Kind.TORN, found.offset, f"{behind!r} follows the block, and that is the end"), found
    following = _next_plain(stream, found.begin)
    cut = end if following is None else following
    if declared == found.size and cut >= close:
        detail = f"no two CRLF follow the {declared} bytes of Content-Length"
        return following, Fault(Kind.LENGTH, found.offset, detail), found
    if declared is not None and following is None:
        detail = f"Content-Length is {declared}, and {found.size} bytes are there"
        return None, Fault(Kind.TORN, found.offset, detail), found
    stream.seek(max(found.begin, cut - 4))
    if cut - 4 >= found.begin and stream.read(4) == _CLOSING:
        cut -= 4
    size = cut - found.begin
    detail = f"Content-Length is {declared}" if declared is not None else "Content-Length is missing or no number"
    fault = Fault(Kind.LENGTH, found.offset, f"{detail}, and the record seems to have {size} bytes")
    return following, fault, replace(found, size=size, length=min(cut + 4, end) - found.offset)


def _record(stream: IO[bytes], position: int, end: int) -> Record | Fault:
    """What lies at `position`."""
    stream.seek(position)
    start = stream.read(_HEAD_USUALLY)
    if not _VERSION.match(start):
        return Fault(Kind.TAIL if position else Kind.NO_RECORD, position, f"no record begins with {start[:20]!r}")
    if not (match := _HEAD_END.search(start)):
        start += stream.read(MAX_HEAD - len(start))
        match = _HEAD_END.search(start)
    if not match and len(start) < MAX_HEAD:
        return Fault(Kind.TORN, position, "the file ends within a header")
    if not match:
        return Fault(Kind.TOO_LARGE, position, f"a header does not end within {MAX_HEAD} bytes")
    head = start[: match.end()]
    begin = position + len(head)
    found = Record(offset=position, length=0, head=head, fields=_fields(head), size=0, stream=stream, begin=begin)
    size = min(found.declared or 0, end - begin)
    return replace(found, size=size, length=min(begin + size + 4, end) - position)


def _next_plain(stream: IO[bytes], position: int) -> int | None:
    """Where the next record begins."""
    window = _HEAD_USUALLY
    while True:
        stream.seek(position)
        data = stream.read(window)
        if found := _BEGINNING.search(data):
            return position + found.start()
        if len(data) < window:
            return None
        position += len(data) - _BEGINNING_AT_MOST
        window = min(2 * window, _PIECE)


def _fields(head: bytes) -> tuple[tuple[str, str], ...]:
    lines = _FOLDED.sub(b" ", head).split(b"\n")[1:]
    pairs = (line.decode("utf-8", "replace").partition(":") for line in lines if b":" in line)
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)
