"""The report: its numbers are those of the archive, and whatever it leaves out it counts."""

from __future__ import annotations

import gzip
import json
import random
import statistics
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.catalog import Catalog
from archive.files import OnDisk
from archive.known import Changes, Ended, Known
from archive.misses import Miss
from archive.report import gather, jobs, queries, words
from archive.report.data import Report
from archive.report.gather import gather as gathered
from archive.report.page import render
from archive.zones import OFFSETS
from tests.reported import DAY, NOW, Filled, address, announced, fill, report_of, text_of

Connect = Callable[[], Catalog]


@pytest.fixture
def filled(tmp_path: Path) -> Filled:
    return fill(tmp_path / "data")


def report_on(catalog: Catalog, folder: Path, **choice: Any) -> Report:
    return gathered(catalog, OnDisk(folder), {}, now=NOW, **choice)


def test_the_numbers_are_those_of_the_archive(filled: Filled) -> None:
    report = report_of(filled)
    (outlet,) = report.outlets
    assert (outlet.title, outlet.articles, outlet.taken_away) == ("Tribunnews", 3, 0)
    (day,) = outlet.days
    assert (day.day, day.announced, day.captured, day.extracted) == (DAY, 6, 4, 3)
    assert day.misses == {Miss.NOT_FOUND: 1, Miss.TIMEOUT: 1, Miss.NOT_TRIED: 1}
    assert outlet.lately == replace(day, day="")
    assert outlet.lags == {"<1h": 1, "1-6h": 2}
    assert [(found.when, round(found.hours, 3), found.articles) for found in outlet.medians] == [(DAY, 5.0, 3)]
    assert outlet.fresh
    assert round(outlet.fresh.hours, 3) == 5.0
    assert outlet.verdicts == {DAY: {"article": 3}, "2026-11-22": {"not-found": 1}}
    history = outlet.history
    assert (history.total, history.measured, history.troubled) == (1, 1, 1)
    assert history.lately.share("authors") == pytest.approx(2 / 3)
    assert history.before.share("authors") is None
    (run,) = history.jobs
    assert (run.job, run.status, run.kept, run.dropped, run.failed) == (
        filled.job, 7, 3, {"not-found": 1}, {"timeout": 1},
    )  # fmt: skip
    (size,) = history.sizes.values()
    assert (size.warc_bytes, size.records, size.revisits, size.saved_bytes) == (4200, 9, 2, 1300)


def test_every_miss_has_its_reason_and_where_it_was_captured_its_record(filled: Filled) -> None:
    (outlet,) = report_of(filled).outlets
    found = {one.line.url: (one.line.miss, one.proof) for one in outlet.missing[DAY]}
    assert found == {
        address(4): (Miss.NOT_FOUND, filled.dropped),
        address(5): (Miss.TIMEOUT, None),
        address(6): (Miss.NOT_TRIED, None),
    }
    html = render(report_of(filled))
    assert f"at byte {filled.dropped.offset}, {filled.dropped.length} bytes" in html
    assert filled.dropped.record_id.strip("<>") in html


def test_the_files_that_are_named_hold_as_many_rows_as_is_said(filled: Filled) -> None:
    (outlet,) = report_of(filled).outlets
    ((key, rows),) = outlet.parts[DAY]
    with gzip.open(filled.root / key, "rt") as file:
        assert len([json.loads(line) for line in file]) == rows == 3


def test_a_day_with_many_misses_lists_some_and_counts_the_rest(connect: Connect, tmp_path: Path) -> None:
    lines = [
        announced(number, day=f"2026-11-{day}") for day in (19, 20) for number in range(day * 1000, day * 1000 + 300)
    ]
    with closing(connect()) as catalog:
        catalog.commit(Changes(announced=lines))
        report = report_on(catalog, tmp_path)
    (outlet,) = report.outlets
    assert {day: len(found) for day, found in outlet.missing.items()} == {
        "2026-11-19": gather.A_DAY,
        "2026-11-20": gather.A_DAY,
    }
    html = text_of(render(report))
    assert "300 missing" in html
    assert "And 100 more." in html
    assert "scrapy ledger tribun --misses --since 2026-11-19 --until 2026-11-20" in html


def test_the_addresses_of_the_page_have_a_limit_and_the_newest_days_come_first(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "MOST_ADDRESSES", 5)
    lines = [announced(10 * day + number, day=f"2026-11-{day}") for day in (18, 19, 20) for number in range(3)]
    with closing(connect()) as catalog:
        catalog.commit(Changes(announced=lines))
        (outlet,) = report_on(catalog, tmp_path).outlets
    assert {day: len(found) for day, found in outlet.missing.items()} == {"2026-11-20": 3, "2026-11-19": 2}


def test_days_before_the_calendar_and_in_the_future_are_sums(connect: Connect, tmp_path: Path) -> None:
    days = (
        "1970-01-01",
        "2023-11-17",
        "2023-11-19",
        "2026-11-22",
        "2027-01-01",
        "9999-12-31",
        "2026-W47-1",
        "sometime",
    )
    lines = [announced(number, day=day) for number, day in enumerate(days)]
    with closing(connect()) as catalog:
        catalog.commit(Changes(announced=lines))
        report = report_on(catalog, tmp_path)
    (outlet,) = report.outlets
    assert [day.day for day in outlet.days] == ["2023-11-19", "2026-11-22"]
    assert outlet.earlier
    assert outlet.later
    assert (outlet.earlier.announced, outlet.later.announced) == (2, 4)
    html = text_of(render(report))
    assert "0 of 2 announced; scrapy ledger tribun --until 2023-11-19" in html
    assert "Dated in the future, or not at all: 4 announced" in html


