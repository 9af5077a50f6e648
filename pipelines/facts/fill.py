"""What a page says about its article: each fact from the best place that has it, and the place remembered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from archive import optout
from archive.model import Article
from pipelines.facts import bylines, dateline, moments, visible
from pipelines.facts.clues import Clues
from pipelines.page import jsonld, people
from pipelines.page.document import Document
from pipelines.page.markup import absolute, clean
from pipelines.text.boilerplate import Body

_SECTION = ("article:section", "content_category", "articlesection")
_LAYER_SECTION = ("content_category", "section", "kanal", "channel", "category")
_LAYER_TAGS = ("content_tags", "content_tag", "tags", "article_tags")
_TAGS = ("article:tag", "content_tags", "content_tag")
_KEYWORDS = ("news_keywords", "keywords")
_MOST_TAGS = 200
_TIERS = {"free": True, "locked": False, "metered": False}

# A credit in brackets ends a caption; a date, or who stands where, belongs to it.
_CREDIT = re.compile(
    r"\s*[(\[](?!(?:kanan|kiri|tengah|atas|bawah)\b)(?=[^()\[\]]*[^\W\d])[^()\[\]]{2,160}[)\]]\s*\.?$", re.IGNORECASE
)
_DAY_IN_BRACKETS = re.compile(r"[(\[][^()\[\]]*\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}[)\]]\s*\.?$")
_BROKEN = re.compile(r"https?:(?!//)", re.IGNORECASE)

Offers = Iterable[tuple[str, Any]]
"""(origin, value), the most trustworthy first."""


def fill(article: Article, document: Document, body: Body, headline: tuple[str, str] | None) -> None:
    """Put every fact that the page and its body have into the article, whose text has its origin already."""
    _set(article, "title", [headline] if headline else [])
    _set(article, "image", _image(document))
    unruled = article.origins.get("text") != "rule"
    clues = Clues(document, body, article.title, article.image, unruled)
    _set(article, "description", _description(document))
    _dates(article, clues)
    _set(article, "editors", bylines.editors(clues))
    _set(article, "authors", bylines.authors(clues, article.editors))
    _set(article, "section", _section(clues))
    _set(article, "tags", _tags(clues, article.section))
    _set(article, "image_caption", _caption(clues))
    _set(article, "source_credit", bylines.source(clues))
    _set(article, "syndicated_from", [("visible", body.syndicated_from)])
    places = (dateline.place(head, document.publishers, document.url) for head in body.paragraphs[:1])
    _set(article, "place", (("visible", place) for place in places))
    _set(article, "free", _free(document))
    article.opt_out = _opt_out(document)


def _set(article: Article, field: str, offers: Offers) -> None:
    """Set a field to the first value there is, and remember its origin."""
    for origin, value in offers:
        if value is not None and value not in ("", []):
            setattr(article, field, value)
            article.origins[field] = origin
            return


def _description(document: Document) -> Iterator[tuple[str, str | None]]:
    yield "jsonld", jsonld.text(document.node.get("description"))
    yield from (("meta", text) for text in document.metas(("description", "og:description")))
    yield from (("rule", text) for text in document.each("description"))


def _dates(article: Article, clues: Clues) -> None:
    """`published` and `modified`. A day without a time is kept as `published_raw` alone."""
    published, edited = moments.read(clues, article.captured)
    if published:
        _set(article, "published", [(published.origin, published.when if published.timed else None)])
        _set(article, "published_raw", [(published.origin, published.raw)])
    if edited:
        _set(article, "modified", [(edited.origin, edited.when)])


def _section(clues: Clues) -> Iterator[tuple[str, str | None]]:
    document = clues.document
    yield "jsonld", jsonld.text(document.node.get("articleSection"))
    yield from (("meta", name) for name in document.metas(_SECTION) if not people.is_house(name))
    yield from (("rule", name) for name in document.each("section"))
    for node in jsonld.of_type(document.nodes, {"BreadcrumbList"}):
        yield "jsonld", _last_step(jsonld.trail(node), clues.title)
    yield from (("script", name) for name in clues.layers(_LAYER_SECTION))
    if clues.unruled:
        yield "visible", _last_step(visible.trail(document), clues.title)


def _last_step(trail: list[str], title: str | None) -> str | None:
    """The section at the end of a breadcrumb trail, whose last step may be the article itself."""
    if trail and title and trail[-1].startswith(title[:40]):
        trail.pop()
    return trail[-1] if len(trail) > 1 else None


def _tags(clues: Clues, section: str | None) -> Iterator[tuple[str, list[str]]]:
    """Lists of tags without doubles. What readers see goes before the keywords that are meant for search engines."""
    document = clues.document
    # liputan6 files the section and the editor among them: "Tekno:Telko", "Editor:Rina Ayu".
    yield "jsonld", _once(one for one in clues.keywords if not one.startswith(f"{section}:") and not people.byline(one))
    yield from (("meta", _once(_split(document.meta.get(name, ())))) for name in _TAGS)
    yield from (("rule", _once(group)) for group in document.groups("tags"))
    yield from (("script", _once(_split([value]))) for value in clues.layers(_LAYER_TAGS))
    if clues.unruled:
        yield "visible", _once(visible.tags(document, clues.heading))
    yield from (("meta", _once(_split(document.meta.get(name, ())))) for name in _KEYWORDS)


def _split(values: Iterable[str]) -> Iterator[str]:
    return (tag for value in values for tag in value.split(","))


def _once(values: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for tag in map(clean, values):
        found.setdefault(tag.casefold(), tag)
    found.pop("", None)
    return list(found.values())[:_MOST_TAGS]


def _image(document: Document) -> Iterator[tuple[str, str | None]]:
    address, _ = jsonld.image(document.node.get("image"), document.nodes)
    yield "jsonld", _absolute(document, address or "")
    yield from (("meta", _absolute(document, one)) for one in document.metas(("og:image",)))
    yield from (("rule", _absolute(document, one)) for one in document.each("image"))


def _absolute(document: Document, address: str) -> str | None:
    """The address, unless it is broken, such as "http:/cdn.contoh.id/a.jpg"."""
    return None if _BROKEN.match(address) else absolute(document.url, address)


def _caption(clues: Clues) -> Iterator[tuple[str, str]]:
    document = clues.document
    yield from (("rule", uncredited(one)) for one in document.each("caption"))
    _, caption = jsonld.image(document.node.get("image"), document.nodes)
    yield "jsonld", uncredited(caption or "")
    if clues.unruled:
        yield from (("visible", uncredited(one)) for one in clues.around.captions[:1])


def uncredited(caption: str) -> str:
    """A caption without "(Sumber: AFP)" at its end; empty when there was nothing else."""
    return caption if _DAY_IN_BRACKETS.search(caption) else _CREDIT.sub("", caption)


def _free(document: Document) -> Iterator[tuple[str, bool | None]]:
    yield from (
        ("jsonld", jsonld.is_true(node.get("isAccessibleForFree"))) for node in (document.node, *document.nodes)
    )
    yield from (("meta", _TIERS.get(tier)) for tier in document.metas(("article:content_tier",)))


def _opt_out(document: Document) -> list[str]:
    """Signals against reuse in meta elements, as `robots: noarchive`."""
    found = (optout.of_meta(name, value) for name in optout.METAS for value in document.meta.get(name, ()))
    return list(dict.fromkeys(chain.from_iterable(found)))
