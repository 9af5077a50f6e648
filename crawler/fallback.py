"""Captures that are put together again from what Scrapy's public API shows, for versions that we do not know.

Request line, Host and body are as they must have been; header fields lose their case and order, the response also its
reason phrase, chunks, trailers and 1xx heads. A download that fails leaves nothing. Content coding is kept: the handler
sits below the middleware that decodes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import ResponseDataLossError

from archive.model import Capture

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Headers, Response


class Rebuilt:
    """Any download handler of Scrapy, and captures made from what it returns."""

    def __init__(self, handler: Any, *, fail_on_loss: bool) -> None:
        """`fail_on_loss` is DOWNLOAD_FAIL_ON_DATALOSS."""
        self._handler = handler
        self._fail_on_loss = fail_on_loss

    async def fetch(self, request: Request, keep: Callable[[Capture], None]) -> Response:
        """Fetch, and hand over what can be told of the exchange. Raises what Scrapy's handler does."""
        began = datetime.now(UTC)
        wish = request.meta.get("download_fail_on_dataloss")
        request.meta["download_fail_on_dataloss"] = False  # a short body is kept before it is an error
        try:
            response: Response = await self._handler.download_request(request)
        finally:
            if wish is None:
                del request.meta["download_fail_on_dataloss"]
            else:
                request.meta["download_fail_on_dataloss"] = wish
        short = "dataloss" in response.flags
        protocol = response.protocol or "HTTP/1.1"
        keep(
            Capture(
                url=request.url.partition("#")[0],
                began=began,
                request=request_message(request),
                response=response_message(request, response, protocol, short=short),
                truncated="disconnect" if short else None,
                ip=str(response.ip_address) if response.ip_address else None,
                protocols=(protocol.lower(),),
                exact=False,
            )
        )
        if short and (self._fail_on_loss if wish is None else wish):
            raise ResponseDataLossError(f"{request.url} sent less than it announced")
        return response


def request_message(request: Request) -> bytes:
    """The request as it must have been sent, in the form for a proxy if there was one (RFC 9112, section 3.2.2)."""
    parts = urlsplit(request.url.partition("#")[0])
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    if request.meta.get("proxy") and parts.scheme == "http":
        target = parts.geturl()
    lines = [f"{request.method} {target} HTTP/1.1".encode()]
    if b"Host" not in request.headers:
        lines.append(b"Host: " + parts.netloc.rpartition("@")[2].encode())
    if request.body or request.method in {"POST", "PUT"}:
        lines.append(b"Content-Length: %d" % len(request.body))
    # The proxy's password is not the outlet's business, nor the reader's.
    lines += _fields(request.headers, without={b"proxy-authorization", b"content-length"})
    return b"\r\n".join([*lines, b"", request.body])


def response_message(request: Request, response: Response, protocol: str, *, short: bool) -> bytes:
    """A response that parses to what Scrapy gave: the usual reason phrase, and no framing that no longer fits."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    without = {b"transfer-encoding"}
    announced = response.headers.get(b"Content-Length")
    if request.method == "HEAD" or response.status in {204, 304}:
        invented = announced == b"0"  # for a response that has no body, whatever length it told of
    else:
        invented = announced != b"%d" % len(response.body) and not short
    if invented:
        without.add(b"content-length")
    lines = [f"{protocol} {response.status} {phrase}".encode(), *_fields(response.headers, without=without)]
    return b"\r\n".join([*lines, b"", response.body])


def _fields(headers: Headers, *, without: set[bytes]) -> Iterator[bytes]:
    """Header lines, a repeated field as often as it came."""
    for name, values in headers.items():
        if name.lower() not in without:
            yield from (name + b": " + value for value in values)
