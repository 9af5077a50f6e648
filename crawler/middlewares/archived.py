"""Answers that are in the archive already: what a killed job had fetched, and what has not changed since."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from scrapy.exceptions import DownloadCancelledError

from archive import replay
from archive.errors import Damaged, StorageError
from crawler.coding import CUT_OFF, CodingError, unpacked
from crawler.rereading import response_of
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive.model import RecordRef
    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)


class RecoveredMiddleware:
    """Answers from the WARC what a killed job had fetched and not lived to make a row of.

    It comes before robots.txt: nothing is asked of the outlet.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RecoveredMiddleware:
        """Wire the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        """The response that waits for its row; None when there is none."""
        if "visit" not in request.cb_kwargs:
            return None  # sources and robots.txt are asked for anew
        spider = cast("OutletSpider", self._crawler.spider)
        waiting = spider.waiting.pop(request.url, None)
        sink = self._crawler.get_item_pipeline(WarcPipeline)
        if waiting is None or sink is None:
            return None
        response = await read(sink, waiting.ref)
        if response is not None:
            request.meta["opt_out"] = await _opt_out(sink, waiting.ref)
            sink.recall(request, waiting)
            self._crawler.stats.inc_value("arsip/recovered")
        return response


class ConditionalMiddleware:
    """Asks for a source's document only if it has changed, where the archive holds it (RFC 9110, section 13).

    The outlet is spared the sending, and the archive the keeping: 304 becomes a revisit record.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ConditionalMiddleware:
        """Wire the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Say which version is there, if it can be read."""
        sink = self._crawler.get_item_pipeline(WarcPipeline)
        if not request.meta.get("conditional") or sink is None:
            return
        # A redirect comes with what the address before it was asked with.
        for name in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(name, None)
        stored = sink.job.catalog.stored(request.url)
        if stored is None or not (stored.etag or stored.last_modified):
            return
        archived = await read(sink, stored.ref)
        # "Not modified" would bring back half a body for ever: the server speaks of the whole one.
        if archived is None or CUT_OFF in archived.flags:
            return
        request.meta["archived"] = archived
        if stored.etag:
            request.headers["If-None-Match"] = stored.etag.encode("latin-1")
        if stored.last_modified:
            request.headers["If-Modified-Since"] = stored.last_modified.encode("latin-1")

    def process_response(self, request: Request, response: Response) -> Response:
        """The document from the archive in place of "not modified"."""
        archived: Response | None = request.meta.pop("archived", None)
        return archived if response.status == 304 and archived is not None else response


async def _opt_out(sink: WarcPipeline, ref: RecordRef) -> list[str]:
    """What had been said against reuse when a response was captured; its host is not asked again."""
    try:
        return await asyncio.to_thread(replay.opt_out, sink.job.storage, ref)
    except StorageError as error:
        logger.debug("%s", error)
        return []


async def read(sink: WarcPipeline, ref: RecordRef) -> Response | None:
    """A response from the archive without its content coding; None when it cannot be had."""
    try:
        return await asyncio.to_thread(_read, sink, ref)
    except (StorageError, CodingError, DownloadCancelledError) as error:
        # A file of this job is not in the archive yet; damage is worth a word.
        logger.log(logging.ERROR if isinstance(error, Damaged) else logging.DEBUG, "%s", error)
        return None


def _read(sink: WarcPipeline, ref: RecordRef) -> Response:
    head, payload = sink.job.response(ref)
    return unpacked(response_of(ref.url, head, payload))
