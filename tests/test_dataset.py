"""Which rows a dataset has, and that the same rows give the same bytes."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from archive.dataset import build as building
from archive.dataset import parquet, write
from archive.dataset.read import open_dataset
from archive.layout import rows_key
from tests.datasets import Stock, content, ref, text

JAKARTA = "+07:00"


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    return Stock(tmp_path)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [str(row["id"]).rpartition(":")[2] for row in rows]


def test_an_article_is_there_once_in_its_newest_version_and_a_complete_row_goes_before_a_later_one(
    stock: Stock,
) -> None:
    stock.put({"title": "Lama"}, {"version": 2, "title": "Utuh"})
    stock.put({"version": 2, "title": "Kurang", "complete": False})
    [row] = stock.rows()
    assert (row["title"], row["version"]) == ("Utuh", 2)
    stock.put({"version": 2, "title": "Utuh dan nanti", "captured": "2026-11-21T03:00:00+00:00"})
    stock.put({"version": 2, "title": "Utuh di antaranya", "captured": "2026-11-21T09:00:00+07:00"})
    assert [row["title"] for row in stock.rows()] == ["Utuh dan nanti"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_of_rows_that_lack_a_page_the_one_with_more_captures_is_the_article_s(stock: Stock, jobs: int) -> None:
    refs = [asdict(ref("tribun", number)) for number in (1, 2)]
    late = "2026-11-21T03:00:00+00:00"
    stock.put({"title": "Satu halaman", "complete": False, "captures": refs[:1], "captured": late})
    stock.put({"title": "Dua halaman", "complete": False, "captures": refs})
    stock.put({"number": 2, "title": "Utuh", "captures": refs[:1], "captured": late})
    stock.put({"number": 2, "title": "Utuh, lebih awal", "captures": refs})
    found = open_dataset(stock.build("jsonl", jobs=jobs)).rows()
    assert [(row["title"], len(row["captures"])) for row in found] == [("Dua halaman", 2), ("Utuh", 1)]


def test_only_the_part_of_the_last_rebuild_counts(stock: Stock) -> None:
    stock.put({"title": "Dulu"}, name="20261120000000-abc")
    key = rows_key("articles", "tribun", date(2026, 11, 20), "20261120000000-abc", "3", revision="20270101000000")
    stock.put({"title": "Kini"}).rename(stock.root / key)
    assert [row["title"] for row in stock.rows()] == ["Kini"]
    other = stock.put({"number": 2, "title": "Dari lain"})
    other.rename(other.with_name("tambahan.jsonl.gz"))  # no job's, and nothing has replaced it
    assert [row["title"] for row in stock.rows()] == ["Kini", "Dari lain"]


def test_rows_come_back_from_parquet_and_json_lines_as_they_are_in_the_archive(stock: Stock) -> None:
    facts: dict[str, Any] = {
        "tags": ["a", "b|c"],
        "free": True,
        "language_confidence": 0.9,
        "opt_out": ["robots: noai"],
        "section": None,
    }
    row = stock.row("tribun", **facts, modified="2026-11-20T09:00:00.5+09:00", image_caption='Garis\nbaru, "kutip"')
    stock.library.part("tribun", [row])
    wanted = row | {"duplicates": [], "cluster": None, "cluster_share": None}
    for form in ("parquet", "jsonl"):
        [place] = open_dataset(stock.build(form)).places()
        assert place.row == json.loads(
            json.dumps(wanted, default=lambda ref: {n: getattr(ref, n) for n in ref.__slots__})
        )
        assert (place.number, list(place.row)) == (1, list(wanted))


def test_of_exactly_the_same_texts_the_first_published_has_the_row_and_names_the_others(stock: Stock) -> None:
    same = {"paragraphs": ["Isi yang sama."]}
    stock.put({**same, "published": "2026-11-20T08:00:00+07:00"}, {"number": 2, **same, "published": None})
    stock.put({"number": 3, **same, "published": "2026-11-20T09:30:00+09:00"}, outlet="detik")
    [row] = stock.rows()
    assert row["id"] == "detik:detik.test:3"  # 00:30 UTC, before 01:00; what has no date comes last
    assert [twin["id"] for twin in row["duplicates"]] == ["tribun:tribun.test:1", "tribun:tribun.test:2"]
    first = row["duplicates"][0]
    assert (first["outlet"], first["url"], first["version"]) == ("tribun", "https://tribun.test/1", 1)
    assert first["published"] == "2026-11-20T08:00:00+07:00"
    assert first["captures"][0]["offset"] == 1000
    [again] = open_dataset(stock.build("parquet")).rows()
    assert again["duplicates"] == row["duplicates"]


def test_texts_without_a_word_are_not_joined(stock: Stock) -> None:
    stock.put(*({"number": number, "paragraphs": []} for number in (1, 2)))
    assert ids(stock.rows()) == ["1", "2"]


def test_what_shares_most_of_its_words_is_marked_with_the_first_published_one(stock: Stock) -> None:
    report = text("laporan", words=120)
    stock.put({"paragraphs": [report], "published": "2026-11-20T08:00:00+07:00"}, {"number": 2})
    copy = report.replace("banjir1", "surut1") + " " + text("tambahan", words=10)
    stock.put({"number": 3, "paragraphs": [copy], "published": "2026-11-20T09:00:00+07:00"}, outlet="detik")
    found = {row["id"]: (row["cluster"], row["cluster_share"]) for row in stock.rows()}
    assert found["tribun:tribun.test:1"] == ("tribun:tribun.test:1", 1.0)
    cluster, share = found["detik:detik.test:3"]
    assert cluster == "tribun:tribun.test:1"
    assert 0.7 < share < 1
    assert found["tribun:tribun.test:2"] == (None, None)


def test_days_are_those_of_the_outlets_clock_and_of_capture_where_nobody_says_when_it_was_published(
    stock: Stock,
) -> None:
    stock.put(
        {"number": 1, "published": "2026-11-01T00:30:00+07:00"},  # October in UTC
        {"number": 2, "published": "2026-10-31T23:30:00+07:00"},
        {"number": 3, "published": None, "captured": "2026-11-02T01:00:00+00:00"},
        {"number": 4, "published": "2026-12-01T00:00:00+07:00"},
    )
    _, built = stock.built(since=date(2026, 11, 1), until=date(2026, 11, 30))
    assert built.facts.left_out.period == 2
    folder = stock.build("jsonl")
    found = {place.path: ids([place.row]) for place in open_dataset(folder).places()}
    assert found == {
        "data/tribun/2026-10/part-00000.jsonl.gz": ["2"],
        "data/tribun/2026-11/part-00000.jsonl.gz": ["3"],
        "data/tribun/2026-12/part-00000.jsonl.gz": ["4"],
    }
    assert ids(stock.rows(since=date(2026, 11, 1), until=date(2026, 11, 30))) == ["1", "3"]


def test_language_outlet_and_signals_choose_and_what_is_left_out_is_counted(stock: Stock) -> None:
    stock.put({"number": 1}, {"number": 2, "language": "en"}, {"number": 3, "opt_out": ["robots: noindex"]})
    stock.put({"number": 4}, {"number": 5, "language": None}, outlet="detik")
    folder, built = stock.built("jsonl", outlets=("tribun",), language="id", exclude_opt_out=True)
    assert ids(list(open_dataset(folder).rows())) == ["1"]
    assert built.facts.left_out == (0, 1, 1)
    assert ids(stock.rows(outlets=("detik",))) == ["4", "5"]


def test_a_text_that_is_left_out_stands_for_no_other(stock: Stock) -> None:
    stock.put({"paragraphs": ["Sama."], "opt_out": ["robots: noai"]})
    stock.put({"number": 2, "paragraphs": ["Sama."]}, outlet="detik")
    [row] = stock.rows(exclude_opt_out=True)
    assert (row["id"], row["duplicates"]) == ("detik:detik.test:2", [])


def test_rows_are_sorted_by_publication_and_files_are_of_a_bounded_size(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "FILE", 6000)
    monkeypatch.setattr(parquet, "GROUP", 3000)
    moments = [f"2026-11-20T{hour:02}:00:00{JAKARTA}" for hour in range(20)]
    random.Random(1).shuffle(moments)
    stock.put(*({"number": number, "published": moment} for number, moment in enumerate(moments, 1)))
    for form in ("parquet", "jsonl"):
        dataset = open_dataset(stock.build(form))
        assert [row["published"] for row in dataset.rows()] == sorted(moments)
        data = [file for file in dataset.files if file.rows]
        assert len(data) > 3
        assert sum(file.rows for file in data) == 20
        assert max(file.rows for file in data) < 8


@pytest.mark.parametrize("form", list(write.FORMATS))
def test_the_same_rows_in_any_order_of_parts_at_any_time_give_the_same_bytes(
    stock: Stock, tmp_path: Path, form: str
) -> None:
    rows = [stock.row("tribun", number) for number in range(1, 13)]
    rows += [dict(rows[0], version=2, title=title) for title in ("Satu", "Dua")]  # nothing but their bytes decides
    rows += [dict(rows[3], id=f"tribun:salin:{number}", url=f"https://tribun.test/s{number}") for number in range(3)]
    made = []
    for turn in range(3):
        other = Stock(tmp_path / str(turn))
        random.Random(turn).shuffle(rows)
        for row in rows:
            other.library.part("tribun", [row])
        with time_machine.travel(datetime(2027 + turn, 1, 1, tzinfo=UTC)):
            made.append(content(other.build(form)))
    assert made[0] == made[1] == made[2]


def test_several_processes_make_the_same_bytes_as_one(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "AT_ONCE", 1)
    monkeypatch.setattr(building, "FEW", 0)
    for number in range(1, 7):
        stock.put({"number": number}, {"number": 1, "version": number}, outlet=("tribun", "detik")[number % 2])
    assert content(stock.build(jobs=2)) == content(stock.build(jobs=1))
    forms = {form: stock.built(form)[1].digest for form in write.FORMATS}
    assert len(set(forms.values())) == 1
