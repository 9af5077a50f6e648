"""Takedowns in buckets, with versions and without: no version of any file holds the article any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.reader import Record, read
from tests.buckets import Place as BucketPlace
from tests.lives import Place
from tests.proxy import PASS, Fault, Proxy
from tests.takedowns import OTHER, SECRET, fill, take_down, unfolded


@pytest.fixture(params=[False, True], ids=["plain", "versioned"])
def bucket_place(request: pytest.FixtureRequest, bucket: BucketPlace) -> BucketPlace:
    """A bucket on either server."""
    if request.param:
        versioned(bucket)
    return bucket


def versioned(bucket: BucketPlace) -> None:
    client = bucket.server.client()
    client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})


def everything(bucket: BucketPlace) -> list[tuple[str, bytes]]:
    """Key and bytes of every version of every file."""
    client = bucket.server.client()
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket.name)
    entries = [entry for page in pages for entry in page.get("Versions", [])]
    return [
        (
            entry["Key"],
            client.get_object(Bucket=bucket.name, Key=entry["Key"], VersionId=entry["VersionId"])["Body"].read(),
        )
        for entry in entries
    ]


def holding(bucket: BucketPlace) -> list[str]:
    return [key for key, data in everything(bucket) if SECRET.encode() in data or SECRET.encode() in unfolded(data)]


def test_no_version_of_any_file_holds_the_article(bucket_place: BucketPlace, tmp_path: Path) -> None:
    place = Place(bucket_place.uri, tmp_path / "state")
    fill(place)
    assert len(holding(bucket_place)) == 6
    assert take_down(place) == 0
    assert holding(bucket_place) == []
    there = bucket_place.content()
    [warcs, indexes] = ([there[key] for key in sorted(there) if key.endswith(end)] for end in (".warc.gz", ".cdxj"))
    assert OTHER in b"".join(indexes).decode()
    assert "7788101" not in b"".join(indexes).decode()
    (tmp_path / "one.warc.gz").write_bytes(b"".join(warcs))
    assert sum(isinstance(found, Record) for found in read(tmp_path / "one.warc.gz")) == 21
    assert {"takedowns/revocations.jsonl"} < there.keys()
    assert take_down(place) == 0


def test_parts_that_a_rebuild_removed_leave_no_version_either(quick_bucket: BucketPlace, tmp_path: Path) -> None:
    versioned(quick_bucket)
    place = Place(quick_bucket.uri, tmp_path / "state")
    fill(place)
    part = next(key for key in quick_bucket.content() if key.startswith("articles/"))
    data = quick_bucket.fetch(part)
    quick_bucket.put(part.replace(".jsonl.gz", "-20990101000000.jsonl.gz"), data)
    quick_bucket.server.client().delete_object(Bucket=quick_bucket.name, Key=f"arsip/{part}")
    assert take_down(place) == 0
    assert holding(quick_bucket) == []


def test_versions_that_the_bucket_does_not_let_go_are_said_and_the_same_command_deletes_them_later(
    quick_bucket: BucketPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    versioned(quick_bucket)
    place = Place(quick_bucket.uri, tmp_path / "state")
    fill(place)

    def rule(_: int, head: str) -> Fault:
        is_of_version = head.startswith("DELETE") and "versionId" in head.partition("\n")[0]
        return Fault(status=403, code="AccessDenied") if is_of_version else PASS

    with Proxy(quick_bucket.server.endpoint, rule) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        assert take_down(place) == 5
        assert "s3:DeleteObjectVersion" in capsys.readouterr().err
    assert holding(quick_bucket)
    monkeypatch.setenv("AWS_ENDPOINT_URL", quick_bucket.server.endpoint)
    assert take_down(place) == 0
    assert holding(quick_bucket) == []


def test_a_bucket_that_cannot_be_reached_half_way_is_finished_later(
    quick_bucket: BucketPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(quick_bucket.uri, tmp_path / "state")
    fill(place)
    for stop in (20, 45, 80):

        def rule(number: int, _: str, stop: int = stop) -> Fault:
            return PASS if number < stop else Fault(cut_request=0)

        with Proxy(quick_bucket.server.endpoint, rule) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
            assert take_down(place) in {5, 6}
    monkeypatch.setenv("AWS_ENDPOINT_URL", quick_bucket.server.endpoint)
    assert take_down(place) == 0
    assert holding(quick_bucket) == []
