"""The spider that every outlet's spider is: from an announced address to one row, all its pages in order."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from scrapy import Request, signals

from archive import optout
from archive.model import Verdict
from archive.outcome import Outcome
from crawler import reasons, walls
from crawler.articles import ArticleSpider
from crawler.frontier import Answer
from crawler.judgement import SHOWN, respects_opt_out
from crawler.pace import Pace
from crawler.schedule import Schedule
from crawler.visit import Visit
from pipelines.extract import Page

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)


class OutletSpider(ArticleSpider):
    """An outlet's spider says `name` and `outlet`; everything else is here."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.refusals = walls.Refusals()
        self._stopping: asyncio.Future[None] | None = None
        self.pace: Pace
        self._leaving = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Wire the spider, with the arguments of the command line. Raises ArgumentError."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.schedule = Schedule.of(settings)
        spider.pace = Pace(
            settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
            spider.is_leaving,
            delay=settings.getfloat("DOWNLOAD_DELAY"),
            tell=spider.note_left_alone,
        )
        spider.respects_opt_out = respects_opt_out(settings)
        crawler.signals.connect(spider.note_answer, signals.response_downloaded)
        crawler.signals.connect(spider.note_item_error, signals.item_error)
        return spider

    def is_leaving(self) -> bool:
        return self._leaving or not self.crawler.crawling

    def leave(self, reason: str) -> None:
        if self._leaving:
            return
        self._leaving = True
        self._stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))

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
        return self.frontier.follow(visit.target.url, canonical, visit.before)

    def note_item_error(self, item: Outcome, failure: Failure) -> None:
        """An outcome that no pipeline could keep: counted, not lost, and tried again by the next run."""
        assert failure.value is not None
        self.note_failed(reasons.of_exception(failure.value), is_revisit=item.is_revisit)
        logger.error("%s was not kept: %s", item.article.url, failure.value)

    def note_answer(self, response: Response, request: Request) -> None:
        """Count an answer of the outlet, before its host's next request leaves; after a few refusals none does."""
        self.pace.heed(urlsplit(request.url).hostname or "", response)
        if request.meta.get("kind") == "robots":
            return
        of_article = "visit" in request.cb_kwargs
        # What an article's page is, the extraction tells.
        wall = None if of_article and response.status == 200 else walls.kind(response)
        if wall:
            self._note_refusal(self.refusals.refuse(wall, of_article=of_article))
        elif response.status < 400:
            self.crawler.stats.inc_value("arsip/ok")
            if of_article and response.status == 200:
                self.refusals.page(_page_of(request.cb_kwargs["visit"]))
            elif of_article and response.status == 304:
                self.refusals.article()
            else:
                self.refusals.answer(of_article=of_article)

    def note_read(self, visit: Visit, *, is_article: bool = False) -> None:
        self.refusals.read(_page_of(visit), is_article=is_article)
        self._leave_if_refused()

    def note_left_alone(self, host: str, seconds: float, why: str) -> None:
        """Say that a host wants more time than a job has."""
        self.crawler.stats.set_value(f"arsip/left-alone/{host}", seconds)
        logger.warning("%s is left alone until the next run: %s.", host, why)

    def _note_refusal(self, wall: walls.Wall) -> None:
        self.crawler.stats.inc_value("arsip/refused")
        self.crawler.stats.inc_value(f"arsip/wall/{wall}")
        self._leave_if_refused()

    def _leave_if_refused(self) -> None:
        if self.refusals.are_enough:
            self.leave("blocked")

    def note_page(self, response: Response, page: Page, visit: Visit) -> None:
        """Add to a page what its head and its host say against reuse, and count it if it is a wall after all."""
        host = response.meta.get("opt_out", ())
        page.article.opt_out = optout.all_signals(page.article.opt_out, response.headers.to_string(), host)
        if visit.recovered:  # as it was some other day
            return
        if page.verdict is Verdict.BLOCKED:
            self._note_refusal(self.refusals.blocked(_page_of(visit), walls.of_blocked(response)))
        elif page.verdict in SHOWN:
            self.note_read(visit, is_article=True)


def _page_of(visit: Visit) -> tuple[Visit, str | None]:
    """Names the page of a visit that has come, among all others."""
    return visit, visit.query
