"""A crawl into a bucket: what a crawl to disk leaves is there, once, whatever happens to the bucket or to the crawl."""

from __future__ import annotations

import gzip
import json
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.job import Job
from archive.model import Capture
from tests.bucket_runs import ONE, Machine
from tests.buckets import Place
from tests.fakesite import FakeSite, Reply, Request
from tests.postgres import Postgres
from tests.proxy import Fault, Proxy
from tests.runs import Run, crawl

WWW = "www.tribunnews.com"
SLOW = "/nasional/9900001/lambat"


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def test_credentials_that_expire_do_not_keep_a_job_from_beginning_its_next_file(
    tmp_path: Path, quick_bucket: Place, capture: Callable[..., Capture], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(quick_bucket.server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        job = Job(outlet="contoh", archive_uri=quick_bucket.uri, state_dir=str(tmp_path))
        proxy.rule = lambda _n, _head: Fault(status=403, code="ExpiredToken")
        job.capture(capture())
        job.commit()
        proxy.rule = lambda _n, _head: Fault()
        assert job.finish({}) == []
    assert sum(key.endswith(".warc.gz") for key in quick_bucket.content()) == 1


def texts(run: Run) -> list[tuple[str, str]]:
    return [(row["id"], row["text"]) for row in run.rows()]


def archived(folder: Path) -> Counter[tuple[str, str]]:
    """What the WARCs hold, by their indexes: addresses and statuses."""
    lines = [line for path in folder.glob("warc/**/*.cdxj") for line in path.read_text().splitlines()]
    entries = [json.loads(line.split(" ", 2)[2]) for line in lines]
    return Counter((entry["url"], entry["status"]) for entry in entries)


def is_whole(run: Run) -> bool:
    """Does every row lead to its bytes, and is every file named by a manifest?"""
    for row in [*run.rows(), *run.rows("dropped")]:
        for ref in row["captures"]:
            with (run.archive / ref["warc"]).open("rb") as file:
                file.seek(ref["offset"])
                record = gzip.decompress(file.read(ref["length"]))
            assert f"<{ref['record_id']}>".encode() in record or ref["record_id"].encode() in record
    manifests = [json.loads(path.read_text()) for path in run.archive.glob("jobs/*/*.json")]
    named = {key for manifest in manifests for key in manifest["files"]}
    return named == {path.relative_to(run.archive).as_posix() for path in run.archive.rglob("*") if path.is_file()}


def test_a_bucket_gets_what_a_disk_gets_and_a_second_run_asks_for_no_article_again(
    tmp_path: Path, site: FakeSite, sound_bucket: Place
) -> None:
    on_disk = crawl("tribun", tmp_path / "disk", site)
    machine = Machine(tmp_path, sound_bucket)
    first = machine.crawl(site)
    assert first.status == 0, first.log
    assert texts(first) == texts(on_disk)
    assert archived(first.archive) == archived(on_disk.archive)
    assert first.manifest()["counts"] == on_disk.manifest()["counts"]
    assert is_whole(first)
    assert machine.waiting == []
    assert f"file       s3://{sound_bucket.name}/arsip/warc/tribun/" in first.out
    before = len(site.requests)
    second = machine.crawl(site)
    asked = {f"https://{request.host}{request.path}" for request in site.requests[before:]}
    assert second.status == 0, second.log
    assert asked.isdisjoint(row["url"] for row in first.rows())
    assert texts(second) == texts(first)


def test_credentials_that_are_refused_end_with_5_before_any_request_and_without_secrets(
    tmp_path: Path, site: FakeSite, quick_bucket: Place
) -> None:
    with Proxy(
        quick_bucket.server.endpoint, lambda _n, _head: Fault(status=403, code="SignatureDoesNotMatch")
    ) as proxy:
        machine = Machine(tmp_path, quick_bucket, proxy)
        done = machine.crawl(site, AWS_SECRET_ACCESS_KEY="salah-rahasia")
    assert done.status == 5, done.log
    assert "scrapy crawl: bucket" in done.log
    assert "check AWS_SECRET_ACCESS_KEY" in done.log
    assert "Traceback" not in done.log
    assert "salah-rahasia" not in done.out + done.log
    assert site.requests == []


def test_a_bucket_that_goes_down_costs_nothing_and_the_next_run_uploads_what_waits(
    tmp_path: Path, site: FakeSite, quick_bucket: Place
) -> None:
    with Proxy(quick_bucket.server.endpoint) as proxy:
        machine = Machine(tmp_path, quick_bucket, proxy)

        def go_down(_: object) -> Reply:
            proxy.down()
            return Reply(200, headers=(("Content-Type", "text/html"),), body=b"<html></html>")

        site.overrides[WWW, SLOW] = go_down
        middle = machine.crawl(site, f"url=https://{WWW}{SLOW},{ONE}", UPLOAD_PATIENCE="1")
        assert middle.status == 6, middle.log
        assert f"wait for upload in {machine.outbox}" in middle.out
        assert "scrapy upload" in middle.out
        start = machine.crawl(site, "limit=1", UPLOAD_PATIENCE="1")  # the bucket is down from the start
        assert start.status == 6, start.log
        assert "What is kept waits in" in start.log
        assert start.rows() == []  # nothing is in the bucket yet
        waiting = machine.waiting
        proxy.up()
        done = machine.crawl(site, "limit=1")
    assert done.status == 0, done.log
    assert machine.waiting == []
    assert all((done.archive / key).exists() for key in waiting)
    assert len(done.rows()) == len({row["id"] for row in done.rows()}) == 3
    assert is_whole(done)


def test_a_crawl_killed_while_it_uploads_is_finished_by_the_next(
    tmp_path: Path, site: FakeSite, quick_bucket: Place
) -> None:
    with Proxy(quick_bucket.server.endpoint) as proxy:
        machine = Machine(tmp_path, quick_bucket, proxy)

        def stall_rows(_: int, head: str) -> Fault:
            return Fault(delay=30 if head.startswith("PUT") and "/warc/" not in head.split()[1] else 0)

        proxy.rule = stall_rows
        with machine.crawling(site, f"url={ONE}") as child:
            until(lambda: proxy.count("PUT .*/events/"))
            child.kill()
            child.wait()
        assert machine.waiting
        proxy.rule = lambda _n, _head: Fault()
        done = machine.next_job()
    assert done.status == 0
    assert machine.waiting == []
    assert len(done.rows()) == 1
    assert is_whole(done)


def test_ctrl_c_while_a_job_waits_for_its_uploads_ends_with_6_at_once(
    tmp_path: Path, site: FakeSite, quick_bucket: Place
) -> None:
    with Proxy(quick_bucket.server.endpoint) as proxy:
        machine = Machine(tmp_path, quick_bucket, proxy)
        proxy.rule = lambda _n, head: Fault(status=503, code="SlowDown") if head.startswith("PUT") else Fault()
        with machine.crawling(site, f"url={ONE}", UPLOAD_PATIENCE="100") as child:
            until(lambda: proxy.count("PUT .*/warc/") > 1)
            child.send_signal(signal.SIGINT)
            out, _ = child.communicate(timeout=60)
    assert child.returncode == 6, out
    assert "kept       1" in out
    assert "wait for upload" in out


def test_a_job_whose_lease_was_taken_writes_nothing_more_and_ends_with_9(
    tmp_path: Path, site: FakeSite, quick_bucket: Place
) -> None:
    machine = Machine(tmp_path, quick_bucket)
    has_begun, is_taken, is_told = threading.Event(), threading.Event(), threading.Event()

    def robots(_: Request) -> Reply:
        has_begun.set()
        is_taken.wait(60)
        return Reply(200, headers=(("Content-Type", "text/plain"),), body=b"User-agent: *\nDisallow: /search\n")

    def slow(_: Request) -> Reply:
        is_told.wait(60)
        return Reply(200, headers=(("Content-Type", "text/html"),), body=b"<html></html>")

    site.overrides |= {(WWW, "/robots.txt"): robots, (WWW, SLOW): slow}
    with machine.crawling(site, f"url=https://{WWW}{SLOW},{ONE}") as child:
        assert has_begun.wait(60)
        catalog = sqlite3.connect(machine.folder / "state" / "catalog.sqlite3")
        catalog.execute("UPDATE leases SET machine = 'lain', fence = fence + 1")
        catalog.commit()
        is_taken.set()
        assert child.stderr
        assert any("was leased to another" in line for line in child.stderr)
        is_told.set()
        out, _ = child.communicate(timeout=60)
    assert child.returncode == 9, out
    assert "tribun: The outlet tribun was leased to another" in out
    assert catalog.execute("SELECT count(*) FROM known").fetchone() == (0,)
    assert not any(request.path in ONE for request in site.requests)
    assert quick_bucket.content() == {}
    catalog.execute("UPDATE leases SET expires = 0")
    catalog.commit()
    catalog.close()
    done = machine.next_job()
    assert done.status == 0
    assert len(list(done.archive.glob("jobs/*/*.json"))) == 2  # that of the job that lost its lease too


def test_a_second_machine_knows_what_the_first_has_and_which_files_are_only_there(
    tmp_path: Path, site: FakeSite, quick_bucket: Place, postgres: Postgres
) -> None:
    catalog = postgres.make_database()
    with Proxy(quick_bucket.server.endpoint) as proxy:
        first = Machine(tmp_path / "a", quick_bucket, proxy, catalog)
        second = Machine(tmp_path / "b", quick_bucket, catalog=catalog)
        proxy.rule = lambda _n, head: Fault(status=503) if head.startswith("PUT") else Fault()
        assert first.crawl(site, f"url={ONE}", UPLOAD_PATIENCE="1").status == 6
    before = len(site.requests)
    done = second.crawl(site, f"url={ONE}")
    assert done.status == 0, done.log
    assert done.manifest()["counts"]["already_there"] == 1
    assert not any(request.path in ONE for request in site.requests[before:])
    assert "files of jobs on other machines are not in the archive yet" in done.log
    assert "scrapy catalog rebuild" in done.log
    assert postgres.password not in done.log
