"""tdmrep.json: asked for once a host, before its first article, and said with every capture of the host."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

from scrapy import Request
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from archive import tdmrep
from crawler.coding import CUT_OFF
from crawler.middlewares.robots import HOPS, TIMEOUT_SECONDS, RobotsRefused

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class TdmMiddleware:
    """Adds what a host's tdmrep.json reserves to `meta["opt_out"]` of requests for articles.

    It comes after robots.txt, which may close the file to us. Most hosts have none, and that costs one request: no
    other attempt, no word in the log, no count among failures.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._hosts: dict[str, asyncio.Future[list[tdmrep.Rule]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Say what is reserved. A host that gives no answer has reserved nothing.

        Raises RobotsRefused when the file is cut off.
        """
        if "visit" not in request.cb_kwargs:
            return
        parts = urlparse_cached(request)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._hosts:
            self._hosts[host] = asyncio.ensure_future(self._fetch(host, request.url))
        found = tdmrep.signals(await self._hosts[host], request.url)
        request.meta["opt_out"] = tuple(dict.fromkeys((*request.meta.get("opt_out", ()), *found)))

    async def _fetch(self, host: str, via: str) -> list[tdmrep.Rule]:
        request = Request(
            host + tdmrep.PATH,
            priority=1000,
            callback=NO_CALLBACK,
            meta={
                "kind": "robots",
                "conditional": True,
                "dont_retry": True,
                "download_timeout": TIMEOUT_SECONDS,
                "redirect_ttl": HOPS,
                "via": via,
                "hops": "P",
            },
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the article's own request meets it too
            logger.debug("%s: %s", request.url, error)
            return []
        if response.status != 200:
            return []
        # The rest may reserve everything. An error page that calls itself 200 is no such file, whole or not.
        if CUT_OFF in response.flags and not response.body.lstrip().startswith(b"<"):
            raise RobotsRefused("torn", f"{request.url} is cut off")
        return tdmrep.parse(response.body)
