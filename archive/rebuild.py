"""The catalog made anew: what the WARCs, rows and events of an archive say, told to an empty one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from archive import parts, schema
from archive.account import Account, Said, text
from archive.catalog import Catalog
from archive.database import open_database
from archive.errors import ArgumentError, StorageError
from archive.files import Files, files_of
from archive.fresh import fresh_catalog
from archive.known import AT_ONCE, Changes
from archive.legible import Legible
from archive.lock import lock_all
from archive.model import SCHEMA, Stored, Verdict
from archive.state import State
from archive.storage import bucket_uri, state_folder, state_of

_PART = re.compile(r"(?:articles|dropped)/outlet=([^/]+)/date=[^/]+/part-(\d{14}-[^-/]+)-[^/]+")
_EVENTS = re.compile(r"events/([^/]+)/(\d{14}-[^-/]+)\.jsonl\.gz")
_WARC = re.compile(r"([^/]+)-(\d{14})-\d+-[^/]*$")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What the new catalog knows."""

    where: str
    addresses: int
    articles: int
    captures: int
    waiting: int
    faults: int
    """What could not be read, or points at what is not there."""
    elsewhere: list[tuple[str, str]]
    """Jobs that have files on other machines, and these: what nobody else has is not known."""


@dataclass(slots=True)
class _Job:
    """The files of one job."""

    name: str
    outlet: str
    parts: list[str] = field(default_factory=list)
    """Keys of its rows, those of `dropped/` first."""
    events: str | None = None
    """Key of its events, if they are there."""


def rebuild(archive_uri: str, state_dir: str | None, catalog_uri: str | None, tell: Say, complain: Say) -> Rebuilt:
    """Make the catalog anew, whatever has become of the old one; until the end the old one stays as it was.

    Nobody may be at work meanwhile. What killed jobs left in the spool is no part of it: the next job finishes that, as
    ever. `tell` is told how far it is, `complain` what cannot be read, in words.

    Raises ArgumentError where there is no archive, LeaseHeld, LeaseLost, StorageError.
    """
    with ExitStack() as opened:
        files = files_of(archive_uri, state_dir)
        opened.callback(files.close)
        if not any(next(files.keys(folder), None) for folder in ("jobs", "warc", "events", "articles", "dropped")):
            raise ArgumentError(
                f"There is no archive at {files.name}: is its disk mounted? The catalog is as it was; "
                "ARCHIVE_URI names another archive."
            )
        state = _at_rest(opened, archive_uri, state_dir)
        with fresh_catalog(state.catalog, catalog_uri, state.machine, bucket_uri(archive_uri) or "") as catalog:
            reading = _Reading(files, Legible(files, complain), catalog, tell)
            reading.all()
        return _counted(state, catalog_uri, sorted(reading.outlets), reading.legible.faults.total())


def _at_rest(opened: ExitStack, archive_uri: str, state_dir: str | None) -> State:
    """The state folder, with no other process at work on it. Raises LeaseHeld, StorageError."""
    try:
        state = state_of(archive_uri, state_dir)
        opened.enter_context(lock_all(state.folder))
    except OSError as error:
        folder = state_folder(archive_uri, state_dir)
        raise StorageError(f"The state folder {folder} cannot be written: {error.strerror}.") from error
    return state


def _counted(state: State, catalog_uri: str | None, outlets: list[str], faults: int) -> Rebuilt:
    queries = [
        sa.select(sa.func.count()).select_from(table) for table in (schema.known, schema.captures, schema.waiting)
    ]
    queries.append(queries[0].where(schema.known.c.verdict == Verdict.ARTICLE.value))
    with closing(open_database(state.catalog, catalog_uri)) as database:
        known, captures, waiting, articles = database.ask(lambda asked: [asked.scalar(query) or 0 for query in queries])
        catalog = Catalog(database)
        return Rebuilt(
            where=catalog.where,
            addresses=known,
            articles=articles,
            captures=captures,
            waiting=waiting,
            faults=faults,
            elsewhere=[job for outlet in outlets for job in catalog.jobs_elsewhere(outlet, state.machine)],
        )


