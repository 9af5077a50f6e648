"""`python -m benchmarks.fetch bare|archiving PORT PAGES FOLDER`: fetch pages, and print the seconds that it took."""

from __future__ import annotations

import sys
import time
from typing import Any

import scrapy
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from crawler import settings as ours
from crawler.pace import Pace
from pipelines.warc import WarcPipeline

AT_ONCE = 8
PLAIN = {
    "LOG_LEVEL": "ERROR",
    "REMOTE_CONTROL_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "COOKIES_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE,
    "USER_AGENT": "Mozilla/5.0 (compatible; bench)",
}
ARCHIVING = {
    **PLAIN,
    "DOWNLOAD_HANDLERS": ours.DOWNLOAD_HANDLERS,
    "ITEM_PIPELINES": {"pipelines.warc.WarcPipeline": 100},
    "CONCURRENT_ITEMS": ours.CONCURRENT_ITEMS,
    "ARSIP_VERSION": ours.ARSIP_VERSION,
}


class Pages(scrapy.Spider):
    """Asks for so many pages, and does nothing with them."""

    name = "pages"
    pace = Pace(AT_ONCE, lambda: False)

    def __init__(self, port: str, pages: str) -> None:
        super().__init__()
        self.start_urls = [f"http://127.0.0.1:{port}/{number}" for number in range(int(pages))]

    def is_leaving(self) -> bool:
        return False

    def parse(self, response: Any) -> None:
        """Nothing."""


class Clock:
    """From the opening of the spider to the moment when everything is on the disk."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> Clock:
        """Wire the extension."""
        clock = cls(crawler)
        crawler.signals.connect(clock.begin, signals.spider_opened)
        crawler.signals.connect(clock.end, signals.spider_closed)
        return clock

    def begin(self) -> None:
        """Start."""
        self._began = time.perf_counter()

    async def end(self) -> None:
        """Close the job, if there is one, and print."""
        if sink := self._crawler.get_item_pipeline(WarcPipeline):
            await sink.writer.run(sink.job.finish, {})
            sink.writer.stop()
        took = time.perf_counter() - self._began
        fetched = self._crawler.stats.get_value("downloader/response_status_count/200")
        assert fetched == len(self._crawler.spider.start_urls), f"only {fetched} pages came"
        sys.stdout.write(f"{took}\n")


def main(kind: str, port: str, pages: str, folder: str) -> None:
    """One crawl."""
    given = ARCHIVING | {"ARCHIVE_URI": folder} if kind == "archiving" else PLAIN
    process = AsyncCrawlerProcess({**given, "EXTENSIONS": {"benchmarks.fetch.Clock": 0}})
    process.crawl(Pages, port=port, pages=pages)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
