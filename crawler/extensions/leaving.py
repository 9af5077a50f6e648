"""The end of a job is not held up by requests that will not be sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spider import OutletSpider

LOOK_SECONDS = 0.25


class LeavingExtension:
    """Lets go of what Scrapy's downloader has queued, once the job was asked to end.

    The wire refuses all of it then, but the downloader would keep the delay before each: up to sixteen delays.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._watch: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the extension."""
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self, spider: OutletSpider) -> None:
        """Begin to watch."""
        self._watch = asyncio.get_running_loop().create_task(self._look(spider))

    def spider_closed(self) -> None:
        """Stop watching."""
        if self._watch:
            self._watch.cancel()

    async def _look(self, spider: OutletSpider) -> None:
        while not spider.is_leaving():  # noqa: ASYNC110 - Scrapy tells nobody that Ctrl-C was pressed
            await asyncio.sleep(LOOK_SECONDS)
        assert self._crawler.engine is not None
        downloader = self._crawler.engine.downloader
        for slot in downloader.slots.values():
            slot.delay = 0
            if slot.latercall:
                slot.latercall.cancel()
                slot.latercall = None
                downloader._process_queue(slot)  # noqa: SLF001 - nothing else wakes a slot
