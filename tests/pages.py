"""Small invented pages, and what `extract` makes of them."""

import json
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element

from archive.model import Article
from pipelines.extract import Page, extract
from pipelines.rules import Layout, Rules

CAPTURED = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
URL = "https://www.contoh.test/nasional/123/judul"
PROSE = "Warga berkumpul di balai desa sejak pagi untuk mendengarkan penjelasan petugas tentang jembatan itu."
BODY = f"<div class='isi'><p>{PROSE}</p><p>{PROSE}</p></div>"
RULES = Rules(brands=("Contoh.test", "Contoh"), layouts=(Layout(body="div.isi"),))
NODE = {"@type": "NewsArticle", "headline": "Judul", "author": {"@type": "Person", "name": "Rina Ayu"}}


def rules_of(outlet: str) -> Rules:
    """The rules in an outlet's file."""
    spider = getattr(import_module(f"crawler.spiders.{outlet}"), f"{outlet.title()}Spider")
    rules: Rules = spider.outlet.rules
    return rules


def page(head: str = "", body: str = BODY, *, url: str = URL, rules: Rules = RULES, **named: Any) -> Page:
    """Extract a page with this head and body."""
    html = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()
    return extract(html, url, rules, captured=CAPTURED, **named)


def article(head: str = "", body: str = BODY, **named: Any) -> Article:
    """Extract a page and look at its article."""
    return page(head, body, **named).article


def ld(value: object) -> str:
    """A JSON-LD script with a value, or with a string as it stands."""
    return f"<script type='application/ld+json'>{value if isinstance(value, str) else json.dumps(value)}</script>"


def meta(**values: str) -> str:
    """Elements <meta name content>."""
    return "".join(f"<meta name='{name}' content='{value}'>" for name, value in values.items())


def container(markup: str) -> Element:
    """An element with this markup in it."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True)
    found = etree.fromstring(f"<div id='x'>{markup}</div>".encode(), parser).find(".//div[@id='x']")
    assert found is not None
    return found
