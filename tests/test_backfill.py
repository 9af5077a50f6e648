"""An outlet's past: walked day by day, resumed at any point, and said to be out of reach where it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings

from archive.zones import OFFSETS
from crawler.arguments import Arguments
from crawler.backfill import Course, Reach, cannot_go_back
from crawler.outlet import Dated, Evidence, Grade, Index
from crawler.sources import Entry
from crawler.spider import OutletSpider
from crawler.walk import Walk
from tests.fakesite import FakeSite, Reply, Request
from tests.fakesite.daily import Daily, article
from tests.fakesite.feeds import sitemap_index
from tests.fakesite.listings import page
from tests.runs import ROOT, Run, begun, crawl, scrapy
from tests.soak_backfill import soak

SINCE, UNTIL = "since=2022-03-29", "until=2022-03-31"
NO_ARTICLES = "section=tidak-ada"
"""The index is walked, and no article is fetched."""
WIB = OFFSETS["WIB"]


@pytest.fixture
def daily() -> Daily:
    return Daily(date(2022, 3, 31), days=3, a_day=25)


@pytest.fixture
def site(daily: Daily) -> Iterator[FakeSite]:
    with FakeSite(overrides=daily.overrides()) as running:
        yield running


@pytest.fixture
def asked(site: FakeSite) -> Callable[[], list[str]]:
    """The pages of the index that were asked for since the last call: `2022-3-31:1`, or `:1` of the undated one."""
    begin = 0

    def since_then() -> list[str]:
        nonlocal begin
        queries = [
            parse_qs(urlsplit(request.path).query)
            for request in site.requests[begin:]
            if request.path.startswith("/index-news")
        ]
        begin = len(site.requests)
        return [f"{query.get('date', [''])[0]}:{query['page'][0]}" for query in queries]

    return since_then


def walks(run: Run) -> list[tuple[str, bool]]:
    notes = [event["walk"] for event in run.events("walked")]
    return [(note["day"], note["done"]) for note in notes]


@pytest.mark.timeout(600)  # seven runs
def test_a_backfill_that_is_killed_five_times_ends_with_the_same_rows(tmp_path: Path) -> None:
    report = soak(tmp_path, days=5, a_day=100, kills=5, seed=1, begin=begun)
    assert report.faults == []
    assert report.kills == 5
    assert report.rows == 500
    assert report.days_again <= 5, "a kill costs the walk of one day"


def test_a_day_of_which_a_page_fails_comes_again_with_the_next_run_and_the_others_do_not(
    tmp_path: Path, site: FakeSite, daily: Daily, asked: Callable[[], list[str]]
) -> None:
    daily.failing = {"2022-3-30:2"}
    first = crawl("tribun", tmp_path, site, SINCE, UNTIL, NO_ARTICLES)
    assert first.status == 0, first.log
    assert walks(first) == [
        ("2022-03-31", False),
        ("2022-03-31", True),
        ("2022-03-30", False),
        ("2022-03-29", False),
        ("2022-03-29", True),
    ]
    assert "date=2022-3-30&page=2: answered HTTP 500" in first.out
    assert re.search("2022-03-30 of https://[^ ]+ was not walked to its end", first.log)
    assert "?date={date}&page={page} is walked: 25 articles announced, 0 kept so far." in first.log
    [whole] = [source for source in first.manifest()["sources"] if "news?date={date}" in source["url"]]
    assert whole["announced"] == 20 + 5 + 5 + 20 + 20 + 5 + 5, "one report for all pages that came"
    asked()
    daily.failing = set()
    second = crawl("tribun", tmp_path, site, SINCE, UNTIL, NO_ARTICLES)
    assert asked() == ["2022-3-30:1", "2022-3-30:2", "2022-3-30:3"]
    third = crawl("tribun", tmp_path, site, SINCE, UNTIL, NO_ARTICLES)
    assert asked() == []
    assert (second.status, third.status) == (0, 0), "a period that is done is no silent outlet"


def test_an_undated_walk_ends_where_nothing_is_new_but_not_after_one_that_failed(
    tmp_path: Path, site: FakeSite, daily: Daily, asked: Callable[[], list[str]]
) -> None:
    whole = [":1", ":2", ":3", ":4", ":5"]  # 75 articles; the fifth page is the fourth again
    done = crawl("tribun", tmp_path, site, NO_ARTICLES)
    assert done.status == 0, done.log
    assert asked() == whole
    crawl("tribun", tmp_path, site, NO_ARTICLES)
    assert asked() == [":1"]
    daily.add(25)
    daily.failing = {":2"}
    crawl("tribun", tmp_path, site, NO_ARTICLES)
    assert set(asked()) == {":1", ":2"}
    daily.failing = set()
    crawl("tribun", tmp_path, site, NO_ARTICLES)
    assert asked() == [*whole, ":6"], "what was new lay behind a page that failed"


def test_a_walk_that_the_limit_cut_short_is_not_done(tmp_path: Path, site: FakeSite) -> None:
    run = crawl("tribun", tmp_path, site, SINCE, UNTIL, "limit=3")
    assert walks(run)
    assert not any(done for _, done in walks(run))


def test_only_what_can_hold_something_of_the_period_is_asked_for(tmp_path: Path) -> None:
    with FakeSite(overrides=_contoh()) as site:
        settings = ("-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0", "-s", "SPIDER_MODULES=tests.spiders")
        period = ("-a", "since=2022-02-25", "-a", "until=2022-03-31")
        run = Run(*scrapy("crawl", "contoh", *settings, *period, site=site), tmp_path)
        paths = [request.path for request in site.requests]
    assert run.status == 0, run.log

    def under(prefix: str) -> list[str]:
        return [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]

    assert under("/sitemap") == [".xml", "-2022-03.xml"]
    assert under("/harian/")[:2] == ["2022-03-31.xml", "2022-03-30.xml"]
    assert under("/harian/")[-1] == "2022-02-27.xml", "after 31 days without an article it is left"
    assert len(under("/harian/")) == 2 + 31
    assert under("/arsip/") == ["2022/03/0", "2022/03/2", "2022/03/4", "2022/02/0"]
    assert {row["url"][-4:]: row["published"][:10] for row in run.rows()} == {
        "3101": "2022-03-31",
        "3002": "2022-03-30",
        "3103": "2022-03-31",
    }
    assert set(walks(run)) == {
        ("2022-03-31", False),
        ("2022-03-31", True),
        ("2022-03-30", False),
        ("2022-03-30", True),
        ("2022-03-01", False),
        ("2022-03-01", True),
    }
    assert not under("/terbaru")
    assert "https://contoh.test/feed: reaches back to 2026-11-20 only" in run.out
    assert "https://contoh.test/terbaru: has no dates and lists what is new: not asked for" in run.out
    problems = {source["url"]: source["problem"] for source in run.manifest()["sources"]}
    assert problems["https://contoh.test/feed"] == "reaches back to 2026-11-20 only"
    assert problems["https://contoh.test/sitemap.xml"] is None
    assert problems["https://contoh.test/harian/{date}.xml"] == (
        "31 days in a row brought nothing (the last one: 2022-02-27, answered HTTP 404); "
        "until=2022-02-27 goes on from there; reaches back to 2022-03-30 only"
    )
    assert not [url for url in problems if "/harian/2022" in url], "one line for all the days that it has not"
    assert run.manifest()["remark"] is None


def test_an_outlet_whose_sources_do_not_go_back_says_so_and_what_can_be_done(tmp_path: Path) -> None:
    with FakeSite() as site:
        run = crawl("kompastv", tmp_path, site, "since=2019-01-01", NO_ARTICLES)
    assert "No source of kompastv goes back to 2019-01-01" in run.out
    assert "-a url=" in run.out
    assert "https://www.kompas.tv/nasional: has no dates and lists what is new" in run.out
    assert run.manifest()["remark"].startswith("No source of kompastv")


def test_the_page_on_backfills_has_every_dated_source_as_the_outlets_have_it() -> None:
    text = (ROOT / "docs" / "backfill.md").read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("| ") and "{date}" in line]
    assert table == list(_dated_sources())


class TestCourse:
    """Where a walk is, and how long it will take."""

    INDEX = Index(
        url="https://contoh.test/{date}", links="a", evidence=Evidence(grade=Grade.GUESS, what="invented for the tests")
    )

    def walk(self, days: int) -> Walk:
        return Walk(self.INDEX, Arguments(since=date(2022, 3, 1), until=date(2022, 3, days)), "WIB", {})

    def test_there_is_none_before_a_walk_through_days(self) -> None:
        course = Course()
        assert str(course) == ""
        walk = self.walk(1)
        course.begin(walk)
        walk.next()
        assert str(course) == "", "one day is no backfill"

    def test_it_names_the_day_at_once_and_the_time_after_the_first(self) -> None:
        now = 0.0
        course, walk = Course(lambda: now), self.walk(31)
        course.begin(walk)
        walk.next()
        now = 300.0
        assert str(course) == "2022-03-31, day 1 of 31"
        for _ in range(18):
            walk.next()
            course.end()
            now += 600.0
        now -= 600.0
        assert str(course) == "2022-03-13, day 19 of 31, about 2 h left"

    def test_it_falls_from_second_to_second_but_not_below_the_days_that_are_left(self) -> None:
        now = 0.0
        course, walk = Course(lambda: now), self.walk(2)
        course.begin(walk)
        walk.next()
        now = 600.0
        course.end()
        walk.next()
        assert str(course).endswith("about 10 min left")
        now = 900.0
        assert str(course).endswith("about 5 min left")
        now = 100_000.0
        assert str(course).endswith("about a minute left")

    def test_of_several_walks_it_shows_the_slowest_and_counts_all(self) -> None:
        now = 0.0
        course, fast, slow = Course(lambda: now), self.walk(10), self.walk(10)
        for walk in (fast, slow):
            course.begin(walk)
            walk.next()
        for _ in range(5):
            now += 3600.0
            fast.next()
            course.end()
        assert str(course) == "2022-03-10, day 1 of 10, about 15 h left"


class TestReach:
    """How far back a source goes."""

    def reach(self, *moments: str | None) -> Reach:
        made = Reach()
        found = [datetime.fromisoformat(moment).replace(tzinfo=UTC) if moment else None for moment in moments]
        made.take([Entry(url="u", source="s", published=moment) for moment in found], WIB)
        return made

    def test_it_is_the_oldest_day_in_the_zone_of_the_outlet(self) -> None:
        made = self.reach("2026-11-21T10:00:00", "2026-11-19T18:00:00", None)
        assert made.shortfall(date(2026, 11, 19)) == "reaches back to 2026-11-20 only"
        assert made.shortfall(date(2026, 11, 20)) is None

    def test_without_a_date_it_says_that(self) -> None:
        assert self.reach(None).shortfall(date(2022, 3, 1)) == "has no dates and lists what is new"

    def test_what_announced_nothing_has_another_problem(self) -> None:
        assert self.reach().shortfall(date(2022, 3, 1)) is None

    def test_a_sentence_is_said_only_when_no_source_goes_back(self) -> None:
        since, short = date(2022, 3, 1), self.reach("2026-11-20T00:00:00")
        assert "published before 2026-11-20" in str(cannot_go_back("contoh", since, {"a": short, "b": Reach()}))
        assert cannot_go_back("contoh", since, {"a": short, "b": Reach(goes_back=True)}) is None
        assert cannot_go_back("contoh", since, {"a": short, "b": self.reach("2022-03-01T00:00:00")}) is None
        assert cannot_go_back("contoh", since, {}) is None, "none of them answered, which is said elsewhere"


def _dated_sources() -> Iterator[str]:
    """A line for the dated sources of an outlet that rest on the same evidence."""
    loader = SpiderLoader.from_settings(get_project_settings())
    for name in sorted(loader.list()):
        spider = loader.load(name)
        assert issubclass(spider, OutletSpider)
        dated = [source for source in spider.outlet.sources if isinstance(source, Dated) and source.is_dated]
        for evidence in dict.fromkeys(source.evidence for source in dated):
            first, *others = [source for source in dated if source.evidence == evidence]
            more = f", and {len(others)} more hosts" if others else ""
            seen = f", {evidence.seen}" if evidence.seen else ""
            yield f"| `{name}` | {first.every} | `{first.url}`{more} | {evidence.grade}{seen} | {evidence.what} |"


def _contoh() -> dict[tuple[str, str], Reply | Callable[[Request], Reply]]:
    """An outlet with three articles of the period, one in each of its dated sources, and two of another time."""
    host, xml, html = "contoh.test", ("Content-Type", "application/xml"), ("Content-Type", "text/html")

    def listed(*numbers: int) -> Reply:
        anchors = "".join(f'<li><a href="/berita/{number}">Kabar</a></li>' for number in numbers)
        return Reply(headers=(html,), body=page("Arsip", f"<ul>{anchors}</ul>"))

    def sitemap(*numbers: int) -> Reply:
        places = "".join(f"<url><loc>https://{host}/berita/{number}</loc></url>" for number in numbers)
        body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
        return Reply(headers=(xml,), body=body.encode())

    item = (
        "<item><link>https://contoh.test/berita/112001</link><pubDate>Fri, 20 Nov 2026 10:00:00 +0700</pubDate></item>"
    )
    days = {3101: (3, 31), 3002: (3, 30), 3103: (3, 31), 112001: (11, 20), 112002: (11, 20)}
    articles = {
        (host, f"/berita/{number}"): article(
            f"Kabar Pasar Apung Nomor {number}", datetime(2022, *day, 8, tzinfo=WIB), f"Kabar nomor {number}."
        )
        for number, day in days.items()
    }
    months = [f"https://{host}/sitemap-2022-{month:02}.xml" for month in (1, 3, 5)]
    return {
        **articles,
        (host, "/robots.txt"): Reply(headers=(("Content-Type", "text/plain"),), body=b"User-agent: *\nDisallow:\n"),
        (host, "/sitemap.xml"): Reply(headers=(xml,), body=sitemap_index(months)),
        (host, "/sitemap-2022-03.xml"): sitemap(3101),
        (host, "/harian/2022-03-31.xml"): sitemap(3101),
        (host, "/harian/2022-03-30.xml"): sitemap(3002),
        (host, "/arsip/2022/03/0"): listed(3101, 3002),
        (host, "/arsip/2022/03/2"): listed(3103),
        (host, "/arsip/2022/03/4"): Reply(status=404, headers=(html,), body=page("Tidak ada", "<h1>Tidak ada</h1>")),
        (host, "/feed"): Reply(headers=(xml,), body=f'<rss version="2.0"><channel>{item}</channel></rss>'.encode()),
        (host, "/terbaru"): listed(112002),
    }
