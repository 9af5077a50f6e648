"""What earlier jobs of an outlet left to do: announced and not tried, tried in vain, or there without all its pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.misses import FILLABLE, miss_of
from archive.model import Verdict
from crawler.frontier import UNSETTLED, Frontier

if TYPE_CHECKING:
    from archive.catalog import Catalog
    from archive.known import Announced, Known
    from crawler.arguments import Arguments
    from crawler.outlet import Outlet

MAX_LEFT = 20_000
"""Addresses that one job takes over from earlier ones at most."""


def left(catalog: Catalog, name: str, asked: Arguments) -> list[tuple[Announced, Known | None]]:
    """What a job with these arguments is to look at: `Frontier.resume` says of each whether it is its turn.

    At most `MAX_LEFT` addresses, tried ones first, the latest day first. Raises StorageError.
    """
    since, until = (day.isoformat() if day else None for day in (asked.since, asked.until))
    now = None if asked.fill else datetime.now(UTC).isoformat()
    verdicts = frozenset[Verdict]()
    if asked.fill:
        verdicts = UNSETTLED
    elif not asked.restricted:
        verdicts = frozenset((Verdict.NOT_ASKED,))
    unsettled = catalog.unsettled(name, verdicts, since=since, until=until, now=now, most=MAX_LEFT)
    rest = MAX_LEFT - len(unsettled)
    unanswered = catalog.unanswered(name, since=since, until=until, now=now, most=rest)
    return [*unsettled, *((line, None) for line in unanswered)]


def is_worth_a_job(catalog: Catalog, name: str, outlet: Outlet, asked: Arguments) -> bool:
    """Would a job that fills ask for a page of an article that lacks one, or for a miss that another attempt may mend?

    Or note that the article of such a miss is there under another address. Raises StorageError.
    """
    frontier = Frontier(name, outlet, asked, catalog)
    for line, known in left(catalog, name, asked):
        settled = len(frontier.settled)
        does = frontier.resume(line, known)
        if known is None or known.verdict != Verdict.ARTICLE:
            does = does or len(frontier.settled) > settled
            does = does and miss_of(known.verdict if known else line.reason) in FILLABLE
        if does:
            return True
    return False
