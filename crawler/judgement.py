"""What an answer turned out to be, as far as its status line tells, and what pages say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archive import optout
from archive.errors import ArgumentError, ArsipError
from archive.model import Article, Verdict
from crawler import walls
from crawler.visit import location

if TYPE_CHECKING:
    from scrapy.http import Response
    from scrapy.settings import BaseSettings

    from crawler.frontier import Frontier
    from crawler.outlet import Outlet
    from crawler.visit import Visit

STATUS_VERDICTS = {
    404: Verdict.NOT_FOUND,
    410: Verdict.GONE,
    **dict.fromkeys(walls.STATUSES, Verdict.BLOCKED),
}
OPEN_ENDED = frozenset((Verdict.BLOCKED, Verdict.NOT_FOUND, Verdict.SOFT_404, Verdict.EMPTY))
"""Another attempt may bring more for these."""
SHOWN = frozenset((Verdict.ARTICLE, Verdict.GALLERY, Verdict.VIDEO, Verdict.LIVE, Verdict.PAYWALL))
"""What an outlet that shuts us out does not show."""
CUT_SHORT = frozenset((Verdict.BLOCKED, Verdict.REDIRECTED_AWAY, Verdict.DUPLICATE))
"""On a later page these say nothing about the page: the article is cut short, and worth another run."""


class Judgement(NamedTuple):
    """What an answer turned out to be without looking at the page."""

    verdict: Verdict
    reason: str
    final: bool = True
    article_id: str | None = None
    """Of a duplicate: the article that it is."""


class PageFailed(ArsipError):
    """An answer that is neither a page nor a verdict: worth another run."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def judge_status(response: Response, outlet: Outlet, frontier: Frontier) -> Judgement:
    """The verdict of an answer that is not 200. Raises PageFailed."""
    if wall := walls.kind(response):
        return Judgement(Verdict.BLOCKED, f"HTTP {response.status}, a wall of the kind {wall}", final=False)
    if (target := location(response)) is not None:
        if not outlet.owns(target):
            return Judgement(Verdict.REDIRECTED_AWAY, f"leads off the outlet, to {target}")
        # Only a redirect to an article that is kept settles the matter.
        name = frontier.identify(outlet.canonical(target))
        is_durable = (twin := frontier.twin(name)) is not None and twin.durable
        return Judgement(Verdict.DUPLICATE, f"redirects to {target}", final=is_durable, article_id=name)
    verdict = STATUS_VERDICTS.get(response.status)
    if verdict is None:
        raise PageFailed(f"http-{response.status}")
    return Judgement(verdict, f"HTTP {response.status}", final=verdict not in OPEN_ENDED)


def by_pages(visit: Visit, article: Article, *, final: bool) -> Judgement:
    """What the pages of a visit say, and whether that is final; `final`: no further page of the article is to be had.

    Where all pages at once did not come, another look may bring them.
    """
    first = visit.pages[0]
    if first.verdict is Verdict.ARTICLE:
        is_over = final and (article.complete or not visit.lacks_all)
    else:
        is_over = first.verdict not in OPEN_ENDED
    return Judgement(first.verdict, first.reason, final=is_over and not visit.is_cut)


def respects_opt_out(settings: BaseSettings) -> bool:
    """RESPECT_OPT_OUT. Raises ArgumentError."""
    try:
        return settings.getbool("RESPECT_OPT_OUT")
    except ValueError as error:
        given = settings["RESPECT_OPT_OUT"]
        raise ArgumentError(f"RESPECT_OPT_OUT={given} is not possible: give 1 or 0.") from error


def respect(article: Article, judgement: Judgement) -> Judgement:
    """The verdict of an article that its outlet may have closed to copies or mining; its text goes if so."""
    if (signal := optout.reserves(article.opt_out)) is None:
        return judgement
    article.set_text([])
    article.description = None
    return Judgement(Verdict.OPTED_OUT, signal)
