"""Does the outlet announce as much as it used to, in the places where it used to?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from statistics import median
from typing import NamedTuple

from archive.health.odds import ODD, chance_of_so_few, poisson_at_least, poisson_at_most
from archive.health.past import Alarm, Run, listed

_HUGE = frozenset(
    (
        "entries-limit",
        "children-limit",
        "documents-limit",
        "depth-limit",
        "gzip-bomb",
        "gzip-torn",
        "too-large",
        "xml-entities",
        "xml-depth",
        "html-depth",
    )
)
"""Problems of a source that say: there is more than is read, or it attacks its reader."""
_NARROW = frozenset(("until", "urls", "fill"))
"""Arguments with which a job comes to the end of what there is."""
_LEAST_RUNS = 8
_LEAST_DAYS = 7
"""Jobs and days without which an outlet's week is not known."""
_QUIET = timedelta(hours=8)
_AWAITED = 20.0
"""New articles that should have come before silence is a fault."""
_BEYOND = 2.5
"""How many times as long as ever the silence must be."""
_MOST = 5
"""Sources that get an alarm of their own: where more are lost, one cause has them all."""
_DAY = timedelta(days=1)
_CHECK = "scrapy outlets --check"


class Silence(NamedTuple):
    """Nothing new for longer than ever seemed likely."""

    hours: float
    longest: float
    """Hours of the longest silence before."""
    a_day: float
    """New addresses a day until then."""


def alarms(now: Run, past: Sequence[Run]) -> Iterator[Alarm]:
    """What is announced no more, or far too much. `past` are comparable jobs, the latest first."""
    yield from _huge(now, past)
    if not now.answered or not _NARROW.isdisjoint(now.arguments):  # what is announced was not asked, or not answered
        return
    before = [run for run in past if run.answered]
    silence = silent([(run.at, run.count("new"), "silent" in run.alarmed) for run in (now, *before)])
    if silence:
        yield Alarm(
            "silent",
            f"{now.outlet} announced nothing new for {_hours(silence.hours)}; until then it was "
            f"{silence.a_day:.0f} a day, and never silent for longer than {_hours(silence.longest)}. A source may be "
            f"frozen: {_CHECK} {now.outlet} tries each of them; compare with the outlet's home page.",
        )
    else:
        yield from islice(_lost(now, before), _MOST)
    yield from _volume(now, past)


def silent(heard: Sequence[tuple[datetime, int, bool]]) -> Silence | None:
    """Is it silent for too long? When, how many new addresses, and alarmed already; the latest first.

    Only what jobs saw counts: while none ran, nobody knows.
    """
    now, before = heard[0], heard[1:]
    if now[1] or len(before) < _LEAST_RUNS or (now[0] - before[-1][0]) < timedelta(days=_LEAST_DAYS):
        return None
    since, lasted, longest = before[-1][0], timedelta(0), timedelta(0)
    for at, new, alarmed in reversed(before):
        if new:  # what came to an end
            since, longest, lasted = at, max(longest, lasted), timedelta(0)
        elif not alarmed:
            lasted = at - since
    counts = [new for _, new, _ in before if new]
    if not counts:
        return None
    cap = 5 * median(counts)  # a backlog is not what comes every day
    a_day = sum(min(new, cap) for new in counts) / ((since - before[-1][0]) / _DAY or 1.0)
    step = median((one[0] - other[0]) / _DAY for one, other in zip(heard, before, strict=False)) * _DAY
    lasts = now[0] - since
    is_long = lasts >= max(_QUIET, _BEYOND * longest, 1.5 * step) and a_day * (lasts / _DAY) >= _AWAITED
    return Silence(lasts / timedelta(hours=1), longest / timedelta(hours=1), a_day) if is_long else None


