"""What is already durable: address -> what it turned out to be, which article it is, and its last capture."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from archive.errors import StorageError
from archive.model import RecordRef, Stored, Verdict, Waiting

SCHEMA_VERSION = 1
# SQLite takes only so many values in one statement.
_AT_ONCE = 500

_metadata = sa.MetaData()
_version = sa.Table("schema_version", _metadata, sa.Column("version", sa.Integer, nullable=False))
_known = sa.Table(
    "known",
    _metadata,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("outlet", sa.Text, nullable=False),
    sa.Column("article_id", sa.Text, index=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("final", sa.Boolean, nullable=False),
    sa.Column("published", sa.Text),
    sa.Column("section", sa.Text),
    sa.Column("captured", sa.Text),
    sa.Column("job", sa.Text, nullable=False),
)
_captures = sa.Table(
    "captures",
    _metadata,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("began", sa.Text, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("chunked", sa.Boolean, nullable=False),
    sa.Column("ref", sa.JSON, nullable=False),
    sa.Column("warc", sa.Text, nullable=False, index=True),
)
_waiting = sa.Table(
    "waiting",
    _metadata,
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("outlet", sa.Text, nullable=False),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("began", sa.Text, nullable=False),
    sa.Column("ref", sa.JSON, nullable=False),
)
# Made once: it is asked for every capture.
_stored = sa.select(_captures).where(_captures.c.url == sa.bindparam("url"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One address whose record and row are durable."""

    url: str
    """Canonical address; an alias of an article has a line of its own with the same `article_id`."""
    outlet: str
    article_id: str | None
    verdict: str
    final: bool
    """False when another attempt may bring more: an address not found yet, a page that timed out."""
    published: str | None
    """ISO 8601 with offset."""
    section: str | None
    captured: str | None
    """ISO 8601, UTC."""
    job: str


@dataclass(slots=True)
class Changes:
    """What becomes true together."""

    known: list[Known] = field(default_factory=list)
    stored: dict[str, Stored] = field(default_factory=dict)
    """Address -> the response that later ones may be a revisit of."""
    waiting: list[Waiting] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    """Names of the records that wait no more."""


