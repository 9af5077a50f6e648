"""A dataset that is verified: its files by their digests, its rows by the bytes that they were made of."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.dataset.names import CARD, CHECKSUMS, PACKAGE
from archive.faults import Fault, Kind
from archive.files import OnDisk, refuse
from archive.verification import dataset as of_files
from archive.verification import evidence
from crawler.bulk import Bulk
from tests.buckets import Place
from tests.fakesite import FakeSite
from tests.runs import crawl, environment, read_lines, scrapy, started
from tests.test_verify_bucket import put

Row = dict[str, Any]
KINDS = {
    Kind.CHECKSUMS,
    Kind.FILE_MISSING,
    Kind.FILE_EXTRA,
    Kind.DATAPACKAGE,
    Kind.ROW_FIELD,
    Kind.ROW_MISSING,
    Kind.ROW_NOT_DERIVED,
}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three articles, with a dataset of them in Parquet and one in JSON Lines. Not to be changed."""
    root = tmp_path_factory.mktemp("proof") / "data"
    with FakeSite() as site:
        assert crawl("intisari", root, site).status == 0
    for form in ("parquet", "jsonl"):
        asked = ("dataset", f"berita-{form}", "--format", form, "--jobs", "1", "-s", f"ARCHIVE_URI={root}")
        assert started(*asked, env=environment())[0] == 0
    return root


@pytest.fixture
def folder(crawled: Path, tmp_path: Path) -> Path:
    """A copy of the dataset in JSON Lines, as somebody has it who downloaded it."""
    return Path(shutil.copytree(crawled / "datasets" / "berita-jsonl", tmp_path / "unduhan"))


def verify(dataset: str | Path, archive: Path, *arguments: str) -> tuple[int, list[str], str]:
    """Status, lines, and what was complained of."""
    status, out, log = scrapy("verify", "--dataset", str(dataset), "-s", f"ARCHIVE_URI={archive}", *arguments)
    return status, out.splitlines(), log


def rows_of(folder: Path) -> list[Row]:
    [path] = folder.glob("data/**/*.jsonl.gz")
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def seal(folder: Path, rows: Iterable[Row | bytes] = ()) -> str:
    """Write a dataset's rows, and every digest anew, as whoever wants to deceive would; the path of the rows."""
    [path] = folder.glob("data/**/*.jsonl.gz")
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows]
    if lines:
        path.write_bytes(gzip.compress(b"".join(lines)))
    package = json.loads((folder / PACKAGE).read_bytes())
    for resource in package["resources"]:
        data = (folder / resource["path"]).read_bytes()
        if lines and path.samefile(folder / resource["path"]):
            resource["rows"] = len(lines)
        resource |= {"hash": f"sha256:{hashlib.sha256(data).hexdigest()}", "bytes": len(data)}
    (folder / PACKAGE).write_text(json.dumps(package))
    sums(folder)
    return str(path)


