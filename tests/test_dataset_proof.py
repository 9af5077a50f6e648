"""A dataset that is verified: its files by their digests, its rows by the bytes that they were made of."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.dataset.names import PACKAGE
from archive.faults import Fault, Kind
from archive.files import OnDisk, refuse
from archive.verification import evidence
from crawler.bulk import Bulk
from tests.buckets import Place
from tests.proofs import Row, rows_of, seal, sums, verify
from tests.runs import environment, read_lines, scrapy, started
from tests.test_verify_bucket import put

KINDS = {
    Kind.CHECKSUMS,
    Kind.FILE_MISSING,
    Kind.FILE_EXTRA,
    Kind.DATAPACKAGE,
    Kind.ROW_FIELD,
    Kind.ROW_MISSING,
    Kind.ROW_NOT_DERIVED,
}


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_every_row_of_a_sound_dataset_is_derived_again(proved_archive: Path, form: str) -> None:
    status, lines, log = verify(f"berita-{form}", proved_archive)
    assert (status, log) == (0, "")
    assert lines == ["no faults in 6 files, 3 rows: 3 derived again"]


def test_every_field_that_is_not_what_the_archive_gives_is_a_line_of_its_own(
    proved_archive: Path, downloaded: Path
) -> None:
    first, second, third = rows_of(downloaded)
    text = second["text"] + "\n\nKalimat yang tidak pernah ditulis siapa pun."
    other = {**first["captures"][0], "record_id": "<urn:uuid:00000000-0000-4000-8000-000000000000>"}
    copy = {name: third[name] for name in ("id", "version", "outlet", "url", "published", "captures")}
    path = seal(
        downloaded,
        (
            first | {"title": "Judul lain", "words": first["words"] + 1},
            second | {"text": text, "text_sha256": hashlib.sha256(text.encode()).hexdigest()},
            first | {"captures": [other]},
            first | {"captures": [{**first["captures"][0], "offset": 1}]},
            first | {"url": "https://intisari.grid.id/read/031/lain", "captured": "2020-01-01T00:00:00+00:00"},
            first | {"id": "intisari:intisari.grid.id:1"},
            first | {"text": "tanpa digest"},
            first | {"duplicates": [copy]},
            first | {"duplicates": [{**copy, "url": "https://intisari.grid.id/read/031/lain"}]},
            first | {"extractor": "0", "title": "Apa saja"},
            first | {"outlet": "tutup", "id": "tutup:1"},
            {"id": 7},
        ),
    )
    status, lines, log = verify(downloaded, proved_archive)
    assert (status, log) == (10, "")
    told = [line.removeprefix(f"{path}:").split(": ")[:3] for line in lines[:-2]]
    assert [found[: 2 if found[1] in {"row", "row-missing", "row-text"} else 3] for found in told] == [
        ["1", "row-field", "title"],
        ["1", "row-field", "words"],
        ["2", "row-field", "text"],
        ["2", "row-field", "text_sha256"],
        ["3", "row-differs", "captures"],
        ["3", "row-field", "captures"],
        ["4", "row-record", "captures"],
        ["4", "row-field", "captures"],
        ["5", "row-field", "url"],
        ["5", "row-field", "captured"],
        ["6", "row-missing"],
        ["7", "row-text"],
        ["8", "row-field", "duplicates"],
        ["9", "row-field", "duplicates"],
        ["9", "row-field", "duplicates"],
        ["11", "row-missing"],
        *[["12", "row"]] * 4,
    ]
    assert "the dataset has 'Judul lain', its captures give '" in lines[0]
    assert "Kalimat yang tidak pernah" in lines[2]
    assert lines[-2].startswith("2 rows of other extractors or rules than today's: 1 by extractor 0 with rules ")
    assert lines[-1] == "20 faults in 6 files, 12 rows: 2 of other extractors or rules"


@pytest.mark.parametrize(
    "wrong",
    [
        {"outlet": ["intisari"]},
        {"captured": None},
        {"captured": "0001-01-01T00:00:00+14:00"},
        {"schema": 1},
        {"captures": [{"url": "x", "warc": "../../etc/passwd", "offset": -1, "length": 1 << 70}]},
        {"rules": None},
        {"duplicates": None},
        {"duplicates": [7]},
        {"duplicates": [{"id": [], "outlet": [], "url": [], "version": 1, "captures": []}]},
        {"duplicates": [{"id": "a", "outlet": "b", "url": "c", "version": 1, "captures": [{}]}]},
        {"duplicates": [{"id": "a", "outlet": "../b", "url": "c", "version": 1, "captures": []}]},
        {"title": "\ud800"},
        {"outlet": "x/../../.."},
        {"outlet": "a\0b"},
    ],
)
def test_a_row_that_is_none_is_a_fault_whoever_wrote_it(downloaded: Path, wrong: Row) -> None:
    row = rows_of(downloaded)[0]
    assert evidence.wrong(1, row) == []
    assert {fault.kind for fault in evidence.wrong(1, row | wrong)} == {Kind.ROW}


def test_a_capture_that_can_be_no_record_is_not_looked_for(proved_archive: Path, downloaded: Path) -> None:
    row = rows_of(downloaded)[0]
    hostile = {**row["captures"][0], "warc": "warc/../../../etc/passwd.warc.gz", "offset": 1 << 70}
    found = held_against(proved_archive, row, row | {"captures": [hostile]})
    assert [(fault.kind, fault.detail.partition(".")[0]) for fault in found[:1]] == [
        (Kind.ROW_RECORD, "captures: The row points at nothing that can be a record of an archive")
    ]


def test_when_a_duplicate_was_published_is_what_the_archive_says(proved_archive: Path, downloaded: Path) -> None:
    row = rows_of(downloaded)[0]
    copy = {name: row[name] for name in ("id", "version", "outlet", "url", "published", "captures")}
    assert held_against(proved_archive, row, row | {"duplicates": [copy]}) == []
    [fault] = held_against(
        proved_archive, row, row | {"duplicates": [copy | {"published": "2020-01-01T00:00:00+07:00"}]}
    )
    assert fault.detail.startswith(f"duplicates: '{row['id']}': published: the dataset has ")


def held_against(root: Path, original: Row, row: Row, *, whole: bool = True) -> list[Fault]:
    """What an archive says against a row of a dataset; `original` is the archive's own."""
    with closing(evidence.Evidence(OnDisk(root))) as found:
        found.gather(iter([original]), refuse, lambda _: None)
        return [*found.faults(row, whole=whole)]


