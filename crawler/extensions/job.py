"""The end of a job: its manifest, its exit status, and the lines that a person reads; and a line now and then."""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from archive.errors import ExitStatus, StorageError
from crawler.summary import Summary
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 20.0


class JobExtension:
    """Finishes the job that the WARC pipeline opened, when the reason for its end is known."""

    def __init__(self, crawler: Crawler, started: dict[str, str]) -> None:
        self._crawler = crawler
        self._started = started
        self._progress: asyncio.Task[None] | None = None
        self.status = ExitStatus.INTERRUPTED
        """What the run came to; a second Ctrl-C stops it before it has come to anything."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the extension."""
        settings = crawler.settings
        software = f"arsip-berita/{settings['ARSIP_VERSION']}"
        extension = cls(crawler, {"user_agent": settings["USER_AGENT"], "software": software})
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self) -> None:
        """Say what earlier jobs had left, and begin to report."""
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        for salvaged in warc.job.salvaged if warc else ():
            logger.warning(
                "An earlier job was cut short; its %d records and %d rows are safe%s.",
                salvaged.records,
                salvaged.rows,
                f", torn ends lie under damaged/: {', '.join(salvaged.cut)}" if salvaged.cut else "",
            )
            if salvaged.forgotten:
                logger.error(
                    "%d addresses of it were known and their rows are gone: look after the disk. "
                    "They are made again, from the WARC where it has them.",
                    salvaged.forgotten,
                )
            for key in salvaged.broken:
                logger.error(
                    "%s was damaged where it had been durable: look after the disk. What lay behind is fetched again.",
                    key,
                )
        self._progress = asyncio.get_running_loop().create_task(self._report())

    async def spider_closed(self, spider: OutletSpider, reason: str) -> None:
        """Finish the job and print what it came to."""
        if self._progress:
            self._progress.cancel()
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        assert warc is not None
        summary = Summary.of(spider.name, reason, self._crawler.stats.get_stats())
        self.status = ExitStatus.FAULT  # unless it comes to something
        try:
            await warc.writer.run(warc.job.finish, self._manifest(spider, summary))
        except StorageError as error:
            self._crawler.stats.set_value("arsip/storage", str(error))
            summary = Summary.of(spider.name, reason, self._crawler.stats.get_stats())
            warc.job.release()
        finally:
            warc.writer.stop()
        self.status = summary.status
        files = [warc.job.storage.where(key) for key in warc.job.published]
        for report in spider.reports.values():
            if report.problem:
                print(f"source     {report.url}: {report.problem}")  # noqa: T201 - the user reads this
        for line in summary.lines(files):
            print(line)  # noqa: T201 - the user reads this
        sys.stdout.flush()
        logger.info("%s Exit status %d.", summary.sentence(), self.status)

    def _manifest(self, spider: OutletSpider, summary: Summary) -> dict[str, Any]:
        return {
            **self._started,
            "arguments": {name: str(value) for name, value in asdict(spider.arguments).items() if value},
            "finish": summary.finish,
            "status": int(summary.status),
            "sentence": summary.sentence(),
            "counts": summary.counts(),
            "sources": [asdict(report) for report in spider.reports.values()],
        }

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            now = Summary.of(self._crawler.spidercls.name, "", self._crawler.stats.get_stats())
            logger.info(
                "%s: %d announced, %d kept, %d dropped, %d failed, %d to go",
                now.outlet,
                now.announced,
                now.kept,
                sum(now.dropped.values()),
                sum(now.failed.values()),
                now.left,
            )
