"""Rows made anew: a job without captures, which replaces parts of other jobs' rows."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from archive import layout, manifest, parts
from archive.account import CHANGED, REVISED
from archive.errors import Damaged, UploadsWait
from archive.faults import Fault, Kind
from archive.holding import Holding
from archive.known import Changes
from archive.layout import MADE
from archive.local import make_folder, sha256
from archive.model import SCHEMA
from archive.salvage import finish_revised
from archive.spool import Spool, line_of, packing
from archive.verification import rows

_NOTHING = hashlib.sha256().hexdigest()
_EXTRACTOR = re.compile(r"[\w.]{1,32}", re.ASCII)
Placed = tuple[str, dict[str, Any]]
"""A row and the folder where it belongs: `articles` or `dropped`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The rows of an outlet, a day of capture and a job: what is made anew together."""

    outlet: str
    day: str
    """YYYY-MM-DD, UTC."""
    job: str
    keys: tuple[str, ...]
    """Keys of the parts that count, sorted."""


class Revising:
    """An outlet whose rows are made anew, under its lease. One thread at a time.

    What is written of a unit becomes true at once: an event in this job's events says that its new parts are whole, and
    only then do they get their names; whoever finds a killed one finishes it. Older parts go when the new ones are
    where they belong.

    Raises LeaseHeld when a job is at work on the outlet, UploadsWait when parts of it are not in the bucket yet,
    StorageError.
    """

    def __init__(
        self,
        *,
        outlet: str,
        archive_uri: str,
        state_dir: str | None = None,
        catalog_uri: str | None = None,
        kind: str,
        patience: float = 60.0,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """`kind`: what the manifest calls it, `rebuild`. `patience`: seconds without progress of an upload."""
        self.outlet = outlet
        self.began = datetime.now(UTC)
        self.id = layout.job_id(self.began)
        self._kind, self._patience, self._tick = kind, patience, tick
        self._holding = Holding(outlet, archive_uri, state_dir, catalog_uri)
        self.storage, self.catalog = self._holding.storage, self._holding.catalog
        self._folder = self._holding.spools / self.id
        self._made: dict[str, str] = {}
        """Key of a part that was made anew -> its SHA-256, hexadecimal."""
        self._changed: dict[str, str] = {}
        """The same of files of other jobs."""
        self._events = 0
        with ExitStack() as failed:
            failed.callback(self._holding.close)
            self._expect_all()
            self._revision = self._unused(self.began)
            self._holding.begin(self.id)
            self._spool = self._holding.guard(Spool, self._folder, outlet, {})
            self.event("began", work=kind, fence=self._holding.fence, machine=self._holding.state.machine)
            failed.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._holding.close()

    def units(self, since: date | None = None, until: date | None = None) -> Iterator[Unit]:
        """The units of days of capture (UTC) from `since` to `until`, oldest first."""
        units: dict[tuple[str, str, str], list[str]] = {}
        for part in filter(None, map(parts.part_of, parts.current(self._keys()))):
            day = date.fromisoformat(part.day)
            if (since is None or since <= day) and (until is None or day <= until):
                units.setdefault(part.unit, []).append(part.key)
        for (outlet, day_of, job), keys in sorted(units.items()):
            yield Unit(outlet=outlet, day=day_of, job=job, keys=tuple(keys))

    def rows(self, unit: Unit) -> Generator[Placed]:
        """The rows of a unit, those of `articles/` first. Raises Damaged for a line that is no row."""
        for key in unit.keys:
            folder = key.partition("/")[0]
            for row in self._rows(key, dropped=folder == layout.DROPPED):
                yield folder, row

    def replace(self, unit: Unit, rows: Iterable[Placed], changes: Iterable[Changes] = ()) -> bool:
        """Write the rows of a unit anew, all of them; False when they are the same, and nothing was replaced.

        `changes` are gone through when all rows were written, twice: what becomes true of addresses and versions with
        them, in pieces. Whatever `rows` raises leaves the unit as it was.
        """
        written = self._write(unit, rows)
        if not written:
            return False
        digests = {key: self._holding.guard(sha256, self._folder / (key + MADE)) for key in written}
        for piece in changes:
            told = {name: [asdict(line) for line in getattr(piece, name)] for name in ("known", "versions", "unmade")}
            self.event(REVISED, made=[], replaced=[], sha256={}, **told)
        # The last word: without it the parts are not whole, and nothing that was told before it counts.
        self.event(REVISED, made=written, replaced=unit.keys, sha256=digests, known=[], versions=[], unmade=[])
        self._holding.guard(self._spool.sync)
        self._holding.guard(finish_revised, self._folder, written)
        self._holding.renew(Changes())  # what is published is ours to publish
        for piece in changes:
            self._holding.commit(piece)
        self._holding.publish(self._folder)
        self._made |= digests
        return True

    def event(self, kind: str, **facts: Any) -> None:
        """Note in the events of this job what no WARC holds."""
        self._events += 1
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        key = layout.events_key(self.outlet, self.id)
        self._holding.guard(self._spool.line, key, {"event": kind, "at": now, **facts})

    def tell(self, changes: Changes, kind: str, **facts: Any) -> None:
        """Note an event, and when it is durable tell the catalog what follows from it. Raises LeaseLost."""
        self.event(kind, **facts)
        self._holding.guard(self._spool.sync)
        self._holding.commit(changes)

    def change(self, path: Path, key: str, expected: str) -> None:
        """Put a file in the place of another job's; see `Storage.replace`. This job's manifest speaks for it."""
        digest = self._holding.guard(sha256, path)
        self.tell(Changes(), CHANGED, sha256={key: digest})
        self.storage.replace(path, key, expected)
        self._changed[key] = digest

    def settle(self) -> list[str]:
        """Wait until what was published is where it belongs; keys of files that are not. Raises LeaseLost."""
        return self._holding.drain(self._patience, self._tick)

    def hold(self) -> None:
        """Keep the lease: to be called at least once a minute. Raises LeaseLost."""
        self._holding.commit(Changes())

    def finish(self, facts: dict[str, Any], *, keep: bool = False) -> list[str]:
        """Describe and publish the job, and take away what is replaced unless `keep`; keys that wait for upload.

        As long as something waits, nothing is taken away: the next run does it. Nothing is published when nothing was
        made anew or noted.
        """
        self._holding.guard(self._spool.close)
        if self._events > 1:  # it began
            described = {"finish": self._kind, **facts, "counts": {"kept": 0, "dropped": {}}}
            stated, digests = (described, list(self._made)), self._made | self._changed
            self._holding.guard(manifest.write, self._folder, self.outlet, self.began, *stated, digests=digests)
            self._holding.publish(self._folder)
        shutil.rmtree(self._folder, ignore_errors=True)
        left = self._holding.drain(self._patience, self._tick)
        if not left and not keep:
            for key in parts.replaced(self._keys()):
                self.storage.remove(key)
        return left

    def _expect_all(self) -> None:
        """Parts that are not in the archive yet would be taken for missing rows."""
        left = self._holding.drain(self._patience, self._tick)
        elsewhere = self.catalog.jobs_elsewhere(self.outlet, self._holding.state.machine)
        if left:
            raise UploadsWait(
                f"{len(left)} files of this machine are not in the archive yet: scrapy upload sends them; then start "
                "again."
            )
        if elsewhere:
            job, machine = elsewhere[0]
            raise UploadsWait(
                f"Job {job} of {self.outlet} has files on {machine} that are not in the archive yet: run scrapy upload "
                "there, and start again."
            )

    def _unused(self, moment: datetime) -> str:
        """A revision later than all that there are: two rebuilds may begin in one second."""
        there = filter(None, map(parts.part_of, self._keys()))
        last = max(there, key=lambda part: part.revision, default=None)
        revision = max(int(layout.timestamp14(moment)), 1 + int(last.revision or 0 if last else 0))
        if last and revision >= 10**14:  # a name that is no part's
            raise Damaged(f"No part can be later than {self.storage.where(last.key)}: move it elsewhere, start again.")
        return str(revision)

    def _keys(self) -> Iterator[str]:
        for folder in layout.row_folders(self.outlet):
            yield from self.storage.keys(folder, ".jsonl.gz")

    def _rows(self, key: str, *, dropped: bool) -> Iterator[dict[str, Any]]:
        with self.storage.held(key) as path:
            for found in rows.objects(path):
                row = found if isinstance(found, Fault) else _checked(*found, dropped=dropped)
                if isinstance(row, Fault):
                    raise Damaged(
                        f"{self.storage.where(key)}, line {row.offset}: {row.detail}. The rows stay as they are; "
                        "scrapy verify --deep tells more."
                    )
                yield row

    def _write(self, unit: Unit, rows: Iterable[Placed]) -> list[str]:
        """Write what differs under names that do not count yet; the keys that these files will have."""
        with ExitStack() as opened:
            fresh = {folder: opened.enter_context(_Fresh(self._folder / f"{folder}{MADE}")) for folder in layout.ROWS}
            for folder, row in rows:
                self._holding.guard(fresh[folder].add, row)
        old = {key.partition("/")[0]: key for key in unit.keys}
        made = []
        for folder, file in fresh.items():
            if file.digest == (self._digest(old[folder]) if folder in old else _NOTHING):
                self._holding.guard(file.path.unlink)
                continue
            key = layout.rows_key(
                folder, unit.outlet, date.fromisoformat(unit.day), unit.job, file.extractor, revision=self._revision
            )
            path = self._folder / (key + MADE)
            self._holding.guard(make_folder, path.parent)
            self._holding.guard(file.path.rename, path)
            made.append(key)
        return made

    def _digest(self, key: str) -> str:
        found = hashlib.sha256()
        with self.storage.held(key) as path, gzip.open(path) as file:
            while piece := file.read(1 << 20):
                found.update(piece)
        return found.hexdigest()


def _checked(number: int, row: dict[str, Any], *, dropped: bool) -> dict[str, Any] | Fault:
    """The row of a line, or what is wrong with it."""
    version = row.get("schema")
    if isinstance(version, int) and version > SCHEMA:  # what it says beyond what we know would be lost
        return Fault(Kind.ROW, number, f"the row has schema {version}, and this program knows {SCHEMA}")
    return next(rows.of_row(number, row, dropped=dropped), row)


class _Fresh:
    """A file of rows that is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.extractor = "0"
        """The newest that made a row of it."""
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of the lines."""
        return self._hash.hexdigest()

    def __enter__(self) -> Self:
        self._raw = self.path.open("wb")
        self._file = packing(self._raw)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()

    def add(self, row: dict[str, Any]) -> None:
        """Append a row. Raises OSError."""
        name = str(row.get("extractor"))
        if _EXTRACTOR.fullmatch(name):  # it becomes part of a key
            self.extractor = max(self.extractor, name, key=lambda name: (len(name), name))
        line = line_of(row)
        self._hash.update(line)
        self._file.write(line)
