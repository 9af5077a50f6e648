"""Where the catalog's tables are: one SQLite file, or a PostgreSQL database that several machines share."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from archive import schema
from archive.errors import ArgumentError, Damaged, StorageError
from archive.local import make_folder

T = TypeVar("T")

# Only one process at a time may make the tables; any number that means nothing else.
_MAKING = 0x617273697062
BUSY_SECONDS = 60.0
"""How long an SQLite file may be kept from us by another process, whose commit may be a large one on a busy machine."""
STANDSTILL = "30s"
"""How long a process may stand still in the middle of a commit on PostgreSQL before it is thrown out."""
_POSTGRES = {
    "connect_timeout": 10,
    # Of a machine that is gone without a word: half a minute, not the two hours of the kernel.
    "tcp_user_timeout": 30000,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


class Database:
    """Connections to the tables. Reads and writes may come from several threads.

    Raises StorageError, Damaged for a file that is no database or no whole one.
    """

    def __init__(self, engine: sa.Engine, where: str) -> None:
        self.where = where
        """The file, or the address without its password."""
        self.engine = engine
        self._lock = threading.Lock()
        self._reading: sa.Connection | None = None

    @property
    def is_shared(self) -> bool:
        """Is it on PostgreSQL?"""
        return self.engine.dialect.name == "postgresql"

    def prepare(self) -> None:
        """Make the tables, or bring them up to date."""
        with self.writing("opened") as connection:
            if self.is_shared:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING)))
            schema.prepare(connection, self.where)

    def ask(self, act: Callable[[sa.Connection], T]) -> T:
        """Read by the one connection that reads; to fetch one for every question would cost more than the answer."""
        with self._lock:
            renewed = self._reading is None
            while True:
                try:
                    return act(self._connection())
                except sa.exc.SQLAlchemyError as error:
                    lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
                    if not lost or renewed:
                        raise explain(error, self.where, "read") from error
                    self._drop()  # the server was restarted since the last question
                    renewed = True
                except (ValueError, TypeError) as error:
                    raise Damaged(_DAMAGED.format(where=self.where, verb="read", words=error)) from error

    @contextmanager
    def writing(self, verb: str = "written") -> Iterator[sa.Connection]:
        """One transaction: all of it becomes true, or nothing."""
        try:
            with self.engine.begin() as connection:
                if not self.is_shared:  # else two that have read would both wait for the other to write
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise explain(error, self.where, verb) from error
        except ValueError as error:  # text that is none, from a damaged file
            raise Damaged(_DAMAGED.format(where=self.where, verb=verb, words=error)) from error

    def close(self) -> None:
        """Release file or server."""
        with self._lock:
            self._drop()
        self.engine.dispose()

    def _connection(self) -> sa.Connection:
        if self._reading is None:
            self._reading = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._reading

    def _drop(self) -> None:
        if self._reading is not None:
            self._reading.close()
        self._reading = None


def open_database(path: Path, uri: str | None) -> Database:
    """The database that CATALOG_URI names, with its tables; the SQLite file `path` without one.

    Raises ArgumentError, StorageError, Damaged.
    """
    place = locate(path, uri)
    if isinstance(place, sa.URL):
        return open_shared(place)
    with locked(place):  # several outlets may begin on a new archive at once
        return _prepared(sqlite(place))


def open_shared(url: sa.URL) -> Database:
    """A PostgreSQL database, with its tables. Raises StorageError."""
    return _prepared(postgres(url))


def locate(path: Path, uri: str | None) -> Path | sa.URL:
    """The SQLite file or the PostgreSQL database that CATALOG_URI names; the file `path` without one.

    Raises ArgumentError, which does not repeat the address: it may hold a password.
    """
    if uri is None:
        return path
    try:
        url = sa.make_url(uri)
    except (sa.exc.ArgumentError, ValueError):
        raise ArgumentError(f"CATALOG_URI cannot be read as an address: {_FORMS}.") from None
    if url.drivername == "sqlite":
        if not (url.database or "").startswith("/") or url.query or url.host:
            raise ArgumentError(f"CATALOG_URI names no SQLite file by its whole path: {_FORMS}.")
        return Path(url.database or "")
    if url.drivername not in {"postgresql", "postgres"}:
        raise ArgumentError(f"CATALOG_URI={url.drivername}:... is not supported: {_FORMS}.")
    if "@" in (url.host or ""):
        raise ArgumentError("CATALOG_URI has more than one @: write %40 for the one in user name or password.")
    return url


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep others from opening an SQLite file. Raises StorageError."""
    try:
        make_folder(path.parent)
        lock = path.with_suffix(".lock").open("w")
    except OSError as error:
        raise StorageError(f"{error.filename or path.parent} cannot be written: {error.strerror}.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sqlite(path: Path) -> Database:
    """An SQLite file whose tables may not be there yet."""
    timeout = {"timeout": BUSY_SECONDS}
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args=timeout)
    sa.event.listen(engine, "connect", _durable)
    return Database(engine, str(path))


