"""What is already durable: address -> what it turned out to be, which article it is, and its last capture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from archive import lease as leasing
from archive.database import Database, open_database
from archive.known import Announced, Changes, Ended, Known, Version, Walked
from archive.lease import Lease
from archive.model import RecordRef, Stored, Waiting
from archive.precedence import ARTICLE, RULES, TAKEN_DOWN, ends, gone
from archive.schema import announced, between, captures, ended, jobs, known, named, version, versions, waiting, walked

LEASE_SECONDS = 120.0
"""How long a lease outlives its last renewal: a machine that died keeps others from its outlet for no longer."""
# SQLite takes only so many values in one statement.
_VALUES = 500
# PostgreSQL indexes no text above a third of a page (8 KiB): a little less, for what lies beside it.
_LONGEST = 2600


class Catalog:
    """The catalog in SQLite or PostgreSQL. Reads and writes may come from several threads.

    All methods raise StorageError. The content does not depend on the order in which jobs commit: of two words on an
    address that of the later job stays, of two captures the later one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.where = database.where
        """The file, or the address without its password."""
        self._upserts = {table: self._upsert(table, condition) for table, condition in RULES}

    def known(self, url: str) -> Known | None:
        """What is known of a canonical address."""
        return self._one(_by_url, url)

    def article(self, article_id: str) -> Known | None:
        """What is known of an article, by the address that knows most; None when it was never kept.

        Of one that was taken down it says so.
        """
        return self._one(_by_article, article_id)

    def addresses(self, article_id: str) -> list[Known]:
        """All addresses under which an article is kept, sorted."""
        query = sa.select(known).where(known.c.article_id == article_id, known.c.verdict == ARTICLE)
        return [Known(**named(known, row)) for row in self.select(query.order_by(known.c.url))]

    def stored(self, url: str) -> Stored | None:
        """The last response of an address that is in the archive with its payload."""
        return self._database.ask(
            lambda connection: next(map(_stored_of, connection.execute(_stored, {"asked": url}).all()), None)
        )

    def waiting(self, outlet: str) -> list[Waiting]:
        """Responses of killed jobs whose rows are still to be made, oldest first."""
        query = sa.select(waiting).where(waiting.c.outlet == outlet).order_by(waiting.c.began, waiting.c.record_id)
        return self._database.ask(lambda connection: list(map(_waiting_of, connection.execute(query).all())))

    def due(self, outlet: str, now: str, most: int) -> list[Known]:
        """Articles of an outlet that are to be looked at again by `now` (ISO 8601, UTC), the longest overdue first."""
        whole = sa.and_(known.c.outlet == outlet, known.c.verdict == ARTICLE, known.c.final)
        query = sa.select(known).where(whole, known.c.due <= now).order_by(known.c.due, known.c.url)
        return [Known(**named(known, row)) for row in self.select(query.limit(most))]

    def announced(self, url: str) -> Announced | None:
        """What is known of an announcement of a canonical address."""
        row = self._database.ask(lambda connection: connection.execute(_announced, {"asked": url}).mappings().first())
        return Announced(**row) if row else None

    def unanswered(
        self, outlet: str, *, since: str | None, until: str | None, now: str | None, most: int
    ) -> list[Announced]:
        """Announced addresses of an outlet that nothing is known of, of days from `since` to `until`, latest first.

        Of those that were tried only what is due by `now`; all of them without it.
        """
        lines = announced.c
        rest = [
            lines.outlet == outlet,
            ~sa.exists().where(known.c.url == lines.url),
            *between(announced.c.day, since, until),
        ]
        rest += [sa.or_(lines.tries == 0, lines.due <= now)] if now else []
        query = sa.select(announced).where(*rest).order_by(lines.day.desc(), lines.url).limit(most)
        return [Announced(**named(announced, row)) for row in self.select(query)]

    def unsettled(
        self,
        outlet: str,
        verdicts: Collection[str],
        *,
        since: str | None,
        until: str | None,
        now: str | None,
        most: int,
    ) -> list[tuple[Announced, Known]]:
        """Announced addresses for which another attempt may bring more, and those of `verdicts`; see `unanswered`."""
        rest = [announced.c.outlet == outlet, sa.or_(sa.not_(known.c.final), known.c.verdict.in_(sorted(verdicts)))]
        # The index of what is due leads to them.
        rest += [
            *between(announced.c.day, since, until),
            *([known.c.outlet == outlet, known.c.due <= now] if now else []),
        ]
        query = sa.select(announced, known).join(known, known.c.url == announced.c.url).where(*rest)
        query = query.order_by(announced.c.day.desc(), announced.c.url).limit(most)
        end = len(announced.c)
        return [
            (Announced(**named(announced, row[:end])), Known(**named(known, row[end:]))) for row in self.select(query)
        ]

    def versions(self, article_id: str) -> list[Version]:
        """The rows of an article, the oldest version first."""
        query = sa.select(versions).where(versions.c.article_id == article_id).order_by(versions.c.version)
        return [Version(**named(versions, row)) for row in self.select(query)]

    def walked(self, outlet: str, source: str) -> dict[str, Walked]:
        """Day -> the last walk through it; the undated index has no day."""
        query = sa.select(walked).where(walked.c.outlet == outlet, walked.c.source == source)
        return {row.day: Walked(**named(walked, row)) for row in self.select(query)}

    def ended(self, outlet: str, most: int) -> list[Ended]:
        """The last jobs of an outlet, the latest first."""
        query = sa.select(ended).where(ended.c.outlet == outlet).order_by(ended.c.at.desc(), ended.c.job).limit(most)
        return [Ended(**named(ended, row)) for row in self.select(query)]

    def select(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """Rows that a query finds in the tables of `archive.schema`."""
        return self._database.ask(lambda connection: connection.execute(query).all())

    def commit(self, changes: Changes, lease: Lease | None = None) -> None:
        """Say "seen", for all of them or none. Call it only when records and rows are on the disk.

        It renews the lease, also without changes. Raises LeaseLost, and then nothing is written.
        """
        if not changes and lease is None:
            return
        with self._database.writing() as connection:
            if lease:
                leasing.renew(connection, lease)
            self._put(connection, known, [asdict(entry) for entry in changes.known])
            for entry in gone(changes.known):
                connection.execute(ends(entry))
            self._put(connection, captures, [_stored_row(*pair) for pair in changes.stored.items()])
            for url in sorted(changes.unstored):
                connection.execute(sa.delete(captures).where(captures.c.url == url))
            for row in sorted(changes.unmade, key=lambda row: (row.article_id, row.version)):
                same = sa.and_(versions.c.article_id == row.article_id, versions.c.version == row.version)
                connection.execute(sa.delete(versions).where(same, versions.c.job == row.job))
            for table, lines in (
                (announced, changes.announced),
                (versions, changes.versions),
                (walked, changes.walked),
                (ended, changes.ended),
            ):
                self._put(connection, table, [asdict(line) for line in lines])
            self._put(connection, waiting, [_waiting_row(entry) for entry in changes.waiting])
            settled = sorted(changes.settled)
            for first in range(0, len(settled), _VALUES):
                names = settled[first : first + _VALUES]
                connection.execute(sa.delete(waiting).where(waiting.c.record_id.in_(names)))

    def forget(self, job: str, urls: Iterable[str], warcs: Mapping[str, int], lease: Lease | None = None) -> int:
        """Unsee what was cut off: addresses of a job, and captures past a byte of a WARC.

        How many addresses had been known. Raises LeaseLost, and then nothing is forgotten.
        """
        forgotten = 0
        with self._database.writing() as connection:
            if lease:
                leasing.renew(connection, lease)
            for url in sorted(urls):
                done = connection.execute(sa.delete(known).where(known.c.job == job, known.c.url == url))
                forgotten += done.rowcount
            cut = [
                (row.url, warc)
                for warc, end in warcs.items()
                for row in connection.execute(sa.select(captures).where(captures.c.warc == warc)).all()
                if row.ref["offset"] + row.ref["length"] > end
            ]
            for url, warc in sorted(cut):  # in the order of `_put`
                connection.execute(sa.delete(captures).where(captures.c.url == url, captures.c.warc == warc))
        return forgotten

    def take_lease(self, outlet: str, machine: str, seconds: float = LEASE_SECONDS) -> Lease:
        """Take an outlet for as long as commits renew it; `*` is the whole catalog, and needs that no outlet is taken.

        A lease of the same `machine` is taken over: call it under a lock that proves its holder dead. Raises LeaseHeld.
        """
        with self._database.writing() as connection:
            return leasing.take(connection, outlet, machine, seconds)

    def release(self, lease: Lease) -> None:
        """Let others have the outlet at once."""
        with self._database.writing() as connection:
            leasing.release(connection, lease)

    def note_job(self, job: str, outlet: str, machine: str) -> None:
        """Let it be known that a machine has files of a job that nobody else has."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(jobs).where(jobs.c.job == job))
            connection.execute(
                sa.insert(jobs).values(job=job, outlet=outlet, machine=machine, since=datetime.now(UTC).isoformat())
            )

    def forget_job(self, job: str) -> None:
        """All files of a job are where they belong."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(jobs).where(jobs.c.job == job))

    def jobs_on(self, machine: str, outlet: str) -> list[str]:
        """Jobs of an outlet that have files on a machine, oldest first."""
        query = sa.select(jobs.c.job).where(jobs.c.machine == machine, jobs.c.outlet == outlet).order_by(jobs.c.job)
        return list(self._database.ask(lambda connection: connection.execute(query).scalars().all()))

    def jobs_elsewhere(self, outlet: str, machine: str) -> list[tuple[str, str]]:
        """Jobs of an outlet that have files on other machines, and these, oldest first."""
        query = sa.select(jobs.c.job, jobs.c.machine).where(jobs.c.outlet == outlet, jobs.c.machine != machine)
        rows = self._database.ask(lambda connection: connection.execute(query.order_by(jobs.c.job)).all())
        return [(row.job, row.machine) for row in rows]

    def archive(self) -> str | None:
        """The archive of which it knows all: a bucket's address, or nothing for one on disk. None until it is said."""
        query = sa.select(version.c.archive)
        return self._database.ask(lambda connection: connection.execute(query).scalar())

    def belong_to(self, archive: str) -> None:
        """Be the catalog of an archive: one that is new, or that it was made anew from."""
        with self._database.writing() as connection:
            connection.execute(sa.update(version).values(archive=archive))

    def close(self) -> None:
        """Release file or server."""
        self._database.close()

    def _put(self, connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        keys = [column.name for column in table.primary_key]
        # What is longer than Scrapy would ask for comes from redirects, and is not looked up again.
        fitting = [row for row in rows if all(_is_indexable(row.get(name)) for name in (*keys, "article_id"))]
        if fitting:
            # In one order, whoever writes: else two writers could each wait for a line of the other.
            connection.execute(self._upserts[table], sorted(fitting, key=lambda row: [str(row[name]) for name in keys]))

    def _upsert(self, table: sa.Table, condition: Callable[[Any], sa.ColumnElement[bool]]) -> sa.Insert:
        insert = postgresql.insert if self._database.is_shared else sqlite.insert
        statement = insert(table)
        keys = [column.name for column in table.primary_key]
        changes = {column.name: column for column in statement.excluded if column.name not in keys}
        where = condition(statement.excluded)
        return statement.on_conflict_do_update(index_elements=keys, set_=changes, where=where)

    def _one(self, query: sa.Select[Any], asked: str) -> Known | None:
        row = self._database.ask(lambda connection: connection.execute(query, {"asked": asked}).mappings().first())
        return Known(**row) if row else None


def open_catalog(path: Path, uri: str | None = None) -> Catalog:
    """The catalog that CATALOG_URI names: `postgresql://...` or `sqlite:////whole/path`; without one the file `path`.

    It is made if it is not there. Raises ArgumentError, StorageError, Damaged for a file that has to be made anew.
    """
    return Catalog(open_database(path, uri))


# Made once: they are asked for every capture.
_by_url = sa.select(known).where(known.c.url == sa.bindparam("asked"))
_by_article = (
    sa.select(known)
    .where(known.c.article_id == sa.bindparam("asked"), known.c.verdict.in_((ARTICLE, TAKEN_DOWN)))
    # Aliases are as they were when they were found: the address that was visited last has heard more.
    .order_by(
        known.c.verdict == ARTICLE, known.c.final.desc(), known.c.version.desc(), known.c.due.is_(None), known.c.url
    )
    .limit(1)
)
_announced = sa.select(announced).where(announced.c.url == sa.bindparam("asked"))
_stored = sa.select(captures).where(captures.c.url == sa.bindparam("asked"))


def _is_indexable(value: Any) -> bool:
    return not isinstance(value, str) or len(value.encode(errors="replace")) <= _LONGEST


def _stored_row(url: str, stored: Stored) -> dict[str, Any]:
    return {
        "url": url,
        "began": stored.began.astimezone(UTC).isoformat(),
        "etag": stored.etag,
        "last_modified": stored.last_modified,
        "chunked": stored.chunked,
        "ref": asdict(stored.ref),
        "warc": stored.ref.warc,
    }


def _stored_of(row: Any) -> Stored:
    ref, began = RecordRef(**row.ref), datetime.fromisoformat(row.began)
    return Stored(ref=ref, began=began, etag=row.etag, last_modified=row.last_modified, chunked=row.chunked)


def _waiting_row(waits: Waiting) -> dict[str, Any]:
    return {
        "record_id": waits.ref.record_id,
        "outlet": waits.outlet,
        "job": waits.job,
        "began": waits.began.astimezone(UTC).isoformat(),
        "ref": asdict(waits.ref),
    }


def _waiting_of(row: Any) -> Waiting:
    ref, began = RecordRef(**row.ref), datetime.fromisoformat(row.began)
    return Waiting(outlet=row.outlet, ref=ref, began=began, job=row.job)
