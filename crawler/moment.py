"""How far a job is at a moment: for a person who watches it, and for `scrapy crawlall`, which began it."""

from __future__ import annotations

import json
import os
import stat
from collections import deque
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.summary import Summary

PIPE = "ARSIP_PROGRESS_FD"
"""Environment variable with the number of the pipe that `scrapy crawlall` reads."""
_SHOWN = 600
"""Characters of one text that are told: a pipe takes a short line whole."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The counts of a job so far, as in its summary."""

    outlet: str
    announced: int = 0
    fetched: int = 0
    revisited: int = 0
    kept: int = 0
    dropped: int = 0
    failed: int = 0
    left: int = 0
    alarms: int = 0
    rate: int = 0
    """Articles a minute, over the last minute."""
    waits: str = ""
    """On whom it waits, how long, and why."""
    estimate: str = ""
    """Where a backfill is, and how long it will take."""
    sentence: str = ""
    """What the job came to; empty before its end."""

    @classmethod
    def of(cls, summary: Summary, *, alarms: int, rate: int, waits: str, estimate: str, sentence: str) -> Moment:
        """The counts of a summary, with what it does not know."""
        return cls(
            outlet=summary.outlet,
            announced=summary.announced,
            fetched=summary.fetched,
            revisited=sum(summary.revisited.values()),
            kept=summary.kept,
            dropped=sum(summary.dropped.values()),
            failed=sum(summary.failed.values()),
            left=summary.left,
            alarms=alarms,
            rate=rate,
            waits=waits,
            estimate=estimate,
            sentence=sentence,
        )

    @classmethod
    def parse(cls, line: bytes) -> Moment | None:
        """Read a line of a child; None for one that is torn or none of ours."""
        try:
            told = json.loads(line)
            return cls(**{field.name: _typed(told[field.name], field.type) for field in fields(cls)})
        except (ValueError, TypeError, KeyError, RecursionError):
            return None

    def dump(self) -> bytes:
        """One line of ASCII."""
        short = {name: value[:_SHOWN] if isinstance(value, str) else value for name, value in asdict(self).items()}
        return json.dumps(short).encode() + b"\n"

    def line(self) -> str:
        """The moment as a line of a log."""
        counts = (
            f"{self.outlet}: {self.announced} announced, {self.kept} kept, {self.dropped} dropped, "
            f"{self.failed} failed, {self.revisited} revisited, {self.left} to go, {self.rate} a minute"
        )
        return "; ".join(filter(None, (counts, self.estimate, self.waits)))


class Rate:
    """Articles a minute, over the last minute."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def note(self, kept: int, now: float) -> int:
        """Note how many there are now, by a clock in seconds; how many a minute that makes."""
        self._samples.append((now, kept))
        while now - self._samples[0][0] > 60:
            self._samples.popleft()
        since, before = self._samples[0]
        return round(60 * (kept - before) / (now - since)) if now - since >= 5 else 0


class Pipe:
    """The pipe to the process that began this one. It never waits: what the pipe does not take is left out."""

    def __init__(self, number: int) -> None:
        os.set_blocking(number, False)
        os.set_inheritable(number, False)  # noqa: FBT003 - it takes no names; workers have no business there
        self._number = number
        self._rest = b""

    @classmethod
    def inherited(cls) -> Pipe | None:
        """The pipe that was handed down to this process, if there is one; it is told to nobody else."""
        try:
            number = int(os.environ.pop(PIPE, ""))
            return cls(number) if stat.S_ISFIFO(os.fstat(number).st_mode) else None
        except (ValueError, OSError):
            return None

    def tell(self, moment: Moment) -> None:
        """Send a moment. Raises BrokenPipeError when nobody reads any more."""
        line = self._rest or moment.dump()  # half a line is sent to its end before another begins
        try:
            self._rest = line[os.write(self._number, line) :]
        except BlockingIOError:
            return


def _typed(value: object, kind: object) -> Any:
    """The value, if it is what the annotation says. Raises TypeError."""
    if (kind == "int" and type(value) is int) or (kind == "str" and type(value) is str):
        return value
    raise TypeError
