"""A job of an outlet against the outlet's own past: what has changed so much that a person should look.

Pure functions of what jobs left in the catalog (`Ended`). No alarm is raised for what there is no past to compare with,
but for a clock that is wrong, a wall, and a source beyond the limits, which need none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from archive.health import quality, supply
from archive.health.past import LOOKED_AT, Alarm, Run, Seen, comparable
from archive.known import Ended

__all__ = ["LOOKED_AT", "Alarm", "alarms", "has_drifted", "is_ruled"]

_DRIFT = frozenset(("layout", "field-lost"))
_CLOCK = 600
"""Seconds by which a clock may be wrong."""
_BACKWARDS = timedelta(minutes=1)


def alarms(now: Ended, past: Sequence[Ended]) -> list[Alarm]:
    """The alarms of a job that is about to end. `past` are earlier jobs of its outlet, in any order."""
    run, before = Run.of(now), [Run.of(ended) for ended in past]
    same = comparable(run, before)
    return [*_clock(run, before), *supply.alarms(run, same), *quality.alarms(run, same)]


def has_drifted(past: Sequence[Ended]) -> bool:
    """Did the last job that kept articles end with the alarm that the outlet's layout has changed?

    A healthy job clears those of its own arguments, and one without arguments clears all.
    """
    runs = [run for ended in past if (run := Run.of(ended)).articles]
    healthy: list[Mapping[str, Any]] = []
    for run in sorted(runs, key=lambda run: run.at, reverse=True):
        if {} in healthy or run.arguments in healthy:
            continue
        if not _DRIFT.isdisjoint(run.alarmed):
            return True
        healthy.append(run.arguments)
    return False


def is_ruled(past: Sequence[Ended]) -> bool:
    """Was the text nearly always found where the outlet's rules say, so that a page without that is odd?"""
    runs = (run for ended in past if "layout" not in (run := Run.of(ended)).alarmed)
    seen = Seen.sum(quality.ruled(run) for run in runs)
    return seen.of >= 30 and seen.share >= 0.95


def _long(seconds: float) -> str:
    """A time that a person can grasp: 25 minutes, 30 hours, 5 days."""
    for unit, name in ((86400, "days"), (3600, "hours")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 60:.0f} minutes"


def _clock(now: Run, past: Sequence[Run]) -> Iterator[Alarm]:
    """A wrong clock moves all answers alike; caches, whose dates are old, differ from one another."""
    what = "Set it by NTP: captures, days and leases are named by it."
    least, most = now.number("clock", "least"), now.number("clock", "most")
    answers = now.count("clock", "answers")
    if least is not None and most is not None and answers >= 3:
        ahead = least > _CLOCK and most - least < _CLOCK and answers >= 5
        if ahead or most < -_CLOCK:
            seconds, word = (least, "ahead of") if ahead else (-most, "behind")
            yield Alarm(
                "clock",
                f"{now.outlet}: the clock of this machine is {_long(seconds)} {word} the dates of all "
                f"{answers} answers; more than {_CLOCK // 60} minutes are too many. {what}",
            )
            return
    last = max((run.at for run in past), default=None)
    if last and now.began < last - _BACKWARDS:
        yield Alarm(
            "clock",
            f"{now.outlet}: this job began {_long((last - now.began).total_seconds())} before the last one "
            f"ended, by the clock of this machine, which went backwards, or by that of the machine before. {what}",
        )
