"""Sitemaps, sitemap indexes and news sitemaps, as they are and not as they should be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from crawler.sources import read_feed, read_index, read_sitemap
from tests.announcements import (
    FEED,
    INDEX,
    NEWS,
    SMALL,
    URL,
    WIB,
    addresses,
    beginning,
    item,
    loc,
    outcome,
    rss,
    urlset,
    within,
)


def test_lastmod_and_address_of_a_sitemap() -> None:
    page = read_sitemap(urlset(loc(1, "<lastmod>2026-11-20T10:00:00+08:00</lastmod>")), URL)
    (entry,) = page.entries
    assert (entry.url, entry.source) == ("https://contoh.test/berita/1", URL)
    assert entry.lastmod == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert entry.lastmod.utcoffset() == timedelta(hours=8)
    assert (entry.published, entry.title, entry.keywords) == (None, None, ())
    assert (page.fault, page.children, page.dropped) == (None, [], 0)


def test_an_index_gives_children_and_no_entries() -> None:
    body = (
        b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        b"<sitemap><loc>\n /berita/1.xml </loc><lastmod>2026-11</lastmod></sitemap>"
        b"<sitemap><loc>https://contoh.test/2.xml.gz</loc></sitemap></sitemapindex>"
    )
    page = read_sitemap(body, URL)
    assert page.children == ["https://contoh.test/berita/1.xml", "https://contoh.test/2.xml.gz"]
    assert page.entries == []


@pytest.mark.parametrize(
    ("prefix", "attributes"),
    [
        ("news", 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'),
        ("n", 'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'),
        ("news", 'xmlns:news="https://www.Google.com/schemas/sitemap-news/0.9"'),
        ("news", ""),
        ("NEWS", 'xmlns="https://www.sitemaps.org/schemas/sitemap/0.9"'),
    ],
)
def test_news_is_read_under_any_prefix_with_a_wrong_or_no_namespace(prefix: str, attributes: str) -> None:
    body = urlset(loc(1, NEWS.format(prefix)), attributes=attributes)
    (entry,) = read_sitemap(body, URL).entries
    assert entry.published == datetime(2026, 11, 20, 10, tzinfo=WIB)
    assert entry.title == "Harga & Stok Beras"
    assert entry.keywords == ("beras", "harga")


def test_cdata_and_blanks_around_an_address_are_not_part_of_it() -> None:
    body = urlset("<url><loc>\n  <![CDATA[https://contoh.test/berita/1?a=1&b=2]]>\n</loc></url>")
    assert addresses(read_sitemap(body, URL)) == ["1?a=1&b=2"]


def test_elements_in_the_wrong_case_are_still_read() -> None:
    body = b"<URLSet><Url><Loc>https://contoh.test/berita/1</Loc><LastMod>2026</LastMod></Url></URLSet>"
    (entry,) = read_sitemap(body, URL).entries
    assert entry.lastmod == datetime(2026, 1, 1, tzinfo=WIB)


def test_the_address_and_title_of_an_image_or_video_are_not_the_articles() -> None:
    more = (
        "<image:image><image:loc>https://contoh.test/a.jpg</image:loc>"
        "<image:title>Foto</image:title></image:image>"
        "<video:video><video:publication_date>2001-01-01</video:publication_date></video:video>"
    )
    body = urlset(
        f"<url>{more}<loc>https://contoh.test/berita/1</loc>{more}</url>",
        attributes='xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:video="v"',
    )
    (entry,) = read_sitemap(body, URL).entries
    assert (entry.url, entry.title, entry.published) == ("https://contoh.test/berita/1", None, None)


def test_hints_of_one_url_do_not_leak_into_the_next() -> None:
    body = urlset(loc(1, "<lastmod>2026-11-20</lastmod>"), loc(2), "<url><lastmod>2026-11-20</lastmod></url>")
    page = read_sitemap(body, URL)
    assert [bool(entry.lastmod) for entry in page.entries] == [True, False]
    assert page.dropped == 1


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=WIB)),
        ("2026-11", datetime(2026, 11, 1, tzinfo=WIB)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=WIB)),
        ("2026-11-20T10:30Z", datetime(2026, 11, 20, 10, 30, tzinfo=UTC)),
        ("2026-11-20T10:30+09:00", datetime(2026, 11, 20, 1, 30, tzinfo=UTC)),
        ("2026-11-20T10:30:15-07:00", datetime(2026, 11, 20, 17, 30, 15, tzinfo=UTC)),
        ("2026-11-20T10:30:15.45+07:00", datetime(2026, 11, 20, 10, 30, 15, tzinfo=WIB)),
        ("2026-11-20T10:30:15.123456789Z", datetime(2026, 11, 20, 10, 30, 15, tzinfo=UTC)),
        ("2026-11-20T10:30:15", datetime(2026, 11, 20, 10, 30, 15, tzinfo=WIB)),
        (" 2026-11-20 10:30:15 +0700\n", datetime(2026, 11, 20, 10, 30, 15, tzinfo=WIB)),
        ("", None),
        ("kemarin", None),
        ("2026-13", None),
        ("2026-02-30", None),
        ("2026-11-20T25:00Z", None),
        ("0000-00-00T00:00:00+00:00", None),
        ("0001-01-01T00:00:00+07:00", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("2026-11-20T10:30+99:99", None),
        ("1" * 5_000, None),
    ],
)
def test_lastmod_in_every_precision_and_nonsense_as_none(written: str, read: datetime | None) -> None:
    (entry,) = read_sitemap(urlset(loc(1, f"<lastmod>{written}</lastmod>")), URL).entries
    assert entry.lastmod == read


def test_a_bare_ampersand_does_not_cost_the_rest_of_the_sitemap() -> None:
    title = "<title>Tom &nbsp;&amp;&#38; &#x4a;erry</title>"
    body = urlset(loc("1?a=1&b=2"), loc("2?a=1&amp;b=2"), loc(3, title))
    page = read_sitemap(body, URL)
    assert addresses(page) == ["1?a=1&b=2", "2?a=1&b=2", "3"]
    assert page.fault is None


def test_an_ampersand_at_any_place_of_a_long_sitemap_survives() -> None:
    # The document is read in pieces of 262,144 characters.
    filler = "<!--" + "x" * (262_144 - len(urlset()) - 40) + "-->"
    for shift in range(80):
        body = urlset(filler, " " * shift, loc("1?a=1&amp;b=2&c=3&#38;d=4"))
        assert addresses(read_sitemap(body, URL)) == ["1?a=1&b=2&c=3&d=4"]
        cdata = "<url><loc><![CDATA[https://contoh.test/berita/1?a=1&amp;b]]></loc></url>"
        body = urlset(filler, " " * shift, cdata)
        assert addresses(read_sitemap(body, URL)) == ["1?a=1&amp;b"]


def test_half_an_emoji_or_a_control_character_does_not_cost_the_rest_of_the_sitemap() -> None:
    news = "<n:news><n:title>A&#55357;&#56832;&#x1F;&#0; \x0b\x00B&#128512;</n:title></n:news>"
    page = read_sitemap(urlset(loc(1, news), loc(2), attributes='xmlns:n="n"'), URL)
    assert page.entries[0].title == "A B\N{GRINNING FACE}"
    assert page.fault is None
    assert len(page.entries) == 2


def test_nulls_everywhere_are_overlooked() -> None:
    body = urlset(loc(1), loc(2)).replace(b"/berita", b"/be\0ri\0ta").replace(b"><", b">\0<")
    page = read_sitemap(body, URL)
    assert addresses(page) == ["1", "2"]


def test_a_sitemap_that_breaks_off_keeps_what_stood_before_and_says_so() -> None:
    page = read_sitemap(urlset(loc(1), loc(2))[:-30], URL)
    assert addresses(page) == ["1"]
    assert page.fault
    assert page.fault.startswith("xml-broken: ")


def test_a_sitemap_with_crossed_tags_keeps_what_stood_before() -> None:
    page = read_sitemap(urlset(loc(1), "<url><loc>https://contoh.test/berita/2</url></loc>", loc(3)), URL)
    assert addresses(page) == ["1"]
    assert page.fault


def test_a_sitemap_that_breaks_before_its_first_entry_is_refused_as_broken() -> None:
    assert outcome(read_sitemap, b"<urlset><url><loc>https://contoh.test/1</url>", URL) == "xml-broken"


def test_an_empty_sitemap_is_a_sitemap() -> None:
    page = read_sitemap(urlset(), URL)
    assert (page.entries, page.children, page.fault) == ([], [], None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n ",
        b"\0\0\0",
        b"Not found",
        json.dumps({"urls": ["https://contoh.test/1"]}).encode(),
        b"<!doctype html><html><head></head><body></body></html>",
        b"<!DOCTYPE html><html><head><title>Tidak ditemukan</title></head><body><p>404<br></body></html>",
        b"<html><body><url><loc>https://contoh.test/1</loc></url></body></html>",
        b"<?xml version='1.0'?><!-- nothing -->",
        b"<!-- ",
        rss(item(1)),
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    ],
    ids=beginning,
)
def test_what_is_no_sitemap_is_refused_as_such(body: bytes) -> None:
    assert outcome(read_sitemap, body, URL) == "not-a-sitemap"


def test_blanks_comments_and_a_style_sheet_before_the_root_do_no_harm() -> None:
    body = b'\n\n<?xml version="1.0"?><?xml-stylesheet href="a.xsl"?><!-- <a> --><!DOCTYPE urlset>\n'
    body += urlset(loc(1)).partition(b"?>")[2]
    assert addresses(read_sitemap(body, URL)) == ["1"]


def test_a_text_file_of_urls_is_a_sitemap() -> None:
    lines = b"https://contoh.test/berita/1\r\n\r\n  https://contoh.test/berita/2  \nftp://contoh.test/3\n"
    page = read_sitemap(b"\xef\xbb\xbf" + lines, URL)
    assert addresses(page) == ["1", "2"]
    assert page.dropped == 1


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "https://",
        "https://[::1",
        "https://contoh.test:banyak/",
        "https://contoh.test:0/",
        "https://contoh.test/" + "a" * 3_000,
        "https://contoh.test/caf\ufffd",
    ],
)
def test_an_address_that_cannot_be_fetched_is_dropped_and_counted(address: str) -> None:
    page = read_sitemap(urlset(f"<url><loc>{address}</loc></url>", loc(2)), URL)
    assert addresses(page) == ["2"]
    assert page.dropped == 1


def test_a_line_break_inside_an_address_is_not_part_of_it() -> None:
    assert addresses(read_sitemap(urlset(loc("12\r\n34")), URL)) == ["1234"]


def test_a_second_address_in_a_url_does_not_replace_the_first() -> None:
    body = urlset(loc(1, "<image:loc>https://contoh.test/a.jpg</image:loc>"))
    assert addresses(read_sitemap(body, URL)) == ["1"]


def test_an_absolute_address_stays_as_it_was_announced() -> None:
    address = "HTTPS://Contoh.test/./Berita//1;x?#"
    assert read_sitemap(urlset(f"<url><loc>{address}</loc></url>"), URL).entries[0].url == address


def test_more_entries_than_the_limit_keeps_the_first_and_says_so() -> None:
    page = read_sitemap(urlset(*(loc(number) for number in range(9))), URL, SMALL)
    assert addresses(page) == ["0", "1", "2"]
    assert page.fault == "entries-limit"
    assert read_sitemap(urlset(*(loc(number) for number in range(3))), URL, SMALL).fault is None


def test_nothing_is_read_past_the_limit() -> None:
    urls = [loc(number) for number in range(4)]
    page = read_sitemap(urlset(*urls, "<!--" + "x" * 600_000 + "-->", loc("\ufffd")), URL, SMALL)
    assert page.dropped == 0


def test_more_children_than_the_limit_keeps_the_first_and_says_so() -> None:
    body = "".join(f"<sitemap><loc>/{number}.xml</loc></sitemap>" for number in range(9))
    page = read_sitemap(f"<sitemapindex>{body}</sitemapindex>".encode(), URL, SMALL)
    assert page.children == ["https://contoh.test/0.xml", "https://contoh.test/1.xml"]
    assert page.fault == "children-limit"


def test_a_list_of_urls_has_the_same_limit() -> None:
    assert read_sitemap(b"https://contoh.test/1\n" * 9, URL, SMALL).fault == "entries-limit"


def test_a_document_beyond_the_limit_of_bytes_is_refused() -> None:
    assert outcome(read_sitemap, bytes(2_000_001), URL, SMALL) == "too-large"
    assert outcome(read_feed, bytes(1_000_001), FEED, SMALL) == "too-large"
    assert outcome(read_index, bytes(1_000_001), INDEX, "a", SMALL) == "too-large"


def test_a_million_urls_are_read_to_the_limit_and_quickly() -> None:
    body = b"<urlset>" + b"".join(b"<url><loc>https://a.test/%d</loc></url>" % n for n in range(1_000_000))
    with within(20):
        page = read_sitemap(body, URL)
    assert len(page.entries) == 50_000
    assert page.fault == "entries-limit"


def test_utf_16_with_and_without_a_mark_is_read() -> None:
    text = urlset(loc("1-é")).decode().replace("UTF-8", "UTF-16")
    for body in (text.encode("utf-16"), text.encode("utf-16-le"), text.encode("utf-16-be")):
        assert addresses(read_sitemap(body, URL)) == ["1-é"]


def test_latin_1_that_says_so_is_read_as_windows_1252() -> None:
    body = urlset(loc(1, NEWS.format("n").replace("Stok", "“Café”"))).decode().replace("UTF-8", "ISO-8859-1")
    assert read_sitemap(body.encode("cp1252"), URL).entries[0].title == "Harga & “Café” Beras"


def test_latin_1_declared_as_utf_8_costs_a_letter_and_not_the_sitemap() -> None:
    body = urlset(loc(1, NEWS.format("n").replace("Stok", "Café")), loc(2)).decode().encode("latin-1")
    page = read_sitemap(body, URL)
    assert page.entries[0].title == "Harga & Caf\ufffd Beras"
    assert addresses(page) == ["1", "2"]


def test_utf_8_declared_as_latin_1_is_read_as_utf_8() -> None:
    body = urlset(loc("café")).replace(b"UTF-8", b"ISO-8859-1")
    assert addresses(read_sitemap(body, URL)) == ["café"]


@pytest.mark.parametrize("name", ["punycode", "idna", "utf-7", "unicode_escape", "zlib", "tidak-ada"])
def test_a_stranger_does_not_choose_the_codec(name: str) -> None:
    body = urlset(loc(1), loc("\xff")).decode().replace("UTF-8", name).encode("latin-1")
    assert addresses(read_sitemap(body, URL)) == ["1"]
