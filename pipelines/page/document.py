"""One page, as the places where facts can stand: JSON-LD, meta elements, the outlet's own elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from urllib.parse import urlsplit

from lxml import etree
from lxml.etree import _Element as Element

from pipelines.page import blocks, jsonld, people
from pipelines.page.markup import clean, elements
from pipelines.page.selectors import Selectors
from pipelines.rules import Layout, Rules

# Elements of one selector that are read; no fact has more.
_MOST = 100
_metas = etree.XPath("//meta[@content]")


@dataclass
class Document:
    """A parsed page and the rules to read it by. Reading changes nothing but `layout`, once one is chosen."""

    root: Element
    url: str
    rules: Rules
    layout: Layout | None = None
    """Its selectors are the outlet's own elements; None for an outlet without rules."""

    @cached_property
    def nodes(self) -> list[jsonld.Node]:
        """All JSON-LD."""
        return jsonld.nodes(self.root)

    @cached_property
    def types(self) -> set[str]:
        """Types of all JSON-LD."""
        return {name for node in self.nodes for name in jsonld.types(node)}

    @cached_property
    def node(self) -> jsonld.Node:
        """The article's own JSON-LD: the node with the page's address, else with its headline, else without an address.

        The only one on the page is believed as it is; {} for none, and for several that are all related articles'.
        """
        found = jsonld.of_type(self.nodes, jsonld.ARTICLES)
        placed = [(node, {_path(address) for address in jsonld.addresses(node)} - {""}) for node in found]
        own = _path(self.url)
        shown = [people.folded(title) for title in self.titles]
        tests: tuple[Callable[[jsonld.Node, set[str]], bool], ...] = (
            lambda _, paths: own in paths,
            lambda node, _: _is_headed(node, shown),
            lambda _, paths: not paths,
        )
        alone = found[0] if len(found) == 1 else {}
        return next((node for test in tests for node, paths in placed if test(node, paths)), alone)

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        """Lower-case name, property or itemprop -> values, blanks left out."""
        found: dict[str, list[str]] = {}
        for element in elements(_metas, self.root):
            value = clean(element.get("content", ""))
            for name in {element.get(key, "").lower() for key in ("name", "property", "itemprop")} - {""}:
                if value:
                    found.setdefault(name, []).append(value)
        return found

    def metas(self, names: Iterable[str]) -> Iterator[str]:
        """Values of the meta elements of these names, in the order of the names."""
        return chain.from_iterable(self.meta.get(name, ()) for name in names)

    @cached_property
    def publishers(self) -> tuple[str, ...]:
        """Every name the publisher goes by on this page."""
        houses = jsonld.of_type(self.nodes, jsonld.HOUSES)
        named = [name for value in (self.node.get("publisher"), *houses) for name in jsonld.texts(value)]
        return (*self.rules.brands, *self.meta.get("og:site_name", ()), *named)

    @property
    def category(self) -> str | None:
        """content_category of the KG network's data layer: what tells its lists from its articles."""
        return next(self.metas(("content_category",)), None)

    def groups(self, field: str) -> Iterator[list[str]]:
        """What each of the layout's selectors for a field finds: its texts that are not blank."""
        for css in getattr(self.layout, field, ()):
            texts = [clean(one) if isinstance(one, str) else blocks.flat(one) for one in self.select(css)[:_MOST]]
            yield [text for text in texts if text]

    def each(self, field: str) -> Iterator[str]:
        """All of them in one row."""
        return chain.from_iterable(self.groups(field))

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """<title> and h1 as they stand."""
        found = [one for css in ("head title", "h1") for one in self.elements(css)[:3]]
        return tuple(text for one in found if (text := blocks.flat(one)))

    def elements(self, css: str) -> list[Element]:
        """Elements that a selector finds."""
        return [one for one in self.select(css) if not isinstance(one, str)]

    def select(self, css: str, scope: Element | None = None) -> list[Element | str]:
        """What a selector finds on the page or in a part of it: elements, or strings for `::text` and `::attr()`."""
        return self._selectors.select(css, scope)

    @cached_property
    def _selectors(self) -> Selectors:
        return Selectors(self.root)


def _path(address: str) -> str:
    """What two addresses of one page have in common, whatever the scheme, the host's `www.` and the query.

    Empty for the address of no single page: a home page, or a bare fragment.
    """
    try:
        return urlsplit(address).path.strip("/").lower()
    except ValueError:
        return ""


def _is_headed(node: jsonld.Node, shown: list[str]) -> bool:
    """Is the node's headline in one of the page's titles, or most of it one of them? Templates cut either."""
    headline = people.folded(jsonld.text(node.get("headline")) or jsonld.text(node.get("name")) or "")
    return bool(headline) and any(
        headline in title or (2 * len(title) > len(headline) and title in headline) for title in shown
    )
