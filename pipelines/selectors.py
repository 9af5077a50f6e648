"""A page asked by CSS selectors, with Scrapy's `::text` and `::attr(name)`.

An outlet has dozens of selectors, most of them about what most of its pages have not, and XPath looks at every element
of a page for each. So the classes and ids of a page are noted once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, cast

import cssselect
from lxml import etree
from lxml.etree import _Element as Element
from parsel.csstranslator import HTMLTranslator


class Compound(NamedTuple):
    """What one element must be for a selector, in so far as it can be looked up."""

    names: frozenset[str]
    """Classes as `.name` and ids as `#name` that must be on the page."""
    alone: bool
    """Is that, and the tag, all that it asks for?"""
    tag: str | None


@lru_cache(maxsize=2048)
def xpath(css: str) -> etree.XPath:
    """A compiled selector. Raises SelectorSyntaxError (cssselect)."""
    return etree.XPath(HTMLTranslator().css_to_xpath(css), smart_strings=False)


def select(root: Element, css: str) -> list[Element | str]:
    """What a selector finds, in document order: elements, or strings for `::text` and `::attr(name)`."""
    return cast("list[Element | str]", xpath(css)(root))


@lru_cache(maxsize=2048)
def _alternatives(css: str) -> tuple[Compound, ...]:
    """What each alternative of a selector cannot do without."""
    return tuple(_compound(selector) for selector in cssselect.parse(css))


def _compound(selector: Any) -> Compound:
    names: set[str] = set()
    alone, tag = selector.pseudo_element is None, None
    pending = [selector.parsed_tree]
    while pending:
        tree = pending.pop()
        match type(tree).__name__:
            case "Class":
                names.add(f".{tree.class_name}")
            case "Hash":
                names.add(f"#{tree.id}")
            case "Element":
                tag = tree.element
                alone = alone and tree.namespace is None
            case "CombinedSelector":
                alone = False
                pending.append(tree.subselector)
            case _:  # what stands inside :not() and :has() is no part of `selector`
                alone = False
        pending += [tree.selector] if hasattr(tree, "selector") else []
    return Compound(frozenset(names), alone and bool(names), tag)


class Selectors:
    """One page, whose elements are known by class and id."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._named: dict[str, list[Element]] = {}
        for element in root.iter():
            if classes := element.get("class"):
                for name in set(classes.split()):
                    self._named.setdefault(f".{name}", []).append(element)
            if identity := element.get("id"):
                self._named.setdefault(f"#{identity}", []).append(element)

    def select(self, css: str, scope: Element | None = None) -> list[Element | str]:
        """As `select` on the whole page, or on a part of it."""
        possible = [one for one in _alternatives(css) if one.names <= self._named.keys()]
        if not possible:
            return []
        if scope is None and len(possible) == 1 and possible[0].alone:
            return list(self._looked_up(possible[0]))
        return select(self._root if scope is None else scope, css)

    def _looked_up(self, wanted: Compound) -> list[Element]:
        first, *others = (self._named[name] for name in wanted.names)
        common = set(first).intersection(*others)
        return [one for one in first if one in common and wanted.tag in {None, one.tag}]
