"""Several machines share a catalog on PostgreSQL: one outlet each, and a server that may be gone for a while."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from archive import database as databases
from archive.catalog import Catalog, open_catalog
from archive.errors import StorageError
from archive.known import Changes, Known
from tests.leaseholder import Holder
from tests.postgres import Postgres
from tests.test_catalog import ONE

Machine = Callable[..., Holder]


@pytest.fixture
def machine(tmp_path: Path, database: str) -> Iterator[Machine]:
    """Makes machines that share an archive and its catalog."""
    made: list[Holder] = []

    def make(name: str, seconds: float = 60) -> Holder:
        made.append(Holder(tmp_path, name, database, seconds))
        return made[-1]

    yield make
    for holder in made:
        holder.kill()


@pytest.fixture
def catalog(tmp_path: Path, database: str) -> Iterator[Catalog]:
    with closing(open_catalog(tmp_path / "unused", database)) as opened:
        yield opened


def test_a_second_machine_leaves_the_outlet_alone_and_crawls_another(machine: Machine) -> None:
    first, second, other = machine("m1"), machine("m2"), machine("m2")
    assert first.begin("contoh") == "fence 1"
    assert re.match(r"LeaseHeld The outlet contoh is leased to \S+, until .* at the latest", second.begin("contoh"))
    assert other.begin("lain") == "fence 1"
    assert (first.keep("https://contoh.test/1"), other.keep("https://lain.test/1")) == ("kept", "kept")


def test_the_outlet_of_a_killed_job_is_its_machines_at_once_and_anothers_when_the_lease_ends(
    machine: Machine, database: str, catalog: Catalog
) -> None:
    first, again, early, late = (machine(name) for name in ("m1", "m1", "m2", "m3"))
    assert first.begin("contoh") == "fence 1"
    assert first.keep(ONE.url) == "kept"
    first.kill()
    assert again.begin("contoh") == "fence 2"
    again.kill()
    assert early.begin("contoh").startswith("LeaseHeld")
    with psycopg.connect(database) as clock:
        clock.execute("UPDATE leases SET expires = expires - 60")  # as if a minute had passed
    assert late.begin("contoh") == "fence 3"
    assert catalog.known(ONE.url)


def test_a_machine_that_wakes_up_after_its_lease_has_passed_on_writes_nothing(
    machine: Machine, database: str, catalog: Catalog
) -> None:
    first, second = machine("m1", 0.5), machine("m2")
    assert first.begin("contoh") == "fence 1"
    assert first.keep("https://contoh.test/1") == "kept"
    first.process.send_signal(signal.SIGSTOP)
    with psycopg.connect(database, autocommit=True) as clock:
        while clock.execute("SELECT 1 FROM leases WHERE expires > extract(epoch FROM clock_timestamp())").fetchone():
            time.sleep(0.02)
    assert second.begin("contoh") == "fence 2"
    first.process.send_signal(signal.SIGCONT)
    assert first.keep("https://contoh.test/2").startswith("LeaseLost The outlet contoh was leased to another")
    assert second.keep("https://contoh.test/3") == "kept"
    found = [bool(catalog.known(f"https://contoh.test/{number}")) for number in (1, 2, 3)]
    assert found == [True, False, True]


def test_who_stands_still_in_the_middle_of_a_commit_does_not_hold_up_the_others(
    tmp_path: Path, database: str, catalog: Catalog
) -> None:
    catalog.take_lease("contoh", "m1")

    def commit_slowly(sleeping: databases.Database) -> None:
        with sleeping.writing() as connection:
            standstill = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar()
            assert standstill == databases.STANDSTILL
            # From here on, so that nothing else of the test can stand still for too long.
            connection.exec_driver_sql(
                "UPDATE leases SET expires = 0; SET LOCAL idle_in_transaction_session_timeout = '300ms'"
            )
            assert catalog.take_lease("contoh", "m1").fence == 2
            connection.exec_driver_sql("UPDATE leases SET fence = 99")

    with (
        closing(databases.open_database(tmp_path, database)) as sleeping,
        pytest.raises(StorageError, match="This process stood still for too long; start again"),
    ):
        commit_slowly(sleeping)
    assert catalog.take_lease("contoh", "m1").fence == 3


def test_two_writers_of_the_same_addresses_do_not_wait_for_each_other_for_ever(
    tmp_path: Path, database: str, catalog: Catalog
) -> None:
    known = [replace(ONE, url=f"https://contoh.test/{number}") for number in range(9)]
    catalog.commit(Changes(known=known))

    def write(order: list[Known]) -> None:
        with closing(open_catalog(tmp_path / "unused", database)) as writer:
            writer.commit(Changes(known=order))

    with ThreadPoolExecutor() as writers, psycopg.connect(database) as holder:
        holder.execute("SELECT * FROM known WHERE url = 'https://contoh.test/4' FOR UPDATE")
        written = [writers.submit(write, order) for order in (known, known[::-1])]
        while holder.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() != (2,):
            time.sleep(0.02)
        holder.rollback()
        assert [one.result() for one in written] == [None, None]


def test_a_server_that_was_restarted_is_asked_and_told_again(postgres: Postgres, catalog: Catalog) -> None:
    catalog.commit(Changes(known=[ONE]))
    assert catalog.known(ONE.url)
    postgres.stop()
    try:
        with pytest.raises(StorageError, match=r"gives no connection: .*refused.* Start PostgreSQL") as down:
            catalog.known(ONE.url)
        with pytest.raises(StorageError, match=r"gives no connection: .*refused.* Start PostgreSQL"):
            catalog.commit(Changes(known=[replace(ONE, url="https://contoh.test/2")]))
    finally:
        postgres.start()
    assert postgres.password not in str(down.value)
    assert catalog.known(ONE.url) == ONE
    catalog.commit(Changes(known=[replace(ONE, url="https://contoh.test/3")]))
    postgres.stop()
    postgres.start()
    # A restart between two questions, or before a commit, is not even noticed.
    catalog.commit(Changes(known=[replace(ONE, url="https://contoh.test/4")]))
    found = [bool(catalog.known(f"https://contoh.test/{number}")) for number in (2, 3, 4)]
    assert found == [False, True, True]


@pytest.mark.parametrize(
    ("database", "password", "said"),
    [("postgres", "rahasia", "password authentication failed"), ("nihil", None, 'database "nihil" does not exist')],
)
def test_a_server_that_will_not_have_us_is_named_with_what_to_correct(
    tmp_path: Path, postgres: Postgres, database: str, password: str | None, said: str
) -> None:
    uri = postgres.uri(database, password=password)
    with pytest.raises(StorageError, match=f"{said}.*Correct user, password and database in CATALOG_URI") as refused:
        open_catalog(tmp_path / "unused", uri)
    assert str(refused.value).startswith(f"The catalog postgresql://arsip@127.0.0.1:{postgres.port}/{database} gives")
    assert (password or postgres.password) not in str(refused.value)


def test_a_user_who_may_only_read_is_told_what_is_missing(tmp_path: Path, database: str, catalog: Catalog) -> None:
    name = database.rpartition("/")[2]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'rahasia'".encode())
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}".encode())
    reader = re.sub("//[^@]*@", f"//{name}:rahasia@", database)
    with closing(open_catalog(tmp_path / "unused", reader)) as found:
        assert found.known(ONE.url) is None
        with pytest.raises(
            StorageError, match=r"permission denied for table (known|leases)\. Give the user of CATALOG_URI"
        ):
            found.commit(Changes(known=[ONE]))
    assert catalog.known(ONE.url) is None
