"""The digest of a dataset's rows, which people cite: that of all rows, and none where it is not."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from archive.dataset import write
from archive.dataset.digest import RowsDigest
from archive.dataset.names import PACKAGE
from archive.dataset.read import open_dataset
from tests.datasets import Stock
from tests.proofs import rows_of, seal, sums, verify
from tests.runs import scrapy


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_the_digest_that_people_cite_is_said_and_is_that_of_the_rows(proved_archive: Path, form: str) -> None:
    [path] = proved_archive.glob("datasets/berita-jsonl/data/intisari/*/*.jsonl.gz")
    rows = hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
    cited = hashlib.sha256(f"intisari {path.parent.name} {rows}\n".encode()).hexdigest()
    status, out, _ = scrapy("verify", "--dataset", f"berita-{form}", "-s", f"ARCHIVE_URI={proved_archive}")
    assert status == 0
    assert out.endswith(f"; rows sha256:{cited}\n")


def test_rows_that_are_read_in_any_format_have_the_digest_that_they_were_made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "FILE", 2000)
    stock = Stock(tmp_path)
    for outlet in ("tribun", "detik"):
        rows = [{"number": number, "captured": f"2026-11-{number:02}T05:06:07.5+00:00"} for number in range(1, 9)]
        odd = {"language_confidence": 1, "free": True, "tags": ["a\0b"], "published": "0001-01-01T00:00:00+07:00"}
        same = {"number": 11, "paragraphs": ["Satu teks yang sama."], "published": None}
        stock.put(*rows, {"number": 10, **odd}, same, {**same, "number": 12}, outlet=outlet)
    for form in ("parquet", "jsonl"):
        downloaded, built = stock.built(form)
        dataset, digest = open_dataset(downloaded), RowsDigest()
        for place in dataset.places():
            digest.add(place.path, place.row)
        assert len([file for file in dataset.files if file.rows]) > 4
        assert digest.hexdigest() == built.digest == dataset.package["rows_sha256"]


@pytest.mark.parametrize("wrong", ["order", "digest", "nothing"])
def test_a_dataset_that_is_not_what_people_cite_is_a_fault(proved_archive: Path, downloaded: Path, wrong: str) -> None:
    stated = json.loads((downloaded / PACKAGE).read_bytes())["rows_sha256"]
    if wrong == "order":
        seal(downloaded, reversed(rows_of(downloaded)))
    else:
        stated = "0" * 64 if wrong == "digest" else None
    package = {**json.loads((downloaded / PACKAGE).read_bytes()), "rows_sha256": stated}
    (downloaded / PACKAGE).write_text(json.dumps(package))
    sums(downloaded)
    status, lines, _ = verify(downloaded, proved_archive)
    assert status == 10
    assert lines[0].startswith(f"{downloaded}/{PACKAGE}:0: datapackage: rows_sha256 is '{stated}', and its rows give ")
    assert lines[1:] == ["1 fault in 6 files, 3 rows: 3 derived again"]


def test_no_digest_is_said_where_not_every_row_was_read(proved_archive: Path, downloaded: Path, tmp_path: Path) -> None:
    def said(archive: Path, *arguments: str) -> str:
        return scrapy("verify", "--dataset", str(downloaded), "-s", f"ARCHIVE_URI={archive}", *arguments)[1]

    assert "rows sha256:" in said(proved_archive)
    assert "sha256:" not in said(proved_archive, "--sample", "3")
    assert "sha256:" not in said(tmp_path / "kosong")
    [path] = downloaded.glob("data/**/*.jsonl.gz")
    lines = gzip.decompress(path.read_bytes())
    for torn in (lines[:-9], b"{}\n" + lines, lines.partition(b"\n")[2]):
        path.write_bytes(gzip.compress(torn))
        seal(downloaded)
        assert "sha256:" not in said(proved_archive)
    path.write_bytes(gzip.compress(lines))  # and its digest is no longer that of the list
    assert "sha256:" not in said(proved_archive)


@pytest.mark.parametrize("place", ["data/tambahan.jsonl.gz", "tambahan.jsonl.gz"])
def test_the_digest_of_the_rows_is_of_every_row_wherever_its_file_is(downloaded: Path, place: str) -> None:
    [row, *_] = rows_of(downloaded)
    digests = []
    for paths in ((), (place,), (place, place)):
        digest = RowsDigest()
        for path in ("data/intisari/2026-11/part-00000.jsonl.gz", *paths):
            digest.add(path, row)
        digests.append(digest.hexdigest())
    assert len({*digests}) == 3


def test_a_file_among_the_rows_that_is_said_to_have_none_is_named(proved_archive: Path, downloaded: Path) -> None:
    [path] = downloaded.glob("data/**/*.jsonl.gz")
    extra = path.with_name("part-00001.jsonl.gz")
    shutil.copyfile(path, extra)
    sums(downloaded)
    status, lines, _ = verify(downloaded, proved_archive)
    assert status == 10
    assert lines[0] == f"{extra}:0: file-extra: datapackage.json does not say that it has rows"
    assert lines[1:] == ["1 fault in 7 files, 3 rows: 3 derived again"]
