"""Rows that are made again by other rules: which of them change, what moves, and what the catalog knows of it."""

from __future__ import annotations

import os
import random
from collections import Counter
from contextlib import closing
from dataclasses import asdict, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from archive import ledger
from archive.account import TAKEN_DOWN
from archive.catalog import open_catalog
from archive.known import Changes
from archive.misses import Miss
from archive.revising import Revising
from pipelines.extract import EXTRACTOR
from tests import remaking
from tests.lives import Place, exchange, on_disk
from tests.remaking import NOAI, OUTLET, Kept, ask, files, keep, page, remake, rows, ruled, url_of
from tests.runs import scrapy

ELSEWHERE = ruled("div.tulisan")
"""Rules of another layout: what they do not find is found by the generic path."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no test here takes the power away
    return on_disk(tmp_path)


def closed(number: int, **facts: Any) -> Kept:
    """A page that is a row of `articles/` or `dropped/`, as RESPECT_OPT_OUT has it."""
    return Kept(url_of(number, facts.pop("slug", "kabar-pasar")), page(number, head=NOAI), **facts)


def plain(number: int, **facts: Any) -> Kept:
    return Kept(url_of(number), page(number), **facts)


def is_sound(place: Place) -> bool:
    """Is nothing at fault in the archive, and does a catalog that is made anew know what the live one does?"""
    status, out, log = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={place.uri}")
    assert status == 0, out + log
    live = place.content()
    place.rebuild()
    assert place.complaints == []
    assert place.content() == live
    return True


def test_rows_of_today_s_rules_are_left_alone_and_made_again_they_are_the_same(place: Place, tmp_path: Path) -> None:
    keep(place, *map(plain, range(3)), closed(3))
    before, known = files(tmp_path), place.content()
    nothing = remake(place).count
    assert (nothing.units, nothing.todo, nothing.rows) == (1, 0, 0)
    every = remake(place, every=True).count
    assert (every.todo, every.rows, every.changed) == (1, 4, 0)
    assert files(tmp_path) == before
    assert place.content() == known


def test_a_mended_rule_repairs_what_was_marked_and_leaves_marked_what_it_does_not_find(
    place: Place, tmp_path: Path
) -> None:
    other = page(2).replace(b"side-article txt-article", b"kolom")  # a layout that no rule knows yet
    marked = {"drift": True}
    keep(place, plain(0), outlet=OUTLET)
    keep(place, plain(1, facts=marked), Kept(url_of(2), other, facts=marked), outlet=ELSEWHERE)
    keep(place, plain(3), outlet=ELSEWHERE)
    before = {row["url"]: row for row in rows(tmp_path)}
    assert [before[url_of(n)]["origins"]["text"] for n in range(4)] == ["rule", *["visible"] * 3]
    untouched = files(tmp_path, "articles/outlet=tribun")
    done = remake(place)
    assert (done.count.units, done.count.todo, done.count.rows, done.count.changed) == (3, 2, 3, 2)
    after = {row["url"]: row for row in rows(tmp_path)}
    assert after[url_of(0)] == before[url_of(0)]
    assert after.keys() == before.keys()
    assert {url: (row["drift"], row["origins"]["text"]) for url, row in after.items()} == {
        url_of(0): (False, "rule"),
        url_of(1): (False, "rule"),
        url_of(2): (True, "visible"),
        url_of(3): (False, "rule"),
    }
    assert {(row["extractor"], row["rules"]) for row in after.values()} == {(EXTRACTOR, OUTLET.rules.digest)}
    kept = ("id", "version", "outlet", "url", "job", "captured", "captures")
    for url, row in after.items():
        assert [row[name] for name in kept] == [before[url][name] for name in kept]
    assert len(files(tmp_path, "articles/outlet=tribun").keys() & untouched.keys()) == 1, "of the first job"
    status, out, _ = scrapy("history", "--json", url_of(1), "-s", f"ARCHIVE_URI={tmp_path}")
    assert status == 0
    assert '"text": "rule"' in out
    assert is_sound(place)
    assert remake(place).count.todo == 0


def test_a_mark_stays_when_the_same_rules_read_the_page_again(place: Place, tmp_path: Path) -> None:
    keep(place, plain(1, facts={"drift": True}))
    before = files(tmp_path)
    assert remake(place, every=True).count.rows == 1
    assert files(tmp_path) == before


def test_ten_rebuilds_in_any_order_on_any_number_of_workers_come_to_the_same_bytes(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in range(0, 15, 5):
        keep(place, *(closed(n) if n % 3 == 0 else plain(n) for n in range(first, first + 5)))
    truth = remaking.content(tmp_path)
    monkeypatch.setattr("crawler.bulk.AT_ONCE", 2)
    sums, chance, units_of = Counter[str](), random.Random(7), Revising.units

    def shuffled(self: Revising, *period: Any) -> Any:
        found = list(units_of(self, *period))
        chance.shuffle(found)
        return [replace(unit, keys=tuple(chance.sample(unit.keys, len(unit.keys)))) for unit in found]

    monkeypatch.setattr(Revising, "units", shuffled)
    for number in range(10):
        remaking.edit(tmp_path, lambda row: row | {"extractor": "0", "words": 0, "title": None})
        remaking.edit(tmp_path, lambda row: row | {"extractor": "0", "authors": ["Siapa"]}, "dropped")
        done = remake(place, jobs=1 + number % 3)
        assert done.said == []
        assert done.count.rows == done.count.changed == 15
        sums[sha256(repr(remaking.content(tmp_path)).encode()).hexdigest()] += 1
    assert sums == {sha256(repr(truth).encode()).hexdigest(): 10}


def test_only_days_of_the_period_are_made_anew(place: Place, tmp_path: Path) -> None:
    keep(place, plain(0), plain(1, after=timedelta(days=1)), plain(2, after=timedelta(days=2)), outlet=ELSEWHERE)
    days = [date.fromisoformat(row["captured"][:10]) for row in rows(tmp_path)]
    assert days == sorted(set(days))
    assert remake(place, since=days[1], until=days[1]).count.rows == 1
    assert [row["origins"]["text"] for row in rows(tmp_path)] == ["visible", "rule", "visible"]
    assert remake(place, until=days[0]).count.rows == 1
    assert remake(place).count.rows == 1


def extracted(place: Place) -> tuple[int, int]:
    """Articles that the ledger has, and addresses that it misses as opted out."""
    with closing(open_catalog(place.state / "catalog.sqlite3")) as catalog:
        lines = list(ledger.days(catalog, "tribun"))
    total = ledger.total(lines)
    return total.extracted, total.misses.get(Miss.OPT_OUT, 0)


def test_what_was_dropped_becomes_an_article_with_id_and_version_and_the_ledger_counts_it(
    place: Place, tmp_path: Path
) -> None:
    keep(place, plain(0), closed(1))
    assert extracted(place) == (1, 1)
    assert ask(place, url_of(1))[1] == []
    done = remake(place, every=True, respects_opt_out=False)
    assert done.count.moved == {("opted-out", "article"): 1}
    made = next(row for row in rows(tmp_path) if row["url"] == url_of(1))
    assert (made["id"], made["version"]) == ("tribun:www.tribunnews.com:9000001", 1)
    assert made["text"]
    assert rows(tmp_path, "dropped") == []
    known, [version] = ask(place, url_of(1))
    assert known
    assert (known.verdict, known.final, known.article_id) == ("article", True, made["id"])
    assert (version.job, version.version) == (made["job"], 1)
    assert extracted(place) == (2, 0)
    assert is_sound(place)


def test_what_was_an_article_and_is_none_any_more_is_found_nowhere_and_the_ledger_says_why(
    place: Place, tmp_path: Path
) -> None:
    keep(place, plain(0), closed(1), respects_opt_out=False)
    done = remake(place, every=True)
    assert done.count.moved == {("article", "opted-out"): 1}
    assert [row["url"] for row in rows(tmp_path)] == [url_of(0)]
    [gone] = rows(tmp_path, "dropped")
    assert (gone["verdict"], gone["reason"], gone["text"]) == ("opted-out", "robots: noai", "")
    known, versions = ask(place, url_of(1))
    assert known
    assert (known.verdict, versions) == ("opted-out", [])
    assert extracted(place) == (1, 1)
    status, out, _ = scrapy("history", url_of(1), "-s", f"ARCHIVE_URI={tmp_path}")
    assert status == 8
    assert "opted-out, robots: noai" in out
    assert is_sound(place)


def test_a_row_that_moves_there_and_back_is_as_it_was_and_so_is_the_catalog(place: Place, tmp_path: Path) -> None:
    keep(place, plain(0), closed(1), closed(2))
    before, known = remaking.content(tmp_path), place.content()
    for _ in range(2):
        for respects in (False, True):
            done = remake(place, every=True, respects_opt_out=respects)
            assert sum(done.count.moved.values()) == 2
            assert is_sound(place)
    assert remaking.content(tmp_path) == before
    now = place.content()
    for name in ("versions", "announced", "captures", "waiting"):
        assert now[name] == known[name]
    assert [line[3] for line in now["known"]] == [line[3] for line in known["known"]]


def test_of_two_dropped_rows_of_one_article_the_second_becomes_a_duplicate(place: Place, tmp_path: Path) -> None:
    keep(place, closed(1), closed(1, slug="kabar-pasar-apung"))
    keep(place, closed(1, slug="pasar-apung", after=timedelta(days=1)))
    done = remake(place, every=True, respects_opt_out=False)
    assert done.count.moved == {("opted-out", "article"): 1, ("opted-out", "duplicate"): 2}
    [article] = rows(tmp_path)
    assert article["url"] == url_of(1)
    assert {row["reason"] for row in rows(tmp_path, "dropped")} == {f"the same article as {url_of(1)}"}
    assert is_sound(place)
    again = files(tmp_path)
    assert remake(place, every=True, respects_opt_out=False).count.changed == 0
    assert files(tmp_path) == again


@pytest.mark.parametrize("ads", [b"", b"<aside>Iklan</aside>"])
def test_an_address_that_was_dropped_twice_becomes_one_article(place: Place, tmp_path: Path, ads: bytes) -> None:
    keep(place, closed(1))
    keep(place, Kept(url_of(1), page(1, head=NOAI + ads)))
    assert len(rows(tmp_path, "dropped")) == 2
    remake(place, every=True, respects_opt_out=False)
    [article], [second] = rows(tmp_path), rows(tmp_path, "dropped")
    assert second["verdict"] == "duplicate"
    known, [version] = ask(place, url_of(1))
    assert known
    assert (known.verdict, known.article_id, known.version) == ("article", article["id"], 1)
    assert version.job == article["job"]
    assert extracted(place) == (1, 0)
    assert is_sound(place)


def test_a_rebuild_that_is_told_of_a_line_takes_what_follows_it_in_pieces(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.known.AT_ONCE", 2)
    keep(place, *map(closed, range(7)))
    remake(place, every=True, respects_opt_out=False)
    assert len(rows(tmp_path)) == 7
    assert is_sound(place)


def look_again(place: Place, url: str) -> None:
    """A job that looks at an address again, and finds what it had found, in other bytes."""
    running = place.job("tribun")
    before = running.catalog.known(url)
    assert before
    seen = running.capture(exchange(url, page(9, head=NOAI + b"<!-- iklan -->")))
    running.visited(replace(before, record=seen.record_id, job=running.id))
    running.finish({"finish": "finished", "counts": {"kept": 0, "dropped": {}}})


def test_an_address_that_was_looked_at_again_in_vain_is_known_by_its_row_all_the_same(
    place: Place, tmp_path: Path
) -> None:
    keep(place, closed(1))
    look_again(place, url_of(1))
    for respects, verdict, numbers in ((False, "article", (1, 0)), (True, "opted-out", (0, 1))):
        remake(place, every=True, respects_opt_out=respects)
        known, versions = ask(place, url_of(1))
        assert known
        assert (known.verdict, len(versions), len(rows(tmp_path))) == (verdict, numbers[0], numbers[0])
        assert extracted(place) == numbers
        assert is_sound(place)
        look_again(place, url_of(1))


def test_what_a_later_look_at_an_article_came_to_takes_nothing_from_the_article(place: Place, tmp_path: Path) -> None:
    keep(place, plain(1))
    before = ask(place, url_of(1))
    keep(place, closed(1, version=2))
    assert [row["verdict"] for row in rows(tmp_path, "dropped")] == ["opted-out"]
    remake(place, every=True, respects_opt_out=False)
    assert [row["verdict"] for row in rows(tmp_path, "dropped")] == ["duplicate"]
    known, versions = ask(place, url_of(1))
    assert known
    assert before[0]
    assert (known.verdict, known.facts, known.made) == ("article", before[0].facts, before[0].made)
    assert versions == before[1]
    assert len(rows(tmp_path)) == 1
    assert is_sound(place)


def test_of_an_article_that_was_taken_down_nothing_is_made_again(place: Place, tmp_path: Path) -> None:
    keep(place, closed(1))
    known, _ = ask(place, url_of(1))
    assert known
    with remaking.revise(place) as revising:
        down = replace(known, url=url_of(1, "alamat-lain"), verdict="taken-down", job=revising.id)
        facts: dict[str, Any] = {"unmade": [], "unstored": [], "records": []}
        revising.tell(Changes(known=[down]), TAKEN_DOWN, known=[asdict(down)], **facts)
        revising.finish({})
    remake(place, every=True, respects_opt_out=False)
    assert rows(tmp_path) == []
    [row] = rows(tmp_path, "dropped")
    assert (row["verdict"], row["text"], row["title"], row["authors"]) == ("taken-down", "", None, [])
    assert row["reason"] == f"the same article as {down.url}, which was taken down"
    assert remake(place).count.todo == 0
    assert is_sound(place)
