"""Which days of an index are walked, in which order, and when a walk is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from archive.known import Walked
from crawler.arguments import Arguments
from crawler.outlet import Dated, Evidence, Grade, Index, Sitemap
from crawler.walk import MOST_IN_VAIN, MOST_PAGES, Run, Walk

EVIDENCE = Evidence(grade=Grade.GUESS, what="invented for the tests")
DAILY = Index(url="https://contoh.test/indeks?tanggal={date}&hal={page}", links="a", evidence=EVIDENCE)
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # ten in the morning, WIB


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def index(**named: Any) -> Index:
    return Index(**{"url": DAILY.url, "links": "a", "evidence": EVIDENCE, **named})


def line(day: str, at: str, *, done: bool = True) -> Walked:
    return Walked(outlet="contoh", source=DAILY.url, day=day, done=done, at=at)


def walk(source: Dated, *walked: Walked, zone: str = "WIB", **asked: date) -> Walk:
    return Walk(source, Arguments(**asked), zone, {one.day: one for one in walked})  # type: ignore[arg-type]


def runs(made: Walk) -> list[Run]:
    found = []
    while run := made.next():
        found.append(run)
    return found


def days(made: Walk) -> list[str]:
    return [run.label for run in runs(made)]


def first(made: Walk) -> Run:
    run = made.next()
    assert run
    return run


def test_a_period_is_walked_from_its_last_day_to_its_first() -> None:
    made = walk(DAILY, since=date(2022, 2, 27), until=date(2022, 3, 1))
    assert days(made) == ["2022-03-01", "2022-02-28", "2022-02-27"]


def test_a_period_ends_today_in_the_zone_of_the_outlet() -> None:
    with time_machine.travel(datetime(2026, 11, 22, 15, 30, tzinfo=UTC), tick=False):
        assert days(walk(DAILY, since=date(2026, 11, 22), until=date(2030, 1, 1))) == ["2026-11-22"]
        assert days(walk(DAILY, zone="WIT", since=date(2026, 11, 22))) == ["2026-11-23", "2026-11-22"]


def test_a_day_that_was_walked_when_it_was_over_is_not_walked_again() -> None:
    late, early = line("2022-03-02", "2022-03-03T17:00:00+00:00"), line("2022-03-01", "2022-03-02T16:59:59+00:00")
    made = walk(DAILY, late, early, since=date(2022, 3, 1), until=date(2022, 3, 2))
    assert made.over == 1
    assert days(made) == ["2022-03-01"], "a day after its end in WIB is at 17:00 UTC of the day that follows"


def test_a_day_whose_walk_was_cut_short_is_walked_again() -> None:
    begun = line("2022-03-01", "2026-01-01T00:00:00+00:00", done=False)
    [run] = runs(walk(DAILY, begun, since=date(2022, 3, 1), until=date(2022, 3, 1)))
    assert run.last is None, "what it left out is not known"


def test_a_day_that_was_walked_before_its_end_may_end_early() -> None:
    [run] = runs(walk(DAILY, line("2026-11-22", "2026-11-22T02:00:00+00:00")))
    assert run.last is not None


def test_without_a_period_the_days_since_the_last_walk_are_caught_up() -> None:
    assert days(walk(DAILY)) == ["2026-11-22"]
    lately = line("2026-11-20", "2026-11-20T10:00:00+00:00")
    assert days(walk(DAILY, lately)) == ["2026-11-22", "2026-11-21", "2026-11-20"]
    assert days(walk(DAILY, line("2022-03-01", "2026-11-01T00:00:00+00:00"))) == ["2026-11-22"], "a backfill is none"


def test_an_undated_address_is_taken_only_without_a_period() -> None:
    source = index(latest="https://contoh.test/terbaru?hal={page}")
    assert [run.url for run in runs(walk(source))] == ["https://contoh.test/terbaru?hal=1"]
    [run] = runs(walk(source, since=date(2022, 3, 1), until=date(2022, 3, 1)))
    assert run.url == "https://contoh.test/indeks?tanggal=2022-03-01&hal=1"


def test_an_index_without_dates_is_not_asked_for_a_period_that_has_left_it() -> None:
    source = index(url="https://contoh.test/terkini?hal={page}")
    for until, runs_made in ((date(2026, 11, 20), 1), (date(2022, 3, 31), 0)):
        made = walk(source, since=date(2022, 3, 1), until=until)
        assert (len(runs(made)), made.is_late) == (runs_made, not runs_made)


def test_an_archive_by_the_month_is_walked_by_months_and_only_for_a_period() -> None:
    source = index(url="https://contoh.test/{date}?hal={page}", date_format="%Y/%m", every="month")
    made = walk(source, since=date(2021, 12, 31), until=date(2022, 2, 1))
    assert [run.url.split("?")[0][20:] for run in runs(made)] == ["2022/02", "2022/01", "2021/12"]
    assert days(walk(source)) == []


def test_a_month_is_over_a_day_after_its_last_day() -> None:
    source = index(url="https://contoh.test/{date}", date_format="%Y/%m", every="month")
    early, late = line("2022-02-01", "2022-03-01T16:59:00+00:00"), line("2022-02-01", "2022-03-01T17:00:00+00:00")
    assert days(walk(source, early, since=date(2022, 2, 3), until=date(2022, 2, 20))) == ["2022-02"]
    assert days(walk(source, late, since=date(2022, 2, 3), until=date(2022, 2, 20))) == []


def test_an_offset_counts_articles_from_0() -> None:
    run = first(walk(index(url="https://contoh.test/{offset}/{date}", step=50)))
    assert run.url == "https://contoh.test/0/2026-11-22"
    assert run.turn()
    assert run.url == "https://contoh.test/50/2026-11-22"
    assert run.first_url == "https://contoh.test/0/2026-11-22"


def test_an_index_without_pages_has_one() -> None:
    assert not first(walk(index(url="https://contoh.test/terbaru"))).turn()
    assert not first(walk(Sitemap(url="https://contoh.test/{date}.xml", evidence=EVIDENCE))).turn()


def test_a_page_that_was_all_seen_brings_nothing() -> None:
    run = first(walk(DAILY))
    assert run.see(["a", "b"])
    assert run.turn()
    assert not run.see(["b", "a"])
    assert run.is_whole


def test_a_day_without_articles_is_not_done_for_the_rules_may_be_old() -> None:
    run = first(walk(DAILY))
    assert not run.see([])
    assert not run.is_whole


def test_a_day_that_never_ends_is_left_at_the_limit_and_not_done() -> None:
    run = first(walk(DAILY))
    while run.see([f"{run.page}"]) and run.turn():
        pass
    assert run.page == MOST_PAGES
    assert run.problem == f"pages-limit: {MOST_PAGES} were read"
    assert not run.is_whole


def test_an_undated_index_is_done_at_its_limit() -> None:
    run = first(walk(index(url="https://contoh.test/terbaru?hal={page}", max_pages=2)))
    assert run.see(["a"])
    assert run.turn()
    assert run.see(["b"])
    assert not run.turn()
    assert run.is_whole


def test_an_index_that_does_not_heed_the_date_is_found_out_on_the_second_day() -> None:
    made = walk(DAILY, since=date(2022, 3, 1), until=date(2022, 3, 3))
    one, two = first(made), first(made)
    assert one.see(["a", "b"])
    assert not two.see(["b", "a"])
    assert "does not heed the date" in str(two.problem)
    assert not two.is_whole


def test_two_days_without_articles_are_no_sign_of_that() -> None:
    made = walk(DAILY, since=date(2022, 3, 1), until=date(2022, 3, 3))
    for run in (first(made), first(made)):
        run.see([])
        assert run.problem is None


def test_a_source_is_left_after_too_many_days_in_a_row_without_articles() -> None:
    made = walk(DAILY, since=date(2021, 1, 1), until=date(2022, 3, 31))
    for day, run in enumerate(iter(made.next, None)):
        run.see([f"{day}"] if day in {0, 10} else [])
    assert made.ended == made.runs == 11 + MOST_IN_VAIN
    assert made.is_given_up
    assert made.oldest == date(2022, 3, 21)


def test_the_first_days_of_the_calendar_can_be_asked_for() -> None:
    made = walk(DAILY, since=date.min, until=date(1, 1, 3))
    assert len(runs(made)) == 3
