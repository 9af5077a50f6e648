"""What an outlet asks for is kept to the second: Crawl-delay, Retry-After, one request at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fakesite import FakeSite, Reply, Request
from tests.runs import crawl

WWW = "www.tribunnews.com"
PATHS = [f"/nasional/990000{number}/judul" for number in range(4)]


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def watched(site: FakeSite, reply: Callable[[int], Reply]) -> list[float]:
    """Answer the articles with `reply(nth request)`; the times at which requests arrive."""
    arrivals: list[float] = []

    def answer(_: Request) -> Reply:
        arrivals.append(time.monotonic())
        return reply(len(arrivals))

    for path in PATHS:
        site.overrides[WWW, path] = answer
    return arrivals


def ask(tmp_path: Path, site: FakeSite, number: int = len(PATHS)) -> None:
    crawl("tribun", tmp_path, site, "url=" + ",".join(f"https://{WWW}{path}" for path in PATHS[:number]))


def test_one_request_at_a_time_goes_to_a_host_even_without_a_pause(tmp_path: Path, site: FakeSite) -> None:
    arrivals = watched(site, lambda _: Reply(404, delay=0.3))
    ask(tmp_path, site)
    assert len(arrivals) == 4
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(arrivals))


def test_crawl_delay_is_kept_and_not_varied(tmp_path: Path, site: FakeSite) -> None:
    site.overrides[WWW, "/robots.txt"] = Reply(200, body=b"User-agent: *\nCrawl-delay: 1.5\n")
    arrivals = watched(site, lambda _: Reply(404))
    ask(tmp_path, site, 3)
    assert len(arrivals) == 3
    assert all(later - earlier >= 1.45 for earlier, later in pairwise(arrivals))


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_for(tmp_path: Path, site: FakeSite, form: str) -> None:
    def busy_once(number: int) -> Reply:
        when = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
        value = "2" if form == "seconds" else when
        return Reply(503, headers=(("Retry-After", value),)) if number == 1 else Reply(404)

    arrivals = watched(site, busy_once)
    ask(tmp_path, site, 1)
    assert len(arrivals) == 2
    assert arrivals[1] - arrivals[0] >= 1.9


def test_a_host_that_asks_for_an_hour_is_left_alone_until_another_run(tmp_path: Path, site: FakeSite) -> None:
    arrivals = watched(site, lambda _: Reply(503, headers=(("Retry-After", "3600"),)))
    ask(tmp_path, site)
    assert len(arrivals) == 1


def test_a_source_that_was_not_read_because_its_host_asked_for_time_is_listed(tmp_path: Path, site: FakeSite) -> None:
    site.overrides[WWW, "/sitemap.xml"] = Reply(503, headers=(("Retry-After", "3600"),))
    done = crawl("tribun", tmp_path, site)
    problems = {source["url"]: source["problem"] for source in done.manifest()["sources"]}
    assert problems["https://www.tribunnews.com/sitemap.xml"] == "answered HTTP 503"
    assert problems["https://www.tribunnews.com/index-news?page=1"] == "left-alone"


@pytest.mark.parametrize("value", ["besok", "-5", "Fri, 31 Dec 9999 23:59:59 -1200", "1e9"])
def test_a_retry_after_that_means_nothing_is_overlooked(tmp_path: Path, site: FakeSite, value: str) -> None:
    arrivals = watched(site, lambda _: Reply(503, headers=(("Retry-After", value),)))
    ask(tmp_path, site, 1)
    assert len(arrivals) == 3
