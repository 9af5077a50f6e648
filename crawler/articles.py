"""From an announced address to one row, all its pages in order: the second half of every spider."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy import Request

from archive.known import Announced, Known
from archive.model import Article, Verdict, Waiting
from archive.outcome import Outcome, utc_text
from crawler import again, reasons
from crawler.announcing import failed_request
from crawler.frontier import Target
from crawler.judgement import CUT_SHORT, Judgement, PageFailed, judge_status
from crawler.middlewares.archived import read
from crawler.rereading import page_call
from crawler.verdict import VerdictSpider
from crawler.visit import Visit
from crawler.wire import LeftAlone
from pipelines.extract import EXTRACTOR, Page, extract
from pipelines.workers import Workers

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)

MAX_REVISITS = 5000
"""Articles that one job looks at again at most; the longest overdue go first."""
EXTRACTORS = 1
"""Worker processes: at one connection a host, one core is far ahead of the outlet."""


class ArticleSpider(VerdictSpider):
    """Visits every article that the frontier gives out, and those of earlier jobs that are due."""

    article_priority = 5
    """Articles go before further sources, so that rows come early and the frontier stays short."""
    revisit_priority = -5
    """What is new, and may be gone from its source soon, goes before what the archive has."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._workers: Workers | None = None
        self.waiting: dict[str, Waiting] = {}
        """Address -> its capture by a killed job, as long as no row was made of it."""

    def leave(self, reason: str) -> None:
        """End the job: nothing more is asked for, what is on the wire finishes."""
        raise NotImplementedError

    def note_failed(self, reason: str, *, is_revisit: bool) -> None:
        """Count a visit that came to nothing."""
        self.crawler.stats.inc_value("arsip/revisited/failed" if is_revisit else f"arsip/failed/{reason}")
        if is_revisit and reason == "fault":
            self.crawler.stats.inc_value("arsip/faults")

    def note_page(self, response: Response, page: Page, visit: Visit) -> None:
        """Look at a page before its outcome is made."""
        raise NotImplementedError

    def note_read(self, visit: Visit, *, is_article: bool = False) -> None:
        """Nothing more is to be learnt from a page; if it is an article, no wall is in the way."""
        raise NotImplementedError

    def closed(self, reason: str) -> None:  # noqa: ARG002 - Scrapy passes it by name
        """Scrapy's hook: let the extraction workers go."""
        if self._workers:
            self._workers.stop()

    def next_articles(self) -> Iterator[Request]:
        while target := self.frontier.take():
            yield self._request(self._visit(target))

    def revisits(self) -> Iterator[Request]:
        """Requests for articles that are due to be looked at again, after all that is new."""
        if self.arguments.restricted or self.sample:
            return
        for known in self.job.catalog.due(self.name, datetime.now(UTC).isoformat(), MAX_REVISITS):
            self.crawler.stats.inc_value("arsip/revisits")
            target = Target(known.url, self.outlet.address(known.url), before=known)
            yield self._request(self._visit(target), self.revisit_priority)

    async def recover(self) -> AsyncIterator[Request]:
        """Requests that are answered from the WARC of a killed job; what needs no row is settled."""
        groups: dict[str, list[Waiting]] = {}
        befores: dict[str, Known | None] = {}
        needless = []
        for waiting in self.job.catalog.waiting(self.name):
            self.waiting[waiting.ref.url] = waiting  # a redirect may lead to any of them
            canonical = self.outlet.canonical(waiting.ref.url) if self.outlet.owns(waiting.ref.url) else ""
            known = self.job.catalog.known(canonical)
            if not self.outlet.is_article(canonical) or (known and known.final):
                needless.append(waiting.ref.record_id)
            else:
                groups.setdefault(canonical, []).append(waiting)
                befores[canonical] = known
        if needless:
            await self.sink.note(self.job.settle, needless)
        for canonical, group in groups.items():
            if not self.frontier.claim(canonical):
                continue
            self.crawler.stats.inc_value("arsip/announced")
            target = Target(canonical, self.outlet.address(group[0].ref.url), before=befores[canonical])
            visit = self._visit(target)
            visit.recovered = tuple(waiting.ref.record_id for waiting in group)
            yield self._request(visit)

    async def parse_article(self, response: Response, visit: Visit) -> AsyncIterator[Request | Outcome]:
        """One page of an article: the request for the page that is missing, or the outcome."""
        assert response.request is not None
        try:
            record, began, job = await self.sink.record(response.request)
            if not visit.pages:
                visit.url, visit.began, visit.job = self.outlet.canonical(response.url), began, job
                visit.target.fetch = self.outlet.address(response.url)  # its other pages are where a redirect led
                before = visit.before
                # What is known by the page that said it is gone is judged by that page again.
                if before and visit.is_revisit and before.ended is None and record.record_id == before.record:
                    self.note_read(visit, is_article=True)
                    await self._as_it_was(before, began)
                    return
            page = await self._look(response, began, visit)
        except Exception as error:  # noqa: BLE001 - whatever a worker raises is counted under its name
            self.note_read(visit)
            async for result in self._page_missing(visit, error):
                yield result
            return
        self.note_read(visit)
        if not isinstance(page, Page) and not visit.pages:
            visit.records.append(record)
            article = Article(extractor=EXTRACTOR, rules=self.outlet.rules.digest)
            async for result in self._kept(visit, self.outcome(visit, article, page)):
                yield result
        elif visit.take(page if isinstance(page, Page) else None, record) and (
            # No use to walk an article of another day, unless the archive has a part of it.
            visit.recovered or visit.has_part or self.arguments.wants_day(visit.pages[0].article.published)
        ):
            yield self._request(visit)
        else:
            is_cut = isinstance(page, Page) and page.is_cut  # what is no article by half a page may be one
            async for result in self._finish(visit, final=page.verdict not in CUT_SHORT and not is_cut):
                yield result

    async def article_failed(self, failure: Failure) -> AsyncIterator[Request | Outcome]:
        """A page that gave no answer."""
        request, error = failed_request(failure)
        self.note_read(request.cb_kwargs["visit"])
        if isinstance(error, LeftAlone):  # announced and not tried, which is what the summary says of it
            if not self.is_leaving():
                for following in self._done(request.cb_kwargs["visit"], kept=False):
                    yield following
            return
        async for result in self._page_missing(request.cb_kwargs["visit"], error):
            yield result

    def _visit(self, target: Target) -> Visit:
        return Visit(target, self.outlet.all_pages, self.outlet.page_param, target.url)

    def _request(self, visit: Visit, priority: int | None = None) -> Request:
        if visit.before and not visit.pages:
            visit.earlier = self.job.catalog.stored(visit.address)
        return Request(
            visit.address,
            self.parse_article,
            errback=self.article_failed,
            cb_kwargs={"visit": visit},
            meta={**visit.provenance, "kind": visit.kind, "conditional": visit.before is not None},
            priority=self.article_priority if priority is None else priority,
            dont_filter=True,
        )

    async def _look(self, response: Response, began: datetime, visit: Visit) -> Page | Judgement:
        """What came of a visit. Raises PageFailed for what says nothing, and what `_extract` does."""
        page = await self._extract(response, began)
        if isinstance(page, Page):
            self.note_page(response, page, visit)
            if not visit.recovered and again.says_nothing(visit.before, is_cut=page.is_cut):
                raise PageFailed("torn")
        return page

    async def _extract(self, response: Response, began: datetime) -> Page | Judgement:
        """The page as the extractor sees it, or the verdict of the status line. Raises what a worker raises."""
        if response.status != 200:
            return judge_status(response, self.outlet, self.frontier)
        call = page_call(response)
        if isinstance(call, Judgement):
            return call
        self._workers = self._workers or Workers(EXTRACTORS)
        return await self._workers.run(
            extract,
            call.body,
            call.url,
            self.outlet.rules,
            charset=call.charset,
            captured=began,
            is_cut=call.is_cut,
        )

    async def _page_missing(self, visit: Visit, error: BaseException) -> AsyncIterator[Request | Outcome]:
        """A page failed: keep the pages before it if they are worth it, else count the article as failed."""
        reason = error.name if isinstance(error, PageFailed) else reasons.of_exception(error)
        if reason == "fault":
            logger.error("%s: %r", visit.address, error, exc_info=error)
        is_over = not visit.pages
        line = self._attempt(visit, reason) if is_over and not visit.before else None
        await self.sink.note(self.job.fail, visit.address, reason, str(error)[:500], line)
        if visit.pages and visit.asks_all and visit.advance():
            visit.lacks_all = True
            yield self._request(visit)
            return
        if visit.pages:
            async for result in self._finish(visit, final=False):
                yield result
            return
        if visit.before:
            await self.sink.note(self.job.visited, again.not_answered(self.schedule, visit.before, self.job.id))
        self.note_failed(reason, is_revisit=visit.is_revisit)
        for request in self._done(visit, kept=False):
            yield request

    def _attempt(self, visit: Visit, reason: str) -> Announced | None:
        """The line of the ledger after an attempt that brought no page."""
        if (line := visit.target.line) is None:
            return None
        now, tries = datetime.now(UTC), line.tries + 1
        later = self.schedule.retry(tries, now)
        return replace(line, reason=reason, tries=tries, tried=utc_text(now), due=utc_text(later) if later else None)

    async def _as_it_was(self, before: Known, began: datetime) -> None:
        """An article came again unchanged, which its server says or its bytes."""
        await self.sink.note(self.job.visited, again.unchanged(self.schedule, before, began, self.job.id))
        self.crawler.stats.inc_value("arsip/revisited/unchanged")

    async def _kept(self, visit: Visit, outcome: Outcome) -> AsyncIterator[Request | Outcome]:
        """An outcome for the pipelines if there is something to tell, and the requests for what may follow."""
        result = await again.judge(outcome, self.job.id, partial(self._differed, visit))
        if isinstance(result, Known):
            await self.sink.note(self.job.visited, result)
            self.crawler.stats.inc_value(f"arsip/{again.told_nothing(outcome)}")
        else:
            yield result
        for request in self._done(visit, kept=isinstance(result, Outcome) and result.verdict is Verdict.ARTICLE):
            yield request

    async def _differed(self, visit: Visit) -> bool:
        """Do today's rules read the first page otherwise than the one that the last row was made of?"""
        before, earlier = visit.before, visit.earlier
        if before is None or earlier is None or earlier.ref.record_id != before.record:
            return True
        response = await read(self.sink, earlier.ref)
        page = await self._extract(response, earlier.began) if response else None
        return not isinstance(page, Page) or page.article.facts_sha256() != visit.pages[0].article.facts_sha256()

    async def _finish(self, visit: Visit, *, final: bool = True) -> AsyncIterator[Request | Outcome]:
        """The outcome of an article whose pages have come, and the requests for what may follow."""
        try:
            outcome = self.assembled(visit, final=final)
        except Exception as error:  # noqa: BLE001 - a fault of ours costs this article, not the others' turn
            visit.pages.clear()
            async for result in self._page_missing(visit, error):
                yield result
            return
        async for result in self._kept(visit, outcome):
            yield result

    def _done(self, visit: Visit, *, kept: bool) -> Iterator[Request]:
        if not (visit.recovered or visit.is_revisit):
            self.frontier.done(kept=kept)
        if self.frontier.satisfied:
            self.leave("limit")
            return
        yield from self.next_articles()
