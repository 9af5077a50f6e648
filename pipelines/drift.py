"""Rows of an outlet whose layout seems to have changed are marked: what is known of its past says which."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from archive import health
from archive.errors import StorageError
from archive.known import Ended
from archive.model import Verdict
from archive.outcome import Outcome
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class DriftPipeline:
    """Sets `drift` of the rows that a mended rule set will have to make anew."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self.past: Sequence[Ended] = ()
        """The outlet's last jobs, as they were when this one began."""
        self._all = self._unruled = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the pipeline."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Read the past once. A catalog that refuses now will say so again when it matters."""
        warc = self._crawler.get_item_pipeline(WarcPipeline)
        assert warc is not None, "DriftPipeline needs WarcPipeline in ITEM_PIPELINES"
        try:
            self.past = warc.job.catalog.ended(warc.job.outlet, health.LOOKED_AT)
        except StorageError as error:
            logger.warning("%s: this job is not compared with earlier ones: %s", warc.job.outlet, error)
        self._all, self._unruled = health.has_drifted(self.past), health.is_ruled(self.past)

    def process_item(self, item: Outcome) -> Outcome:
        """Mark an article: all of them after an alarm, else those whose text no rule found where rules always did."""
        article = item.article
        if item.verdict is Verdict.ARTICLE:
            article.drift = self._all or (self._unruled and article.origins.get("text") != "rule")
        return item
