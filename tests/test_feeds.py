"""RSS and Atom, as they are and not as they should be."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.feeds import slim_feed
from crawler.sources import Limits, read_feed
from tests.announcements import (
    ATOM,
    FEED,
    SMALL,
    WIB,
    addresses,
    beginning,
    item,
    loc,
    outcome,
    rss,
    urls,
    urlset,
    within,
)


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
