"""Each article once, none that is there, never more than was asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from archive.known import Announced, Known
from archive.zones import OFFSETS
from crawler.arguments import Arguments
from crawler.frontier import Answer, Frontier
from crawler.spiders.tribun import TribunSpider

URL = "https://www.tribunnews.com/nasional/{}/judul"


class Memory(dict[str, Known]):
    """A catalog in a dictionary."""

    def __init__(self, known: dict[str, Known] | None = None, *lines: Announced) -> None:
        super().__init__(known or {})
        self.lines = {line.url: line for line in lines}

    def known(self, url: str) -> Known | None:
        return self.get(url)

    def article(self, article_id: str) -> Known | None:
        kept = (known for known in self.values() if known.verdict == "article")
        return next((known for known in kept if known.article_id == article_id), None)

    def announced(self, url: str) -> Announced | None:
        return self.lines.get(url)


def known(number: int, verdict: str = "article", published: str | None = None, *, final: bool = True) -> Known:
    return Known(
        url=URL.format(number),
        outlet="tribun",
        article_id=f"tribun:www.tribunnews.com:{number}",
        verdict=verdict,
        final=final,
        published=published,
        section="nasional",
        captured=None,
        job="j",
    )


def frontier(memory: Memory | None = None, *, most: int | None = None, **arguments: object) -> Frontier:
    memory = Memory() if memory is None else memory
    return Frontier("tribun", TribunSpider.outlet, Arguments(**arguments), memory, most=most)  # type: ignore[arg-type]


def test_an_article_announced_under_three_addresses_is_given_out_once() -> None:
    made = frontier()
    answers = [
        made.announce(URL.format(12345)),
        made.announce("https://m.tribunnews.com/amp/nasional/12345/judul"),
        made.announce("https://www.tribunnews.com/regional/12345/judul-baru?utm_source=rss"),
    ]
    assert answers == [Answer.NEW, Answer.REPEATED, Answer.REPEATED]
    assert made.take() is not None
    assert made.take() is None


def test_what_is_there_is_not_given_out() -> None:
    made = frontier(Memory({URL.format(12345): known(12345)}))
    assert made.announce(URL.format(12345)) is Answer.THERE
    assert made.announce("https://www.tribunnews.com/sains/12345/lain") is Answer.REPEATED
    assert made.take() is None


def test_what_is_there_under_another_address_is_not_given_out() -> None:
    made = frontier(Memory({URL.format(12345): known(12345)}))
    assert made.announce("https://www.tribunnews.com/sains/12345/lain") is Answer.THERE


def test_what_may_still_come_is_tried_again() -> None:
    made = frontier(Memory({URL.format(12345): known(12345, "not-found", final=False)}))
    assert made.announce(URL.format(12345)) is Answer.NEW


def test_what_was_outside_one_period_is_fetched_for_another() -> None:
    memory = Memory({URL.format(12345): known(12345, "not-asked", "2026-11-10T08:00:00+07:00")})
    assert frontier(memory, since=date(2026, 11, 20)).announce(URL.format(12345)) is Answer.NOT_ASKED
    assert frontier(memory, since=date(2026, 11, 10)).announce(URL.format(12345)) is Answer.NEW


def test_a_day_or_section_known_beforehand_saves_the_request() -> None:
    day = datetime(2026, 11, 10, tzinfo=OFFSETS["WIB"])
    assert frontier(since=date(2026, 11, 20)).announce(URL.format(12345), day) is Answer.NOT_ASKED
    assert frontier(section="sains").announce(URL.format(12345)) is Answer.NOT_ASKED


def test_an_unknown_day_is_fetched_and_judged_on_the_page() -> None:
    assert frontier(since=date(2026, 11, 20)).announce(URL.format(12345)) is Answer.NEW


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://www.kompas.com/read/12345/a", Answer.ELSEWHERE),
        ("https://www.tribunnews.com/tag/12345/a", Answer.NO_ARTICLE),
        ("javascript:alert(1)", Answer.ELSEWHERE),
    ],
)
def test_what_is_no_article_of_the_outlet_is_not_given_out(url: str, answer: Answer) -> None:
    made = frontier()
    assert made.announce(url) is answer
    assert made.take() is None


def test_no_more_are_on_the_way_than_the_limit_leaves_room_for() -> None:
    made = frontier(limit=2)
    for number in range(12345, 12350):
        made.announce(URL.format(number))
    assert [made.take() is not None for _ in range(3)] == [True, True, False]
    made.done(kept=False)
    assert made.take() is not None
    made.done(kept=True)
    assert made.take() is None
    made.done(kept=True)
    assert made.satisfied


def test_a_sample_asks_for_so_many_addresses_whatever_is_kept_of_them() -> None:
    made = frontier(limit=3, most=4)
    for number in range(12345, 12355):
        made.announce(URL.format(number))
    taken = 0
    while made.take():
        taken += 1
        made.done(kept=False)
    assert taken == 4


def test_a_redirect_to_an_article_that_was_announced_is_not_followed() -> None:
    made = frontier()
    made.announce(URL.format(12345))
    made.announce(URL.format(12346))
    assert made.follow(URL.format(12346), URL.format(12345)) is Answer.REPEATED
    assert made.follow(URL.format(12346), URL.format(12347)) is Answer.NEW
    assert made.follow(URL.format(12346), URL.format(12346)) is Answer.NEW


def test_a_twin_found_by_the_number_on_the_page_is_named_and_says_whether_it_is_safe() -> None:
    made = frontier(Memory({URL.format(12345): known(12345)}))
    assert made.twin("tribun:www.tribunnews.com:12345") == (URL.format(12345), True)
    assert made.twin("tribun:www.tribunnews.com:9") is None
    made.keep("tribun:www.tribunnews.com:9", URL.format(9))
    assert made.twin("tribun:www.tribunnews.com:9") == (URL.format(9), False)


def test_what_was_seen_under_a_number_and_not_kept_is_no_twin() -> None:
    made = frontier(Memory({URL.format(12345): known(12345, "not-asked", "2026-11-10T08:00:00+07:00")}))
    assert made.twin("tribun:www.tribunnews.com:12345") is None


def test_a_redirect_to_what_is_no_article_is_followed_by_every_article() -> None:
    made = frontier()
    consent = "https://www.tribunnews.com/izin"
    assert made.follow(URL.format(12345), consent) is Answer.NEW
    assert made.follow(URL.format(12346), consent) is Answer.NEW


def line(number: int, **facts: object) -> Announced:
    made = {"url": URL.format(number), "outlet": "tribun", "day": "2026-11-20", "at": "2026-11-20", "source": "s"}
    return Announced(**made | facts)  # type: ignore[arg-type]


def test_an_address_is_noted_the_first_time_that_it_is_announced() -> None:
    noted: list[Announced] = []
    made = frontier(Memory({URL.format(10001): known(10001)}, line(10002)))
    late = datetime(2026, 11, 20, 23, tzinfo=OFFSETS["WIB"])
    for number in (10001, 10002, 12345):
        made.announce(URL.format(number), late, source="s", note=noted.append)
    made.announce("https://www.tribunnews.com/sains/12345/lain", note=noted.append)
    assert [(one.url, one.day, one.source) for one in noted] == [
        (URL.format(10001), "2026-11-20", "s"),  # an archive of an earlier version
        (URL.format(12345), "2026-11-20", "s"),
    ]


@pytest.mark.parametrize(
    ("tries", "due", "answer"),
    [
        (0, None, Answer.NEW),
        (1, "2026-01-01T00:00:00+00:00", Answer.NEW),
        (1, "2999-01-01T00:00:00+00:00", Answer.LATER),
        (9, None, Answer.LATER),
    ],
)
def test_what_was_tried_in_vain_waits_for_its_time(tries: int, due: str | None, answer: Answer) -> None:
    attempt = line(12345, tries=tries, due=due, tried="2026-01-01" if tries else None, reason="timeout")
    memory = Memory({}, attempt)
    assert frontier(memory).announce(URL.format(12345)) is answer
    assert frontier(memory, fill=True).resume(attempt)


def test_what_was_not_found_waits_for_its_time_unless_somebody_asks() -> None:
    gone = replace(known(12345, "not-found", final=False), due="2999-01-01T00:00:00+00:00")
    memory = Memory({gone.url: gone})
    assert frontier(memory).announce(gone.url) is Answer.LATER
    assert frontier(memory, urls={gone.url: gone.url}).announce(gone.url) is Answer.NEW
    assert frontier(memory, fill=True).resume(line(12345), gone)


def test_what_is_new_goes_before_what_earlier_jobs_left() -> None:
    made = frontier()
    assert made.resume(line(1))
    made.announce(URL.format(12345))
    first, second = made.take(), made.take()
    assert first
    assert second
    assert [first.url, second.url] == [URL.format(12345), URL.format(1)]


def test_what_was_dropped_for_an_opt_out_is_asked_for_again_once_that_does_not_count_any_more() -> None:
    memory = Memory({URL.format(12345): known(12345, "opted-out")})
    assert frontier(memory).announce(URL.format(12345)) is Answer.THERE
    made = Frontier("tribun", TribunSpider.outlet, Arguments(), memory, respects_opt_out=False)
    assert made.announce(URL.format(12345)) is Answer.NEW


SHORT = "https://jogja.tribunnews.com/2026/11/17/pasar"


def several(*, due: str | None, final: bool = False) -> Memory:
    """An article of which a page is missing, or was, and another address of it that told nobody its number."""
    there = replace(known(12345, final=final), due=due)
    return Memory({there.url: there, SHORT: replace(there, url=SHORT, final=False)}, line(12345), line(1, url=SHORT))


@pytest.mark.parametrize(
    ("due", "final", "answer"),
    [
        ("2999-01-01T00:00:00+00:00", False, Answer.LATER),
        ("2026-01-01T00:00:00+00:00", False, Answer.NEW),
        (None, True, Answer.THERE),
    ],
)
def test_of_another_address_counts_what_is_known_of_its_article(
    due: str | None, *, final: bool, answer: Answer
) -> None:
    made = frontier(several(due=due, final=final))
    assert made.announce(SHORT) is answer
    assert (made.take() is not None) is (answer is Answer.NEW)


def test_of_several_addresses_of_an_article_one_is_tried_again() -> None:
    memory = several(due="2026-01-01T00:00:00+00:00")
    made = frontier(memory)
    taken = [made.resume(memory.lines[url], memory[url]) for url in (SHORT, URL.format(12345))]
    assert taken == [True, False]
    made = frontier(memory)
    assert [made.announce(url) for url in (URL.format(12345), SHORT)] == [Answer.NEW, Answer.REPEATED]


def test_a_redirect_from_one_address_of_an_article_to_another_is_followed() -> None:
    memory = several(due="2026-01-01T00:00:00+00:00")
    made = frontier(memory)
    assert made.resume(memory.lines[SHORT], memory[SHORT])
    made.announce(URL.format(12345))
    assert made.follow(SHORT, URL.format(12345), memory[SHORT]) is Answer.NEW
    duplicate = replace(memory[SHORT], verdict="duplicate")
    assert made.follow(SHORT, URL.format(12345), duplicate) is Answer.REPEATED, "it is none itself"


def test_an_address_that_was_left_is_not_asked_for_once_its_article_is_there_under_another() -> None:
    left = line(12345, url="https://www.tribunnews.com/sains/12345/lain")
    made = frontier(Memory({URL.format(12345): replace(known(12345), due="2999-01-01")}, left))
    assert not made.resume(left)
    assert made.settled == [replace(known(12345), url=left.url, due=None)]
    assert made.announce(left.url) is Answer.THERE
