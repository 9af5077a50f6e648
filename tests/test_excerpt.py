"""What belongs into a file of an outlet and a period, and what is too damaged for one."""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from archive import cdxj
from archive.errors import Damaged, StorageError
from archive.records import IDENTICAL, member
from tests.shelf import Shelf, entries, facts, index, moment, pages, warcs

WEEK = (date(2026, 11, 1), date(2026, 11, 7))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_period_takes_the_files_with_a_capture_in_it_and_no_page_of_another_day(shelf: Shelf) -> None:
    # All these files lie in one folder of today: what counts is the day of capture.
    [outside] = shelf.pages(9, 1)
    [night, _] = shelf.warc(
        ("https://contoh.test/2", moment(1, 0), b"2", None), ("https://contoh.test/lain", moment(8), b"3", None)
    )
    [last] = shelf.pages(7, 4)
    shelf.row(2, night.ref, night.began)
    written = shelf.write(since=WEEK[0], until=WEEK[1])
    assert warcs(written.path) == {Path(night.ref.warc).name, Path(last.ref.warc).name}
    assert Path(outside.ref.warc).name not in warcs(written.path)
    assert [page["url"] for page in pages(written.path)] == ["https://contoh.test/2", "https://contoh.test/4"]
    assert json.loads(entries(written.path)["datapackage.json"])["created"] == "2026-11-07T12:30:15Z"
    assert (written.pages, written.captures, written.missing) == (2, 3, 0)


def test_all_pages_of_an_article_come_along_wherever_they_lie(shelf: Shelf) -> None:
    [first] = shelf.warc(("https://contoh.test/1", moment(7, 23), b"1", None))
    [second] = shelf.warc(("https://contoh.test/1?page=2", moment(8, 0), b"2", None))
    shelf.row(1, first.ref, first.began, captures=[dataclasses.asdict(ref) for ref in (first.ref, second.ref)])
    assert len(warcs(shelf.write(until=WEEK[1]).path)) == 2


def test_an_article_seen_again_unchanged_is_a_page_at_the_capture_that_holds_it(shelf: Shelf) -> None:
    [earlier] = shelf.warc(("https://contoh.test/1", datetime(2026, 9, 1, tzinfo=UTC), b"lama", None))
    [again] = shelf.warc(("https://contoh.test/1", moment(2), b"lama", earlier))
    assert again.ref == earlier.ref
    shelf.row(1, again.ref, moment(2))
    written = shelf.write(since=WEEK[0], until=WEEK[1])
    assert [page["ts"] for page in pages(written.path)] == ["2026-09-01T00:00:00Z"]
    assert len(index(written.path)) == 2


def test_what_a_revisit_refers_to_comes_along_and_nothing_else_of_that_file(shelf: Shelf) -> None:
    url = "https://contoh.test/robots.txt"
    [first] = shelf.warc((url, datetime(2026, 9, 1, tzinfo=UTC), b"lama", None))
    [second, _] = shelf.warc(
        ("https://contoh.test/2", datetime(2026, 10, 1, tzinfo=UTC), b"baru", None),
        (url, datetime(2026, 10, 1, tzinfo=UTC), b"lama", first),
    )
    shelf.warc(("https://contoh.test/2", moment(3), b"baru", second))
    written = shelf.write(since=WEEK[0], until=WEEK[1])
    assert Path(second.ref.warc).name in warcs(written.path)
    assert Path(first.ref.warc).name not in warcs(written.path)
    assert [(line.split(" ")[1], facts(line)["mime"]) for line in index(written.path)] == [
        ("20261001000000", "text/html"),
        ("20261103123015", "warc/revisit"),
    ]


def test_a_revisit_of_a_revisit_brings_both(shelf: Shelf) -> None:
    # Ours never refer to one; those of others may.
    url = "https://contoh.test/1"
    [first] = shelf.warc((url, datetime(2026, 9, 1, tzinfo=UTC), b"lama", None))
    for day, month_before in (("2026-10-01", "2026-09-01"), ("2026-11-02", "2026-10-01")):
        fields = [("WARC-Type", "revisit"), ("WARC-Date", f"{day}T00:00:00Z"), ("WARC-Target-URI", url)]
        fields += [("WARC-Refers-To-Target-URI", url), ("WARC-Refers-To-Date", f"{month_before}T00:00:00Z")]
        fields += [("WARC-Record-ID", f"<urn:x:{day}>"), ("WARC-Profile", IDENTICAL)]
        path = (shelf.root / first.ref.warc).with_name(f"tribun-9-{day}.warc.gz")
        path.write_bytes(
            member([*fields, ("WARC-Payload-Digest", first.ref.payload_digest)], b"HTTP/1.1 200 OK\r\n\r\n")
        )
    written = shelf.write(since=WEEK[0], until=WEEK[1])
    assert len(warcs(written.path)) == 3
    assert len(index(written.path)) == 3
    assert written.missing == 0


