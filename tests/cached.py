"""An outlet behind a cache that kept half of some files and sends them with right lengths, as the disk was full."""

from __future__ import annotations

import gzip
import random
import zlib
from dataclasses import dataclass, field, replace

from tests.fakesite import Reply, Request

WWW, REGIONAL = "www.tribunnews.com", "jatim.tribunnews.com"
CLOSED = "/990005/kabar-daerah"
"""Of the regional host, whose robots.txt is cut off before the line that may close it."""
DAY = "2026-11-02"
"""On which a source says that the article was published that is edited."""
EDITED = "Pasar Apung Tutup"
ADVERTISING = b"<!-- iklan -->"
"""With it a page is not answered with 304, of which an adoption makes nothing."""
END = b"</div></body></html>"
HTML = ("Content-Type", "text/html; charset=UTF-8")
XML = ("Content-Type", "application/xml")


@dataclass
class Cached:
    """A document as the cache before an outlet sends it: all of it, or what it kept; the ETag is the outlet's."""

    path: str
    body: bytes
    until: bytes | None = None
    """What came ends within this part of it; None for all."""
    kind: tuple[str, str] = HTML
    asked: list[str] = field(default_factory=list)
    """If-None-Match of each request."""

    @property
    def url(self) -> str:
        return f"https://{WWW}{self.path}"

    @property
    def kept(self) -> bytes:
        coded = gzip.compress(self.body, mtime=0)
        if self.until is None:
            return coded
        begin = self.body.index(self.until)
        inside = range(begin + 1, begin + len(self.until))
        return next(part for end in range(len(coded)) if len(unfolded(part := coded[:end])) in inside)

    def __call__(self, request: Request) -> Reply:
        etag = f'"{zlib.crc32(self.body)}"'
        self.asked.append(request.header("If-None-Match"))
        if self.asked[-1] == etag:
            return Reply(status=304, headers=(("ETag", etag),))
        return Reply(headers=(self.kind, ("Content-Encoding", "gzip"), ("ETag", etag)), body=self.kept)


def unfolded(coded: bytes) -> bytes:
    return zlib.decompressobj(31).decompress(coded)


def words(seed: int, count: int) -> list[str]:
    """Words that gzip makes little of."""
    draw = random.Random(seed)
    return ["".join(draw.choices("abcdefghijklmnoprstuwy", k=draw.randint(4, 9))) for _ in range(count)]


def article(number: int, *, title: str = "Pasar Apung Ramai", seed: int = 0) -> Cached:
    prose = "".join(f"<p>{' '.join(words(100 * (seed or number) + at, 40)).capitalize()}.</p>" for at in range(10))
    body = (
        f"<html><head><title>{title} {number}</title></head><body><h1 id='arttitle'>{title} {number}</h1>"
        f"<div class='side-article txt-article'>{prose}</div></body></html>"
    )
    return Cached(f"/nasional/99000{number}/{'-'.join(words(number, 3))}", body.encode())


def paged(number: int, page: int, *, title: str = "Pasar Apung Ramai") -> Cached:
    """A page of an article of two pages."""
    whole = article(number, title=title)
    address = whole.path if page == 1 else f"{whole.path}?page={page}"
    links = f"<a href='{whole.path}'>1</a><a href='{whole.path}?page=2'>2</a>"
    pager = f"<div class='paging'>{links} Halaman {page} dari 2</div><h1".encode()
    parts = whole.body.replace(b"<h1", pager).split(b"<p>")
    half = parts[1:6] if page == 1 else parts[6:]
    return Cached(address, b"<p>".join([parts[0], *half]).removesuffix(END) + END)


def paragraph(page: Cached, number: int) -> bytes:
    return page.body.split(b"<p>")[number]


WORDS = " ".join(words(9, 300)).encode()
CHALLENGE = b"<html><head><title>Just a moment...</title></head><body><form id='challenge-form'>%s</form>" % WORDS


@dataclass
class Outlet:
    """An outlet whose cache was out of order, and is mended."""

    half: Cached
    film: Cached
    """Of which the cache has the head: by that it is a film."""
    whole: Cached
    late: Cached
    """Announced last, and in what the caches have by half an address."""
    sitemap: Cached
    index: Cached
    two: Cached
    """Page 1 of an article whose page 2 the cache has, and of `page=all` only half."""
    two_all: Cached
    two_second: Cached
    edited: Cached
    """Page 1 of an article that its outlet edits, while the cache has half of page 2, and there is no `page=all`."""
    edited_second: Cached
    torn: Cached
    """Page 1 of an article of whose page 2 the cache has the head: by that it is a film."""
    torn_second: Cached
    walled: Cached
    """Before which a wall is put later, of which the cache has half."""

    def spoil(self) -> None:
        """What becomes of articles that have come."""
        self.whole.body, self.whole.until = article(3, title="Video: Pasar", seed=7).body, self.film.until
        self.walled.body, self.walled.until = CHALLENGE, WORDS
        self.edited.body = paged(7, 1, title=EDITED).body
        self.torn.body += ADVERTISING

    def mend(self) -> None:
        for document in (self.half, self.film, self.torn_second, self.sitemap, self.index):
            document.until = None


def outlet_of_a_broken_cache() -> Outlet:
    """It has all of its articles, and sends what the cache has of them."""
    half, film, whole, late = article(1), article(2, title="Video: Pasar Apung"), article(3), article(4)
    half.until, film.until = paragraph(half, 8), b"<h1 id='arttitle'>"
    two, two_second, edited, edited_second = (paged(number, page) for number in (6, 7) for page in (1, 2))
    torn, torn_second = paged(9, 1), paged(9, 2, title="Video: Pasar Apung")
    torn_second.until = b"<div class='paging'>"
    two_all = replace(article(6), path=f"{two.path}?page=all", until=paragraph(article(6), 7), asked=[])
    edited_second.until, walled = paragraph(edited_second, 4), article(8)
    named = (half, film, whole, two, edited, torn, walled, late)
    addresses = (f"https://{REGIONAL}{CLOSED}", *(page.url for page in named))
    day = f"<news:news><news:publication_date>{DAY}T05:00:00Z</news:publication_date></news:news>"
    places = "".join(f"<url><loc>{one}</loc>{day if one == edited.url else ''}</url>" for one in addresses)
    news = "http://www.google.com/schemas/sitemap-news/0.9"
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="{news}">{places}</urlset>'
    links = "".join(f"<li class='ptb15'><h3><a href='{page.url}'>x</a></h3></li>" for page in (whole, late))
    listed = f"<html><body><ul class='lsi'>{links}</ul></body></html>"
    cut = late.path[-16:].encode()
    return Outlet(
        half=half,
        film=film,
        whole=whole,
        late=late,
        sitemap=Cached("/sitemap.xml", sitemap.encode(), cut, XML),
        index=Cached("/index-news", listed.encode(), cut),
        two=two,
        two_all=two_all,
        two_second=two_second,
        edited=edited,
        edited_second=edited_second,
        torn=torn,
        torn_second=torn_second,
        walled=walled,
    )
