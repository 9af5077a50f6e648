"""Two addresses of one article in a rebuild: whichever of them is taken away, the article is not."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.catalog import open_catalog
from tests.lives import Place, on_disk
from tests.remaking import LISTING, NOAI, Kept, ask, judges_anew, keep, page, remake, rows, url_of
from tests.test_remade import is_sound

SATU, DUA = url_of(1, "satu"), url_of(1, "dua")
LATER = timedelta(days=1)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no test here takes the power away
    judges_anew(monkeypatch)
    return on_disk(tmp_path)


def going(url: str = SATU, number: int = 1, **facts: Any) -> Kept:
    """An article that becomes a listing."""
    return Kept(url, page(number, head=LISTING), **facts)


def coming(url: str = DUA, number: int = 1, **facts: Any) -> Kept:
    """What was dropped and becomes an article, once RESPECT_OPT_OUT is off."""
    return Kept(url, page(number, head=NOAI), **facts)


def found(root: Path) -> dict[str, str]:
    """Address -> verdict of its row."""
    there = [*rows(root), *rows(root, "dropped")]
    assert len({row["url"] for row in there}) == len(there)
    return {row["url"]: row.get("verdict", "article") for row in there}


@pytest.mark.parametrize(
    "jobs",
    [
        [[going(), coming()]],
        [[coming(), going()]],
        [[going()], [coming()]],
        [[coming()], [going()]],
        [[going()], [coming(after=LATER)]],
        [[coming()], [going(after=LATER)]],
    ],
)
def test_an_article_is_not_lost_when_the_address_that_had_it_becomes_a_listing(
    place: Place, tmp_path: Path, jobs: list[list[Kept]]
) -> None:
    for pages in jobs:
        keep(place, *pages)
    done = remake(place, every=True, respects_opt_out=False)
    assert done.count.moved == {("article", "listing"): 1, ("opted-out", "article"): 1}
    assert (done.count.rows, done.count.units, done.count.todo) == (2, len(jobs), len(jobs))
    assert found(tmp_path) == {SATU: "listing", DUA: "article"}
    known, [version] = ask(place, DUA)
    assert known
    assert (known.verdict, version.url) == ("article", DUA)
    assert is_sound(place)
    assert remake(place, every=True, respects_opt_out=False).count.replaced == 0


def test_of_two_that_could_take_its_place_one_does(place: Place, tmp_path: Path) -> None:
    keep(place, going(), coming(), coming(url_of(1, "tiga")))
    remake(place, every=True, respects_opt_out=False)
    assert found(tmp_path) == {SATU: "listing", DUA: "article", url_of(1, "tiga"): "duplicate"}
    assert [row["reason"] for row in rows(tmp_path, "dropped")][-1] == f"the same article as {DUA}"
    assert is_sound(place)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_nothing_takes_the_place_of_an_article_of_which_a_version_stays(
    place: Place, tmp_path: Path, order: tuple[int, int, int]
) -> None:
    kept = [Kept(SATU, page(1)), going(version=2), coming()]
    for number in order if order[0] == 0 else (0, *[one for one in order if one]):
        keep(place, kept[number])
    remake(place, every=True, respects_opt_out=False)
    assert [(row["url"], row["version"]) for row in rows(tmp_path)] == [(SATU, 1)]
    assert sorted(row["verdict"] for row in rows(tmp_path, "dropped")) == ["duplicate", "listing"]
    assert is_sound(place)


def test_a_row_with_the_same_version_in_another_job_keeps_the_article(place: Place, tmp_path: Path) -> None:
    """A page that was missing is no edit: the version of the job that found it has the same number."""
    keep(place, going(facts={"complete": False}), coming())
    keep(place, Kept(SATU, page(1)))
    remake(place, every=True, respects_opt_out=False)
    assert [row["url"] for row in rows(tmp_path)] == [SATU]
    assert sorted(row["verdict"] for row in rows(tmp_path, "dropped")) == ["duplicate", "listing"]
    assert is_sound(place)


def test_units_that_wait_for_each_other_lose_nothing_and_the_next_run_ends_it(place: Place, tmp_path: Path) -> None:
    other, third = url_of(2, "satu"), url_of(2, "dua")
    keep(place, going(), coming(third, 2))
    keep(place, coming(), going(other, 2))
    first = remake(place, every=True, respects_opt_out=False)
    assert first.count.stuck == 1
    assert "make that day again, too" in first.said[0]
    assert "duplicate" not in found(tmp_path).values()
    assert remake(place, every=True, respects_opt_out=False).count.stuck == 0
    assert found(tmp_path) == {SATU: "listing", other: "listing", DUA: "article", third: "article"}
    assert is_sound(place)


def test_a_row_waits_for_days_that_are_not_meant(place: Place, tmp_path: Path) -> None:
    keep(place, coming())
    keep(place, going(after=LATER))
    day = date.fromisoformat(rows(tmp_path, "dropped")[0]["captured"][:10])
    assert remake(place, every=True, respects_opt_out=False, until=day).count.stuck == 1
    assert found(tmp_path) == {SATU: "article", DUA: "opted-out"}
    assert remake(place, every=True, respects_opt_out=False).count.stuck == 0
    assert found(tmp_path) == {SATU: "listing", DUA: "article"}


def test_what_is_a_listing_now_is_no_address_of_the_article(place: Place, tmp_path: Path) -> None:
    keep(place, going(), coming())
    remake(place, every=True, respects_opt_out=False)
    with closing(open_catalog(place.state / "catalog.sqlite3", place.catalog)) as catalog:
        assert [one.url for one in catalog.addresses(rows(tmp_path)[0]["id"])] == [DUA]
