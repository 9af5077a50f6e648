"""What outlets announce: the bytes of robots.txt, sitemaps, feeds and index pages, read into entries.

Pure functions: no network, no Scrapy. A document that is beyond a limit or not what it claims to be raises
`SourceRefused`; one that breaks half-way gives what could be read, and names its fault:

| fault | what happened |
|---|---|
| `gzip-torn` | the gzip file ends early or is damaged |
| `xml-broken: ...` | not well-formed: a sitemap is read up to there, a feed as far as it can be made out |
| `entries-limit`, `children-limit` | there are more than `Limits` has; the first were kept |

A document with a fault that gave nothing is refused under the fault's name. All instants are aware; where no
zone is written it is WIB, +07:00 (`pipelines.dates`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin, urlsplit

import feedparser
from parsel import Selector

from archive.errors import SourceRefused
from crawler.bounded import (
    LIMITS,
    Limits,
    decode,
    gunzip,
    local_name,
    parse_html,
    parse_xml,
    xml_body,
)
from crawler.children import Child, choose
from crawler.feeds import slim_feed
from pipelines import dates

if TYPE_CHECKING:
    from collections.abc import Iterable
    from time import struct_time

__all__ = [
    "Entry",
    "FeedPage",
    "Limits",
    "SitemapPage",
    "read_feed",
    "read_index",
    "read_robots",
    "read_sitemap",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One URL announced by a source, with its hints."""

    url: str
    """Absolute http(s) URL, as announced."""
    source: str
    """URL of the document that announced it."""
    lastmod: datetime | None = None
    """Last change that the source admits to."""
    published: datetime | None = None
    """Publication, as the source has it."""
    title: str | None = None
    """Headline, in one line."""
    keywords: tuple[str, ...] = ()
    """Keywords of a news sitemap, categories of a feed."""


@dataclass(frozen=True, kw_only=True)
class SitemapPage:
    """One sitemap, or one sitemap index."""

    entries: list[Entry]
    children: list[str]
    """The sitemaps that an index names and that may hold something of the period, the newest first."""
    older: int = 0
    """Sitemaps that it names and that hold only what is older than the period."""
    fault: str | None = None
    """What kept us from reading all of it, by name; None when nothing did."""
    dropped: int = 0
    """Announcements without an address that can be fetched."""


@dataclass(frozen=True, kw_only=True)
class FeedPage:
    """One RSS or Atom document."""

    entries: list[Entry]
    fault: str | None = None
    """What kept us from reading all of it, by name; None when nothing did."""
    dropped: int = 0
    """Items without an address that can be fetched."""
    homepage_links: int = 0
    """Items left out because their link is a home page: a feed with only these announces nothing."""


