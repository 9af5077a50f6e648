"""After a rebuild, with and without what it replaced: whoever reads the archive has each article once."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from archive.catalog import open_catalog
from archive.excerpt import Excerpt
from archive.files import OnDisk
from archive.report.gather import gather
from archive.search.index import Question, SearchIndex
from tests.lives import Place, on_disk
from tests.remaking import NOAI, Kept, content, files, keep, page, remake, revisions, rows, ruled, url_of
from tests.runs import scrapy

ELSEWHERE = ruled("div.tulisan")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Two jobs: one of articles, and one of pages that are closed to copies, which were taken all the same."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    place = on_disk(tmp_path)
    keep(place, *(Kept(url_of(n), page(n)) for n in range(3)), outlet=ELSEWHERE)
    keep(place, *(Kept(url_of(n), page(n, head=NOAI)) for n in (5, 6)), outlet=ELSEWHERE, respects_opt_out=False)
    return place


def told(place: Place) -> dict[str, int]:
    """Articles, as each reader counts them."""
    root = Path(place.uri)
    with closing(SearchIndex(place.state / "search.sqlite3")) as index:
        index.refresh(OnDisk(root), lambda *_: None, lambda _: None)
        found = index.ask(Question(typed="sungai"))
    with closing(open_catalog(place.state / "catalog.sqlite3")) as catalog:
        [outlet] = gather(catalog, OnDisk(root), {"tribun": "Tribunnews"}).outlets
        versions = len(place.content()["versions"])
    with Excerpt(OnDisk(root), "tribun", None, None) as excerpt:
        zipped = excerpt.articles
    status, out, log = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={root}")
    assert status == 0, out + log
    live = place.content()
    assert place.rebuild().articles == versions
    assert place.content() == live
    return {
        "search": found.total,
        "hits": len(found.hits),
        "report": outlet.articles,
        "catalog": versions,
        "wacz": zipped,
        "rows": len(rows(root)),
    }


def test_with_and_without_what_was_replaced_each_article_is_counted_once(place: Place, tmp_path: Path) -> None:
    assert set(told(place).values()) == {5}
    remake(place, keeps=True)  # all rows of the second job move to dropped/
    assert {row["url"] for row in rows(tmp_path)} == {url_of(n) for n in range(3)}
    assert len(revisions(tmp_path)) == 5
    assert set(told(place).values()) == {3}
    kept = content(tmp_path)
    remake(place)
    assert len(revisions(tmp_path)) == 3
    assert content(tmp_path) == kept
    assert set(told(place).values()) == {3}
    before = files(tmp_path)
    remake(place)
    assert files(tmp_path) == before


def test_what_was_kept_of_several_rebuilds_counts_once_and_all_of_it_goes_with_the_next(
    place: Place, tmp_path: Path
) -> None:
    for outlet in (ruled("div.side-article"), ELSEWHERE, ruled(".txt-article")):
        remake(place, outlet, keeps=True)
        assert len(rows(tmp_path)) == 3
    assert set(told(place).values()) == {3}
    remake(place)
    assert len(revisions(tmp_path)) == 3
    assert set(told(place).values()) == {3}


def test_history_reads_the_row_that_counts(place: Place, tmp_path: Path) -> None:
    remake(place, keeps=True)
    status, out, err = scrapy("history", "--json", url_of(1), "-s", f"ARCHIVE_URI={tmp_path}")
    assert (status, err) == (0, "")
    assert '"text": "rule"' in out
    assert '"text": "visible"' not in out
    assert scrapy("history", url_of(5), "-s", f"ARCHIVE_URI={tmp_path}")[0] == 8
