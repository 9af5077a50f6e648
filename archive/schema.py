"""The catalog's tables, their version, and the steps from each version to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from archive.errors import Damaged, StorageError

VERSION = 4
"""1 knew no leases, no jobs in a spool and not whose it was; it was on SQLite only. 2 knew nothing of visits, versions,
announcements, walks and jobs that ended. 3 did not know with how many captures a row was made."""


class _Text(sa.TypeDecorator[str]):
    """Text that means the same everywhere: sorted by code point, and without what PostgreSQL cannot hold."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return sa.Text(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.encode(errors="replace").decode().replace("\0", "?")


metadata = sa.MetaData()
version = sa.Table(
    "schema_version",
    metadata,
    sa.Column("version", sa.Integer, nullable=False),
    # Of which archive it knows all: the address of a bucket, empty for one on disk, which may move. Null as long as it
    # does not: one that was begun beside files that were there before.
    sa.Column("archive", _Text),
)
known = sa.Table(
    "known",
    metadata,
    sa.Column("url", _Text, primary_key=True),
    sa.Column("outlet", _Text, nullable=False),
    sa.Column("article_id", _Text, index=True),
    sa.Column("verdict", _Text, nullable=False),
    sa.Column("final", sa.Boolean, nullable=False),
    sa.Column("published", _Text),
    sa.Column("section", _Text),
    sa.Column("captured", _Text),
    sa.Column("job", _Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("facts", _Text),
    sa.Column("made", _Text),
    sa.Column("record", _Text),
    sa.Column("first", _Text),
    sa.Column("visited", _Text),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due", _Text),
    sa.Column("ended", _Text),
)
# Most addresses are never asked for again, and are not in it.
known_due = sa.Index(
    "known_due",
    known.c.outlet,
    known.c.due,
    sqlite_where=known.c.due.is_not(None),
    postgresql_where=known.c.due.is_not(None),
)
announced = sa.Table(
    "announced",
    metadata,
    sa.Column("url", _Text, primary_key=True),
    sa.Column("outlet", _Text, nullable=False),
    sa.Column("day", _Text, nullable=False),
    sa.Column("at", _Text, nullable=False),
    sa.Column("source", _Text, nullable=False),
    sa.Column("published", _Text),
    sa.Column("fetch", _Text),
    sa.Column("reason", _Text),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("tried", _Text),
    sa.Column("due", _Text),
    sa.Index("announced_day", "outlet", "day"),
)
versions = sa.Table(
    "versions",
    metadata,
    sa.Column("article_id", _Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("outlet", _Text, nullable=False),
    sa.Column("url", _Text, nullable=False),
    sa.Column("captured", _Text, nullable=False),
    sa.Column("job", _Text, nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("captures", sa.Integer, nullable=False, server_default="1"),
)
walked = sa.Table(
    "walked",
    metadata,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("day", _Text, primary_key=True),
    sa.Column("outlet", _Text, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("at", _Text, nullable=False),
)
ended = sa.Table(
    "ended",
    metadata,
    sa.Column("job", _Text, primary_key=True),
    sa.Column("outlet", _Text, nullable=False, index=True),
    sa.Column("at", _Text, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
captures = sa.Table(
    "captures",
    metadata,
    sa.Column("url", _Text, primary_key=True),
    sa.Column("began", _Text, nullable=False),
    sa.Column("etag", _Text),
    sa.Column("last_modified", _Text),
    sa.Column("chunked", sa.Boolean, nullable=False),
    sa.Column("ref", sa.JSON, nullable=False),
    sa.Column("warc", _Text, nullable=False, index=True),
)
waiting = sa.Table(
    "waiting",
    metadata,
    sa.Column("record_id", _Text, primary_key=True),
    sa.Column("outlet", _Text, nullable=False),
    sa.Column("job", _Text, nullable=False),
    sa.Column("began", _Text, nullable=False),
    sa.Column("ref", sa.JSON, nullable=False),
)
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("outlet", _Text, primary_key=True),
    sa.Column("machine", _Text, nullable=False),
    # Grows with every holder, and the row stays when the lease ends: no number is ever used twice.
    sa.Column("fence", sa.Integer, nullable=False),
    # Seconds since 1970.
    sa.Column("expires", sa.Double, nullable=False),
)
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("job", _Text, primary_key=True),
    sa.Column("outlet", _Text, nullable=False),
    sa.Column("machine", _Text, nullable=False),
    # ISO 8601, UTC.
    sa.Column("since", _Text, nullable=False),
)
CONTENT = (known, captures, waiting, announced, versions, walked, ended)
"""What can be made anew from WARCs, rows and events."""


def _from_1(connection: sa.Connection) -> None:
    """Leases, jobs in a spool, and whose catalog it is: those of version 1 are of archives on disk, and complete."""
    leases.create(connection)
    jobs.create(connection)
    connection.execute(sa.text("ALTER TABLE schema_version ADD COLUMN archive TEXT"))
    connection.execute(sa.update(version).values(archive=""))


def _from_2(connection: sa.Connection) -> None:
    """What was announced before, and in which versions, is told by events: `scrapy catalog rebuild` reads them."""
    types = {"version": "INTEGER NOT NULL DEFAULT 1", "tries": "INTEGER NOT NULL DEFAULT 0"}
    text = sa.Text().compile(connection.dialect)
    for name in ("version", "facts", "made", "record", "first", "visited", "tries", "due", "ended"):
        connection.execute(sa.text(f'ALTER TABLE known ADD COLUMN "{name}" {types.get(name, text)}'))
    known_due.create(connection)
    for table in (announced, versions, walked, ended):
        table.create(connection)


def _from_3(connection: sa.Connection) -> None:
    """How many captures a row has is told by the rows: `scrapy catalog rebuild` reads them.

    Every row has one at least. Until then, among the rows made before, the latest counts as it did, and none of them
    goes before one of which the number is known.
    """
    there = {column["name"] for column in sa.inspect(connection).get_columns(versions.name)}
    if versions.c.captures.name not in there:  # the step before makes the table as it is today
        connection.execute(sa.text("ALTER TABLE versions ADD COLUMN captures INTEGER NOT NULL DEFAULT 1"))


# The step at index N leads from version N + 1 to the next.
_STEPS: tuple[Callable[[sa.Connection], None], ...] = (_from_1, _from_2, _from_3)


def create(connection: sa.Connection) -> None:
    """Make the tables of a new catalog."""
    metadata.create_all(connection)
    connection.execute(sa.insert(version).values(version=VERSION))


def prepare(connection: sa.Connection, where: str) -> None:
    """Make the tables, or bring older ones up to date, in the transaction that the caller holds.

    Raises StorageError for a newer version, Damaged for tables without one.
    """
    there = {*sa.inspect(connection).get_table_names()} & {*metadata.tables}
    if not there:
        create(connection)
        return
    found = connection.execute(sa.select(version.c.version)).scalar() if version.name in there else None
    if not isinstance(found, int) or found < 1:
        raise Damaged(
            f"The catalog {where} has tables ({', '.join(sorted(there))}) and no schema version: it was never "
            "finished, or is the database of another program. If it is ours, scrapy catalog rebuild makes it anew."
        )
    if found > VERSION:
        raise StorageError(
            f"The catalog {where} has schema version {found}, this program knows {VERSION}: "
            "use the version of arsip-berita that wrote it, or a newer one."
        )
    for step in _STEPS[found - 1 :]:
        step(connection)
    if found < VERSION:
        connection.execute(sa.update(version).values(version=VERSION))


def named(table: sa.Table, values: Iterable[Any]) -> dict[str, Any]:
    """A line of a table by the names of its columns."""
    return dict(zip(table.c.keys(), values, strict=True))


def of_outlet(outlet: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Conditions for the articles of an outlet: ids begin with its name and a colon, and their index leads to them."""
    return known.c.article_id >= f"{outlet}:", known.c.article_id < f"{outlet};"


def between(day: Any, since: str | None, until: str | None) -> list[sa.ColumnElement[bool]]:
    """Conditions for a day (YYYY-MM-DD) of a period that may be open on either side."""
    return [*([day >= since] if since else []), *([day <= until] if until else [])]
