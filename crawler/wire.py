"""A download handler that keeps every exchange as it crossed the wire, and hands it to the WARC.

It leans on private parts of Scrapy 2.19 and Twisted 26, because no public API shows header case and order, the status
line, chunk framing or the request as sent: of `scrapy.core.downloader.handlers.http11`, `_ScrapyAgent._cb_bodyready`,
`_LenientHTTP11ClientProtocol` with its `request`, `dataReceived` and `_finishResponse`, `_LenientHTTP11ClientFactory`,
and the handler's `_pool`; and `scrapy.utils._download_handlers.wrap_twisted_exceptions`. The versions are bounded in
pyproject.toml, and `tests/test_crawl.py` compares every byte with the server's own log.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from scrapy.core.downloader.handlers import http11
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, IgnoreRequest
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached

from archive.model import Capture
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.web._newclient import Request as TxRequest
    from twisted.web._newclient import Response as TxResponse

    from crawler.spider import OutletSpider

_INTERIM = re.compile(rb"HTTP/\d\.\d[ \t]+1(?!01)\d\d\b")


class Exchange:
    """The very bytes objects that Twisted hands over, collected without a copy."""

    def __init__(self) -> None:
        self.began = datetime.now(UTC)
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self.done = False
        self.ip: str | None = None
        self.tls: tuple[str, str] | None = None

    def messages(self) -> tuple[bytes, bytes]:
        """Interim 1xx heads, and the final response. 101 is final (RFC 9110, section 15.2.2)."""
        data, position = b"".join(self.received), 0
        while _INTERIM.match(data, position):
            end = data.find(b"\r\n\r\n", position)
            if end < 0:
                break
            position = end + 4
        return data[:position], data[position:]


class _Tee:
    """A transport that also remembers what is written to it, for the writing of one request."""

    def __init__(self, transport: Any, sent: list[bytes]) -> None:
        self.__dict__.update(_transport=transport, _sent=sent)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._sent.append(bytes(data))
        self._transport.write(data)

    def writeSequence(self, parts: Iterable[bytes]) -> None:  # noqa: N802 - Twisted's name
        for part in parts:
            self.write(part)


class WireProtocol(http11._LenientHTTP11ClientProtocol):
    """One connection; one exchange at a time."""

    _exchange: Exchange | None = None

    def request(self, request: TxRequest) -> Deferred[Any]:
        exchange = self._exchange = Exchange()
        write_to = request.writeTo
        request.writeTo = lambda transport: write_to(  # type: ignore[method-assign]
            _Tee(transport, exchange.sent)  # type: ignore[no-untyped-call]
        )
        transport: Any = self.transport

        def attach(response: TxResponse) -> TxResponse:
            # By now the handshake is over and the cipher known.
            exchange.ip = getattr(transport.getPeer(), "host", None)
            handle: Any = transport.getHandle() if hasattr(transport, "getHandle") else None
            if hasattr(handle, "get_cipher_name"):
                exchange.tls = (handle.get_protocol_version_name(), handle.get_cipher_name())
            response._exchange = exchange  # type: ignore[attr-defined]  # it travels with the response
            return response

        return super().request(request).addCallback(attach)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._exchange is not None and not self._exchange.done:
            self._exchange.received.append(data)
        super().dataReceived(data)  # type: ignore[no-untyped-call]

    def _finishResponse(self, rest: bytes) -> None:  # noqa: N802 - Twisted's name
        # The parser says: the message is complete, and `rest` is not part of it.
        exchange = self._exchange
        if exchange is not None and not exchange.done:
            exchange.done = True
            surplus = len(rest)
            while surplus and exchange.received:
                last = exchange.received.pop()
                if len(last) > surplus:
                    exchange.received.append(last[:-surplus])
                surplus = max(0, surplus - len(last))
        super()._finishResponse(rest)


class _Factory(http11._LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> WireProtocol:  # noqa: ARG002, N802 - Twisted's signature
        return WireProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _Agent(http11._ScrapyAgent):
    exchange: Exchange | None = None

    def _cb_bodyready(self, txresponse: TxResponse, request: Request) -> Any:
        self.exchange = getattr(txresponse, "_exchange", None)
        return super()._cb_bodyready(txresponse, request)


class LeftAlone(IgnoreRequest):
    """A request that was not sent, because the job is at its end or the outlet does not want us."""

    reason = "left-alone"


class WireDownloadHandler(http11.HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler for `http` and `https`, with a sink for the bytes."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory

    async def download_request(self, request: Request) -> Response:
        """Fetch, and hand over what crossed the wire. Raises what Scrapy's handler does, and LeftAlone."""
        spider = cast("OutletSpider", self._crawler.spider)
        host = urlparse_cached(request).hostname or ""
        async with spider.pace.turn(host):
            if spider.is_leaving() or spider.pace.is_closed(host):
                raise LeftAlone(f"{request.url} is not asked for any more")
            return await self._download(request)

    async def _download(self, request: Request) -> Response:
        agent = _Agent(
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )
        truncated = None
        try:
            with wrap_twisted_exceptions():
                return await maybe_deferred_to_future(agent.download_request(request))
        except DownloadTimeoutError:
            truncated = "time"
            raise
        except DownloadCancelledError:
            truncated = "length"
            raise
        except Exception:
            truncated = "disconnect"
            raise
        finally:
            self._hand_over(request, agent.exchange, truncated)

    def _hand_over(self, request: Request, exchange: Exchange | None, truncated: str | None) -> None:
        if exchange is None:  # nothing came back: the failure is an event, there is nothing to archive
            return
        sink = self._crawler.get_item_pipeline(WarcPipeline)
        if sink is None:
            return
        sink.keep(request, self._capture(request, exchange, truncated))

    @staticmethod
    def _capture(request: Request, exchange: Exchange, truncated: str | None) -> Capture:
        interim, response = exchange.messages()
        tls = exchange.tls
        protocol = "http/1.0" if response.startswith(b"HTTP/1.0") else "http/1.1"
        return Capture(
            url=request.url.partition("#")[0],
            began=exchange.began,
            request=b"".join(exchange.sent),
            response=response,
            interim=interim,
            truncated=truncated,
            ip=None if request.meta.get("proxy") else exchange.ip,
            protocols=(protocol, tls[0].lower().replace("tlsv", "tls/")) if tls else (protocol,),
            # OpenSSL uses IANA's names for the suites of TLS 1.3 and names of its own for older ones.
            cipher=tls[1] if tls and tls[0] == "TLSv1.3" else None,
        )
