"""How far a backfill is and how long it will take; and how far back the sources go that have no dates to walk."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.sources import Entry
    from crawler.walk import Walk

_WINDOW = 31
"""Days walked of whose pace the estimate is made: the outlet may be slower tonight."""


@dataclass(slots=True)
class SourceReport:
    """What one document of a source brought; of a dated index, what its pages brought together."""

    url: str
    announced: int = 0
    """Addresses on it."""
    new: int = 0
    """Addresses among them that nobody had announced before."""
    problem: str | None = None
    """Why it brought less than it could, if so."""


@dataclass(slots=True)
class Reach:
    """How far back a source goes, with every document that it leads to."""

    announced: int = 0
    oldest: date | None = None
    """The earliest day among its entries, in the outlet's zone; None when no entry has a date."""
    goes_back: bool = False
    """Is it dated, or does it name sitemaps that are older than what was asked for?"""
    is_late: bool = False
    """Has what was asked for left it for certain? Then it was not asked."""

    def take(self, entries: Iterable[Entry], zone: tzinfo) -> None:
        """Note what a document announced."""
        for entry in entries:
            self.announced += 1
            moment = entry.published or entry.lastmod
            if moment:
                day = moment.astimezone(zone).date()
                self.oldest = min(self.oldest or day, day)

    def covers(self, since: date) -> bool:
        """Does it go back to this day?"""
        return self.goes_back or (self.oldest is not None and self.oldest <= since)

    def shortfall(self, since: date) -> str | None:
        """What it lacks of a period that begins on this day, in words."""
        if not self.announced or self.covers(since):
            return None
        return f"reaches back to {self.oldest} only" if self.oldest else "has no dates and lists what is new"


def cannot_go_back(outlet: str, since: date, reaches: Mapping[str, Reach]) -> str | None:
    """A sentence when no source goes back to the first day that was asked for; None as long as one may."""
    brought = [reach for reach in reaches.values() if reach.announced or reach.goes_back or reach.is_late]
    if not brought or any(reach.covers(since) for reach in brought):
        return None
    oldest = min((reach.oldest for reach in brought if reach.oldest), default=None)
    until = f"what was published before {oldest}" if oldest else "most of what was published since then"
    return (
        f"No source of {outlet} goes back to {since}: {until} is not announced any more. Articles whose addresses you "
        "know come with -a url=ADDRESS,ADDRESS; what is new is not lost if the outlet is crawled every few hours."
    )


class Course:
    """How far the dated walks of a job are. Times are seconds of a clock that only goes forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._walks: list[Walk] = []
        self._ended: deque[float] = deque([clock()], maxlen=_WINDOW)

    def begin(self, walk: Walk) -> None:
        """A walk that is to be made."""
        if walk.is_dated and walk.runs:
            self._walks.append(walk)

    def end(self) -> None:
        """A day, or a month, of a walk came to its end."""
        self._ended.append(self._clock())

    def __str__(self) -> str:
        """`2022-03-13, day 19 of 31, about 2 h left`; empty when there is no walk through days."""
        under_way = [walk for walk in self._walks if walk.at]
        runs = sum(walk.runs for walk in self._walks)
        if not under_way or runs < 2:
            return ""
        slowest = min(under_way, key=lambda walk: walk.ended / walk.runs)
        assert slowest.at is not None
        where = f"{slowest.at.label}, {slowest.source.every} {slowest.ended + 1} of {slowest.runs}"
        left = runs - sum(walk.ended for walk in self._walks)
        if len(self._ended) < 2:
            return where
        pace = (self._ended[-1] - self._ended[0]) / (len(self._ended) - 1)
        since_then = min(self._clock() - self._ended[-1], pace)
        return f"{where}, {span(pace * left - since_then)} left"


def span(seconds: float) -> str:
    """Seconds as a person would say them."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"about {round(seconds / size)} {unit}"
    return "about a minute"
