"""Where the outlets announce their articles: robots.txt, sitemaps, feeds, indexes, home and section pages."""

import gzip
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import import_module
from urllib.parse import urlsplit

from tests.fakesite import feeds, hostile, listings
from tests.fakesite.cases import WIB, Case
from tests.fakesite.reply import Reply

HOMES = {
    "www.tribunnews.com": "Tribunnews.com",
    "m.tribunnews.com": "Tribunnews.com",
    "www.kompas.tv": "Kompas.tv",
    "intisari.grid.id": "Intisari Online",
    "intisari-online.com": "Intisari Online",
    "jatimcenter.com": "Jatimcenter.com",
}
SECTIONS = ("nasional", "regional", "internasional")

# Announced like any article, and none: what becomes of them is in site.py.
SPECIAL = (
    ("/nasional/7788190/pindah-ke-luar", "Pindah ke Luar"),
    ("/nasional/7788191/sudah-hilang", "Sudah Hilang"),
    ("/nasional/7788192/alamat-berubah", "Alamat Berubah"),
    ("/nasional/7788193/sudah-dicabut", "Sudah Dicabut"),
)
_SPECIAL_TIME = datetime(2026, 11, 18, 10, 0, tzinfo=WIB)

# The outlets below whose sources are known well enough to be imitated.
_ANNOUNCERS = {"tribun", "kompastv", "intisari", "jatimcenter"}
_TRIBUN = "https://www.tribunnews.com"
_INTISARI_NEWS = "https://intisari.grid.id/sitemap/news/sitemap.xml"
_JATIM = "https://jatimcenter.com"