def _lost(now: Run, past: Sequence[Run]) -> Iterator[Alarm]:
    """Sources that are gone, fail, are empty, or announce nothing first any more, while others work."""
    shapes = {name for run in past[:_LEAST_RUNS] for name in run.sources}
    for name in sorted(shapes):
        works = [_works(run, name) for run in (now, *past)]
        streak = works.index(True) if True in works else len(works)
        before = works[streak:]
        others = any(found.get("announced") for other, found in now.sources.items() if other != name)
        if not others or len(before) < _LEAST_RUNS or sum(before) < 0.9 * len(before):
            continue
        if streak >= 3 and chance_of_so_few(0, streak, sum(before), len(before)) <= ODD:
            problem = str(now.sources.get(name, {}).get("problem") or "nobody names it, or it is empty")
            yield Alarm(
                "source-lost",
                f"{now.outlet}: the source {name} brought nothing in the last {streak} jobs ({problem}); before it did "
                f"in {sum(before)} of {len(before)}. {_CHECK} {now.outlet} tries it.",
            )
        elif not streak and (frozen := _frozen(now, past, name)):
            yield Alarm(
                "source-lost",
                f"{now.outlet}: the source {name} announced nothing new for {_hours(frozen.hours)}, and others did; "
                f"until then it was {frozen.a_day:.0f} a day. {_CHECK} {now.outlet} tries it.",
            )


def _works(run: Run, name: str) -> bool:
    found = run.number("sources", name, "announced")
    return bool(found)


def _frozen(now: Run, past: Sequence[Run], name: str) -> Silence | None:
    """Silence of a source that used to be the first with much of what is new."""

    def new(run: Run) -> int:
        return run.count("sources", name, "new")

    of_all = sum(run.count("new") for run in past)
    if not of_all or sum(map(new, past)) < 0.3 * of_all or not now.count("new"):
        return None
    return silent([(run.at, new(run), "source-lost" in run.alarmed) for run in (now, *past)])


def _huge(now: Run, past: Sequence[Run]) -> Iterator[Alarm]:
    said = []
    for name, found in sorted(now.sources.items()):
        problem = str(found.get("problem") or "")
        same = sum(run.sources.get(name, {}).get("problem") == problem for run in past)
        # What half of the past was like is what this source is like: somebody has been told.
        if problem in _HUGE and 2 * same <= len(past):
            said.append(f"{name} ({problem}, {now.count('sources', name, 'announced')} addresses were read)")
    if said:
        yield Alarm(
            "huge",
            f"{now.outlet}: sources are beyond what is read: {listed(said)}. What else they announce is not known. "
            f"Look at them with {_CHECK} {now.outlet}: broken, hostile, or there are smaller ones.",
        )


def _volume(now: Run, past: Sequence[Run]) -> Iterator[Alarm]:
    """Rows of a day against those of each day before, counted back from now."""
    runs = [now, *(run for run in past if "volume" not in run.alarmed)]
    days: dict[int, list[Run]] = {}
    for run in runs:
        days.setdefault((now.at - run.at) // _DAY, []).append(run)
    days.pop(max(days), None)  # the first is not whole, or had to begin from nothing
    today = days.pop(0, [])
    usual = median(map(len, days.values())) if len(days) >= _LEAST_DAYS else 0
    rows = [sum(run.counted("kept") for run in day) for day in days.values() if 2 * len(day) >= usual]
    if not today or len(rows) < _LEAST_DAYS:
        return
    rows.sort()
    kept = sum(run.counted("kept") for run in today)
    last = max(run.at for day in days.values() for run in day)
    pause = max(0.0, (min(run.at for run in today) - last) / _DAY - 1)  # what came meanwhile is found now
    few = 2 * len(today) >= usual and poisson_at_most(kept, 0.25 * rows[0]) <= ODD
    many = poisson_at_least(kept, 4 * max(1, rows[9 * len(rows) // 10]) * (1 + pause)) <= ODD
    if few or many:
        yield Alarm(
            "volume",
            f"{now.outlet}: {kept} articles were kept in a day, before it was {rows[0]} to {rows[-1]}. "
            + (
                f"Look at what was dropped and failed in this job, and at the sources with {_CHECK} {now.outlet}."
                if few
                else f"Look whether they are articles (scrapy preview URL), and which source has them ({_CHECK})."
            ),
        )


def _hours(hours: float) -> str:
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"