def sums(folder: Path) -> None:
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = (f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  {path}\n" for path in paths)
    (folder / CHECKSUMS).write_text("".join(line for line in lines if not line.endswith(f" {CHECKSUMS}\n")))


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_every_row_of_a_sound_dataset_is_derived_again(crawled: Path, form: str) -> None:
    status, lines, log = verify(f"berita-{form}", crawled)
    assert (status, log) == (0, "")
    assert lines == ["no faults in 6 files, 3 rows: 3 derived again"]


def test_every_field_that_is_not_what_the_archive_gives_is_a_line_of_its_own(crawled: Path, folder: Path) -> None:
    first, second, third = rows_of(folder)
    text = second["text"] + "\n\nKalimat yang tidak pernah ditulis siapa pun."
    other = {**first["captures"][0], "record_id": "<urn:uuid:00000000-0000-4000-8000-000000000000>"}
    copy = {name: third[name] for name in ("id", "version", "outlet", "url", "published", "captures")}
    path = seal(
        folder,
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
    status, lines, log = verify(folder, crawled)
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
def test_a_row_that_is_none_is_a_fault_whoever_wrote_it(folder: Path, wrong: Row) -> None:
    row = rows_of(folder)[0]
    assert evidence.wrong(1, row) == []
    assert {fault.kind for fault in evidence.wrong(1, row | wrong)} == {Kind.ROW}


def test_a_capture_that_can_be_no_record_is_not_looked_for(crawled: Path, folder: Path) -> None:
    row = rows_of(folder)[0]
    hostile = {**row["captures"][0], "warc": "warc/../../../etc/passwd.warc.gz", "offset": 1 << 70}
    found = held_against(crawled, row, row | {"captures": [hostile]})
    assert [(fault.kind, fault.detail.partition(".")[0]) for fault in found[:1]] == [
        (Kind.ROW_RECORD, "captures: The row points at nothing that can be a record of an archive")
    ]


def test_when_a_duplicate_was_published_is_what_the_archive_says(crawled: Path, folder: Path) -> None:
    row = rows_of(folder)[0]
    copy = {name: row[name] for name in ("id", "version", "outlet", "url", "published", "captures")}
    assert held_against(crawled, row, row | {"duplicates": [copy]}) == []
    [fault] = held_against(crawled, row, row | {"duplicates": [copy | {"published": "2020-01-01T00:00:00+07:00"}]})
    assert fault.detail.startswith(f"duplicates: '{row['id']}': published: the dataset has ")


def held_against(root: Path, original: Row, row: Row) -> list[Fault]:
    """What an archive says against a row of a dataset; `original` is the archive's own."""
    with closing(evidence.Evidence(OnDisk(root))) as found:
        found.gather(iter([original]), refuse, lambda _: None)
        return [*found.faults(row, whole=True)]


def test_a_row_of_an_older_extractor_is_compared_with_the_archive_s_own(crawled: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(crawled, tmp_path / "data"))
    rows = [row | {"extractor": "0"} for row in read_lines(root, "articles/**/*.gz")]
    [part] = root.glob("articles/**/*.gz")
    part.write_bytes(gzip.compress(b"".join(json.dumps(row).encode() + b"\n" for row in rows)))
    row = rows[0] | {"duplicates": [], "cluster": None, "cluster_share": None}
    assert held_against(root, row, row) == []
    [fault] = held_against(root, row, row | {"title": "Judul lain"})
    assert fault.detail == "title: the dataset has 'Judul lain', the archive something else"
    assert held_against(root, row, row | {"title": "Judul lain", "extractor": "00"}) == []


def test_rows_of_a_part_under_a_foreign_name_count_like_others(crawled: Path, folder: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(crawled, tmp_path / "data"))
    for path in root.glob("articles/**/*.jsonl.gz"):
        path.rename(path.with_name("asing.jsonl.gz"))
    with closing(evidence.Evidence(OnDisk(root))) as found:
        rows = rows_of(folder)
        found.gather(iter(rows), refuse, lambda _: None)
        assert [[*found.faults(row, whole=True)] for row in rows] == [[] for _ in rows]


def test_a_row_that_a_rebuild_takes_for_no_article_is_not_missing(crawled: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(crawled, tmp_path / "data"))
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
    crawled: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(self: Bulk, rows: Iterable[Row]) -> Iterator[tuple[Row, Row | str]]:  # noqa: ARG001
        made = iter(("its extraction came to no end", {"verdict": "listing", "reason": "links"}))
        return zip(rows, made, strict=True)

    monkeypatch.setattr(Bulk, "reread", judged)
    first, second, _ = rows_of(folder)
    path = seal(folder, (first, second))
    assert verify(folder, crawled)[1] == [
        f"{path}:1: row-not-derived: its extraction came to no end",
        f"{path}:2: row-field: verdict: the dataset has an article, and its captures give listing: links",
        "2 faults in 6 files, 2 rows",
    ]


def test_a_sample_is_the_same_rows_on_every_machine(crawled: Path, folder: Path) -> None:
    rows = rows_of(folder)
    [chosen] = sorted(rows, key=lambda row: hashlib.sha256(f"{row['id']}\n{row['version']}".encode()).digest())[:1]
    seal(folder, [row | {"title": "Judul lain"} for row in rows])
    status, lines, _ = verify(folder, crawled, "--sample", "1")
    assert (status, len(lines)) == (10, 2)
    assert f":{1 + rows.index(chosen)}: row-field: title: " in lines[0]
    assert lines[-1] == "1 fault in 6 files, 1 row"


def test_without_an_archive_the_files_alone_are_checked(folder: Path, tmp_path: Path) -> None:
    status, lines, log = verify(folder, tmp_path / "kosong")
    assert (status, log) == (0, "")
    assert lines == [
        "There is no archive at ARCHIVE_URI: the files of the dataset were checked, and its rows were not.",
        "no faults in 6 files, 0 rows",
    ]


def test_of_a_format_without_whole_rows_the_files_alone_are_checked(crawled: Path, folder: Path) -> None:
    (folder / PACKAGE).write_text(json.dumps(json.loads((folder / PACKAGE).read_bytes()) | {"format": "csv"}))
    sums(folder)
    status, lines, _ = verify(folder, crawled)
    assert status == 0
    assert lines[0].startswith("The files of the dataset were checked, and its rows were not: csv does not hold them")


def test_a_dataset_in_a_bucket_is_held_against_the_archive_there(
    crawled: Path, tmp_path: Path, quick_bucket: Place
) -> None:
    put(crawled, quick_bucket)
    asked = ("verify", "--dataset", "berita-parquet", "-s", f"STATE_DIR={tmp_path}/state")
    env = environment() | quick_bucket.env  # workers have that of the first who began one in this process
    assert started(*asked, env=env) == (0, "no faults in 6 files, 3 rows: 3 derived again\n", "")
    [rows] = (crawled / "datasets" / "berita-parquet").glob("data/**/*.parquet")
    key = rows.relative_to(crawled).as_posix()
    quick_bucket.put(key, rows.read_bytes()[:-1])
    status, out, _ = started(*asked, env=env)
    assert status == 10
    assert out.startswith(f"{quick_bucket.uri}/{key}:0: file-digest: ")
    assert out.endswith("\n1 fault in 6 files, 0 rows\n")


def test_an_article_that_was_taken_down_is_named_as_that(crawled: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(crawled, tmp_path / "data"))
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


def checked(folder: Path) -> list[tuple[str, Kind]]:
    """Every fault of the files of a dataset in a folder."""
    found = of_files.check(OnDisk(folder), "", refuse, lambda _: None, of_files.Checked())
    return [(f"{path} {fault.detail}", fault.kind) for path, fault in found]


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_a_changed_bit_in_any_file_of_a_dataset_is_found_and_the_file_named(
    crawled: Path, tmp_path: Path, form: str
) -> None:
    folder = Path(shutil.copytree(crawled / "datasets" / f"berita-{form}", tmp_path / form))
    assert checked(folder) == []
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        sound = path.read_bytes()
        for number, position in enumerate(range(0, len(sound), max(1, len(sound) // 50))):
            path.write_bytes(sound[:position] + bytes([sound[position] ^ 1 << number % 8]) + sound[position + 1 :])
            assert any(path.relative_to(folder).as_posix() in fault for fault, _ in checked(folder)), position
        path.write_bytes(sound)
    assert checked(folder) == []


def test_files_that_are_gone_or_do_not_belong_there_are_named(crawled: Path, folder: Path) -> None:
    (folder / CARD).unlink()
    (folder / "data" / "catatan.txt").write_text("saya")
    status, lines, _ = verify(folder, crawled)
    assert status == 10
    assert [line.split(": ")[:2] for line in lines[:-1]] == [
        [f"{folder}/data/catatan.txt:0", "file-extra"],
        [f"{folder}/{CARD}:0", "file-missing"],
    ]
    assert lines[-1] == "2 faults in 6 files, 3 rows: 3 derived again"


@pytest.mark.parametrize(("name", "kinds"), [(CHECKSUMS, ["file-missing"]), (PACKAGE, ["file-missing"])])
def test_a_dataset_that_lacks_what_describes_it_is_no_longer_read(
    crawled: Path, folder: Path, name: str, kinds: list[str]
) -> None:
    (folder / name).unlink()
    status, lines, _ = verify(folder, crawled)
    assert status == 10
    assert [line.split(": ")[:2] for line in lines[:-1]] == [[f"{folder}/{name}:0", kind] for kind in kinds]
    assert lines[-1] == "1 fault in 5 files, 0 rows"


@pytest.mark.parametrize(
    "line", ["x", "0" * 64 + "  ../../etc/passwd", "0" * 64 + " *data", "0" * 63 + "  a", "\ud800", ""]
)
def test_a_line_of_the_checksums_that_is_none_is_named_and_no_other_place_read(folder: Path, line: str) -> None:
    path = folder / CHECKSUMS
    path.write_bytes(f"{line}\n".encode("utf-8", "surrogatepass") + path.read_bytes())
    [(_, kind)] = checked(folder)
    assert kind is (Kind.FILE_MISSING if "passwd" in line else Kind.CHECKSUMS)


def test_a_file_that_the_checksums_name_twice_is_a_fault(folder: Path) -> None:
    path = folder / CHECKSUMS
    first, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(first + b"\n" + b"0" * 64 + first[64:] + b"\n" + rest)
    assert [kind for _, kind in checked(folder)] == [Kind.CHECKSUMS]


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b'{"resources": [7]}', b"[" * 100000, b"\xff", b'{"schema_version": 99}']
)
def test_a_description_that_says_nothing_is_a_fault_whatever_its_digest(
    crawled: Path, folder: Path, text: bytes
) -> None:
    (folder / PACKAGE).write_bytes(text)
    sums(folder)
    status, lines, _ = verify(folder, crawled)
    assert status == 10
    assert lines[0].startswith(f"{folder}/{PACKAGE}:0: datapackage: ")
    assert lines[1:] == ["1 fault in 6 files, 0 rows"]


@pytest.mark.parametrize("line", [b"{", b"\xff\n", b'"baris"\n'])
def test_a_file_of_rows_that_cannot_be_read_is_named_once(crawled: Path, folder: Path, line: bytes) -> None:
    path = seal(folder, [line])
    status, lines, _ = verify(folder, crawled)
    assert status == 10
    assert lines[0].startswith(f"{path}:0: datapackage: ")
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--sample", "2"), "--sample with it"),
        (("--dataset", "berita-jsonl", "--sample", "0"), "--sample 0 is not possible"),
        (("--dataset", "berita-jsonl", "--deep"), "goes alone"),
        (("--dataset", "berita-jsonl", "x.warc"), "goes alone"),
        (("--dataset", "lain"), "There is no dataset lain; there are berita-jsonl, berita-parquet."),
        (("--dataset", "tidak/ada"), "There is no folder 'tidak/ada'"),
        (("--dataset", "docs/"), "is no dataset"),
        (("--dataset", ".."), "is no dataset"),
        (("--dataset", ""), "cannot be the name of a dataset"),
        (("--dataset", "Berita?"), "cannot be the name of a dataset"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_and_a_sentence(
    crawled: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    status, out, log = scrapy("verify", *arguments, "-s", f"ARCHIVE_URI={crawled}")
    assert (status, out) == (2, "")
    assert sentence in log
    assert "Traceback" not in log
