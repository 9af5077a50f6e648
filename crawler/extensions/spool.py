"""A bound on what may wait for upload: beyond it the crawl pauses, and goes on when there is room."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured

from archive.storage import bucket_uri
from crawler import uploads
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from archive.storage import Storage
    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""Time between two looks at what waits: a page a second does not fill a disk meanwhile."""
ROOM = 0.9
"""Part of the limit below which the crawl goes on."""


class SpoolExtension:
    """Watches the outbox of an archive in a bucket.

    What pauses is the pace of the spider, not Scrapy's engine: the engine would still send what its downloader has
    queued, and the robots.txt that `start` asks for.
    """

    def __init__(self, crawler: Crawler, limit: float, patience: float) -> None:
        """`limit` in bytes; `patience` in seconds without progress, after which the job ends."""
        self._crawler = crawler
        self._limit = limit
        self._patience = patience
        self._watch: asyncio.Task[None] | None = None
        self._is_over = False
        self._spider: OutletSpider
        self._storage: Storage

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the extension. Raises NotConfigured for an archive on disk, ArgumentError."""
        settings = crawler.settings
        if bucket_uri(settings["ARCHIVE_URI"]) is None:
            raise NotConfigured
        extension = cls(crawler, uploads.spool_limit(settings), uploads.patience(settings))
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self, spider: OutletSpider) -> None:
        """Begin to watch. What waits already is looked at first: nothing was asked for yet."""
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        assert warc is not None
        self._spider, self._storage = spider, warc.job.storage
        self._watch = asyncio.get_running_loop().create_task(self._look(is_full=self._is_full()))

    def spider_closed(self) -> None:
        """Stop watching; a wait in its thread ends with its next tick."""
        self._is_over = True
        if self._watch:
            self._watch.cancel()

    def _is_full(self) -> bool:
        return self._storage.pending().size > self._limit

    def _has_room(self) -> bool:
        return self._storage.pending().size <= ROOM * self._limit

    async def _look(self, *, is_full: bool) -> None:
        while not self._spider.is_leaving():
            if is_full:
                await self._pause()
            await asyncio.sleep(LOOK_SECONDS)
            is_full = await asyncio.to_thread(self._is_full)

    async def _pause(self) -> None:
        """Ask for nothing until there is room, or close the spider when uploads get nowhere."""
        name, pending = self._spider.name, self._storage.pending()
        self._spider.pace.hold()
        logger.warning(
            "%s: pausing until there is room: %s, wait for upload, and SPOOL_LIMIT_MB is %g.%s",
            name,
            uploads.amount(pending),
            self._limit / 1e6,
            f" {pending.problem}" if pending.problem else "",
        )
        try:
            has_room = await asyncio.to_thread(self._wait)
        except Exception as error:  # noqa: BLE001 - whatever it is, a crawl that waits for ever helps nobody
            logger.error("%s: the uploads came to a fault: %s", name, error)  # noqa: TRY400 - mostly a sentence
            has_room = False
        if self._spider.is_leaving():
            return
        if has_room:
            logger.info("%s: there is room again, and the crawl goes on.", name)
            self._spider.pace.go_on()
        else:
            self._spider.leave("spool-full")

    def _wait(self) -> bool:
        """Upload until there is room; False when there was no progress. Runs in a thread of its own."""
        waiting = uploads.Waiting(self._storage, lambda text: logger.info("%s: %s", self._spider.name, text))

        def tick() -> None:
            if self._is_over or self._spider.is_leaving() or self._has_room():
                waiting.leave()
            waiting.tick()

        try:
            self._storage.drain(self._patience, tick)
        except uploads.NoLongerAwaited:
            return True
        return self._has_room()
