"""Which of the sitemaps that an index names can hold anything of a period: by their dates, and never on a guess.

Pure functions. What says nothing of its age, or contradicts itself, is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

MARGIN = timedelta(days=1)
"""Outlets and machines differ in where a day begins."""
_FIRST_YEAR = 1995
"""No Indonesian outlet is older on the web; a smaller number is something else."""
# Numbers that stand alone, in two digits each: `2022-3` may be the third part of a year.
_DIGITS = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)", re.ASCII)
_DAY = re.compile(r"(?<!\d)(\d{4})([-_/])(\d\d)\2(\d\d)(?!\d)", re.ASCII)
_MONTH = re.compile(r"(?<!\d)(\d{4})[-_/](\d\d)(?!\d)", re.ASCII)
# The same forms with whatever number, to see what the last one counts.
_COUNTED = re.compile(r"(?<!\d)\d{4}([-_/])(\d{1,9})(?:\1(\d{1,9}))?(?!\d)", re.ASCII)
_PARAMETERS = {
    **dict.fromkeys(("yyyy", "year", "tahun"), "year"),
    **dict.fromkeys(("mm", "month", "bulan"), "month"),
    **dict.fromkeys(("dd", "day", "tanggal"), "day"),
}


@dataclass(frozen=True, slots=True)
class Child:
    """A sitemap that an index names."""

    url: str
    lastmod: datetime | None = None
    """Its last change, as the index says."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both inclusive."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be read of an index."""

    children: list[Child]
    """The newest first; before them what does not say how old it is."""
    older: int = 0
    """How many hold only what is older than the period."""
    later: int = 0
    """How many hold only what is later."""


def choose(children: Sequence[Child], since: date | None = None, until: date | None = None) -> Choice:
    """The children that may hold something that was published in the period, which is open where it has no end."""
    spans = _spans(children)
    tells = len({child.lastmod for child in children} - {None}) > 1  # one moment for all is when the index was written
    chosen: list[tuple[date, int, Child]] = []
    older = later = 0
    for at, (child, span) in enumerate(zip(children, spans, strict=True)):
        changed = child.lastmod.astimezone(UTC).date() if child.lastmod and tells else None
        ends = [day for day in (span.last if span else None, changed) if day]
        if since and ends and _shifted(min(ends), MARGIN) < since:
            older += 1
        elif until and span and _shifted(span.first, -MARGIN) > until:
            later += 1
        else:
            chosen.append((min(ends, default=date.max), -at, child))
    chosen.sort(key=lambda one: one[:2], reverse=True)
    return Choice([child for *_, child in chosen], older, later)


def span_of(url: str, *, days: bool = True) -> Span | None:
    """The days of which an address speaks: one day, one month or one year; None where that is not beyond doubt.

    Without `days`, what follows a month and a separator is the number of a part.
    """
    parts = urlsplit(url)
    found = {*_written(parts.path, days=days), *_written(parts.query, days=days), *_asked(parts.query)}
    return found.pop() if len(found) == 1 else None


def _spans(children: Sequence[Child]) -> list[Span | None]:
    """The span of each address, as far as its neighbours and its own last change do not contradict it."""
    counted = [match.groups() for child in children for match in _COUNTED.finditer(child.url)]
    months = all(len(month) == 2 and 1 <= int(month) <= 12 for _, month, _ in counted)
    days = all(len(day) == 2 and 1 <= int(day) <= 31 for *_, day in counted if day)
    spans: list[Span | None] = []
    for child in children:
        span = span_of(child.url, days=days)
        is_day = span is not None and span.first == span.last
        is_sound = span is None or not child.lastmod or child.lastmod.astimezone(UTC).date() + MARGIN >= span.first
        spans.append(span if is_sound and (is_day or months) else None)
    return spans


def _written(text: str, *, days: bool) -> Iterator[Span | None]:
    for match in _DIGITS.finditer(text):
        yield _span(*match.groups())
    if days:
        for match in _DAY.finditer(text):
            yield _span(match[1], match[3], match[4])
        text = _DAY.sub(" ", text)
    for match in _MONTH.finditer(text):
        yield _span(match[1], match[2])


def _asked(query: str) -> Iterator[Span | None]:
    """`yyyy=2022&mm=03`, with or without a day."""
    try:
        pairs = parse_qsl(query, max_num_fields=50)
    except ValueError:
        return
    given = {_PARAMETERS[name.lower()]: value for name, value in pairs if name.lower() in _PARAMETERS}
    if "year" in given and ("day" not in given or "month" in given):
        yield _span(given["year"], given.get("month"), given.get("day"))


def _span(year: str, month: str | None = None, day: str | None = None) -> Span | None:
    if not all(part is None or re.fullmatch(r"\d{1,4}", part, re.ASCII) for part in (year, month, day)):
        return None
    if not _FIRST_YEAR <= int(year) <= datetime.now(UTC).year + 1:
        return None
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if day:
        return Span(first, first)
    following = (first + timedelta(days=31 if month else 366)).replace(day=1)
    return Span(first, (following if month else following.replace(month=1)) - timedelta(days=1))


def _shifted(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day
