"""Captures that are exact: what Twisted wrote to and read from the connection, byte for byte.

No public API shows the request as sent, header case and order, the status line, chunk framing, 1xx heads, or a response
that was torn. So this leans on private parts of Scrapy and Twisted: `crawler/contract.py` names them, and
`tests/test_contract.py` says what each must do. Where one is missing this module cannot be imported.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers import http11
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import connectionDone
from twisted.web._newclient import HEADER, STATUS
from twisted.web.client import HTTPConnectionPool

from archive.model import Capture
from crawler.cipher import iana_name

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure
    from twisted.web._newclient import Request as TxRequest

MAX_HEAD = 1024 * 1024
"""Bytes of all heads of a response, 1xx included, after which we hang up: Twisted bounds a line (16 KB), but not how
many there are."""

# The head of an interim response, as Twisted reads status lines. 101 is final (RFC 9110, section 15.2.2).
_INTERIM = re.compile(rb"[^\s/]+/\d+\.\d+ 1(?!01)\d\d(?!\d)")
_HEAD_END = re.compile(rb"\n\r?\n")
# The one line that is not kept: a password for the proxy, no part of what the outlet is asked (RFC 9110, 11.7.2).
_PROXY_SECRET = re.compile(rb"\A((?:[^\r\n]+\r\n)*?)proxy-authorization:[^\r\n]*\r\n", re.IGNORECASE)


class Exchange:
    """One request as it was written to a connection, and what came back until the response was over.

    It begins when Twisted is given the request to write; on a new TLS connection the handshake follows.
    """

    def __init__(self) -> None:
        self.began = datetime.now(UTC)
        self.sent = bytearray()
        self.received: list[bytes] = []
        """The very objects that Twisted hands over: joined once, and never copied before."""
        self.size = 0
        self.surplus = 0
        """Bytes that came in one piece with the end of the response. Those that come later are not counted: nobody
        waits for them, and the connection is closed."""
        self.complete = False
        self.lost = False
        """Did the connection end before the response did?"""
        self.broken = False
        """Was that without the other side's closing it?"""
        self.overlong = False
        """Did we hang up because there was no end of the head or the framing?"""
        self.ip: str | None = None
        self.tls: tuple[str, str] | None = None
        """Version and cipher suite, in OpenSSL's words."""
        self._started = self._last = time.monotonic()

    def receive(self, data: bytes, transport: Any) -> None:
        """Note bytes of the response; with the first of them the handshake is over, and the cipher known."""
        if not self.received:
            self.ip = getattr(transport.getPeer(), "host", None)
            handle: Any = transport.getHandle() if hasattr(transport, "getHandle") else None
            if hasattr(handle, "get_cipher_name"):
                self.tls = (handle.get_protocol_version_name(), handle.get_cipher_name())
        self.received.append(data)
        self.size += len(data)
        self._last = time.monotonic()

    def end(self, surplus: int) -> None:
        """The response is over, and the last so many of the bytes received are no part of it."""
        self.complete = not self.broken
        self.surplus = surplus
        self.size -= surplus

    def capture(self, url: str, cause: str | None = None) -> Capture:
        """The capture of what there is; `cause` is the value of WARC-Truncated when it was us who hung up."""
        interim, response = self._messages()
        protocol = "http/1.0" if response.startswith(b"HTTP/1.0") else "http/1.1"
        tls = self.tls if url.startswith("https:") else None  # else it is the proxy's own
        return Capture(
            url=url,
            began=self.began,
            request=_PROXY_SECRET.sub(rb"\1", bytes(self.sent), count=1),
            response=response,
            interim=interim,
            surplus=self.surplus,
            truncated=None if self.complete else cause or self._torn(),
            ip=self.ip,
            protocols=(protocol, _tls_protocol(tls[0])) if tls else (protocol,),
            cipher=iana_name(tls[1]) if tls else None,
            fetch_ms=round((self._last - self._started) * 1000),
        )

    def _messages(self) -> tuple[bytes, bytes]:
        """Interim 1xx heads, and the final response."""
        data, position = b"".join(self.received), 0
        while _INTERIM.match(data, position) and (end := _HEAD_END.search(data, position)):
            position = end.end()
        return data[:position], data[position : self.size]

    def _torn(self) -> str:
        if self.overlong:
            return "length"
        # Else we stopped reading what cannot be read, and nobody knows how it would have gone on.
        return "disconnect" if self.lost else "unspecified"


def _tls_protocol(name: str) -> str:
    """`TLSv1.2` -> `tls/1.2`; OpenSSL calls 1.0 `TLSv1`."""
    version = name.removeprefix("TLSv")
    return f"tls/{version}" if "." in version else f"tls/{version}.0"


class Note:
    """What one download knows of its connections."""

    def __init__(self, limit: float) -> None:
        self.exchange: Exchange | None = None
        """The exchange that was written last."""
        self.limit = limit
        """Bytes that may come, framing and heads included."""


class _Tee:
    """A transport that also remembers what is written to it, for the writing of one request."""

    def __init__(self, transport: Any, sent: bytearray) -> None:
        self.__dict__.update(_transport=transport, _sent=sent)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._sent.extend(data)
        self._transport.write(data)

    def writeSequence(self, parts: Iterable[bytes]) -> None:  # noqa: N802 - Twisted's name
        self.write(b"".join(parts))


