"""From an outlet's sources to announced addresses: the first half of every spider."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from scrapy import Request, Spider

from archive.errors import SourceRefused
from archive.known import Announced
from archive.zones import OFFSETS
from crawler import reasons, sources
from crawler.arguments import Arguments
from crawler.frontier import UNSETTLED, Answer, Frontier
from crawler.middlewares.robots import RobotsMiddleware
from crawler.outlet import Feed, Index, Outlet, Robots, Sitemap, Source
from crawler.walk import Run, first_run
from crawler.wire import LeftAlone
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from archive.job import Job

logger = logging.getLogger(__name__)

T = TypeVar("T")

LIMITS = sources.Limits()
BATCH = 500
"""Entries that are looked up in the catalog at a time."""
MAX_DOCUMENTS = 5000
"""Sitemaps, feeds and index pages that one job reads at most."""
MAX_LEFT = 20_000
"""Addresses that one job takes over from earlier ones at most."""


@dataclass(slots=True)
class SourceReport:
    """What one document of a source brought."""

    url: str
    announced: int = 0
    """Addresses on it."""
    new: int = 0
    """Addresses among them that nobody had announced before."""
    problem: str | None = None
    """Why it brought less than it could, if so."""


def _step(response: Response, letter: str) -> tuple[str, str]:
    """Where what stands in a source's document was found: its address, and the steps that led there."""
    return response.url, response.meta.get("hops", "") + letter


def failed_request(failure: Failure) -> tuple[Request, BaseException]:
    """The request and the error that Scrapy hands to an errback."""
    request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
    assert failure.value is not None
    return request, failure.value


