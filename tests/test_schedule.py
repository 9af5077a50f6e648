"""When an address is asked for again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from scrapy.settings import Settings

from archive.errors import ArgumentError
from crawler.schedule import Schedule

BORN = datetime(2026, 11, 1, tzinfo=UTC)


def schedule(revisits: str = "6h, 1d, 7d", retries: str = "1h,1d") -> Schedule:
    return Schedule.of(Settings({"REVISIT_AFTER": revisits, "RETRY_AFTER": retries}))


@pytest.mark.parametrize(
    ("age", "due"),
    [("0h", "6h"), ("6h", "24h"), ("30h", "168h"), ("168h", None), ("9999h", None)],
)
def test_an_article_is_looked_at_at_the_ages_that_have_not_passed(age: str, due: str | None) -> None:
    def hours(text: str) -> timedelta:
        return timedelta(hours=int(text[:-1]))

    assert schedule().revisit(BORN, BORN + hours(age)) == (BORN + hours(due) if due else None)


def test_what_fails_is_tried_ever_more_rarely_and_then_given_up() -> None:
    times = [schedule().retry(tries, BORN) for tries in (1, 2, 3, 99)]
    assert times == [BORN + timedelta(hours=1), BORN + timedelta(days=1), None, None]


def test_never_is_never() -> None:
    assert schedule("never", "never").revisit(BORN, BORN) is None
    assert schedule("never", "never").retry(1, BORN) is None


@pytest.mark.parametrize("wrong", ["6", "6h,", "1d, 6h", "0h", "soon", "-1h", "6h;1d", "999999h", "1y"])
def test_a_schedule_that_cannot_be_meant_is_refused_in_words(wrong: str) -> None:
    with pytest.raises(ArgumentError, match="write growing times such as 6h, 1d, 7d"):
        schedule(wrong)
