"""What a source's document says, read and handed to the frontier: what every spider knows of sources."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from scrapy import Request, Spider

from archive.errors import SourceRefused
from archive.known import Announced
from archive.recall import Recall
from archive.zones import OFFSETS
from crawler import sources
from crawler.arguments import Arguments
from crawler.backfill import Reach, SourceReport
from crawler.coding import CUT_OFF
from crawler.frontier import Answer, Frontier
from crawler.middlewares.robots import RobotsMiddleware
from crawler.outlet import Outlet
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from archive.job import Job

logger = logging.getLogger(__name__)

T = TypeVar("T")

BATCH = 500
"""Entries that are looked up in the catalog at a time."""
DATED_PRIORITY = -1
"""A walk through years must not keep a job from what is new."""
MAX_DOCUMENTS = 5000
"""Sitemaps, feeds and undated index pages that one job reads at most. Walks through days have limits of their own."""


def step(response: Response, letter: str) -> tuple[str, str]:
    """Where what stands in a source's document was found: its address, and the steps that led there."""
    return response.url, response.meta.get("hops", "") + letter


def failed_request(failure: Failure) -> tuple[Request, BaseException]:
    """The request and the error that Scrapy hands to an errback."""
    request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
    assert failure.value is not None
    return request, failure.value


class AnnouncingSpider(Spider):
    """Reads the documents of sources, within limits, and hands what they announce to the frontier."""

    outlet: ClassVar[Outlet]
    sample = False
    """Read one child of every sitemap index and one page of every index: enough to see whether a source works."""
    respects_opt_out = True
    """RESPECT_OPT_OUT."""
    job: Job
    sink: WarcPipeline
    frontier: Frontier

    def __init__(self, **given: Any) -> None:
        """Raises ArgumentError."""
        super().__init__(self.name)
        self.arguments = Arguments.parse(self.outlet, given)
        self.reports: dict[str, SourceReport] = {}
        self._reaches: dict[str, Reach] = {}
        """Address of a source's first document -> how far it goes back, with all that it leads to."""
        self._documents: set[str] = set()

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Scrapy's hook: a User-Agent in the form that crawlers use, unless the user has one of their own."""
        super().update_settings(settings)
        if not settings["USER_AGENT"]:
            who = f"arsip-berita/{settings['ARSIP_VERSION']}; +{settings['CONTACT'] or 'contact-not-set'}"
            settings.set("USER_AGENT", f"Mozilla/5.0 (compatible; {who})", priority="spider")

    def is_leaving(self) -> bool:
        """Is the job at its end, asked to stop, or refused? Then nothing more is sent, whatever waits."""
        raise NotImplementedError

    def next_articles(self) -> Iterator[Request]:
        """Requests for as many articles as may be on the way."""
        raise NotImplementedError

    def source_failed(self, failure: Failure) -> AsyncIterator[Request]:
        """A source that gave no answer."""
        raise NotImplementedError

    def _document(
        self, url: str, callback: Any, found: tuple[str | None, str] = (None, ""), *, dated: bool = False, **named: Any
    ) -> Iterator[Request]:
        """The request for a source's document, unless it was asked for already or lies off the outlet.

        `found` says where its address stands, and the steps that led there. `dated` ones come after the others, each
        once as its walk has it, and as many as there are.
        """
        if url in self._documents:
            return
        problem = None
        if not self.outlet.owns(url):
            problem = "off the outlet's hosts"
        elif not dated and len(self._documents) >= MAX_DOCUMENTS:
            problem = f"documents-limit: {MAX_DOCUMENTS} were read; a shorter period (since, until) needs fewer"
        if problem or not dated:
            self.reports.setdefault(url, SourceReport(url)).problem = problem
        if problem:
            logger.info("source %s: %s", url, problem)
            return
        if not dated:
            self._documents.add(url)
        yield Request(
            url,
            callback,
            errback=self.source_failed,
            cb_kwargs=named,
            meta={"conditional": True, "kind": "source", "via": found[0], "hops": found[1]},
            priority=DATED_PRIORITY if dated else 0,
            dont_filter=True,
        )

    async def _robots_sitemaps(self, url: str) -> list[str]:
        middleware = self.crawler.get_downloader_middleware(RobotsMiddleware)
        report = self.reports.setdefault(url, SourceReport(url))
        if middleware is None:
            report.problem = "ROBOTSTXT_OBEY is off"
            return []
        robots = await middleware.of(Request(url))
        if self.is_leaving():  # it may never have been asked for
            return []
        if robots.refused:
            report.problem = robots.refused.reason
            self.crawler.stats.inc_value(f"arsip/source-failed/{report.problem}")
        found = sources.read_robots(robots.body, url)
        if not found and not report.problem:
            report.problem = "no Sitemap line"
        if report.problem:
            logger.info("source %s: %s", url, report.problem)
        return found

    async def _read(self, response: Response, read: Callable[[bytes, str], T]) -> tuple[SourceReport, T | None]:
        """The report on a source's document, and what it holds; None when it could not be had."""
        url = response.request.url if response.request else response.url
        report = self.reports.setdefault(url, SourceReport(url))
        if response.status != 200:
            report.problem = f"answered HTTP {response.status}"
            return report, None
        body = response.body
        if CUT_OFF in response.flags:
            report.problem = "torn"
            body = body[: max(body.rfind(b"<"), body.rfind(b"\n"), 0)]  # the last line may hold half an address
        try:
            # A sitemap of 50,000 addresses takes seconds, and the reactor has other things to do.
            return report, await asyncio.to_thread(read, body, response.url)
        except SourceRefused as error:
            report.problem = report.problem or str(error)
            return report, None

    async def _announce_all(
        self, entries: list[sources.Entry], report: SourceReport, hops: str, day: date | None = None
    ) -> None:
        """Hand a document's entries to the frontier, some at a time: the reactor has other things to do."""
        for first in range(0, len(entries), BATCH):
            fresh: list[tuple[Announced, dict[str, Any]]] = []
            batch = entries[first : first + BATCH]
            memory = await asyncio.to_thread(self._recall, batch)
            for entry in batch:
                answer = self._announce(entry, hops, day, fresh, memory)
                report.announced += 1
                report.new += answer is Answer.NEW
            await self.sink.announce(fresh)

    def _recall(self, batch: list[sources.Entry]) -> Recall:
        return Recall(self.job.catalog, self.frontier.names(entry.url for entry in batch))

    def _announce(
        self,
        entry: sources.Entry,
        hops: str,
        day: date | None,
        fresh: list[tuple[Announced, dict[str, Any]]],
        memory: Recall,
    ) -> Answer:
        """What the frontier makes of an entry; what nobody had announced before is added to `fresh` with its hints."""
        published = entry.published.astimezone(OFFSETS[self.outlet.rules.zone]) if entry.published else None

        def note(line: Announced) -> None:
            lastmod = entry.lastmod.isoformat() if entry.lastmod else None
            hints = {"url": entry.url, "title": entry.title, "lastmod": lastmod, "keywords": entry.keywords}
            fresh.append((line, hints))

        answer = self.frontier.announce(
            entry.url, published, source=entry.source, hops=hops, day=day, note=note, memory=memory
        )
        if answer in {Answer.NEW, Answer.THERE, Answer.LATER, Answer.NOT_ASKED}:
            self.crawler.stats.inc_value("arsip/announced")
            if answer is not Answer.NEW:
                self.crawler.stats.inc_value(f"arsip/skipped/{answer}")
        return answer

    def _settled(self, report: SourceReport) -> Iterator[Request]:
        """Say what was wrong with a source, and go on with what was announced."""
        if report.problem:
            logger.info("source %s: %s", report.url, report.problem)
        return self.next_articles()
