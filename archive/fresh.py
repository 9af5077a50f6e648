"""A catalog made anew, which takes the place of the old one in one step or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from archive import database, schema
from archive.catalog import Catalog
from archive.database import BUSY_SECONDS, Database
from archive.errors import Damaged, StorageError
from archive.known import Changes
from archive.lease import WHOLE, Lease, kept_alive, renew
from archive.local import fsync_folder

_SCHEMA = "arsip_rebuild"
# What SQLite keeps beside a file in write-ahead mode.
_BESIDE = ("-wal", "-shm")


@contextmanager
def fresh_catalog(path: Path, uri: str | None, machine: str, archive: str = "") -> Iterator[Catalog]:
    """A new catalog to fill, which takes the place of the old one when the block ends without an error.

    Until then, and after an error for ever, the old one is as it was. It is the one that `open_catalog(path, uri)`
    opens; on SQLite it may be missing or damaged, and is kept beside the new one as `NAME.old`. The new one is that of
    `archive` (see `Catalog.archive`), and goes on with the leases and jobs of the old one, so that no fencing number is
    used twice.

    Takes the lease `*` under the name of `machine`, keeps it alive in the background and releases it: call it under a
    lock that no other process of this machine can have. Raises ArgumentError, LeaseHeld, LeaseLost, StorageError.
    """
    place = database.locate(path, uri)
    way = _in_schema(place, machine, archive) if isinstance(place, sa.URL) else _in_file(place, machine, archive)
    with way as catalog:
        yield catalog


@contextmanager
def _in_file(path: Path, machine: str, archive: str) -> Iterator[Catalog]:
    with ExitStack() as stack:
        old = lease = None
        with suppress(Damaged):  # no job can begin on such a file
            old = Catalog(database.open_database(path, None))
            stack.callback(old.close)
            lease = stack.enter_context(_leased(old, machine))
        new = path.with_name(path.name + ".new")
        _remove(new)
        stack.callback(_remove, new)
        fresh = database.sqlite(new)
        stack.callback(fresh.close)
        with fresh.writing("opened") as connection:
            schema.create(connection)
        with ExitStack() as meanwhile:
            if old and lease:
                meanwhile.enter_context(kept_alive(partial(old.commit, Changes(), lease), lease.seconds / 3))
            yield Catalog(fresh)
        if old:
            old.close()
        try:
            with database.locked(path):
                _replace(path, fresh, lease, archive)
        except OSError as error:
            raise StorageError(f"{error.filename} cannot be put in its place: {error.strerror}.") from error


def _replace(path: Path, fresh: Database, lease: Lease | None, archive: str) -> None:
    """Nobody can open the old file now. Nobody may have it open either, for its journals go by name."""
    carried: dict[sa.Table, list[dict[str, Any]]] = {}
    if lease:
        with suppress(Damaged):
            carried = _taken_out(path, lease)
    with fresh.writing() as connection:
        for table, rows in carried.items():
            if rows:
                connection.execute(sa.insert(table), rows)
        connection.execute(sa.update(schema.version).values(archive=archive))
    fresh.close()
    new, kept = Path(fresh.where), path.with_name(path.name + ".old")
    with _one_file(new):  # what stayed in a journal would not go along
        pass
    with new.open("rb") as file:
        os.fsync(file.fileno())
    _remove(kept)
    if path.exists():
        kept.hardlink_to(path)  # at no moment is there none
    for end in _BESIDE:  # of a damaged file; a whole one has none any more
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(kept.with_name(kept.name + end))
    new.rename(path)
    fsync_folder(path.parent)


def _taken_out(path: Path, lease: Lease) -> dict[sa.Table, list[dict[str, Any]]]:
    """Leases and jobs of the old file, which is one file now. Raises LeaseLost, StorageError."""
    with _one_file(path) as old, old.writing() as connection:
        renew(connection, lease)
        return {
            table: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in (schema.leases, schema.jobs)
        }


@contextmanager
def _one_file(path: Path) -> Iterator[Database]:
    """A file with all that was in its journals. Raises StorageError, also while others have it open."""
    url, timeout = sa.URL.create("sqlite", database=str(path)), {"timeout": BUSY_SECONDS}
    database = Database(sa.create_engine(url, connect_args=timeout), str(path))
    try:
        mode = database.ask(lambda connection: connection.exec_driver_sql("PRAGMA journal_mode=DELETE").scalar())
        if mode != "delete":
            raise StorageError(f"The catalog {path} could not be closed: look after the disk, and start again.")
        yield database
    finally:
        database.close()


@contextmanager
def _in_schema(url: sa.URL, machine: str, archive: str) -> Iterator[Catalog]:
    with ExitStack() as stack:
        shared = database.open_shared(url)
        stack.callback(shared.close)
        old = Catalog(shared)
        lease = stack.enter_context(_leased(old, machine))
        stack.callback(_drop_schema, shared)
        _drop_schema(shared)
        beside = database.postgres(url)
        stack.callback(beside.close)
        fresh = Database(beside.engine.execution_options(schema_translate_map={None: _SCHEMA}), beside.where)
        stack.callback(fresh.close)
        with fresh.writing() as connection:
            connection.execute(sa.schema.CreateSchema(_SCHEMA))
            schema.create(connection)
        with kept_alive(partial(old.commit, Changes(), lease), lease.seconds / 3):
            yield Catalog(fresh)
        with shared.writing() as connection:
            renew(connection, lease)
            for table in schema.CONTENT:  # the tables stay, with the rights that others have to them
                filled = table.to_metadata(sa.MetaData(), schema=_SCHEMA)
                connection.execute(sa.text(f"TRUNCATE {table.name}"))
                connection.execute(sa.insert(table).from_select(table.columns.keys(), sa.select(filled)))
            connection.execute(sa.update(schema.version).values(archive=archive))


def _drop_schema(shared: Database) -> None:
    with shared.writing() as connection:
        connection.execute(sa.schema.DropSchema(_SCHEMA, cascade=True, if_exists=True))


@contextmanager
def _leased(old: Catalog, machine: str) -> Iterator[Lease]:
    """The lease on the whole catalog. It ends in whatever is in the old one's place then."""
    lease = old.take_lease(WHOLE, machine)
    try:
        yield lease
    finally:
        with suppress(StorageError):  # it ends by itself
            old.release(lease)


def _remove(path: Path) -> None:
    for end in ("", *_BESIDE):
        path.with_name(path.name + end).unlink(missing_ok=True)
