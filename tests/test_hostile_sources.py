"""Sources that are made to hurt: bombs, torn files, entities, depth, and whatever else comes."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.bounded import gunzip
from crawler.sources import Limits, read_feed, read_index, read_robots, read_sitemap
from tests.announcements import (
    ATOM,
    FEED,
    INDEX,
    LISTING,
    NEWS,
    URL,
    addresses,
    beginning,
    item,
    loc,
    outcome,
    rss,
    urlset,
    within,
)


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
def test_arbitrary_bytes_raise_nothing_but_a_refusal(data: bytes) -> None:
    held(data)


@PATIENT
@given(st.lists(st.sampled_from(SCRAPS) | st.binary(max_size=6), max_size=40))
def test_scraps_of_documents_raise_nothing_but_a_refusal(scraps: list[bytes]) -> None:
    held(b"".join(scraps))


@PATIENT
@given(
    st.sampled_from([urlset(loc(1, NEWS.format("n"))), rss(item(1, "<guid>x</guid>")), ATOM, LISTING]),
    st.data(),
)
def test_damaged_documents_raise_nothing_but_a_refusal(document: bytes, data: st.DataObject) -> None:
    body = bytearray(document)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        scrap = data.draw(st.sampled_from(SCRAPS) | st.binary(max_size=3))
        body[at : at + data.draw(st.integers(0, 3))] = scrap
    held(bytes(body))


@PATIENT
@given(st.binary(max_size=300), st.integers(0, 30))
def test_damaged_gzip_raises_nothing_but_a_refusal(data: bytes, at: int) -> None:
    packed = gzip.compress(urlset(loc(1)) + data)
    held(packed[:at] + data[:3] + packed[at + 3 :])
    held(packed[: -at - 1])
