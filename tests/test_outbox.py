"""The outbox: durable, in order, and nobody takes a file that another has."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from archive.errors import StorageError
from archive.layout import outlet_of, rank
from archive.s3.outbox import Outbox


def put(outbox: Outbox, key: str, data: bytes = b"isi") -> Path:
    spooled = outbox.folder.parent / "spooled"
    spooled.write_bytes(data)
    outbox.add(spooled, key)
    return outbox.folder / key


def test_an_outbox_that_does_not_exist_holds_nothing_and_is_not_made(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    assert outbox.waiting() == []
    assert outbox.find("a") is None
    assert outbox.open("a") is None
    assert not outbox.folder.exists()


def test_a_file_is_moved_in_and_found_under_its_key(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    path = put(outbox, "warc/contoh/a.warc.gz")
    assert outbox.find("warc/contoh/a.warc.gz") == path
    assert [size for _, size in outbox.sizes()] == [3]
    assert not (tmp_path / "spooled").exists()


def test_another_content_under_a_key_is_refused_and_both_are_kept(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    path = put(outbox, "a")
    put(outbox, "a")
    with pytest.raises(StorageError, match="nothing was overwritten"):
        put(outbox, "a", b"lain")
    assert path.read_bytes() == b"isi"
    assert (tmp_path / "spooled").read_bytes() == b"lain"


def test_manifests_go_last_warcs_first_and_what_is_half_copied_not_at_all(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    for key in ("jobs/a/1.json", "warc/b/x", "articles/outlet=a/x", "damaged/x", "warc/a/x.part"):
        put(outbox, key)
    assert outbox.waiting() == ["warc/b/x", "articles/outlet=a/x", "damaged/x", "jobs/a/1.json"]


def test_the_outlet_of_a_file_is_read_from_its_key() -> None:
    assert outlet_of("articles/outlet=contoh/date=2026-11-22/part-x") == outlet_of("warc/contoh/2026/x") == "contoh"
    assert rank("warc/contoh/x.warc.gz") < rank("warc/contoh/x.cdxj") < rank("events/contoh/x") < rank("jobs/contoh/x")


def test_what_was_uploaded_leaves_no_empty_folder_and_takes_nobody_elses(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    put(outbox, "warc/contoh/2026/11/22/a")
    other = put(outbox, "warc/contoh/2026/12/01/b")
    outbox.remove("warc/contoh/2026/11/22/a")
    assert [path.name for path in (tmp_path / "outbox/warc/contoh/2026").iterdir()] == ["12"]
    assert other.exists()
    outbox.remove("warc/contoh/2026/12/01/b")
    assert list(outbox.folder.iterdir()) == []


def test_a_file_that_is_read_is_not_uploaded_meanwhile_and_one_that_is_uploaded_not_twice(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    put(outbox, "a")
    one, other = outbox.open("a"), outbox.open("a")
    assert one
    assert other
    with one, other:
        assert outbox.hold(one, "a", alone=False)
        assert outbox.hold(other, "a", alone=False)
        assert not outbox.hold(other, "a", alone=True)
        fcntl.flock(one, fcntl.LOCK_UN)
        assert outbox.hold(other, "a", alone=True)
        assert not outbox.hold(one, "a", alone=True)


def test_a_file_that_left_and_came_back_is_not_taken_for_the_one_that_was_opened(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    put(outbox, "a", b"dulu")
    opened = outbox.open("a")
    assert opened
    with opened:
        outbox.remove("a")
        assert not outbox.hold(opened, "a", alone=True)
        put(outbox, "a", b"baru")
        assert not outbox.hold(opened, "a", alone=True)
        assert opened.read() == b"dulu"
