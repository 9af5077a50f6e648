"""What may wait for upload is bounded: beyond it no outlet is asked for anything until there is room."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from archive.errors import ArgumentError
from archive.local import write_file
from archive.model import Pending
from archive.s3.remote import RemoteStorage
from crawler.extensions.spool import SpoolExtension
from crawler.uploads import NoLongerAwaited, Waiting, patience, spool_limit
from tests.bucket_runs import ONE, Machine
from tests.buckets import Place
from tests.fakesite import FakeSite, Reply, Request
from tests.proxy import Fault, Proxy

if TYPE_CHECKING:
    from crawler.spider import OutletSpider

WWW, SLOW = "www.tribunnews.com", "/nasional/9900001/lambat"
BACKLOG = "warc/lain/2026/11/22/lain-20261122010203-00000-host.warc.gz"


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, quick_bucket: Place) -> Iterator[Machine]:
    """A machine whose bucket takes nothing at the moment."""
    with Proxy(quick_bucket.server.endpoint, refuse) as proxy:
        yield Machine(tmp_path, quick_bucket, proxy)


def refuse(_: int, head: str) -> Fault:
    return Fault(status=503, code="SlowDown") if head.startswith("PUT") else Fault()


def fill(machine: Machine) -> None:
    """Two megabytes that a job of another outlet has published."""
    write_file(machine.outbox / BACKLOG, random.randbytes(2_000_000))


def read_until(child: subprocess.Popen[str], words: str) -> str:
    assert child.stderr is not None
    read = ""
    while words not in read:
        line = child.stderr.readline()
        assert line, read
        read += line
    return read


def test_a_backlog_beyond_the_limit_keeps_a_crawl_from_asking_and_ends_it_with_6(
    machine: Machine, site: FakeSite
) -> None:
    fill(machine)
    done = machine.crawl(site, SPOOL_LIMIT_MB="1", UPLOAD_PATIENCE="1")
    assert done.status == 6, done.log
    assert site.requests == []
    assert done.log.count("pausing until there is room: 1 file, 2.0 MB, wait") == 1
    assert "stopped early, because no more may wait for upload (SPOOL_LIMIT_MB)" in done.out
    assert BACKLOG in machine.waiting


def test_a_crawl_that_pauses_asks_for_nothing_and_goes_on_when_there_is_room(machine: Machine, site: FakeSite) -> None:
    pauses = threading.Event()

    def fill_up(_: Request) -> Reply:
        fill(machine)
        pauses.wait(40)
        return Reply(200, headers=(("Content-Type", "text/html"),), body=b"<html></html>")

    site.overrides[WWW, SLOW] = fill_up
    urls = f"url=https://{WWW}{SLOW},{ONE}"
    with machine.crawling(site, urls, SPOOL_LIMIT_MB="1", UPLOAD_PATIENCE="60") as child:
        log = read_until(child, "pausing until there is room")
        pauses.set()
        while SLOW not in [request.path for request in site.requests]:
            time.sleep(0.05)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(3)  # the slow page comes meanwhile; its turn over, nobody else gets one
        assert [request.path for request in site.requests][-1] == SLOW
        assert machine.proxy is not None
        machine.proxy.rule = lambda _n, _head: Fault()
        log += child.communicate(timeout=60)[1]
    assert child.returncode == 0, log
    assert "there is room again" in log
    assert site.requests[-1].path in ONE
    assert machine.waiting == []


def test_a_file_that_only_a_person_can_help_does_not_end_a_crawl_that_has_room(
    tmp_path: Path, quick_bucket: Place
) -> None:
    quick_bucket.server.client().put_object(Bucket=quick_bucket.name, Key="arsip/events/a/e", Body=b"lain")
    with closing(RemoteStorage(quick_bucket.uri, tmp_path)) as storage:
        write_file(tmp_path / "outbox" / "events" / "a" / "e", b"isi")
        write_file(tmp_path / "outbox" / BACKLOG, bytes(2_000_000))
        extension = SpoolExtension(get_crawler(), limit=1e6, patience=10)
        extension._storage = storage
        extension._spider = cast("OutletSpider", SimpleNamespace(name="a", is_leaving=lambda: False))
        assert extension._wait()
        assert storage.drain(0) == ["events/a/e"]


class Backlog:
    """A storage of which only that is asked."""

    def pending(self) -> Pending:
        return Pending(2, 3_000_000, "The bucket is full.")


def test_whoever_waits_for_uploads_is_told_how_far_they_are_and_may_leave() -> None:
    told: list[str] = []
    waiting = Waiting(Backlog(), told.append, seconds=0)
    waiting.tick()
    assert told == ["uploading, 2 files, 3.0 MB to go: The bucket is full."]
    waiting.leave()
    with pytest.raises(NoLongerAwaited):
        waiting.tick()


@pytest.mark.parametrize("value", ["banyak", "-1", "nan", "inf", ""])
def test_a_limit_that_cannot_be_meant_is_refused(value: str) -> None:
    with pytest.raises(ArgumentError, match=f"SPOOL_LIMIT_MB={value} is not possible"):
        spool_limit(Settings({"SPOOL_LIMIT_MB": value}))
    with pytest.raises(ArgumentError, match="seconds"):
        patience(Settings({"UPLOAD_PATIENCE": value}))
