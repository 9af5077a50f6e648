"""The download handler for `http` and `https`: waits for the host's turn, fetches, and hands the exchange to the WARC.

How an exchange is captured depends on the versions installed: exactly (`crawler/exchange.py`), or put together again
from what Scrapy shows (`crawler/fallback.py`), which is never done without a warning.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache
from importlib.metadata import requires, version
from typing import TYPE_CHECKING, Any, cast

from scrapy.exceptions import IgnoreRequest
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler, load_object

from crawler import contract
from crawler.fallback import Rebuilt
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive.model import Capture
    from crawler.exchange import Exact
    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)


class LeftAlone(IgnoreRequest):
    """A request that was not sent, because the job is at its end or the outlet does not want us."""

    reason = "left-alone"


class WireDownloadHandler:
    """Scrapy's own handler, with a sink for what crosses the wire."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._handler: Any = build_from_crawler(
            load_object(crawler.settings["DOWNLOAD_HANDLERS_BASE"]["https"]),  # the same as for http
            crawler,
        )
        self._captures = self._choose()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> WireDownloadHandler:
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """Fetch, and hand over what crossed the wire. Raises what Scrapy's handler does, and LeftAlone."""
        spider = cast("OutletSpider", self._crawler.spider)
        host = urlparse_cached(request).hostname or ""
        async with spider.pace.turn(host):
            if spider.is_leaving() or spider.pace.is_closed(host):
                raise LeftAlone(f"{request.url} is not asked for any more")
            self._crawler.stats.inc_value(f"arsip/requests/{request.meta.get('kind', 'other')}")
            try:
                return await self._captures.fetch(request, lambda capture: self._keep(request, capture))
            finally:
                if sink := self._crawler.get_item_pipeline(WarcPipeline):
                    await sink.catch_up()

    async def close(self) -> None:
        await self._handler.close()

    def _choose(self) -> Exact | Rebuilt:
        settings = self._crawler.settings
        if missing := contract.missing(self._handler):
            _warn(tuple(missing))
            return Rebuilt(self._handler, fail_on_loss=settings.getbool("DOWNLOAD_FAIL_ON_DATALOSS"))
        from crawler.exchange import Exact  # noqa: PLC0415 - cannot be imported where a part is missing

        return Exact(self._handler, settings.getint("DOWNLOAD_MAXSIZE"))

    def _keep(self, request: Request, capture: Capture) -> None:
        """Add what only the request knows, and hand over."""
        sink = self._crawler.get_item_pipeline(WarcPipeline)
        if sink is None:
            return
        meta = request.meta
        redirects = meta.get("redirect_urls", ())
        sink.keep(
            request,
            replace(
                capture,
                ip=None if meta.get("proxy") else capture.ip,
                via=redirects[-1] if redirects else meta.get("via"),
                hops=meta.get("hops", "") + "R" * len(redirects),
                opt_out=tuple(meta.get("opt_out", ())),
            ),
        )


@cache  # there is a handler for http and one for https
def _warn(missing: tuple[str, ...]) -> None:
    needed = [line for line in requires("arsip-berita") or () if line.startswith(("scrapy", "twisted"))]
    logger.warning(
        "Captures of this run are not exact: Scrapy %s and Twisted %s lack %s. They are put together again from what "
        "Scrapy shows; lost are header case and order, reason phrases, chunks and trailers, 1xx heads, the cipher, and "
        "everything of downloads that fail. Exact captures need %s.",
        version("scrapy"),
        version("twisted"),
        ", ".join(missing),
        " and ".join(sorted(needed)),
    )
