"""The other rows of an article, in a rebuild: those that it has taken away, and those that it has not come to yet."""

from __future__ import annotations

from contextlib import closing
from functools import cached_property

from archive.errors import Damaged
from archive.known import Version
from archive.revising import Revising, Unit
from crawler.bulk import Bulk
from crawler.rereading import Row


class TooEarly(Exception):
    """What becomes of a row depends on a unit that is to be made anew later."""


class Twins:
    """What is left of articles, as a rebuild goes through the units of an outlet. Every method raises StorageError."""

    def __init__(self, revising: Revising, bulk: Bulk, *, every: bool) -> None:
        self._revising, self._bulk, self._every = revising, bulk, every
        self._open: set[tuple[str, str]] = set()
        """Day and job of the units that are still to be made anew."""
        self._done: set[tuple[str, str]] = set()
        self._here = "", ""
        self._gone: set[tuple[str, int]] = set()
        """Articles and versions that the unit at hand has taken away so far."""

    def expect(self, units: list[Unit]) -> None:
        """These are to be made anew."""
        self._open |= {(unit.day, unit.job) for unit in units}

    def begin(self, unit: Unit) -> None:
        """A unit is at hand, and nothing is taken away of it yet."""
        self._here, self._gone = (unit.day, unit.job), set()

    def take(self, version: Version) -> None:
        """A row of the unit at hand is no article any more."""
        self._gone.add((version.article_id, version.version))

    def settle(self, unit: Unit) -> None:
        """The catalog knows what became of a unit."""
        self._open.discard((unit.day, unit.job))
        self._done.add((unit.day, unit.job))

    def left(self, article_id: str) -> list[Version]:
        """Versions of an article that there are after what the unit at hand has taken away so far."""
        there = self._revising.catalog.versions(article_id)
        return [row for row in there if _unit(row) != self._here or (row.article_id, row.version) not in self._gone]

    def stays(self, article_id: str) -> bool | None:
        """Is an article of the catalog still one when today's rules have made all of its rows?

        None where they would make none of it in a unit that this rebuild does not make. Raises TooEarly where it is
        to make that unit later: of two addresses of an article the one that is taken away goes first, whatever the
        days of their jobs.
        """
        there = self.left(article_id)
        if not there:  # of an article without a capture the catalog has no versions
            return not self._revising.catalog.versions(article_id)
        if any(self._is_lasting(row) for row in there):
            return True
        if any(_unit(row) in self._open for row in there):
            raise TooEarly(article_id)
        return None

    def _is_lasting(self, version: Version) -> bool:
        if _unit(version) == self._here or _unit(version) in self._done:
            return True
        unit = self._units.get(_unit(version))
        row = self._row(unit, version) if unit else None
        if row is None:  # a rebuild takes nothing from what it cannot read
            return True
        [(_, made)] = self._bulk.reread([row], every=self._every, tick=self._revising.hold)
        return isinstance(made, str) or "verdict" not in made

    @cached_property
    def _units(self) -> dict[tuple[str, str], Unit]:
        """All that there are, also of days that are not meant."""
        return {(unit.day, unit.job): unit for unit in self._revising.units()}

    def _row(self, unit: Unit, version: Version) -> Row | None:
        try:
            with closing(self._revising.rows(unit)) as rows:
                for _, row in rows:
                    if "verdict" not in row and (row["id"], row["version"]) == (version.article_id, version.version):
                        return row
        except Damaged:
            pass
        return None


def _unit(version: Version) -> tuple[str, str]:
    return version.captured[:10], version.job
