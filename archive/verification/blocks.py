"""A record's block, read once and never kept: both digests, and what its HTTP message says of its own length."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archive.faults import Fault, Kind
from archive.reader import Record
from archive.verification import digests
from archive.verification.digests import Digest
from archive.verification.fields import Fields

MAX_HEAD = 1 << 20
"""Bytes of an HTTP head that are kept; what a longer one says after that is not known."""

_SIZE_LINE = 1 << 16  # no server needs more for a number
_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?=[ \t\r\n])")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_WITHOUT_BODY = {204, 304}
# How bodies in a content coding begin (RFC 1952, section 2.3.1; RFC 8878, section 3.1.1).
_MAGIC = {b"gzip": b"\x1f\x8b", b"x-gzip": b"\x1f\x8b", b"zstd": b"\x28\xb5\x2f\xfd"}


class Chunks:
    """A body in chunks that comes in pieces (RFC 9112, section 7.1), read as `message.dechunk` reads a whole one."""

    def __init__(self, sink: Callable[[bytes], None]) -> None:
        self._sink = sink
        self._line: bytearray | None = bytearray()
        self._left = 0
        self._closing = b""
        self._lost = False
        self.count = 0
        """Chunks that were begun, the last included."""
        self.done = False
        """Was the last chunk reached?"""
        self.problem: str | None = None
        """What is no chunk, where one should be."""

    def feed(self, data: bytes) -> None:
        """Take the next piece; hand over the payload in it."""
        position = 0
        while position < len(data) and not self.done and not self._lost:
            if self._left:
                part = data[position : position + self._left]
                self._sink(part)
                self._left -= len(part)
                position += len(part)
            elif self._line is None:
                position += self._close(data[position : position + 1])
            else:
                position = self._size(data, position)

    def _close(self, byte: bytes) -> int:
        """The line end after a chunk; how far that leads."""
        if byte == b"\r" and not self._closing:
            self._closing = byte
            return 1
        used = 1
        if byte != b"\n":
            self._broken("no line end follows a chunk")
            used = 0 if self._closing else 1
        self._closing, self._line = b"", bytearray()
        return used

    def _size(self, data: bytes, position: int) -> int:
        assert self._line is not None
        end = data.find(b"\n", position)
        self._line += data[position : len(data) if end < 0 else end]
        too_long = len(self._line) > _SIZE_LINE
        if end < 0 and not too_long:
            return len(data)
        text = bytes(self._line).split(b";")[0].strip()
        if too_long or not _CHUNK_SIZE.fullmatch(text):
            self._broken(f"no chunk begins with {bytes(self._line[:20])!r}")
            self._lost = True
            return len(data)
        self.count += 1
        self._left = int(text, 16)
        self.done = self._left == 0
        self._line = None
        return end + 1

    def _broken(self, problem: str) -> None:
        self.problem = self.problem or problem


class Message:
    """An HTTP message that comes in pieces: its head, and its body before and after transfer decoding."""

    def __init__(self, payload: Callable[[bytes], None], body: Callable[[bytes], None]) -> None:
        """`body` is given the bodies of chunked messages as they are."""
        self._payload = payload
        self._body = body
        self._window = b""
        self.head = bytearray()
        """As much of it as is kept."""
        self.has_body = False
        """Did the head come to its end?"""
        self.size = 0
        """Bytes of the body as it is."""
        self.start = b""
        """Its first bytes."""
        self.chunks: Chunks | None = None

    def feed(self, data: bytes) -> None:
        """Take the next piece of the message."""
        if not self.has_body:
            window = self._window + data
            end = _HEAD_END.search(window)
            self._window = window[-2:]
            rest = data[end.end() - len(window) :] if end and end.end() < len(window) else b""
            self.head += data[: len(data) - len(rest)][: max(0, MAX_HEAD - len(self.head))]
            if not end:
                return
            self.has_body, data = True, rest
            if any(coding.strip() == b"chunked" for coding in b",".join(self.values("Transfer-Encoding")).lower().split(b",")):
                self.chunks = Chunks(self._payload)
        self.size += len(data)
        self.start = self.start or data[:4]
        if self.chunks:
            self.chunks.feed(data)
            self._body(data)
        else:
            self._payload(data)

    def values(self, name: str) -> list[bytes]:
        """Values of a header field, as `message.header_values` gives them, in time that grows with the head alone."""
        wanted = name.lower().encode()
        lines = (line.removesuffix(b"\r").partition(b":") for line in bytes(self.head).split(b"\n"))
        return [
            value.strip(b" \t") for field, colon, value in lines if colon and field.rstrip(b" \t").lower() == wanted
        ]

    @property
    def status(self) -> int | None:
        """The status code of a response whose head is whole."""
        match = _STATUS.match(self.head) if self.has_body else None
        return int(match[1]) if match else None


@dataclass(slots=True)
class Block:
    """What a block turned out to be."""

    faults: list[Fault]
    payload: Digest | None
    """Of a record that holds a payload; None for others, and where the block is not all there."""
    bodiless: Fault | None = None
    """A fault unless the request was a HEAD: the response has no body."""
    method: bytes = b""
    """Of a request."""


def check(record: Record, fields: Fields, *, own: bool) -> Block:
    """Read the block of a record. Raises OSError.

    In files of ours a body is also too long when it is longer than its Content-Length: the surplus is not kept.
    """
    if record.size != record.declared:  # the reader said so
        return Block([], None)
    block_text, payload_text = fields.get("WARC-Block-Digest"), fields.get("WARC-Payload-Digest")
    whole, payload, raw = digests.hasher(block_text), digests.hasher(payload_text), digests.hasher(payload_text)
    message = Message(payload.update, raw.update) if _is_http(fields) else None
    for piece in record.pieces():
        if block_text:
            whole.update(piece)
        if message:
            message.feed(piece)
        elif fields.kind != "revisit":
            payload.update(piece)
    found = Block([], digests.result(payload) if _holds_payload(fields) else None)
    if block_text and (detail := _differs("WARC-Block-Digest", block_text, digests.result(whole))):
        found.faults.append(Fault(Kind.BLOCK_DIGEST, record.offset, detail))
    if message:
        found.method = bytes(message.head[:16]).partition(b" ")[0] if fields.kind == "request" else b""
        _check_http(record, fields, message, found, own=own)
    if payload_text and found.payload:
        raw_digest = digests.result(raw) if message and message.chunks else None
        found.faults += _of_payload(record, payload_text, found.payload, raw_digest, message)
    return found


def _is_http(fields: Fields) -> bool:
    """Is the block an HTTP message? Without a Content-Type the target says so (WARC 1.1, section 6.3)."""
    if fields.kind not in {"response", "request"}:
        return False
    content_type = fields.get("Content-Type")
    if content_type is None:
        return fields.target.lower().startswith(("http:", "https:"))
    return content_type.partition(";")[0].strip().lower() == "application/http"


def _holds_payload(fields: Fields) -> bool:
    """A revisit holds none, and a segment a part of one."""
    return fields.kind not in {"warcinfo", "revisit", "continuation"} and fields.get("WARC-Segment-Number") is None


def _differs(name: str, text: str, actual: Digest) -> str | None:
    declared = digests.parse(text)
    if declared is None or not declared.value or declared == actual:
        return None
    return f"{name} is {declared}, and the bytes have {actual}"


def _of_payload(
    record: Record, text: str, actual: Digest, raw: Digest | None, message: Message | None
) -> Iterator[Fault]:
    detail = _differs("WARC-Payload-Digest", text, actual)
    if detail is None:
        return
    if raw is None or digests.parse(text) != raw:
        yield Fault(Kind.PAYLOAD_DIGEST, record.offset, detail)
    elif message and message.chunks and message.chunks.count:
        detail = "WARC-Payload-Digest is that of the body with its chunk sizes; the payload is without them"
        yield Fault(Kind.PAYLOAD_DIGEST_CHUNKED, record.offset, f"{detail}, and has {actual}")
    # Else the body was stored without chunks and is the payload: that is said of the chunks.


def _check_http(record: Record, fields: Fields, message: Message, found: Block, *, own: bool) -> None:
    """Is the body as long as the head says? Only of records that hold all of it."""
    if not message.has_body or fields.values("WARC-Truncated"):
        return
    if fields.get("WARC-Segment-Number") is not None:
        return
    if fields.kind == "response" and (
        message.status is None or message.status < 200 or message.status in _WITHOUT_BODY
    ):
        return
    coded = message.values("Transfer-Encoding")
    fault = _of_chunks(record, message) if coded else _of_length(record, message, own=own)
    if fault and fields.kind == "response" and not message.size:
        found.bodiless = fault
    elif fault:
        found.faults.append(fault)


def _of_chunks(record: Record, message: Message) -> Fault | None:
    chunks = message.chunks
    if chunks is None or (chunks.done and not chunks.problem):
        return None
    detail = chunks.problem or f"the body ends before its last chunk, after {chunks.count} chunks"
    if chunks.problem and not chunks.count:
        detail += "; the body seems to have been stored without its chunks"
    return Fault(Kind.CHUNKS, record.offset, detail)


def _of_length(record: Record, message: Message, *, own: bool) -> Fault | None:
    values = {value.strip() for text in message.values("Content-Length") for value in text.split(b",")}
    if len(values) != 1:  # none, or servers that contradict themselves
        return None
    text = values.pop()
    if not re.fullmatch(rb"[0-9]{1,18}", text) or int(text) == message.size:
        return None
    if int(text) < message.size and not own:  # crawlers may keep what servers sent after the end
        return None
    if not own and message.size and _seems_decoded(message):
        return None
    detail = f"Content-Length is {int(text)}, and the body has {message.size} bytes"
    return Fault(Kind.HTTP_LENGTH, record.offset, detail)


def _seems_decoded(message: Message) -> bool:
    """Was the body stored without the content coding that its length is of, as some crawlers do?"""
    coding = b",".join(message.values("Content-Encoding")).lower()
    if coding in {b"", b"identity"}:
        return False
    return coding not in _MAGIC or not message.start.startswith(_MAGIC[coding])
