"""How far the job is, while it runs: on a terminal, in the log, and for the verb that began it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from math import ceil
from typing import TYPE_CHECKING, Self, cast

from scrapy import signals

from crawler.moment import Moment, Pipe, Rate
from crawler.progress import is_watched
from crawler.summary import Summary

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.live import Screen
    from crawler.pace import Waits
    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
TELL_SECONDS = 1.0
"""Between two lines for the verb that began the job."""
LOG_SECONDS = 20.0
"""Between two lines of the log, where there is no display."""
_NAMED = 2
"""Hosts that are waited on and named; more are counted."""


class LiveExtension:
    """Looks at the counts now and then; asks no catalog."""

    def __init__(self, crawler: Crawler, pipe: Pipe | None) -> None:
        self._crawler = crawler
        self._pipe = pipe
        self._rate = Rate()
        self._screen: Screen | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the extension."""
        extension = cls(crawler, Pipe.inherited())
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self) -> None:
        """Begin to look."""
        if is_watched():
            from crawler.live import Screen  # noqa: PLC0415 - rich costs time that nobody needs to spend in a log

            self._screen = Screen()
            self._screen.begin()
        self._task = asyncio.get_running_loop().create_task(self._look())

    def spider_closed(self) -> None:
        """Know that nothing is asked for any more; whoever finishes the job calls `end`."""
        self._is_closing = True

    def end(self, sentence: str = "") -> None:
        """Give the terminal back; tell whoever began the job what it came to."""
        if self._task:
            self._task.cancel()
        if self._screen:
            self._screen.end()
        self._tell(sentence)

    async def _look(self) -> None:
        logged = told = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            if self._screen:
                self._screen.show([self._moment()])
            elif now - logged >= LOG_SECONDS:
                logged = now
                logger.info("%s", self._moment().line())
            if now - told >= TELL_SECONDS:
                told = now
                self._tell()

    def _tell(self, sentence: str = "") -> None:
        if not self._pipe:
            return
        try:
            self._pipe.tell(self._moment(sentence))
        except BrokenPipeError:
            self._pipe = None
            logger.warning("%s: whoever began this job is gone, so it ends.", self._crawler.spidercls.name)
            os.kill(os.getpid(), signal.SIGTERM)  # as after Ctrl-C

    def _moment(self, sentence: str = "") -> Moment:
        stats = self._crawler.stats.get_stats()
        summary = Summary.of(self._crawler.spidercls.name, "", stats)
        spider = cast("OutletSpider | None", self._crawler.spider)
        return Moment.of(
            summary,
            alarms=stats.get("arsip/alarms", 0),
            rate=self._rate.note(summary.kept, time.monotonic()),
            waits=self._waits(spider) if spider and not sentence else "",
            estimate=(spider.estimate or "") if spider else "",
            sentence=sentence,
        )

    def _waits(self, spider: OutletSpider) -> str:
        """On whom the job waits, and why; the outlet before ourselves."""
        if self._is_closing:
            return "finishes its files and their uploads"
        engine = self._crawler.engine
        assert engine is not None
        hosts = list(map(_told, spider.pace.waiting()))
        hosts = hosts or [host for host, slot in engine.downloader.slots.items() if slot.transferring]
        if hosts:
            more = f" and {len(hosts) - _NAMED} more" if len(hosts) > _NAMED else ""
            return f"waits for {', '.join(hosts[:_NAMED])}{more}"
        pages = len(engine.scraper.slot.active) if engine.scraper.slot else 0
        return f"waits for the extraction of {pages} page{'' if pages == 1 else 's'}" if pages else ""


def _told(waits: Waits) -> str:
    return f"{waits.host} {ceil(waits.seconds)} s ({waits.why})" if waits.seconds else f"{waits.host} ({waits.why})"
