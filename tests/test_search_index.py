"""The search index says what the archive says, whatever becomes of either."""

from __future__ import annotations

import gzip
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive import proof, wacz
from archive.errors import StorageError
from archive.files import files_of
from archive.search.index import Question, SearchIndex
from tests.buckets import Place
from tests.searchable import Shelf
from tests.test_verify_bucket import put


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "arsip")
    yield made
    made.index.close()


def test_a_complete_row_counts_else_the_latest_and_the_others_count_when_it_is_gone(shelf: Shelf) -> None:
    early, late = "2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"
    shelf.put({"number": 1, "title": "awal", "captured": early, "complete": False}, name="a")
    path = shelf.put({"number": 1, "title": "lengkap", "captured": early}, name="b")
    second = shelf.put({"number": 1, "title": "akhir", "captured": late, "complete": False}, name="c")
    assert shelf.ask() == ["lengkap"]
    path.unlink()
    shelf.refresh()
    assert shelf.ask() == ["akhir"]
    second.unlink()
    shelf.refresh()
    assert shelf.ask() == ["awal"]


def test_of_rows_that_lack_a_page_the_one_with_more_captures_counts_whenever_it_was_captured(shelf: Shelf) -> None:
    ref: dict[str, Any] = {"warc": "warc/contoh/a.warc.gz"}
    part: dict[str, Any] = {"number": 1, "complete": False}
    shelf.put({**part, "title": "dua halaman", "captures": [ref, ref]}, name="a")
    shelf.put({**part, "title": "satu halaman", "captures": [ref]}, name="b")
    assert shelf.ask() == ["dua halaman"]
    shelf.put({**part, "title": "dua halaman lagi", "captures": [ref, ref]}, name="c")
    assert shelf.ask() == ["dua halaman lagi"]
    shelf.put({"number": 1, "title": "utuh", "captures": [ref]}, name="d")
    shelf.put({"number": 1, "title": "utuh lagi", "captures": []}, name="e")
    assert shelf.ask() == ["utuh lagi"]


def test_of_two_extractors_the_newer_one_counts(shelf: Shelf) -> None:
    shelf.put({"number": 1, "title": "versi 9", "extractor": "9"}, name="a")
    same = shelf.index.ask(Question()).hits[0].row.facts
    shelf.put({"number": 1, "title": "versi 10", "extractor": "10", "captured": same["captured"]}, name="b")
    assert shelf.ask() == ["versi 10"]


def test_versions_of_an_article_stand_side_by_side(shelf: Shelf) -> None:
    shelf.put({"number": 1, "title": "satu"}, name="a")
    shelf.put({"number": 1, "title": "dua", "version": 2}, name="b")
    assert [row.facts["title"] for row in shelf.index.versions("contoh", "contoh:contoh.test:1")] == ["satu", "dua"]
    assert shelf.index.versions("contoh", "contoh:contoh.test:2") == []
    assert shelf.index.size() == (2, 1, 2)


def test_a_part_is_read_once_and_forgotten_when_it_is_gone(shelf: Shelf) -> None:
    path = shelf.put({"title": "lama", "text": "terhapus"})
    shelf.put({"title": "tetap"})
    assert shelf.refresh() == 0
    assert len(shelf.files.read_keys) == 2
    path.unlink()
    shelf.refresh()
    assert shelf.ask("terhapus") == []
    assert shelf.ask() == ["tetap"]
    assert len(shelf.files.read_keys) == 2


def test_a_damaged_part_is_named_and_the_others_are_found_and_mended_it_is_read(shelf: Shelf) -> None:
    shelf.put({"title": "utuh"})
    path = shelf.put({"title": "satu"}, {"title": "dua"})
    whole = path.read_bytes()
    path.write_bytes(gzip.compress(gzip.decompress(whole).splitlines(keepends=True)[0] + b'{"id": 1}\nrusak'))
    shelf.index.close()
    (shelf.state / "search.sqlite3").unlink()
    shelf.index = shelf.open()
    shelf.refresh()
    assert set(shelf.ask()) == {"utuh", "satu"}
    [said] = shelf.complaints
    assert str(path) in said
    path.write_bytes(whole)
    shelf.refresh()
    assert set(shelf.ask()) == {"utuh", "satu"}
    shelf.index.close()
    shelf.index = shelf.open()
    shelf.refresh()
    assert set(shelf.ask()) == {"utuh", "satu", "dua"}


