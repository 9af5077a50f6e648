"""What an outlet asks for is kept to the second: Crawl-delay, Retry-After, one request at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy.http import Response

from crawler import pace as module
from crawler.pace import MAX_SECONDS, YEAR_SECONDS, Pace, Waits, retry_after
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


@pytest.mark.parametrize("value", ["besok", "-5", "Fri, 31 Dec 9999 23:59:59 -1200", "1e9", ""])
def test_a_retry_after_that_means_nothing_is_overlooked(value: str) -> None:
    assert retry_after(answer(503, value)) is None


def test_times_of_many_digits_are_a_year() -> None:
    pace = make_pace()
    pace.heed(WWW, answer(503, "9" * 400))
    pace.keep_apart("jeda.test", 1e300)
    assert pace.left_alone == {WWW: YEAR_SECONDS, "jeda.test": YEAR_SECONDS}


@pytest.mark.parametrize("status", [429, 503])
def test_each_answer_of_a_host_that_is_overrun_doubles_its_delay(status: int) -> None:
    pace = make_pace()
    delays = []
    for _ in range(8):
        pace.heed(WWW, answer(status))
        delays.append(pace.apart(WWW))
    assert delays == [2, 4, 8, 16, 32, 64, MAX_SECONDS, MAX_SECONDS]
    assert pace.apart("jogja.tribunnews.com") == 0


def test_the_delay_begins_at_what_is_configured_or_asked_for() -> None:
    configured, asked = make_pace(delay=5), make_pace()
    asked.keep_apart(WWW, 10)
    for pace in (configured, asked):
        pace.heed(WWW, answer(429))
    assert (configured.apart(WWW), asked.apart(WWW)) == (10, 20)


@pytest.mark.parametrize("status", [200, 304, 302, 404])
def test_good_answers_ease_the_delay_to_what_is_asked_for_and_not_below(status: int) -> None:
    pace = make_pace()
    pace.keep_apart(WWW, 3)
    pace.heed(WWW, answer(429))
    delays = []
    for _ in range(4):
        pace.heed(WWW, answer(status))
        delays.append(pace.apart(WWW))
    assert delays == [4.5, 3.375, 3, 3]


@pytest.mark.parametrize("status", [403, 500])
def test_answers_that_are_not_good_ease_nothing(status: int) -> None:
    pace = make_pace()
    pace.heed(WWW, answer(429))
    pace.heed(WWW, answer(status))
    assert pace.apart(WWW) == 2


def test_a_host_that_goes_on_when_we_cannot_be_slower_is_left_alone() -> None:
    said: list[str] = []
    pace = make_pace(tell=lambda _host, _seconds, why: said.append(why))
    for _ in range(7):
        pace.heed(WWW, answer(503))
    assert not pace.is_closed(WWW)
    for _ in range(2):
        pace.heed(WWW, answer(503))
    assert pace.is_closed(WWW)
    assert said == ["it goes on answering 503, with 120 seconds between two requests"]


def test_a_crawl_delay_of_hours_is_said_and_its_host_left_alone() -> None:
    said: list[tuple[str, float, str]] = []
    pace = make_pace(tell=lambda *words: said.append(words))
    pace.keep_apart(WWW, 7200)
    assert pace.left_alone == {WWW: 7200}
    assert said == [(WWW, 7200, "it asks for 7200 seconds (Crawl-delay), and a job waits 120 at most")]


def test_whom_the_job_waits_on_why_and_how_long_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 1000.0))

    async def look() -> list[list[Waits]]:
        pace = make_pace(delay=9)
        seen = [pace.waiting()]
        async with pace.turn("siap.test"):
            seen.append(pace.waiting())
        pace.heed("tunggu.test", answer(503, "30"))
        pace.heed("lambat.test", answer(429))
        pace.keep_apart("jeda.test", 20)
        pace.keep_apart("sepi.test", 60)
        turns = [asyncio.ensure_future(take(pace, host)) for host in ("tunggu.test", "lambat.test", "jeda.test")]
        await asyncio.sleep(0)
        seen.append(pace.waiting())
        pace.hold()
        seen.append(pace.waiting())
        for turn in turns:
            turn.cancel()
        await asyncio.gather(*turns, return_exceptions=True)
        return seen

    before, during, after, held = asyncio.run(look())
    assert before == during == []
    assert [(waits.host, waits.seconds, waits.why) for waits in after] == [
        ("tunggu.test", 30, "Retry-After"),
        ("jeda.test", 20, "Crawl-delay"),
        ("lambat.test", 18, "slowed after 429"),
        ("siap.test", 9, "download delay"),
    ]
    assert {waits.why for waits in held if waits.host != "siap.test"} == {"uploads"}


def make_pace(delay: float = 0.0, tell: Callable[[str, float, str], None] = lambda *_: None) -> Pace:
    return Pace(1, lambda: False, delay=delay, tell=tell)


def answer(status: int, after: str | None = None) -> Response:
    return Response(f"https://{WWW}/", status=status, headers=None if after is None else {"Retry-After": after})


async def take(pace: Pace, host: str) -> None:
    async with pace.turn(host):
        pass
