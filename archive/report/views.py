"""The numbers of a report in the shapes of the page: calendars, groups of days, tables."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from archive import ledger
from archive.ledger import Day
from archive.report import words
from archive.report.charts import Series
from archive.report.data import BY_DAY, OutletReport, Sizes

MOST_BARS = 600
"""Bars of a chart, the newest: fifty years of months."""

_STEPS = ((1.0, "full"), (0.95, "most"), (0.8, "many"), (0.5, "half"), (0.0, "few"))
_COLOURS = 5


class Cell(NamedTuple):
    """One day of a calendar."""

    day: str
    step: str
    """Class of the style sheet: how much of what was announced is there."""
    text: str
    """Percent that is there; empty when all is."""
    label: str
    """All of it in words."""


_NOTHING = Cell("", "", "", "")


class Month(NamedTuple):
    """One month of a calendar."""

    key: str
    name: str
    weeks: Sequence[Sequence[Cell | None]]
    """Monday first; None where no day of the month is."""
    days: Sequence[Day]
    total: Day


class Year(NamedTuple):
    """The months of a year that have days, the newest year and the newest month first."""

    name: str
    months: Sequence[Month]
    total: Day


def calendar(days: Sequence[Day]) -> list[Year]:
    """The days of an outlet as calendars."""
    months: dict[str, list[Day]] = {}
    for day in days:
        months.setdefault(day.day[:7], []).append(day)
    years: dict[str, list[Month]] = {}
    for key in sorted(months, reverse=True):
        years.setdefault(key[:4], []).append(_month(key, months[key]))
    return [Year(name, found, ledger.total(month.total for month in found)) for name, found in years.items()]


def step(share: float) -> str:
    """Class of the style sheet for a share."""
    return next(name for least, name in _STEPS if share >= least)


def recent(outlet: OutletReport, made: date) -> list[float | None]:
    """Shares of the last thirty days, the oldest first."""
    shares = {day.day: day.extracted / day.announced for day in outlet.days if day.announced}
    return [shares.get((made - timedelta(days=ago)).isoformat()) for ago in range(29, -1, -1)]


class Groups(NamedTuple):
    """Days in a row, one by one or by months."""

    keys: Sequence[str]
    """YYYY-MM-DD or YYYY-MM, without a gap."""
    length: int

    @property
    def unit(self) -> str:
        """What one of them is."""
        return "day" if self.length == 10 else "month"

    @property
    def labels(self) -> list[str]:
        """Their names for readers."""
        return [words.when(key) for key in self.keys]


def groups(days: Iterable[str]) -> Groups:
    """The days from the first to the last of these, or their months when there are many."""
    found = sorted(filter(None, days))
    if not found:
        return Groups([], 10)
    length = 10 if span(found[0], found[-1]) <= BY_DAY else 7
    return between(found[0][:length], found[-1][:length])


def between(first: str, last: str) -> Groups:
    """All days, or all months, from one to another."""
    if len(first) == 10:
        began = date.fromisoformat(first)
        return Groups([(began + timedelta(days=after)).isoformat() for after in range(span(first, last))], 10)
    begin, end = (int(key[:4]) * 12 + int(key[5:]) - 1 for key in (first, last))
    return Groups([f"{at // 12:04}-{at % 12 + 1:02}" for at in range(max(begin, end - MOST_BARS), end + 1)], 7)


def span(first: str, last: str) -> int:
    """Days from one to another, both inclusive."""
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def a_day(days: Sequence[Day], shown: Groups) -> list[Day]:
    """The days of each group, summed."""
    found: dict[str, list[Day]] = {key: [] for key in shown.keys}
    for day in days:
        if (key := day.day[: shown.length]) in found:
            found[key].append(day)
    return [ledger.total(found[key], key) for key in shown.keys]


def lengths(days: Sequence[Day], shown: Groups) -> list[int]:
    """Days in each group, from the first day with anything to the last."""
    if shown.length == 10 or not days:
        return [1] * len(shown.keys)
    first, last = date.fromisoformat(days[0].day), date.fromisoformat(days[-1].day)
    return [_overlap(key, first, last) for key in shown.keys]


def verdict_series(verdicts: Mapping[str, Mapping[str, int]], shown: Groups) -> list[Series]:
    """Addresses by verdict, articles first, then what there is most of; the rarest together as one."""
    grouped: dict[str, dict[str, int]] = {key: {} for key in shown.keys}
    sums: dict[str, int] = {}
    for day, counts in verdicts.items():
        group = grouped.get(day[: shown.length])
        if group is None:
            continue
        for verdict, count in counts.items():
            group[verdict] = group.get(verdict, 0) + count
            sums[verdict] = sums.get(verdict, 0) + count
    names = sorted(sums, key=lambda name: (name != "article", -sums[name], name))
    series = [
        Series(name, f"s{place}", [grouped[key].get(name, 0) for key in shown.keys])
        for place, name in enumerate(names[:_COLOURS])
    ]
    if rest := names[_COLOURS:]:
        values = [sum(grouped[key].get(name, 0) for name in rest) for key in shown.keys]
        series.append(Series(rest[0] if len(rest) == 1 else "others", f"s{_COLOURS}", values))
    return series


def sizes(found: Mapping[str, Sizes], shown: Groups) -> list[Sizes]:
    """What was written in each group."""
    grouped = {key: Sizes() for key in shown.keys}
    for day, one in found.items():
        if group := grouped.get(day[: shown.length]):
            group.add(one)
    return [grouped[key] for key in shown.keys]


def _month(key: str, days: Sequence[Day]) -> Month:
    year, month = int(key[:4]), int(key[5:])
    cells = {int(day.day[8:]): _cell(day) for day in days}
    before, length = monthrange(year, month)
    places: list[Cell | None] = [cells.get(number, _NOTHING) for number in range(1, length + 1)]
    places = [*[None] * before, *places, *[None] * (-(before + length) % 7)]
    weeks = [places[first : first + 7] for first in range(0, len(places), 7)]
    return Month(key, words.month(date(year, month, 1)), weeks, days[::-1], ledger.total(days, key))


def _cell(day: Day) -> Cell:
    said = words.when(day.day)
    if not day.announced:
        return Cell(day.day, "none", "+", f"{said}: {day.unannounced:,} articles, none announced")
    share = day.extracted / day.announced
    text = "" if share == 1 else f"{100 * day.extracted // day.announced}"
    return Cell(day.day, step(share), text, f"{said}: {day.extracted:,} of {day.announced:,}")


def _overlap(key: str, first: date, last: date) -> int:
    """Days of a month that lie between two days, both inclusive."""
    begin = date(int(key[:4]), int(key[5:]), 1)
    end = begin.replace(day=monthrange(begin.year, begin.month)[1])
    return (min(end, last) - max(begin, first)).days + 1
