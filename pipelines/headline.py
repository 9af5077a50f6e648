"""The outlet's name taken off titles, and the place taken out of datelines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from pipelines import jsonld, people
from pipelines.document import Document
from pipelines.markup import clean

_PAGE = re.compile(
    r"\s+(?:[-|–—]\s+)?(?:halaman|page|hal\.?)\s+(?:\d{1,3}|all|semua)$|\s+[-|–—]\s+semua halaman$", re.IGNORECASE
)
# The regional papers of a network sign with domains of their own.
_DOMAIN_AT_END = re.compile(r"\s+[-|–—]\s+[\w-]+\.(?:com|co\.id|id|tv|net|org)$", re.IGNORECASE)
# Search engines ask for headlines of at most 110 characters, and templates cut them there.
_CUT_AT = 100
_DOTS = re.compile(r"\s*(?:\.\.\.|…)$")

_PLACE = r"[A-Z][\w'’.-]*(?: (?:[A-Z(][\w'’.)-]*|dan|di)){0,4}"
_DOMAIN = r"[A-Za-z][\w-]*\.(?:com|co\.id|id|tv|net)"
_DASH = r"\s?[-–—]{1,3}\s"
_LONGEST_DATELINE = 160
_LONGEST = 1000


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
    offers = chain(
        (("jsonld", title) for title in [jsonld.text(document.node.get("headline")) or ""]),
        (("meta", title) for title in document.metas(("og:title",))),
        (("rule", title) for title in document.each("title")),
        (("visible", title) for title in document.titles()),
    )
    return ((origin, bare) for origin, title in offers if (bare := unbrand(title, document.publishers)))


def unbrand(title: str, brands: Iterable[str]) -> str | None:
    """A title without the outlet's name and "Halaman 2" around it; None when nothing else is left."""
    brands = tuple(brands)
    title = clean(title[:_LONGEST])
    while (bare := _around(brands).sub("", title)) != title:
        title = bare
    title = _PAGE.sub("", _DOMAIN_AT_END.sub("", title))
    return None if not title or people.is_publisher(title, brands) else title


def dateline(paragraph: str, brands: Iterable[str]) -> str | None:
    """Place in "TRIBUNNEWS.COM, MINSK - ..." or "MOSKOW, KOMPAS.TV - ...", as written; None where none is named."""
    match = _datelines(tuple(brands)).match(paragraph[:_LONGEST_DATELINE])
    return (match["after"] or match["before"]) if match else None


@lru_cache(maxsize=256)
def _around(brands: tuple[str, ...]) -> re.Pattern[str]:
    names = _alternatives(brands)
    return re.compile(rf"^(?:{names})\s*[-|:–—•»]+\s+|\s+[-|–—•»]+\s*(?:{names})$", re.IGNORECASE)


@lru_cache(maxsize=256)
def _datelines(brands: tuple[str, ...]) -> re.Pattern[str]:
    names = f"{_DOMAIN}|{_alternatives(brands)}"
    return re.compile(rf"(?:(?i:{names}), (?P<after>{_PLACE})|(?P<before>{_PLACE}), (?i:{names})){_DASH}")


def _alternatives(brands: tuple[str, ...]) -> str:
    """The longest first, for "Tribun" also begins "Tribunnews.com"."""
    return "|".join(re.escape(brand) for brand in sorted(brands, key=len, reverse=True) if brand) or "(?!)"
