"""The files of a dataset, held against its checksums and what it says of itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive.dataset.names import CARD, CHECKSUMS, PACKAGE
from archive.faults import Kind
from archive.files import OnDisk, refuse
from archive.verification import dataset as of_files
from tests.proofs import seal, sums, verify
from tests.runs import scrapy


def checked(downloaded: Path) -> list[tuple[str, Kind]]:
    """Every fault of the files of a dataset in a downloaded."""
    found = of_files.check(OnDisk(downloaded), "", refuse, lambda _: None, of_files.Checked())
    return [(f"{path} {fault.detail}", fault.kind) for path, fault in found]


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_a_changed_bit_in_any_file_of_a_dataset_is_found_and_the_file_named(
    proved_archive: Path, tmp_path: Path, form: str
) -> None:
    downloaded = Path(shutil.copytree(proved_archive / "datasets" / f"berita-{form}", tmp_path / form))
    assert checked(downloaded) == []
    for path in [path for path in downloaded.rglob("*") if path.is_file()]:
        sound = path.read_bytes()
        for number, position in enumerate(range(0, len(sound), max(1, len(sound) // 50))):
            path.write_bytes(sound[:position] + bytes([sound[position] ^ 1 << number % 8]) + sound[position + 1 :])
            assert any(path.relative_to(downloaded).as_posix() in fault for fault, _ in checked(downloaded)), position
        path.write_bytes(sound)
    assert checked(downloaded) == []


def test_files_that_are_gone_or_do_not_belong_there_are_named(proved_archive: Path, downloaded: Path) -> None:
    (downloaded / CARD).unlink()
    (downloaded / "data" / "catatan.txt").write_text("saya")
    status, lines, _ = verify(downloaded, proved_archive)
    assert status == 10
    assert [line.split(": ")[:2] for line in lines[:-1]] == [
        [f"{downloaded}/data/catatan.txt:0", "file-extra"],
        [f"{downloaded}/{CARD}:0", "file-missing"],
    ]
    assert lines[-1] == "2 faults in 6 files, 3 rows: 3 derived again"


@pytest.mark.parametrize(("name", "kinds"), [(CHECKSUMS, ["file-missing"]), (PACKAGE, ["file-missing"])])
def test_a_dataset_that_lacks_what_describes_it_is_no_longer_read(
    proved_archive: Path, downloaded: Path, name: str, kinds: list[str]
) -> None:
    (downloaded / name).unlink()
    status, lines, _ = verify(downloaded, proved_archive)
    assert status == 10
    assert [line.split(": ")[:2] for line in lines[:-1]] == [[f"{downloaded}/{name}:0", kind] for kind in kinds]
    assert lines[-1] == "1 fault in 5 files, 0 rows"


@pytest.mark.parametrize(
    "line", ["x", "0" * 64 + "  ../../etc/passwd", "0" * 64 + " *data", "0" * 63 + "  a", "\ud800", ""]
)
def test_a_line_of_the_checksums_that_is_none_is_named_and_no_other_place_read(downloaded: Path, line: str) -> None:
    path = downloaded / CHECKSUMS
    path.write_bytes(f"{line}\n".encode("utf-8", "surrogatepass") + path.read_bytes())
    [(_, kind)] = checked(downloaded)
    assert kind is (Kind.FILE_MISSING if "passwd" in line else Kind.CHECKSUMS)


def test_a_file_that_the_checksums_name_twice_is_a_fault(downloaded: Path) -> None:
    path = downloaded / CHECKSUMS
    first, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(first + b"\n" + b"0" * 64 + first[64:] + b"\n" + rest)
    assert [kind for _, kind in checked(downloaded)] == [Kind.CHECKSUMS]


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b'{"resources": [7]}', b"[" * 100000, b"\xff", b'{"schema_version": 99}']
)
def test_a_description_that_says_nothing_is_a_fault_whatever_its_digest(
    proved_archive: Path, downloaded: Path, text: bytes
) -> None:
    (downloaded / PACKAGE).write_bytes(text)
    sums(downloaded)
    status, lines, _ = verify(downloaded, proved_archive)
    assert status == 10
    assert lines[0].startswith(f"{downloaded}/{PACKAGE}:0: datapackage: ")
    assert lines[1:] == ["1 fault in 6 files, 0 rows"]


@pytest.mark.parametrize("line", [b"{", b"\xff\n", b'"baris"\n'])
def test_a_file_of_rows_that_cannot_be_read_is_named_once(proved_archive: Path, downloaded: Path, line: bytes) -> None:
    path = seal(downloaded, [line])
    status, lines, _ = verify(downloaded, proved_archive)
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
    proved_archive: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    status, out, log = scrapy("verify", *arguments, "-s", f"ARCHIVE_URI={proved_archive}")
    assert (status, out) == (2, "")
    assert sentence in log
    assert "Traceback" not in log
