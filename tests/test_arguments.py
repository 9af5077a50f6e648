"""What cannot be meant is refused with a sentence, before any request."""

from datetime import date, datetime

import pytest

from archive.errors import ArgumentError
from archive.zones import OFFSETS
from crawler.arguments import Arguments
from crawler.spiders.tribun import TribunSpider

OUTLET = TribunSpider.outlet


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"since": "22-11-2026"}, "since=22-11-2026 is no date; write it as YYYY-MM-DD"),
        ({"until": "2026-02-30"}, "until=2026-02-30 is no date"),
        ({"since": "2026-11-22", "until": "2026-11-21"}, "since=2026-11-22 is after until=2026-11-21"),
        ({"url": "https://www.kompas.com/read/1"}, "no address of Tribunnews; accepted are"),
        ({"url": "tribunnews.com/nasional/1"}, "accepted are http and https addresses"),
        ({"limit": "0"}, "limit=0"),
        ({"limit": "banyak"}, "whole number from 1"),
        ({"url": ""}, "url is empty"),
        ({"since": " "}, "since is empty"),
        ({"sinse": "2026-11-22"}, "There is no argument sinse; accepted are since, until, url, section, limit"),
    ],
)
def test_a_wrong_argument_is_refused_with_what_is_accepted(given: dict[str, str], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        Arguments.parse(OUTLET, given)


def test_both_days_are_inclusive_in_the_outlets_zone() -> None:
    asked = Arguments.parse(OUTLET, {"since": "2026-11-20", "until": "2026-11-21"})
    wib = OFFSETS["WIB"]
    assert asked.wants_day(datetime(2026, 11, 20, 0, 0, tzinfo=wib))
    assert asked.wants_day(datetime(2026, 11, 21, 23, 59, tzinfo=wib))
    assert not asked.wants_day(datetime(2026, 11, 19, 23, 59, tzinfo=wib))
    assert not asked.wants_day(datetime(2026, 11, 22, 0, 0, tzinfo=wib))


def test_an_unknown_day_is_wanted_only_when_no_period_was_asked_for() -> None:
    assert Arguments().wants_day(None)
    assert not Arguments(since=date(2026, 11, 20)).wants_day(None)


def test_several_addresses_become_canonical_and_one_each() -> None:
    asked = Arguments.parse(
        OUTLET,
        {
            "url": "https://m.tribunnews.com/a/12345/b, https://www.tribunnews.com/a/12345/b?page=2,https://jogja.tribunnews.com/2026/11/17/c"
        },
    )
    assert tuple(asked.urls) == ("https://www.tribunnews.com/a/12345/b", "https://jogja.tribunnews.com/2026/11/17/c")


def test_a_section_is_compared_without_regard_to_case() -> None:
    asked = Arguments.parse(OUTLET, {"section": "Nasional"})
    assert asked.wants_section("NASIONAL")
    assert not asked.wants_section("sains")
    assert not asked.wants_section(None)
