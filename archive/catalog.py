"""What is already durable: address -> what it turned out to be, and which article it is."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from archive.errors import StorageError
from archive.model import Verdict

SCHEMA_VERSION = 1

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


class Catalog:
    """The embedded catalog, one SQLite file in write-ahead mode. Reads and writes may come from two threads."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", _durable)
        try:
            with path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # several outlets may begin on a new archive at once
                self._prepare(path)
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

    def commit(self, entries: Iterable[Known]) -> None:
        """Say "seen", for all of them or none. Call it only when records and rows are on the disk.

        Raises StorageError.
        """
        rows = [asdict(entry) for entry in entries]
        if not rows:
            return
        statement = insert(_known)
        # What is kept stays known as kept, whatever another address of it turns out to be.
        kept = Verdict.ARTICLE.value
        replaceable = sa.or_(_known.c.verdict != kept, statement.excluded.verdict == kept)
        changes = {column.name: column for column in statement.excluded if column.name != "url"}
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["url"], set_=changes, where=replaceable), rows
                )
        except sa.exc.SQLAlchemyError as error:
            raise StorageError(f"The catalog cannot be written: {error.args[0]}.") from error

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    def _one(self, condition: sa.ColumnElement[bool]) -> Known | None:
        with self._engine.connect() as connection:
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


def _durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor: Any = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # WAL alone may lose the last commits when the power goes
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()
