"""Invented sitemaps, feeds and index pages, and what is asked of every reader of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta, timezone
from typing import Any

from archive.errors import SourceRefused
from crawler.sources import Limits

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
    """Of this process: a reader that takes quadratic time takes minutes or hours for what it is given here."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


NEWS = (
    "<{0}:news><{0}:publication><{0}:name>Contoh</{0}:name></{0}:publication>"
    "<{0}:publication_date>2026-11-20T10:00:00+07:00</{0}:publication_date>"
    "<{0}:title><![CDATA[ Harga & Stok\n Beras ]]></{0}:title>"
    "<{0}:keywords>beras, harga ,,beras</{0}:keywords></{0}:news>"
)

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://contoh.test/berita/">
    <updated>2026-11-21</updated><entry xml:base="nasional/"><id>tag:contoh.test,2026:1</id>
    <title type="html">Satu &amp;amp; Dua</title>
    <source><title>Lain</title><link href="https://lain.test/"/><updated>2001-01-01</updated></source>
    <link rel="self" href="https://contoh.test/atom/1"/><link href="1" type="text/html"/>
    <link rel="alternate" type="application/json" href="1.json"/><link rel="enclosure" href="1.mp3"/>
    <published>2026-11-20T10:00:00+07:00</published>
    <updated>2026-11-20T11:00:00.5Z</updated><category term="Ekonomi"/></entry></feed>"""

LISTING = b"""<html><head><meta charset="utf-8"></head><body><nav><a href="/">Beranda</a></nav>
<ul class="lsi">
<li><a href="/berita/1"><img src="1.jpg"></a>
<h3><a href="/berita/1#komentar">Harga  Beras\n &amp; Stok</a></h3></li>
<li><a href="https://daerah.contoh.test/berita/2?a=1&b=2" title="Judul &quot;penuh&quot;">Judul</a></li>
<li><h3><a href="3"></a><a name="jangkar">x</a><a href="javascript:void(0)">y</a><a href="#">z</a></h3></li>
<li><a href="mailto:a@contoh.test">surat</a><a href="https://[rusak">w</a><a href="">v</a></li></ul>"""
