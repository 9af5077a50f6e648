"""Page n of N: what pagers of the outlets show, and what only looks like a pager."""

import pytest
from lxml import etree

from pipelines.page import paging
from pipelines.page.document import Document
from pipelines.rules import Layout
from tests.pages import RULES, URL, meta


def find(pager: str, url: str = URL, rule: tuple[str, ...] = (".paging",), **named: str) -> tuple[int, int]:
    root = etree.fromstring(f"<head>{meta(**named)}</head><body>{pager}</body>", etree.HTMLParser(encoding="utf-8"))
    return paging.find(Document(root, url, RULES, Layout(body=".isi", pager=rule)))


def links(*numbers: int, current: str = "") -> str:
    """Page links as Tribun had them in 2020."""
    return "".join(f"<a href='{URL}?page={n}' {current if n == numbers[0] else ''}>{n}</a>" for n in numbers)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 1),
        ("?page=3", 3),
        ("?page=all", "all"),
        ("?page=ALL#page2", "all"),
        ("?showpage=all", "all"),
        ("?single=1", "all"),
        ("?page=0", 1),
        ("?page=99999999999999999999", 1),
        ("?page=x", 1),
        ("?pages=3", 1),
        ("?nomor=3&page=2", 2),
    ],
)
def test_the_address_says_which_page_is_asked_for(query: str, expected: int | str) -> None:
    assert paging.asked(URL + query) == expected


@pytest.mark.parametrize(
    ("pager", "query", "expected"),
    [
        # The counter, in every spelling
        ("<div class='paging'><span class='total-page'>Halaman 1/3</span></div>", "", (1, 3)),
        ("<div class='paging'>Halaman 2 dari 3</div>", "?page=2", (2, 3)),
        ("<div class='paging'>1 dari 3 halaman</div>", "", (1, 3)),
        # Links with a marker on the current page
        (f"<div class='paging'>Halaman {links(1, 2, 3, 4, current='id=pagecurrent')}</div>", "", (1, 4)),
        (f"<div class='paging'>Halaman {links(2, 1, 3, current='class=active')}</div>", "?page=2", (2, 3)),
        (f"<div class='paging'>{links(2, 1, 3, current='class=paging__link--active')}</div>", "?page=2", (2, 3)),
        (
            f"<ul class='paging'><li class='active'><a href='{URL}'>1</a><li><a href='{URL}?page=2'>2</a></ul>",
            "",
            (1, 2),
        ),
        (f"<div class='paging'>{links(3, 1, 2, current='aria-current=page')}</div>", "?page=3", (3, 3)),
        # The current page is the one without a link
        (f"<div class='paging'>Halaman <b>2</b> {links(1, 3)}</div>", "", (2, 3)),
        # No marker: the address decides
        (f"<div class='paging'><span>Halaman</span> {links(1, 2, 3)}</div>", "", (1, 3)),
        (f"<div class='paging'><span>Halaman</span> {links(1, 2, 3)}</div>", "?page=2", (2, 3)),
        (
            f"<div class='paging'>Halaman: {links(1, 2)} <a class='show' href='{URL}?page=all'>Show All</a></div>",
            "",
            (1, 2),
        ),
        # Text alone
        ("<div class='paging'>Halaman: 1 2 3 Show All</div>", "", (1, 3)),
        # No pager, or none that makes sense
        ("", "", (1, 1)),
        ("<div class='paging'></div>", "", (1, 1)),
        ("<div class='paging'>Halaman 9/3</div>", "", (1, 1)),
        ("<div class='paging'>Halaman 1/999</div>", "", (1, 1)),
        ("<div class='paging'><a href='?page=2'>Selanjutnya</a></div>", "", (1, 1)),
        # page=all: without a pager the whole, with one page 1
        ("", "?page=all", (1, 1)),
        (f"<div class='paging'>{links(1, 2, 3, current='id=pagecurrent')}</div>", "?page=all", (1, 3)),
        ("<div class='paging'>Halaman 1/3</div>", "?page=all", (1, 3)),
        (f"<div class='paging'>{links(1, 2, 3)}</div>", "?page=all", (1, 3)),
    ],
)
def test_pagers_are_read(pager: str, query: str, expected: tuple[int, int]) -> None:
    assert find(pager, URL + query) == expected


def test_outlets_without_rules_have_pagers_too() -> None:
    assert find(f"<div class='pagination'>{links(1, 2, 3)}</div>", rule=()) == (1, 3)
    wordpress = f"<div class='page-links'>Halaman: <span>1</span> <a href='{URL}/2/'>2</a></div>"
    assert find(wordpress, URL + "/", rule=()) == (1, 2)


def test_a_listings_pager_is_not_the_articles() -> None:
    listing = "<div class='pagination'><b>1</b> <a href='/tag/x?page=2'>2</a> <a href='/tag/x?page=3'>3</a></div>"
    assert find(listing, rule=()) == (1, 1)
    comments = f"<div class='pagination'><a href='{URL}?cpage=2'>2</a></div>"
    assert find(comments, rule=()) == (1, 1)


def test_meta_elements_speak_where_no_pager_does() -> None:
    assert find("", content_total_pages="2", content_current_page="1") == (1, 2)
    assert find("", URL + "?page=2", content_total_pages="2") == (2, 2)
    assert find("", URL + "?page=all", content_total_pages="2", content_current_page="1") == (1, 1)
    assert find("", content_total_pages="banyak") == (1, 1)
    assert find("<div class='paging'>Halaman 1/3</div>", content_total_pages="2") == (1, 3)


def test_an_address_that_is_none_leads_nowhere() -> None:
    assert find("<div class='pagination'><a href='http://['>2</a></div>", rule=()) == (1, 1)


def test_a_hostile_pager_costs_little() -> None:
    many = "".join(f"<a href='{URL}?page={n}'>{n}</a>" for n in range(1, 20_000))
    assert find(f"<div class='paging'>{many}</div>") == (1, 1)
