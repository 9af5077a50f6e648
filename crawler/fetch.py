"""One page of the web, asked for with the manners of a crawl, and not archived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from urllib.parse import urldefrag, urlsplit

from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess

from archive.errors import ArgumentError, ArsipError, ExitStatus
from archive.model import Verdict
from crawler import reasons
from crawler.announcing import failed_request
from crawler.frontier import Answer
from crawler.judgement import STATUS_VERDICTS, Judgement
from crawler.outlet import Outlet
from crawler.rereading import page_call
from crawler.spider import OutletSpider
from crawler.visit import location
from pipelines.rules import NO_RULES

if TYPE_CHECKING:
    from scrapy.http import Response
    from scrapy.settings import BaseSettings, Settings
    from twisted.python.failure import Failure


class NoPage(ArsipError):
    """There was an answer, or none, and no page in it."""

    def __init__(self, sentence: str, status: ExitStatus) -> None:
        super().__init__(sentence)
        self.status = status


class Fetched(NamedTuple):
    """An HTML page as the outlet sent it."""

    body: bytes
    """After content decoding."""
    url: str
    """Where redirects led."""
    charset: str | None
    """The one of the HTTP header."""
    began: datetime
    is_cut: bool
    """Did what came end before its content coding did?"""


class PageSpider(OutletSpider):
    """Asks for one address: robots.txt, pace and User-Agent as in a crawl, without a job and its archive."""

    name = "page"
    address: ClassVar[str]
    answers: ClassVar[list[Response | BaseException]]

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Scrapy's hook: nothing of a job, and one attempt, for a person waits and may ask again."""
        super().update_settings(settings)
        extensions = dict.fromkeys(settings["EXTENSIONS"])
        changed = {"ITEM_PIPELINES": {}, "EXTENSIONS": extensions, "RETRY_ENABLED": False}
        settings.setdict(changed, priority="spider")

    async def start(self) -> AsyncIterator[Request]:
        yield Request(self.address, self.take, errback=self.miss, dont_filter=True)

    async def take(self, response: Response) -> None:
        self.answers.append(response)

    async def miss(self, failure: Failure) -> None:
        self.answers.append(failed_request(failure)[1])

    def follow(self, request: Request, target: str) -> Answer:  # noqa: ARG002 - the middleware passes it
        return Answer.NEW if self.outlet.owns(target) else Answer.ELSEWHERE


def fetch(address: str, settings: Settings) -> Fetched:
    """Ask for a page. Raises ArgumentError, NoPage with the exit status that fits, KeyboardInterrupt."""
    url = urldefrag(address).url
    answers: list[Response | BaseException] = []
    spider = type("Page", (PageSpider,), {"outlet": _host_of(url), "address": url, "answers": answers})
    settings.set("LOG_LEVEL", "WARNING", priority="project")  # the page is the news, unless -L asks for more
    process = AsyncCrawlerProcess(settings)
    began = datetime.now(UTC)
    task = process.crawl(spider)
    assert isinstance(task, asyncio.Task)
    process.start(install_signal_handlers=False)  # Ctrl-C ends it at once: there is nothing to bring to an end
    if task.done() and not task.cancelled() and (fault := task.exception()):
        raise fault
    if not answers:
        raise KeyboardInterrupt
    if isinstance(answers[0], BaseException):
        raise _unanswered(url, answers[0])
    return _page(answers[0], began)


def _host_of(url: str) -> Outlet:
    """The host of an address, with what belongs to it, as an outlet of which nothing is known."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    outlet = Outlet(name=host, hosts=(host,), sources=(), article="", evidence=(), rules=NO_RULES)
    if not host or not outlet.owns(url):
        raise ArgumentError(
            f"{url} cannot be fetched: give http or https, a host at its usual port, and no password; or save the "
            "page and name the file."
        )
    return outlet


def _page(response: Response, began: datetime) -> Fetched:
    url, status = response.url, response.status
    if (target := location(response)) is not None:
        raise NoPage(f"{url} leads to {target}, on another host: name that address.", ExitStatus.USAGE)
    if STATUS_VERDICTS.get(status) is Verdict.BLOCKED:
        raise NoPage(
            f"{url} is refused to us (HTTP {status}), and we leave it alone. What you can do: ask the outlet, set "
            "CONTACT so that it can write to you, or save the page in a browser and name the file.",
            ExitStatus.BLOCKED,
        )
    if status >= 500:
        raise NoPage(f"{url} answered HTTP {status}: try again later.", ExitStatus.UNREACHABLE)
    if status != 200:
        raise NoPage(f"{url} answered HTTP {status}: there is no page. Check the address.", ExitStatus.USAGE)
    call = page_call(response)
    if isinstance(call, Judgement):
        raise NoPage(f"{url}: its {call.reason}. Name the address of an HTML page.", ExitStatus.USAGE)
    return Fetched(call.body, url, call.charset, began, call.is_cut)


def _unanswered(url: str, error: BaseException) -> NoPage:
    reason = reasons.of_exception(error)
    if reason == "robots":
        return NoPage(
            f"{error}, and we keep to it. Ask the outlet, or save the page in a browser and name the file.",
            ExitStatus.BLOCKED,
        )
    if reason in reasons.NETWORK or reason.startswith("robots-"):
        sentence = f"{url} could not be reached ({reason}). Check the network, and whether the outlet is up."
        return NoPage(sentence, ExitStatus.UNREACHABLE)
    return NoPage(f"{url} gave no page ({reason}): {error}", ExitStatus.FAULT)
