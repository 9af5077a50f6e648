"""What belongs into a file of an outlet and a period."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from archive import cdxj
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
