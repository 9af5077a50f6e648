"""The private parts of Scrapy and Twisted that exact captures lean on, and whether they are there.

This module imports none of them. `tests/test_contract.py` checks what each does; this checks that each is there and
takes what we give it, so that a crawl with other versions falls back instead of failing.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from operator import attrgetter
from typing import Any

HTTP11 = "scrapy.core.downloader.handlers.http11"
CLIENT = "twisted.web._newclient"

PARTS: tuple[tuple[str, str, tuple[str, ...] | None], ...] = (
    (HTTP11, "_LenientHTTP11ClientProtocol", ("quiescentCallback",)),
    (HTTP11, "_LenientHTTP11ClientProtocol.request", ("self", "request")),
    (HTTP11, "_LenientHTTP11ClientProtocol.dataReceived", ("self", "bytes")),
    (HTTP11, "_LenientHTTP11ClientProtocol.connectionLost", ("self", "args", "kwargs")),
    (HTTP11, "_LenientHTTP11ClientProtocol._finishResponse", ("self", "args", "kwargs")),
    (HTTP11, "_LenientHTTP11ClientProtocol._parser", None),
    (HTTP11, "_LenientHTTP11ClientProtocol._currentRequest", None),
    (HTTP11, "_LenientHTTP11ClientFactory", ("quiescentCallback", "metadata")),
    (HTTP11, "_LenientHTTP11ClientFactory.buildProtocol", ("self", "addr")),
    (CLIENT, "Request.writeTo", ("self", "transport")),
    (CLIENT, "HTTPClientParser.lineLengthExceeded", ("self", "line")),
    (CLIENT, "STATUS", None),
    (CLIENT, "HEADER", None),
    ("twisted.web.client", "HTTPConnectionPool._factory", ("quiescentCallback", "metadata")),
    ("twisted.web.client", "HTTPConnectionPool.getConnection", ("self", "key", "endpoint")),
)
"""Module, name in it, and the names of its parameters; None for what is no callable."""


def missing(handler: Any) -> list[str]:
    """Names of the parts that are gone or changed; `handler` is Scrapy's own for `http` and `https`."""
    gone = [f"{module}.{name}" for module, name, parameters in PARTS if not fits(module, name, parameters)]
    if not hasattr(getattr(handler, "_pool", None), "maxPersistentPerHost"):
        gone.append(f"{type(handler).__module__}.{type(handler).__qualname__}._pool")
    return gone


def fits(module: str, name: str, parameters: tuple[str, ...] | None) -> bool:
    """Is the part there, and does it take these parameters?"""
    try:
        part = attrgetter(name)(import_module(module))
        return parameters is None or tuple(inspect.signature(part).parameters) == parameters
    except (ImportError, AttributeError, TypeError, ValueError):
        return False
