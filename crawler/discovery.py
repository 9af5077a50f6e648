"""From an outlet's sources to announced addresses: the first half of every spider."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy import Request

from archive.zones import OFFSETS
from crawler import reasons, sources
from crawler.announcing import AnnouncingSpider, failed_request, step
from crawler.backfill import Course, Reach, SourceReport, cannot_go_back
from crawler.frontier import Frontier
from crawler.leftovers import MAX_LEFT, left
from crawler.outlet import Dated, Feed, Index, Robots, Sitemap, Source
from crawler.walk import Run, Walk
from crawler.wire import LeftAlone
from pipelines.warc import WarcPipeline

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)

LIMITS = sources.Limits()
MAX_TRIED = 9
"""Addresses that a sample asks for: a source may well announce galleries first."""


class DiscoverySpider(AnnouncingSpider):
    """Asks every source, and walks through those that have pages and days."""

    def __init__(self, **given: Any) -> None:
        """Raises ArgumentError."""
        super().__init__(**given)
        self._course = Course()
        self.remark: str | None = None
        """At the end: what a person should know of the sources as a whole."""

    @property
    def estimate(self) -> str | None:
        """Where a walk through days is, and how long it will take; None when there is none."""
        return str(self._course) or None

    async def start(self) -> AsyncIterator[Request]:
        """The first requests: the addresses that were asked for, or every source."""
        sink = self.crawler.get_item_pipeline(WarcPipeline)
        assert sink is not None, "the spiders need WarcPipeline in ITEM_PIPELINES"
        self.sink, self.job = sink, sink.job
        self.frontier = Frontier(
            self.name,
            self.outlet,
            self.arguments,
            self.job.catalog,
            most=MAX_TRIED if self.sample else None,
            respects_opt_out=self.respects_opt_out,
        )
        async for request in self.recover():
            yield request
        asked = [sources.Entry(url=url, source="argument") for url in self.arguments.urls.values()]
        await self._announce_all(asked, SourceReport("argument"), "")
        if not self.arguments.urls:
            await asyncio.to_thread(self.resume)
            for known in self.frontier.settled:
                await self.sink.note(self.job.visited, replace(known, job=self.job.id))
        self.crawler.stats.set_value("arsip/asked", not self.arguments.fill)
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
                for request in self._document(url, self.parse_sitemap, (source.url, "M"), depth=1, root=url):
                    yield request
        elif isinstance(source, Feed):
            for request in self._document(source.url, self.parse_feed):
                yield request
        elif isinstance(source, Sitemap) and not source.is_dated:
            for request in self._document(source.url, self.parse_sitemap, depth=1, root=source.url):
                yield request
        elif isinstance(source, Dated):
            for request in self._page_of(await self._first_run(source)):
                yield request

    async def parse_sitemap(
        self, response: Response, depth: int, root: str, run: Run | None = None
    ) -> AsyncIterator[Request]:
        """A sitemap of any kind; children of an index are read to the limit of depth."""
        since, until = self.arguments.since, self.arguments.until
        report, page = await self._read(response, partial(sources.read_sitemap, since=since, until=until))
        if page:
            report.problem = report.problem or page.fault
            self._reach(root, page.entries).goes_back |= page.older > 0
            # The newest first: Scrapy asks for the last of them first, but for the one that it sends at once.
            children = page.children[:1] if self.sample else [*page.children[:1], *page.children[:0:-1]]
            for child in children:
                if depth >= LIMITS.depth:
                    report.problem = f"depth-limit: {child} lies deeper than {LIMITS.depth} sitemaps"
                    break
                found = step(response, "M")
                for request in self._document(child, self.parse_sitemap, found, depth=depth + 1, root=root):
                    yield request
            if run:
                run.problem = report.problem or ("it is an index of sitemaps" if page.children else None)
                await self._take(run, page.entries, report, step(response, "M")[1])
            else:
                await self._announce_all(page.entries, report, step(response, "M")[1])
        if run:
            run.problem = run.problem or report.problem
            async for request in self._walk_on(run, report, goes_on=False):
                yield request
        for request in self._settled(report):
            yield request

    async def parse_feed(self, response: Response) -> AsyncIterator[Request]:
        """An RSS or Atom feed."""
        report, page = await self._read(response, sources.read_feed)
        if page:
            report.problem = report.problem or page.fault
            if page.homepage_links:
                report.problem = f"homepage-links: {page.homepage_links} items lead to the home page"
            self._reach(report.url, page.entries)
            await self._announce_all(page.entries, report, step(response, "M")[1])
        for request in self._settled(report):
            yield request

    async def parse_index(self, response: Response, run: Run) -> AsyncIterator[Request]:
        """One page of an index; the next is asked for while pages bring what was not known before."""
        assert isinstance(run.source, Index)
        report, entries = await self._read(response, partial(sources.read_index, links_css=run.source.links))
        if response.status in {404, 410} and run.page > 1:
            report.problem = None  # so some outlets say that there are no more
        run.problem = report.problem
        goes_on = bool(entries) and await self._take(run, entries or [], report, step(response, "L")[1])
        async for request in self._walk_on(run, report, goes_on=goes_on):
            yield request
        for request in self._settled(report):
            yield request

    async def source_failed(self, failure: Failure) -> AsyncIterator[Request]:
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
            run.problem = report.problem
            async for following in self._walk_on(run, report, goes_on=False):
                yield following

    def conclude(self, reason: str) -> None:
        """At the end of a job: say in the reports which sources do not go back to the period that was asked for."""
        since = self.arguments.since or self.arguments.until
        if since is None or reason != "finished":  # else they were not all asked
            return
        for url, reach in self._reaches.items():
            if shortfall := reach.shortfall(since):
                report = self.reports.setdefault(url, SourceReport(url))
                report.problem = "; ".join(filter(None, (report.problem, shortfall)))
        self.remark = cannot_go_back(self.name, since, self._reaches)

    def recover(self) -> AsyncIterator[Request]:
        """Requests for what a killed job had fetched and made no row of."""
        raise NotImplementedError

    def resume(self) -> None:
        """Hand to the frontier what earlier jobs left: announced and not tried, or tried in vain."""
        lines = left(self.job.catalog, self.name, self.arguments)
        taken = sum(self.frontier.resume(line, known) for line, known in lines)
        if len(lines) == MAX_LEFT:
            logger.info("%s: earlier jobs left more than %d addresses; this one takes these.", self.name, MAX_LEFT)
        self.crawler.stats.inc_value("arsip/announced", taken)

    def revisits(self) -> Iterator[Request]:
        """Requests for articles that are due to be looked at again."""
        raise NotImplementedError

    async def _first_run(self, source: Dated) -> Run | None:
        """Where the walk through a source begins; None when all that was asked for is known."""
        walked = await asyncio.to_thread(self.job.catalog.walked, self.name, source.url)
        walk = Walk(source, self.arguments, self.outlet.rules.zone, walked, sample=self.sample)
        self._course.begin(walk)
        if walk.over:
            self._reaches[source.url] = Reach(goes_back=True)
            self.crawler.stats.inc_value("arsip/walked-before", walk.over)
            logger.info("%s: earlier jobs walked through %d %ss of %s.", self.name, walk.over, source.every, source.url)
        if walk.is_late:
            problem = "has no dates and lists what is new: not asked for a period that is over for a week"
            self.reports[source.url] = SourceReport(source.url, problem=problem)
            self._reaches[source.url] = Reach(is_late=True)
        return walk.next()

    def _reach(self, root: str, entries: list[sources.Entry]) -> Reach:
        """How far a source goes back, after one more of its documents."""
        reach = self._reaches.setdefault(root, Reach())
        reach.take(entries, OFFSETS[self.outlet.rules.zone])
        return reach

    def _page_of(self, run: Run | None) -> Iterator[Request]:
        """The request for the page at hand of a walk."""
        if run is None:
            return iter(())
        dated = run.day is not None
        if isinstance(run.source, Index):
            return self._document(run.url, self.parse_index, dated=dated, run=run)
        return self._document(run.url, self.parse_sitemap, dated=dated, depth=1, root=run.source.url, run=run)

    async def _take(self, run: Run, entries: list[sources.Entry], report: SourceReport, hops: str) -> bool:
        """Announce a page of a walk; may the next one bring more?"""
        owned = (self.outlet.canonical(entry.url) for entry in entries if self.outlet.owns(entry.url))
        # Only articles count: a menu that differs from page to page would keep the walk going.
        urls = [url for url in owned if self.outlet.is_article(url)]
        is_news = run.last is None or await asyncio.to_thread(self._is_news, urls, run.last.at)
        grew = run.see(urls)
        if run.page == 1 and urls:
            await self.sink.note(self.job.walked, run.line(self.name, done=False))
        await self._announce_all(entries, report, hops, self._day_of(run))
        if run.day is None:
            self._reach(run.first_url, entries)
        elif urls:
            self._reach(run.source.url, entries).goes_back |= run.problem is None
        return grew and is_news

    def _is_news(self, urls: list[str], since: str) -> bool:
        """Is there one among them that was not known at that time?"""
        ask = self.job.catalog
        for url in urls:
            line = ask.announced(url)
            if line is not None:
                if line.at > since:
                    return True
            elif ask.known(url) is None and ask.article(self.frontier.identify(url)) is None:
                return True
        return False

    def _day_of(self, run: Run) -> date | None:
        """The day of publication as far as a walk tells it: of a month that is a day of it that was asked for."""
        since = self.arguments.since
        return max(run.day, since) if run.day and since else run.day

    async def _walk_on(self, run: Run, report: SourceReport, *, goes_on: bool) -> AsyncIterator[Request]:
        """The request for the next page, or for the first page of the next day when this one has come to its end."""
        if self.sample:
            return
        if goes_on and run.turn():
            self._fold(run, report)
            for request in self._page_of(run):
                yield request
            return
        report.problem = report.problem or run.problem
        self._fold(run, report)
        if run.is_whole and self.arguments.limit is None and not self.is_leaving():
            await self.sink.note(self.job.walked, run.line(self.name, done=True))
        following = run.walk.next()
        if run.day:
            self._course.end()
            kept = self.crawler.stats.get_value("arsip/kept", 0)
            why = run.problem or "no article on it"
            end = "is walked" if run.is_whole else f"was not walked to its end, and comes with the next run ({why})"
            told = (self.name, run.label, run.source.url, end, len(run.seen), kept)
            logger.info("%s: %s of %s %s: %d articles announced, %d kept so far.", *told)
        if run.walk.is_given_up:
            self._give_up(run)
        for request in self._page_of(following):
            yield request

    def _give_up(self, run: Run) -> None:
        """Leave a dated source that has nothing more, and say from where on."""
        for url in run.walk.vain:  # one line says it for all of them
            self.reports.pop(url, None)
        report = self.reports.setdefault(run.source.url, SourceReport(run.source.url))
        last = f"{run.label}, {run.problem}" if run.problem else run.label
        report.problem = (
            f"{len(run.walk.vain)} {run.source.every}s in a row brought nothing (the last one: {last}); "
            f"until={run.day} goes on from there"
        )
        logger.info("source %s: %s", report.url, report.problem)
        reach = self._reach(run.source.url, [])
        reach.goes_back, reach.oldest = run.walk.over > 0, run.walk.oldest

    def _fold(self, run: Run, report: SourceReport) -> None:
        """One report for all pages of a walk through days that brought what they could: there may be thousands."""
        if run.day and not report.problem and self.reports.pop(report.url, None):
            total = self.reports.setdefault(run.source.url, SourceReport(run.source.url))
            total.announced += report.announced
            total.new += report.new
