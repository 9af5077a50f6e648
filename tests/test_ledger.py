"""The ledger: its numbers add up whatever happened, and each miss has one reason."""

from __future__ import annotations

import csv
import json
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from archive import ledger
from archive.catalog import Catalog, open_catalog
from archive.errors import ExitStatus
from archive.known import Announced, Changes, Known, Version
from archive.ledger import Day, Miss
from archive.misses import FAILURES, VERDICTS, miss_of
from archive.model import Verdict
from archive.schema import announced, known
from archive.state import Places
from crawler import reasons
from crawler.commands import crawlall
from crawler.commands.ledger import Command, table
from crawler.middlewares.robots import RobotsRefused
from crawler.wire import LeftAlone
from tests.lives import on_disk

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
    names = {name for _, name in reasons._NAMES} | reasons.NETWORK
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


def verb(folder: Path, *words: str, **given: Any) -> int:
    """The verb, in this process."""
    command = Command()
    command.settings = get_project_settings()
    command.settings.setdict({"ARCHIVE_URI": str(folder), "STATE_DIR": None, "CATALOG_URI": None})
    options = {
        "misses": False,
        "reason": None,
        "since": None,
        "until": None,
        "fill": False,
        "json": False,
        "csv": False,
    }
    command.run(list(words), Namespace(**options | given))
    return int(command.exitcode)


def filled(folder: Path, *changes: Changes) -> Path:
    with closing(open_catalog(Places(folder=folder / "state").catalog)) as catalog:
        for one in changes:
            catalog.commit(one)
    return folder


SOME = Changes(
    announced=[named(1), named(2, reason="timeout", tries=2), named(3), named(4, "2026-11-21")],
    known=[became(1, version=2), became(3, "gone", day=None)],
)


def test_the_ledger_is_a_table_that_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(filled(tmp_path, SOME)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "tribun  Tribunnews",
        "day         announced  captured  extracted  edited  deleted  missing   there  why",
        "2026-11-20          3         2          1       1        0        2  33.3 %  time-out 1, gone 1",
        "2026-11-21          1         0          0       0        0        1   0.0 %  not tried yet 1",
        "total               4         2          1       1        0        3  25.0 %  not tried yet 1, time-out 1, gone 1",  # noqa: E501 - as it is printed
        "",
    ]


def test_a_long_period_is_told_by_months_and_nothing_that_lacks_an_article_is_whole() -> None:
    days = [Day(outlet="tribun", day=f"2026-{month:02}-{day:02}") for month in (1, 2, 3) for day in range(1, 22)]
    days[0] = replace(days[0], announced=10_000, captured=9_999, extracted=9_999, misses={Miss.GONE: 1})
    lines = list(table("Tribunnews", days))
    assert [line.split()[0] for line in lines[1:-1]] == ["month", "2026-01", "2026-02", "2026-03", "total"]
    assert "99.9 %" in lines[2]


def test_the_misses_are_listed_and_nothing_from_outside_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = replace(named(5), source="https://www.tribunnews.com/\x1b[2J")
    filled(tmp_path, SOME, Changes(announced=[odd]))
    assert verb(tmp_path, "tribun", misses=True, reason="time-out,not-tried-yet") == 0
    out = capsys.readouterr().out
    assert [line.split()[1:3] for line in out.splitlines()] == [
        ["2026-11-20", "time-out"],
        ["2026-11-21", "not"],
        ["2026-11-20", "not"],
    ]
    assert f"{named(2).url}  (timeout; tried 2 times; announced by {HOST}/sitemap.xml)" in out
    assert "\x1b" not in out


def test_scripts_get_the_ledger_as_json_and_as_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    formula = replace(named(6), source="=HYPERLINK(1)")
    filled(tmp_path, SOME, Changes(announced=[formula]))
    assert verb(tmp_path, json=True) == 0
    days = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (days[0]["announced"], days[0]["misses"]) == (4, {"not tried yet": 1, "time-out": 1, "gone": 1})
    assert verb(tmp_path, csv=True, until="2026-11-20") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines[0].split(",")) == len({*lines[0].split(",")}), "each column has a name of its own"
    [row] = csv.DictReader(lines)
    assert (row["day"], row["announced"], row["missing-time-out"], row["missing-wall"]) == ("2026-11-20", "4", "1", "0")
    assert verb(tmp_path, csv=True, misses=True) == 0
    assert [row["source"] for row in csv.DictReader(capsys.readouterr().out.splitlines())][-1] == "'=HYPERLINK(1)"
    assert verb(tmp_path, json=True, misses=True, reason="gone") == 0
    assert json.loads(capsys.readouterr().out)["miss"] == "gone"


def test_where_no_announcement_is_known_the_ledger_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(filled(tmp_path, Changes(known=[became(1)]))) == 0
    out, err = capsys.readouterr()
    assert "1 articles are there that nobody announced" in out
    assert "the catalog knows of no announcement" in err


@pytest.mark.parametrize(
    ("words", "options", "sentence"),
    [
        (("tidakada",), {}, "There is no outlet tidakada"),
        (("--tidakada",), {}, "There is no option"),
        ((), {"reason": "gone"}, "give both"),
        ((), {"reason": "hilang", "misses": True}, "There is no reason hilang"),
        ((), {"fill": True, "csv": True}, "when it is done"),
        ((), {"since": "kemarin"}, "is no date"),
        ((), {}, "There is no catalog"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(tmp_path: Path, words: Any, options: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        verb(tmp_path, *words, **options)
    assert list(tmp_path.iterdir()) == [], "who only reads makes nothing"


def test_the_ledger_is_read_while_a_job_is_at_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running = on_disk(tmp_path).job("tribun")
    running.announce(named(1))
    running.commit()
    assert verb(tmp_path) == 0
    running.finish({})
    assert "not tried yet 1" in capsys.readouterr().out


def test_the_catalog_of_another_archive_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path, SOME)
    with closing(open_catalog(Places(folder=tmp_path / "state").catalog)) as catalog:
        catalog.belong_to("s3://lain")
    assert verb(tmp_path) == 5
    assert "is that of s3://lain, not of this archive" in capsys.readouterr().err


def test_filling_crawls_the_outlets_that_lack_what_can_be_had_and_prints_what_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = replace(named(8), url="https://nasional.kompas.com/read/8", outlet="kompas")
    done = replace(became(8, "gone"), url=gone.url, outlet="kompas")
    filled(tmp_path, SOME, Changes(announced=[gone], known=[done]))
    begun = []

    def crawl(_: crawlall.Command, names: list[str], opts: Namespace) -> ExitStatus:
        begun.append((names, opts.spargs, opts.jobs))
        filled(tmp_path, Changes(known=[became(2), became(4, day="2026-11-21")]))
        return ExitStatus.ALARM

    monkeypatch.setattr(crawlall.Command, "act", crawl)
    assert verb(tmp_path, fill=True, since="2026-11-20") == ExitStatus.ALARM
    assert begun == [(["tribun"], ["fill=yes", "since=2026-11-20"], crawlall.JOBS)]
    totals = [line.split()[1:4] for line in capsys.readouterr().out.splitlines() if line.startswith("total")]
    assert totals == [["1", "1", "0"], ["4", "2", "1"], ["1", "1", "0"], ["4", "4", "3"]]
    assert verb(tmp_path, fill=True) == 0
    assert "Nothing is missing that could still be had" in capsys.readouterr().err
    assert len(begun) == 1