def test_a_period_leaves_out_what_is_not_in_it(filled: Filled) -> None:
    (outlet,) = report_of(filled, since=date(2026, 11, 22)).outlets
    assert (outlet.days, outlet.lags, outlet.medians) == ([], {}, [])
    assert outlet.verdicts == {"2026-11-22": {"not-found": 1}}
    assert outlet.articles == 3
    (outlet,) = report_of(filled, until=date(2026, 11, 21)).outlets
    assert outlet.verdicts == {DAY: {"article": 3}}
    assert len(outlet.days) == 1
    assert outlet.history.last
    assert outlet.history.jobs == [], "it began later than that"


def test_medians_are_those_of_the_articles_on_every_database(connect: Connect) -> None:
    chance = random.Random(7)
    hours: dict[str, list[float]] = defaultdict(list)
    known = []
    for number in range(60):
        first = datetime(2026, 11, chance.randint(1, 5), 12, 0, 0, 250000, tzinfo=UTC)
        lag = chance.choice((0.5, 3.0, 3.0, 7.25, 100.0, -2.0))
        published = (first - timedelta(hours=lag)).astimezone(OFFSETS["WIB"]).isoformat()
        line = known_article(number, first, published)
        # An article with two addresses counts once.
        known += [line, replace(line, url=f"{line.url}?alias")] if number % 5 == 0 else [line]
        if lag >= 0:
            hours[first.date().isoformat()].append(lag)
    with closing(connect()) as catalog:
        catalog.commit(Changes(known=known))
        found = catalog.select(queries.medians("tribun", None, None, 10))
        sums = catalog.select(queries.articles("tribun", None, None))
    assert {row.at: (round(row.hours, 4), row.articles) for row in found} == {
        day: (statistics.median(lags), len(lags)) for day, lags in hours.items()
    }
    assert sum(row.number for row in sums) == 60
    assert sum(row.number for row in sums if row.lag == "future") == 60 - sum(map(len, hours.values()))


def test_a_catalog_that_knows_no_announcements_still_gives_a_page(connect: Connect, tmp_path: Path) -> None:
    line = known_article(1, NOW - timedelta(days=1), "2026-11-21T01:00:00+07:00")
    with closing(connect()) as catalog:
        catalog.commit(Changes(known=[replace(line, first=None, version=1)]))
        report = report_on(catalog, tmp_path)
    (outlet,) = report.outlets
    assert (outlet.articles, outlet.lately and outlet.lately.announced) == (1, 0)
    assert [part.key for part in outlet.parts[DAY]] == [f"articles/outlet=tribun/date={DAY}/part-{line.job}-*.jsonl.gz"]
    html = text_of(render(report))
    assert "the catalog knows of no announcement" in html
    assert "No job has measured its rows yet" in html
    assert "No job ended in this period." in html


def test_jobs_come_from_the_catalog_and_killed_ones_from_their_manifests(filled: Filled) -> None:
    folder = filled.root / "jobs" / "tribun"
    killed = {"finish": "killed", "counts": {"kept": 2, "dropped": {}}, "ended": "2026-11-20T01:10:00+00:00"}
    (folder / "20261120010000-abcdef.json").write_text(json.dumps(killed))
    (folder / "20261119010000-abcdef.json").write_text("{")
    (folder / "20261199010000-abcdef.json").write_text("{}")
    (folder / "catatan.json").write_text("{}")
    report = report_of(filled)
    history = report.outlets[0].history
    assert [run.job for run in history.jobs] == [filled.job, "20261120010000-abcdef"]
    run = history.jobs[1]
    assert (words.status(run), words.level(run), run.kept, words.seconds(words.took(run))) == (
        "killed",
        "odd",
        2,
        "10 min",
    )
    assert len(report.problems) == 1
    assert "20261119010000-abcdef.json cannot be read" in report.problems[0]
    assert "scrapy verify --deep says more" in text_of(render(report))


def test_of_many_jobs_the_newest_are_listed_and_all_are_counted(connect: Connect, tmp_path: Path) -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    facts = {"status": 0, "measures": {"articles": 2, "fields": {"title": 0.5}, "warc_bytes": 10}}
    ended = [
        Ended(job=f"{began + timedelta(hours=7 * number):%Y%m%d%H%M%S}-abcdef", outlet="tribun", at="?", facts=facts)
        for number in range(jobs._AT_ONCE + 30)
    ]
    ended[3] = replace(ended[3], facts=facts | {"status": 3})
    with closing(connect()) as catalog:
        catalog.commit(Changes(ended=ended))
        report = report_on(catalog, tmp_path)
    history = report.outlets[0].history
    assert (history.total, len(history.jobs), history.jobs[0].job) == (len(ended), jobs.LISTED, ended[-1].job)
    assert sum(size.warc_bytes for size in history.sizes.values()) == 10 * len(ended)
    assert history.lately.articles["title"] + history.before.articles["title"] == 2 * len(ended)
    assert (history.lately.share("title"), history.before.share("title")) == (0.5, 0.5)
    assert [run.job for run in history.troubles] == [ended[3].job]
    assert f"The newest of each outlet, {jobs.LISTED} of {len(ended)}." in text_of(render(report))


def known_article(number: int, first: datetime, published: str) -> Known:
    moment = first.isoformat()
    return Known(
        url=address(number),
        outlet="tribun",
        article_id=f"tribun:www.tribunnews.com:{number}",
        verdict="article",
        final=True,
        published=published,
        section=None,
        captured=moment,
        job="20261121010000-abcdef",
        first=moment,
    )
