"""A job against its outlet's past when it ends, and whoever wants to know of what is wrong."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from archive import health
from archive.health import Alarm
from archive.known import Ended
from archive.measures import Document
from crawler import alarms
from crawler.alarms import News, Post
from crawler.summary import Summary
from pipelines.drift import DriftPipeline
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from archive.job import Job
    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)

TELL_SECONDS = 60.0
"""For how long a job that has ended waits until everybody was told."""


class HealthExtension:
    """Measures, compares, and tells. `JobExtension` calls it, before the job is finished and after."""

    def __init__(self, crawler: Crawler, posts: list[Post]) -> None:
        self._crawler = crawler
        self._posts = posts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the extension. Raises ArgumentError."""
        return cls(crawler, alarms.posts(crawler.settings))

    async def judge(self, spider: OutletSpider, facts: dict[str, Any]) -> tuple[dict[str, Any], list[Alarm]]:
        """The measures of the job, and its alarms; without either when the disk, the lease or the comparison fails."""
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        assert warc is not None
        documents = [Document(report.url, report.announced, report.problem) for report in spider.reports.values()]
        try:
            measures, found = await warc.writer.run(_judge, warc.job, self._past(), facts, documents)
        except Exception:  # noqa: BLE001 - the writer has noted it, and a job must come to its end
            return {}, []
        for alarm in found:
            logger.error("alarm %s: %s", alarm.kind, alarm.sentence)
        self._crawler.stats.set_value("arsip/alarms", len(found))
        return measures, found

    async def tell(self, summary: Summary, facts: dict[str, Any]) -> None:
        """Tell those who want to know, if there is something that they were not told lately."""
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        assert warc is not None
        now, status = datetime.now(UTC), int(summary.status)
        kinds = alarms.kinds_of(summary.alarms, status)
        if not (self._posts and kinds and alarms.is_new(kinds, self._past(), now, facts["arguments"])):
            return
        news = News(
            outlet=summary.outlet,
            job=warc.job.id,
            at=now.isoformat(timespec="seconds"),
            status=status,
            sentence=summary.sentence(),
            alarms=[alarm._asdict() for alarm in summary.alarms],
        )
        # A thread that nobody waits for at the end: who is told may hold it for ever, byte by byte.
        telling = threading.Thread(target=alarms.tell, args=(news, self._posts), name="alarms", daemon=True)
        telling.start()
        until = time.monotonic() + TELL_SECONDS
        while telling.is_alive() and time.monotonic() < until:  # noqa: ASYNC110 - a thread's end is no event
            await asyncio.sleep(0.05)
        if telling.is_alive():
            logger.warning("%s: the alarm is still being told, and nobody waits for it any longer.", summary.outlet)

    def _past(self) -> Sequence[Ended]:
        drift = self._crawler.get_item_pipeline(DriftPipeline)
        return drift.past if drift else ()


def _judge(
    job: Job, past: Sequence[Ended], facts: dict[str, Any], documents: list[Document]
) -> tuple[dict[str, Any], list[Alarm]]:
    """Runs in the writer's thread, which the measures belong to."""
    measures = job.measured(documents)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    now = Ended(job=job.id, outlet=job.outlet, at=at, facts={**facts, "measures": measures})
    return measures, health.alarms(now, past)
