"""The search: what is found, in which order, and how it is marked."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import ArgumentError
from archive.search.index import Question
from archive.search.tables import BEGIN, END
from archive.search.words import expression, passage
from tests.searchable import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "arsip")
    yield made
    made.index.close()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("kafe", {"Kafé di tepi sungai", "Berita lain"}),
        ("KAFÉ sungai", {"Kafé di tepi sungai", "Berita lain"}),
        ('"tepi sungai"', {"Kafé di tepi sungai"}),
        ("“tepi sungai”", {"Kafé di tepi sungai"}),
        ('"sungai tepi"', set()),
        ("sung*", {"Kafé di tepi sungai", "Berita lain"}),
        ('"di tepi sung"*', {"Kafé di tepi sungai"}),
        ("sung", set()),
        ("di AND tepi", {"Perintah AND di tepi"}),
        ("banjir NOT", set()),
        ("banjir", {"Banjir"}),
        ("title:banjir", set()),
        ("kafe - sungai", {"Kafé di tepi sungai", "Berita lain"}),
        ("—", set()),
    ],
)
def test_words_phrases_and_beginnings_are_found(shelf: Shelf, typed: str, found: set[str]) -> None:
    shelf.put(
        {"title": "Kafé di tepi sungai"},
        {"title": "Berita lain", "text": "Sebuah kafe. Sungai."},
        {"title": "Banjir", "text": "Air naik."},
        {"title": "Perintah AND di tepi"},
    )
    assert set(shelf.ask(typed)) == found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(typed=st.text(max_size=40) | st.text(alphabet='"*()^:-+{}ab \0AND', max_size=30))
def test_whatever_is_typed_can_be_asked(typed: str) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE found USING fts5(text, tokenize = 'unicode61 remove_diacritics 2')")
        database.execute("SELECT * FROM found WHERE found MATCH ?", (expression(typed) or '""',)).fetchall()


def test_outlet_and_days_of_publication_narrow_the_search(shelf: Shelf) -> None:
    shelf.put({"title": "satu", "published": "2026-11-01T23:59:59+07:00"}, outlet="tribun")
    shelf.put({"title": "dua", "published": "2026-11-02T00:00:00+07:00"}, outlet="kompas")
    shelf.put({"title": "tiga", "published": None, "captured": "2026-11-03T00:00:00+00:00"}, outlet="kompas")
    assert shelf.index.outlets() == ["kompas", "tribun"]
    assert shelf.ask(outlet="kompas") == ["tiga", "dua"]
    assert shelf.ask("berita", until=date(2026, 11, 1)) == shelf.ask(until=date(2026, 11, 1), typed="isi")
    assert shelf.ask(until=date(2026, 11, 1)) == ["satu"]
    assert shelf.ask(since=date(2026, 11, 2), until=date(2026, 11, 2)) == ["dua"]
    assert shelf.ask("isi", since=date(2026, 11, 2), until=date.max) == ["tiga", "dua"]


def test_the_newest_or_the_best_come_first(shelf: Shelf) -> None:
    shelf.put(
        {"title": "lama", "text": "gempa gempa " + "lain " * 300, "published": "2026-01-01T00:00:00+07:00"},
        {"title": "baru", "text": "gempa " + "lain " * 300, "published": "2026-03-01T00:00:00+07:00"},
        {"title": "gempa", "text": "lain " * 300, "published": "2026-02-01T00:00:00+07:00"},
    )
    assert shelf.ask("gempa") == ["baru", "gempa", "lama"]
    assert shelf.ask("gempa", best=True) == ["gempa", "lama", "baru"]


@pytest.mark.parametrize("asked", [{}, {"typed": "sama"}, {"typed": "sama", "best": True}])
def test_the_pages_of_the_hits_hold_each_hit_once(shelf: Shelf, asked: dict[str, Any]) -> None:
    same = {"published": "2026-11-01T00:00:00+07:00", "text": "sama"}
    shelf.put(*({"title": f"nomor {number}", **same} for number in range(25)))
    seen, after = [], ""
    for _ in range(3):
        found = shelf.index.ask(Question(**asked, after=after), limit=10)
        assert found.total == 25
        seen += [hit.row.facts["title"] for hit in found.hits]
        after = found.rest
    assert after == ""
    assert len(seen) == len({*seen}) == 25


@pytest.mark.parametrize("after", ["x", "1", "1:", "1:2:3", "9" * 40 + ":1", "nan:1", "1; DROP TABLE rows:1"])
def test_a_page_of_the_hits_that_is_none_of_ours_is_refused(shelf: Shelf, after: str) -> None:
    with pytest.raises(ArgumentError, match="begin again at the first"):
        shelf.index.ask(Question(after=after))


def test_marks_are_around_what_was_asked_for_and_nowhere_else(shelf: Shelf) -> None:
    shelf.put({"title": f"{BEGIN}palsu{END} gempa", "text": f"{END}awal gempa {BEGIN}akhir"})
    [hit] = shelf.index.ask(Question(typed="gempa")).hits
    assert hit.title == f" palsu  {BEGIN}gempa{END}"
    assert hit.snippet == f" awal {BEGIN}gempa{END}  akhir"


def test_the_passage_is_the_one_with_most_of_what_was_asked_for(shelf: Shelf) -> None:
    once, twice = "Gempa di selat. " + "Lain dan lain. " * 60, "Lalu gempa, dan lagi gempa. " + "Akhir yang jauh. " * 60
    shelf.put({"title": "Kabar", "text": f"{once}\n\n{twice}"})
    [hit] = shelf.index.ask(Question(typed="gempa")).hits
    assert hit.snippet.startswith("…")
    assert f"Lalu {BEGIN}gempa{END}, dan lagi {BEGIN}gempa{END}." in hit.snippet
    assert hit.snippet.endswith("…")
    assert len(hit.snippet) < 400


def test_a_text_of_one_word_without_end_is_found_at_once_and_not_marked(shelf: Shelf) -> None:
    shelf.put({"title": "Berulang", "text": "kata " * 30_000})
    began = time.process_time()
    [hit] = shelf.index.ask(Question(typed="kata")).hits
    assert time.process_time() - began < 1
    assert hit.snippet == ""


@pytest.mark.parametrize(
    ("marked", "shown"),
    [
        ("tanpa", ""),
        (f"a {BEGIN}b{END} c", f"a {BEGIN}b{END} c"),
        (f"{BEGIN}{'kata ' * 100}{END}", f"{BEGIN}{('kata ' * 60)[:299].rpartition(' ')[0]}{END}…"),
        (f"{BEGIN}{'x' * 400}{END}", f"{BEGIN}{'x' * 299}{END}…"),
    ],
)
def test_marks_are_closed_wherever_a_passage_ends(marked: str, shown: str) -> None:
    assert passage(marked) == shown


def test_a_question_that_takes_too_long_is_given_up(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(*({"title": f"nomor {number}", "text": "kata " * 300} for number in range(300)))
    monkeypatch.setattr("archive.search.index.PATIENCE", 0.0)
    monkeypatch.setattr("archive.search.index._STEPS", 10)
    with pytest.raises(ArgumentError, match="more or longer words"):
        shelf.index.ask(Question(typed="kata"))
