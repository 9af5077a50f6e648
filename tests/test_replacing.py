"""What takes a file away, or puts another in its place: on disk, and in buckets that keep versions and that do not."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import StorageError, StorageRefused
from archive.local import LocalStorage
from archive.s3 import digests
from archive.s3.remote import RemoteStorage
from tests.buckets import Place
from tests.proxy import PASS, Fault, Proxy

KEY = "warc/contoh/2026/a.warc.gz"
BIG = os.urandom(6 << 20)


@pytest.fixture(params=[False, True], ids=["plain", "versioned"])
def kept(request: pytest.FixtureRequest, bucket: Place) -> Place:
    """A bucket on either server, with versions and without."""
    if request.param:
        bucket.server.client().put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    return bucket


@pytest.fixture
def storage(kept: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteStorage]:
    """With the smallest parts that S3 allows."""
    monkeypatch.setattr(digests, "PART_SIZE", 5 << 20)
    storage = RemoteStorage(kept.uri, tmp_path / "state")
    yield storage
    storage.close()


def made(folder: Path, content: bytes) -> Path:
    path = folder / "new"
    path.write_bytes(content)
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def versions(place: Place) -> list[bytes]:
    """What the bucket still holds of KEY, whether one sees it or not."""
    client = place.server.client()
    found = client.list_object_versions(Bucket=place.name, Prefix=f"arsip/{KEY}")
    entries = found.get("Versions", [])
    assert not found.get("DeleteMarkers")
    get = client.get_object
    return [get(Bucket=place.name, Key=entry["Key"], VersionId=entry["VersionId"])["Body"].read() for entry in entries]


@pytest.mark.parametrize("new", [b"baru", BIG], ids=["whole", "parts"])
def test_a_file_in_a_bucket_is_replaced_and_no_version_of_the_old_one_stays(
    storage: RemoteStorage, kept: Place, tmp_path: Path, new: bytes
) -> None:
    kept.put(KEY, b"paling lama")
    kept.put(KEY + "x", b"lain")
    kept.put(KEY, b"lama")
    path = made(tmp_path, new)
    storage.replace(path, KEY, sha256(b"lama"))
    assert kept.content() == {KEY: new, KEY + "x": b"lain"}
    assert not path.exists()
    assert b"lama" not in versions(kept)
    assert b"paling lama" not in versions(kept)
    known = storage._uploads.find(KEY)
    assert known
    assert (known.state, known.sha256) == ("uploaded", sha256(new))


def test_a_file_in_a_bucket_that_was_changed_meanwhile_is_not_overwritten(
    storage: RemoteStorage, kept: Place, tmp_path: Path
) -> None:
    kept.put(KEY, b"dari orang lain")
    with pytest.raises(StorageError, match="changed meanwhile"):
        storage.replace(made(tmp_path, b"baru"), KEY, sha256(b"lama"))
    with pytest.raises(StorageError, match="changed meanwhile"):
        storage.replace(made(tmp_path, b"baru"), "warc/tidak-ada", sha256(b"lama"))
    assert kept.content() == {KEY: b"dari orang lain"}


def test_replacing_what_was_replaced_deletes_the_versions_that_a_killed_run_left(
    storage: RemoteStorage, kept: Place, tmp_path: Path
) -> None:
    kept.put(KEY, b"lama")
    kept.put(KEY, b"baru")
    storage.replace(made(tmp_path, b"baru"), KEY, sha256(b"lama"))
    assert versions(kept) == [b"baru"]


def test_what_is_removed_with_its_versions_is_nowhere(storage: RemoteStorage, kept: Place) -> None:
    for content in (b"satu", b"dua"):
        kept.put(KEY, content)
    storage.remove(KEY)
    assert not storage.exists(KEY)
    storage.remove(KEY, versions=True)
    assert versions(kept) == []
    storage.remove("tidak/ada", versions=True)


def test_what_waits_for_its_upload_is_removed_and_never_replaced(
    quick_bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(quick_bucket.server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        storage = RemoteStorage(quick_bucket.uri, tmp_path / "state")
        storage._outbox.add(made(tmp_path, b"lama"), KEY)  # nobody tries to upload it
        with pytest.raises(StorageError, match="run scrapy upload"):
            storage.replace(made(tmp_path, b"baru"), KEY, sha256(b"lama"))
        storage.remove(KEY)
        assert not storage.exists(KEY)
        storage.close()


@pytest.mark.parametrize(
    "unable", [Fault(status=501, code="NotImplemented"), Fault(drop=("if-match",))], ids=["refuses", "does not mind"]
)
def test_a_server_without_conditional_writes_is_refused_and_nothing_is_overwritten(
    quick_bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unable: Fault
) -> None:
    quick_bucket.put(KEY, b"lama")
    is_conditional = re.compile(r"^if-match:", re.IGNORECASE | re.MULTILINE)
    with Proxy(quick_bucket.server.endpoint, lambda _, head: unable if is_conditional.search(head) else PASS) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        storage = RemoteStorage(quick_bucket.uri, tmp_path / "state")
        with pytest.raises(StorageRefused, match="If-Match"):
            storage.replace(made(tmp_path, b"baru"), KEY, sha256(b"lama"))
        storage.close()
    assert quick_bucket.content() == {KEY: b"lama"}


def test_a_version_that_the_bucket_does_not_let_go_is_said(
    quick_bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = quick_bucket.server.client()
    client.put_bucket_versioning(Bucket=quick_bucket.name, VersioningConfiguration={"Status": "Enabled"})
    quick_bucket.put(KEY, b"lama")

    def rule(_: int, head: str) -> Fault:
        is_of_version = head.startswith("DELETE") and "versionId" in head.partition("\n")[0]
        return Fault(status=403, code="AccessDenied") if is_of_version else PASS

    with Proxy(quick_bucket.server.endpoint, rule) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        storage = RemoteStorage(quick_bucket.uri, tmp_path / "state")
        with pytest.raises(StorageRefused, match=f"keeps an older version of {KEY} .*s3:DeleteObjectVersion"):
            storage.replace(made(tmp_path, b"baru"), KEY, sha256(b"lama"))
        storage.close()


def test_a_file_on_disk_is_replaced_only_by_what_was_made_from_it(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "archive")
    storage.publish(made(tmp_path, b"lama"), KEY)
    with pytest.raises(StorageError, match="changed meanwhile"):
        storage.replace(made(tmp_path, b"baru"), KEY, sha256(b"lain"))
    assert storage.read(KEY, 0, 9) == b"lama"
    for _ in range(2):  # the second time it is there already
        storage.replace(made(tmp_path, b"baru"), KEY, sha256(b"lama"))
        assert storage.read(KEY, 0, 9) == b"baru"
        assert not (tmp_path / "new").exists()


def test_a_file_on_disk_that_is_removed_is_gone_and_need_not_have_been_there(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "archive")
    storage.publish(made(tmp_path, b"isi"), KEY)
    for _ in range(2):
        storage.remove(KEY)
        assert not storage.exists(KEY)
    storage.remove(f"{KEY}/x/y")
