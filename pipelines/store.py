"""Rows onto the disk: `articles/` for what is an article, `dropped/` with its verdict for what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from archive.job import Job
from archive.model import Verdict
from archive.outcome import Outcome
from pipelines.warc import WarcPipeline
from pipelines.writer import Writer

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class StorePipeline:
    """Writes every outcome; the writer's next commit makes it durable and then known."""

    writer: Writer
    job: Job

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the pipeline."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Find the job that the WARC pipeline opened."""
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        assert warc is not None, "StorePipeline needs WarcPipeline in ITEM_PIPELINES"
        self.writer, self.job = warc.writer, warc.job

    async def process_item(self, item: Outcome) -> Outcome:
        """Keep the row. Raises StorageError."""
        await self.writer.run(self.job.keep, item)
        is_article = item.verdict is Verdict.ARTICLE
        names = ["kept" if is_article else f"dropped/{item.verdict}"]
        if item.is_revisit:
            if item.has_moved:
                names += ["revisited/moved", "announced"]  # by a redirect
            elif item.verdict is Verdict.DUPLICATE:
                names = ["revisited/moved"]
            else:
                names = ["revisited/edited" if is_article else "revisited/taken-away"]
        for name in names:
            self._crawler.stats.inc_value(f"arsip/{name}")
        return item
