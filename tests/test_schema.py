"""A catalog of an earlier version is brought up to date with all that it knows; a later one is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive import schema
from archive.catalog import open_catalog
from archive.errors import Damaged, StorageError
from archive.known import Changes, Version
from archive.model import RecordRef
from tests.test_catalog import ONE

# As version 0.1.0 wrote it.
VERSION_1 = """
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE known (url TEXT NOT NULL, outlet TEXT NOT NULL, article_id TEXT, verdict TEXT NOT NULL,
  final BOOLEAN NOT NULL, published TEXT, section TEXT, captured TEXT, job TEXT NOT NULL, PRIMARY KEY (url));
CREATE INDEX ix_known_article_id ON known (article_id);
CREATE TABLE captures (url TEXT NOT NULL, began TEXT NOT NULL, etag TEXT, last_modified TEXT, chunked BOOLEAN NOT NULL,
  ref JSON NOT NULL, warc TEXT NOT NULL, PRIMARY KEY (url));
CREATE INDEX ix_captures_warc ON captures (warc);
CREATE TABLE waiting (record_id TEXT NOT NULL, outlet TEXT NOT NULL, job TEXT NOT NULL, began TEXT NOT NULL,
  ref JSON NOT NULL, PRIMARY KEY (record_id));
INSERT INTO schema_version VALUES (1);
INSERT INTO known VALUES ('https://contoh.test/1', 'contoh', 'contoh:contoh.test:1', 'article', 1,
  '2026-11-20T10:00:00+07:00', 'nasional', '2026-11-22T00:00:00+00:00', '20261122000000-aaaaaa');
INSERT INTO captures VALUES ('https://contoh.test/1', '2026-11-22T00:00:00+00:00', '"e"', NULL, 0,
  '{"url": "https://contoh.test/1", "warc": "w", "offset": 1, "length": 2, "record_id": "r", "payload_digest": "d"}',
  'w');
INSERT INTO waiting VALUES ('r', 'contoh', 'j', '2026-11-22T00:00:00+00:00',
  '{"url": "https://contoh.test/1", "warc": "w", "offset": 1, "length": 2, "record_id": "r", "payload_digest": "d"}');
"""


ROW = Version(
    article_id="contoh:1",
    version=1,
    outlet="contoh",
    url=ONE.url,
    captured="2026-11-22T00:00:00+00:00",
    job=ONE.job,
    complete=False,
)


def made(path: Path, script: str) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


def of_version_3(path: Path, *rows: Version) -> Path:
    with closing(open_catalog(path)) as catalog:
        catalog.commit(Changes(versions=[*rows]))
    return made(path, "ALTER TABLE versions DROP COLUMN captures; UPDATE schema_version SET version = 3;")


def shape(path: Path) -> dict[str, object]:
    engine = sa.create_engine(f"sqlite:///{path}")
    found = sa.inspect(engine)
    shape = {
        name: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(name)],
            found.get_pk_constraint(name),
            [(index["name"], index["column_names"], index["unique"]) for index in found.get_indexes(name)],
        )
        for name in found.get_table_names()
    }
    engine.dispose()
    return dict(shape)


def test_a_catalog_of_version_1_keeps_what_it_knows_and_is_complete(tmp_path: Path) -> None:
    path = made(tmp_path / "catalog.sqlite3", VERSION_1)
    for _ in range(2):
        catalog = open_catalog(path)
        ref = RecordRef(url=ONE.url, warc="w", offset=1, length=2, record_id="r", payload_digest="d")
        stored = catalog.stored(ONE.url)
        assert catalog.known(ONE.url) == ONE
        assert stored is not None
        assert stored.ref == ref
        assert [waiting.ref for waiting in catalog.waiting("contoh")] == [ref]
        assert catalog.archive() == ""
        lease = catalog.take_lease("contoh", "m1")
        catalog.commit(Changes(), lease)
        catalog.close()


def test_an_upgraded_catalog_has_the_shape_of_a_new_one(tmp_path: Path) -> None:
    new = tmp_path / "new.sqlite3"
    open_catalog(new).close()
    first, third = made(tmp_path / "first.sqlite3", VERSION_1), of_version_3(tmp_path / "third.sqlite3")
    for old in (first, third):
        open_catalog(old).close()
        assert shape(old) == shape(new)


def test_of_rows_that_a_catalog_of_version_3_knows_the_later_one_counts_and_any_with_more_captures_goes_before(
    tmp_path: Path,
) -> None:
    known = [replace(ROW, article_id=f"contoh:{number}", captures=2) for number in range(3)]
    path = of_version_3(tmp_path / "catalog.sqlite3", *known)
    earlier, later = "2026-11-21T00:00:00+00:00", "2026-11-23T00:00:00+00:00"
    news = [replace(known[1], captured=later, captures=1), replace(known[2], captured=earlier, captures=3)]
    for _ in range(2):
        with closing(open_catalog(path)) as catalog:
            catalog.commit(Changes(versions=news))
            found = [catalog.versions(row.article_id) for row in known]
        assert found == [[replace(known[0], captures=1)], *([row] for row in news)]


def test_an_upgrade_that_fails_leaves_the_old_version_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "catalog.sqlite3", VERSION_1)
    before = shape(path)

    def fail(connection: sa.Connection) -> None:
        schema._from_1(connection)
        connection.execute(sa.text("SELECT * FROM nowhere"))

    monkeypatch.setattr(schema, "_STEPS", (fail,))
    with pytest.raises(StorageError, match=r"cannot be opened, it is damaged \(no such table"):
        open_catalog(path)
    assert shape(path) == before
    monkeypatch.undo()
    catalog = open_catalog(path)
    assert catalog.known(ONE.url) == ONE
    catalog.close()


def test_a_new_catalog_is_not_complete_until_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    catalog = open_catalog(path)
    assert catalog.archive() is None
    catalog.belong_to("")
    catalog.close()
    catalog = open_catalog(path)
    assert catalog.archive() == ""
    catalog.close()


def test_a_catalog_of_a_newer_schema_is_refused_in_words_and_left_alone(tmp_path: Path) -> None:
    path = made(tmp_path / "catalog.sqlite3", VERSION_1.replace("VALUES (1);", "VALUES (99);", 1))
    before = shape(path)
    with pytest.raises(StorageError, match="schema version 99, this program knows 4: use the version of arsip-berita"):
        open_catalog(path)
    assert shape(path) == before


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE known (url TEXT);",
        *(
            VERSION_1.replace("INSERT INTO schema_version VALUES (1);", instead)
            for instead in ("", "INSERT INTO schema_version VALUES (0);", "INSERT INTO schema_version VALUES ('x');")
        ),
    ],
)
def test_tables_without_a_version_are_not_taken_for_ours(tmp_path: Path, script: str) -> None:
    path = made(tmp_path / "catalog.sqlite3", script)
    before = shape(path)
    with pytest.raises(Damaged, match=r"has tables \(.*known.*\) and no schema version"):
        open_catalog(path)
    assert shape(path) == before
