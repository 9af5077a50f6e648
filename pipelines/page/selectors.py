"""A page asked by CSS selectors, with Scrapy's `::text` and `::attr(name)`.

An outlet has dozens of selectors, most of them about what most of its pages have not, and XPath looks at every element
of a page for each. So the classes and ids of a page are noted once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, cast

import cssselect
from cssselect.parser import Class, CombinedSelector, Hash
from lxml import etree
from lxml.etree import _Element as Element
from parsel.csstranslator import HTMLTranslator


class Compound(NamedTuple):
    """What one element must be, in so far as it can be looked up."""

    names: frozenset[str]
    """Its classes as `.name` and its id as `#name`."""
    tag: str | None
    plain: bool
    """Is that all that is asked?"""


class Chain(NamedTuple):
    """One alternative of a selector: compounds with combinators between them."""

    names: frozenset[str]
    """Every class and id that must be on the page."""
    first: Compound
    plain: bool
    """Is the first compound all of it, and plain?"""


@lru_cache(maxsize=2048)
def xpath(css: str) -> etree.XPath:
    """A compiled selector. Raises SelectorSyntaxError (cssselect)."""
    return etree.XPath(HTMLTranslator().css_to_xpath(css), smart_strings=False)


def select(root: Element, css: str) -> list[Element | str]:
    """What a selector finds, in document order: elements, or strings for `::text` and `::attr(name)`."""
    return cast("list[Element | str]", xpath(css)(root))


@lru_cache(maxsize=2048)
def _alternatives(css: str) -> tuple[Chain, ...]:
    return tuple(_chain(selector) for selector in cssselect.parse(css))


def _chain(selector: cssselect.Selector) -> Chain:
    tree: Any = selector.parsed_tree
    names: frozenset[str] = frozenset()
    while isinstance(tree, CombinedSelector):
        names |= _compound(tree.subselector).names
        tree = tree.selector
    first = _compound(tree)
    alone = tree is selector.parsed_tree and selector.pseudo_element is None
    return Chain(names | first.names, first, alone and first.plain and bool(first.names))


def _compound(tree: Any) -> Compound:
    names: set[str] = set()
    plain = True
    while not isinstance(tree, cssselect.parser.Element):
        match tree:
            case Class():
                names.add(f".{tree.class_name}")
            case Hash():
                names.add(f"#{tree.id}")
            case _:  # what stands inside :not() and :has() is no part of `selector`
                plain = False
        tree = tree.selector
    return Compound(frozenset(names), tree.element, plain and tree.namespace is None)


@lru_cache(maxsize=8192)
def _classes(attribute: str) -> frozenset[str]:
    return frozenset(f".{name}" for name in attribute.split())


class Selectors:
    """One page, whose elements are known by class and id."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._named: dict[str, list[Element]] = {}
        for element in root.iter():
            if classes := element.get("class"):
                for name in _classes(classes):
                    self._named.setdefault(name, []).append(element)
            if identity := element.get("id"):
                self._named.setdefault(f"#{identity}", []).append(element)

    def select(self, css: str, scope: Element | None = None) -> list[Element | str]:
        """As `select` on the whole page, or on a part of it."""
        possible = [one for one in _alternatives(css) if one.names <= self._named.keys()]
        if not possible:
            return []
        if scope is None and len(possible) == 1:
            [chain] = possible
            starts = self._looked_up(chain.first) if chain.first.names else []
            if chain.plain:
                return list(starts)
            # Whatever is found is found from the only element that can begin it.
            scope = starts[0] if len(starts) == 1 else None
        return select(self._root if scope is None else scope, css)

    def _looked_up(self, wanted: Compound) -> list[Element]:
        first, *others = (self._named[name] for name in wanted.names)
        common = set(first).intersection(*others)
        return [one for one in first if one in common and wanted.tag in {None, one.tag}]
