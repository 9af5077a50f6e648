"""When an address is asked for again: young articles on a decaying schedule, failures ever more rarely."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive.errors import ArgumentError

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_STEP = re.compile(r"(\d{1,5})\s*([mhdw])")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """REVISIT_AFTER and RETRY_AFTER."""

    revisits: tuple[timedelta, ...]
    """Ages of an article at which it is looked at again."""
    retries: tuple[timedelta, ...]
    """Time from one failed attempt to the next; after the last it is given up."""

    @classmethod
    def of(cls, settings: BaseSettings) -> Schedule:
        """Read the settings. Raises ArgumentError."""
        return cls(revisits=_steps(settings, "REVISIT_AFTER"), retries=_steps(settings, "RETRY_AFTER"))

    def revisit(self, born: datetime, now: datetime) -> datetime | None:
        """When an article that appeared at `born` is to be looked at next; None when it is too old."""
        return next((born + age for age in self.revisits if born + age > now), None)

    def retry(self, tries: int, now: datetime) -> datetime | None:
        """When to try again after so many attempts; None for never."""
        return now + self.retries[tries - 1] if 0 < tries <= len(self.retries) else None


def _steps(settings: BaseSettings, name: str) -> tuple[timedelta, ...]:
    raw = str(settings[name] or "").strip()
    parts = [_STEP.fullmatch(part.strip().lower()) for part in raw.split(",")] if raw and raw != "never" else []
    steps = [int(part[1]) * _UNITS[part[2]] for part in parts if part]
    if len(steps) < len(parts) or steps != sorted(steps) or timedelta() in steps:
        raise ArgumentError(
            f"{name}={raw} is no schedule: write growing times such as 6h, 1d, 7d (m, h, d or w), or never."
        )
    return tuple(steps)