def test_revisits_of_what_is_gone_are_counted(shelf: Shelf) -> None:
    [first] = shelf.warc(("https://contoh.test/1", datetime(2026, 9, 1, tzinfo=UTC), b"lama", None))
    shelf.warc(("https://contoh.test/1", moment(2), b"lama", first))
    for path in (shelf.root / first.ref.warc, shelf.root / cdxj.path_for(first.ref.warc)):
        path.unlink()
    assert shelf.write().missing == 1


def test_of_several_rows_of_an_article_the_complete_one_counts_else_the_latest(shelf: Shelf) -> None:
    stored = shelf.warc(*((f"https://contoh.test/{n}", moment(n), b"isi", None) for n in range(1, 5)))
    shelf.row(1, stored[0].ref, stored[0].began, "a", text="lengkap")
    shelf.row(1, stored[1].ref, stored[1].began, "b", text="terpotong", complete=False)
    shelf.row(2, stored[2].ref, stored[2].began, "a", text="lama")
    shelf.row(2, stored[3].ref, stored[3].began, "b", text="baru")
    shelf.row(2, stored[3].ref, stored[3].began, "c", text="suntingan", version=2)
    assert [(page["id"], page["text"]) for page in pages(shelf.write().path)] == [
        ("tribun:contoh.test:1:1", "lengkap"),
        ("tribun:contoh.test:2:1", "baru"),
        ("tribun:contoh.test:2:2", "suntingan"),
    ]


def test_of_rows_that_lack_a_page_the_one_with_more_captures_is_the_page(shelf: Shelf) -> None:
    stored = shelf.warc(*((f"https://contoh.test/{n}", moment(n), b"isi", None) for n in range(1, 4)))
    refs = [dataclasses.asdict(one.ref) for one in stored]
    shelf.row(1, stored[0].ref, stored[0].began, "a", text="dua halaman", complete=False, captures=refs[:2])
    shelf.row(1, stored[1].ref, stored[1].began, "b", text="satu halaman", complete=False)
    shelf.row(2, stored[0].ref, stored[0].began, "a", text="lama", captures=refs[:2])
    shelf.row(2, stored[2].ref, stored[2].began, "b", text="baru")
    assert [page["text"] for page in pages(shelf.write().path)] == ["dua halaman", "baru"]


def gone(root: Path) -> None:
    next(root.rglob("*.warc.gz")).unlink()


def gone_with_its_rows(root: Path) -> None:
    gone(root)
    shutil.rmtree(root / "articles")


def flipped_and_without_an_index(root: Path) -> None:
    next(root.rglob("*.cdxj")).unlink()
    spoilt(root, "*.warc.gz", flipped)


@pytest.mark.parametrize("damage", [gone, gone_with_its_rows, flipped_and_without_an_index])
def test_a_file_that_is_damaged_or_gone_is_a_sentence(shelf: Shelf, damage: Callable[[Path], None]) -> None:
    shelf.pages(1, 1, 2)
    damage(shelf.root)
    refused(shelf)


def spoilt(root: Path, pattern: str, change: Callable[[bytes], bytes]) -> None:
    path = min(root.rglob(pattern))
    path.write_bytes(change(path.read_bytes()))


def refused(shelf: Shelf, said: str = "scrapy verify tells more") -> None:
    with pytest.raises(Damaged, match=said):
        shelf.write()
    assert not list(shelf.root.glob("*.wacz*"))


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


WARC_DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "one bit": flipped,
    "zeros": lambda data: data[:-40] + bytes(40),
    "short": lambda data: data[:300],
    "a flag that nobody may set": lambda data: data[:3] + b"\x80" + data[4:],
    "a member that is no record": lambda data: data + gzip.compress(b"bukan WARC"),
    "half a member": lambda data: data + gzip.compress(b"WARC/1.1\r\n")[:-1],
    "no member": lambda data: data + bytes(10),
}


@pytest.mark.parametrize("damage", WARC_DAMAGE)
def test_a_damaged_file_is_a_sentence(shelf: Shelf, damage: str) -> None:
    shelf.pages(1, 1, 2)
    spoilt(shelf.root, "*.warc.gz", WARC_DAMAGE[damage])
    refused(shelf)


