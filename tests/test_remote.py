"""An archive in a bucket, as those see it who write and read one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.errors import StorageError, StorageUnreachable
from archive.s3 import bucket as module
from archive.s3 import digests
from archive.s3.remote import RemoteStorage
from archive.storage import open_storage
from tests.buckets import Place
from tests.proxy import Proxy

WARC, ROWS, MANIFEST = "warc/contoh/2026/a.warc.gz", "articles/outlet=contoh/part", "jobs/contoh/1.json"
BIG = os.urandom(11 << 20)


@pytest.fixture
def storage(bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteStorage]:
    """On either server, with the smallest parts that S3 allows."""
    monkeypatch.setattr(digests, "PART_SIZE", 5 << 20)
    storage = RemoteStorage(bucket.uri, tmp_path / "state")
    yield storage
    storage.close()


@pytest.fixture
def waiting(quick_bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteStorage]:
    """With three files that cannot leave, as the bucket is out of reach."""
    proxy = Proxy(quick_bucket.server.endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
    storage = RemoteStorage(quick_bucket.uri, tmp_path / "state")
    for key in (WARC, ROWS, MANIFEST):
        (tmp_path / "spooled").write_bytes(key.encode())
        storage._outbox.add(tmp_path / "spooled", key)  # nobody tries to upload it
    yield storage
    storage.close()


def put(storage: RemoteStorage, folder: Path, key: str, data: bytes) -> None:
    path = folder / "spooled"
    path.write_bytes(data)
    storage.publish(path, key)


def ledger(folder: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "state" / "uploads.sqlite3")) as base:
        return base.execute("SELECT key, state, size, sha256, upload_id FROM uploads ORDER BY key").fetchall()


def test_what_is_published_is_in_the_bucket_byte_for_byte_and_nowhere_else(
    storage: RemoteStorage, bucket: Place, tmp_path: Path
) -> None:
    put(storage, tmp_path, WARC, BIG)
    put(storage, tmp_path, ROWS, b"")
    put(storage, tmp_path, MANIFEST, b"{}")
    assert storage.drain(60) == []
    assert bucket.content() == {WARC: BIG, ROWS: b"", MANIFEST: b"{}"}
    assert storage.pending() == (0, 0, "")
    assert list((tmp_path / "state" / "outbox").iterdir()) == []
    assert [row[:3] for row in ledger(tmp_path)] == [
        (ROWS, "uploaded", 0),
        (MANIFEST, "uploaded", 2),
        (WARC, "uploaded", len(BIG)),
    ]


def test_what_was_uploaded_is_read_back(storage: RemoteStorage, bucket: Place, tmp_path: Path) -> None:
    put(storage, tmp_path, WARC, BIG)
    assert storage.drain(60) == []
    assert storage.exists(WARC)
    assert storage.size(WARC) == len(BIG)
    assert storage.read(WARC, (5 << 20) - 3, 7) == BIG[(5 << 20) - 3 :][:7]  # over the seam of two parts
    assert storage.where(WARC) == f"{bucket.uri}/{WARC}"
    with storage.held(WARC) as path:
        assert path.name == "a.warc.gz"
        assert path.read_bytes() == BIG
    assert not path.parent.exists()


def test_what_waits_is_part_of_the_archive_while_the_bucket_is_out_of_reach(
    waiting: RemoteStorage, tmp_path: Path
) -> None:
    assert waiting.exists(WARC)
    assert waiting.size(WARC) == len(WARC)
    assert waiting.read(WARC, 5, 6) == b"contoh"
    assert waiting.where(WARC) == str(tmp_path / "state" / "outbox" / WARC)
    with waiting.held(WARC) as path:
        assert path.read_bytes() == WARC.encode()
    assert waiting.pending()[:2] == (3, len(WARC + ROWS + MANIFEST))
    with pytest.raises(StorageUnreachable):
        waiting.exists("warc/contoh/b")


def test_keys_of_bucket_and_outbox_are_one_sorted_list_without_twins(quick_bucket: Place, tmp_path: Path) -> None:
    storage = RemoteStorage(quick_bucket.uri, tmp_path / "state")
    for key in ("warc/a", "warc/c", "warc/d.cdxj", "warcs/x", "a"):
        quick_bucket.put(key, b"x")
    for key in ("warc/b", "warc/c"):  # c is uploaded, and its process died before it could remove it
        path = tmp_path / "state" / "outbox" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert list(storage.keys("warc")) == ["warc/a", "warc/b", "warc/c", "warc/d.cdxj"]
    assert list(storage.keys("warc", ".cdxj", "b")) == ["warc/b", "warc/d.cdxj"]
    assert list(storage.keys("tidak-ada")) == []
    storage.close()


def test_verbs_that_only_read_make_no_state_folder(storage: RemoteStorage, tmp_path: Path) -> None:
    storage.check()
    assert list(storage.keys("warc")) == []
    assert storage.pending() == (0, 0, "")
    assert storage.drain(1) == []
    assert not (tmp_path / "state").exists()


def test_another_content_in_the_bucket_is_never_overwritten_and_said(
    storage: RemoteStorage, bucket: Place, tmp_path: Path
) -> None:
    put(storage, tmp_path, WARC, b"satu")
    put(storage, tmp_path, "warc/lain/x", b"x")
    assert storage.drain(60) == []
    for data in (b"dua!", BIG):
        put(storage, tmp_path, WARC, data)
        put(storage, tmp_path, MANIFEST, b"{}")
        put(storage, tmp_path, "jobs/lain/1.json", b"{}")
        assert storage.drain(60) == [MANIFEST, WARC]  # a manifest does not go without its files; other outlets' do
        assert bucket.content()[WARC] == b"satu"
        assert f"{bucket.uri}/{WARC} exists already with another content" in storage.pending().problem
        assert storage.read(WARC, 0, 4) == data[:4]
        storage.close()
        (tmp_path / "state/outbox" / WARC).unlink()
        storage = RemoteStorage(bucket.uri, tmp_path / "state")
    storage.close()


def test_the_same_content_that_is_published_again_is_done(
    storage: RemoteStorage, bucket: Place, tmp_path: Path
) -> None:
    for _ in range(2):
        put(storage, tmp_path, WARC, BIG)
        put(storage, tmp_path, MANIFEST, b"{}")
        assert storage.drain(60) == []
    assert bucket.content() == {WARC: BIG, MANIFEST: b"{}"}


def test_a_file_in_other_parts_by_another_program_is_the_same_file(
    storage: RemoteStorage, bucket: Place, tmp_path: Path
) -> None:
    client: Any = bucket.server.client()
    place = {"Bucket": bucket.name, "Key": f"arsip/{WARC}"}
    place["UploadId"] = client.create_multipart_upload(**place)["UploadId"]
    named = []
    for number, part in enumerate((BIG[: 6 << 20], BIG[6 << 20 :]), 1):
        tag = client.upload_part(**place, PartNumber=number, Body=part)["ETag"]
        named.append({"PartNumber": number, "ETag": tag})
    client.complete_multipart_upload(**place, MultipartUpload={"Parts": named})
    put(storage, tmp_path, WARC, BIG)
    assert storage.drain(60) == []
    assert storage._uploader._progress >= len(BIG) >> 20  # who reads back for long does not stand still


def test_a_crawl_does_not_wait_for_a_server_that_was_silent_a_moment_ago(
    quick_bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(quick_bucket.server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        storage = RemoteStorage(quick_bucket.uri, tmp_path / "state")
        assert not storage.exists("a")
        proxy.down()
        with pytest.raises(StorageUnreachable):
            storage.exists("a")
        proxy.up()
        asked = len(proxy.requests)
        for act in (lambda: storage.exists("a"), lambda: storage.size("a"), lambda: storage.read("a", 0, 1)):
            with pytest.raises(StorageUnreachable):
                act()
        assert len(proxy.requests) == asked
        monkeypatch.setattr(module, "SILENCE", 0.0)
        assert not storage.exists("a")
        storage.close()


def test_a_file_that_is_being_uploaded_can_be_held_and_stays_as_long(waiting: RemoteStorage, tmp_path: Path) -> None:
    opened = waiting._outbox.open(WARC)
    assert opened
    with opened:
        assert waiting._outbox.hold(opened, WARC, alone=True)
        with waiting.held(WARC) as path:
            (tmp_path / "state" / "outbox" / WARC).unlink()
            assert path.read_bytes() == WARC.encode()


def test_a_full_disk_is_said_when_a_file_is_downloaded(
    storage: RemoteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(storage, tmp_path, MANIFEST, b"{}")
    assert storage.drain(60) == []
    monkeypatch.setattr("archive.s3.remote.Path.open", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(StorageError, match="No space left"), storage.held(MANIFEST):
        pass


def test_an_address_of_a_bucket_opens_a_bucket(tmp_path: Path) -> None:
    assert isinstance(open_storage("s3://contoh/x", str(tmp_path)), RemoteStorage)
