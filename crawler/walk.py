"""The walk through the pages of an index, period after period, and which of it is over for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from archive.known import Walked
from archive.zones import OFFSETS
from crawler.outlet import Index

if TYPE_CHECKING:
    from crawler.arguments import Arguments
    from crawler.outlet import Dated

MARGIN = timedelta(days=1)
"""An outlet may still add articles to a day that is over."""
CATCH_UP = timedelta(days=7)
"""How far back a run without a period looks for days that the last one saw only the beginning of."""
MOST_IN_VAIN = 31
"""Days in a row, or months, after which an index that has none of them is left."""
MOST_PAGES = 500
"""Pages of one day that are read at most, or of one month: an index that never ends is none."""


@dataclass(slots=True)
class Run:
    """One run through the pages of an index: those of a period, or the undated ones."""

    walk: Walk
    day: date | None
    """First day of the period; None for the undated index."""
    last: Walked | None
    """The run before this one, if it came to its end: all that was there then is known."""
    page: int = 1
    seen: set[str] = field(default_factory=set)
    problem: str | None = None
    """Why something of it could not be had, if so: then it is not done, whatever follows."""

    @property
    def source(self) -> Dated:
        """The index."""
        return self.walk.source

    @property
    def url(self) -> str:
        """Address of the page at hand."""
        source = self.source
        step = source.step if isinstance(source, Index) else 0
        day = self.day.strftime(source.date_format) if self.day else ""
        return self._template.format(date=day, page=self.page, offset=(self.page - 1) * step)

    @property
    def first_url(self) -> str:
        """Address of its first page."""
        return replace(self, page=1).url

    @property
    def is_whole(self) -> bool:
        """At its end: was all of it read? An index without an article is none, or its rules are old."""
        return bool(self.seen) and self.problem is None

    @property
    def label(self) -> str:
        """The period as a person reads it."""
        if self.day is None:
            return ""
        return self.day.isoformat() if self.source.every == "day" else f"{self.day:%Y-%m}"

    def see(self, urls: Iterable[str]) -> bool:
        """Take the articles of the page at hand; did it bring any that this run had not seen?"""
        before = len(self.seen)
        self.seen.update(urls)
        if self.page == 1 and self.day:
            before_it, self.walk.last_first_page = self.walk.last_first_page, frozenset(self.seen)
            if self.seen and self.seen == before_it:
                self.problem = "the same articles as for the day after: it does not heed the date"
                return False
        return len(self.seen) > before

    def turn(self) -> bool:
        """Go on to the next page, if the index counts them and this was not one too many."""
        if "{page}" not in self._template and "{offset}" not in self._template:
            return False
        most = MOST_PAGES if self.day or not isinstance(self.source, Index) else self.source.max_pages
        if self.page < most:
            self.page += 1
            return True
        if self.day:
            self.problem = f"pages-limit: {most} were read"
        return False

    def line(self, outlet: str, *, done: bool) -> Walked:
        """What the catalog is to know of it."""
        day = self.day.isoformat() if self.day else ""
        return Walked(outlet=outlet, source=self.source.url, day=day, done=done, at=datetime.now(UTC).isoformat())

    @property
    def _template(self) -> str:
        source = self.source
        latest = source.latest if isinstance(source, Index) else None
        return source.url if self.day else latest or source.url


class Walk:
    """The way through a source: its periods, the latest first; or its undated pages, once."""

    def __init__(
        self, source: Dated, arguments: Arguments, zone: str, walked: Mapping[str, Walked], *, sample: bool = False
    ) -> None:
        """`walked`: day -> the last run through it. A `sample` is one page of each source."""
        self.source = source
        self.last_first_page: frozenset[str] = frozenset()
        """Articles on the first page of the period before."""
        self.ended = 0
        """Runs that have come to an end."""
        self.over = 0
        """Periods that earlier jobs walked to their end."""
        self.at: Run | None = None
        """The run that is going on."""
        self.vain: list[str] = []
        """Addresses at which the last runs ended, in a row, without being whole."""
        self.oldest: date | None = None
        """The earliest day that was whole."""
        self._walked = walked
        latest = source.latest if isinstance(source, Index) else None
        self.is_dated = source.is_dated and (arguments.dated or not latest)
        self._days: list[date] = []
        today = datetime.now(OFFSETS[zone]).date()
        self.is_late = not self.is_dated and arguments.until is not None and arguments.until < today - CATCH_UP
        """Has the period left the index? It says no dates, and each article would be fetched to find out its own."""
        if self.is_dated:
            last = min(arguments.until or today, today)
            if arguments.dated or sample or source.every == "day":
                first = arguments.since or (last if arguments.dated else _caught_up(walked, today))
                days = list(_periods(source, first, last))
                self._days = [day for day in days if not self._is_over(day, zone)]
                self.over = len(days) - len(self._days)
        self.runs = len(self._days) if self.is_dated else int(not self.is_late)
        """How many there are."""
        self._rest: Iterator[date | None] = iter(self._days if self.is_dated else [None] * self.runs)

    def next(self) -> Run | None:
        """The next run; None when there is none left, or when too many were in vain."""
        if self.at:
            self.ended += 1
            if self.at.is_whole:
                self.vain, self.oldest = [], self.at.day
            else:
                self.vain.append(self.at.url)
            if self.is_given_up:
                self.runs, self._rest = self.ended, iter(())
        for day in self._rest:
            last = self._walked.get(day.isoformat() if day else "")
            self.at = Run(self, day, last if last and last.done else None)
            return self.at
        self.at = None
        return None

    @property
    def is_given_up(self) -> bool:
        """Were there too many days in a row of which the source had nothing?"""
        return len(self.vain) >= MOST_IN_VAIN

    def _is_over(self, day: date, zone: str) -> bool:
        """Was it walked to its end when nothing could be added any more?"""
        line = self._walked.get(day.isoformat())
        if line is None or not line.done:
            return False
        end = datetime.combine(_after(self.source, day), time.min, OFFSETS[zone])
        return datetime.fromisoformat(line.at) >= end + MARGIN


def _caught_up(walked: Mapping[str, Walked], today: date) -> date:
    """The last day that was walked, if it was lately; else today."""
    lately = (today - CATCH_UP).isoformat()
    return date.fromisoformat(max((day for day in walked if lately <= day <= today.isoformat()), default=str(today)))


def _periods(source: Dated, first: date, last: date) -> Iterator[date]:
    """The first day of each period from the one with `last` back to the one with `first`."""
    day = last if source.every == "day" else last.replace(day=1)
    least = first if source.every == "day" else first.replace(day=1)
    while day >= least:
        yield day
        if day == date.min:
            return
        day -= timedelta(days=1)
        if source.every == "month":
            day = day.replace(day=1)


def _after(source: Dated, day: date) -> date:
    """The first day after the period that begins with `day`."""
    if source.every == "day":
        return day + timedelta(days=1)
    return (day + timedelta(days=31)).replace(day=1)
