"""robots.txt and index pages."""

from __future__ import annotations

import pytest

from crawler.sources import Limits, read_index, read_robots
from tests.announcements import (
    INDEX,
    LISTING,
    SMALL,
    beginning,
    within,
)


def test_sitemap_lines_are_found_whatever_their_case_indent_and_line_end() -> None:
    body = (
        b"\xef\xbb\xbfSitemap: https://contoh.test/a.xml\r\nUser-agent: *\rDisallow: /\r"
        b"  SITEMAP :https://contoh.test/b.xml # harian\n\tsitemap: /c.xml#d\n"
        b"#Sitemap: /d.xml\nX-Sitemap: /e.xml\n"
    )
    assert read_robots(body, "https://contoh.test/robots.txt") == [
        "https://contoh.test/a.xml",
        "https://contoh.test/b.xml",
        "https://contoh.test/c.xml",
    ]


def test_a_sitemap_named_twice_is_asked_once_and_no_more_than_the_limit() -> None:
    body = b"Sitemap: /1.xml\n" * 9 + b"".join(b"Sitemap: /%d.xml\n" % number for number in range(3_000))
    found = read_robots(body, "https://contoh.test/robots.txt")
    assert len(found) == len(set(found)) == Limits().children


def test_robots_that_is_a_page_or_names_no_web_address_gives_nothing() -> None:
    body = b"<html><p>Sitemap: /x</p>\nSitemap:\n"
    body += b"Sitemap: ftp://contoh.test/x\nSitemap: https://[x/\nSitemap: http://a:b/"
    assert read_robots(body, "https://contoh.test/robots.txt") == []


def test_what_lies_past_500_kib_of_robots_is_not_read() -> None:
    assert read_robots(b"#" * 512_000 + b"\nSitemap: /x.xml", "https://contoh.test/robots.txt") == []


def test_an_index_gives_each_article_once_in_order_with_the_title_of_whichever_anchor_has_one() -> None:
    entries = read_index(LISTING, INDEX, "ul.lsi a")
    assert [(entry.url, entry.title) for entry in entries] == [
        ("https://contoh.test/berita/1", "Harga Beras & Stok"),
        ("https://daerah.contoh.test/berita/2?a=1&b=2", 'Judul "penuh"'),
        ("https://contoh.test/3", None),
    ]
    assert {entry.source for entry in entries} == {INDEX}


def test_anchors_that_the_selector_does_not_name_are_left() -> None:
    assert [entry.url for entry in read_index(LISTING, INDEX, "nav a")] == ["https://contoh.test/"]
    assert read_index(LISTING, INDEX, "ol a") == []


def test_links_are_resolved_against_the_base_of_the_page() -> None:
    body = b'<base href="https://contoh.test/arsip/"><a href="1">a</a>'
    assert read_index(body, INDEX, "a")[0].url == "https://contoh.test/arsip/1"
    assert read_index(body.replace(b"https:", b"data:"), INDEX, "a")[0].url == "https://contoh.test/1"


def test_the_charset_of_the_http_header_is_heard_where_utf_8_does_not_fit() -> None:
    body = '<a href="/1">Café</a>'.encode("latin-1")
    assert read_index(body, INDEX, "a", Limits(), "ISO-8859-1")[0].title == "Café"
    assert read_index(b'<meta charset="windows-1252">' + body, INDEX, "a")[0].title == "Café"
    assert read_index(body, INDEX, "a")[0].title == "Caf\ufffd"


def test_nulls_in_a_page_do_not_hide_what_follows() -> None:
    assert read_index(b'a\0b<a href="/1">x\0y</a>\0<a href="/2">z</a>', INDEX, "a")[1].title == "z"


def test_an_index_has_the_limit_of_entries() -> None:
    body = "".join(f'<a href="/{number}">{number}</a>' for number in range(9)).encode()
    assert len(read_index(body, INDEX, "a", SMALL)) == 3


@pytest.mark.parametrize("body", [b"", b" ", b"<!-- -->", b"halo", b"\0", b"<html>", b"\xff\xfe"], ids=repr)
def test_a_page_with_nothing_on_it_gives_nothing(body: bytes) -> None:
    assert read_index(body, INDEX, "a") == []


def test_an_unclosed_div_in_each_row_is_not_too_deep() -> None:
    body = "".join(f'<div><a href="/{number}">{number}</a>' for number in range(600)).encode()
    assert len(read_index(body, INDEX, "a")) == 600


@pytest.mark.parametrize(
    "body",
    [
        b"<a href=x>" * 90_000,
        b"".join(b"<a href=%d>x</a>" % number for number in range(50_000)),
        b"<span>" * 2_000 + b"<a href=x>" * 50_000,
        b"<a href=x title='" * 50_000,
        b"<table><tr><td>" * 500 + b"<p>" * 200_000,
    ],
    ids=beginning,
)
def test_no_index_page_takes_quadratic_time(body: bytes) -> None:
    with within(20):
        read_index(body, INDEX, "div > a, a")
