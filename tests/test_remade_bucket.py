"""Rows of an archive in a bucket are made again: what is new is there before what is old goes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import UploadsWait
from tests import buckets
from tests.lives import Place
from tests.proxy import PASS, Fault, Proxy
from tests.remaking import NOAI, Kept, content, keep, page, remake, revise, revisions, rows, ruled, url_of
from tests.runs import scrapy


@pytest.fixture
def proxy(quick_bucket: buckets.Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    with Proxy(quick_bucket.server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        yield proxy


@pytest.fixture
def place(quick_bucket: buckets.Place, proxy: Proxy, tmp_path: Path) -> Place:
    """A job by rules that found nothing; one of its pages is closed to copies."""
    assert proxy.port
    place = Place(quick_bucket.uri, tmp_path / "state")
    pages = (Kept(url_of(n), page(n, head=NOAI if n == 3 else b"")) for n in range(4))
    keep(place, *pages, outlet=ruled("div.tulisan"))
    return place


def copy(bucket: buckets.Place, folder: Path) -> Path:
    """The bucket's content, as an archive on disk."""
    for key, data in bucket.content().items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(data)
    return folder


def is_sound(place: Place) -> bool:
    state = ("-s", f"STATE_DIR={place.state}")
    status, out, log = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={place.uri}", *state)
    assert status == 0, out + log
    live = place.content()
    place.rebuild()
    assert (place.complaints, place.content()) == ([], live)
    return True


def test_new_parts_are_in_the_bucket_before_the_old_ones_go(
    place: Place, proxy: Proxy, quick_bucket: buckets.Place, tmp_path: Path
) -> None:
    before = rows(copy(quick_bucket, tmp_path / "before"))
    proxy.requests.clear()
    done = remake(place)
    assert (done.count.rows, done.said, done.left) == (4, [], [])
    sent = [line for line in proxy.requests if line.startswith(("PUT", "DELETE"))]
    assert ["DELETE" in line for line in sent] == [False] * (len(sent) - 2) + [True] * 2
    puts = [line.partition("?")[0] for line in sent[:-2]]
    assert any("/jobs/tribun/" in line for line in puts)
    assert sum("part-" in line for line in puts) == 2
    after = copy(quick_bucket, tmp_path / "after")
    assert len(revisions(after)) == 2
    assert [row["url"] for row in rows(after)] == [row["url"] for row in before]
    assert {row["origins"]["text"] for row in rows(after)} == {"rule"}
    assert is_sound(place)
    proxy.requests.clear()
    assert remake(place).count.todo == 0
    assert not [line for line in proxy.requests if line.startswith(("PUT", "DELETE"))]


def test_as_long_as_an_upload_waits_nothing_is_taken_away_and_the_next_run_does_it(
    place: Place, proxy: Proxy, quick_bucket: buckets.Place, tmp_path: Path
) -> None:
    there = set(quick_bucket.content())
    proxy.rule = lambda _n, head: Fault(status=503, code="SlowDown") if head.startswith("PUT") else PASS
    done = remake(place, patience=0.5)
    assert [key.partition("/")[0] for key in done.left].count("articles") == 1
    assert set(quick_bucket.content()) == there
    with pytest.raises(UploadsWait, match="scrapy upload sends them"):
        revise(place, patience=0.5)
    proxy.rule = lambda _n, _head: PASS
    assert remake(place).count.todo == 0
    after = copy(quick_bucket, tmp_path / "after")
    assert len(revisions(after)) == 2
    assert {row["origins"]["text"] for row in rows(after)} == {"rule"}
    assert is_sound(place)


def test_another_machine_s_rows_that_are_not_in_the_bucket_yet_are_waited_for(
    place: Place, proxy: Proxy, quick_bucket: buckets.Place, tmp_path: Path, database: str
) -> None:
    first, second = (Place(quick_bucket.uri, tmp_path / name, database) for name in ("satu", "dua"))
    first.rebuild()
    proxy.rule = lambda _n, head: Fault(status=503, code="SlowDown") if head.startswith("PUT") else PASS
    assert remake(first, patience=0.5).left
    with pytest.raises(UploadsWait, match="run scrapy upload there, and start again"):
        remake(second)
    proxy.rule = lambda _n, _head: PASS
    assert remake(first).count.todo == 0
    kept = content(copy(quick_bucket, tmp_path / "after"))
    assert remake(second).count.todo == 0
    assert content(copy(quick_bucket, tmp_path / "again")) == kept
    assert place.uri == first.uri
