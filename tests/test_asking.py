"""`since`, `until`, `url`, `section`, `limit`: what was asked for is what comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakesite import FakeSite
from tests.runs import crawl


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def test_a_period_brings_the_articles_of_its_days_by_the_dated_index_and_the_others_come_when_they_are_asked_for(
    tmp_path: Path, site: FakeSite
) -> None:
    done = crawl("tribun", tmp_path, site, "since=2026-11-17", "until=2026-11-18")
    assert done.status == 0, done.log
    days = {row["published"][:10] for row in done.rows()}
    assert days == {"2026-11-17", "2026-11-18"}
    asked = {request.path for request in site.requests}
    assert "/index-news?date=2026-11-18&page=1" in asked
    assert "/index-news?date=2026-11-17&page=1" in asked
    rows = crawl("tribun", tmp_path, site).rows()
    assert len(rows) == len({row["id"] for row in rows}) == 4


def test_a_section_brings_its_articles_only(tmp_path: Path, site: FakeSite) -> None:
    done = crawl("tribun", tmp_path, site, "section=Sains")
    assert [row["url"].split("/")[3] for row in done.rows()] == ["sains"]
    assert not [request for request in site.requests if request.path.startswith("/nasional/77")]


def test_a_limit_stops_after_so_many_articles_and_fetches_no_more_than_it_needs(tmp_path: Path, site: FakeSite) -> None:
    done = crawl("tribun", tmp_path, site, "limit=1")
    assert done.status == 0
    assert len(done.rows()) == 1
    counts = done.manifest()["counts"]
    assert counts["kept"] == 1
    assert counts["left"] + counts["fetched"] == counts["announced"]
    again = crawl("tribun", tmp_path, site, "limit=1")
    assert len(again.rows()) == 2


def test_addresses_bring_just_these_articles_whatever_their_form(tmp_path: Path, site: FakeSite) -> None:
    slug = "rel-terendam-rob-di-semarang-belasan-perjalanan-kereta-dialihkan-lewat-jalur-selatan"
    done = crawl("tribun", tmp_path, site, f"url=https://m.tribunnews.com/amp/nasional/7788101/{slug}?page=2")
    assert [row["url"] for row in done.rows()] == [f"https://www.tribunnews.com/nasional/7788101/{slug}"]
    asked = {request.path for request in site.requests} - {"/robots.txt", "/.well-known/tdmrep.json"}
    assert asked == {f"/nasional/7788101/{slug}"}


def test_the_date_shape_and_the_number_shape_of_one_article_are_one_row(tmp_path: Path, site: FakeSite) -> None:
    slug = "rel-terendam-rob-di-semarang-belasan-perjalanan-kereta-dialihkan-lewat-jalur-selatan"
    page = Path(__file__).parent / "outlets" / "tribun" / "nomor-nasional" / "page.html"
    old = f"/nasional/2026/11/20/{slug}"
    canonical = f"https://www.tribunnews.com/nasional/7788101/{slug}"
    from tests.fakesite import Reply

    body = page.read_bytes().replace(canonical.encode(), f"https://www.tribunnews.com{old}".encode())
    site.overrides["www.tribunnews.com", old] = Reply(200, headers=(("Content-Type", "text/html"),), body=body)
    crawl("tribun", tmp_path, site, f"url={canonical}")
    done = crawl("tribun", tmp_path, site, f"url=https://www.tribunnews.com{old}")
    assert [row["url"] for row in done.rows()] == [canonical]
    [dropped] = done.rows("dropped")
    assert dropped["verdict"] == "duplicate"
    assert canonical in dropped["reason"]


def test_pages_that_page_all_does_not_bring_are_walked_in_order(tmp_path: Path, site: FakeSite) -> None:
    url = "https://jogja.tribunnews.com/2026/11/17/menyusuri-lorong-kotagede-bengkel-perak-tua-disulap-jadi-museum-kampung"
    done = crawl("tribun", tmp_path, site, f"url={url}")
    [row] = done.rows()
    assert [ref["url"].removeprefix(url) for ref in row["captures"]] == ["", "?page=2", "?page=3"]
    assert "?page=all" in {request.path[-9:] for request in site.requests}
    assert row["pages"] == 3
    assert row["complete"]


def test_a_page_that_is_missing_makes_the_row_incomplete_and_worth_another_run(tmp_path: Path, site: FakeSite) -> None:
    from tests.fakesite import Reply

    path = "/2026/11/17/menyusuri-lorong-kotagede-bengkel-perak-tua-disulap-jadi-museum-kampung"
    site.overrides["jogja.tribunnews.com", f"{path}?page=2"] = Reply(500)
    url = f"https://jogja.tribunnews.com{path}"
    [row] = crawl("tribun", tmp_path, site, f"url={url}").rows()
    assert not row["complete"]
    assert [ref["url"] for ref in row["captures"]] == [url]
    site.overrides.clear()
    rows = sorted(crawl("tribun", tmp_path, site, f"url={url}").rows(), key=lambda row: str(row["captured"]))
    assert [row["complete"] for row in rows] == [False, True]
    assert len({(row["id"], row["version"]) for row in rows}) == 1
