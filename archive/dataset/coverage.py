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
    """By outlet; an outlet of which the catalog knows nothing is not there."""

    days: Mapping[str, list[Day]]
    alarms: Mapping[str, Mapping[str, int]]
    """Kind of alarm -> jobs that ended with it, among those that captured rows of the dataset."""


def coverage_of(catalog: Catalog, selection: Selection, facts: Facts) -> Coverage:
    """What the catalog knows of the outlets that have rows. Raises StorageError."""
    days = {outlet: ledger.days(catalog, outlet, *selection.days) for outlet in facts.outlets}
    alarms = {outlet: _alarms(catalog, outlet, jobs) for outlet, jobs in sorted(facts.jobs.items())}
    return Coverage(
        days={outlet: found for outlet, found in days.items() if found},
        alarms={outlet: found for outlet, found in alarms.items() if found},
    )


def table(coverage: Coverage) -> Iterator[bytes]:
    """coverage.csv: a line for each outlet and day."""
    yield lines.csv_line(("outlet", "day", *COUNTS, *(f"missing {miss}" for miss in Miss)))
    for outlet, days in coverage.days.items():
        for day in days:
            counts = (getattr(day, name) for name in COUNTS)
            yield lines.csv_line((outlet, day.day, *counts, *(day.misses.get(miss, 0) for miss in Miss)))


def _alarms(catalog: Catalog, outlet: str, jobs: Collection[str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    query = sa.select(ended.c.job, ended.c.facts).where(ended.c.outlet == outlet).order_by(ended.c.job).limit(_AT_ONCE)
    last = ""
    while page := catalog.select(query.where(ended.c.job > last)):
        last = page[-1].job
        for row in page:
            if row.job in jobs:
                found.update({kind for alarm in row.facts.get("alarms") or [] if (kind := _kind(alarm))})
    return dict(sorted(found.items()))


def _kind(alarm: Any) -> str:
    return str(alarm.get("kind") or "") if isinstance(alarm, Mapping) else ""
