"""Every input is invented here, but for the feeds of ARSIP_CORPUS."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import SourceRefused
from crawler.bounded import gunzip, slim_feed
from crawler.sources import Limits, read_feed, read_index, read_robots, read_sitemap

URL = "https://contoh.test/sitemap.xml"
FEED = "https://contoh.test/rss/terkini"
INDEX = "https://contoh.test/indeks?date=2026-11-20"
WIB = timezone(timedelta(hours=7))
SMALL = Limits(bytes=2_000_000, page=1_000_000, entries=3, children=2)


def beginning(body: bytes) -> str:
    """A readable id for a test of bytes."""
    return repr(body.removeprefix(rss().partition(b"</channel>")[0])[:24])


def urlset(*urls: str, attributes: str = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"') -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {attributes}>{"".join(urls)}</urlset>'.encode()


def loc(number: int | str, more: str = "") -> str:
    return f"<url><loc>https://contoh.test/berita/{number}</loc>{more}</url>"


def rss(*items: str, attributes: str = "") -> bytes:
    channel = f"<channel><title>Contoh</title>{''.join(items)}</channel>"
    return f'<rss version="2.0" {attributes}>{channel}</rss>'.encode()


def item(number: int | str, more: str = "") -> str:
    return f"<item><link>https://contoh.test/berita/{number}</link>{more}</item>"


def urls(page: Any) -> list[str]:
    return [entry.url for entry in page.entries]


def addresses(page: Any) -> list[str]:
    return [url.removeprefix("https://contoh.test/berita/") for url in urls(page)]


def outcome(read: Callable[..., object], *given: Any) -> str | None:
    """Name of the refusal; None when the document was read."""
    try:
        read(*given)
    except SourceRefused as refused:
        return refused.name
    return None


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Generous: a reader that takes quadratic time takes minutes or hours for what it is given here."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


# --- gzip


def test_plain_bytes_pass_unpacked() -> None:
    assert gunzip(b"abc") == (b"abc", False)


def test_a_gzip_file_is_unpacked_although_http_had_decoded_its_own_coding() -> None:
    assert addresses(read_sitemap(gzip.compress(urlset(loc(1))), URL)) == ["1"]


def test_the_second_member_of_a_gzip_file_is_not_lost() -> None:
    body = urlset(loc(1), loc(2))
    assert gunzip(gzip.compress(body[:80]) + gzip.compress(body[80:])) == (body, False)


def test_padding_after_a_gzip_file_is_no_damage() -> None:
    assert gunzip(gzip.compress(b"abc") + b"\0" * 600) == (b"abc", False)


def test_more_than_a_block_of_gzip_comes_out_whole() -> None:
    body = b"".join(zlib.crc32(b"%d" % number).to_bytes(4, "big") for number in range(100_000))
    assert gunzip(gzip.compress(body)) == (body, False)


def test_a_gzip_bomb_of_300_mb_is_refused_before_it_unfolds() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    with within(5):
        assert outcome(read_sitemap, bomb, URL) == "gzip-bomb"
        assert outcome(read_feed, bomb, FEED) == "gzip-bomb"


def test_a_bomb_in_many_members_is_refused() -> None:
    assert outcome(gunzip, gzip.compress(bytes(100_000)) * 300) == "gzip-bomb"


def test_a_gzip_file_that_compresses_badly_still_meets_the_limit_of_bytes() -> None:
    body = b"".join(zlib.crc32(b"%d" % number).to_bytes(4, "big") for number in range(100_000))
    assert outcome(gunzip, gzip.compress(body), Limits(bytes=300_000)) == "gzip-bomb"


def test_a_sitemap_that_compresses_as_well_as_xml_does_is_no_bomb() -> None:
    more = "<changefreq>daily</changefreq><priority>0.5</priority>"
    body = urlset(*(loc(number, more) for number in range(40_000)))
    assert len(read_sitemap(gzip.compress(body, 9), URL).entries) == 40_000


def test_a_torn_gzip_sitemap_gives_what_came_and_says_so() -> None:
    packed = gzip.compress(urlset(*(loc(number) for number in range(5_000))))
    page = read_sitemap(packed[: len(packed) // 2], URL)
    assert page.fault == "gzip-torn"
    assert 1_000 < len(page.entries) < 4_000
    assert addresses(page) == [str(number) for number in range(len(page.entries))]


def test_a_damaged_gzip_sitemap_gives_what_stood_before_the_damage() -> None:
    packed = bytearray(gzip.compress(urlset(*(loc(number) for number in range(20_000))), 1))
    packed[-8:-4] = b"\0\0\0\0"
    page = read_sitemap(bytes(packed), URL)
    assert page.fault == "gzip-torn"
    assert addresses(page)[:2] == ["0", "1"]


def test_a_torn_list_of_urls_does_not_announce_half_an_address() -> None:
    lines = "".join(f"https://contoh.test/berita/{number:05}\n" for number in range(5_000))
    packed = gzip.compress(lines.encode())
    page = read_sitemap(packed[: len(packed) // 2], URL)
    assert page.fault == "gzip-torn"
    assert {len(entry.url) for entry in page.entries} == {len("https://contoh.test/berita/00000")}


@pytest.mark.parametrize(
    "body",
    [b"\x1f\x8b", b"\x1f\x8b\x08" + b"\xff" * 90, gzip.compress(urlset(loc(1)), mtime=0)[:12]],
    ids=["magic alone", "false header", "cut header"],
)
def test_a_gzip_file_that_gives_nothing_is_refused_as_torn(body: bytes) -> None:
    assert outcome(read_sitemap, body, URL) == "gzip-torn"


def test_a_torn_gzip_that_ends_before_the_first_entry_is_refused_as_torn() -> None:
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(urlset(loc(1))[:100]) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert outcome(read_sitemap, body, URL) == "gzip-torn"


# --- robots.txt


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


# --- sitemaps


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


NEWS = (
    "<{0}:news><{0}:publication><{0}:name>Contoh</{0}:name></{0}:publication>"
    "<{0}:publication_date>2026-11-20T10:00:00+07:00</{0}:publication_date>"
    "<{0}:title><![CDATA[ Harga & Stok\n Beras ]]></{0}:title>"
    "<{0}:keywords>beras, harga ,,beras</{0}:keywords></{0}:news>"
)


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


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE %s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<%s a="&d;">&d;</%s>"""
ENTITIES = [
    LAUGHS,
    b"<!DOCTYPE %s [<!ENTITY a '" + b"x" * 100_000 + b"'>]><%s>" + b"&a;" * 100_000 + b"</%s>",
    b"<!DOCTYPE %s [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><%s>&a;</%s>",
    b"<!-- <a> --><!DOCTYPE %s PUBLIC '-//x' 'http://127.0.0.1:9/' [<!ENTITY %% p SYSTEM 'x'>%%p;]><%s></%s>",
    b"\n<!doctype %s [<!ATTLIST a b CDATA 'c'>]><%s></%s>",
]


