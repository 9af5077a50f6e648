"""The WACZ of one article: its own records, byte for byte, and nothing else."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive import wacz
from archive.errors import StorageError
from archive.files import OnDisk
from archive.reader import Record, read
from archive.search.index import SearchIndex
from tests.library import Library, fill
from tests.replay import judge
from tests.shelf import entries, facts, index, pages, warcs


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return fill(tmp_path_factory.mktemp("arsip"))


@pytest.fixture(scope="module")
def found(library: Library) -> Iterator[SearchIndex]:
    with closing(SearchIndex(library.root / "search.sqlite3")) as made:
        made.refresh(OnDisk(library.root), lambda *_: None, print)
        yield made


def rows(found: SearchIndex, outlet: str, number: int = 1) -> list[dict[str, Any]]:
    return [row.facts for row in found.versions(outlet, f"{outlet}:{outlet}.test:{number}")]


def written(library: Library, article: list[dict[str, Any]], path: Path) -> Path:
    return wacz.write_article(OnDisk(library.root), article, path / "a.wacz").path


def test_it_holds_every_version_and_py_wacz_calls_it_valid(
    library: Library, found: SearchIndex, tmp_path: Path
) -> None:
    article = rows(found, "tribun")
    path = written(library, article, tmp_path)
    assert [page["id"] for page in pages(path)] == ["tribun:tribun.test:1:1", "tribun:tribun.test:1:2"]
    assert [page["title"] for page in pages(path)] == [row["title"] for row in article]
    assert len(index(path)) == 2
    assert {(page["url"], page["ts"]) for page in pages(path)} == {
        (row["captures"][0]["url"], f"2026-11-20T01:{minute}:00Z")
        for row, minute in zip(article, ("00", "21"), strict=True)
    }
    done = subprocess.run(
        [judge("wacz"), "validate", "-f", str(path)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert "the passed WACZ is valid" in done.stdout, done.stdout + done.stderr


def test_its_records_are_the_archive_s_own_bytes_with_request_and_description(
    library: Library, found: SearchIndex, tmp_path: Path
) -> None:
    [row] = rows(found, "intisari", 2)
    path = written(library, [row], tmp_path)
    [name] = warcs(path)
    data = entries(path)[f"archive/{name}"]
    whole = (library.root / row["captures"][0]["warc"]).read_bytes()
    (tmp_path / name).write_bytes(data)
    records = [record for record in read(tmp_path / name) if isinstance(record, Record)]
    assert [record.get("WARC-Type") for record in records] == ["warcinfo", *["response", "request"] * 2]
    assert all(data[one.offset : one.offset + one.length] in whole for one in records)
    for line, capture in zip(index(path), row["captures"], strict=True):
        place = facts(line)
        begin, length = int(place["offset"]), int(place["length"])
        member = whole[capture["offset"] : capture["offset"] + capture["length"]]
        assert data[begin : begin + length] == member
        assert capture["record_id"].encode() in gzip.decompress(member)


def test_the_same_article_gives_the_same_bytes(library: Library, found: SearchIndex, tmp_path: Path) -> None:
    both = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        both.append(written(library, rows(found, "tribun"), tmp_path / name).read_bytes())
    assert both[0] == both[1]


@pytest.mark.parametrize("outlet", ["rusak", "hilang"])
def test_what_is_damaged_or_gone_gives_no_file(
    library: Library, found: SearchIndex, tmp_path: Path, outlet: str
) -> None:
    with pytest.raises(StorageError, match=r"damaged|missing"):
        written(library, rows(found, outlet), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_row_without_records_gives_no_file(library: Library, found: SearchIndex, tmp_path: Path) -> None:
    [row] = rows(found, "ulang")
    with pytest.raises(StorageError, match="names no record"):
        written(library, [row, {**row, "captures": []}], tmp_path)


def test_a_row_that_points_at_no_response_gives_no_file(library: Library, found: SearchIndex, tmp_path: Path) -> None:
    [row] = rows(found, "intisari", 3)
    path = library.root / row["captures"][0]["warc"]
    request = next(one for one in read(path) if isinstance(one, Record) and one.get("WARC-Type") == "request")
    elsewhere = {**row["captures"][0], "offset": request.offset, "length": request.length}
    with pytest.raises(StorageError, match="holds no response"):
        written(library, [{**row, "captures": [elsewhere]}], tmp_path)