def test_a_row_of_an_older_extractor_is_compared_with_the_archive_s_own(proved_archive: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(proved_archive, tmp_path / "data"))
    rows = [row | {"extractor": "0"} for row in read_lines(root, "articles/**/*.gz")]
    [part] = root.glob("articles/**/*.gz")
    part.write_bytes(gzip.compress(b"".join(json.dumps(row).encode() + b"\n" for row in rows)))
    row = rows[0] | {"duplicates": [], "cluster": None, "cluster_share": None}
    assert held_against(root, row, row) == []
    [fault] = held_against(root, row, row | {"title": "Judul lain"})
    assert fault.detail == "title: the dataset has 'Judul lain', the archive something else"
    assert held_against(root, row, row | {"title": "Judul lain", "extractor": "00"}) == []


def test_rows_of_a_part_under_a_foreign_name_count_like_others(
    proved_archive: Path, downloaded: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(proved_archive, tmp_path / "data"))
    for path in root.glob("articles/**/*.jsonl.gz"):
        path.rename(path.with_name("asing.jsonl.gz"))
    with closing(evidence.Evidence(OnDisk(root))) as found:
        rows = rows_of(downloaded)
        found.gather(iter(rows), refuse, lambda _: None)
        assert [[*found.faults(row, whole=True)] for row in rows] == [[] for _ in rows]


