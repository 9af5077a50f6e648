"""What a page says about its article: each fact from the best place that has it, and the place remembered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from archive.model import Article
from pipelines import blocks, dates, jsonld, people
from pipelines.boilerplate import Body
from pipelines.document import Document
from pipelines.headline import dateline, headlines
from pipelines.markup import absolute, clean

# In the order in which they are believed. content_* is the data layer of the KG network (Tribun, Kompas, Grid).
_PUBLISHED = (
    "article:published_time",
    "content_publisheddate",
    "publishdate",
    "dtk:publishdate",
    "jpnncom_news_pubdate",
    "datepublished",
    "pubdate",
    "parsely-pub-date",
    "dc.date.issued",
)
_MODIFIED = ("article:modified_time", "og:updated_time", "content_modifieddate", "datemodified")
_AUTHOR = ("dtk:author", "author", "article:author")
_TAGS = ("article:tag", "content_tags", "content_tag")
_KEYWORDS = ("news_keywords", "keywords")
_MOST_TAGS = 200
_ROBOTS = ("robots", "googlebot", "googlebot-news", "bingbot")
_SIGNALS = frozenset(("noarchive", "noai", "noimageai"))
# Where markup itself says "published" or "author", for outlets without rules.
_ANNOUNCED = "[itemprop~='datePublished'], time.published, time.entry-date, h1 ~ time, header:has(h1) time"
_SIGNED = "[itemprop~='author'] [itemprop~='name'], [rel~='author']"

# A credit in brackets ends a caption; a date, or who stands where, belongs to it.
_CREDIT = re.compile(
    r"\s*[(\[](?!(?:kanan|kiri|tengah|atas|bawah)\b)(?=[^()\[\]]*[^\W\d])[^()\[\]]{2,160}[)\]]\s*\.?$", re.IGNORECASE
)
_DAY_IN_BRACKETS = re.compile(r"[(\[][^()\[\]]*\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}[)\]]\s*\.?$")

Offers = Iterable[tuple[str, Any]]
"""(origin, value), the most trustworthy first."""


def fill(article: Article, document: Document, body: Body) -> None:
    """Put every fact that the page and its body have into the article."""
    _set(article, "title", headlines(document))
    _set(article, "description", _description(document))
    _dates(article, document)
    _set(article, "editors", _editors(document, body))
    _set(article, "authors", _authors(document, body, article.editors))
    _set(article, "section", _section(document, article.title))
    _set(article, "tags", _tags(document))
    _set(article, "image", _image(document))
    _set(article, "image_caption", _caption(document))
    _set(article, "source_credit", _source(document, body))
    _set(article, "syndicated_from", [("visible", body.syndicated_from)])
    _set(article, "place", (("visible", dateline(head, document.publishers)) for head in body.paragraphs[:1]))
    free = (jsonld.is_true(node.get("isAccessibleForFree")) for node in (document.node, *document.nodes))
    _set(article, "free", (("jsonld", one) for one in free))
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


def _dates(article: Article, document: Document) -> None:
    """`published` and `modified`.

    Nothing is read from prose, captions, sidebars or footers: what no element announces stays unknown. A day without
    a time is kept as `published_raw` alone.
    """
    zone = document.rules.zone
    moments = [moment for origin, raw in _announced(document) if (moment := _moment(origin, raw, zone))]
    settled = dates.settle(moments, zone)
    if settled:
        _set(article, "published", [(settled.origin, settled.when)])
    if chosen := settled or next(iter(moments), None):
        _set(article, "published_raw", [(chosen.origin, chosen.raw)])
    offers = [("jsonld", jsonld.text(document.node.get("dateModified")))]
    offers += [("meta", raw) for raw in document.metas(_MODIFIED)]
    for origin, raw in offers:
        if raw and (edit := _moment(origin, raw, zone)) and edit.timed:
            edit = dates.settle_edit(edit, moments, zone)
            _set(article, "modified", [(edit.origin, edit.when)])
            return


def _announced(document: Document) -> Iterator[tuple[str, str]]:
    """Strings that announce the publication. Some templates date only the WebPage, so it speaks for the article."""
    nodes = [document.node] if document.node else jsonld.of_type(document.nodes, {"WebPage"})
    yield from (("jsonld", raw) for node in nodes if (raw := jsonld.text(node.get("datePublished"))))
    yield from (("meta", raw) for raw in document.metas(_PUBLISHED))
    yield from (("rule", raw) for raw in document.each("published"))
    if document.layout is None:
        for one in document.elements(_ANNOUNCED)[:1]:
            yield "visible", one.get("datetime") or one.get("content") or blocks.flat(one)


def _moment(origin: str, raw: str, zone: str) -> dates.Moment | None:
    """A machine's value is quoted whole, a visible line only where it names the date."""
    moment = dates.find(raw, zone=zone, origin=origin)
    return replace(moment, raw=clean(raw)) if moment and origin in {"jsonld", "meta"} else moment


