"""What the rows of a dataset come to, counted by the database that chose them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from archive.dataset.selection import LeftOut
from archive.scratch import Scratch


class Counts(NamedTuple):
    """Of some rows."""

    rows: int
    words: int
    undated: int
    """Rows whose outlet does not say when they were published."""
    edited: int
    """Rows that are not the first version of their article."""
    incomplete: int
    """Rows that lack a page."""
    drift: int
    """Rows of a time at which the outlet's layout seemed to have changed."""
    opted: int
    """Rows with a signal against reuse."""
    clustered: int
    """Rows that share much of their text with others."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the data card says in numbers."""

    all: Counts
    outlets: dict[str, Counts]
    months: dict[tuple[str, str], tuple[int, int]]
    """Outlet and month -> rows and words."""
    languages: dict[str, int]
    """ISO 639-1, or "" where it is unknown -> rows; the most frequent first."""
    made: list[tuple[str, str, str, int]]
    """Outlet, extractor, rules and rows."""
    jobs: dict[str, frozenset[str]]
    """Outlet -> the jobs that captured its rows."""
    joined: int
    """Articles that have no row of their own, because another one has exactly the same text."""
    clusters: int
    captured: tuple[str, str]
    """The first and the last capture, ISO 8601, UTC."""
    days: tuple[str, str]
    """The first and the last day of publication, or of capture."""
    left_out: LeftOut


_COUNTS = (
    "count(*), coalesce(sum(words), 0), coalesce(sum(NOT dated), 0), coalesce(sum(version > 1), 0), "
    "coalesce(sum(NOT complete), 0), coalesce(sum(drift), 0), coalesce(sum(opted), 0), count(cluster)"
)
_FROM = "FROM standing JOIN rows USING (number)"


def facts_of(scratch: Scratch, left_out: LeftOut) -> Facts:
    """The facts of the rows that stand. Raises StorageError."""
    [counts] = scratch.select(f"SELECT {_COUNTS} {_FROM}")
    [(joined,)] = scratch.select("SELECT count(*) FROM joined WHERE number <> first")
    [(clusters,)] = scratch.select("SELECT count(DISTINCT cluster) FROM standing")
    [(*ends,)] = scratch.select(f"SELECT min(captured), max(captured), min(day), max(day) {_FROM}")
    outlets = scratch.select(f"SELECT rows.outlet, {_COUNTS} {_FROM} GROUP BY rows.outlet ORDER BY rows.outlet")
    months = scratch.select(
        f"SELECT rows.outlet, month, count(*), sum(words) {_FROM} GROUP BY rows.outlet, month ORDER BY 1, 2"
    )
    languages = scratch.select(
        f"SELECT coalesce(language, '') AS name, count(*) AS number {_FROM} GROUP BY name ORDER BY number DESC, name"
    )
    made = scratch.select(
        f"SELECT rows.outlet, extractor, rules, count(*) {_FROM} GROUP BY rows.outlet, extractor, rules "
        "ORDER BY rows.outlet, length(extractor), extractor, rules"
    )
    jobs: dict[str, set[str]] = {}
    for outlet, job in scratch.select(f"SELECT DISTINCT rows.outlet, job {_FROM}"):
        jobs.setdefault(outlet, set()).add(job)
    return Facts(
        all=Counts(*counts),
        outlets={outlet: Counts(*found) for outlet, *found in outlets},
        months={(outlet, month): (number, words) for outlet, month, number, words in months},
        languages=dict(languages),
        made=[*made],
        jobs={outlet: frozenset(names) for outlet, names in jobs.items()},
        joined=joined,
        clusters=clusters,
        captured=(ends[0], ends[1]),
        days=(ends[2], ends[3]),
        left_out=left_out,
    )