def test_a_row_that_a_rebuild_takes_for_no_article_is_not_missing(proved_archive: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(proved_archive, tmp_path / "data"))
    rows = read_lines(root, "articles/**/*.gz")
    [part] = root.glob("articles/**/*.gz")
    part.unlink()
    row = rows[0] | {"duplicates": [], "cluster": None, "cluster_share": None}
    assert [fault.kind for fault in held_against(root, row, row)] == [Kind.ROW_MISSING]
    dropped = root / part.relative_to(root).as_posix().replace("articles/", "dropped/")
    dropped.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(row | {"verdict": "listing", "reason": "links"}).encode() + b"\n" for row in rows)
    dropped.write_bytes(gzip.compress(b"".join(lines)))
    assert held_against(root, row, row) == []
    dropped.write_bytes(b"rusak")  # then nobody knows
    assert held_against(root, row, row) == []


def test_a_row_that_today_s_rules_make_nothing_of_is_named(
    proved_archive: Path, downloaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(self: Bulk, rows: Iterable[Row]) -> Iterator[tuple[Row, Row | str]]:  # noqa: ARG001
        made = iter(("its extraction came to no end", {"verdict": "listing", "reason": "links"}))
        return zip(rows, made, strict=True)

    monkeypatch.setattr(Bulk, "reread", judged)
    first, second, _ = rows_of(downloaded)
    path = seal(downloaded, (first, second))
    assert verify(downloaded, proved_archive)[1] == [
        f"{path}:1: row-not-derived: its extraction came to no end",
        f"{path}:2: row-field: verdict: the dataset has an article, and its captures give listing: links",
        "2 faults in 6 files, 2 rows",
    ]


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_row_says_of_its_day_is_what_the_archive_says(
    proved_archive: Path,
    downloaded: Path,
    whole: bool,  # noqa: FBT001
) -> None:
    row = rows_of(downloaded)[0]
    forged = row | {"drift": True, "opt_out": ["robots.txt: GPTBot"]}
    assert [fault.detail for fault in held_against(proved_archive, row, forged, whole=whole)] == [
        "drift: the dataset has 'true', the archive 'false'",
        "opt_out: the dataset has '[\"robots.txt: GPTBot\"]', the archive '[]'",
    ]
    assert (
        held_against(proved_archive, row, forged | {"rules": "0" * 64}, whole=whole) == []
    )  # those of today may mend it


def test_a_row_that_is_marked_for_drift_and_was_not_is_a_fault(proved_archive: Path, downloaded: Path) -> None:
    path = seal(downloaded, [row | {"drift": True} for row in rows_of(downloaded)])
    status, lines, _ = verify(downloaded, proved_archive)
    assert status == 10
    assert lines == [
        *(f"{path}:{number}: row-field: drift: the dataset has 'true', the archive 'false'" for number in (1, 2, 3)),
        "3 faults in 6 files, 3 rows",
    ]


def test_a_sample_is_the_same_rows_on_every_machine(proved_archive: Path, downloaded: Path) -> None:
    rows = rows_of(downloaded)
    [chosen] = sorted(rows, key=lambda row: hashlib.sha256(f"{row['id']}\n{row['version']}".encode()).digest())[:1]
    seal(downloaded, [row | {"title": "Judul lain"} for row in rows])
    status, lines, _ = verify(downloaded, proved_archive, "--sample", "1")
    assert (status, len(lines)) == (10, 2)
    assert f":{1 + rows.index(chosen)}: row-field: title: " in lines[0]
    assert lines[-1] == "1 fault in 6 files, 1 row"


def test_without_an_archive_the_files_alone_are_checked(downloaded: Path, tmp_path: Path) -> None:
    status, lines, log = verify(downloaded, tmp_path / "kosong")
    assert (status, log) == (0, "")
    assert lines == [
        "There is no archive at ARCHIVE_URI: the files of the dataset were checked, and its rows were not.",
        "no faults in 6 files, 0 rows",
    ]


def test_of_a_format_without_whole_rows_the_files_alone_are_checked(proved_archive: Path, downloaded: Path) -> None:
    (downloaded / PACKAGE).write_text(json.dumps(json.loads((downloaded / PACKAGE).read_bytes()) | {"format": "csv"}))
    sums(downloaded)
    status, lines, _ = verify(downloaded, proved_archive)
    assert status == 0
    assert lines[0].startswith("The files of the dataset were checked, and its rows were not: csv does not hold them")


def test_a_dataset_in_a_bucket_is_held_against_the_archive_there(
    proved_archive: Path, tmp_path: Path, quick_bucket: Place
) -> None:
    put(proved_archive, quick_bucket)
    asked = ("verify", "--dataset", "berita-parquet", "-s", f"STATE_DIR={tmp_path}/state")
    env = environment() | quick_bucket.env  # workers have that of the first who began one in this process
    status, out, log = started(*asked, env=env)
    assert (status, log) == (0, "")
    assert out.startswith("no faults in 6 files, 3 rows: 3 derived again; rows sha256:")
    [rows] = (proved_archive / "datasets" / "berita-parquet").glob("data/**/*.parquet")
    key = rows.relative_to(proved_archive).as_posix()
    quick_bucket.put(key, rows.read_bytes()[:-1])
    status, out, _ = started(*asked, env=env)
    assert status == 10
    assert out.startswith(f"{quick_bucket.uri}/{key}:0: file-digest: ")
    assert out.endswith("\n1 fault in 6 files, 0 rows\n")


def test_an_article_that_was_taken_down_is_named_as_that(proved_archive: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(proved_archive, tmp_path / "data"))
    url = rows_of(root / "datasets" / "berita-jsonl")[0]["url"]
    status, out, log = scrapy("takedown", url, "--reason", "hak jawab: rahasia", "-s", f"ARCHIVE_URI={root}")
    assert status == 0, out + log
    status, lines, log = verify("berita-jsonl", root)
    assert (status, log) == (0, "")
    assert ":1: taken-down: intisari:" in lines[0]
    assert lines[0].endswith(" (hak jawab): take it out of the dataset")
    assert lines[1:] == ["no faults in 6 files, 3 rows: 1 taken down, 2 derived again"]
    unloaded = Path(shutil.copytree(root / "datasets" / "berita-jsonl", tmp_path / "unduhan"))
    gone, first, _ = rows_of(unloaded)
    copy = {name: gone[name] for name in ("id", "version", "outlet", "url", "published", "captures")}
    seal(unloaded, [first | {"duplicates": [copy]}])
    status, lines, log = verify(unloaded, root)
    assert (status, log) == (0, "")
    assert f":1: taken-down: duplicates: {gone['id']} was taken down on " in lines[0]
    assert lines[1:] == ["no faults in 6 files, 1 row: 1 derived again"]
    for form, name in (("csv", "berita-jsonl"), ("txt", "berita-jsonl"), ("wet", "lain")):
        package = json.loads((unloaded / PACKAGE).read_bytes()) | {"format": form, "name": name}
        (unloaded / PACKAGE).write_text(json.dumps(package))
        sums(unloaded)
        status, [*told, sentence, last], _ = verify(unloaded, root)
        is_told = name == "berita-jsonl"
        assert (status, len(told)) == (0, is_told)
        assert all(line.startswith(f"taken-down: {gone['id']} was taken down on ") for line in told)
        assert all(line.endswith(" (hak jawab): take it out of the dataset") for line in told)
        assert sentence.startswith(f"The files of the dataset were checked, and its rows were not: {form} does not")
        assert last == f"no faults in 6 files, 0 rows{': 1 taken down' * is_told}"
    began, done = sorted((root / "takedowns").rglob("*.json"))
    for entry in (began, done):
        entry.write_bytes(entry.read_bytes()[:-1])
    status, [*told, row, last], _ = verify("berita-jsonl", root)
    assert status == 10
    assert [line.partition(":0: takedown: it was changed")[0] for line in told] == [str(began), str(done)]
    assert ":1: taken-down: intisari:" in row  # the list has it
    assert last == "2 faults in 6 files, 3 rows: 1 taken down, 2 derived again"
