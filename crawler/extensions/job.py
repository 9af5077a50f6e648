"""The end of a job: its manifest, its exit status, and the lines that a person reads."""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from archive.errors import ExitStatus
from crawler import logs
from crawler.extensions.health import HealthExtension
from crawler.extensions.live import LiveExtension
from crawler.summary import Summary
from crawler.uploads import NoLongerAwaited, Waiting
from pipelines.warc import WarcPipeline
from pipelines.writer import STOPPED

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from archive.health import Alarm
    from archive.job import Job
    from archive.salvage import Salvaged
    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)

NAMED = 3
"""Jobs of another machine that are named; more are counted."""


class JobExtension:
    """Finishes the job that the WARC pipeline opened, when the reason for its end is known."""

    def __init__(self, crawler: Crawler, started: dict[str, str]) -> None:
        self._crawler = crawler
        self._started = started
        self._uploads: Waiting | None = None
        self._ended = asyncio.Event()
        self.summary: Summary | None = None
        """What the job came to, once it ended."""
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
        crawler.signals.connect(extension.engine_stopped, signals.engine_stopped)
        return extension

    def spider_opened(self) -> None:
        """Say what earlier jobs had left."""
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        assert warc is not None
        logs.tell_about(job=warc.job.id)
        tell_salvaged(warc.job.salvaged)
        _tell_elsewhere(warc.job)

    async def spider_closed(self, spider: OutletSpider, reason: str) -> None:
        """Finish the job, wait for its uploads, and print what it came to."""
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        assert warc is not None
        spider.conclude(reason)
        try:
            summary = await self._finish(warc, spider, reason)
        except Exception:
            self.status = ExitStatus.FAULT
            raise
        finally:
            warc.writer.stop()
            self._ended.set()
        self.summary, self.status = summary, summary.status
        if live := self._crawler.get_extension(LiveExtension):
            live.end(summary.sentence())
        files = [warc.job.storage.where(key) for key in warc.job.published]
        for report in spider.reports.values():
            if report.problem:
                print(f"source     {report.url}: {report.problem}")  # noqa: T201 - the user reads this
        if spider.remark:
            print(f"sources    {spider.remark}")  # noqa: T201 - the user reads this
        for line in summary.lines(files):
            print(line)  # noqa: T201 - the user reads this
        sys.stdout.flush()
        facts = {"finish": summary.finish, "status": int(self.status), **summary.counts()}
        logger.info("%s Exit status %d.", summary.sentence(), self.status, extra={"facts": facts})

    async def engine_stopped(self) -> None:
        """Whoever presses Ctrl-C while the job waits for uploads wants to leave: they go on waiting in the outbox."""
        if self._uploads:
            self._uploads.leave()
        await self.ended()

    async def ended(self) -> None:
        """Wait until it is known what the job came to: the engine may stop before its uploads do."""
        if self._uploads:
            await self._ended.wait()

    async def _finish(self, warc: WarcPipeline, spider: OutletSpider, reason: str) -> Summary:
        """Finish the job as far as storage and lease let it; what it came to."""
        stats = self._crawler.stats

        def tell(text: str) -> None:
            logger.info("%s: %s", spider.name, text)

        self._uploads = Waiting(warc.job.storage, tell)
        manifest = self._manifest(spider, Summary.of(spider.name, reason, stats.get_stats()))
        health = self._crawler.get_extension(HealthExtension)
        found: list[Alarm] = []
        if health:
            measures, found = await health.judge(spider, manifest)
            summary = Summary.of(spider.name, reason, stats.get_stats(), found)
            manifest = {**self._manifest(spider, summary), "measures": measures}
        try:
            await warc.writer.run(_finish_job, warc.job, manifest, self._uploads)
        except STOPPED:  # the pipeline has noted it
            warc.job.release()
        pending = warc.job.storage.pending()
        summary = Summary.of(spider.name, reason, stats.get_stats(), found)
        summary = replace(summary, pending=pending, outbox=warc.job.state.outbox)
        if health:
            await health.tell(summary, manifest)
        return summary

    def _manifest(self, spider: OutletSpider, summary: Summary) -> dict[str, Any]:
        return {
            **self._started,
            "arguments": {name: str(value) for name, value in asdict(spider.arguments).items() if value},
            "finish": summary.finish,
            "status": int(summary.status),
            "sentence": summary.sentence(),
            "counts": summary.counts(),
            "alarms": [alarm._asdict() for alarm in summary.alarms],
            "sources": [asdict(report) for report in spider.reports.values()],
            "remark": spider.remark,
        }


def _finish_job(job: Job, manifest: dict[str, Any], uploads: Waiting) -> None:
    """Runs in the writer's thread. Raises StorageError, LeaseLost."""
    try:
        job.finish(manifest, uploads.tick)
    except NoLongerAwaited:
        job.release()


def tell_salvaged(finished: list[Salvaged]) -> None:
    """Say what killed jobs had left, and was finished now."""
    for salvaged in finished:
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


def _tell_elsewhere(job: Job) -> None:
    """Name the jobs that this archive knows of and has no files of."""
    jobs = job.catalog.jobs_elsewhere(job.outlet, job.state.machine)
    if jobs:
        names = ", ".join(f"{name} on {where}" for name, where in jobs[:NAMED])
        logger.warning(
            "%s: files of jobs on other machines are not in the archive yet: %s%s. They come with the next job or "
            "scrapy upload there; if that machine and its disk are gone, scrapy catalog rebuild makes their articles "
            "unknown again, and they are fetched anew.",
            job.outlet,
            names,
            f" and {len(jobs) - NAMED} more" if len(jobs) > NAMED else "",
        )
