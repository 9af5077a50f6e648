"""The sink of every capture: opens and closes the job, writes the WARC, and stamps the articles."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ParamSpec, Self
from weakref import WeakKeyDictionary

import scrapy
import twisted

from archive import message
from archive.errors import LeaseLost, NotHttp
from archive.job import Job
from archive.known import Announced
from archive.model import Capture, RecordRef, Waiting
from archive.outcome import Outcome
from pipelines.writer import STOPPED, Writer

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

P = ParamSpec("P")

COMMIT_SECONDS = 1.0
"""Time between group fsyncs: what a power cut may cost, and how rarely the disk is forced."""


def _software(version: str) -> str:
    """Everything that has a part in what the bytes of a WARC are."""
    parts = {"arsip-berita": version, "Scrapy": scrapy.__version__, "Twisted": twisted.__version__}
    return " ".join(f"{name}/{number}" for name, number in {**parts, "Python": platform.python_version()}.items())


@dataclass(frozen=True)
class Kept:
    """A capture that is written, or about to be."""

    began: datetime
    record: asyncio.Future[RecordRef]
    job: str
    """The job that captured it."""
    readable: bool = True
    """False for what is no HTTP message to readers of an archive, whatever a lenient client made of it."""


class WarcPipeline:
    """Keeps what the wire brought, robots.txt, redirects and errors included.

    Item pipelines never see those, so the download handler hands every finished capture to `keep`.
    """

    def __init__(self, job: Job, crawler: Crawler) -> None:
        self.job = job
        self.writer = Writer(self._stop)
        self._crawler = crawler
        self._records: WeakKeyDictionary[Request, Kept] = WeakKeyDictionary()
        self._commits: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Open the job. Raises ArgumentError, LeaseHeld, StorageError."""
        settings = crawler.settings
        job = Job(
            outlet=crawler.spidercls.name,
            archive_uri=settings["ARCHIVE_URI"],
            state_dir=settings["STATE_DIR"],
            catalog_uri=settings["CATALOG_URI"],
            upload_patience=settings.getfloat("UPLOAD_PATIENCE"),
            info={
                "software": _software(settings["ARSIP_VERSION"]),
                **({"operator": settings["CONTACT"]} if settings["CONTACT"] else {}),
                "format": "WARC File Format 1.1",
                "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
                "robots": "obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
                "http-header-user-agent": settings["USER_AGENT"],
            },
        )
        return cls(job, crawler)

    def keep(self, request: Request, capture: Capture) -> None:
        """Take a finished exchange from the download handler; it is written in the background."""
        record = self.writer.run(self.job.capture, capture)
        self._records[request] = Kept(capture.began, record, self.job.id, message.is_message(capture.response))

    async def catch_up(self) -> None:
        """Wait while too much waits for the disk: memory is not where captures are kept."""
        await self.writer.catch_up()

    def recall(self, request: Request, waiting: Waiting) -> None:
        """Take the answer to a request from an earlier job: its record is there."""
        record = asyncio.get_running_loop().create_future()
        record.set_result(waiting.ref)
        self._records[request] = Kept(waiting.began, record, waiting.job)

    async def record(self, request: Request) -> tuple[RecordRef, datetime, str]:
        """Where the response to `request` lies, when its capture began, and by which job.

        Raises NotHttp, StorageError, LeaseLost.
        """
        kept = self._records[request]
        record = await asyncio.shield(kept.record)
        if not kept.readable:
            raise NotHttp(f"{record.url}: what came back is no HTTP/1 message to readers of an archive")
        return record, kept.began, kept.job

    async def note(self, act: Callable[P, None], *arguments: P.args, **named: P.kwargs) -> None:
        """Have the job note what no WARC holds. A disk that refuses closes the spider; it is no error of the caller."""
        with contextlib.suppress(*STOPPED):
            await self.writer.run(act, *arguments, **named)

    async def announce(self, lines: list[tuple[Announced, dict[str, Any]]]) -> None:
        """Note addresses that nobody had announced before, and what their source says of them."""
        if lines:
            await self.note(self._announce, lines)

    async def open_spider(self) -> None:
        """Begin to commit in groups."""
        self._commits = asyncio.get_running_loop().create_task(self._commit_in_groups())

    async def close_spider(self) -> None:
        """Commit what is left; the job itself is finished when the spider is closed and its reason known."""
        if self._commits:
            self._commits.cancel()
        with contextlib.suppress(*STOPPED):  # already noticed: it is why the spider closes
            await self.writer.run(self.job.commit)

    def process_item(self, item: Outcome) -> Outcome:
        """Stamp the article with its job."""
        item.article.job = item.article.job or self.job.id  # a recovered one has the job that captured it
        return item

    async def _commit_in_groups(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            with contextlib.suppress(Exception):  # the writer has told `_stop`
                await self.writer.run(self.job.commit)

    def _announce(self, lines: list[tuple[Announced, dict[str, Any]]]) -> None:
        for announced, hints in lines:
            self.job.announce(announced, **hints)

    def _stop(self, error: BaseException) -> None:
        """A disk or a lease that fails ends the crawl; a fault of ours costs what it hit, and is said and counted."""
        if not isinstance(error, STOPPED):
            self._crawler.stats.inc_value("arsip/faults")
            logger.error("A fault of ours while writing: %r", error, exc_info=error)
            return
        reason = "lease-lost" if isinstance(error, LeaseLost) else "storage"
        if self._crawler.stats.get_value(f"arsip/{reason}") is None:
            self._crawler.stats.set_value(f"arsip/{reason}", str(error))
            logger.critical("%s", error)
            spider: Any = self._crawler.spider  # an outlet's
            spider.leave(reason)
