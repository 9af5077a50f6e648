"""What an outlet tells the extractor about its pages: plain, frozen data that a worker process can be sent."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the outlet marked up its articles in one period.

    Every selector is CSS with Scrapy's `::text` and `::attr(name)`; a field's selectors are tried in order and
    the first that finds something wins. Selectors are matched on the whole page, except `drop`.
    """

    body: str
    """Container of the article's paragraphs."""
    drop: tuple[str, ...] = ()
    """Elements inside the container that are not the article's."""
    title: tuple[str, ...] = ("h1",)
    description: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    """Elements with names, or with a line such as "Penulis: NAME | Editor: NAME"."""
    editors: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image: tuple[str, ...] = ()
    caption: tuple[str, ...] = ()
    credit: tuple[str, ...] = ()
    """Elements that name the agency or site the piece came from."""
    number: tuple[str, ...] = ()
    """Elements or attributes that hold the outlet's own article number."""
    pager: tuple[str, ...] = ()
    """Elements that hold the page links or "Halaman 1/3"."""
    until: date | None = None
    """Last day of capture on which this layout was in use; None while it is."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """One outlet's extraction rules."""

    brands: tuple[str, ...]
    """Names of the publisher: taken off titles, and never an author."""
    layouts: tuple[Layout, ...]
    """Tried in order; the one whose container is on the page wins, then the one of the day of capture."""
    zone: str = "WIB"
    """Zone of a time that names none: WIB, WITA or WIT."""
    boilerplate: tuple[str, ...] = ()
    """Regular expressions for whole paragraphs of this outlet that are never the article's."""

    @cached_property
    def digest(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the rules as canonical JSON."""
        canonical = json.dumps(dataclasses.asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


NO_RULES = Rules(brands=(), layouts=())
"""Those of a page whose outlet we do not know."""
