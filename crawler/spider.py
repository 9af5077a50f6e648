"""The spider that every outlet's spider is: from an announced address to one row, all its pages in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from w3lib.encoding import http_content_type_encoding

from archive.job import Outcome
from archive.model import Article, Verdict, Waiting
from crawler import reasons
from crawler.discovery import DiscoverySpider, failed_request
from crawler.frontier import Answer, Target
from crawler.judgement import CUT_SHORT, OPEN_ENDED, STATUS_VERDICTS, Judgement, PageFailed, judge_status
from crawler.pace import Pace
from crawler.visit import Visit
from crawler.wire import LeftAlone
from pipelines.extract import EXTRACTOR, Page, extract, join
from pipelines.workers import Workers

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)

EXTRACTORS = 1
"""Worker processes: at one connection a host, one core is far ahead of the outlet."""
WALL_AFTER = 5
"""Refusals in a row after which the outlet is left alone."""


class OutletSpider(DiscoverySpider):
    """An outlet's spider says `name` and `outlet`; everything else is here."""

    article_priority = 5
    """Articles go before further sources, so that rows come early and the frontier stays short."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._refusals = 0
        self._workers: Workers | None = None
        self._stopping: asyncio.Future[None] | None = None
        self.pace: Pace
        self._leaving = False
        self.waiting: dict[str, Waiting] = {}
        """Address -> its capture by a killed job, as long as no row was made of it."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Wire the spider, with the arguments of the command line. Raises ArgumentError."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.pace = Pace(crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"), spider.is_leaving)
        crawler.signals.connect(spider.note_answer, signals.response_downloaded)
        crawler.signals.connect(spider.note_item_error, signals.item_error)
        return spider

    def is_leaving(self) -> bool:
        return self._leaving or not self.crawler.crawling

    def closed(self, reason: str) -> None:  # noqa: ARG002 - Scrapy passes it by name
        """Scrapy's hook: let the extraction workers go."""
        if self._workers:
            self._workers.stop()

    def leave(self, reason: str) -> None:
        """End the job: nothing more is asked for, what is on the wire finishes."""
        if self._leaving:
            return
        self._leaving = True
        self._stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))

    def next_articles(self) -> Iterator[Request]:
        while target := self.frontier.take():
            yield self._request(Visit(target, self.outlet.all_pages, self.outlet.page_param, target.url))

    async def recover(self) -> AsyncIterator[Request]:
        """Requests that are answered from the WARC of a killed job; what needs no row is settled."""
        groups: dict[str, list[Waiting]] = {}
        needless = []
        for waiting in self.job.catalog.waiting(self.name):
            self.waiting[waiting.ref.url] = waiting  # a redirect may lead to any of them
            canonical = self.outlet.canonical(waiting.ref.url) if self.outlet.owns(waiting.ref.url) else ""
            known = self.job.catalog.known(canonical)
            if not self.outlet.is_article(canonical) or (known and known.final):
                needless.append(waiting.ref.record_id)
            else:
                groups.setdefault(canonical, []).append(waiting)
        await self.sink.settle(needless)
        for canonical, group in groups.items():
            if not self.frontier.claim(canonical):
                continue
            self.crawler.stats.inc_value("arsip/announced")
            target = Target(canonical, self.outlet.address(group[0].ref.url))
            visit = Visit(target, self.outlet.all_pages, self.outlet.page_param, canonical)
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
            page = await self._extract(response, began)
        except Exception as error:  # noqa: BLE001 - whatever a worker raises is counted under its name
            async for result in self._page_missing(visit, error):
                yield result
            return
        if not isinstance(page, Page) and not visit.pages:
            visit.records.append(record)
            yield self._outcome(visit, Article(extractor=EXTRACTOR, rules=self.outlet.rules.digest), page)
            for request in self._done(visit, kept=False):
                yield request
        elif visit.take(page if isinstance(page, Page) else None, record) and (
            # No use to walk an article of another day.
            visit.recovered or self.arguments.wants_day(visit.pages[0].article.published)
        ):
            yield self._request(visit)
        else:
            async for result in self._finish(visit, final=page.verdict not in CUT_SHORT):
                yield result

    async def article_failed(self, failure: Failure) -> AsyncIterator[Request | Outcome]:
        """A page that gave no answer."""
        request, error = failed_request(failure)
        if isinstance(error, LeftAlone):  # announced and not tried, which is what the summary says of it
            if not self.is_leaving():
                for following in self._done(request.cb_kwargs["visit"], kept=False):
                    yield following
            return
        async for result in self._page_missing(request.cb_kwargs["visit"], error):
            yield result

    def follow(self, request: Request, target: str) -> Answer:
        """May this redirect be followed? Asked by the redirect middleware."""
        if not self.outlet.owns(target):
            return Answer.ELSEWHERE
        visit: Visit | None = request.cb_kwargs.get("visit")
        if visit is None:
            return Answer.NEW
        canonical = self.outlet.canonical(target)
        if self.frontier.identify(canonical) == self.frontier.identify(visit.url):
            return Answer.NEW
        return self.frontier.follow(visit.target.url, canonical)

    def note_item_error(self, item: Outcome, failure: Failure) -> None:
        """An outcome that no pipeline could keep: counted, not lost, and tried again by the next run."""
        assert failure.value is not None
        self.crawler.stats.inc_value(f"arsip/failed/{reasons.of_exception(failure.value)}")
        logger.error("%s was not kept: %s", item.article.url, failure.value)

    def note_answer(self, response: Response, request: Request) -> None:
        """Count an answer of the outlet, before its host's next request leaves; after a few refusals none does."""
        parts = urlsplit(request.url)
        self.pace.heed(parts.hostname or "", response)
        if parts.path == "/robots.txt":
            return
        stats, status = self.crawler.stats, response.status
        refused = STATUS_VERDICTS.get(status) is Verdict.BLOCKED
        self._refusals = self._refusals + 1 if refused else 0
        if refused or status < 400:
            stats.inc_value("arsip/refused" if refused else "arsip/ok")
        if self._refusals == WALL_AFTER:
            self.leave("blocked")

    def _request(self, visit: Visit) -> Request:
        return Request(
            visit.address,
            self.parse_article,
            errback=self.article_failed,
            cb_kwargs={"visit": visit},
            meta=visit.provenance,
            priority=self.article_priority,
            dont_filter=True,
        )

    async def _extract(self, response: Response, began: datetime) -> Page | Judgement:
        """The page as the extractor sees it, or the verdict of the status line. Raises what a worker raises."""
        if response.status != 200:
            return judge_status(response, self.outlet, self.frontier)
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        if content_type and "html" not in content_type.lower():
            return Judgement(Verdict.NOT_HTML, f"Content-Type is {content_type}")
        self._workers = self._workers or Workers(EXTRACTORS)
        return await self._workers.run(
            extract,
            response.body,
            response.url,
            self.outlet.rules,
            charset=http_content_type_encoding(content_type),
            captured=began,
        )

    async def _page_missing(self, visit: Visit, error: BaseException) -> AsyncIterator[Request | Outcome]:
        """A page failed: keep the pages before it if there are any, else count the article as failed."""
        reason = error.name if isinstance(error, PageFailed) else reasons.of_exception(error)
        if reason == "fault":
            logger.error("%s: %r", visit.address, error, exc_info=error)
        await self.sink.events("failed", [{"url": visit.address, "reason": reason, "detail": str(error)[:500]}])
        if visit.pages and visit.asks_all and visit.advance():
            yield self._request(visit)
            return
        if visit.pages:
            async for result in self._finish(visit, final=False):
                yield result
            return
        self.crawler.stats.inc_value(f"arsip/failed/{reason}")
        for request in self._done(visit, kept=False):
            yield request

    async def _finish(self, visit: Visit, *, final: bool = True) -> AsyncIterator[Request | Outcome]:
        """The outcome of an article whose pages have come, and the requests for what may follow."""
        try:
            outcome = self._assembled(visit, final=final)
        except Exception as error:  # noqa: BLE001 - a fault of ours costs this article, not the others' turn
            visit.pages.clear()
            async for result in self._page_missing(visit, error):
                yield result
            return
        yield outcome
        for request in self._done(visit, kept=outcome.verdict is Verdict.ARTICLE):
            yield request

    def _assembled(self, visit: Visit, *, final: bool) -> Outcome:
        first = visit.pages[0]
        article = join(visit.pages)
        judgement = Judgement(first.verdict, first.reason, final=first.verdict not in OPEN_ENDED)
        if first.verdict is Verdict.ARTICLE:
            judgement = self._place(article, visit, first, final=final)
        if judgement.verdict is Verdict.ARTICLE:
            self.frontier.keep(article.id, visit.url)
        return self._outcome(visit, article, judgement)

    def _place(self, article: Article, visit: Visit, first: Page, *, final: bool) -> Judgement:
        """Give the article its address and id; the verdict if it is not wanted after all."""
        visit.url = self.outlet.own_address(visit.url, first.canonical)
        article.id = self.frontier.identify(visit.url, first.number)
        if article.section is None and (section := self.outlet.section(visit.url)):
            article.section, article.origins["section"] = section, "url"
        if twin := self.frontier.twin(article.id):
            visit.url = visit.target.url  # the address that both call their own is the twin's
            return Judgement(Verdict.DUPLICATE, f"the same article as {twin.url}", final=twin.durable)
        if visit.recovered:  # fetched for another run, which had asked for it
            return Judgement(Verdict.ARTICLE, "", final=final)
        if not self.arguments.wants_day(article.published):
            return Judgement(Verdict.NOT_ASKED, f"published {article.published or 'on an unknown day'}")
        if not (
            self.arguments.wants_section(article.section)
            or self.arguments.wants_section(self.outlet.section(visit.url))
        ):
            return Judgement(Verdict.NOT_ASKED, f"section {article.section}")
        return Judgement(Verdict.ARTICLE, "", final=final)

    def _outcome(self, visit: Visit, article: Article, judgement: Judgement) -> Outcome:
        article.outlet = self.name
        # The redirect's target has a line of its own when it is an article; an error belongs to what was asked for.
        article.url = visit.url if visit.pages else visit.target.url
        article.captured = visit.began
        article.captures = visit.records
        article.job = visit.job
        aliases = (visit.target.url, *(self.outlet.canonical(record.url) for record in visit.records))
        return Outcome(
            article=article,
            verdict=judgement.verdict,
            reason=judgement.reason,
            aliases=aliases,
            final=judgement.final,
            recovered=visit.recovered,
        )

    def _done(self, visit: Visit, *, kept: bool) -> Iterator[Request]:
        if not visit.recovered:
            self.frontier.done(kept=kept)
        if self.frontier.satisfied:
            self.leave("limit")
            return
        yield from self.next_articles()