@dataclass(slots=True)
class _Reading:
    """One way through an archive. Its files are listed in memory; their lines and records never are."""

    files: Files
    legible: Legible
    catalog: Catalog
    tell: Say
    outlets: set[str] = field(default_factory=set)
    missing: Counter[str] = field(default_factory=Counter)
    """Key of a WARC that is not there -> rows that point at it."""
    _changes: Changes = field(default_factory=Changes)

    def all(self) -> None:
        """Tell the catalog everything."""
        warcs = self._warcs()
        there = set(warcs)
        jobs = self._jobs()
        for number, job in enumerate(self._in_order(jobs), 1):
            self.tell(f"rows and events: job {number} of {len(jobs)}")
            self._read_job(job, there)
        for number, key in enumerate(warcs, 1):
            self.tell(f"captures: file {number} of {len(warcs)}  {key}")
            self._read_warc(key)
        self._flush()
        for key, number in sorted(self.missing.items()):
            self.legible.blame(key, f"is not there, and {number} rows point at it")

    def _jobs(self) -> list[_Job]:
        found: dict[tuple[str, str], _Job] = {}
        for folder, names in (("dropped", _PART), ("articles", _PART), ("events", _EVENTS)):
            keys = list(self.files.keys(folder, ".jsonl.gz"))
            older = set(parts.replaced(keys))
            for key in (key for key in keys if key not in older):
                if not (name := names.fullmatch(key)):
                    self.legible.blame(key, "is no name that a job gives")
                    continue
                outlet, job = name.groups()
                entry = found.setdefault((outlet, job), _Job(job, outlet))
                if folder == "events":
                    entry.events = key
                else:
                    entry.parts.append(key)
        self.outlets = {outlet for outlet, _ in found}
        return list(found.values())

    def _in_order(self, jobs: list[_Job]) -> Iterator[_Job]:
        """As they began. Their names tell the second; within it their first events do."""
        seconds = Counter((job.outlet, job.name[:14]) for job in jobs)

        def began(job: _Job) -> tuple[str, str, str]:
            second = job.name[:14]
            is_asked = seconds[job.outlet, second] > 1
            return second, self.legible.first_event(job.events) if is_asked and job.events else "", job.name

        return iter(sorted(jobs, key=began))

    def _warcs(self) -> list[str]:
        """The files in the order in which they were begun, so that a revisit comes after what it refers to.

        Their names tell the second; within it their first records do.
        """
        names = {key: _WARC.search(key) for key in self.files.keys("warc", ".warc.gz")}
        seconds = Counter((name[1], name[2]) for name in names.values() if name)

        def began(key: str) -> tuple[str, str, str]:
            name = names[key]
            is_alone = name is None or seconds[name[1], name[2]] == 1
            return name[2] if name else "", "" if is_alone else self.legible.first_date(key), key

        return sorted(names, key=began)

    def _read_job(self, job: _Job, warcs: set[str]) -> None:
        with closing(Account(job.outlet, job.name)) as account:
            for key in job.parts:
                for number, row in self.legible.lines(key):
                    self._refuse_newer(key, row)
                    try:
                        account.add(row)
                        missing = {text(ref["warc"]) for ref in row["captures"]} - warcs
                    except (ValueError, LookupError, TypeError) as error:
                        self.legible.blame(key, f"line {number}: {error}")
                    else:
                        self.missing.update(missing)
            for number, event in self.legible.lines(job.events) if job.events else ():
                try:
                    said = account.hear(event)
                except ValueError as error:
                    self.legible.blame(job.events or "", f"line {number}: {error}")
                else:
                    self._take(said)
            for said in account.rest():
                self._take(said)

    def _refuse_newer(self, key: str, row: dict[str, Any]) -> None:
        version = row.get("schema")
        if isinstance(version, int) and version > SCHEMA:
            raise StorageError(
                f"{self.files.where(key)} has rows of schema {version}, this program knows {SCHEMA}: use the version "
                "of arsip-berita that wrote them, or a newer one. The catalog is as it was."
            )

    def _take(self, said: Said) -> None:
        if said.changes.waiting and self._changes.settled:  # of one record, what is said later counts
            self._flush()
        self._changes.add(said.changes)
        self._flush_full()

    def _read_warc(self, key: str) -> None:
        for answer in self.legible.answers(key):
            url = answer.ref.url
            before = self._stored(url) if answer.revisits else self._changes.stored.get(url)
            memory = answer.memory(before)
            if memory and not (before and before.began > memory.began):
                self._changes.stored[url] = memory
                self._flush_full()

    def _stored(self, url: str) -> Stored | None:
        """What is remembered of an address so far: files of several outlets overlap, so the later one of two."""
        found = (self._changes.stored.get(url), self.catalog.stored(url))
        return max((one for one in found if one), key=lambda one: one.began, default=None)

    def _flush_full(self) -> None:
        if len(self._changes) >= AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self.catalog.commit(self._changes)
        self._changes = Changes()
