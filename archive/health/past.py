"""The jobs of an outlet as health looks at them: numbers that are surely numbers, and which jobs may be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from archive import layout
from archive.errors import ExitStatus
from archive.known import Ended

LOOKED_AT = 400
"""Jobs of the past that are read: two weeks of hourly ones."""
DAYS = 60
"""What is older is no measure any more; so an alarm that stays ends by itself, and the new state is the usual one."""
_NAMED = 5
_ANSWERED = frozenset((ExitStatus.DONE, ExitStatus.FAULT, ExitStatus.ALARM, ExitStatus.SILENT))
_WHOLE = frozenset(("finished", "limit"))


class Alarm(NamedTuple):
    """Something about an outlet, or about this machine, that a person should look at."""

    kind: str
    """`layout`, `field-lost`, `dates`, `clock`, `silent`, `wall`, `source-lost`, `huge`, `verdicts` or `volume`."""
    sentence: str
    """The outlet, the number now and before, and what to do."""


@dataclass(frozen=True, slots=True)
class Run:
    """One job that ended, in numbers."""

    outlet: str
    job: str
    at: datetime
    """When it ended."""
    arguments: Mapping[str, Any]
    status: int
    finish: str
    counts: Mapping[str, Any]
    measures: Mapping[str, Any]
    alarmed: frozenset[str]
    """Kinds of its alarms."""

    @classmethod
    def of(cls, ended: Ended) -> Run:
        """Read what a job had left, whatever version wrote it; what is no number counts as nothing."""
        facts = ended.facts
        alarms = facts.get("alarms")
        status = facts.get("status")
        return cls(
            outlet=ended.outlet,
            job=ended.job,
            at=_moment(ended.at),
            arguments=mapping(facts.get("arguments")),
            status=status if isinstance(status, int) else int(ExitStatus.DONE),
            finish=str(facts.get("finish") or ""),
            counts=mapping(facts.get("counts")),
            measures=mapping(facts.get("measures")),
            alarmed=frozenset(
                str(alarm.get("kind")) for alarm in (alarms if isinstance(alarms, list) else []) if mapping(alarm)
            ),
        )

    @property
    def began(self) -> datetime:
        """When the job began, by its name; its end for a name that says nothing."""
        try:
            return layout.job_began(self.job)
        except ValueError:
            return self.at

    @property
    def articles(self) -> int:
        return self.count("articles")

    @property
    def answered(self) -> bool:
        """Did the outlet answer, so that what is missing is missing there?"""
        return self.status in _ANSWERED and self.finish in _WHOLE and bool(self.measures)

    def count(self, *path: str) -> int:
        """A number of things among the measures."""
        return max(0, round(self.number(*path) or 0))

    def number(self, *path: str) -> float | None:
        """A number among the measures."""
        return _number(_at(self.measures, path))

    def quartiles(self, name: str) -> tuple[float, float, float] | None:
        """Three numbers among the measures."""
        found = self.measures.get(name)
        numbers = [_number(value) for value in found] if isinstance(found, list | tuple) else []
        first, middle, last = numbers if len(numbers) == 3 else (None, None, None)
        return (first, middle, last) if first is not None and middle is not None and last is not None else None

    def counted(self, *path: str) -> int:
        """A number among the counts of the summary; of a table the sum."""
        found = _at(self.counts, path)
        values = found.values() if isinstance(found, Mapping) else (found,)
        return sum(max(0, round(_number(value) or 0)) for value in values)

    @property
    def sources(self) -> dict[str, Mapping[str, Any]]:
        """Shape of address -> what its documents brought."""
        return {str(name): found for name, found in mapping(self.measures.get("sources")).items() if mapping(found)}


class Seen(NamedTuple):
    """So many of so many."""

    hits: int
    of: int

    @classmethod
    def sum(cls, seen: Iterable[Seen]) -> Seen:
        """What several jobs saw together."""
        both = list(seen)
        return cls(sum(one.hits for one in both), sum(one.of for one in both))

    def plus(self, other: Seen) -> Seen:
        """What both saw."""
        return Seen(self.hits + other.hits, self.of + other.of)

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.hits} of {self.of}"


def comparable(now: Run, past: Iterable[Run]) -> list[Run]:
    """The jobs before that were asked for the same, of the last `DAYS`, the latest first."""
    since = now.at - timedelta(days=DAYS)
    runs = (run for run in past if run.job != now.job and run.arguments == now.arguments)
    return sorted((run for run in runs if since <= run.at), key=lambda run: run.at, reverse=True)


def listed(said: Sequence[str]) -> str:
    """What a sentence names, and how much more there is."""
    more = len(said) - _NAMED
    return "; ".join(said[:_NAMED]) + (f"; and {more} more" if more > 0 else "")


def recent(now: Run, past: Sequence[Run], size: Callable[[Run], int], least: int) -> list[Run]:
    """The job, and so many right before it that together they have at least so much."""
    runs, much = [now], size(now)
    for run in past:
        if much >= least:
            break
        runs.append(run)
        much += size(run)
    return runs


def blocks(past: Sequence[Run], size: Callable[[Run], int], least: int, jobs: int = 1) -> list[list[Run]]:
    """The past in stretches of at least so many jobs that together have at least so much; what is left over is not."""
    found: list[list[Run]] = []
    block: list[Run] = []
    much = held = 0
    for run in past:
        if (here := size(run)) > 0:
            block.append(run)
            much, held = much + here, held + 1
        if block and much >= least and held >= jobs:
            found.append(block)
            block, much, held = [], 0, 0
    return found


def _at(found: Any, path: Sequence[str]) -> Any:
    for name in path:
        found = mapping(found).get(name)
    return found


def mapping(found: Any) -> Mapping[str, Any]:
    """What a job said of itself under names; nothing where that is something else."""
    return found if isinstance(found, Mapping) else {}


def _number(found: Any) -> float | None:
    is_number = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e15  # no NaN either
    return found if is_number else None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
