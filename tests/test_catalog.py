"""The catalog says "seen" of what was committed, and of nothing else."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from archive.catalog import Catalog, Changes, Known
from archive.errors import ArgumentError, StorageError
from archive.job import Job, open_catalog

ONE = Known(
    url="https://contoh.test/1",
    outlet="contoh",
    article_id="contoh:contoh.test:1",
    verdict="article",
    final=True,
    published="2026-11-20T10:00:00+07:00",
    section="nasional",
    captured="2026-11-22T00:00:00+00:00",
    job="j1",
)


def test_what_was_committed_is_known_by_address_and_by_article_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    catalog = Catalog(path)
    assert catalog.known(ONE.url) is None
    catalog.commit(Changes(known=[ONE]))
    catalog.close()
    again = Catalog(path)
    assert again.known(ONE.url) == ONE
    assert again.article("contoh:contoh.test:1") == ONE
    assert again.article("contoh:contoh.test:2") is None
    again.close()


def test_a_later_word_on_an_address_replaces_the_earlier(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite3")
    catalog.commit(Changes(known=[replace(ONE, verdict="not-found", final=False), ONE]))
    assert catalog.known(ONE.url) == ONE
    catalog.close()


def test_what_is_kept_stays_known_as_kept(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite3")
    catalog.commit(Changes(known=[ONE]))
    catalog.commit(Changes(known=[replace(ONE, verdict="duplicate")]))
    assert catalog.known(ONE.url) == ONE
    catalog.close()


def test_many_jobs_may_begin_on_a_new_archive_at_once(tmp_path: Path) -> None:
    program = "import sys, pathlib; from archive.catalog import Catalog; Catalog(pathlib.Path(sys.argv[1])).close()"
    path = str(tmp_path / "catalog.sqlite3")
    jobs = [subprocess.Popen([sys.executable, "-c", program, path]) for _ in range(6)]
    assert [job.wait() for job in jobs] == [0] * 6


def test_a_catalog_of_a_newer_schema_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    Catalog(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    connection.close()
    with pytest.raises(StorageError, match="schema version 99"):
        Catalog(path)


def test_a_file_that_is_no_catalog_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(b"bukan basis data " * 100)
    with pytest.raises(StorageError, match="cannot be opened"):
        Catalog(path)


def test_a_state_folder_that_keeps_us_out_of_the_catalog_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "state" / "catalog.lock").mkdir(parents=True)
    with pytest.raises(StorageError, match="cannot be written: Is a directory"):
        Job(outlet="contoh", archive_uri=str(tmp_path))


def test_a_shared_catalog_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="CATALOG_URI=postgresql://"):
        open_catalog(tmp_path, "postgresql://db/arsip")
