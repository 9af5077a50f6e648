"""What an answer turned out to be, as far as its status line tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archive.errors import ArsipError
from archive.model import Verdict
from crawler.visit import location

if TYPE_CHECKING:
    from scrapy.http import Response

    from crawler.frontier import Frontier
    from crawler.outlet import Outlet

STATUS_VERDICTS = {
    401: Verdict.BLOCKED,
    403: Verdict.BLOCKED,
    404: Verdict.NOT_FOUND,
    410: Verdict.GONE,
    429: Verdict.BLOCKED,
    451: Verdict.BLOCKED,
}
OPEN_ENDED = frozenset((Verdict.BLOCKED, Verdict.NOT_FOUND, Verdict.SOFT_404, Verdict.EMPTY))
"""Another attempt may bring more for these."""
CUT_SHORT = frozenset((Verdict.BLOCKED, Verdict.REDIRECTED_AWAY, Verdict.DUPLICATE))
"""On a later page these say nothing about the page: the article is cut short, and worth another run."""


class Judgement(NamedTuple):
    """What an answer turned out to be without looking at the page."""

    verdict: Verdict
    reason: str
    final: bool = True


class PageFailed(ArsipError):
    """An answer that is neither a page nor a verdict: worth another run."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def judge_status(response: Response, outlet: Outlet, frontier: Frontier) -> Judgement:
    """The verdict of an answer that is not 200. Raises PageFailed."""
    if (target := location(response)) is not None:
        if not outlet.owns(target):
            return Judgement(Verdict.REDIRECTED_AWAY, f"leads off the outlet, to {target}")
        # Only a redirect to an article that is kept settles the matter.
        twin = frontier.twin(frontier.identify(outlet.canonical(target)))
        return Judgement(Verdict.DUPLICATE, f"redirects to {target}", final=twin is not None and twin.durable)
    verdict = STATUS_VERDICTS.get(response.status)
    if verdict is None:
        raise PageFailed(f"http-{response.status}")
    return Judgement(verdict, f"HTTP {response.status}", final=verdict not in OPEN_ENDED)
