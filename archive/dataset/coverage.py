"""What a dataset could have had and has not: the ledger of its outlets, and the alarms of the jobs behind its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from archive import ledger
from archive.catalog import Catalog
from archive.dataset import lines
from archive.dataset.facts import Facts
from archive.dataset.selection import Selection
from archive.ledger import COUNTS, Day
from archive.misses import Miss
from archive.schema import ended

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """By outlet."""

    days: Mapping[str, list[Day]]
    """All outlets that the dataset could have had, sorted; without a day where the ledger has none."""
    alarms: Mapping[str, Mapping[str, int]]
    """Kind of alarm -> jobs that ended with it, among those that captured rows of the dataset.

    Of an outlet without rows all its jobs count: they may say why there are none.
    """


def coverage_of(catalog: Catalog, selection: Selection, facts: Facts) -> Coverage:
    """What the catalog knows of the outlets that were asked for, be there rows of them or not. Raises StorageError."""
    # Those alone that have rows would hide the largest holes.
    asked = selection.outlets or [row.outlet for row in catalog.select(sa.select(ended.c.outlet).distinct())]
    outlets = sorted({*asked, *facts.outlets})
    alarms = {outlet: _alarms(catalog, outlet, facts.jobs.get(outlet)) for outlet in outlets}
    return Coverage(
        days={outlet: ledger.days(catalog, outlet, *selection.days) for outlet in outlets},
        alarms={outlet: found for outlet, found in alarms.items() if found},
    )


def table(coverage: Coverage) -> Iterator[bytes]:
    """coverage.csv: a line for each outlet and day, and one without a day for an outlet that has none."""
    yield lines.csv_line(("outlet", "day", *COUNTS, *(f"missing {miss}" for miss in Miss)))
    for outlet, days in coverage.days.items():
        for day in days or [Day(outlet=outlet, day="")]:
            counts = (getattr(day, name) for name in COUNTS)
            yield lines.csv_line((outlet, day.day, *counts, *(day.misses.get(miss, 0) for miss in Miss)))


def _alarms(catalog: Catalog, outlet: str, jobs: Collection[str] | None) -> dict[str, int]:
    found: Counter[str] = Counter()
    query = sa.select(ended.c.job, ended.c.facts).where(ended.c.outlet == outlet).order_by(ended.c.job).limit(_AT_ONCE)
    last = ""
    while page := catalog.select(query.where(ended.c.job > last)):
        last = page[-1].job
        for row in page:
            if jobs is None or row.job in jobs:
                found.update({kind for alarm in row.facts.get("alarms") or [] if (kind := _kind(alarm))})
    return dict(sorted(found.items()))


def _kind(alarm: Any) -> str:
    return str(alarm.get("kind") or "") if isinstance(alarm, Mapping) else ""
