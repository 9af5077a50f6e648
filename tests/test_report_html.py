"""The report as HTML: all of its numbers lead somewhere, and nothing from outside is markup."""

from __future__ import annotations

import difflib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote

import lxml.html
import pytest

from archive.ledger import Day
from archive.misses import Miss
from archive.report import charts, gather, page, views, words
from archive.report.links import Named, Searched, links_for, web
from archive.report.page import render
from tests.reported import DAY, Filled, address, fill, hrefs_of, report_of, text_of


@pytest.fixture
def filled(tmp_path: Path) -> Filled:
    return fill(tmp_path / "data")


def test_every_link_of_the_page_leads_somewhere(filled: Filled) -> None:
    output = filled.root / "papan" / "report.html"
    output.parent.mkdir()
    html = render(report_of(filled), links=links_for(filled.root, output))
    tree = lxml.html.fromstring(html)
    ids = [str(name) for one in tree.iter() if (name := one.get("id"))]
    assert len(ids) == len({*ids})
    hrefs = hrefs_of(html)
    assert {href[1:] for href in hrefs if href.startswith("#")} <= {*ids}
    files = {href for href in hrefs if href.startswith("../")}
    assert len(files) >= 5
    assert [href for href in files if not (output.parent / unquote(href)).exists()] == []
    assert any("/part-" in href for href in files)
    assert {href for href in hrefs if not href.startswith(("#", "../"))} == {address(number) for number in (4, 5, 6)}


def test_a_link_within_the_page_leads_to_what_is_on_it(filled: Filled) -> None:
    report = report_of(filled, until=date(2026, 11, 21))  # the last job is not one of them
    (outlet,) = report.outlets
    early = Day(outlet="tribun", day="2026-11-10", announced=1, extracted=1)  # and nothing in between
    unlisted = replace(outlet.history, troubles=[outlet.history.last], troubled=1) if outlet.history.last else None
    assert unlisted
    html = render(replace(report, outlets=[replace(outlet, days=[early, *outlet.days], history=unlisted)]))
    ids = {one.get("id") for one in lxml.html.fromstring(html).iter()}
    assert [href for href in hrefs_of(html) if href.startswith("#") and href[1:] not in ids] == []
    assert filled.job in html


def test_a_page_that_lies_elsewhere_names_the_files_and_links_to_none(filled: Filled, tmp_path: Path) -> None:
    html = render(report_of(filled), links=links_for(filled.root, tmp_path / "report.html"))
    hrefs = hrefs_of(html)
    assert all(href.startswith(("#", "https://www.tribunnews.com/")) for href in hrefs)
    assert filled.dropped.warc in html
    assert f"jobs/tribun/{filled.job}.json" in html


def test_a_server_gets_links_to_its_search(filled: Filled) -> None:
    links = Searched("/search")
    assert f'href="/search?outlet=tribun&amp;since={DAY}&amp;until={DAY}">3</a>' in render(
        report_of(filled), links=links
    )
    assert links.rows("tribun", "2026-02") == "/search?outlet=tribun&since=2026-02-01&until=2026-02-28"


def test_the_page_is_the_same_for_the_same_numbers_but_for_when_it_was_made(filled: Filled) -> None:
    report = report_of(filled)
    later = replace(report, made=report.made + timedelta(minutes=1))
    changes = [
        line[2:] for line in difflib.ndiff(render(report).splitlines(), render(later).splitlines()) if line[0] in "+-"
    ]
    assert len(changes) == 2
    assert all("Made at" in line for line in changes)