class Sources:
    """Every announcing page of every host; only the dated index and the hostile ones are made on demand."""

    def __init__(self, cases: list[Case], *, hostile: bool) -> None:
        self.hosts = {*HOMES, *(case.host for case in cases)}
        self._cases = cases
        self._hostile = hostile
        self._pages: dict[str, Reply] = {}
        self._sitemaps: dict[str, tuple[str, ...]] = {}
        for host, name in HOMES.items():
            self._put(f"https://{host}/", _html(listings.page(name, f"<h1>{name}</h1>")))
        self._add_tribun()
        self._add_kompastv()
        self._add_intisari()
        self._add_jatimcenter()
        for outlet in sorted({case.outlet for case in cases} - _ANNOUNCERS):
            self._add_any(outlet)

    def answer(self, host: str, path: str, query: Mapping[str, str]) -> Reply | None:
        """What is announced at an address, if anything."""
        if path == "/robots.txt":
            return self._robots(host)
        if path == "/index-news" and host.endswith(".tribunnews.com"):
            shown = [case for case in self._of("tribun") if host in ("www.tribunnews.com", case.host)]
            return _html(listings.tribun_index(shown, query.get("date", ""), query.get("page", "1")))
        if host == "www.tribunnews.com" and re.fullmatch(r"/\d{4}/\d{2}", path):
            shown = [case for case in self._of("tribun") if f"{case.published:/%Y/%m}" == path]
            return _html(listings.tribun_index(shown, "", query.get("page", "1")))
        if self._hostile and host == "www.tribunnews.com" and (reply := hostile.answer(path)):
            return reply
        return self._pages.get(host + path)

    def _put(self, url: str, reply: Reply) -> None:
        parts = urlsplit(url)
        self._pages[parts.netloc + parts.path] = reply

    def _of(self, outlet: str) -> list[Case]:
        return [case for case in self._cases if case.outlet == outlet]

    def _robots(self, host: str) -> Reply:
        sitemaps: tuple[str, ...] = ()
        if host == "www.tribunnews.com":
            sitemaps = (*(hostile.SITEMAPS if self._hostile else ()), f"{_TRIBUN}/sitemap.xml")
        elif host in self._sitemaps:
            sitemaps = self._sitemaps[host]
        elif f"{host}/sitemap-news.xml" in self._pages:
            sitemaps = (f"https://{host}/sitemap-news.xml",)
        elif host == "intisari.grid.id":
            sitemaps = (_INTISARI_NEWS,)
        elif host == "jatimcenter.com":
            sitemaps = (f"{_JATIM}/wp-sitemap.xml",)
        lines = ["User-agent: *", "Disallow: /search", "Disallow: /tag/", "Disallow: /api/", ""]
        body = "\n".join([*lines, *(f"Sitemap: {url}" for url in sitemaps), ""])
        return Reply(headers=(("Content-Type", "text/plain"),), body=body.encode())

    def _add_tribun(self) -> None:
        cases = self._of("tribun")
        national = [case for case in cases if case.host == "www.tribunnews.com"]
        parts = [f"{_TRIBUN}/{name}.xml" for name in ("nasional/sitemap-news", "sains/sitemap-news", "sitemap-mobile")]
        self._put(f"{_TRIBUN}/sitemap.xml", _xml(feeds.sitemap_index(parts)))
        rows = [_news_row("Tribunnews.com", case) for case in national if case.path.startswith("/nasional/")]
        rows += [feeds.news_url("Tribunnews.com", _TRIBUN + path, title, _SPECIAL_TIME) for path, title in SPECIAL]
        self._put(parts[0], _xml(feeds.news_sitemap(rows)))
        rows = [_news_row("Tribunnews.com", case) for case in national if not case.path.startswith("/nasional/")]
        # A gzipped file without Content-Encoding, under a name that ends in .xml.
        packed = gzip.compress(feeds.news_sitemap(rows), mtime=0)
        self._put(parts[1], Reply(headers=(("Content-Type", "application/x-gzip"),), body=packed))
        self._put(parts[2], _xml(feeds.sitemap(_mobile(national))))
        for host in {case.host for case in cases} - {"www.tribunnews.com"}:
            self._put(f"https://{host}/", _html(listings.page(host, f"<h1>{host}</h1>")))
            rows = [_news_row(host, case) for case in cases if case.host == host]
            self._put(f"https://{host}/sitemap-news.xml", _xml(feeds.news_sitemap(rows)))
        self._put(f"{_TRIBUN}/rss", _feed(feeds.rss("Tribunnews.com", _TRIBUN, cases, link=f"{_TRIBUN}/")))

    def _add_kompastv(self) -> None:
        home, cases = "https://www.kompas.tv", self._of("kompastv")
        self._put(f"{home}/rss", _feed(feeds.rss("Kompas.tv", home, cases)))
        for section in SECTIONS:
            # The old /article/ addresses do not tell their section.
            prefixes = (f"/{section}/", "/article/") if section == "nasional" else (f"/{section}/",)
            shown = [case for case in cases if case.path.startswith(prefixes)]
            self._put(f"{home}/{section}", _html(listings.kompastv_section(section, shown)))

    def _add_intisari(self) -> None:
        listed = [(_intisari_address(case), case) for case in self._of("intisari")]
        rows = [feeds.news_url("Intisari", url, case.title, case.published, case.tags) for url, case in listed]
        self._put(_INTISARI_NEWS, _xml(feeds.news_sitemap(rows)))
        self._put("https://intisari.grid.id/", _html(listings.intisari_home(listed)))

    def _add_jatimcenter(self) -> None:
        cases, posts = self._of("jatimcenter"), f"{_JATIM}/wp-sitemap-posts-post-1.xml"
        self._put(f"{_JATIM}/wp-sitemap.xml", _xml(feeds.sitemap_index([posts])))
        self._put(posts, _xml(feeds.sitemap((case.url, case.published) for case in cases)))
        body = feeds.atom("Jatimcenter.com", _JATIM, cases)
        self._put(
            f"{_JATIM}/feed/",
            Reply(headers=(("Content-Type", "application/atom+xml; charset=UTF-8"),), body=body),
        )

    def _add_any(self, outlet: str) -> None:
        """An outlet without an announcer of its own: a news sitemap a host, which every robots.txt of it names."""
        cases = self._of(outlet)
        announced = {case.host for case in cases}
        for host in announced:
            rows = [_news_row(outlet, case) for case in cases if case.host == host]
            self._put(f"https://{host}/sitemap-news.xml", _xml(feeds.news_sitemap(rows)))
            self._put(f"https://{host}/", _html(listings.page(host, f"<h1>{host}</h1>")))
        sitemaps = tuple(f"https://{host}/sitemap-news.xml" for host in sorted(announced))
        hosts = announced | _source_hosts(outlet)
        self._sitemaps |= dict.fromkeys(hosts, sitemaps)
        self.hosts |= hosts


def _source_hosts(outlet: str) -> set[str]:
    """Where its spider asks: those hosts live, and what they have not is a 404."""
    spider = getattr(import_module(f"crawler.spiders.{outlet}"), f"{outlet.capitalize()}Spider")
    return {urlsplit(source.url).netloc for source in spider.outlet.sources}


def _news_row(name: str, case: Case) -> str:
    return feeds.news_url(name, case.url, case.title, case.published, case.tags)


def _mobile(cases: list[Case]) -> Iterator[tuple[str, datetime]]:
    for case in cases:
        yield f"http://m.tribunnews.com{case.path}", case.published
        yield f"https://m.tribunnews.com/amp{case.path}", case.published


def _intisari_address(case: Case) -> str:
    """Seven-digit numbers are from the days of the former host, and are still announced there."""
    return f"http://intisari-online.com{case.path}" if re.match(r"/read/\d{7}/", case.path) else case.url


def _html(body: bytes) -> Reply:
    return Reply(headers=(("Content-Type", "text/html; charset=UTF-8"),), body=body)


def _xml(body: bytes) -> Reply:
    return Reply(headers=(("Content-Type", "application/xml"),), body=body)


def _feed(body: bytes) -> Reply:
    return Reply(headers=(("Content-Type", "application/rss+xml; charset=UTF-8"),), body=body)