def postgres(url: sa.URL) -> Database:
    """A PostgreSQL database whose tables may not be there yet."""
    url = url.set(drivername="postgresql+psycopg")
    arguments = {name: value for name, value in _POSTGRES.items() if name not in url.query}
    engine = sa.create_engine(url, connect_args=arguments, pool_pre_ping=True, pool_size=2)
    sa.event.listen(engine, "connect", _patient)
    user = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    return Database(engine, f"postgresql://{user}{url.host or ''}{port}/{url.database or ''}")


def explain(error: sa.exc.SQLAlchemyError, where: str, verb: str) -> StorageError:
    """What a database said, in a sentence that says what to do."""
    cause = getattr(error, "orig", None) or error
    words = " ".join(str(cause).split()).rstrip(".")
    if isinstance(cause, sqlite3.Error):
        code = (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF
        if code in _BROKEN:
            return Damaged(_DAMAGED.format(where=where, verb=verb, words=words))
        return StorageError(f"The catalog {where} cannot be {verb}: {words}. {_SQLITE.get(code, '')}".rstrip())
    state = getattr(cause, "sqlstate", None)
    if state is None and isinstance(error, sa.exc.OperationalError):
        words = words.removeprefix("connection failed: ")
        todo = _REFUSED if "FATAL:" in words else _DOWN
        return StorageError(f"The catalog {where} gives no connection: {words}. {todo}")
    todo = _STATES.get(state or "", _STATES.get((state or "")[:2], ""))
    return StorageError(f"The catalog {where} cannot be {verb}: {words}. {todo}".rstrip())


# The last two mean text that is none, and tables that are not as we made them: our statements are always the same.
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_OK, sqlite3.SQLITE_ERROR}
_DAMAGED = (
    "The catalog {where} cannot be {verb}, it is damaged ({words}): "
    "scrapy catalog rebuild makes it anew from the archive."
)
_SQLITE = {
    sqlite3.SQLITE_FULL: "Make room and start again; nothing that was kept is lost.",
    sqlite3.SQLITE_READONLY: "Let this user write to the file and its folder, and start again.",
    sqlite3.SQLITE_PERM: "Let this user write to the file and its folder, and start again.",
    sqlite3.SQLITE_CANTOPEN: "Let this user write to the file and its folder, and start again.",
    sqlite3.SQLITE_BUSY: "Another process is at work on it: start again when that is done.",
    sqlite3.SQLITE_IOERR: "Look after the disk, then start again; nothing that was kept is lost.",
}
_DOWN = "Start PostgreSQL, or correct CATALOG_URI; nothing that was kept is lost."
_REFUSED = (
    "Correct user, password and database in CATALOG_URI; if PostgreSQL is just starting, or has too many clients, "
    "try again."
)
# By SQLSTATE, or its first two characters: PostgreSQL, appendix A.
_STATES = {
    "25P03": "This process stood still for too long; start again, nothing that was kept is lost.",
    "25006": "CATALOG_URI must name the server that takes writes, not a copy of it.",
    "42501": "Give the user of CATALOG_URI the right to it.",
    "3F": "Give the user of CATALOG_URI a schema to make tables in.",
    "53": "Give PostgreSQL what it lacks and start again; nothing that was kept is lost.",
    "55P03": "Another process is at work on it: start again when that is done.",
    "57": "Start again when PostgreSQL is back; nothing that was kept is lost.",
}


def _prepared(database: Database) -> Database:
    try:
        database.prepare()
    except BaseException:
        database.close()
        raise
    return database


_FORMS = "write postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:////FOLDER/FILE"


def _durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor: Any = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # WAL alone may lose the last commits when the power goes
    # Addresses come in no order: with the defaults of 2 and 4 MB a million of them are written at half the speed.
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.execute("PRAGMA wal_autocheckpoint=4000")
    cursor.close()


def _patient(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor: Any = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = '{STANDSTILL}'")
    cursor.execute("SET lock_timeout = '60s'")
    cursor.close()
    connection.commit()
