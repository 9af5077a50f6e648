"""What a client asked and what it is answered, down to the byte."""

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple


class Request(NamedTuple):
    """One request as it was read; `path` keeps its query and `raw` every byte."""

    host: str
    path: str
    headers: list[tuple[str, str]]
    scheme: str
    raw: bytes

    @property
    def method(self) -> str:
        """GET, HEAD, CONNECT, ..."""
        return self.raw.partition(b" ")[0].decode("latin-1")

    def header(self, name: str) -> str:
        """The first value of a header, or the empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class Reply:
    """One answer.

    `headers` are written in this order and case. What frames the body is added after them, unless it is
    there already: Content-Encoding for `gzip`, Transfer-Encoding for `chunked`, else Content-Length. With
    `Connection: close` and no length among the headers the body ends where the connection ends.
    """

    status: int = 200
    reason: str | None = None
    """None: the usual phrase for the status."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    """As a reader would see it: before gzip and chunks."""
    chunked: tuple[int, ...] | None = None
    """Sizes of the chunks, the last one repeated until the body is done; an empty tuple is one chunk."""
    gzip: bool = False
    cut: int | None = None
    """Close the connection after so many bytes that follow the header block, framing counted."""
    held: threading.Event | None = None
    """What is waited for before anything else; other answers are not held up."""
    delay: float = 0.0
    """Seconds to wait before the first byte."""

    @property
    def closes(self) -> bool:
        """Whether the connection ends with this answer."""
        return self.cut is not None or ("connection", "close") in self._lowered()

    def wire(self, method: str = "GET") -> bytes:
        """The bytes that leave the server."""
        body = gzip.compress(self.body, mtime=0) if self.gzip else self.body
        head = "".join(f"{name}: {value}\r\n" for name, value in self._fields(len(body)))
        if method == "HEAD" or self._bodiless():
            body = b""
        elif self.chunked is not None:
            body = b"".join(_chunks(body, self.chunked))
        return f"HTTP/1.1 {self.status} {self._phrase()}\r\n{head}\r\n".encode("latin-1") + body[: self.cut]

    def _fields(self, length: int) -> Iterator[tuple[str, str]]:
        yield from self.headers
        names = {name for name, _ in self._lowered()}
        if self.gzip and "content-encoding" not in names:
            yield "Content-Encoding", "gzip"
        if self._bodiless() or names & {"content-length", "transfer-encoding"}:
            return
        if self.chunked is not None:
            yield "Transfer-Encoding", "chunked"
        elif ("connection", "close") not in self._lowered():
            yield "Content-Length", str(length)

    def _lowered(self) -> set[tuple[str, str]]:
        return {(name.lower(), value.lower()) for name, value in self.headers}

    def _bodiless(self) -> bool:
        return self.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

    def _phrase(self) -> str:
        return HTTPStatus(self.status).phrase if self.reason is None else self.reason


def _chunks(body: bytes, sizes: tuple[int, ...]) -> Iterator[bytes]:
    start, turn = 0, 0
    while start < len(body):
        size = sizes[min(turn, len(sizes) - 1)] if sizes else len(body)
        piece = body[start : start + size]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
        start, turn = start + size, turn + 1
    yield b"0\r\n\r\n"
