"""An outlet's rows made again from its captures: what changes with them, and what is said of it."""

from __future__ import annotations

import os
import pickle
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import IO, Any

from archive.catalog import Catalog
from archive.errors import Damaged
from archive.known import AT_ONCE, Changes, Known, Version
from archive.layout import ARTICLES, DROPPED
from archive.model import Verdict, facts_sha256
from archive.revising import Placed, Revising, Unit
from crawler.bulk import Bulk, is_of_today
from crawler.judgement import OPEN_ENDED
from crawler.outlet import Outlet
from crawler.rereading import Row, as_duplicate, as_taken_down
from crawler.twins import TooEarly, Twins
from pipelines.extract import EXTRACTOR

MOST_SAID = 20
"""Rows of a unit of which it is said, one by one, that they could not be made again."""
_HOLD_SECONDS = 10.0


@dataclass(slots=True)
class Count:
    """What a rebuild came to, in rows."""

    units: int = 0
    """Days of jobs."""
    todo: int = 0
    """Of them those that had rows of other rules than today's."""
    replaced: int = 0
    """Of them those whose rows came out otherwise, be it in extractor and rules alone: their old parts are no more."""
    rows: int = 0
    """Rows that were made again."""
    changed: int = 0
    """Of them those of which anything but extractor and rules is another now."""
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Verdict before and after -> rows."""
    stuck: int = 0
    """Rows that could not be made again, and stay as they were."""

    def add(self, other: Count) -> None:
        """Take in another outlet's."""
        for name in ("units", "todo", "replaced", "rows", "changed", "stuck"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.moved += other.moved


class Rebuilding:
    """Goes through the units of an outlet. `tell` is told how far it is, `complain` which row could not be made."""

    def __init__(
        self,
        revising: Revising,
        outlet: Outlet,
        bulk: Bulk,
        *,
        every: bool,
        tell: Callable[[str], None],
        complain: Callable[[str], None],
    ) -> None:
        """With `every`, rows that today's rules made are made again, too."""
        self.count = Count()
        self._revising, self._outlet, self._bulk, self._every = revising, outlet, bulk, every
        self._tell, self._complain = tell, complain
        self._catalog: Catalog = revising.catalog
        self._told = Told()
        self._twins = Twins(revising, bulk, every=every)
        self._waits = True
        """May a unit still wait for another one?"""
        self._held = time.monotonic()

    def run(self, since: date | None, until: date | None) -> None:
        """Make all units anew that lie in the period. Raises LeaseLost, StorageError."""
        units = list(self._revising.units(since, until))
        self.count.units += len(units)
        self._twins.expect(units)
        began = time.monotonic()
        left = [
            (unit, f"{self._revising.outlet}: {unit.day}, {n:,} of {len(units):,}") for n, unit in enumerate(units, 1)
        ]
        while left:
            early = [(unit, where) for unit, where in left if not self._settle(unit, where, began)]
            self._waits = len(early) < len(left)  # those that wait for each other would do so for ever
            left = early

    def _settle(self, unit: Unit, where: str, began: float) -> bool:
        """Make a unit anew if there is anything to be done; False when others come first."""
        try:
            if self._every or self._is_stale(unit):
                self._make(unit, where, began)
        except TooEarly:
            return False
        except Damaged as error:
            self.count.stuck += 1
            self._complain(str(error))
        self._twins.settle(unit)
        return True

    def _is_stale(self, unit: Unit) -> bool:
        with closing(self._revising.rows(unit)) as rows:
            return any(not is_of_today(row, self._outlet) for _, row in rows)

    def _make(self, unit: Unit, where: str, began: float) -> None:
        self._told = Told()
        self._twins.begin(unit)
        before = replace(self.count, moved=self.count.moved.copy())
        try:
            with closing(self._told), closing(self._placed(unit, where, began)) as rows:
                self.count.replaced += self._revising.replace(unit, rows, self._told)
        except (Damaged, TooEarly) as error:
            self.count = before
            self.count.todo += isinstance(error, Damaged)
            raise
        self.count.todo += 1

    def _placed(self, unit: Unit, where: str, began: float) -> Generator[Placed]:
        """The rows of a unit as they are to be from now on, and where they belong."""
        fresh: dict[str, str] = {}
        stuck = 0
        with closing(self._revising.rows(unit)) as placed:
            olds = (row for _, row in placed)
            hold = partial(self._hold, where, began)
            for old, made in self._bulk.reread(olds, every=self._every, tick=hold):
                new = made if isinstance(made, str) else self._alone(old, made, fresh)
                if isinstance(new, str):
                    stuck += 1
                    if stuck <= MOST_SAID:
                        self._complain(f"{old.get('url')} of job {unit.job} stays as it was: {new}")
                    new = old
                else:
                    self._note(unit, old, new)
                hold()
                yield (DROPPED if "verdict" in new else ARTICLES), new
        self.count.stuck += stuck
        if stuck > MOST_SAID:
            self._complain(f"And {stuck - MOST_SAID:,} more rows of job {unit.job} stay as they were.")

    def _hold(self, where: str, began: float) -> None:
        now = time.monotonic()
        if now - self._held > _HOLD_SECONDS:
            self._held = now
            self._revising.hold()
        self._tell(f"{where}; {self.count.rows:,} rows, {self.count.rows / max(now - began, 0.1):,.0f} a second")

    def _alone(self, old: Row, new: Row, fresh: dict[str, str]) -> Row | str:
        """The row, unless the archive has its article already: what was none before may be another address of one.

        A duplicate stays one, so it is none of an article that this rebuild takes away, here or in another unit. In
        words why that cannot be said yet. Raises TooEarly.
        """
        if "verdict" not in old or "verdict" in new:
            return new
        known = self._catalog.article(new["id"])
        if known and known.verdict == Verdict.TAKEN_DOWN:
            return as_taken_down(new, known.url)
        twin = fresh.get(new["id"])
        if known and not twin:
            stays = self._stays(known.url, new["id"])
            if isinstance(stays, str):
                return stays
            twin = known.url if stays else None
        if not twin:
            fresh[new["id"]] = new["url"]
            return new
        return as_duplicate(new, twin)

    def _stays(self, url: str, article_id: str) -> bool | str:
        """Is an article that the catalog knows one after this rebuild? In words why nobody knows. Raises TooEarly."""
        unsettled = f"it is the same article as {url}, which is none by today's rules: make that day again, too."
        try:
            stays = self._twins.stays(article_id)
        except TooEarly:
            if self._waits:
                raise
            return unsettled
        return unsettled if stays is None else stays

    def _note(self, unit: Unit, old: Row, new: Row) -> None:
        """Count a row, and remember what the catalog is to know of it."""
        self.count.rows += 1
        if old == new:
            return
        made = {"extractor": EXTRACTOR, "rules": self._outlet.rules.digest, "schema": new["schema"]}
        if old | made != new:
            self.count.changed += 1
        was, now = (row.get("verdict", Verdict.ARTICLE.value) for row in (old, new))
        if was != now:
            self.count.moved[was, now] += 1
        changes = Changes()
        before, version = (_version(unit, row) for row in (old, new))
        if before and not version:
            self._twins.take(before)
        if before and (not version or before.complete > version.complete):
            changes.unmade.append(before)  # of two lines of a row the catalog would keep the complete one
        if version and version != before:
            changes.versions.append(version)
        if any(old.get(name) != new.get(name) for name in ("verdict", "published", "section", "complete")):
            changes.known += self._known(old, new)
        self._told.add(changes)

    def _known(self, old: Row, new: Row) -> Iterator[Known]:
        """The lines of all addresses that are known by this row, as it is now.

        A second look that told nothing new made no row, but its record is the one that the address is known by.
        """
        own = self._catalog.known(old["url"])
        if "verdict" not in old:
            lines = [line for line in self._catalog.addresses(old["id"]) if line.version == old["version"]]
            before = {row.version for row in self._twins.left(old["id"])} if "verdict" in new else set()
            if before:  # an earlier version is an article all the same
                yield from (replace(line, version=max(before), facts=None, made=None) for line in lines)
                return
            if "verdict" not in new:  # of the same version there may be a later row, and an edit is one beside that
                lines = [line for line in lines if line.captured == old["captured"]]
        else:
            record = old["captures"][0]["record_id"]
            is_by_it = own is not None and (
                own.record == record or own.verdict == old["verdict"] or "verdict" not in new
            )
            # Of an article its own row speaks, whatever a later look at its address came to.
            lines = [own] if own and is_by_it and own.verdict != Verdict.ARTICLE else []
        yield from (replace(line, **_facts(new, line, was_whole=old["complete"])) for line in lines)


class Told:
    """What becomes true with the rows of a unit, in pieces and on disk: it may be as much as there are rows."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._piece = Changes()

    def add(self, changes: Changes) -> None:
        """More of it. Raises OSError."""
        self._piece.add(changes)
        if len(self._piece) >= AT_ONCE:
            self._flush()

    def __iter__(self) -> Iterator[Changes]:
        self._flush()
        if self._file:
            end = self._file.seek(0, os.SEEK_END)
            self._file.seek(0)
            while self._file.tell() < end:
                yield pickle.load(self._file)  # noqa: S301 - written by this process

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()

    def _flush(self) -> None:
        if self._piece:
            self._file = self._file or tempfile.TemporaryFile(prefix="arsip-")  # noqa: SIM115 - `close` closes it
            pickle.dump(self._piece, self._file)
            self._piece = Changes()


def _version(unit: Unit, row: Row) -> Version | None:
    if "verdict" in row or not row["id"] or not row["captured"]:
        return None
    names = ("version", "outlet", "url", "captured", "complete")
    facts = {name: row[name] for name in names}
    return Version(article_id=row["id"], job=unit.job, captures=len(row["captures"]), **facts)


def _facts(row: Row, line: Known, *, was_whole: bool) -> dict[str, Any]:
    """What a row says of its addresses. `was_whole`: was it complete, and final for that reason?"""
    settled = row["complete"] or (line.final and not was_whole)
    verdict = Verdict(row.get("verdict", Verdict.ARTICLE))
    facts = {"verdict": verdict.value, "published": row["published"], "section": row["section"]}
    if verdict is not Verdict.ARTICLE:
        final = verdict not in OPEN_ENDED and settled  # of half a page nothing is final
        return facts | {"final": final, "facts": None, "made": None}
    return facts | {
        "article_id": row["id"],
        "version": row["version"],
        "captured": row["captured"],
        "final": settled,
        "tries": 0,
        "facts": facts_sha256(row),
        "made": f"{row['extractor']}:{row['rules']}",
        "first": line.first or row["captured"],
    }