def last_line(**changed: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """Change facts of the last line of an index."""

    def change(data: bytes) -> bytes:
        *others, line = data.decode().splitlines(keepends=True)
        found = facts(line) | {name: new(facts(line)[name]) for name, new in changed.items()}
        surt, ts, _ = line.split(" ", 2)
        return "".join([*others, f"{surt} {ts} {json.dumps(found)}\n"]).encode()

    return change


def plus(more: int) -> Callable[[str], str]:
    return lambda number: str(int(number) + more)


INDEX_DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "an offset that is wrong by one": last_line(offset=plus(1), length=plus(-1)),
    "a length that is wrong by one": last_line(length=plus(-1)),
    "a negative offset": last_line(offset=plus(-(10**30))),
    "another file": last_line(filename=lambda _: "lain.warc.gz"),
    "a URL that is no text": last_line(url=lambda _: "https://contoh.test/\ud800"),
    "no text": lambda data: data + b"\xff\xfe\n",
    "no facts": lambda data: data + b"test,contoh)/ 20261101123015 []\n",
    "no date": lambda data: data.replace(b" 20261101", b" 20261301"),
    "order": lambda data: b"".join(reversed(data.splitlines(keepends=True))),
    "torn": lambda data: data[:-20],
    "torn before its end": lambda data: data[:-1],
    "without the page": lambda data: b"".join(data.splitlines(keepends=True)[1:]),
}


@pytest.mark.parametrize("damage", INDEX_DAMAGE)
def test_a_damaged_index_is_a_sentence(shelf: Shelf, damage: str) -> None:
    [page, _] = shelf.warc(*((f"https://contoh.test/{n}", moment(1), b"isi %d" % n, None) for n in (1, 2)))
    shelf.row(1, page.ref, page.began)
    spoilt(shelf.root, "*.cdxj", INDEX_DAMAGE[damage])
    refused(shelf)


def test_torn_rows_are_a_sentence(shelf: Shelf) -> None:
    shelf.pages(1, 1)
    spoilt(shelf.root, "*.jsonl.gz", lambda data: data[:-20])
    refused(shelf)


@pytest.mark.parametrize(
    "changed",
    [
        {"captures": []},
        {"captures": None},
        {"captures": [{"warc": 1, "offset": 0}]},
        {"captures": [{"warc": "warc/tribun/a.warc.gz", "offset": []}]},
        {"captures": [{"warc": "warc/tribun/a.warc.gz", "offset": 1 << 70}]},
        {"complete": "x"},
        {"text": None},
        {"title": 5},
        {"title": "\ud800"},
    ],
)
def test_a_line_that_is_no_row_is_named(shelf: Shelf, changed: dict[str, Any]) -> None:
    [page] = shelf.pages(1, 1)
    shelf.row(1, page.ref, page.began, **changed)
    [part] = shelf.root.rglob("*.jsonl.gz")
    refused(shelf, f"^Line 1 of {part} is no row of ours. Run scrapy verify --deep.$")


def test_a_row_leads_to_no_file_but_those_of_its_outlet(shelf: Shelf) -> None:
    [page] = shelf.pages(1, 1)
    shelf.row(1, page.ref, page.began, captures=[{"warc": "../../../etc/passwd", "offset": 0}])
    refused(shelf, "made from '../../../etc/passwd', which is missing")


def test_two_files_of_one_name_are_said_and_not_packed(shelf: Shelf) -> None:
    [page] = shelf.pages(1, 1)
    folder = shelf.root / "warc/tribun/1999"
    folder.mkdir()
    for key in (page.ref.warc, cdxj.path_for(page.ref.warc)):
        shutil.copy(shelf.root / key, folder)
    refused(shelf, "have one name")


@pytest.mark.parametrize(
    "folder", ["warc/tribun", "warc/tribun/20*/*/*", "articles/outlet=tribun", "articles/*/date=*"]
)
def test_a_folder_that_cannot_be_read_is_not_passed_over(
    shelf: Shelf, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.pages(1, 1)
    [shut] = shelf.root.glob(folder)
    scandir = os.scandir

    def refuse(path: Any) -> Any:  # root may read everything, whatever the mode says
        if str(path) == str(shut):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(StorageError, match=f"^{shut}: Permission denied. No file was written.$"):
        shelf.write()
    assert not (shelf.root / "a.wacz").exists()
