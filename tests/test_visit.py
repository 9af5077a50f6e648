"""The walk through the pages of an article."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive.model import Article, RecordRef, Verdict
from crawler.frontier import Target
from crawler.visit import MAX_PAGES, Visit
from pipelines.extract import Page

URL = "https://contoh.test/berita/?nomor=1"
RECORD = RecordRef(url=URL, warc="w", offset=0, length=1, record_id="r", payload_digest="d")


def visit(all_pages: str | None = "page=all") -> Visit:
    return Visit(Target(URL, URL), all_pages, "page", URL)


def page(number: int, pages: int, verdict: Verdict = Verdict.ARTICLE) -> Page:
    return Page(verdict, "", Article(), [f"Halaman {number}."], number, pages)


def walk(made: Visit, answers: dict[str, Page | None]) -> list[str]:
    """Addresses in the order in which they are asked for."""
    asked = []
    while True:
        asked.append(made.address.removeprefix(URL))
        if not made.take(answers.get(asked[-1]), RECORD):
            return asked


def test_an_article_of_one_page_is_asked_for_once() -> None:
    assert walk(visit(), {"": page(1, 1)}) == [""]


def test_page_all_is_enough_when_it_shows_no_pages_any_more() -> None:
    made = visit()
    assert walk(made, {"": page(1, 3), "&page=all": page(1, 1)}) == ["", "&page=all"]
    assert len(made.pages) == len(made.records) == 2


@pytest.mark.parametrize("answer", [page(1, 3), page(1, 1, Verdict.LISTING), replace(page(1, 1), is_cut=True), None])
def test_the_pages_are_walked_when_page_all_is_page_1_again_or_cut_off_or_no_article(answer: Page | None) -> None:
    made = visit()
    answers = {"": page(1, 3), "&page=all": answer, "&page=2": page(2, 3), "&page=3": page(3, 3)}
    assert walk(made, answers) == ["", "&page=all", "&page=2", "&page=3"]
    assert [taken.page for taken in made.pages] == [1, 2, 3]
    assert not made.is_cut


def test_without_page_all_the_pages_are_walked() -> None:
    assert walk(visit(None), {"": page(1, 2), "&page=2": page(2, 2)}) == ["", "&page=2"]


def test_a_page_that_is_no_article_ends_the_walk() -> None:
    made = visit(None)
    assert walk(made, {"": page(1, 3), "&page=2": None}) == ["", "&page=2"]
    assert len(made.pages) == 1


def test_a_pager_that_promises_too_much_is_not_believed() -> None:
    answers: dict[str, Page | None] = {f"&page={n}": page(n, 99999) for n in range(2, 200)}
    assert len(walk(visit(None), {"": page(1, 99999), **answers})) == MAX_PAGES


def test_what_is_no_article_has_no_pages_to_walk() -> None:
    assert walk(visit(), {"": page(1, 5, Verdict.GALLERY)}) == [""]
