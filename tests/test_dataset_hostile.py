"""What a dataset does with rows, names and files that mean harm or are broken."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.dataset import lines, parquet
from archive.dataset import read as reading
from archive.dataset.names import check_name, check_new_name
from archive.dataset.read import open_dataset
from archive.dataset.schema import canonical
from archive.dataset.write import FORMATS
from archive.errors import ArgumentError, Damaged
from archive.files import OnDisk
from tests.datasets import Stock, content

DAY = timedelta(hours=23, minutes=59)


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    return Stock(tmp_path)


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "../x", "a..b", ".a", "a.", "A", "berita 2026", "x" * 65, "a\n", "-a", "naïf", "a\0"]
)
def test_a_name_that_could_be_a_path_or_is_hard_to_type_is_refused(name: str) -> None:
    with pytest.raises(ArgumentError, match="cannot be the name of a dataset"):
        check_name(name)


@pytest.mark.parametrize("name", ["archive", "before", "rebuild", "2", "17"])
def test_a_name_that_a_comparison_takes_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"take another name, such as news-{name}"):
        check_new_name(name)
    assert check_new_name(f"news-{name}") == f"news-{name}"
    assert check_new_name("2026") == "2026"


def test_an_archive_without_rows_and_outlets_that_have_none_are_said(stock: Stock) -> None:
    with pytest.raises(ArgumentError, match=r"There are no rows in .*: scrapy crawl OUTLET makes them"):
        stock.build()
    stock.put({"published": "2026-11-02T08:00:00+07:00"}, outlet="detik")
    with pytest.raises(ArgumentError, match="There are no rows of 'trbun'; there are of detik"):
        stock.build(outlets=("trbun",))
    july: dict[str, Any] = {"since": date(2026, 7, 1), "until": date(2026, 7, 31)}
    says = r"There is no row, of any day, of tribun: scrapy crawl tribun -a since=2026-07-01 -a until=2026-07-31 makes"
    with pytest.raises(ArgumentError, match=rf"{says} some; there are of detik\."):
        stock.build(outlets=("tribun",), **july)
    says = r"no row of outlets detik; from 2026-07-01 to 2026-07-31; all languages, and no .* 1 are of other days, 0 of"
    with pytest.raises(ArgumentError, match=rf"{says}.*first: scrapy crawl detik -a since=2026-07-01 -a until=2026-"):
        stock.build(outlets=("detik",), **july)
    with pytest.raises(ArgumentError, match="0 are of other days, 1 of other languages or none, and 0 opted out"):
        stock.build(language="jv")
    card = (stock.build(outlets=("detik", "tribun")) / "README.md").read_text(encoding="utf-8")
    assert "| detik | 2026-11 | 1 |\n| Tribunnews | all | 0 |\n" in card


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"schema": 1}, "line 2: the row has schema '1', and this version makes datasets of rows with schema 2"),
        ({"schema": 3, "baru": 1}, "the row has schema '3'"),
        ({"outlet": "detik"}, "outlet 'detik' do not fit"),
        ({"id": ""}, "do not fit"),
        ({"text": "lain"}, "text_sha256 is"),
        ({"title": 5}, "title cannot be '5'"),
        ({"title": "\ud83d"}, "the line is no JSON"),
        ({"captured": None}, "captured is no time"),
        ({"captured": "0001-01-01T00:00:00+07:00"}, "captured is no time"),
        ({"published": "kemarin"}, "published cannot be"),
        ({"captures": []}, "points at no record"),
        ({"words": 1 << 70}, "a number has more than 64 bits"),
        ({"language_confidence": float("nan")}, "a confidence is not between 0 and 1"),
        ({"origins": {"judul": "rule"}}, "origins names"),
        ({"rahasia": "x"}, "the row has fields that no row has"),
    ],
)
def test_a_row_that_is_none_of_ours_is_named_and_nothing_is_made(
    stock: Stock, facts: dict[str, Any], said: str
) -> None:
    stock.library.part("tribun", [stock.row("tribun", 1), stock.row("tribun", 2) | facts])
    with pytest.raises(Damaged) as caught:
        stock.build()
    assert said in str(caught.value)
    assert "part-" in str(caught.value)
    assert "scrapy rebuild tribun makes" in str(caught.value)


@pytest.mark.parametrize("harm", [b"", b"no gzip", b"cut", b"[1]\n", b"{\n", b'{"a":' * 100_000])
def test_a_part_that_cannot_be_read_is_named(stock: Stock, harm: bytes) -> None:
    path = stock.put({}, {"number": 2})
    whole = path.read_bytes()
    path.write_bytes({b"": b"", b"no gzip": harm, b"cut": whole[:-9]}.get(harm, gzip.compress(harm)))
    with pytest.raises(Damaged, match=r"part-.*line \d+: .*scrapy verify --deep names all that is damaged"):
        stock.build()


def test_a_folder_that_can_be_no_outlet_writes_nothing_elsewhere(stock: Stock) -> None:
    path = stock.put({})
    odd = stock.root / "articles" / "outlet=..\\x" / path.parent.name
    odd.mkdir(parents=True)
    path.rename(odd / path.name)
    with pytest.raises(Damaged, match="can be no outlet: move them away"):
        stock.build()


def test_a_row_of_sixty_megabytes_is_a_row(stock: Stock) -> None:
    stock.put({"paragraphs": ["a" * 60_000_000]}, {"number": 2})
    rows = list(open_dataset(stock.build()).rows())
    assert sorted(len(row["text"]) > 59_000_000 for row in rows) == [False, True]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=4, max_size=6),
    moment=st.datetimes(timezones=st.timezones() | st.timedeltas(-DAY, DAY).map(timezone)),
)
def test_any_text_and_any_instant_come_back_as_they_were(tmp_path: Path, texts: list[str], moment: datetime) -> None:
    title, section, raw, *tags = texts
    facts = {"title": title, "section": section, "published_raw": raw, "tags": tags, "published": moment.isoformat()}
    own: dict[str, Any] = {"duplicates": [], "cluster": None, "cluster_share": None}
    row = json.loads(json.dumps(canonical(Stock(tmp_path).row("tribun") | facts) | own))
    for form, read in (("parquet", parquet.read), ("jsonl", lines.read)):
        with closing(FORMATS[form][0](tmp_path / form, form)) as writer:
            writer.add(row, lines.line(row))
        assert list(read(tmp_path / form)) == [row]


def test_control_characters_are_kept_in_rows_and_cannot_leave_their_place_in_the_card(stock: Stock) -> None:
    odd = "\0\x1b[31m\u202e|\n# Judul `x` <b>"
    stock.put({"title": odd, "language": "|\n# x", "rules": "`|<script>"})
    folder = stock.build()
    [row] = open_dataset(folder).rows()
    assert row["title"] == odd
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| \\| \\# x | 1 |" in card
    assert "\\`\\|\\<script\\>" in card
    assert "<script>" not in card


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": 2}, "is of schema version '2', and this program reads 1"),
        ({"schema_version": None}, "is of schema version 'None'"),
        ({"resources": [{"path": "../../etc/passwd", "hash": "sha256:" + "0" * 64, "bytes": 1}]}, "is none of ours"),
        ({"resources": [{"path": "/etc/passwd", "hash": "sha256:" + "0" * 64, "bytes": 1}]}, "is none of ours"),
        ({"resources": [{"path": "data/x"}]}, "is none of ours"),
        ({"resources": 5}, "is none of ours"),
        ({"resources": [{"path": "x", "hash": "0" * 64, "bytes": float("inf")}]}, "is none of ours"),
        ({"resources": [{"path": "x", "hash": "0" * 64, "bytes": 1}] * 2}, "a file is listed twice"),
        ({"resources": ["x"]}, "is none of ours"),
    ],
)
def test_a_package_that_is_none_of_ours_is_named(stock: Stock, change: dict[str, Any], said: str) -> None:
    stock.put({})
    folder = stock.build()
    path = folder / "datapackage.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(Damaged, match=r"datapackage\.json") as caught:
        open_dataset(folder)
    assert said in str(caught.value)


def test_a_package_larger_than_any_of_ours_is_not_read(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    stock.put({})
    folder = stock.build()
    monkeypatch.setattr(reading, "MAX_PACKAGE", 100)
    with pytest.raises(Damaged, match="more than any of ours"):
        open_dataset(folder)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_a_package_that_is_no_object_is_named(stock: Stock, data: bytes) -> None:
    stock.put({})
    folder = stock.build()
    (folder / "datapackage.json").write_bytes(data)
    with pytest.raises(Damaged, match=r"datapackage\.json"):
        open_dataset(folder)


def test_a_dataset_that_is_not_there_or_not_finished_is_said_with_those_that_are(stock: Stock) -> None:
    stock.put({})
    folder = stock.build()
    folder.rename(stock.root / "datasets")
    home = stock.root / "datasets"
    (stock.root / "lama").mkdir()
    home.rename(stock.root / "lama" / "uji")
    (stock.root / "lama").rename(home)
    files = OnDisk(stock.root)
    assert open_dataset(files, "uji").name == "uji"
    with pytest.raises(ArgumentError, match="There is no dataset lain; there are uji"):
        open_dataset(files, "lain")
    (home / "uji" / "datapackage.json").unlink()
    with pytest.raises(ArgumentError, match="there are none yet: scrapy dataset NAME makes one"):
        open_dataset(files, "uji")
    with pytest.raises(ArgumentError, match=r"is no dataset: there is no datapackage\.json, which is written last"):
        open_dataset(home / "uji")


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_files_that_are_not_what_they_should_be_are_named(stock: Stock, form: str) -> None:
    stock.put({})
    folder = stock.build(form)
    [data] = (path for path in content(folder) if path.startswith("data/"))
    whole = (folder / data).read_bytes()
    for harm in (b"", b"PAR1", whole[:-20], whole[:500] + bytes(200) + whole[700:]):
        (folder / data).write_bytes(harm)
        with pytest.raises(Damaged, match="part-00000"):
            list(open_dataset(folder).rows())


def test_one_long_value_that_many_rows_share_is_in_memory_for_few_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own: dict[str, Any] = {"duplicates": [], "cluster": None, "cluster_share": None}
    row = json.loads(json.dumps(canonical(Stock(tmp_path).row("tribun") | {"text": "a" * (1 << 20)}) | own))
    path, sizes = tmp_path / "x.parquet", list[int]()
    with closing(parquet.Writer(path, path.name)) as writer:
        for _ in range(100):
            writer.add(row, b"")  # all of them in one group
    assert path.stat().st_size < 1 << 18
    iter_batches = pq.ParquetFile.iter_batches

    def counting(self: pq.ParquetFile, *given: Any) -> Iterator[pa.RecordBatch]:
        for batch in iter_batches(self, *given):
            sizes.append(len(batch))
            yield batch

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", counting)
    monkeypatch.setattr(parquet, "_ROOM", 12 << 20)
    assert len(list(parquet.read(path))) == sum(sizes) == 100
    assert 1 < max(sizes) <= 12


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(stock: Stock) -> None:
    stock.put({})
    folder = stock.build("jsonl")
    [path] = folder.glob("data/**/*.jsonl.gz")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(Damaged, match="is not there, or is no file"):
        list(open_dataset(folder).rows())


def test_a_file_with_more_rows_than_are_stated_is_read_no_further(stock: Stock) -> None:
    stock.put({})
    folder = stock.build("jsonl")
    [path] = folder.glob("data/**/*.jsonl.gz")
    row = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(row + b"bukan JSON"))
    with pytest.raises(Damaged, match="cannot be read as JSON Lines"):
        list(open_dataset(folder).rows())
    path.write_bytes(gzip.compress(row + row + b"bukan JSON"))
    with pytest.raises(Damaged, match="has more rows and not 1"):
        list(open_dataset(folder).rows())
