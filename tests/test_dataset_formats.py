"""The formats of a dataset, read by the tools of those who use them: the lines of docs/datasets.md, as they are."""

from __future__ import annotations

import csv
import gc
import gzip
import io
import json
import re
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator

from archive.dataset.lines import line
from archive.dataset.read import open_dataset
from archive.dataset.write import FORMATS
from archive.errors import ArgumentError, Damaged
from archive.reader import Record, read
from tests.datasets import Stock, checksums, content, ref
from tests.runs import ROOT

DOCS = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
SNIPPETS = {code.partition("\n")[0][2:]: code for code in re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)}


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    stock = Stock(tmp_path)
    stock.put(
        {"number": 1, "tags": ["beras", 'harga "naik"'], "published": "2026-11-20T07:15:00+07:00"},
        {"number": 2, "title": "=HYPERLINK(1)", "published": None, "authors": ["Siti", "Budi"]},
    )
    stock.put({"number": 3, "paragraphs": ['Baris\rsatu, "dua"', "Nol\0 dan 🐟"], "free": False}, outlet="detik")
    return stock


@pytest.mark.parametrize("name", list(SNIPPETS))
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")
def test_a_line_of_the_docs_loads_all_rows(
    stock: Stock, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    form = next((form for label, form in (("JSON", "jsonl"), ("CSV", "csv")) if label in name), "parquet")
    monkeypatch.chdir(stock.build(form))
    found: dict[str, Any] = {}
    exec(SNIPPETS[name], found)
    frame = found["frame"]
    assert len(frame) == (2 if name == "DuckDB" else 3)  # that one counts by outlet
    columns = frame.column_names if hasattr(frame, "column_names") else list(frame.columns)
    assert "outlet" in columns


def test_the_docs_have_a_line_for_each_tool() -> None:
    assert len(SNIPPETS) == 8


@pytest.mark.parametrize("name", [name for name in SNIPPETS if "JSON" in name or "CSV" in name])
def test_a_line_of_the_docs_changes_no_value(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stock = Stock(tmp_path)
    odd = ["2024", "007", "1e5", "NA", "null", "true", "2026-11-20", "'a\r\nb", 'a;b,"c"\td', "1,5"]
    facts = {"language_confidence": 0.8765432109876543, "published": None, "free": None}
    stock.put(*({"number": at, "title": title, "section": title, **facts} for at, title in enumerate(odd, 1)))
    stock.put({"number": 1, "title": "2025", "free": True}, outlet="detik")
    form = "jsonl" if "JSON" in name else "csv"
    monkeypatch.chdir(stock.build(form))
    found: dict[str, Any] = {}
    exec(SNIPPETS[name], found)
    read = {row["id"]: row for row in found["frame"].to_dict("records")}
    wanted = {row["id"]: row for row in stock.rows()}
    if form == "csv":
        wanted = {row["id"]: row for path in Path().rglob("*.csv.gz") for row in csv_rows(path)}
    assert read.keys() == wanted.keys()
    for key, row in wanted.items():
        told = {column: value for column, value in read[key].items() if not is_missing(value)}
        assert told == {column: value for column, value in row.items() if not is_missing(value)}


def is_missing(value: Any) -> bool:
    """NaN is what pandas has for null."""
    return value is None or value == "" or value != value  # noqa: PLR0124


def test_parquet_has_instants_in_utc_beside_those_of_the_outlets_clock_and_typed_columns(stock: Stock) -> None:
    table = pq.ParquetFile(stock.build() / "data/tribun/2026-11/part-00000.parquet").read()
    first = table.slice(0, 1).to_pylist()[0]
    assert first["published"] == datetime(2026, 11, 20, 0, 15, tzinfo=UTC)
    assert first["published_iso"] == "2026-11-20T07:15:00+07:00"
    assert first["captures"][0]["offset"] == 1000
    assert first["origins"]["text"] == "rule"
    types = {field.name: str(field.type) for field in table.schema}
    assert types["published"] == "timestamp[us, tz=UTC]"
    assert types["tags"] == "list<element: string not null>"
    assert (types["words"], types["complete"], types["cluster_share"]) == ("int64", "bool", "double")


def test_an_instant_outside_of_the_calendar_of_utc_is_kept_as_text(stock: Stock) -> None:
    moments = ["0001-01-01T00:00:00+07:00", "9999-12-31T23:30:00-07:00"]
    stock.put(*({"number": 10 + at, "published": moment} for at, moment in enumerate(moments)), outlet="intisari")
    folder = stock.build(outlets=("intisari",))
    dataset = open_dataset(folder)
    assert [row["published"] for row in dataset.rows()] == moments
    assert [file.path for file in dataset.files if file.rows] == [
        "data/intisari/0001-01/part-00000.parquet",
        "data/intisari/9999-12/part-00000.parquet",
    ]
    tables = [pq.ParquetFile(folder / file.path).read(["published"]) for file in dataset.files if file.rows]
    assert [table.to_pylist() for table in tables] == [[{"published": None}]] * 2


def test_csv_keeps_formulas_lists_and_line_ends_and_only_nul_becomes_another_character(stock: Stock) -> None:
    folder = stock.build("csv")
    [detik] = csv_rows(folder / "data/detik/2026-11/part-00000.csv.gz")
    assert detik["text"] == 'Baris\rsatu, "dua"\n\nNol\ufffd dan 🐟'
    assert (detik["free"], detik["complete"], detik["section"]) == ("false", "true", "")
    one, two = csv_rows(folder / "data/tribun/2026-11/part-00000.csv.gz")
    assert json.loads(one["tags"]) == ["beras", 'harga "naik"']
    assert (two["title"], two["published"], two["tags"]) == ("=HYPERLINK(1)", "", "")
    assert json.loads(two["captures"])[0]["record_id"] == ref("tribun", 2).record_id


def test_texts_are_files_whose_names_sort_by_time_and_are_good_on_windows(stock: Stock) -> None:
    stock.put(
        {
            "number": 7,
            "title": "Apa? <CON>: 'a/b\\c|d*' . " + "panjang " * 40,
            "published": "2026-11-19T23:59:00+07:00",
        },
        {"number": 8, "title": "Хлеб", "published": "2026-11-21T00:00:00+07:00"},
        {"number": 9, "title": None, "published": "2026-11-21T00:01:00+07:00", "paragraphs": ["Tanpa judul."]},
    )
    folder = stock.build("txt", outlets=("tribun",))
    paths = sorted(path.relative_to(folder).as_posix() for path in (folder / "text").rglob("*"))
    names = [path.rpartition("/")[2] for path in paths if path.endswith(".txt")]
    assert [name[:15] for name in names] == sorted(name[:15] for name in names)
    assert names[0].startswith("2026-11-19-2359-apa-con-a-b-c-d-panjang-")
    assert all(re.fullmatch(r"[a-z0-9-]{1,100}\.txt", name) for name in names)
    facts = {line["id"]: line for line in open_dataset(folder).facts()}
    first = facts["tribun:tribun.test:1"]
    written = (folder / first["file"]).read_text(encoding="utf-8")
    assert written.startswith("Berita nomor 1\n\n")
    assert first["words"] == str(len(written.partition("\n\n")[2].split()))
    assert "text" not in first
    assert (folder / facts["tribun:tribun.test:9"]["file"]).read_text() == "Tanpa judul.\n"
    assert {line["file"] for line in facts.values()} == {path for path in paths if path.endswith(".txt")}


def test_wet_files_are_conversion_records_that_refer_to_the_responses(stock: Stock) -> None:
    stock.put({"number": 4, "url": "https://tribun.test/4\r\nWARC-Type: response", "published": None})
    folder = stock.build("wet", outlets=("tribun",))
    path = folder / "data/tribun/2026-11/part-00000.warc.wet.gz"
    records = [found for found in read(path) if isinstance(found, Record)]
    assert [record.get("WARC-Type") for record in records] == ["warcinfo", "conversion", "conversion", "conversion"]
    facts = {line["id"]: line for line in open_dataset(folder).facts()}
    first = facts["tribun:tribun.test:1"]
    with path.open("rb") as file:
        file.seek(int(first["offset"]))
        [record] = ArchiveIterator(io.BytesIO(file.read(int(first["length"]))))
    headers = record.rec_headers
    assert headers["WARC-Refers-To"] == ref("tribun", 1).record_id
    assert headers["WARC-Target-URI"] == "https://tribun.test/1"
    assert headers["WARC-Record-ID"] == first["record_id"]
    assert len({record.get("WARC-Record-ID") for record in records}) == 4
    with path.open("rb") as file:
        judged = [(one.headers["WARC-Type"], one.verify_block_digest()) for one in FastIterator(file)]
    assert judged == [("warcinfo", True), *[("conversion", True)] * 3]
    assert any("%0D%0AWARC-Type" in (record.get("WARC-Target-URI") or "") for record in records)


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv", "wet"])
def test_no_format_takes_a_full_disk_for_a_file_that_was_written(stock: Stock, form: str) -> None:
    row = next(open_dataset(stock.build("jsonl")).rows())

    def write() -> None:
        with closing(FORMATS[form][0](Path("/dev/full"), "data/x")) as writer:
            writer.add(row, line(row))

    with pytest.raises(OSError, match="No space left on device"):
        write()
    gc.collect()  # what was open complains once more, and here


def test_every_file_is_in_the_checksums_and_sha256sum_agrees(stock: Stock) -> None:
    for form in ("parquet", "txt"):
        folder = stock.build(form)
        listed = checksums(folder)
        assert listed.keys() == content(folder).keys() - {"checksums.sha256"}
        done = subprocess.run(["sha256sum", "-c", "--quiet", "--strict", "checksums.sha256"], cwd=folder, check=False)
        assert done.returncode == 0


def test_the_package_names_each_file_with_its_size_its_digest_and_its_columns(stock: Stock) -> None:
    stock.put({"number": 5}, outlet="berita.test")
    stock.put({"number": 6}, outlet="berita.lain")
    for form in ("parquet", "csv", "wet"):
        folder = stock.build(form)
        package = json.loads((folder / "datapackage.json").read_bytes())
        files = content(folder)
        listed = checksums(folder)
        for resource in package["resources"]:
            assert resource["bytes"] == len(files[resource["path"]])
            assert resource["hash"] == f"sha256:{listed[resource['path']]}"
        assert len({resource["name"] for resource in package["resources"]}) == len(package["resources"])
        card = files["README.md"].decode()
        assert ("scrapy verify --dataset uji " in card) == (form == "parquet")  # others are not proved row by row
        fields = [field["name"] for field in json.loads(files["schema.json"])["fields"]]
        if form == "parquet":
            assert fields == pq.ParquetFile(folder / "data/detik/2026-11/part-00000.parquet").schema_arrow.names
        elif form == "csv":
            assert fields == unfolded(folder / "data/detik/2026-11/part-00000.csv.gz").split("\r\n")[0].split(",")
        else:
            assert fields == files["facts.csv"].split(b"\r\n")[0].decode().split(",")
        assert re.findall("^- `([a-z_0-9]+)`:", card.partition("## Columns")[2], re.MULTILINE) == fields


def test_csv_tells_facts_of_long_texts_and_a_torn_file_is_damage(stock: Stock) -> None:
    stock.put({"number": 4, "paragraphs": ["Kata. " * 40_000]})
    folder = stock.build("csv")
    facts = {line["id"]: line["title"] for line in open_dataset(folder).facts()}
    assert facts == {row["id"]: row["title"] or "" for row in stock.rows()}
    path = folder / "data/tribun/2026-11/part-00000.csv.gz"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(Damaged, match="cannot be read as CSV"):
        list(open_dataset(folder).facts())


def test_formats_without_whole_rows_say_so(stock: Stock) -> None:
    with pytest.raises(ArgumentError, match="build it as parquet or jsonl"):
        next(open_dataset(stock.build("csv")).rows())
    with pytest.raises(ArgumentError, match=r"has no facts\.csv"):
        next(open_dataset(stock.build("jsonl")).facts())


def csv_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(unfolded(path), newline="")))


def unfolded(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()
