"""The outlet's name taken off titles, and the headline found on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice

from lxml.etree import _Element as Element

from pipelines.page import house, jsonld, people
from pipelines.page.document import Document
from pipelines.page.markup import clean

_PAGE = re.compile(
    r"\s+(?:[-|–—]\s+)?(?P<bracket>[(\[])?(?:halaman|page|hal\.?)\s+(?:\d{1,3}|all|semua)(?(bracket)[)\]])$"
    r"|\s+[-|–—]\s+semua halaman$",
    re.IGNORECASE,
)
# The regional papers of a network sign with domains of their own.
_DOMAIN_AT_END = re.compile(r"\s+[-|–—]\s+[\w-]+\.(?:com|co\.id|id|tv|net|org)$", re.IGNORECASE)
# What parts a headline from the names of sections and outlets.
_SEPARATOR = re.compile(r"\s+(?:[-|–—•·»]|::)\s+|\s*[:|]\s+")
# Search engines ask for headlines of at most 110 characters, and templates cut them there.
_CUT_AT = 100
_DOTS = re.compile(r"\s*(?:\.\.\.|…)$")
# Shorter headings are names of sections.
_HEADLINE_WORDS = 3
_MOST_HEADINGS = 60
_LONGEST = 1000
_TITLED = re.compile(r"title|judul|jdl|headline", re.IGNORECASE)


def headlines(document: Document) -> Iterator[tuple[str, str]]:
    """(origin, headline), the most trustworthy first. None of them is the outlet's name or a sentence of the body.

    One that a template cut short gives way to a longer one that begins alike.
    """
    offers = _offers(document)
    for origin, title in offers:
        stem = _DOTS.sub("", title)
        if stem != title or len(title) >= _CUT_AT:
            rest = list(offers)
            longer = [other for other in rest if len(other[1]) > len(title) and other[1].startswith(stem)]
            yield from longer or [(origin, title)]
            offers = iter(rest)
        else:
            yield origin, title


def _offers(document: Document) -> Iterator[tuple[str, str]]:
    own = house.domain(document.url)
    names = (*document.publishers, *filter(None, (own, own.partition(".")[0])))
    offers = chain(
        (("jsonld", title) for title in [jsonld.text(document.node.get("headline")) or ""]),
        (("meta", title) for title in document.metas(("og:title",))),
        (("rule", title) for title in document.each("title")),
        (("visible", title) for title in document.titles),
    )
    for origin, title in offers:
        if bare := unbrand(title, names):
            yield _as_shown(document, origin, bare)


def _as_shown(document: Document, origin: str, title: str) -> tuple[str, str]:
    """The title as the page's own heading has it.

    Metadata drop punctuation ("Bantuan Cair Kapan Dibagi" for "Bantuan Cair: Kapan Dibagi?"), and add the section.
    """
    parted = bool(_SEPARATOR.search(title))
    for element in _headings(document, ("h1", "h2") if parted else ("h1",)):
        shown = _text(element)
        # On a list, a smaller heading that is a link leads to the first article.
        linked = element.tag != "h1" and element.find(".//a[@href]") is not None
        if linked or len(shown.split()) < _HEADLINE_WORDS:
            continue
        if len(shown) > len(title) and people.folded(shown) == people.folded(title):
            return "visible", shown
        if parted and len(shown) < len(title):
            before = title.endswith(shown) and _SEPARATOR.search(title[: -len(shown)])
            after = title.startswith(shown) and _SEPARATOR.match(title[len(shown) :])
            if before or after:
                return "visible", shown
    return origin, title


def anchor(document: Document, title: str) -> Element | None:
    """The element that shows the headline: a heading that says it, else the page's only h1, else a box named for it."""
    wanted = people.folded(title)
    for element in _headings(document, ("h1", "h2", "h3")):
        if _says(element, wanted):
            return element
    only = _headings(document, ("h1",))
    if len(only) == 1 and len(_text(only[0]).split()) >= _HEADLINE_WORDS:
        return only[0]
    boxes = (one for one in document.root.iter("div", "span", "p", "a") if _TITLED.search(one.get("class", "")))
    return next((one for one in islice(boxes, _MOST_HEADINGS) if _says(one, wanted)), None)


def _says(element: Element, wanted: str) -> bool:
    """Does an element say the title, with little around it?"""
    said = people.folded(_text(element))
    return bool(wanted) and wanted in said and len(said) < 2 * len(wanted)


def _headings(document: Document, tags: tuple[str, ...]) -> list[Element]:
    return [element for element, _ in zip(document.root.iter(*tags), range(_MOST_HEADINGS), strict=False)]


def _text(element: Element) -> str:
    return clean("".join(map(str, element.itertext())))


def unbrand(title: str, brands: Iterable[str]) -> str | None:
    """A title without the outlet's name and "Halaman 2" around it; None when nothing else is left."""
    brands = tuple(brands)
    title = clean(title[:_LONGEST])
    while (bare := _PAGE.sub("", _around(brands).sub("", title))) != title:
        title = bare
    title = _PAGE.sub("", _DOMAIN_AT_END.sub("", title))
    return None if not title or people.is_publisher(title, brands) else title


@lru_cache(maxsize=256)
def _around(brands: tuple[str, ...]) -> re.Pattern[str]:
    """The longest name first, for "Tribun" also begins "Tribunnews.com"."""
    names = "|".join(re.escape(brand) for brand in sorted(brands, key=len, reverse=True) if brand) or "(?!)"
    return re.compile(rf"^(?:{names})\s*[-|:–—•·»]+\s+|\s+[-|:–—•·»]+\s*(?:{names})$", re.IGNORECASE)