class WireProtocol(http11._LenientHTTP11ClientProtocol):  # noqa: SLF001 - see crawler/contract.py
    """One connection; one exchange at a time."""

    _exchange: Exchange | None = None
    _limit: float

    def request(self, request: TxRequest) -> Deferred[Any]:
        note: Note = request.note  # type: ignore[attr-defined]  # see RecordingPool

        def write_to(transport: Any) -> Any:
            # A request that found its connection gone is written again on another: the last time counts.
            self._exchange = note.exchange = Exchange()
            self._limit = note.limit
            return type(request).writeTo(request, _Tee(transport, note.exchange.sent))  # type: ignore[no-untyped-call]

        request.writeTo = write_to  # type: ignore[method-assign]
        finished = super().request(request)
        del request.writeTo  # it holds the request, which would keep the bytes until the next garbage collection
        if self._parser is not None:
            # Twisted closes the connection without a word, which on TLS does not even keep more from coming.
            self._parser.lineLengthExceeded = self._hang_up  # type: ignore[method-assign]
        return finished

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        exchange = self._exchange
        if exchange is None or self._parser is None:  # nobody asked: Twisted closes the connection
            super().dataReceived(data)  # type: ignore[no-untyped-call]
        elif not exchange.overlong:
            exchange.receive(data, self.transport)
            super().dataReceived(data)  # type: ignore[no-untyped-call]
            if self._parser is not None and exchange.size > self._allowed():
                self._hang_up()

    def _allowed(self) -> float:
        assert self._parser is not None
        return MAX_HEAD if self._parser.state in {STATUS, HEADER} else self._limit

    def _hang_up(self, _line: bytes = b"") -> None:
        assert self._exchange is not None
        assert self.transport is not None
        self._exchange.overlong = True
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        if self._exchange is not None and self._parser is not None:
            self._exchange.lost = True
            # Without a length, a body is whole when the connection was closed, and not when it broke; on TLS that
            # includes the end without a closure alert (RFC 9112, section 9.8).
            self._exchange.broken = not isinstance(reason.value, ConnectionDone)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def _finishResponse(self, rest: bytes) -> None:  # noqa: N802 - Twisted's name
        # The parser says: the message is over, and `rest` is not part of it.
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.end(len(rest))
        if rest and self._currentRequest is not None:
            # More of it may come, and must not be taken for the answer to another request (RFC 9112, section 6.3).
            self._currentRequest.persistent = False
        super()._finishResponse(rest)


class _Factory(http11._LenientHTTP11ClientFactory):  # noqa: SLF001 - see crawler/contract.py
    def buildProtocol(self, addr: Any) -> WireProtocol:  # noqa: ARG002, N802 - Twisted's signature
        return WireProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


_current: ContextVar[Note] = ContextVar("note")
"""The download that is asking for a connection, which Scrapy does before it waits for anything."""


class RecordingPool(HTTPConnectionPool):
    """Twisted's pool of connections; each request that goes through it carries the note of its download."""

    _factory = _Factory

    def getConnection(self, key: Any, endpoint: Any) -> Deferred[Any]:  # noqa: N802 - Twisted's name
        return super().getConnection(key, endpoint).addCallback(_Noting, _current.get())


class _Noting:
    """A connection, or the pool's wrapper that tries a second one, for the request of one download."""

    def __init__(self, connection: Any, note: Note) -> None:
        self._connection = connection
        self._note = note

    def request(self, request: TxRequest) -> Deferred[Any]:
        request.note = self._note  # type: ignore[attr-defined]  # it is the request that travels to the connection
        return self._connection.request(request)  # type: ignore[no-any-return]


class Exact:
    """Scrapy's own handler for HTTP/1.1, with its pool of connections replaced by one that records."""

    def __init__(self, handler: Any, max_body: int) -> None:
        """`max_body` is DOWNLOAD_MAXSIZE, bytes, 0 for no limit: what Scrapy counts after chunks are joined."""
        from twisted.internet import reactor  # noqa: PLC0415 - to import it is to install one

        pool = RecordingPool(reactor)  # type: ignore[no-untyped-call]
        pool.maxPersistentPerHost = handler._pool.maxPersistentPerHost  # noqa: SLF001 - see crawler/contract.py
        handler._pool = pool  # noqa: SLF001
        # Its advice to accept short bodies is not ours: they are kept, and are no pages.
        handler._fail_on_dataloss_warned = True  # noqa: SLF001
        self._handler = handler
        self._max_body = max_body

    async def fetch(self, request: Request, keep: Callable[[Capture], None]) -> Response:
        """Fetch, and hand over the exchange if anything came back, torn or not.

        Raises what Scrapy's handler does; DownloadCancelledError also when there is no end of the head or the framing.
        """
        max_body = request.meta.get("download_maxsize", self._max_body)
        note = Note(max_body + MAX_HEAD if max_body else math.inf)
        token = _current.set(note)
        cause = None
        try:
            return await self._handler.download_request(request)  # type: ignore[no-any-return]
        except DownloadTimeoutError:
            cause = "time"
            raise
        except DownloadCancelledError:
            cause = "length"
            raise
        except Exception as error:
            if note.exchange is not None and note.exchange.overlong:
                raise DownloadCancelledError(f"{request.url} sent more than it may") from error
            raise
        finally:
            _current.reset(token)
            if note.exchange is not None and note.exchange.received:
                keep(note.exchange.capture(request.url.partition("#")[0], cause))
