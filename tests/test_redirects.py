"""Redirects: followed on the outlet, recorded off it, and never the end of an article that was not had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakesite import FakeSite, Reply
from tests.runs import crawl

WWW = "www.tribunnews.com"
PATHS = [f"/nasional/990000{number}/judul" for number in range(3)]
URLS = ",".join(f"https://{WWW}{path}" for path in PATHS)
PAGE = (Path(__file__).parent / "outlets" / "tribun" / "wilayah-wita" / "page.html").read_bytes()


def page(number: int) -> Reply:
    """An article of its own under the number of its address."""
    body = PAGE.replace(b"1790021", str(9900000 + number).encode()).replace(b'rel="canonical"', b'rel="x"')
    return Reply(200, headers=(("Content-Type", "text/html; charset=utf-8"),), body=body)


def to(path: str) -> Reply:
    return Reply(302, headers=(("Location", path),))


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def test_articles_that_all_lead_to_a_maintenance_page_come_when_it_is_over(tmp_path: Path, site: FakeSite) -> None:
    site.overrides[WWW, "/perawatan"] = Reply(500)
    for path in PATHS:
        site.overrides[WWW, path] = to("/perawatan")
    first = crawl("tribun", tmp_path, site, f"url={URLS}")
    assert first.rows() == []
    assert first.manifest()["counts"]["failed"] == {"http-500": 3}
    for number, path in enumerate(PATHS):
        site.overrides[WWW, path] = page(number)
    assert len(crawl("tribun", tmp_path, site, f"url={URLS}").rows()) == 3


def test_a_consent_page_that_leads_back_is_a_failure_and_not_the_end(tmp_path: Path, site: FakeSite) -> None:
    site.overrides[WWW, PATHS[0]] = to(f"/izin?ke={PATHS[0]}")
    site.overrides[WWW, f"/izin?ke={PATHS[0]}"] = to(PATHS[0])
    url = f"url=https://{WWW}{PATHS[0]}"
    assert crawl("tribun", tmp_path, site, url).manifest()["counts"]["failed"] == {"too-many-redirects": 1}
    site.overrides[WWW, PATHS[0]] = page(0)
    assert len(crawl("tribun", tmp_path, site, url).rows()) == 1


def test_an_article_that_leads_to_one_that_fails_is_tried_again(tmp_path: Path, site: FakeSite) -> None:
    site.overrides[WWW, PATHS[0]] = to(PATHS[1])
    site.overrides[WWW, PATHS[1]] = Reply(500)
    asked = f"url=https://{WWW}{PATHS[1]},https://{WWW}{PATHS[0]}"
    crawl("tribun", tmp_path, site, asked)
    site.overrides[WWW, PATHS[1]] = page(1)
    again = crawl("tribun", tmp_path, site, asked)
    assert [row["url"] for row in again.rows()] == [f"https://{WWW}{PATHS[1]}"]
    third = crawl("tribun", tmp_path, site, asked)
    assert third.manifest()["counts"]["kept"] == 0
    assert len(third.rows()) == 1


def test_a_redirect_to_no_address_is_no_fault_of_ours(tmp_path: Path, site: FakeSite) -> None:
    targets = ("http://[::1", "https://www.tribunnews.com:abc/x", "", "\x7f://")
    paths = [f"/nasional/990000{number}/judul" for number in range(len(targets))]
    for path, target in zip(paths, targets, strict=True):
        site.overrides[WWW, path] = to(target)
    done = crawl("tribun", tmp_path, site, f"url={','.join(f'https://{WWW}{path}' for path in paths)}")
    assert done.status == 0, done.log
    ended = [event["url"] for kind in ("failed", "outcome") for event in done.events(kind)]
    assert sorted(ended) == [f"https://{WWW}{path}" for path in paths]
    assert "Traceback" not in done.log


def test_what_a_period_left_out_under_one_address_comes_under_another(tmp_path: Path, site: FakeSite) -> None:
    site.overrides[WWW, PATHS[0]] = page(0)
    other = "/regional/9900000/judul-baru"
    site.overrides[WWW, other] = page(0)
    crawl("tribun", tmp_path, site, f"url=https://{WWW}{PATHS[0]}", "since=2026-11-20")
    done = crawl("tribun", tmp_path, site, f"url=https://{WWW}{other}")
    assert [row["url"] for row in done.rows()] == [f"https://{WWW}{other}"]


LONG = "/sains/7788102/katak-seukuran-kuku-dari-pegunungan-meratus-ini-bersuara-mirip-jangkrik"
SLUG = "/nasional/7788101/rel-terendam-rob-di-semarang-belasan-perjalanan-kereta-dialihkan-lewat-jalur-selatan"


def test_an_article_of_several_pages_behind_a_redirect_comes_whole(tmp_path: Path, site: FakeSite) -> None:
    old = "/sains/2026/11/16/judul"
    for query in ("", "?page=all", "?page=2", "?page=3"):
        site.overrides[WWW, old + query] = to(LONG + query)
    [row] = crawl("tribun", tmp_path, site, f"url=https://{WWW}{old}").rows()
    assert row["complete"]
    assert row["words"] > 300


@pytest.mark.parametrize(("all_at_once", "each", "rows"), [(403, 403, 2), (404, 404, 1), (500, 404, 2)])
def test_pages_that_are_refused_are_tried_again_and_pages_that_are_not_there_are_not(
    tmp_path: Path, site: FakeSite, all_at_once: int, each: int, rows: int
) -> None:
    for query, status in (("?page=all", all_at_once), ("?page=2", each), ("?page=3", each)):
        site.overrides[WWW, LONG + query] = Reply(status)
    asked = f"url=https://{WWW}{LONG}"
    assert [row["complete"] for row in crawl("tribun", tmp_path, site, asked).rows()] == [False]
    site.overrides.clear()
    assert len(crawl("tribun", tmp_path, site, asked).rows()) == rows


def test_one_article_under_three_addresses_is_one_row_in_one_job_and_in_three(tmp_path: Path, site: FakeSite) -> None:
    body = (Path(__file__).parent / "outlets" / "tribun" / "nomor-nasional" / "page.html").read_bytes()
    dated = [f"/nasional/2026/11/{day}/judul" for day in (19, 20)]
    for path in dated:
        site.overrides[WWW, path] = Reply(200, headers=(("Content-Type", "text/html"),), body=body)
    together = ",".join(f"https://{WWW}{path}" for path in (*dated, SLUG))
    assert len(crawl("tribun", tmp_path / "one", site, f"url={together}").rows()) == 1
    for path in (SLUG, *dated):
        done = crawl("tribun", tmp_path / "three", site, f"url=https://{WWW}{path}")
    assert len(done.rows()) == 1
    before = len(site.requests)
    crawl("tribun", tmp_path / "three", site, f"url={together}")
    assert len(site.requests) == before