def test_nothing_from_outside_is_markup_or_a_script(tmp_path: Path) -> None:
    nasty = "</script><script>window.ran = 1</script>\"'><img src=x onerror=alert(1)>\u202e"
    filled = fill(
        tmp_path,
        url="javascript:alert(1)//",
        source=nasty,
        finish=nasty,
        status=None,
        arguments={nasty: nasty},
        alarms=[{"kind": nasty, "sentence": nasty}, nasty, None],
        counts={"announced": "many", "dropped": {nasty: -1}, "failed": [nasty]},
        measures={"articles": -3, "fields": {nasty: 2, "title": "x"}, "warc_bytes": None, "records": 1e400},
    )
    report = report_of(filled)
    report = replace(report, outlets=[replace(one, title=nasty, name="tri bun<b>") for one in report.outlets])
    html = render(report, links=links_for(filled.root, filled.root / "report.html"))
    html.encode()
    tree = lxml.html.fromstring(html)
    assert len(tree.findall(".//script")) == 1
    assert tree.findall(".//img") == []
    assert [name for one in tree.iter() for name in one.attrib if str(name).startswith(("on", "style"))] == []
    hrefs = hrefs_of(html)
    assert not [href for href in hrefs if href.lower().startswith(("javascript", "data"))]
    assert "javascript:alert(1)//" in text_of(html)
    assert "\u202e" not in html, "it would turn what stands behind it"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "https:///x", "https://a\u202e", "http://[", "x"]
)
def test_what_is_no_address_of_the_web_is_no_link(url: str) -> None:
    assert web(url) is None


def test_a_page_says_that_nothing_else_may_be_loaded_and_run(filled: Filled) -> None:
    html = render(report_of(filled))
    policy = lxml.html.fromstring(html).xpath("string(//meta[@http-equiv]/@content)")
    assert policy == page.policy()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_three_years_of_days_are_a_page_of_less_than_a_megabyte(filled: Filled) -> None:
    days = [
        Day(outlet="tribun", day=(date(2023, 11, 19) + timedelta(days=ago)).isoformat(), announced=100, captured=99,
            extracted=97, misses={Miss.TIMEOUT: 1, Miss.NOT_FOUND: 2})
        for ago in range(gather.MOST_DAYS)
    ]  # fmt: skip
    report = report_of(filled)
    html = render(replace(report, outlets=[replace(report.outlets[0], days=days)]), links=Named())
    assert html.count('<a class="cell most"') == gather.MOST_DAYS
    assert len(html) < 1_000_000


def test_a_calendar_has_every_day_in_its_place() -> None:
    days = [
        Day(outlet="a", day="2024-02-29", announced=3, extracted=2),
        Day(outlet="a", day="2024-03-01", unannounced=4),
    ]
    (year,) = views.calendar(days)
    march, february = year.months
    assert (march.name, february.name) == ("March 2024", "February 2024")
    assert [len(week) for week in february.weeks] == [7] * 5
    assert february.weeks[0][:3] == [None] * 3, "it began on a Thursday"
    cell = february.weeks[4][3]
    assert cell == ("2024-02-29", "half", "66", "29 Feb 2024: 2 of 3")
    assert march.weeks[0][4] == ("2024-03-01", "none", "+", "1 Mar 2024: 4 articles, none announced")


def test_a_share_is_never_rounded_to_all_or_to_nothing() -> None:
    assert words.percent(99_999, 100_000) == "99.9 %"
    assert words.percent(1, 100_000) == "0.1 %"
    assert (words.percent(5, 5), words.percent(0, 5), words.percent(0, 0)) == ("100 %", "0 %", "–")
    assert (words.floored(0.29), words.floored(0.999), words.floored(1)) == ("29", "99", "100")
    days = [Day(outlet="a", day="2024-02-29", announced=1000, extracted=999)]
    (cell,) = [cell for week in views.calendar(days)[0].months[0].weeks for cell in week if cell and cell.day]
    assert (cell.step, cell.text) == ("most", "99")


def test_stacked_bars_are_as_high_as_their_sum_and_named_for_who_cannot_see_them() -> None:
    svg = lxml.html.fromstring(
        charts.bars(["1 Nov", "<2>"], [charts.Series("a", "s0", [30, 0]), charts.Series("b", "s1", [10, 0])], "Words.")
    ).find(".//svg")
    assert svg is not None
    assert (svg.get("role"), svg.get("aria-label")) == ("img", "Words.")
    rects = svg.findall(".//rect")
    assert [float(one.get("height", 0)) for one in rects] == [75.0, 25.0], "of forty, the top of the scale"
    assert [one.findtext("title") for one in rects] == ["1 Nov: a 30", "1 Nov: b 10"]


def test_a_line_has_a_gap_where_there_is_no_value() -> None:
    drawn = charts.line([("1", 1.0), ("2", None), ("3", 6.0), ("4", 6.0)], "Words.")
    assert 'class="way" d="M0.5 100.00M2.5 ' in drawn
    assert charts.line([], "Words.").count("<span>") == 2
