"""HTTP messages and lists of fields that come in pieces: what can be known of a block that is never kept."""

from __future__ import annotations

import re
from collections.abc import Callable

from archive import message

MAX_HEAD = 1 << 20
"""Bytes of an HTTP head that are kept; what a longer one says after that is not known."""

_SIZE_LINE = 1 << 16  # no server needs more for a number
_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?=[ \t\r\n])")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# Outlets leave reasons out, and crawlers write addresses with blanks (RFC 9112, sections 3 and 4).
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+\d{3}(?![^ \t\r\n])")
_REQUEST_LINE = re.compile(_TOKEN + rb"[ \t]+[^\r\n]*[ \t]HTTP/\d(?:\.\d)?[ \t]*(?:[\r\n]|\Z)")
_FIELD = re.compile(_TOKEN + rb"[ \t]*:")


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
            if message.is_chunked(bytes(self.head)):
                self.chunks = Chunks(self._payload)
        self.size += len(data)
        self.start = self.start or data[:4]
        if self.chunks:
            self.chunks.feed(data)
            self._body(data)
        else:
            self._payload(data)

    def values(self, name: str) -> list[bytes]:
        """Values of a header field."""
        return message.header_values(bytes(self.head), name)

    @property
    def status(self) -> int | None:
        """The status code of a response whose head is whole."""
        match = _STATUS.match(self.head) if self.has_body else None
        return int(match[1]) if match else None

    def problem(self, *, request: bool, whole: bool) -> str | None:
        """Why this is no request, or no response; with `whole` its head must come to its end."""
        if not (_REQUEST_LINE if request else _STATUS_LINE).match(self.head):
            return f"no HTTP {'request' if request else 'response'} begins with {bytes(self.head[:20])!r}"
        return "the HTTP head has no end" if whole and not self.has_body else None


class FieldLines:
    """A block of application/warc-fields that comes in pieces (WARC 1.1, section 4)."""

    def __init__(self) -> None:
        self._rest = b""
        self.wrong: bytes | None = None
        """The first line that is no field."""

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:_SIZE_LINE]  # what comes later in a line is a value, or the line is wrong anyway
        for line in lines:
            self._judge(line)

    def end(self) -> None:
        """The last line need not end."""
        self._judge(self._rest)

    def _judge(self, line: bytes) -> None:
        # Lines of NetarchiveSuite begin with #, as comments do in ANVL, which the format was taken from.
        is_field = not line.strip(b"\r") or line.startswith((b" ", b"\t", b"#")) or _FIELD.match(line)
        if not is_field and self.wrong is None:
            self.wrong = line