@pytest.mark.parametrize(
    "facts",
    [
        {"id": "lain:contoh.test:1"},
        {"outlet": "../../etc"},
        {"version": 0},
        {"version": 1 << 70},
        {"text": None},
        {"title": 7},
        {"captured": "kemarin"},
        {"captured": "2026-11-01T00:00:00"},
        {"captures": [{"warc": 1}]},
        {"origins": []},
        {"captures": {}},
    ],
)
def test_a_row_that_cannot_be_one_is_named_and_passed_over(shelf: Shelf, facts: dict[str, Any]) -> None:
    shelf.put({"title": "rusak", **facts}, {"title": "utuh"})
    assert shelf.ask() == ["utuh"]
    assert "line 1 is no row" in shelf.complaints[0]


def test_a_folder_that_cannot_be_read_makes_nobody_forget(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put({"title": "tetap"})

    def refuse(*_: object, **__: object) -> Iterator[str]:
        raise PermissionError(13, "Permission denied", "articles")

    monkeypatch.setattr(shelf.files, "keys", refuse)
    with pytest.raises(PermissionError):
        shelf.refresh()
    assert shelf.ask() == ["tetap"]


def test_a_row_of_an_older_shape_has_all_fields(shelf: Shelf) -> None:
    row = shelf.library.row("contoh", 1, [], title="lama")
    for name in ("text_confidence", "drift", "opt_out", "origins", "syndicated_from"):
        del row[name]
    shelf.library.part("contoh", [row])
    shelf.refresh()
    [hit] = shelf.index.ask(Question()).hits
    assert (hit.row.facts["opt_out"], hit.row.facts["origins"], hit.row.facts["drift"]) == ([], {}, False)


@pytest.mark.parametrize("what", ["other version", "no database", "damaged"])
def test_an_index_that_cannot_be_used_is_made_anew(shelf: Shelf, what: str) -> None:
    shelf.put(*({"title": f"nomor {number}", "text": "kata " * 500} for number in range(50)))
    shelf.index.close()
    path = shelf.state / "search.sqlite3"
    if what == "other version":
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA user_version = 99")
    elif what == "no database":
        path.write_bytes(b"bukan basis data" * 1000)
    else:
        data = bytearray(path.read_bytes())
        data[4096:] = bytes(len(data) - 4096)
        path.write_bytes(data)
    shelf.index = shelf.open()
    assert shelf.refresh() == 50
    assert shelf.index.ask(Question(typed="kata")).total == 50


def test_an_index_that_somebody_has_open_is_not_taken_away(shelf: Shelf) -> None:
    shelf.put({"title": "satu"})
    with closing(sqlite3.connect(shelf.state / "search.sqlite3")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="another scrapy serve has it open"):
        shelf.open()


def test_two_that_read_at_once_enter_each_row_once(shelf: Shelf) -> None:
    for number in range(30):
        shelf.library.part("contoh", [shelf.library.row("contoh", number, [])])
    with closing(shelf.open()) as other:
        counts: list[int] = []
        work = [
            threading.Thread(
                target=lambda index=index: counts.append(index.refresh(shelf.files, lambda *_: None, print))
            )
            for index in (shelf.index, other)
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        assert sum(counts) == 30
        assert other.size() == (30, 30, 30)


def test_who_stops_in_the_middle_goes_on_from_there(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.search.index._AT_ONCE", 1)
    for number in range(5):
        shelf.library.part("contoh", [shelf.library.row("contoh", number, [])])

    def stop(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shelf.index.refresh(shelf.files, stop, print)
    assert shelf.index.size().versions == 2
    assert shelf.refresh() == 3


def test_a_bucket_is_searched_and_proved_like_a_folder(shelf: Shelf, quick_bucket: Place, tmp_path: Path) -> None:
    [[ref]] = shelf.library.keep("contoh", (1, {"title": "Dari ember"}, [(b"<p>isi</p>", "")]))
    shelf.refresh()
    put(shelf.root, quick_bucket, *shelf.files.read_keys, ref.warc)
    with (
        closing(files_of(quick_bucket.uri, str(tmp_path / "k"))) as files,
        closing(SearchIndex(tmp_path / "i")) as index,
    ):
        assert index.refresh(files, lambda *_: None, print) == 1
        [hit] = index.ask(Question(typed="ember")).hits
        assert hit.row == shelf.index.ask(Question()).hits[0].row
        assert proof.examine(files, ref).differences == []
        both = [
            wacz.write_article(one, [hit.row.facts], tmp_path / f"{len(one.name)}.wacz") for one in (files, shelf.files)
        ]
    assert both[0].path.read_bytes() == both[1].path.read_bytes()