def _editors(document: Document, body: Body) -> Iterator[tuple[str, list[str]]]:
    yield "meta", _people(document, document.metas(("content_editor",)))
    yield from (("rule", _people(document, names)) for names in _labelled(document, "editors"))
    yield "visible", _people(document, body.byline.editors)


def _authors(document: Document, body: Body, editors: list[str]) -> Iterator[tuple[str, list[str]]]:
    """People who wrote it.

    Where the page labels an author ("Penulis: A", content_author), JSON-LD that gives the editor for one is not
    believed: kompas.com and republika.co.id do so.
    """
    declared = _people(document, jsonld.names(document.node.get("author"), document.nodes))
    wrong = set(declared) <= set(editors) and any(names for _, names in _labelled_authors(document, body))
    yield "jsonld", [] if wrong else declared
    yield from _labelled_authors(document, body)
    yield "meta", _people(document, document.metas(_AUTHOR))
    yield "visible", _people(document, body.reporters)
    if document.layout is None:
        yield "visible", _people(document, (blocks.flat(one) for one in document.elements(_SIGNED)))


def _labelled_authors(document: Document, body: Body) -> Iterator[tuple[str, list[str]]]:
    yield "meta", _people(document, document.metas(("content_author",)))
    yield from (("rule", _people(document, names)) for names in _labelled(document, "authors"))
    yield "visible", _people(document, body.byline.authors)


def _people(document: Document, names: Iterable[str]) -> list[str]:
    return people.people(names, document.publishers)


def _labelled(document: Document, role: str) -> Iterator[list[str]]:
    """Names that the layout's elements give for a role: bare names, or the part of a byline that is the role's.

    A line with a label of another kind ("Fotografer: A") names nobody here.
    """
    for group in document.groups(role):
        lines = [(line, people.byline(line)) for line in group]
        names = [getattr(found, role) if found else [] if ":" in line else [line] for line, found in lines]
        yield [name for some in names for name in some]


def _section(document: Document, title: str | None) -> Iterator[tuple[str, str | None]]:
    yield "jsonld", jsonld.text(document.node.get("articleSection"))
    yield from (("meta", name) for name in document.metas(("article:section", "content_category")))
    yield from (("rule", name) for name in document.each("section"))
    for node in jsonld.of_type(document.nodes, {"BreadcrumbList"}):
        trail = jsonld.trail(node)
        # The last step may be the article itself.
        if trail and title and trail[-1].startswith(title[:40]):
            trail.pop()
        yield "jsonld", trail[-1] if len(trail) > 1 else None


def _tags(document: Document) -> Iterator[tuple[str, list[str]]]:
    """Lists of tags without doubles. What readers see goes before the keywords that are meant for search engines."""
    yield "jsonld", _once(jsonld.texts(document.node.get("keywords")))
    yield from (("meta", _once(_split(document.meta.get(name, ())))) for name in _TAGS)
    yield from (("rule", _once(group)) for group in document.groups("tags"))
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
    yield "jsonld", absolute(document.url, address or "")
    yield from (("meta", absolute(document.url, one)) for one in document.metas(("og:image",)))
    yield from (("rule", absolute(document.url, one)) for one in document.each("image"))


def _caption(document: Document) -> Iterator[tuple[str, str]]:
    yield from (("rule", uncredited(one)) for one in document.each("caption"))
    _, caption = jsonld.image(document.node.get("image"), document.nodes)
    yield "jsonld", uncredited(caption or "")


def uncredited(caption: str) -> str:
    """A caption without "(Sumber: AFP)" at its end; empty when there was nothing else."""
    return caption if _DAY_IN_BRACKETS.search(caption) else _CREDIT.sub("", caption)


def _source(document: Document, body: Body) -> Iterator[tuple[str, str | None]]:
    """Agency or site; the publisher itself is no source."""
    offers = chain(
        (("rule", line) for line in document.each("credit")),
        [("visible", body.byline.source or "")],
        (("meta", line) for line in document.metas(("content_source",))),
    )
    for origin, line in offers:
        found = people.byline(line)
        name = found.source if found else line
        if name and not people.is_publisher(name, document.publishers):
            yield origin, name


def _opt_out(document: Document) -> list[str]:
    """Signals against reuse in meta elements, as `robots: noarchive`."""
    found: dict[str, None] = {}
    for name in _ROBOTS:
        for directive in re.split(r"[,;\s]+", " ".join(document.meta.get(name, ())).lower()):
            if directive in _SIGNALS:
                found[f"{name}: {directive}"] = None
    for value in document.meta.get("tdm-reservation", ()):
        found[f"tdm-reservation: {value}"] = None
    return list(found)
