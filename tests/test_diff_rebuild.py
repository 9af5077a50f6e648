"""`scrapy diff archive rebuild` says what a rebuild does: also which rows become duplicates."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import remaking
from tests.compared import differ
from tests.lives import Place, on_disk
from tests.remaking import LISTING, NOAI, Kept, judges_anew, keep, page, remake, rows, url_of

OTHER = "Pedagang lain datang dari hulu."
LATER = timedelta(days=1)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no test here takes the power away
    judges_anew(monkeypatch)
    monkeypatch.setattr("crawler.bulk.Bulk", remaking.Here)
    return on_disk(tmp_path)


@pytest.fixture
def diff(place: Place, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Numbers and examples of two sides."""
    settings = {"ARCHIVE_URI": place.uri, "STATE_DIR": str(place.state), "RESPECT_OPT_OUT": False}
    verb = differ(settings, capsys)

    def run(a: str, b: str) -> dict[str, Any]:
        _, said, _ = verb(a, b)
        return {name: said[name] for name in ("unread", "total", "examples")}

    return run


def closed(url: str, **facts: Any) -> Kept:
    """What was dropped and becomes an article, once RESPECT_OPT_OUT is off."""
    return Kept(url, page(1, facts.pop("lead", OTHER), NOAI), **facts)


@pytest.mark.parametrize(
    ("jobs", "counts"),
    [
        # A later address of an article that stays: the article is unchanged.
        ([[Kept(url_of(1), page(1))], [closed(url_of(1, "dua"), after=timedelta(seconds=5))]], (0, 0, 0, 1)),
        ([[closed(url_of(1, "dua"))], [Kept(url_of(1), page(1), after=LATER)]], (0, 0, 0, 1)),
        # Of several addresses of an article that there was not the first becomes it.
        (
            [
                [Kept(url_of(2), page(2)), closed(url_of(1, "satu"), lead="Lain lagi.", after=LATER)],
                [closed(url_of(1, "dua")), closed(url_of(1, "tiga"))],
            ],
            (1, 0, 0, 1),
        ),
        # What is taken away is none that another row could be a duplicate of.
        ([[Kept(url_of(1), page(1, head=LISTING)), closed(url_of(1, "dua"))]], (0, 0, 1, 0)),
        ([[closed(url_of(1, "dua"))], [Kept(url_of(1), page(1, head=LISTING), after=LATER)]], (0, 0, 1, 0)),
    ],
)
def test_what_today_s_rules_would_make_is_what_a_rebuild_makes(
    place: Place, diff: Callable[..., dict[str, Any]], jobs: list[list[Kept]], counts: tuple[int, ...]
) -> None:
    for pages in jobs:
        keep(place, *pages)
    foreseen = diff("archive", "rebuild")
    numbers = foreseen["total"]["articles"]
    assert tuple(numbers[name] for name in ("gained", "lost", "changed", "unchanged")) == counts
    assert remake(place, every=True, keeps=True, respects_opt_out=False).count.stuck == 0
    assert diff("before", "archive") == foreseen


def test_what_would_be_another_address_of_a_taken_down_article_is_none_gained(
    place: Place, tmp_path: Path, diff: Callable[..., dict[str, Any]]
) -> None:
    keep(place, Kept(url_of(2), page(2)), closed(url_of(1)), closed(url_of(1, "dua")))
    down = "tribun:www.tribunnews.com:9000001"
    remaking.edit(
        tmp_path,
        lambda row: row | ({"id": down, "verdict": "taken-down"} if row["url"] == url_of(1) else {}),
        "dropped",
    )
    assert len(rows(tmp_path, "dropped")) == 2
    said = diff("archive", "rebuild")
    assert said["total"]["articles"]["gained"] == 0
    assert said["total"]["verdicts"] == [{"was": "opted-out", "now": "taken-down", "rows": 1}]
