"""A job against its outlet's past: what is wrong is said soon, and what is usual is never called wrong."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from archive import health
from archive.health import odds
from archive.health.past import DAYS, Run, comparable
from archive.known import Ended
from tests.faulty import FAULTS, authors_lost, frozen, huge, layout_changed
from tests.press import Fault, Press, with_alarms

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OUTLETS: dict[str, dict[str, Any]] = {
    "hourly": {"a_day": 80.0, "every": HOUR, "growth": 3.0},
    "small and hourly": {"a_day": 6.0, "every": HOUR, "weekend": 0.1},
    "tiny": {"a_day": 2.0, "every": 3 * HOUR, "weekend": 0.1, "night": 0.0},
    "daily": {"a_day": 60.0, "every": DAY},
    "small and daily": {"a_day": 3.0, "every": DAY, "weekend": 0.1},
}


def lived(press: Press, jobs: int, fault: Fault = lambda _: None, past: list[Ended] | None = None) -> list[Ended]:
    """The past with so many more jobs, each with its alarms."""
    past = list(past or [])
    for ended in press.jobs(jobs, fault):
        past.append(with_alarms(ended, health.alarms(ended, past[-health.LOOKED_AT :])))
    return past


def kinds(ended: Ended) -> set[str]:
    return {alarm["kind"] for alarm in ended.facts["alarms"]}


@cache
def healthy(outlet: str) -> tuple[Press, list[Ended]]:
    """An outlet with a past that nobody judged."""
    press = Press(seed=7, **OUTLETS[outlet])
    return press, list(press.jobs(50 if OUTLETS[outlet]["every"] == DAY else 260))


@pytest.mark.parametrize("outlet", OUTLETS)
def test_two_hundred_healthy_jobs_raise_no_alarm(outlet: str) -> None:
    past = lived(Press(seed=3, **OUTLETS[outlet]), 200)
    assert [alarm["sentence"] for ended in past for alarm in ended.facts["alarms"]] == []
    assert sum(ended.facts["measures"]["articles"] for ended in past) > 30


@pytest.mark.parametrize(("fault", "kind", "hourly", "daily"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("outlet", ["hourly", "daily"])
def test_a_fault_raises_its_alarm_within_so_many_jobs(
    outlet: str, fault: Fault, kind: str, hourly: int, daily: int
) -> None:
    press, past = healthy(outlet)
    most = hourly if outlet == "hourly" else daily
    raised = lived(copy.deepcopy(press), most, fault, past)[len(past) :]
    assert any(kind in kinds(ended) for ended in raised) == bool(most)
    assert all(ended.outlet in alarm["sentence"] for ended in raised for alarm in ended.facts["alarms"])


@pytest.mark.parametrize("fault", [layout_changed, authors_lost])
def test_a_small_outlet_gets_its_alarm_after_few_articles(fault: Fault) -> None:
    press, past = healthy("small and hourly")
    raised = lived(copy.deepcopy(press), 60, fault, past)[len(past) :]
    first = next(number for number, ended in enumerate(raised) if kinds(ended))
    assert 2 < sum(ended.facts["measures"]["articles"] for ended in raised[: first + 1]) <= 20


def test_an_alarm_stays_while_the_fault_does_and_ends_with_it() -> None:
    press, past = healthy("hourly")
    press = copy.deepcopy(press)
    ill = lived(press, 20, layout_changed, past)
    last = [ended for ended in ill if ended.facts["measures"]["articles"]][-5:]
    assert all("layout" in kinds(ended) for ended in last)
    assert health.has_drifted(ill)
    well = lived(press, 24, past=ill)
    assert not any("layout" in kinds(ended) for ended in well[len(ill) :])
    assert not health.has_drifted(well)


def test_what_was_alarming_for_two_months_is_what_is_usual() -> None:
    press, past = healthy("daily")
    ill = lived(copy.deepcopy(press), DAYS + 20, authors_lost, past)
    assert "field-lost" in kinds(ill[len(past) + 10])
    assert not any(kinds(ended) for ended in ill[-5:])


def test_a_source_that_was_too_large_all_along_is_no_news() -> None:
    press, past = healthy("daily")
    ill = lived(copy.deepcopy(press), 2 * len(past), huge, past)
    assert "huge" in kinds(ill[len(past)])
    assert "huge" not in kinds(ill[-1])


@pytest.mark.parametrize("fault", [fault for fault, kind, *_ in FAULTS if kind not in {"wall", "clock", "huge"}])
def test_there_is_no_alarm_without_a_past(fault: Fault) -> None:
    assert not any(kinds(ended) for ended in lived(Press(seed=5), 3, fault))


def test_jobs_are_compared_with_those_that_were_asked_for_the_same() -> None:
    press, past = healthy("hourly")
    ended = next(copy.deepcopy(press).jobs(1, frozen))
    backfill = replace(ended, facts=ended.facts | {"arguments": {"since": "2020-01-01"}})
    assert comparable(Run.of(ended), map(Run.of, past))
    assert not comparable(Run.of(backfill), map(Run.of, past))
    assert health.alarms(backfill, past) == []


def test_an_outlet_that_cannot_be_reached_is_not_silent() -> None:
    press, past = healthy("hourly")
    away = [replace(ended, facts=ended.facts | {"status": 3}) for ended in copy.deepcopy(press).jobs(40, frozen)]
    assert health.alarms(away[-1], [*past, *away[:-1]]) == []


def test_a_clock_that_went_backwards_is_said() -> None:
    _, past = healthy("hourly")
    earlier = replace(past[-1], job="20251231000000-abcdef")
    found = health.alarms(earlier, past[:-1])
    assert [alarm.kind for alarm in found] == ["clock"]
    assert "backwards" in found[0].sentence


def test_old_dates_of_a_cache_are_no_wrong_clock() -> None:
    press, past = healthy("hourly")
    ended = next(copy.deepcopy(press).jobs(1))
    for clock in ({"least": 900, "most": 9000, "answers": 9}, {"least": 5000, "most": 5100, "answers": 2}):
        ended.facts["measures"]["clock"] = clock
        assert health.alarms(ended, past) == []


HOSTILE: tuple[dict[str, Any], ...] = (
    {},
    {"measures": None, "counts": [], "alarms": {}, "arguments": 7, "status": "x"},
    {"measures": {"articles": "many", "words": [1], "lags": [], "fields": [], "sources": {"a": 1}, "clock": math.nan}},
    {"measures": {"articles": -5, "words": [0, 0, 0], "paragraphs": [None] * 3, "lags": {"future": math.inf}}},
    {"measures": {"articles": 1e300, "fields": {"title": 7.0}}, "counts": {"dropped": {"empty": "x"}, "kept": -1}},
)


@pytest.mark.parametrize("facts", HOSTILE)
def test_jobs_without_measures_or_with_strange_ones_are_no_error(facts: dict[str, Any]) -> None:
    _, past = healthy("hourly")
    strange = Ended(job="x", outlet="contoh", at="gestern", facts=facts)
    assert health.alarms(past[-1], [strange] * 40 + past[:-1]) == []
    health.alarms(replace(strange, at=past[-1].at), past)
    assert not health.has_drifted([strange])
    assert not health.is_ruled([strange] * 40)


def test_rows_are_expected_in_the_container_only_where_they_nearly_always_were() -> None:
    _, past = healthy("hourly")
    assert health.is_ruled(past)
    assert not health.is_ruled(past[:3])
    press = Press(seed=9)
    assert not health.is_ruled(list(press.jobs(100, layout_changed)))


def test_a_job_that_was_asked_for_less_does_not_clear_an_outlet() -> None:
    def job(hour: int, *kinds: str, **arguments: str) -> Ended:
        found = [{"kind": kind, "sentence": ""} for kind in kinds]
        facts = {"arguments": arguments, "alarms": found, "measures": {"articles": 1}}
        return Ended(job=f"{hour}", outlet="contoh", at=f"2026-11-22T{hour:02}:00:00+00:00", facts=facts)

    ill = job(1, "field-lost")
    assert health.has_drifted([ill, job(2, limit="1")])
    assert not health.has_drifted([ill, job(2, limit="1"), job(3)])
    assert not health.has_drifted([job(1, "layout", limit="1"), job(2)])
    assert not health.has_drifted([ill, job(2, "volume")])


def test_chances_are_those_of_enumeration() -> None:
    assert odds.chance_of_so_few(1, 1, 3, 4) == pytest.approx(1)
    # Laplace's sunrise with Jeffreys' prior: the next is a miss with (misses + 1/2) / (all + 1).
    assert odds.chance_of_so_few(0, 1, 9, 10) == pytest.approx(1.5 / 11)
    assert odds.chance_of_so_many(1, 1, 9, 10) == pytest.approx(9.5 / 11)
    assert odds.poisson_at_most(0, 3) == pytest.approx(math.exp(-3))
    assert odds.poisson_at_least(4, 3) == pytest.approx(1 - 13 * math.exp(-3))
    assert odds.poisson_at_least(10**6, 3) == pytest.approx(0)
    assert odds.spread([1, 1, 1, 1000]) == 0


def test_no_chance_is_lost_to_rounding_with_large_numbers() -> None:
    assert odds.chance_of_so_few(10**6, 10**6, 10**6, 10**6) == pytest.approx(1)
    assert odds.chance_of_so_few(0, 10**6, 10**6, 10**6) < odds.ODD
    assert odds.poisson_at_most(10**14, 10**15) < odds.ODD
    assert odds.poisson_at_least(10**14, 10**13) == 0
