"""A real PostgreSQL on loopback, from the programs of the Debian package."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from archive.catalog import Catalog, open_catalog
from tests.buckets import free_port

USER = "arsip"


class Postgres:
    """One server with its data in a folder of its own, under a user that is not root."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        self.port = free_port()
        self.password = secrets.token_hex(8)
        words = folder / "password"
        words.write_text(self.password)
        if os.geteuid() == 0:  # the server refuses to run as root
            folder.chmod(0o755)
            for path in (folder, words):
                shutil.chown(path, "postgres")
        self._run(
            "initdb", "-U", USER, "-A", "scram-sha-256", f"--pwfile={words}", "-E", "UTF8", "--locale=C.UTF-8", "-N"
        )
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = '{folder}'\n"
                "fsync = off\nshared_buffers = 32MB\n"
            )

    def start(self) -> None:
        """Start it, on the same data if it ran before."""
        self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "start")

    def stop(self) -> None:
        """Stop it as a crash would: connections are cut."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def uri(self, database: str, *, password: str | None = None) -> str:
        """A CATALOG_URI."""
        return f"postgresql://{USER}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def make_database(self) -> str:
        """The CATALOG_URI of a new, empty database."""
        name = f"arsip_{secrets.token_hex(4)}"
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.uri(name)

    def _run(self, program: str, *arguments: str) -> None:
        other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*other, str(self._programs / program), "-D", str(self._data), *arguments]
        # Not captured: the server would hold the pipe open.
        with (self._folder / "said").open("w+") as said:
            done = subprocess.run(command, cwd=self._folder, stdout=said, stderr=said, check=False)
            said.seek(0)
            assert done.returncode == 0, said.read()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running server; the tests that need it are skipped without the Debian package."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="arsip-postgres-", dir="/tmp"))  # pytest's own folders are closed to others
    try:
        server = Postgres(found[-1].parent, folder)
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The CATALOG_URI of a new, empty database on PostgreSQL."""
    return postgres.make_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog_uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The CATALOG_URI of a new catalog: behaviour is the same on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shared.sqlite3"
    return str(request.getfixturevalue("database"))


@pytest.fixture
def connect(catalog_uri: str, tmp_path: Path) -> Iterator[Callable[[], Catalog]]:
    """Opens the same catalog as often as it is called, as several processes would."""
    opened: list[Catalog] = []

    def open_one() -> Catalog:
        opened.append(open_catalog(tmp_path / "unused.sqlite3", catalog_uri))
        return opened[-1]

    yield open_one
    for catalog in opened:
        catalog.close()
