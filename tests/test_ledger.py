"""The ledger: its numbers add up whatever happened, and each miss has one reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import ledger
from archive.catalog import Catalog
from archive.known import Announced, Changes, Known, Version
from archive.ledger import Day, Miss, Unfilled
from archive.misses import FAILURES, VERDICTS, miss_of
from archive.model import Verdict
from archive.schema import announced, known
from crawler import reasons
from crawler.middlewares.robots import RobotsRefused
from crawler.wire import LeftAlone

Connect = Callable[[], Catalog]

JOB = "20261122000000-aaaaaa"
HOST = "https://www.tribunnews.com"


def named(number: int, day: str = "2026-11-20", **facts: Any) -> Announced:
    return Announced(
        url=f"{HOST}/nasional/{number}/judul",
        outlet="tribun",
        day=day,
        at=f"{day}T01:00:00+00:00",
        source=f"{HOST}/sitemap.xml",
        **facts,
    )


def became(number: int, verdict: str = "article", day: str | None = "2026-11-20", **facts: Any) -> Known:
    is_article = verdict == "article"
    known = Known(
        url=f"{HOST}/nasional/{number}/judul",
        outlet="tribun",
        article_id=f"tribun:www.tribunnews.com:{number}" if is_article else None,
        verdict=verdict,
        final=True,
        published=f"{day}T10:00:00+07:00" if day else None,
        section=None,
        captured="2026-11-22T00:00:00+00:00",
        job=JOB,
        record="<urn:uuid:1>",
        visited="2026-11-22T00:00:00+00:00",
    )
    return replace(known, **facts)


def sums(catalog: Catalog, **period: str) -> Day:
    return ledger.total(ledger.days(catalog, "tribun", **period))


def test_every_verdict_and_every_failure_has_one_reason() -> None:
    assert set(VERDICTS) == set(Verdict) - {Verdict.ARTICLE}
    names = {name for _, name in reasons._names()} | reasons.NETWORK
    names |= {"fault", "too-many-redirects", "refused-by-middleware", LeftAlone.reason}
    assert names <= set(FAILURES)
    assert not set(FAILURES) & {verdict.value for verdict in Verdict}, "one name, two meanings"
    assert miss_of(reasons.of_exception(RobotsRefused("robots", ""))) is Miss.ROBOTS
    assert miss_of(reasons.of_exception(RobotsRefused("robots-http-503", ""))) is Miss.UNREACHABLE
    assert miss_of("http-500") is Miss.ERROR
    assert miss_of("what a later version says") is Miss.FAILED
    assert miss_of(None) is Miss.NOT_TRIED
    assert {miss_of(name) for name in [*FAILURES, *VERDICTS, "http-500", None]} == set(Miss), "a reason for nothing"


def test_a_day_says_what_was_announced_captured_and_extracted_and_why_the_rest_is_not(connect: Connect) -> None:
    catalog = connect()
    lines = [
        named(1),
        named(2, reason="timeout", tries=2),
        named(3, reason="robots", tries=1),
        named(4),
        named(5),
        named(6),
    ]
    words = [became(1), became(4, "paywall", day=None), became(5, "not-found", day=None, final=False)]
    catalog.commit(Changes(announced=lines, known=words))
    assert ledger.days(catalog, "tribun") == [
        Day(
            outlet="tribun",
            day="2026-11-20",
            announced=6,
            captured=3,
            extracted=1,
            misses={Miss.TIMEOUT: 1, Miss.ROBOTS: 1, Miss.NOT_TRIED: 1, Miss.PAYWALL: 1, Miss.NOT_FOUND: 1},
        )
    ]
    assert ledger.days(catalog, "kompas") == []


def test_the_day_is_that_of_publication_as_the_page_says_it(connect: Connect) -> None:
    catalog = connect()
    known = [became(1, day="2026-11-19"), became(2, day=None), became(3, "paywall", day="2026-11-18")]
    catalog.commit(Changes(announced=[named(1), named(2), named(3), named(4)], known=known))
    found = {day.day: day for day in ledger.days(catalog, "tribun")}
    assert {day: (one.extracted, one.missed) for day, one in found.items()} == {
        "2026-11-18": (0, 1),
        "2026-11-19": (1, 0),
        "2026-11-20": (1, 1),
    }
    assert ledger.days(catalog, "tribun", "2026-11-19", "2026-11-19") == [found["2026-11-19"]]
    assert [line.day for line in ledger.missing(catalog, "tribun", until="2026-11-18")] == ["2026-11-18"]


def test_several_addresses_of_one_article_count_once(connect: Connect) -> None:
    catalog = connect()
    first = became(1)
    here = first.article_id
    alias = replace(first, url=f"{HOST}/alias")
    known = [
        first,
        alias,
        became(2, "duplicate", article_id=here),
        became(3, "duplicate"),  # a redirect to what is there
        became(4, "not-asked", article_id=here),
    ]
    announced = [*(named(number) for number in (1, 2, 3, 4)), replace(named(1), url=alias.url)]
    catalog.commit(Changes(announced=announced, known=known))
    day = sums(catalog)
    assert (day.announced, day.extracted, day.misses) == (1, 1, {})


def test_an_article_counts_as_announced_when_only_another_address_of_it_was(connect: Connect) -> None:
    catalog = connect()
    catalog.commit(
        Changes(announced=[named(2)], known=[became(1), became(2, "duplicate", article_id=became(1).article_id)])
    )
    day = sums(catalog)
    assert (day.announced, day.extracted, day.unannounced) == (1, 1, 0)


def test_a_duplicate_of_what_is_not_there_is_a_miss_and_counts_once(connect: Connect) -> None:
    catalog = connect()
    lost = "tribun:www.tribunnews.com:9"
    known = [became(number, "duplicate", article_id=lost, final=False) for number in (1, 2)]
    known.append(became(3, "duplicate", final=False))
    catalog.commit(Changes(announced=[named(1), named(2), named(3)], known=known))
    assert sums(catalog).misses == {Miss.MOVED: 2}
    assert [line.url for line in ledger.missing(catalog, "tribun")] == [known[0].url, known[2].url]


def test_articles_that_nobody_announced_are_counted_apart(connect: Connect) -> None:
    catalog = connect()
    catalog.commit(Changes(announced=[named(1)], known=[became(1), became(2, version=2), became(3, day=None)]))
    first, last = ledger.days(catalog, "tribun")
    assert (first.announced, first.extracted, first.unannounced, first.edited) == (1, 1, 1, 1)
    assert (last.day, last.announced, last.unannounced) == ("2026-11-22", 0, 1), "of unknown publication: the capture"


def test_edited_deleted_moved_and_incomplete_articles_stay_extracted(connect: Connect) -> None:
    catalog = connect()
    known = [
        became(1, version=3),
        became(2, ended="gone"),
        became(3, ended="moved"),
        became(4, final=False),
        became(5),
        became(6, version=2),
    ]
    rows = [
        Version(
            article_id=str(one.article_id),
            version=1,
            outlet="tribun",
            url=one.url,
            captured="",
            job=JOB,
            complete=False,
        )
        for one in known[4:]
    ]
    catalog.commit(Changes(announced=[named(number) for number in range(1, 7)], known=known, versions=rows))
    day = sums(catalog)
    assert (day.announced, day.extracted, day.misses) == (6, 6, {})
    assert (day.edited, day.deleted, day.moved) == (2, 1, 1)
    assert day.incomplete == 2, "of what was edited since, the last version counts"


def test_articles_that_stay_without_a_page_are_told_apart_from_those_that_a_job_asks_for(connect: Connect) -> None:
    catalog = connect()
    asked, other_day, alone = (became(number, final=False) for number in (1, 2, 3))
    alias = replace(became(4, final=False), article_id=asked.article_id)
    gone, whole = became(5, ended="gone"), became(6)
    rows = [
        Version(
            article_id=str(one.article_id), version=1, outlet="tribun", url=one.url, captured="", job=JOB, complete=end
        )
        for one, end in ((asked, False), (other_day, False), (alone, False), (gone, False), (whole, True))
    ]
    lines = [named(2, "2026-11-25"), named(4), named(5), named(6)]
    catalog.commit(Changes(announced=lines, known=[asked, other_day, alone, alias, gone, whole], versions=rows))
    assert ledger.unfilled(catalog, "tribun", None, None, most=5) == Unfilled(final=1, unannounced=1, urls=[alone.url])
    days = ("2026-11-20", "2026-11-22")
    both = Unfilled(final=1, unannounced=2, urls=[other_day.url])
    assert ledger.unfilled(catalog, "tribun", *days, most=1) == both, "announced, and for another day"
    nothing = Unfilled(final=0, unannounced=0, urls=[])
    assert ledger.unfilled(catalog, "tribun", "2026-11-21", None, most=5) == nothing
    assert ledger.unfilled(catalog, "kompas", None, None, most=5) == nothing


def test_a_miss_is_listed_with_all_that_a_person_needs_to_look_into_it(connect: Connect) -> None:
    catalog = connect()
    failed = named(1, reason="http-503", tries=2, tried="2026-11-21T00:00:00+00:00", due="2026-11-23T00:00:00+00:00")
    absent = named(2, reason="timeout", tries=1, tried="2026-11-21T00:00:00+00:00")
    catalog.commit(
        Changes(announced=[failed, absent], known=[became(2, "not-found", day=None, tries=1, due="2026-11-24")])
    )
    first, second = ledger.missing(catalog, "tribun")
    assert (first.url, first.miss, first.detail, first.source) == (failed.url, Miss.ERROR, "http-503", failed.source)
    assert (first.tries, first.tried, first.due, first.record) == (2, failed.tried, failed.due, None)
    assert (second.miss, second.detail, second.tries) == (Miss.NOT_FOUND, "not-found", 2)
    assert (second.tried, second.due) == ("2026-11-22T00:00:00+00:00", "2026-11-24")
    assert second.record == "<urn:uuid:1>"
    assert [line.url for line in ledger.missing(catalog, "tribun", misses={Miss.NOT_FOUND})] == [absent.url]


def test_a_long_list_of_misses_comes_in_pages_and_none_is_left_out(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = connect()
    catalog.commit(Changes(announced=[named(number, reason=("dns", None)[number % 2]) for number in range(10, 57)]))
    monkeypatch.setattr(ledger, "PAGE", 5)
    urls = [line.url for line in ledger.missing(catalog, "tribun")]
    assert urls == [named(number).url for number in range(10, 57)]
    some = [line.url for line in ledger.missing(catalog, "tribun", misses={Miss.UNREACHABLE}, most=9)]
    assert some == urls[::2][:9]


_NUMBERS = st.integers(1, 6)
_STEPS = st.one_of(
    st.builds(named, _NUMBERS, day=st.sampled_from(("2026-11-19", "2026-11-20"))),
    st.builds(
        named, _NUMBERS, reason=st.sampled_from((*FAILURES, "http-500")), tries=st.just(1), tried=st.sampled_from("123")
    ),
    st.builds(
        became,
        _NUMBERS,
        verdict=st.sampled_from([verdict.value for verdict in Verdict]),
        day=st.sampled_from(("2026-11-18", "2026-11-20", None)),
        final=st.booleans(),
        job=st.sampled_from((JOB, "20261122000001-aaaaaa")),
        version=st.integers(1, 2),
        ended=st.sampled_from((None, "gone", "moved")),
    ),
    st.builds(
        became, _NUMBERS, verdict=st.just("duplicate"), article_id=_NUMBERS.map("tribun:www.tribunnews.com:{}".format)
    ),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(_STEPS, max_size=20))
def test_the_numbers_add_up_whatever_happened(connect: Connect, history: list[Announced | Known]) -> None:
    with closing(connect()) as catalog:
        with catalog._database.writing() as connection:
            for content in (known, announced):
                connection.execute(sa.delete(content))
        for step in history:
            catalog.commit(Changes(announced=[step]) if isinstance(step, Announced) else Changes(known=[step]))
        days, lines = ledger.days(catalog, "tribun"), list(ledger.missing(catalog, "tribun"))
        now = [one for url in {step.url for step in history} if (one := catalog.known(url))]
    urls = {step.url for step in history if isinstance(step, Announced)}
    for day in days:
        assert day.announced == day.extracted + day.missed
        assert day.extracted <= day.captured <= day.announced
        assert max(day.edited, day.deleted + day.moved, day.incomplete) <= day.extracted + day.unannounced
        assert Counter(line.miss for line in lines if line.day == day.day) == day.misses
    whole = ledger.total(days)
    assert len(lines) == whole.missed
    assert {line.url for line in lines} <= urls
    there = {one.article_id for one in now if one.verdict == "article"}
    assert whole.extracted + whole.unannounced == len(there)
    of_urls = {one.url: one.article_id if one.article_id in there else one.url for one in now if one.url in urls}
    settled = {one.url for one in now if one.verdict == "duplicate" and one.final and not one.article_id}
    assert whole.announced <= len({of_urls.get(url, url) for url in urls - settled})
    assert whole.extracted == len({of_urls[url] for url in urls & of_urls.keys()} & there)
