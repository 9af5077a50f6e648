"""WACZ files, judged by py-wacz and pywb, and by what their specification says."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive import cdxj, wacz
from archive.errors import ArgumentError, StorageError
from archive.files import OnDisk
from archive.reader import Record, read
from tests.replay import judge
from tests.shelf import Shelf, entries, facts, index, moment, pages


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_py_wacz_says_that_it_is_valid(shelf: Shelf) -> None:
    shelf.pages(1, 1, 2)
    shelf.pages(2, 3)
    path = shelf.write().path
    done = subprocess.run(
        [judge("wacz"), "validate", "-f", str(path)], capture_output=True, text=True, check=False, cwd=shelf.root
    )
    assert "the passed WACZ is valid" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_pywb_takes_it_apart_with_every_line_of_its_index(shelf: Shelf) -> None:
    shelf.pages(1, *range(20))
    path = shelf.write().path
    for arguments in (["init", "arsip"], ["add", "--unpack-wacz", "arsip", str(path)]):
        subprocess.run([judge("wb-manager"), *arguments], cwd=shelf.root, capture_output=True, check=True)
    unpacked = (shelf.root / "collections/arsip/indexes/index.cdxj").read_text().splitlines()
    assert [line.split(" ")[:2] for line in unpacked] == [line.split(" ")[:2] for line in index(path)]


def test_warc_files_are_the_archive_s_own_bytes_stored_as_they_are(shelf: Shelf) -> None:
    shelf.pages(1, 1)
    shelf.pages(2, 2)
    path = shelf.write().path
    ours = {warc.name: warc.read_bytes() for warc in shelf.root.rglob("*.warc.gz")}
    assert len(ours) == 2
    assert {name.removeprefix("archive/"): data for name, data in entries(path).items() if "warc" in name} == ours
    with zipfile.ZipFile(path) as opened:
        packed = {entry.filename for entry in opened.infolist() if entry.compress_type != zipfile.ZIP_STORED}
    assert not {name for name in packed if name.endswith(".gz")}


def test_every_page_is_found_in_the_index_by_its_address_and_time(shelf: Shelf) -> None:
    shelf.pages(1, 1, 2, 3)
    path = shelf.write().path
    assert entries(path)["pages/pages.jsonl"].startswith(b'{"format": "json-pages-1.0", "id": "pages"')
    found = {(facts(line)["url"], line.split(" ")[1]) for line in index(path)}
    assert [page["title"] for page in pages(path)] == ["Judul 1", "Judul 2", "Judul 3"]
    for page in pages(path):
        assert set(page) == {"id", "url", "title", "ts", "text"}
        assert page["ts"] == "2026-11-01T12:30:15Z"
        assert (page["url"], "20261101123015") in found


def test_every_line_of_the_index_leads_to_its_record(shelf: Shelf) -> None:
    [original, _] = shelf.pages(1, 1, 2)
    shelf.warc(("https://contoh.test/1", moment(2), b"<p>isi 1</p>", original))
    path = shelf.write().path
    held = entries(path)
    assert len(index(path)) == 3
    for line in index(path):
        place = facts(line)
        begin = int(place["offset"])
        part = shelf.root / "sepotong.warc.gz"
        part.write_bytes(held[f"archive/{place['filename']}"][begin : begin + int(place["length"])])
        [record] = read(part)
        assert isinstance(record, Record)
        kind = "revisit" if place["mime"] == "warc/revisit" else "response"
        assert (record.get("WARC-Type"), record.get("WARC-Target-URI")) == (kind, place["url"])
        assert cdxj.place(place["url"], record.get("WARC-Date") or "").split(" ")[1] == line.split(" ")[1]


def test_the_second_index_leads_to_each_block_of_the_first(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wacz, "LINES_A_BLOCK", 7)
    shelf.pages(1, *range(20))
    path = shelf.write().path
    blocks = entries(path)["indexes/index.cdx.gz"]
    meta, *lines = entries(path)["indexes/index.idx"].decode().splitlines()
    assert meta == '!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}'
    assert len(lines) == 3
    unfolded = ""
    for line in lines:
        place = json.loads(line.split(" ", 2)[2])
        block = blocks[place["offset"] : place["offset"] + place["length"]]
        assert place["digest"] == f"sha256:{hashlib.sha256(block).hexdigest()}"
        assert gzip.decompress(block).decode().startswith(" ".join(line.split(" ")[:2]))
        unfolded += gzip.decompress(block).decode()
    assert unfolded == "".join(index(path)) == "".join(sorted(index(path)))


def test_the_package_says_what_every_file_is_to_the_byte(shelf: Shelf) -> None:
    shelf.pages(1, 1)
    held = entries(shelf.write().path)
    package = json.loads(held["datapackage.json"])
    assert {name: package[name] for name in ("profile", "wacz_version", "created", "title")} == {
        "profile": "data-package",
        "wacz_version": "1.1.1",
        "created": "2026-11-01T12:30:15Z",
        "title": "Tribunnews, 2026-11-01",
    }
    assert {found["path"] for found in package["resources"]} == {name for name in held if "datapackage" not in name}
    for found in package["resources"]:
        data = held[found["path"]]
        assert (found["bytes"], found["hash"]) == (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")
    digest = json.loads(held["datapackage-digest.json"])
    assert digest == {
        "path": "datapackage.json",
        "hash": f"sha256:{hashlib.sha256(held['datapackage.json']).hexdigest()}",
    }


def test_wabac_js_finds_the_data_where_it_looks(shelf: Shelf) -> None:
    # It looks at the local header only when the central directory's entry has an extra field of its own.
    shelf.pages(1, 1)
    path = shelf.write().path
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        for entry in opened.infolist():
            name, extra = struct.unpack("<HH", data[entry.header_offset + 26 : entry.header_offset + 30])
            assert entry.extra
            begin = entry.header_offset + 30 + name + extra
            if entry.compress_type == zipfile.ZIP_STORED:
                assert data[begin : begin + entry.file_size] == opened.read(entry)


def test_files_beyond_what_plain_zip_can_hold_are_read_back(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 200)
    shelf.pages(1, *range(9))
    path = shelf.write().path
    monkeypatch.undo()
    [warc] = shelf.root.rglob("*.warc.gz")
    assert entries(path)[f"archive/{warc.name}"] == warc.read_bytes()


def test_the_same_archive_gives_the_same_bytes(shelf: Shelf) -> None:
    shelf.pages(1, 1, 2)
    shelf.pages(2, 3)
    assert shelf.write("a.wacz").path.read_bytes() == shelf.write("b.wacz").path.read_bytes()


def test_without_indexes_it_is_the_same(shelf: Shelf) -> None:
    shelf.pages(1, 1, 2)
    shelf.pages(2, 3)
    before = shelf.write("a.wacz").path.read_bytes()
    for path in shelf.root.rglob("*.cdxj"):
        path.unlink()
    assert shelf.write("b.wacz").path.read_bytes() == before


def test_members_are_found_wherever_the_pieces_end(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.pages(1, *range(5))
    before = shelf.write("a.wacz").path.read_bytes()
    for piece, inflated in ((1, 1), (7, 3), (1000, 999)):
        monkeypatch.setattr(wacz, "_PIECE", piece)
        monkeypatch.setattr(wacz, "_SLICE", inflated)
        assert shelf.write(f"{piece}.wacz").path.read_bytes() == before


def no_hard_links(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("link", [os.link, no_hard_links])
def test_a_file_that_was_made_meanwhile_is_left_as_it_is(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, link: Callable[..., None]
) -> None:
    def meanwhile(*_: int) -> None:
        output.write_bytes(b"berharga")

    shelf.pages(1, 1)
    output = shelf.root / "a.wacz"
    monkeypatch.setattr(os, "link", link)
    with pytest.raises(ArgumentError, match="made meanwhile"):
        wacz.write(OnDisk(shelf.root), "tribun", None, None, title="T", output=output, progress=meanwhile)
    assert output.read_bytes() == b"berharga"
    assert list(shelf.root.glob("*.wacz*")) == [output]


def test_a_disk_without_hard_links_will_do(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.pages(1, 1)
    before = shelf.write("a.wacz").path.read_bytes()
    monkeypatch.setattr(os, "link", no_hard_links)
    assert shelf.write("b.wacz").path.read_bytes() == before
    assert len(list(shelf.root.glob("*.wacz*"))) == 2


def test_what_may_be_gone_tomorrow_is_not_there_today(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise OSError(5, "Input/output error")

    shelf.pages(1, 1)
    monkeypatch.setattr(wacz, "fsync_folder", fail)
    with pytest.raises(StorageError, match="Input/output error"):
        shelf.write()
    assert not list(shelf.root.glob("*.wacz*"))


def test_a_file_named_part_is_nobody_s_business(shelf: Shelf) -> None:
    shelf.pages(1, 1)
    other = shelf.root / "a.wacz.part"
    other.write_bytes(b"berharga")
    shelf.write()
    assert other.read_bytes() == b"berharga"


def test_a_file_that_is_there_is_left_as_it_is(shelf: Shelf) -> None:
    shelf.pages(1, 1)
    (shelf.root / "a.wacz").write_bytes(b"berharga")
    with pytest.raises(ArgumentError, match="exists already"):
        shelf.write()
    assert (shelf.root / "a.wacz").read_bytes() == b"berharga"


def test_a_full_disk_leaves_no_file(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Iterator[bytes]:
        raise OSError(28, "No space left on device")

    shelf.pages(1, 1)
    monkeypatch.setattr(wacz, "_page_lines", full)
    with pytest.raises(StorageError, match="No space left"):
        shelf.write()
    assert not list(shelf.root.glob("*.wacz*"))
