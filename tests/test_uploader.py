"""The uploader: in which order, by whom, how patiently, and what a killed one leaves to the next."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from archive.layout import rank
from archive.s3 import uploader
from archive.s3.outbox import Outbox
from archive.s3.remote import RemoteStorage
from archive.s3.sending import Sender
from archive.s3.uploads import Uploads
from tests.buckets import TORN, Place
from tests.proxy import PASS, Fault, Proxy

pytestmark = [pytest.mark.filterwarnings(*TORN), pytest.mark.usefixtures("torn")]

PATIENCE = 60.0
"""For what comes to an end as soon as it can, however slow the machine is."""
NEVER = 3600.0
OUTLETS = ("a", "b")
KEYS = [
    key
    for outlet in OUTLETS
    for key in (f"warc/{outlet}/w", f"articles/outlet={outlet}/r", f"events/{outlet}/e", f"jobs/{outlet}/j")
]


@pytest.fixture
def proxy(quick_bucket: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with Proxy(quick_bucket.server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        monkeypatch.setattr(uploader, "FIRST_PAUSE", 0.05)
        yield proxy


@pytest.fixture
def storage(proxy: Proxy, quick_bucket: Place, tmp_path: Path) -> Iterator[RemoteStorage]:
    assert proxy.port
    storage = RemoteStorage(quick_bucket.uri, tmp_path / "state")
    yield storage
    storage.close()


def fill(folder: Path, *keys: str, data: bytes = b"isi") -> None:
    outbox = Outbox(folder / "state" / "outbox")
    for key in keys:
        (folder / "spooled").write_bytes(data)
        outbox.add(folder / "spooled", key)


def start(place: Place, proxy: Proxy, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.uploading", place.uri, str(folder / "state")]
    return subprocess.Popen(command, env=os.environ | proxy.env, stderr=subprocess.DEVNULL)


def parts(place: Place) -> list[int]:
    """The parts that the server has of the one upload that goes on."""
    client = place.server.client()
    for upload in client.list_multipart_uploads(Bucket=place.name).get("Uploads", []):
        found = client.list_parts(Bucket=place.name, Key=upload["Key"], UploadId=upload["UploadId"])
        return [part["PartNumber"] for part in found.get("Parts", [])]
    return []


def test_rows_wait_for_their_warcs_and_manifests_for_all(
    storage: RemoteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[str] = []
    remove = Outbox.remove

    def noted(outbox: Outbox, key: str) -> None:
        gone.append(key)
        remove(outbox, key)

    monkeypatch.setattr(Outbox, "remove", noted)
    fill(tmp_path, *reversed(KEYS))
    assert storage.drain(PATIENCE) == []
    for outlet in OUTLETS:
        ours = [key for key in gone if re.search(rf"[/=]{outlet}/", key)]
        assert ours[0] == f"warc/{outlet}/w"
        assert ours[-1] == f"jobs/{outlet}/j"
    assert sorted(gone) == sorted(KEYS)


def test_a_file_that_always_fails_holds_up_its_own_outlet_only(
    storage: RemoteStorage, proxy: Proxy, tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path / "state" / "outbox")
    ours = {key for key in KEYS if re.search(r"[/=]a/", key)}
    proxy.rule = lambda _, head: Fault(status=500) if "/warc/a/w " in head else PASS
    fill(tmp_path, *KEYS)

    def tick() -> None:
        if {*outbox.waiting()} == ours and storage.pending().problem:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        storage.drain(PATIENCE, tick)
    assert {*outbox.waiting()} == ours
    assert "in trouble" in storage.pending().problem


def test_a_fault_of_ours_in_one_file_does_not_end_the_uploads_of_the_others(
    storage: RemoteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Sender.send

    def faulty(sender: Sender, key: str, handle: int) -> None:
        if key == "warc/a/w":
            raise AssertionError
        send(sender, key, handle)

    monkeypatch.setattr(Sender, "send", faulty)
    fill(tmp_path, "warc/a/w", *(f"warc/b/{number}" for number in range(8)))
    assert storage.drain(PATIENCE) == ["warc/a/w"]


def test_a_backlog_of_many_files_is_not_gone_through_for_each_of_them(
    storage: RemoteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = 3_000
    folder = tmp_path / "state" / "outbox" / "events" / "a"
    folder.mkdir(parents=True)
    for number in range(many):
        (folder / f"{number}").write_bytes(b"")
    asked = 0

    def counted(key: str) -> int:
        nonlocal asked
        asked += 1
        return rank(key)

    monkeypatch.setattr(uploader, "LOOK_AGAIN", NEVER)  # a slow machine would look more often
    monkeypatch.setattr(uploader, "rank", counted)
    monkeypatch.setattr(Sender, "send", lambda *_: None)
    assert storage.drain(PATIENCE) == []
    assert asked < 30 * many


def test_a_drain_sees_at_once_what_another_process_publishes_meanwhile(
    storage: RemoteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = Outbox.remove

    def overtaken(outbox: Outbox, key: str) -> None:
        monkeypatch.setattr(Outbox, "remove", remove)
        remove(outbox, key)
        fill(tmp_path, "events/b/e")

    monkeypatch.setattr(Outbox, "remove", overtaken)
    monkeypatch.setattr(uploader, "LOOK_AGAIN", NEVER)
    fill(tmp_path, "events/a/e")
    assert storage.drain(PATIENCE) == []


def test_uploads_go_on_by_themselves_when_the_server_is_back(
    storage: RemoteStorage, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.down()
    (tmp_path / "spooled").write_bytes(b"isi")
    storage.publish(tmp_path / "spooled", "warc/a/w")
    while not storage.pending().problem:
        time.sleep(0.02)
    assert "cannot be reached" in storage.pending().problem
    proxy.up()
    while storage.pending().files:
        time.sleep(0.02)
    assert storage.pending() == (0, 0, "")


def test_a_drain_gives_up_after_its_patience_and_ticks_meanwhile(
    storage: RemoteStorage, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.down()
    fill(tmp_path, "warc/a/w")
    ticks: list[float] = []
    began = time.monotonic()
    assert storage.drain(2.2, lambda: ticks.append(time.monotonic())) == ["warc/a/w"]
    assert time.monotonic() - began >= 2.2
    assert 1 <= len(ticks) <= 4, "about one a second, and no more of them than fit into its patience"


def test_a_drain_tries_at_once_however_long_the_pause_was_to_be(
    storage: RemoteStorage, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploader, "FIRST_PAUSE", 60.0)
    proxy.down()
    (tmp_path / "spooled").write_bytes(b"isi")
    storage.publish(tmp_path / "spooled", "warc/a/w")
    while not storage.pending().problem:
        time.sleep(0.02)
    proxy.up()
    assert storage.drain(20) == []  # the pause takes half a minute at least


def test_a_drain_waits_as_long_as_there_is_progress(
    storage: RemoteStorage, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploader, "time", SimpleNamespace(monotonic=lambda: 0.2 * proxy.count("^PUT")))
    proxy.rule = lambda _, head: Fault(delay=0.3) if head.startswith("PUT") else PASS
    fill(tmp_path, *(f"warc/a/{number:02d}" for number in range(24)))
    assert storage.drain(1.2) == []  # by a clock that only uploads move, and all of them by nearly 5 seconds


def test_attempts_that_send_the_same_bytes_again_are_no_progress(
    storage: RemoteStorage, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.rule = lambda _, head: Fault(cut_request=200_000) if head.startswith("PUT") else PASS
    fill(tmp_path, "warc/a/w", data=os.urandom(400_000))
    ticks: list[None] = []
    assert storage.drain(1, lambda: ticks.append(None)) == ["warc/a/w"]
    assert len(ticks) < 8, "one a second"


def test_a_process_killed_in_a_multipart_upload_leaves_its_parts_to_the_next(
    quick_bucket: Place, proxy: Proxy, tmp_path: Path
) -> None:
    data = os.urandom(31 << 20)  # seven parts
    fill(tmp_path, "warc/a/w", data=data)
    is_dead = threading.Event()

    def rule(_: int, head: str) -> Fault:
        if "partNumber=5" not in head:
            return PASS
        is_dead.wait(100)
        return Fault(cut_request=0)

    proxy.rule = rule
    with start(quick_bucket, proxy, tmp_path) as first:
        while parts(quick_bucket) != [1, 2, 3, 4, 6, 7]:
            time.sleep(0.05)
        first.kill()
    is_dead.set()
    proxy.rule = lambda _n, _head: PASS
    assert not quick_bucket.tags()
    with start(quick_bucket, proxy, tmp_path) as second:
        assert second.wait(100) == 0
    assert quick_bucket.content() == {"warc/a/w": data}
    assert proxy.count(r"^PUT .*partNumber") == 8
    assert proxy.count(r"\?uploads ") == 1


def test_two_processes_share_an_outbox_and_send_each_file_once(
    quick_bucket: Place, proxy: Proxy, tmp_path: Path
) -> None:
    keys = [f"warc/o{number % 3}/{number:02d}" for number in range(24)]
    fill(tmp_path, *keys)
    proxy.rule = lambda _, head: Fault(delay=0.1) if head.startswith("PUT") else PASS
    with start(quick_bucket, proxy, tmp_path) as one, start(quick_bucket, proxy, tmp_path) as other:
        assert (one.wait(100), other.wait(100)) == (0, 0)
    assert sorted(quick_bucket.tags()) == sorted(keys)
    assert len(keys) <= proxy.count(r"^PUT") <= len(keys) + 2  # each finds out once whether files are overwritten


def test_a_ledger_that_is_no_database_is_set_aside_and_costs_no_file(
    storage: RemoteStorage, quick_bucket: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path, *KEYS)
    path = tmp_path / "state" / "uploads.sqlite3"
    path.write_bytes(b"bukan basis data" * 1000)
    assert storage.drain(PATIENCE) == []
    assert sorted(quick_bucket.tags()) == sorted(KEYS)
    [aside] = path.parent.glob("uploads.sqlite3.damaged-*")
    assert aside.read_bytes().startswith(b"bukan")
    assert sum("set aside" in record.getMessage() for record in caplog.records) == 1
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT count(*) FROM uploads WHERE state = 'uploaded'").fetchone() == (len(KEYS),)


def test_a_ledger_that_is_damaged_while_it_is_used_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "uploads.sqlite3"
    uploads = Uploads(path)
    assert uploads.find("a") is None
    uploads.close()
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192)
    uploads.failed("a", "x")
    assert uploads.find("a") is None
    assert list(tmp_path.glob("*.damaged-*"))
    uploads.close()


def test_a_ledger_of_a_newer_version_is_left_alone_and_costs_no_file(
    storage: RemoteStorage, quick_bucket: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path, *KEYS)
    path = tmp_path / "state" / "uploads.sqlite3"
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    assert storage.drain(PATIENCE) == []
    assert sorted(quick_bucket.content()) == sorted(KEYS)
    assert path.read_bytes() == before
    assert caplog.text.count("it has version 99") == 1


def test_a_disk_that_takes_no_ledger_does_not_keep_files_from_leaving(
    storage: RemoteStorage, quick_bucket: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path, *KEYS)
    (tmp_path / "state" / "uploads.sqlite3").mkdir()
    assert storage.drain(PATIENCE) == []
    assert sorted(quick_bucket.tags()) == sorted(KEYS)
    assert sum("cannot be used" in record.getMessage() for record in caplog.records) == 1