_ROBOTS_BYTES = 512_000  # RFC 9309, section 2.5: at least 500 KiB are read.
_ROBOTS_SITEMAP = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*([^\s#]+)", re.IGNORECASE | re.MULTILINE)
_NESTED = 64
_ADDRESS = 2_048  # sitemaps.org: a `loc` has fewer characters.
_COARSE = re.compile(r"\d{4}(-\d\d)?", re.ASCII)
# RFC 822, section 5.1, with a zone that feedparser knows. It takes any other, WIB and none included, for UTC.
_RFC_822 = re.compile(
    r"(?:[a-z]{3}, ?)?\d{1,2} [a-z]{3} \d+ [\d:]+ (?:[+-]\d{4}|UT|UTC|GMT|Z|[ECMP][SD]T)",
    re.IGNORECASE | re.ASCII,
)


def read_robots(data: bytes, url: str, limits: Limits = LIMITS) -> list[str]:
    """The sitemaps that a robots.txt names, absolute, in order, each once (RFC 9309, section 2.2.4)."""
    text = decode(data[:_ROBOTS_BYTES]).replace("\r", "\n")
    found = (_absolute(match.group(1), url) for match in _ROBOTS_SITEMAP.finditer(text))
    return list(dict.fromkeys(address for address in found if address))[: limits.children]


def read_sitemap(
    data: bytes, url: str, limits: Limits = LIMITS, since: date | None = None, until: date | None = None
) -> SitemapPage:
    """Read a sitemap, a sitemap index, a news sitemap, or a text file with one URL a line (sitemaps.org).

    Of an index the sitemaps that can hold nothing of the period are left out.
    """
    unpacked, torn = gunzip(data, limits)
    text = decode(unpacked)
    sitemap = _Sitemap(url, limits)
    broken = None
    if body := xml_body(text):
        broken = parse_xml(body, sitemap)
    else:
        sitemap.read_lines(text.rpartition("\n")[0] if torn else text)
    if not sitemap.known:
        raise SourceRefused("not-a-sitemap", broken or "neither XML nor a list of URLs")
    entries, chosen = sitemap.entries, choose(sitemap.children, since, until)
    children = [child.url for child in chosen.children[: limits.children]]
    limited = "children-limit" if len(chosen.children) > limits.children else None
    fault = "gzip-torn" if torn else sitemap.fault or limited or (f"xml-broken: {broken}" if broken else None)
    _refuse_if(fault, empty=not entries and not sitemap.children)
    return SitemapPage(entries=entries, children=children, older=chosen.older, fault=fault, dropped=sitemap.dropped)


def read_feed(data: bytes, url: str, limits: Limits = LIMITS) -> FeedPage:
    """Read RSS 0.9x to 2.0, RDF or Atom."""
    unpacked, torn = gunzip(data, replace(limits, bytes=limits.page))
    body = xml_body(decode(unpacked))
    if not body:
        raise SourceRefused("not-a-feed", "not XML")
    feed, fault = slim_feed(body, limits)
    fault = "gzip-torn" if torn else fault
    # A file, because bytes could be the name of one to feedparser, and a string an address.
    parsed = feedparser.parse(BytesIO(feed), sanitize_html=False, resolve_relative_uris=False)
    items = [_feed_entry(item, url) for item in parsed.entries]
    found = [entry for entry in items if entry]
    _refuse_if(fault, empty=not found)
    entries = [entry for entry in found if not _is_home(entry.url)]
    return FeedPage(
        entries=entries,
        fault=fault,
        dropped=len(items) - len(found),
        homepage_links=len(found) - len(entries),
    )


def read_index(
    data: bytes, url: str, links_css: str, limits: Limits = LIMITS, charset: str | None = None
) -> list[Entry]:
    """The anchors that `links_css` selects on an index page, in order, each address once, without fragment.

    The title is the anchor's `title` or its text; where an address's first anchor has none, a later one's.
    """
    page = parse_html(data, charset, limits)
    if page is None:
        return []
    base = next((_absolute(base.get("href"), url) for base in page.iter("base")), None) or url
    titles: dict[str, str | None] = {}
    for selected in Selector(root=page, type="html").css(links_css):
        anchor = selected.root
        address = urldefrag(_absolute(anchor.get("href"), base) or url).url
        if address != urldefrag(url).url and not titles.get(address):
            titles[address] = _line(anchor.get("title")) or _line("".join(anchor.itertext()))
        if len(titles) == limits.entries:
            break
    return [Entry(url=address, source=url, title=title) for address, title in titles.items()]


class _Sitemap:
    """What the XML parser calls as it reads; the path of names keeps apart `url/loc` and `url/image/loc`."""

    _FIELDS = frozenset({"loc", "lastmod", "news/publication_date", "news/title", "news/keywords"})

    def __init__(self, url: str, limits: Limits) -> None:
        self.known = False  # It is a sitemap.
        self.fault: str | None = None
        self.entries: list[Entry] = []
        self.children: list[Child] = []
        self.dropped = 0
        self._url = url
        self._limits = limits
        self._path: list[str] = []
        self._text: list[str] = []
        self._found: dict[str, str] = {}

    def start(self, tag: str, attrib: dict[str, str]) -> None:  # noqa: ARG002 - lxml gives it
        name = local_name(tag)
        if not self.known and name not in {"urlset", "sitemapindex"}:
            raise SourceRefused("not-a-sitemap", f"the root element is <{name[:80]}>")
        if len(self._path) >= _NESTED:
            raise SourceRefused("xml-depth", f"more than {_NESTED} elements inside one another")
        self.known = True
        self._path.append(name)
        self._text.clear()
        if len(self._path) == 2:
            self._found = {}

    def data(self, text: str) -> None:
        if len(self._text) < self._limits.field:
            self._text.append(text)

    def end(self, tag: str) -> None:  # noqa: ARG002 - the path knows it
        field = "/".join(self._path[2:])
        if field in self._FIELDS:
            self._found.setdefault(field, "".join(self._text)[: self._limits.field])
        elif len(self._path) == 2 and self._path[1] in {"url", "sitemap"}:
            self._announce(child=self._path[1] == "sitemap")
        self._path.pop()
        self._text.clear()

    def close(self) -> None:
        """Everything is kept already."""

    def read_lines(self, text: str) -> None:
        """Read a text file (sitemaps.org, "Text file"); the first line tells whether it is one."""
        for line in re.finditer(r"\S[^\r\n]*", text):
            self._found = {"loc": line.group()}
            if not self.known and not self._found["loc"].lower().startswith(("http://", "https://")):
                return
            self.known = True
            self._announce(child=False)
            if self.fault:
                return

    def _announce(self, *, child: bool) -> None:
        address = _absolute(self._found.get("loc"), self._url)
        if not address:
            self.dropped += 1
        elif len(self.children if child else self.entries) >= self._limits.entries:
            self.fault = "children-limit" if child else "entries-limit"
        elif child:
            changed = self._found.get("lastmod", "")
            # A month or a year is its first day to `_date`, and the change may be of its last.
            self.children.append(Child(address, None if _COARSE.fullmatch(changed.strip()) else _date(changed)))
        else:
            found = self._found
            self.entries.append(
                Entry(
                    url=address,
                    source=self._url,
                    lastmod=_date(found.get("lastmod")),
                    published=_date(found.get("news/publication_date")),
                    title=_line(found.get("news/title")),
                    keywords=_words(found.get("news/keywords", "").split(",")),
                )
            )


def _feed_entry(item: dict[str, Any], url: str) -> Entry | None:
    address = _absolute(item.get("link"), url)
    if not address:
        return None
    # dict.get, because feedparser's own answers `updated` with `published` where there is none.
    return Entry(
        url=address,
        source=url,
        lastmod=_feed_date(dict.get(item, "updated"), dict.get(item, "updated_parsed")),
        published=_feed_date(dict.get(item, "published"), dict.get(item, "published_parsed")),
        title=_line(item.get("title")),
        keywords=_words(tag["term"] for tag in item.get("tags", ())),
    )


def _feed_date(raw: str | None, parsed: struct_time | None) -> datetime | None:
    """The reading of feedparser where it knows the zone, else ours."""
    # The years 1 and 9999 are not whole in every zone.
    if raw and parsed and _RFC_822.fullmatch(raw) and 1 < parsed[0] < 9999:
        return datetime(*parsed[:6], tzinfo=UTC)
    return _date(raw)


def _refuse_if(fault: str | None, *, empty: bool) -> None:
    if fault and empty:
        name, _, detail = fault.partition(": ")
        raise SourceRefused(name, detail or "nothing could be read")


def _date(raw: str | None) -> datetime | None:
    """A W3C datetime (sitemaps.org) or what outlets write; the start of the year, month or day it names."""
    raw = (raw or "").strip()
    if _COARSE.fullmatch(raw):
        raw = f"{raw}-01-01"[:10]
    return dates.parse(raw, date_only=True)


def _absolute(address: str | None, base: str) -> str | None:
    """The address as it stands if it is absolute, else against `base`; None if it cannot be fetched."""
    address = re.sub(r"[\t\r\n]", "", address or "").strip()
    try:
        parts = urlsplit(address)
        if address and not parts.scheme:
            address = urljoin(base, address)
            parts = urlsplit(address)
        fetchable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # Brackets or a port that cannot be.
        return None
    return address if fetchable and len(address) < _ADDRESS and "\ufffd" not in address else None


def _is_home(address: str) -> bool:
    """A home page. `/?p=123` is none: WordPress announces articles so."""
    parts = urlsplit(address)
    return parts.path in {"", "/"} and not parts.query


def _line(text: str | None) -> str | None:
    """Text in one line. References are resolved: titles are often escaped twice."""
    return " ".join(unescape((text or "")[: LIMITS.field]).split()) or None


def _words(words: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for word in words if (line := _line(word))))
