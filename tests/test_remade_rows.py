"""Several rows of one article in a rebuild: its versions, and looks to which not all of its pages came."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cached import paged
from tests.lives import Place, on_disk
from tests.remaking import Kept, ask, keep, page, remake, rows, url_of
from tests.runs import scrapy
from tests.test_remade import ELSEWHERE, closed, is_sound, plain


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no test here takes the power away
    return on_disk(tmp_path)


def test_a_row_that_becomes_complete_is_known_with_all_its_captures(place: Place) -> None:
    first, second = (paged(8, number) for number in (1, 2))
    keep(place, Kept(first.url, first.body, further=(second.body,), facts={"complete": False}))
    remake(place, every=True)
    [version] = ask(place, first.url)[1]
    assert (version.complete, version.captures) == (True, 2)
    assert is_sound(place)


@pytest.mark.parametrize("final", [True, False])
def test_a_row_that_turns_out_to_lack_a_page_is_asked_for_again_unless_nothing_more_is_to_be_had(
    place: Place, *, final: bool
) -> None:
    """`final`: the row said so before, and the address was settled all the same."""
    first = paged(8, 1)
    keep(place, Kept(first.url, first.body, facts={"complete": not final}))
    assert is_sound(place)
    remake(place, every=True)
    known, [version] = ask(place, first.url)
    assert known
    assert (version.complete, version.captures, known.final) == (False, 1, final)
    assert is_sound(place)


def test_a_later_row_of_the_same_version_stays_what_an_edit_is_one_beside(place: Place) -> None:
    first, second = (paged(8, number) for number in (1, 2))
    keep(place, Kept(first.url, first.body, facts={"complete": False, "section": "Lama"}))
    keep(place, Kept(first.url, first.body, further=(second.body,), after=timedelta(days=1)))
    before, versions = ask(place, first.url)
    assert before
    [row] = [row for row in rows(Path(place.uri)) if row["section"] == "Lama"]
    assert remake(place, every=True, until=date.fromisoformat(row["captured"][:10])).count.changed == 1
    assert ask(place, first.url) == (before, versions)
    assert is_sound(place)


def test_every_version_of_an_article_is_made_again_and_keeps_its_number(place: Place, tmp_path: Path) -> None:
    first, second = plain(1), Kept(url_of(1), page(1, lead="Pedagang belum kembali, kata camat."), version=2)
    keep(place, first, outlet=ELSEWHERE)
    keep(place, second, outlet=ELSEWHERE)
    before = ask(place, url_of(1))
    assert remake(place).count.changed == 2
    by_version = sorted(rows(tmp_path), key=lambda row: int(row["version"]))
    assert [(row["version"], row["text"].split("\n")[0], row["origins"]["text"]) for row in by_version] == [
        (1, "Pedagang kembali ke tepi sungai.", "rule"),
        (2, "Pedagang belum kembali, kata camat.", "rule"),
    ]
    assert ask(place, url_of(1)) == before
    assert is_sound(place)


def test_of_an_article_whose_second_version_is_none_any_more_the_first_stays(place: Place, tmp_path: Path) -> None:
    keep(place, plain(1))
    keep(place, closed(1, version=2), respects_opt_out=False)
    assert [version.version for version in ask(place, url_of(1))[1]] == [1, 2]
    remake(place, every=True)
    assert [row["version"] for row in rows(tmp_path)] == [1]
    known, versions = ask(place, url_of(1))
    assert [version.version for version in versions] == [1]
    assert known
    assert (known.verdict, known.version) == ("article", 1)
    status, out, _ = scrapy("history", url_of(1), "-s", f"ARCHIVE_URI={tmp_path}")
    assert status == 0
    assert "version 1" in out
    assert "version 2" not in out
    assert is_sound(place)
