"""The JSON-LD of a page: nodes found in whatever shape, broken or whole, and asked for by type."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from lxml.etree import _Element as Element

from pipelines.page.markup import clean

Node = dict[str, Any]

_ARTICLE_NAMES = (
    "Article NewsArticle ReportageNewsArticle AnalysisNewsArticle BackgroundNewsArticle OpinionNewsArticle "
    "AskPublicNewsArticle ReviewNewsArticle AdvertiserContentArticle SatiricalArticle ScholarlyArticle TechArticle "
    "Report BlogPosting LiveBlogPosting"
)
ARTICLES = frozenset(_ARTICLE_NAMES.split())
"""Types of schema.org that an article may be of."""
HOUSES = frozenset(("Organization", "NewsMediaOrganization", "WebSite"))
"""Types of whoever publishes."""
_LONGEST = 2_000_000
_NODES = 5000
_ITEMS = 500
_AUTHORS = 50
# Where other nodes stand inside one.
_INSIDE = ("mainEntity", "@graph")
# What sites wrap their JSON-LD in, and the comma that a template leaves behind the last entry.
_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*<!\[CDATA\[\*/)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


def nodes(root: Element) -> list[Node]:
    """Every object that stands on its own: bare, in a list, in an `@graph` or as what a page is about (`mainEntity`).

    They come in the order of the page. A script that is no JSON even after repair is passed over: the page has other
    sources.
    """
    found: list[Node] = []
    for script in root.iter("script"):
        if "ld+json" not in script.get("type", "").lower():
            continue
        pending: list[Any] = [_load(script.text or "")]
        while pending and len(found) < _NODES:
            value = pending.pop()
            if isinstance(value, list):
                pending += reversed(value)
            elif isinstance(value, dict):
                pending += [value[key] for key in _INSIDE if isinstance(value.get(key), (list, dict))]
                if "@type" in value or "@id" in value:
                    found.append(value)
    return found


def _load(text: str) -> Any:
    """The value of a script, control characters in strings and trailing commas forgiven; None for no JSON."""
    if len(text) > _LONGEST:
        return None
    for mend in (str, _mended):
        try:
            return json.loads(mend(text), strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _mended(text: str) -> str:
    return _TRAILING_COMMA.sub("", _WRAPPING.sub("", _WRAPPING.sub("", text)))


def types(node: Node) -> set[str]:
    """Names of the node's types, without the vocabulary's address."""
    declared = node.get("@type")
    listed = declared if isinstance(declared, list) else [declared]
    return {name.rsplit("/", 1)[-1].removeprefix("schema:") for name in listed if isinstance(name, str)}


def of_type(found: list[Node], wanted: frozenset[str] | set[str]) -> list[Node]:
    """The nodes of any of these types."""
    return [node for node in found if types(node) & wanted]


def text(value: Any) -> str | None:
    """A string, the first of a list of them, or what a node calls itself; None for anything else or nothing."""
    return next((one for item in _items(value) if (one := _string(item))), None)


def _string(value: Any) -> str | None:
    for key in ("@value", "name"):
        if isinstance(value, dict):
            value = value.get(key, value)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    # Templates escape for HTML what stands in a script.
    return clean(html.unescape(str(value))) or None


def _items(value: Any) -> list[Any]:
    """What a list holds, however nested; a single value as a list of one. No recursion, and bounded."""
    found: list[Any] = []
    pending = [value]
    while pending and len(found) < _ITEMS:
        one = pending.pop()
        if isinstance(one, list):
            pending += reversed(one)
        else:
            found.append(one)
    return found


def texts(value: Any) -> list[str]:
    """Strings of a list, or of one string that lists them with commas."""
    items = value.split(",") if isinstance(value, str) else _items(value)
    return [one for item in items if (one := _string(item))]


def addresses(node: Node) -> list[str]:
    """Addresses of the page that a node is about."""
    values = [node.get(key) for key in ("mainEntityOfPage", "url", "@id")]
    values += [value.get("@id") for value in values if isinstance(value, dict)]
    return [value for value in values if isinstance(value, str)]


def image(value: Any, found: list[Node]) -> tuple[str | None, str | None]:
    """Address and caption of an image: a string, an ImageObject, an `@id` of one, or the first of a list."""
    for item in _items(value):
        if isinstance(item, dict):
            node = _referred(item, found)
            address = text(node.get("url")) or text(node.get("contentUrl"))
            if address:
                return address, text(node.get("caption"))
        elif address := _string(item):
            return address, None
    return None, None


def _referred(value: Node, found: list[Node]) -> Node:
    """The node that a bare `@id` stands for."""
    if not set(value) <= {"@id", "@type"}:
        return value
    return next((node for node in found if node.get("@id") == value.get("@id") and len(node) > len(value)), value)


def names(value: Any, found: list[Node]) -> list[str]:
    """Names of an author: a string, a Person, a list of them, or an `@id` that another node explains.

    Organisations have no name here: they are publishers, not people.
    """
    listed: list[str] = []
    for item in _items(value)[:_AUTHORS]:
        node = _referred(item, found) if isinstance(item, dict) else {"name": item}
        if not types(node) & HOUSES:
            listed += [one for name in _items(node.get("name")) if isinstance(name, str) and (one := _string(name))]
    return listed


def trail(node: Node) -> list[str]:
    """Names of a BreadcrumbList's items, in order."""
    items = node.get("itemListElement")
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return [name for item in found if (name := text(item.get("name")) or text(item.get("item")))]


def is_true(value: Any) -> bool | None:
    """A boolean however it is spelt; None for anything else."""
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None
