"""How a run can end, and what it says: the exit status that a scheduler sees and the sentence that a person reads."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator

from archive.job import Job
from archive.whole import read_whole
from crawler.middlewares.robots import TIMEOUT_SECONDS
from tests.fakesite import FakeSite, Reply
from tests.runs import ROOT, SCRAPY, crawl, environment, scrapy

WWW = "www.tribunnews.com"
NO_PAUSE = ("-s", "DOWNLOAD_DELAY=0")


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def statuses(archive: Path) -> list[tuple[str, int | None]]:
    found: list[tuple[str, int | None]] = []
    for path in archive.glob("warc/**/*.warc.gz"):
        with path.open("rb") as file:
            found.extend(
                (record.headers["WARC-Target-URI"], record.http_headers.status_code)
                for record in ArchiveIterator(file)
                if record.headers["WARC-Type"] == "response" and record.http_headers
            )
    return found


def test_a_wall_ends_with_4_says_what_to_do_and_is_in_the_warc(tmp_path: Path) -> None:
    with FakeSite(wall=True) as site:
        done = crawl("tribun", tmp_path, site)
    assert done.status == 4
    assert "refuses us" in done.out
    assert "ask it for access" in done.out
    assert ("https://www.tribunnews.com/sitemap.xml", 403) in statuses(tmp_path)
    assert done.rows() == []


def test_after_a_few_refusals_in_a_row_the_outlet_is_left_alone(tmp_path: Path, site: FakeSite) -> None:
    urls = [f"https://{WWW}/nasional/990000{n}/judul" for n in range(9)]
    for url in urls:
        site.overrides[WWW, url.removeprefix(f"https://{WWW}")] = Reply(403, body=b"no")
    done = crawl("tribun", tmp_path, site, f"url={','.join(urls)}")
    assert done.status == 4
    assert sum("/nasional/99000" in request.path for request in site.requests) == 5
    assert {row["verdict"] for row in done.rows("dropped")} == {"blocked"}
    assert done.manifest()["counts"]["left"] == 4


def test_without_a_network_it_ends_with_3_and_says_so(tmp_path: Path) -> None:
    # Its host is in .test, which no resolver knows (RFC 6761, section 6.2), whether or not there is a network.
    given = ("-s", f"ARCHIVE_URI={tmp_path}", "-s", "SPIDER_MODULES=tests.spiders")
    status, out, _ = scrapy("crawl", "contoh", *given, https_proxy="", http_proxy="", no_proxy="*")
    assert status == 3
    assert "could not be reached (dns)" in out
    assert "Check the network" in out


def test_a_host_that_swallows_everything_ends_with_3_within_a_minute(tmp_path: Path, site: FakeSite) -> None:
    site.overrides[WWW, "/robots.txt"] = Reply(200, delay=300)
    done = crawl("tribun", tmp_path, site)
    assert {request.path for request in site.requests} == {"/robots.txt"}
    assert len(site.requests) * TIMEOUT_SECONDS < 60
    assert done.status == 3
    assert "timeout" in done.out


def test_a_bad_certificate_is_a_reason_like_any_other(tmp_path: Path) -> None:
    with FakeSite(untrusted=True) as site:
        done = crawl("tribun", tmp_path, site)
    assert done.status == 3
    assert "tls" in done.out
    assert site.requests == []


def test_robots_txt_that_fails_keeps_us_out(tmp_path: Path, site: FakeSite) -> None:
    site.overrides[WWW, "/robots.txt"] = Reply(503, body=b"later")
    done = crawl("tribun", tmp_path, site)
    assert done.status == 3
    assert "robots-http-503" in done.out
    assert {request.path for request in site.requests} == {"/robots.txt"}


def test_what_robots_txt_closes_is_not_requested_and_counted(tmp_path: Path, site: FakeSite) -> None:
    body = b"User-agent: *\nDisallow: /nasional/\nSitemap: https://www.tribunnews.com/sitemap.xml\n"
    site.overrides[WWW, "/robots.txt"] = Reply(200, body=body)
    done = crawl("tribun", tmp_path, site)
    assert not [request.path for request in site.requests if request.path.startswith("/nasional/")]
    assert done.manifest()["counts"]["failed"]["robots"] > 0


def test_a_quiet_outlet_ends_with_8(tmp_path: Path, site: FakeSite) -> None:
    site.overrides[WWW, "/robots.txt"] = Reply(404)
    site.overrides[WWW, "/index-news"] = Reply(200, body=b"<html></html>")
    done = crawl("tribun", tmp_path, site)
    assert done.status == 8
    assert "no source announced anything" in done.out


def test_hostile_sources_are_refused_by_name_and_the_rest_goes_on(tmp_path: Path) -> None:
    with FakeSite(hostile=True) as site:
        done = crawl("tribun", tmp_path, site)
    assert done.status == 7, done.log
    assert done.manifest()["counts"]["kept"] == 4
    for name in ("gzip-bomb", "xml-entities", "depth-limit", "not-a-sitemap"):
        assert name in done.out


def test_a_torn_answer_is_kept_as_torn_and_counted(tmp_path: Path, site: FakeSite) -> None:
    path = "/nasional/9900001/putus"
    site.overrides[WWW, path] = Reply(200, headers=(("Content-Type", "text/html"),), body=b"x" * 5000, cut=300)
    done = crawl("tribun", tmp_path, site, f"url=https://{WWW}{path}")
    assert done.manifest()["counts"]["failed"] == {"torn": 1}
    [warc] = done.warcs
    with warc.open("rb") as file:
        torn = [r for r in ArchiveIterator(file) if r.headers.get("WARC-Truncated") == "disconnect"]
    assert len(torn) == 3  # the first try and two more


def test_another_job_on_the_outlet_ends_with_9(tmp_path: Path, site: FakeSite) -> None:
    holder = Job(outlet="tribun", archive_uri=str(tmp_path))
    try:
        done = crawl("tribun", tmp_path, site)
    finally:
        holder.release()
    assert done.status == 9
    assert "Another job is at work on tribun" in done.log
    assert site.requests == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("since=kemarin",), "write it as YYYY-MM-DD"),
        (("since=2026-11-22", "until=2026-11-01"), "is after"),
        (("url=https://www.kompas.com/read/1",), "no address of Tribunnews"),
        (("umur=3",), "There is no argument umur"),
    ],
)
def test_wrong_arguments_end_with_2_before_any_request(
    tmp_path: Path, site: FakeSite, arguments: tuple[str, ...], words: str
) -> None:
    done = crawl("tribun", tmp_path / "new", site, *arguments)
    assert done.status == 2
    assert words in done.log
    assert site.requests == []
    assert not (tmp_path / "new").exists()


def test_a_feed_of_scrapy_is_refused_because_rows_have_a_place(tmp_path: Path) -> None:
    status, _, log = scrapy("crawl", "tribun", "-o", str(tmp_path / "x.jsonl"))
    assert status == 2
    assert "articles/" in log


def test_an_unknown_outlet_ends_with_2_and_names_those_there_are(tmp_path: Path) -> None:
    done = crawl("tribunn", tmp_path, None)
    assert done.status == 2
    assert "There is no outlet tribunn; there are antaranews, " in done.log


def test_an_archive_that_cannot_be_written_ends_with_5(tmp_path: Path, site: FakeSite) -> None:
    (tmp_path / "file").write_text("no folder")
    done = crawl("tribun", tmp_path / "file" / "archive", site)
    assert done.status == 5
    assert "cannot be written" in done.log
    assert site.requests == []


def test_a_disk_that_fills_up_ends_with_5_and_the_next_run_has_everything_once(tmp_path: Path, site: FakeSite) -> None:
    Job(outlet="tribun", archive_uri=str(tmp_path)).finish({})  # the catalog is there already
    limited = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000));"
    limited += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    done = subprocess.run(
        [SCRAPY[0], "-c", limited, *SCRAPY[1:], "crawl", "tribun", "-s", f"ARCHIVE_URI={tmp_path}", *NO_PAUSE],
        cwd=ROOT,
        env=environment(site),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 5, done.stderr
    assert re.search("cannot be (written|opened)", done.stdout + done.stderr)
    after = crawl("tribun", tmp_path, site)
    assert after.status == 0, after.log
    assert len(after.rows()) == len({row["id"] for row in after.rows()}) == 4
    for path in after.warcs:
        assert read_whole(path, path.name).end == path.stat().st_size


def test_ctrl_c_ends_with_130_and_what_was_kept_is_whole(tmp_path: Path, site: FakeSite) -> None:
    child = subprocess.Popen(
        [*SCRAPY, "crawl", "tribun", "-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0.7"],
        cwd=ROOT,
        env=environment(site),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while len(site.requests) < 3:
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 130, out
    assert "interrupted" in out
    assert len(list(tmp_path.glob("warc/**/*.warc.gz"))) == 1
    again = crawl("tribun", tmp_path, site)
    assert again.status == 0
    assert len(again.rows()) == 4


def test_a_second_ctrl_c_ends_with_130_at_once_and_the_next_run_goes_on(tmp_path: Path, site: FakeSite) -> None:
    slow = "/nasional/9900001/lambat"
    site.overrides[WWW, slow] = Reply(200, delay=60)
    settings = ("-s", f"ARCHIVE_URI={tmp_path}", "-s", "LOG_LEVEL=DEBUG")
    child = subprocess.Popen(
        [*SCRAPY, "crawl", "tribun", *settings, "-a", f"url=https://{WWW}{slow}"],
        cwd=ROOT,
        env=environment(site),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not any(request.path == slow for request in site.requests):
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    assert child.stdout is not None
    assert any("Received SIGINT, shutting down gracefully" in line for line in child.stdout)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=30)
    assert child.returncode == 130, out
    del site.overrides[WWW, slow]
    assert len(crawl("tribun", tmp_path, site).rows()) == 4


def test_a_pipeline_with_a_fault_ends_with_1_and_loses_no_count(tmp_path: Path, site: FakeSite) -> None:
    pipelines = {"pipelines.warc.WarcPipeline": 1, "tests.broken.BrokenPipeline": 2, "pipelines.store.StorePipeline": 3}
    status, out, log = scrapy(
        "crawl",
        "tribun",
        *("-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0", "-s", f"ITEM_PIPELINES={json.dumps(pipelines)}"),
        site=site,
    )
    assert status == 1, log
    assert "failed     10  (fault 10)" in out
    assert "not tried yet" not in out


def test_a_page_that_unpacks_beyond_every_limit_costs_that_page_alone(tmp_path: Path, site: FakeSite) -> None:
    path = "/nasional/9900001/bom"
    headers = (("Content-Type", "text/html"),)
    site.overrides[WWW, path] = Reply(200, headers=headers, body=b"0" * 100_000_000, gzip=True)
    good = "/nasional/7788101/rel-terendam-rob-di-semarang-belasan-perjalanan-kereta-dialihkan-lewat-jalur-selatan"
    done = crawl("tribun", tmp_path, site, f"url=https://{WWW}{path},https://{WWW}{good}")
    assert done.status == 0, done.log
    assert done.manifest()["counts"]["failed"] == {"too-large": 1}
    assert len(done.rows()) == 1


def test_redirects_without_end_are_a_reason_like_any_other(tmp_path: Path, site: FakeSite) -> None:
    path = "/nasional/9900001/putar"
    site.overrides[WWW, path] = Reply(302, headers=(("Location", f"{path}?putar=1"),))
    site.overrides[WWW, f"{path}?putar=1"] = Reply(302, headers=(("Location", path),))
    done = crawl("tribun", tmp_path, site, f"url=https://{WWW}{path}")
    assert done.manifest()["counts"]["failed"] == {"too-many-redirects": 1}
