"""XML that announces articles: sitemaps, news sitemaps, RSS and Atom, each in the dialect of its outlet."""

from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from tests.fakesite.cases import WIB, Case

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def sitemap_index(urls: Iterable[str]) -> bytes:
    """A sitemap of sitemaps."""
    rows = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>\n" for url in urls)
    return f"{_HEAD}<sitemapindex {_SITEMAP}>\n{rows}</sitemapindex>\n".encode()


def sitemap(pages: Iterable[tuple[str, datetime]]) -> bytes:
    """A plain sitemap with `lastmod`."""
    rows = "".join(
        f"<url><loc>{escape(url)}</loc><lastmod>{moment.isoformat()}</lastmod></url>\n" for url, moment in pages
    )
    return f"{_HEAD}<urlset {_SITEMAP}>\n{rows}</urlset>\n".encode()


def news_sitemap(rows: Iterable[str]) -> bytes:
    """A news sitemap made of `news_url` rows."""
    return f"{_HEAD}<urlset {_SITEMAP} {_NEWS}>\n{''.join(rows)}</urlset>\n".encode()


def news_url(outlet: str, url: str, title: str, published: datetime, tags: Iterable[str] = ()) -> str:
    """One row of a news sitemap, all text in CDATA; the time is in WIB whatever the article says."""
    return f"""<url>
  <loc><![CDATA[{url}]]></loc>
  <news:news>
    <news:publication><news:name>{outlet}</news:name><news:language>id</news:language></news:publication>
    <news:publication_date>{published.astimezone(WIB).isoformat()}</news:publication_date>
    <news:title><![CDATA[{title}]]></news:title>
    <news:keywords><![CDATA[{", ".join(tags)}]]></news:keywords>
  </news:news>
</url>
"""


def rss(name: str, home: str, cases: Iterable[Case], *, link: str | None = None) -> bytes:
    """RSS 2.0; `link` overrides the link of every item, which is the fault of Tribun's own feed."""
    items = "".join(
        f"""<item>
  <title><![CDATA[{case.title}]]></title>
  <link>{escape(link or case.url)}</link>
  <guid isPermaLink="true">{escape(link or case.url)}</guid>
  <pubDate>{format_datetime(case.published.astimezone(WIB))}</pubDate>
  <description><![CDATA[{case.description}]]></description>
</item>
"""
        for case in cases
    )
    channel = f"<title>{name}</title><link>{home}</link><description>{name}</description><language>id</language>"
    return f'{_HEAD}<rss version="2.0"><channel>\n{channel}\n{items}</channel></rss>\n'.encode()


def atom(name: str, home: str, cases: Iterable[Case]) -> bytes:
    """Atom 1.0."""
    listed = list(cases)
    entries = "".join(
        f"""<entry>
  <title type="html">{escape(escape(case.title))}</title>
  <link rel="alternate" type="text/html" href="{escape(case.url, {'"': "&quot;"})}"/>
  <id>{escape(case.url)}</id>
  <published>{case.published.isoformat()}</published>
  <updated>{case.published.isoformat()}</updated>
  <summary type="html">{escape(escape(case.description))}</summary>
</entry>
"""
        for case in listed
    )
    updated = listed[0].published.isoformat() if listed else "2026-11-01T00:00:00+07:00"
    feed = f'<title>{name}</title><link href="{home}"/><id>{home}</id><updated>{updated}</updated>'
    return f'{_HEAD}<feed xmlns="http://www.w3.org/2005/Atom">\n{feed}\n{entries}</feed>\n'.encode()
