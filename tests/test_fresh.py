"""A catalog made anew takes the place of the old one whole, or leaves it as it was."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive.catalog import Catalog, open_catalog
from archive.database import open_database
from archive.errors import Damaged, LeaseHeld, LeaseLost, StorageError
from archive.fresh import fresh_catalog
from archive.known import Changes
from archive.lease import WHOLE
from archive.schema import leases
from tests.test_catalog import ONE, stored

Connect = Callable[[], Catalog]
OTHER = replace(ONE, url="https://contoh.test/2", article_id="contoh:contoh.test:2")


def test_a_catalog_made_anew_has_what_it_was_filled_with_and_goes_on_with_leases_and_jobs(
    connect: Connect, catalog_uri: str, tmp_path: Path
) -> None:
    old = connect()
    old.commit(Changes(known=[ONE], stored={ONE.url: stored("e")}))
    old.note_job("j1", "contoh", "m1")
    old.release(old.take_lease("contoh", "m1"))
    old.close()
    for _ in range(2):
        with fresh_catalog(tmp_path, catalog_uri, "m1") as fresh:
            assert fresh.known(ONE.url) is None
            fresh.commit(Changes(known=[OTHER], stored={OTHER.url: stored("e")}))
    new = connect()
    assert (new.known(ONE.url), new.known(OTHER.url), new.stored(OTHER.url)) == (None, OTHER, stored("e"))
    assert new.archive() == ""
    assert new.jobs_on("m1", "contoh") == ["j1"]
    assert new.take_lease("contoh", "m2").fence == 4


def test_a_catalog_that_could_not_be_filled_leaves_the_old_one_as_it_was(
    connect: Connect, catalog_uri: str, tmp_path: Path
) -> None:
    connect().commit(Changes(known=[ONE]))

    def fill() -> None:
        with fresh_catalog(tmp_path, catalog_uri, "m1") as fresh:
            fresh.commit(Changes(known=[OTHER]))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fill()
    old = connect()
    assert (old.known(ONE.url), old.known(OTHER.url), old.archive()) == (ONE, None, None)
    assert old.take_lease("contoh", "m2"), "the lease on the whole is released"
    assert not [path.name for path in tmp_path.iterdir() if ".new" in path.name]


def test_a_new_file_with_lines_in_its_journal_takes_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalog.sqlite3"
    with closing(open_catalog(path)) as old:
        old.commit(Changes(known=[ONE]))
    monkeypatch.setattr("archive.fresh.BUSY_SECONDS", 0.1)

    def fill(reader: list[sqlite3.Connection]) -> None:
        with fresh_catalog(path, None, "m1") as fresh:
            fresh.commit(Changes(known=[OTHER]))
            reader.append(sqlite3.connect(f"{path}.new"))  # keeps the journal from being written back
            assert reader[0].execute("SELECT count(*) FROM known").fetchone() == (1,)

    opened: list[sqlite3.Connection] = []
    with pytest.raises(StorageError, match="is at work on it"):
        fill(opened)
    opened[0].close()
    with closing(open_catalog(path)) as catalog:
        assert (catalog.known(ONE.url), catalog.known(OTHER.url)) == (ONE, None)


def test_no_catalog_is_replaced_under_a_job_nor_a_job_begun_meanwhile(
    connect: Connect, catalog_uri: str, tmp_path: Path
) -> None:
    other = connect()
    lease = other.take_lease("contoh", "m2")
    with pytest.raises(LeaseHeld, match="contoh is leased to m2"), fresh_catalog(tmp_path, catalog_uri, "m1"):
        pass
    other.release(lease)
    other.close()
    with fresh_catalog(tmp_path, catalog_uri, "m1"):
        with pytest.raises(LeaseHeld, match="is being made anew by m1"):
            other.take_lease("contoh", "m2")
        other.close()


def test_who_lost_the_lease_while_filling_replaces_nothing(
    connect: Connect, catalog_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Catalog.take_lease
    monkeypatch.setattr(Catalog, "take_lease", lambda self, outlet, machine: take(self, outlet, machine, 0))
    other = connect()
    other.commit(Changes(known=[ONE]))

    def fill() -> None:
        with fresh_catalog(tmp_path, catalog_uri, "m1") as fresh:
            fresh.commit(Changes(known=[OTHER]))
            take(other, WHOLE, "m2")
            other.close()

    with pytest.raises(LeaseLost, match="A job began while the catalog was made anew"):
        fill()
    assert (other.known(ONE.url), other.known(OTHER.url)) == (ONE, None)


def test_the_lease_is_kept_alive_while_the_new_one_is_filled(
    connect: Connect, catalog_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Catalog.take_lease
    monkeypatch.setattr(Catalog, "take_lease", lambda self, outlet, machine: take(self, outlet, machine, 0.3))

    def expires() -> float:
        with closing(open_database(tmp_path, catalog_uri)) as database:
            return float(database.ask(lambda connection: connection.execute(sa.select(leases.c.expires)).scalar_one()))

    connect().close()
    with fresh_catalog(tmp_path, catalog_uri, "m1"):
        first = expires()
        while expires() == first:
            time.sleep(0.02)


@pytest.mark.parametrize("content", [b"bukan basis data " * 100, None])
def test_a_damaged_or_missing_file_is_replaced_and_the_damaged_one_kept(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "catalog.sqlite3"
    if content:
        path.write_bytes(content)
        path.with_name("catalog.sqlite3-wal").write_bytes(b"sisa")
    with fresh_catalog(path, None, "m1") as fresh:
        fresh.commit(Changes(known=[ONE]))
    with closing(open_catalog(path)) as new:
        assert new.known(ONE.url) == ONE
        assert new.archive() == ""
    if content:
        assert path.with_name("catalog.sqlite3.old").read_bytes() == content


def test_a_file_that_another_process_has_open_is_not_taken_from_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.fresh.BUSY_SECONDS", 0.1)
    path = tmp_path / "catalog.sqlite3"
    with closing(open_catalog(path)) as reader:
        reader.commit(Changes(known=[ONE]))
        assert reader.known(ONE.url)
        with (
            pytest.raises(StorageError, match="Another process is at work on it: start again when that is done"),
            fresh_catalog(path, None, "m1"),
        ):
            pass
        assert reader.known(ONE.url)
    with closing(open_catalog(path)) as again:
        assert again.known(ONE.url)


def test_what_is_left_of_a_killed_rebuild_is_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    with closing(open_catalog(path.with_name("catalog.sqlite3.new"))) as left:
        left.commit(Changes(known=[OTHER]))
    with closing(open_catalog(path)) as old:
        old.commit(Changes(known=[ONE]))
    with fresh_catalog(path, None, "m1"):
        pass
    with closing(open_catalog(path)) as new:
        assert (new.known(ONE.url), new.known(OTHER.url)) == (None, None)
    with closing(sqlite3.connect(path.with_name("catalog.sqlite3.old"))) as kept:
        assert kept.execute("SELECT url FROM known").fetchall() == [(ONE.url,)]


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_wrong_with_a_file_is_said_as_damage_and_made_anew(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "catalog.sqlite3"
    urls = [f"https://contoh.test/{number}" for number in range(40)]
    with closing(open_catalog(path)) as whole:
        whole.commit(Changes(known=[replace(ONE, url=url) for url in urls], stored={url: stored("e") for url in urls}))
    chance, content = random.Random(seed), bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 8, 200])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content[: chance.choice([len(content), chance.randrange(len(content))])])
    with suppress(Damaged), closing(open_catalog(path)) as torn:
        for url in urls:
            with suppress(Damaged):
                torn.known(url)
                torn.stored(url)
        lease = torn.take_lease("contoh", "m1")
        torn.commit(Changes(known=[replace(ONE, url=f"{url}/baru") for url in urls]), lease)
    with fresh_catalog(path, None, "m1") as fresh:
        fresh.commit(Changes(known=[OTHER]))
    with closing(open_catalog(path)) as new:
        assert (new.known(OTHER.url), new.known(ONE.url)) == (OTHER, None)