@pytest.mark.parametrize("body", ENTITIES, ids=["laughs", "quadratic", "file", "parameter", "default"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_that_declares_entities_is_refused_unread(body: bytes, encoding: str) -> None:
    with within(5):
        for read, root in ((read_sitemap, b"urlset"), (read_feed, b"rss")):
            hostile = (body % (root, root, root)).decode().encode(encoding)
            assert outcome(read, hostile, URL) == "xml-entities"


def test_an_entity_declared_inside_the_document_expands_to_nothing() -> None:
    late = "<!DOCTYPE x [<!ENTITY a 'https://contoh.test/berita/2'>]>"
    body = urlset(loc(1), late, "<url><loc>&a;</loc></url>")
    assert addresses(read_sitemap(body, URL)) == ["1"]
    assert addresses(read_feed(rss(item(1), late, "<item><link>&a;</link></item>"), FEED))[:1] == ["1"]


def test_ten_thousand_elements_inside_one_another_are_refused() -> None:
    deep = "<a>" * 10_000 + "</a>" * 10_000
    assert outcome(read_sitemap, urlset(deep, loc(1)), URL) == "xml-depth"
    assert outcome(read_feed, rss(deep, item(1)), FEED) == "xml-broken"
    assert outcome(read_index, b"<div>" * 10_000 + b"<a href=x>", INDEX, "a") == "html-depth"


@pytest.mark.parametrize(
    "body",
    [
        b" " * 5_000_000,
        b"https://contoh.test/1" + b" " * 5_000_000,
        b"<!--" * 1_000_000,
        b"<!---->" * 500_000,
        b"<!DOCTYPE a>" * 300_000,
        b"<urlset><url><loc>" + b"&" * 1_000_000,
        b"<urlset><url><loc>" + b"&#0" * 1_000_000,
        b"<urlset><url><loc>" + b"\0a" * 1_000_000,
        b"<urlset><url><loc>" + b"<![CDATA[" * 500_000,
        b"<urlset><url><loc>" + b"<![CDATA[]]>" * 300_000,
        b"<urlset><url>" + b"<a/>" * 500_000,
        b"<urlset><url><loc>" + b"x" * 5_000_000,
        b"<urlset " + b" ".join(b'a%d=""' % number for number in range(300_000)) + b">",
        b"<urlset " + b" ".join(b'xmlns:a%d="x"' % number for number in range(200_000)) + b">",
        b"<urlset><url><loc>https://a.test/</loc><lastmod>" + b"1 " * 2_000_000 + b"</lastmod></url>",
    ],
    ids=beginning,
)
def test_no_sitemap_takes_quadratic_time(body: bytes) -> None:
    with within(10):
        assert outcome(read_sitemap, body, URL) in {None, "not-a-sitemap", "xml-broken"}


MEMORY = """
import re
from pathlib import Path
from archive.errors import SourceRefused
from crawler.sources import read_feed, read_sitemap
def peak():
    return int(re.search("VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
for read, body in (
    (read_sitemap, b"<urlset><url>" + b"<a/>" * 2_000_000),
    (read_sitemap, b"<urlset><url><loc>" + b"&" * 14_000_000),
    (read_sitemap, b"<urlset>" + b"<url><loc>https://a.test/</loc></url>" * 400_000),
    (read_feed, b"<rss><item>" + b"<a/>" * 500_000),
):
    before = peak()
    try:
        read(body, "https://contoh.test/")
    except SourceRefused:
        pass
    print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_memory_does_not_grow_with_what_is_not_kept() -> None:
    """In a process of its own, because libxml2 asks the system for its memory and not Python."""
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    assert max(map(int, run.stdout.split())) < 100_000, run.stdout  # KiB; as a tree the first takes 250,000


# --- encodings


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


# --- feeds


def test_the_facts_of_an_rss_item() -> None:
    more = (
        "<title><![CDATA[ Harga <b>Beras</b> &amp;\n Stok ]]></title>"
        "<pubDate>Fri, 20 Nov 2026 10:00:00 +0700</pubDate>"
        "<category>Ekonomi</category><category><![CDATA[ Pangan ]]></category><category>Ekonomi</category>"
        "<guid isPermaLink='false'>https://contoh.test/?p=1</guid>"
    )
    page = read_feed(rss(item(1, more)), FEED)
    (entry,) = page.entries
    assert (entry.url, entry.source) == ("https://contoh.test/berita/1", FEED)
    assert entry.published == datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert entry.published.tzinfo is not None
    assert entry.title == "Harga <b>Beras</b> & Stok"
    assert entry.keywords == ("Ekonomi", "Pangan")
    assert entry.lastmod is None
    assert (page.fault, page.dropped, page.homepage_links) == (None, 0, 0)


def test_the_title_and_link_of_a_picture_or_a_source_are_not_the_items() -> None:
    picture = (
        "<media:title>Foto</media:title><image><title>Foto</title><link>/a.jpg</link></image>"
        "<source url='https://lain.test/'>Lain</source>"
    )
    body = rss(
        f"<item>{picture}<title>Satu</title><link>https://contoh.test/berita/1</link></item>",
        attributes='xmlns:media="http://search.yahoo.com/mrss/"',
    )
    (entry,) = read_feed(body, FEED).entries
    assert (entry.url, entry.title) == ("https://contoh.test/berita/1", "Satu")


def test_an_rss_item_may_have_its_link_and_date_from_atom() -> None:
    more = "<a:link href='/berita/1'/><a:updated>2026-11-20T10:00:00Z</a:updated>"
    body = rss(f"<item>{more}</item>", attributes='xmlns:a="http://www.w3.org/2005/Atom"')
    (entry,) = read_feed(body, FEED).entries
    assert entry.url == "https://contoh.test/berita/1"
    assert entry.lastmod == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_rss_1_0_in_rdf_with_its_dublin_core_date() -> None:
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel><link>https://contoh.test/</link></channel><image><link>https://contoh.test/</link></image>
        <item><title>Satu</title><link>https://contoh.test/berita/1</link>
        <dc:date>2026-11-20T10:00+07:00</dc:date></item>
        <textinput><title>Cari</title><link>https://contoh.test/cari</link></textinput></rdf:RDF>"""
    (entry,) = read_feed(body, FEED).entries
    assert (entry.title, entry.published) == ("Satu", datetime(2026, 11, 20, 3, tzinfo=UTC))


def test_rss_0_91_with_its_doctype() -> None:
    body = (
        b'<?xml version="1.0"?>\n<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        b'"http://my.netscape.com/publish/formats/rss-0.91.dtd">\n<rss version="0.91"><channel>'
        b"<item><title>Satu</title><link>https://contoh.test/berita/1</link></item></channel></rss>"
    )
    assert addresses(read_feed(body, FEED)) == ["1"]


ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://contoh.test/berita/">
    <updated>2026-11-21</updated><entry xml:base="nasional/"><id>tag:contoh.test,2026:1</id>
    <title type="html">Satu &amp;amp; Dua</title>
    <source><title>Lain</title><link href="https://lain.test/"/><updated>2001-01-01</updated></source>
    <link rel="self" href="https://contoh.test/atom/1"/><link href="1" type="text/html"/>
    <link rel="alternate" type="application/json" href="1.json"/><link rel="enclosure" href="1.mp3"/>
    <published>2026-11-20T10:00:00+07:00</published>
    <updated>2026-11-20T11:00:00.5Z</updated><category term="Ekonomi"/></entry></feed>"""


def test_atom_takes_the_alternate_link_against_xml_base_and_both_dates() -> None:
    (entry,) = read_feed(ATOM, "https://contoh.test/atom").entries
    assert entry.url == "https://contoh.test/berita/nasional/1"
    assert entry.published == datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert entry.lastmod
    assert entry.lastmod.replace(microsecond=0) == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert (entry.title, entry.keywords) == ("Satu & Dua", ("Ekonomi",))


def test_atom_0_3_dates_its_entries_with_issued_and_modified() -> None:
    body = b"""<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry>
        <link rel="alternate" href="/berita/1"/>
        <issued>2026-11-20T10:00:00+07:00</issued>
        <modified>2026-11-20T11:00:00+07:00</modified></entry></feed>"""
    (entry,) = read_feed(body, FEED).entries
    assert entry.published == datetime(2026, 11, 20, 10, tzinfo=WIB)
    assert entry.lastmod == datetime(2026, 11, 20, 11, tzinfo=WIB)


def test_an_atom_entry_without_link_is_not_announced_by_its_id() -> None:
    page = read_feed(
        ATOM.replace(b'href="1"', b'rel="self"').replace(b"tag:contoh.test,2026:1", b"https://x.test/1"), FEED
    )
    assert (page.entries, page.dropped) == ([], 1)


def test_a_relative_link_is_resolved_against_the_feed() -> None:
    page = read_feed(rss("<item><link>/berita/1</link></item>", "<item><link>2</link></item>"), FEED)
    assert urls(page) == ["https://contoh.test/berita/1", "https://contoh.test/rss/2"]


@pytest.mark.parametrize("link", ["", "<link/>", "<link> </link>"])
def test_a_permalink_guid_stands_in_for_a_missing_link(link: str) -> None:
    guids = ("<guid>https://contoh.test/1</guid>", "<guid isPermaLink='true'>http://contoh.test/2</guid>")
    page = read_feed(rss(*(f"<item>{link}{guid}</item>" for guid in guids)), FEED)
    assert urls(page) == ["https://contoh.test/1", "http://contoh.test/2"]


def test_a_guid_that_is_no_permalink_is_no_link() -> None:
    guids = ("<guid>12345</guid>", "<guid>tag:x</guid>", "<guid isPermaLink='false'>https://x.test/1</guid>")
    page = read_feed(rss(*(f"<item><title>a</title>{guid}</item>" for guid in guids)), FEED)
    assert (page.entries, page.dropped) == ([], 3)


def test_links_to_the_home_page_are_left_out_and_counted() -> None:
    links = ("https://contoh.test", "http://www.contoh.test/", "https://contoh.test/#a", "/", "/?p=7")
    page = read_feed(rss(item(1), *(f"<item><link>{link}</link></item>" for link in links)), FEED)
    assert urls(page) == ["https://contoh.test/berita/1", "https://contoh.test/?p=7"]
    assert (page.homepage_links, page.dropped) == (4, 0)


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("Fri, 20 Nov 2026 10:00:00 +0700", 3),
        ("Fri, 20 Nov 2026 10:00:00 GMT", 10),
        ("Fri, 20 Nov 2026 10:00:00 EST", 15),
        ("20 Nov 26 10:00:00 +0700", 3),
        ("2026-11-20T10:00:00Z", 10),
        ("Fri, 20 Nov 2026 10:00:00", 3),
        ("Fri, 20 Nov 2026 10:00:00 WIB", 3),
        ("Fri, 20 Nov 2026 10:00:00 WIT", 1),
        ("2026-11-20 10:00:00", 3),
        ("Jumat, 20 November 2026 | 10:00 WITA", 2),
        ("Jum'at, 20 Nopember 2026 - 10:00 WIB", 3),
        ("20/11/2026, 10:00 WIB", 3),
    ],
)
def test_a_date_without_a_zone_that_feedparser_knows_is_not_taken_for_utc(written: str, hour: int) -> None:
    (entry,) = read_feed(rss(item(1, f"<pubDate>{written}</pubDate>")), FEED).entries
    assert entry.published == datetime(2026, 11, 20, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "baru saja",
        "2026-02-30T10:00:00Z",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
    ],
)
def test_a_date_that_nobody_can_read_is_none(written: str) -> None:
    (entry,) = read_feed(rss(item(1, f"<pubDate>{written}</pubDate>")), FEED).entries
    assert entry.published is None


def test_a_feed_broken_by_bare_markup_keeps_the_items_after_it() -> None:
    body = rss(
        item(1),
        "<item><title>A < B &amp; C & D &nbsp; E</title><description>a<br>b</p>c</description>"
        "<link>https://contoh.test/berita/2?a=1&b=2&amp;c=3</link>"
        "<pubDate>Fri, 20 Nov 2026 10:00:00 +0700</pubDate></item>",
        item(3),
    )
    page = read_feed(body, FEED)
    assert addresses(page) == ["1", "2?a=1&b=2&c=3", "3"]
    assert page.entries[1].published == datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert page.entries[1].title == "A B & C & D E"
    assert page.fault
    assert page.fault.startswith("xml-broken: ")


@pytest.mark.parametrize("mark", ["", " ", "<![CDATA[", "<![CDATA[ "])
def test_a_feed_that_breaks_off_inside_an_address_does_not_announce_half_of_it(mark: str) -> None:
    whole = rss(item(1), f"<item><title>a</title><link>{mark}https://contoh.test/berita/123")
    page = read_feed(whole.partition(b"</channel>")[0], FEED)
    assert addresses(page) == ["1"]
    assert page.fault


def test_a_feed_without_items_is_a_feed() -> None:
    page = read_feed(rss(), FEED)
    assert (page.entries, page.fault, page.homepage_links) == ([], None, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"404",
        b"{}",
        b"<!DOCTYPE html><html><p>a<br></html>",
        b"<html><item/></html>",
        urlset(loc(1)),
        b"<",
        b"< rss>",
    ],
    ids=beginning,
)
def test_what_is_no_feed_is_refused_as_such(body: bytes) -> None:
    assert outcome(read_feed, body, FEED) == "not-a-feed"


def test_a_feed_with_more_items_than_the_limit_keeps_the_first_and_says_so() -> None:
    page = read_feed(rss(*(item(number) for number in range(9))), FEED, SMALL)
    assert addresses(page) == ["0", "1", "2"]
    assert page.fault == "entries-limit"
    assert read_feed(rss(*(item(number) for number in range(3))), FEED, SMALL).fault is None


def test_feedparser_takes_no_bytes_for_an_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "<rss").mkdir()
    # The file "<rss/>": that is what feedparser gets of a feed without items.
    (tmp_path / "<rss" / ">").write_bytes(rss(item(1)))
    monkeypatch.chdir(tmp_path)
    assert read_feed(rss(), FEED).entries == []


def test_feedparser_gets_little_of_a_long_field() -> None:
    text = "x" * 1_000_000
    feed, _ = slim_feed(f"<rss><item><title a='{text}'>{text}</title><link href='{text}'/></item></rss>")
    assert len(feed) < 3 * Limits().field


def test_a_torn_gzip_feed_gives_what_came_and_says_so() -> None:
    packed = gzip.compress(rss(*(item(number) for number in range(5_000))))
    page = read_feed(packed[: len(packed) // 2], FEED)
    assert page.fault == "gzip-torn"
    assert addresses(page) == [str(number) for number in range(len(page.entries))]
    assert len(page.entries) > 1_000


@pytest.mark.parametrize(
    "body",
    [
        b"\n" * 900_000 + rss(item(1)),
        rss("<item>" + "<category>a</category>" * 40_000 + "</item>"),
        rss("<item>" + "".join(f"<category>{number}</category>" for number in range(30_000)) + "</item>"),
        rss("".join(f'<a{number}:b xmlns:a{number}="u{number}"/>' for number in range(20_000))),
        b"<rss "
        + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(30_000))
        + b">"
        + b"<a9:b/>" * 30_000
        + b"</rss>",
        rss("<item>" * 100_000),
        rss("<item/>" * 100_000),
        rss("<item><title>" + "<a " * 200_000),
        rss("<item><title>" + "&#" * 300_000),
        rss("<item><title>" + "<![CDATA[" * 90_000),
        rss("<item><pubDate>" + "1 " * 400_000 + "</pubDate></item>"),
    ],
    ids=beginning,
)
def test_no_feed_takes_quadratic_time(body: bytes) -> None:
    with within(20):
        assert outcome(read_feed, body, FEED, Limits(entries=5_000)) in {None, "xml-broken", "entries-limit"}


def test_the_real_feeds_of_2020_are_read(corpus: Path) -> None:
    feeds = sorted((corpus / "feeds").glob("*-masked.xml"))
    assert feeds
    for feed in feeds:
        page = read_feed(feed.read_bytes(), FEED)
        assert page.entries, feed.name
        assert all(entry.published and entry.published.year == 2020 for entry in page.entries), feed.name
        assert all(entry.title for entry in page.entries), feed.name
        assert (page.fault, page.homepage_links, page.dropped) == (None, 0, 0), feed.name


# --- index pages

LISTING = b"""<html><head><meta charset="utf-8"></head><body><nav><a href="/">Beranda</a></nav>
<ul class="lsi">
<li><a href="/berita/1"><img src="1.jpg"></a>
<h3><a href="/berita/1#komentar">Harga  Beras\n &amp; Stok</a></h3></li>
<li><a href="https://daerah.contoh.test/berita/2?a=1&b=2" title="Judul &quot;penuh&quot;">Judul</a></li>
<li><h3><a href="3"></a><a name="jangkar">x</a><a href="javascript:void(0)">y</a><a href="#">z</a></h3></li>
<li><a href="mailto:a@contoh.test">surat</a><a href="https://[rusak">w</a><a href="">v</a></li></ul>"""


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


# --- whatever comes

READERS: list[Callable[[bytes], object]] = [
    lambda data: read_robots(data, "https://contoh.test/robots.txt"),
    lambda data: read_sitemap(data, URL),
    lambda data: read_feed(data, FEED),
    lambda data: read_index(data, INDEX, "a"),
]
SCRAPS = [
    *b"<urlset> <sitemapindex> <rss> <rdf:RDF> <html> <channel> <item> </item> <entry> </entry>".split(),
    *b"<url> </url> <loc> </loc> <lastmod> </lastmod> </urlset> </rss> <link> </link> <guid> </guid>".split(),
    *b"<pubDate> </pubDate> <updated> </updated> </title> <source> </source> <![CDATA[ ]]> <!-- -->".split(),
    *b"<?xml ?> '/> '> https://contoh.test/ //[ http://a:b /x data: 2026-11-20 T1 +99:99 Sitemap:".split(),
    *b"& &amp; &#0; &#65534; &#x110000; &#1114112; //\xe2\x84\x80.test \xef\xbf\xbe \xed\xa0\x80".split(),
    *(b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<a href='", b"<link href='", b"<title type='html'>"),
    *(b"<category term='", b"<!DOCTYPE x>", b"<!DOCTYPE x [", b"<base href='", b" xml:base='", b" xmlns:a='"),
    *(b"<a:item>", b"Fri, 20 Nov 2026 10:00:00 +0700", b"Jumat, 20 Nov", b":00 GMT"),
    *(b"\n", b"\0", b"\xff\xfe", b"\x1f\x8b", b"\x85"),
]
PATIENT = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def held(data: bytes) -> None:
    for read in READERS:
        assert outcome(read, data) != ""


@PATIENT
@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_a_outcome(data: bytes) -> None:
    held(data)


@PATIENT
@given(st.lists(st.sampled_from(SCRAPS) | st.binary(max_size=6), max_size=40))
def test_scraps_of_documents_raise_nothing_but_a_outcome(scraps: list[bytes]) -> None:
    held(b"".join(scraps))


@PATIENT
@given(
    st.sampled_from([urlset(loc(1, NEWS.format("n"))), rss(item(1, "<guid>x</guid>")), ATOM, LISTING]),
    st.data(),
)
def test_damaged_documents_raise_nothing_but_a_outcome(document: bytes, data: st.DataObject) -> None:
    body = bytearray(document)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        scrap = data.draw(st.sampled_from(SCRAPS) | st.binary(max_size=3))
        body[at : at + data.draw(st.integers(0, 3))] = scrap
    held(bytes(body))


@PATIENT
@given(st.binary(max_size=300), st.integers(0, 30))
def test_damaged_gzip_raises_nothing_but_a_outcome(data: bytes, at: int) -> None:
    packed = gzip.compress(urlset(loc(1)) + data)
    held(packed[:at] + data[:3] + packed[at + 3 :])
    held(packed[: -at - 1])
