"""Which sitemaps of an index are read for a period: none that might hold something of it is passed over."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.children import Child, Span, choose, span_of

HOST = "https://contoh.test/"
MARCH = Span(date(2022, 3, 1), date(2022, 3, 31))
IDES = Span(date(2022, 3, 15), date(2022, 3, 15))


def child(path: str, lastmod: str | None = None) -> Child:
    return Child(HOST + path, datetime.fromisoformat(lastmod).replace(tzinfo=UTC) if lastmod else None)


def read(*children: Child, since: str | None = None, until: str | None = None) -> list[str]:
    days = [date.fromisoformat(day) if day else None for day in (since, until)]
    return [one.url.removeprefix(HOST) for one in choose(children, *days).children]


@pytest.mark.parametrize(
    ("path", "span"),
    [
        ("sitemap-2022-03.xml", MARCH),
        ("2022/03/", MARCH),
        ("2022/03/sitemap-2.xml", MARCH),
        ("sitemap_post_2022_03.xml.gz", MARCH),
        ("sitemap.xml?yyyy=2022&mm=03", MARCH),
        ("sitemap.xml?tahun=2022&bulan=3", MARCH),
        ("sitemap_20220315.xml", IDES),
        ("sitemap-2022-03-15.xml", IDES),
        ("2022/03/15/sitemap.xml", IDES),
        ("sitemap.xml?year=2022&month=3&day=15", IDES),
        ("sitemap.xml?date=2022-03-15", IDES),
        ("sitemap.xml?year=2022", Span(date(2022, 1, 1), date(2022, 12, 31))),
        ("sitemap-2024-02.xml", Span(date(2024, 2, 1), date(2024, 2, 29))),
        ("sitemap-2022-12.xml", Span(date(2022, 12, 1), date(2022, 12, 31))),
    ],
)
def test_an_address_speaks_of_its_days(path: str, span: Span) -> None:
    assert span_of(HOST + path) == span


@pytest.mark.parametrize(
    "path",
    [
        "post-sitemap12.xml",
        "sitemap-2022.xml",  # or the 2022nd
        "2022/sitemap.xml",
        "sitemap-202203.xml",
        "sitemap-2022-3.xml",
        "sitemap-2022-13.xml",
        "sitemap-20221332.xml",
        "sitemap-120220315.xml",
        "sitemap-0001-01-01.xml",
        "sitemap-9999-12.xml",
        "sitemap.xml?from=2022-03-01&to=2022-03-31",
        "2021/03/sitemap-2022-03.xml",
        "sitemap.xml?mm=03",
        "sitemap.xml?yyyy=2022&dd=3",
        "sitemap.xml?yyyy=%00&mm=x",
        "sitemap-٢٠٢٢-٠٣.xml",
    ],
)
def test_an_address_in_doubt_speaks_of_none(path: str) -> None:
    assert span_of(HOST + path) is None


def test_what_can_hold_nothing_of_the_period_is_left_out_and_the_newest_comes_first() -> None:
    months = [child(f"sitemap-2022-{month:02}.xml") for month in range(1, 13)]
    assert read(*months, since="2022-03-10", until="2022-04-20") == ["sitemap-2022-04.xml", "sitemap-2022-03.xml"]
    chosen = choose(months, date(2022, 3, 10), date(2022, 4, 20))
    assert (chosen.older, chosen.later) == (2, 8)


def test_a_day_beside_the_period_is_read_for_days_begin_elsewhere() -> None:
    dates = [child(f"sitemap-2022-03-{day}.xml") for day in range(10, 16)]
    asked = {"since": "2022-03-12", "until": "2022-03-13"}
    assert [path[-6:-4] for path in read(*dates, **asked)] == ["14", "13", "12", "11"]


def test_without_a_period_everything_is_read_the_newest_first_after_what_has_no_date() -> None:
    given_children = [child("1.xml", "2022-01-01"), child("2.xml", "2022-02-01"), child("3.xml")]
    assert read(*given_children) == ["3.xml", "2.xml", "1.xml"]


def test_what_was_last_changed_before_the_period_is_left_out() -> None:
    old, new = child("a.xml", "2022-02-27T10:00:00"), child("b.xml", "2022-02-28T10:00:00")
    assert read(old, new, since="2022-03-01") == ["b.xml"]


def test_a_last_change_that_all_have_says_nothing() -> None:
    same = [child(f"{number}.xml", "2015-01-01") for number in range(3)]
    assert len(read(*same, since="2022-03-01")) == 3
    assert len(read(*same, child("4.xml"), since="2022-03-01")) == 4


def test_a_month_that_was_changed_before_it_began_is_no_month() -> None:
    parts = [child("sitemap-2022-01.xml", "2022-06-01"), child("sitemap-2022-12.xml", "2022-06-02")]
    assert read(*parts, since="2022-05-20", until="2022-06-30") == ["sitemap-2022-12.xml"], "the 12th part of 2022"


@pytest.mark.parametrize("odd", ["sitemap-2022-13.xml", "sitemap-2022-1.xml", "sitemap-2022-100.xml"])
def test_where_one_counts_parts_none_counts_months(odd: str) -> None:
    assert len(read(child("sitemap-2022-01.xml"), child(odd), since="2022-03-01", until="2022-03-31")) == 2


@pytest.mark.parametrize("odd", ["sitemap-2022-03-1.xml", "sitemap-2022-03-32.xml"])
def test_where_one_counts_parts_of_a_month_none_counts_days(odd: str) -> None:
    parts = [child("sitemap-2022-03-10.xml"), child(odd)]
    assert len(read(*parts, since="2022-03-20", until="2022-03-31")) == 2
    assert read(*parts, since="2022-05-01") == [], "the month is beyond doubt"


@given(st.lists(st.tuples(st.text(max_size=30), st.none() | st.datetimes(timezones=st.just(UTC))), max_size=5))
def test_whatever_an_index_names_each_is_read_or_counted(named: list[tuple[str, datetime | None]]) -> None:
    children = [Child(HOST + path, lastmod) for path, lastmod in named]
    chosen = choose(children, date(2022, 3, 1), date(2022, 3, 31))
    assert len(chosen.children) + chosen.older + chosen.later == len(children)
    assert len(choose(children).children) == len(children)
