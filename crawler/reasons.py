"""One name for every way in which a request can fail."""

from __future__ import annotations

import ssl
from functools import cache
from typing import TYPE_CHECKING

from pebble import ProcessExpired
from scrapy import exceptions
from twisted.internet.error import ConnectError, ConnectionClosed

from archive.errors import ArsipError, LeaseLost, NotHttp, SourceRefused, StorageError
from crawler.coding import CodingError

if TYPE_CHECKING:
    from collections.abc import Iterator

NETWORK = frozenset({"dns", "refused", "timeout", "tls", "connection", "proxy"})
"""Failures of the way to the outlet: when nothing else happened, it could not be reached."""


@cache
def _names() -> tuple[tuple[type[BaseException], str], ...]:
    # Imported when a request has failed: a tenth of a second that no verb without requests need pay.
    from scrapy.core.downloader.handlers.http11 import TunnelError  # noqa: PLC0415

    return (
        (SourceRefused, "source-refused"),
        (StorageError, "storage"),
        (LeaseLost, "lease-lost"),
        (NotHttp, "not-http"),
        (CodingError, "bad-encoding"),
        (exceptions.CannotResolveHostError, "dns"),
        (exceptions.DownloadConnectionRefusedError, "refused"),
        (exceptions.DownloadTimeoutError, "timeout"),
        (exceptions.ResponseDataLossError, "torn"),
        (exceptions.DownloadCancelledError, "too-large"),
        (TunnelError, "proxy"),
        (ProcessExpired, "extraction-died"),
        (TimeoutError, "extraction-timeout"),
        (ArsipError, "extraction-refused"),
        (ConnectError, "connection"),
        (ConnectionClosed, "connection"),
    )


def of_exception(error: BaseException) -> str:
    """Name of a failure, for counting. Unknown ones are ours: `fault`."""
    if isinstance(error, exceptions.IgnoreRequest) and isinstance(named := getattr(error, "reason", None), str):
        return named
    if isinstance(error, exceptions.DownloadFailedError):
        return "tls" if _is_tls(error) else "connection"
    for kind, name in _names():
        if isinstance(error, kind):
            return name
    if isinstance(error, exceptions.IgnoreRequest):
        return _of_middleware(str(error))
    return "fault"


def _of_middleware(text: str) -> str:
    """Scrapy's middlewares have one exception for everything; its text is all there is to go by."""
    if "redirect" in text:
        return "too-many-redirects"
    return "too-large" if "MAXSIZE" in text.upper() else "refused-by-middleware"


def _is_tls(error: BaseException) -> bool:
    return any(
        isinstance(cause, ssl.SSLError)
        or "SSL" in type(cause).__module__.upper()
        or "certificate" in str(cause).lower()
        for cause in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and everything it was raised from, Twisted's lists of reasons included."""
    while error is not None:
        yield error
        for failure in getattr(error, "reasons", None) or ():
            yield from _causes(getattr(failure, "value", None))
        error = error.__cause__ or error.__context__