class DiscoverySpider(Spider):
    """Asks every source, within limits, and hands what it announces to the frontier."""

    outlet: ClassVar[Outlet]
    sample = False
    """Read one child of every sitemap index and one page of every index: enough to see whether a source works."""
    job: Job
    sink: WarcPipeline

    def __init__(self, **given: Any) -> None:
        """Raises ArgumentError."""
        super().__init__(self.name)
        self.arguments = Arguments.parse(self.outlet, given)
        self.reports: dict[str, SourceReport] = {}
        self._documents: set[str] = set()

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Scrapy's hook: a User-Agent in the form that crawlers use, unless the user has one of their own."""
        super().update_settings(settings)
        if not settings["USER_AGENT"]:
            who = f"arsip-berita/{settings['ARSIP_VERSION']}; +{settings['CONTACT'] or 'contact-not-set'}"
            settings.set("USER_AGENT", f"Mozilla/5.0 (compatible; {who})", priority="spider")

    async def start(self) -> AsyncIterator[Request]:
        """The first requests: the addresses that were asked for, or every source."""
        sink = self.crawler.get_item_pipeline(WarcPipeline)
        assert sink is not None, "the spiders need WarcPipeline in ITEM_PIPELINES"
        self.sink, self.job = sink, sink.job
        self.frontier = Frontier(self.name, self.outlet, self.arguments, self.job.catalog, count_all=self.sample)
        async for request in self.recover():
            yield request
        asked = [sources.Entry(url=url, source="argument") for url in self.arguments.urls.values()]
        await self._announce_all(asked, SourceReport("argument"), "")
        if not self.arguments.urls:
            await asyncio.to_thread(self.resume)
        if not self.arguments.urls and not self.arguments.fill:
            for source in self.outlet.sources:
                async for request in self.ask(source):
                    yield request
        for request in self.next_articles():
            yield request
        for request in self.revisits():
            yield request

    async def ask(self, source: Source) -> AsyncIterator[Request]:
        """The requests with which a source is begun."""
        if isinstance(source, Robots):
            for url in await self._robots_sitemaps(source.url):
                for request in self._document(url, self.parse_sitemap, (source.url, "M"), depth=1):
                    yield request
        elif isinstance(source, Sitemap):
            for request in self._document(source.url, self.parse_sitemap, depth=1):
                yield request
        elif isinstance(source, Feed):
            for request in self._document(source.url, self.parse_feed):
                yield request
        elif isinstance(source, Index):
            for request in self._index_page(first_run(source, self.arguments, self.outlet.rules.zone)):
                yield request

    async def parse_sitemap(self, response: Response, depth: int) -> AsyncIterator[Request]:
        """A sitemap of any kind; children of an index are read to the limit of depth."""
        report, page = await self._read(response, sources.read_sitemap)
        if page:
            report.problem = page.fault
            for child in page.children[:1] if self.sample else page.children:
                if depth >= LIMITS.depth:
                    report.problem = f"depth-limit: {child} lies deeper than {LIMITS.depth} sitemaps"
                    break
                for request in self._document(child, self.parse_sitemap, _step(response, "M"), depth=depth + 1):
                    yield request
            await self._announce_all(page.entries, report, _step(response, "M")[1])
        for request in self._settled(report):
            yield request

    async def parse_feed(self, response: Response) -> AsyncIterator[Request]:
        """An RSS or Atom feed."""
        report, page = await self._read(response, sources.read_feed)
        if page:
            report.problem = page.fault
            if page.homepage_links:
                report.problem = f"homepage-links: {page.homepage_links} items lead to the home page"
            await self._announce_all(page.entries, report, _step(response, "M")[1])
        for request in self._settled(report):
            yield request

    async def parse_index(self, response: Response, run: Run) -> AsyncIterator[Request]:
        """One page of an index; the next is asked for while pages bring addresses that this run had not seen."""
        before = len(run.seen)
        report, entries = await self._read(response, partial(sources.read_index, links_css=run.source.links))
        if entries:
            # Only articles count: a menu that differs from page to page would keep the walk going.
            urls = (self.outlet.canonical(entry.url) for entry in entries if self.outlet.owns(entry.url))
            run.seen.update(url for url in urls if self.outlet.is_article(url))
            await self._announce_all(entries, report, _step(response, "L")[1], run.day)
        for request in self._next_index_page(run, grew=len(run.seen) > before):
            yield request
        for request in self._settled(report):
            yield request

    async def source_failed(self, failure: Failure) -> AsyncIterator[Request]:
        """A source that gave no answer."""
        request, error = failed_request(failure)
        left_alone = isinstance(error, LeftAlone)
        if left_alone and self.is_leaving():
            self.reports.pop(request.url, None)
            return
        report = self.reports.setdefault(request.url, SourceReport(request.url))
        report.problem = reasons.of_exception(error)
        self.crawler.stats.inc_value(f"arsip/source-failed/{report.problem}")
        for following in self._settled(report):
            yield following
        run: Run | None = request.cb_kwargs.get("run")
        if run is not None and not left_alone:
            for following in self._next_index_page(run, grew=False):
                yield following

    def is_leaving(self) -> bool:
        """Is the job at its end, asked to stop, or refused? Then nothing more is sent, whatever waits."""
        raise NotImplementedError

    def recover(self) -> AsyncIterator[Request]:
        """Requests for what a killed job had fetched and made no row of."""
        raise NotImplementedError

    def resume(self) -> None:
        """Hand to the frontier what earlier jobs left: announced and not tried, or tried in vain."""
        asked = self.arguments
        since, until = (day.isoformat() if day else None for day in (asked.since, asked.until))
        now = None if asked.fill else datetime.now(UTC).isoformat()
        ask, verdicts = self.job.catalog, UNSETTLED if asked.fill else ()
        unsettled = ask.unsettled(self.name, verdicts, since=since, until=until, now=now, most=MAX_LEFT)
        rest = MAX_LEFT - len(unsettled)
        unanswered = ask.unanswered(self.name, since=since, until=until, now=now, most=rest)
        taken = sum(self.frontier.resume(line, known) for line, known in unsettled)
        taken += sum(self.frontier.resume(line) for line in unanswered)
        if len(unsettled) + len(unanswered) == MAX_LEFT:
            logger.info("%s: earlier jobs left more than %d addresses; this one takes these.", self.name, MAX_LEFT)
        self.crawler.stats.inc_value("arsip/announced", taken)

    def revisits(self) -> Iterator[Request]:
        """Requests for articles that are due to be looked at again."""
        raise NotImplementedError

    def next_articles(self) -> Iterator[Request]:
        """Requests for as many articles as may be on the way."""
        raise NotImplementedError

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

    def _document(
        self, url: str, callback: Any, found: tuple[str | None, str] = (None, ""), **named: Any
    ) -> Iterator[Request]:
        """The request for a source's document, unless it was asked for already or lies off the outlet.

        `found` says where its address stands, and the steps that led there.
        """
        if url in self._documents:
            return
        report = self.reports.setdefault(url, SourceReport(url))
        if not self.outlet.owns(url):
            report.problem = "off the outlet's hosts"
        elif len(self._documents) >= MAX_DOCUMENTS:
            report.problem = f"documents-limit: {MAX_DOCUMENTS} were read"
        else:
            self._documents.add(url)
            meta = {"conditional": True, "kind": "source", "via": found[0], "hops": found[1]}
            yield Request(url, callback, errback=self.source_failed, cb_kwargs=named, meta=meta, dont_filter=True)
            return
        logger.info("source %s: %s", url, report.problem)

    def _index_page(self, run: Run) -> Iterator[Request]:
        return self._document(run.url, self.parse_index, run=run)

    def _next_index_page(self, run: Run, *, grew: bool) -> Iterator[Request]:
        template = run.source.url if run.day else run.source.latest or run.source.url
        if self.sample:
            return iter(())
        if grew and run.page < run.source.max_pages and "{page}" in template:
            run.page += 1
            return self._index_page(run)
        day = next(run.further, None)
        return self._index_page(Run(run.source, day, run.further)) if day else iter(())

    async def _read(self, response: Response, read: Callable[[bytes, str], T]) -> tuple[SourceReport, T | None]:
        """The report on a source's document, and what it holds; None when it could not be had."""
        url = response.request.url if response.request else response.url
        report = self.reports.setdefault(url, SourceReport(url))
        if response.status != 200:
            report.problem = f"answered HTTP {response.status}"
            return report, None
        try:
            # A sitemap of 50,000 addresses takes seconds, and the reactor has other things to do.
            return report, await asyncio.to_thread(read, response.body, response.url)
        except SourceRefused as error:
            report.problem = str(error)
            return report, None

    async def _announce_all(
        self, entries: list[sources.Entry], report: SourceReport, hops: str, day: date | None = None
    ) -> None:
        """Hand a document's entries to the frontier, some at a time: the reactor has other things to do."""
        for first in range(0, len(entries), BATCH):
            fresh: list[tuple[Announced, dict[str, Any]]] = []
            for entry in entries[first : first + BATCH]:
                answer = self._announce(entry, hops, day, fresh)
                report.announced += 1
                report.new += answer is Answer.NEW
            await self.sink.announce(fresh)

    def _announce(
        self, entry: sources.Entry, hops: str, day: date | None, fresh: list[tuple[Announced, dict[str, Any]]]
    ) -> Answer:
        """What the frontier makes of an entry; what nobody had announced before is added to `fresh` with its hints."""
        published = entry.published.astimezone(OFFSETS[self.outlet.rules.zone]) if entry.published else None

        def note(line: Announced) -> None:
            lastmod = entry.lastmod.isoformat() if entry.lastmod else None
            hints = {"url": entry.url, "title": entry.title, "lastmod": lastmod, "keywords": entry.keywords}
            fresh.append((line, hints))

        answer = self.frontier.announce(entry.url, published, source=entry.source, hops=hops, day=day, note=note)
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
