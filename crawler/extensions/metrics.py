"""Numbers of a job for Prometheus, when METRICS_DIR says where."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured

from crawler.extensions.job import JobExtension
from crawler.summary import Summary
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class MetricsExtension:
    """Writes the numbers when the job has ended, whatever it came to."""

    def __init__(self, crawler: Crawler, folder: Path) -> None:
        self._crawler = crawler
        self._folder = folder

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the extension. Raises NotConfigured without METRICS_DIR."""
        if not (folder := crawler.settings["METRICS_DIR"]):
            raise NotConfigured
        extension = cls(crawler, Path(folder))
        crawler.signals.connect(extension.engine_stopped, signals.engine_stopped)
        return extension

    async def engine_stopped(self) -> None:
        """Write them; a folder that cannot be written is said and costs nothing."""
        from crawler import metrics  # noqa: PLC0415 - 60 ms that most runs need not spend

        job = self._crawler.get_extension(JobExtension)
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        if job is None or warc is None:  # it did not begin
            return
        await job.ended()
        stats = self._crawler.stats.get_stats()
        measured = metrics.Measured(
            status=job.status,
            began=warc.job.began,
            ended=datetime.now(UTC),
            warc_bytes=warc.job.warc_bytes,
            alarms=stats.get("arsip/alarms", 0),
        )
        summary = job.summary or Summary.of(self._crawler.spidercls.name, "", stats)
        try:
            metrics.write(self._folder, summary, measured)
        except OSError as error:
            logger.warning(
                "METRICS_DIR=%s cannot be written: %s. Make the folder, or give this user the right to write there.",
                self._folder,
                error.strerror or error,
            )