class Catalog:
    """The embedded catalog, one SQLite file in write-ahead mode. Reads and writes may come from two threads."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", _durable)
        self._lock = threading.Lock()
        self._connection: sa.Connection | None = None
        try:
            with path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # several outlets may begin on a new archive at once
                self._prepare(path)
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except sa.exc.SQLAlchemyError as error:
            self.close()
            raise StorageError(f"The catalog {path} cannot be opened: {error.args[0]}.") from error
        except StorageError:
            self.close()
            raise

    def known(self, url: str) -> Known | None:
        """What is known of a canonical address."""
        return self._one(_known.c.url == url)

    def article(self, article_id: str) -> Known | None:
        """An address under which an article was kept; None when it never was."""
        return self._one(sa.and_(_known.c.article_id == article_id, _known.c.verdict == Verdict.ARTICLE.value))

    def stored(self, url: str) -> Stored | None:
        """The last response of an address that is in the archive with its payload."""
        with self._asking as connection:
            row = connection.execute(_stored, {"url": url}).first()
        if row is None:
            return None
        ref, began = RecordRef(**row.ref), datetime.fromisoformat(row.began)
        return Stored(ref=ref, began=began, etag=row.etag, last_modified=row.last_modified, chunked=row.chunked)

    def waiting(self, outlet: str) -> list[Waiting]:
        """Responses of killed jobs whose rows are still to be made, oldest first."""
        query = sa.select(_waiting).where(_waiting.c.outlet == outlet).order_by(_waiting.c.began)
        with self._asking as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Waiting(
                outlet=outlet,
                ref=RecordRef(**row["ref"]),
                began=datetime.fromisoformat(row["began"]),
                job=row["job"],
            )
            for row in rows
        ]

    def commit(self, changes: Changes) -> None:
        """Say "seen", for all of them or none. Call it only when records and rows are on the disk.

        Raises StorageError.
        """
        if not any((changes.known, changes.stored, changes.waiting, changes.settled)):
            return
        with self._writing() as connection:
            if changes.known:
                self._upsert(connection, _known, [asdict(entry) for entry in changes.known], _is_replaceable)
                # An article of which a page is missing is not asked for again once the outlet says that it is gone.
                for entry in changes.known:
                    if entry.verdict == Verdict.GONE.value:
                        connection.execute(sa.update(_known).where(_known.c.url == entry.url).values(final=True))
            if changes.stored:
                self._upsert(connection, _captures, [_stored_row(*pair) for pair in changes.stored.items()])
            if changes.waiting:
                self._upsert(connection, _waiting, [_waiting_row(entry) for entry in changes.waiting])
            for first in range(0, len(changes.settled), _AT_ONCE):
                names = changes.settled[first : first + _AT_ONCE]
                connection.execute(sa.delete(_waiting).where(_waiting.c.record_id.in_(names)))

    def forget(self, job: str, urls: Iterable[str], warcs: Mapping[str, int]) -> int:
        """Unsee what was cut off: addresses of a job, and captures past a byte of a WARC. Raises StorageError.

        How many addresses had been known.
        """
        forgotten = 0
        with self._writing() as connection:
            for url in urls:
                done = connection.execute(sa.delete(_known).where(_known.c.job == job, _known.c.url == url))
                forgotten += done.rowcount
            for warc, end in warcs.items():
                for row in connection.execute(sa.select(_captures).where(_captures.c.warc == warc)).mappings().all():
                    if row["ref"]["offset"] + row["ref"]["length"] > end:
                        connection.execute(sa.delete(_captures).where(_captures.c.url == row["url"]))
        return forgotten

    def close(self) -> None:
        """Release the file."""
        if self._connection:
            self._connection.close()
        self._engine.dispose()

    @property
    @contextmanager
    def _asking(self) -> Iterator[sa.Connection]:
        """The one connection that reads; to fetch one for every question would cost more than the answer."""
        with self._lock:
            assert self._connection is not None
            try:
                yield self._connection
            except sa.exc.SQLAlchemyError as error:
                raise StorageError(f"The catalog cannot be read: {error.args[0]}.") from error

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise StorageError(f"The catalog cannot be written: {error.args[0]}.") from error

    @staticmethod
    def _upsert(
        connection: sa.Connection,
        table: sa.Table,
        rows: list[dict[str, Any]],
        where: Callable[[Any], sa.ColumnElement[bool]] = lambda _: sa.true(),
    ) -> None:
        statement = insert(table)
        keys = [column.name for column in table.primary_key]
        changes = {column.name: column for column in statement.excluded if column.name not in keys}
        replacing = statement.on_conflict_do_update(index_elements=keys, set_=changes, where=where(statement.excluded))
        connection.execute(replacing, rows)

    def _one(self, condition: sa.ColumnElement[bool]) -> Known | None:
        with self._asking as connection:
            row = connection.execute(sa.select(_known).where(condition).limit(1)).mappings().first()
        return Known(**row) if row else None

    def _prepare(self, path: Path) -> None:
        with self._engine.begin() as connection:
            _metadata.create_all(connection)
            found = connection.execute(sa.select(_version.c.version)).scalar()
            if found is None:
                connection.execute(_version.insert().values(version=SCHEMA_VERSION))
            elif found != SCHEMA_VERSION:
                raise StorageError(
                    f"The catalog {path} has schema version {found}, this program knows {SCHEMA_VERSION}: "
                    "use the version of arsip-berita that wrote it, or a newer one."
                )


def _is_replaceable(new: Any) -> sa.ColumnElement[bool]:
    """What is kept stays known as kept, whatever another address of it turns out to be."""
    kept = Verdict.ARTICLE.value
    return sa.or_(_known.c.verdict != kept, new.verdict == kept)


def _stored_row(url: str, stored: Stored) -> dict[str, Any]:
    return {
        "url": url,
        "began": stored.began.isoformat(),
        "etag": stored.etag,
        "last_modified": stored.last_modified,
        "chunked": stored.chunked,
        "ref": asdict(stored.ref),
        "warc": stored.ref.warc,
    }


def _waiting_row(waiting: Waiting) -> dict[str, Any]:
    return {
        "record_id": waiting.ref.record_id,
        "outlet": waiting.outlet,
        "job": waiting.job,
        "began": waiting.began.isoformat(),
        "ref": asdict(waiting.ref),
    }


def _durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor: Any = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # WAL alone may lose the last commits when the power goes
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()
