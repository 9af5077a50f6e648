"""Where the prose of a page stands: its stretches of text, and the element that holds most of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element as Element

SENTENCE_END = re.compile(r"[.!?…:;\"”’)\]。]\s*$")
"""What a paragraph of prose ends with, and a headline or a menu does not."""
SENTENCE = 48
"""Characters that a sentence has at least; a shorter line may be anything."""

# Of what has no weight, for each character that has: more is a teaser or a sidebar.
_GROWTH = 0.75
_BREAKING_NAMES = (
    "address article blockquote body caption center dd details div dl dt fieldset form h1 h2 h3 h4 h5 h6 header hr li "
    "main ol p pre section summary table tbody td tfoot th thead tr ul"
)
_BREAKING = frozenset(_BREAKING_NAMES.split())
# Nobody sets an article in these; a form may hold the whole page, and a header its article's first paragraph.
_PASSED_NAMES = (
    "aside audio button canvas dialog embed figcaption footer iframe map nav noscript object script select style svg "
    "template textarea title video"
)
_PASSED = frozenset(_PASSED_NAMES.split())


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text that no element boundary divides."""

    element: Element
    """The innermost block that it stands in."""
    text: str
    free: int
    """Characters of it outside links."""

    @property
    def prose(self) -> float:
        """How much running text it is: its characters outside links less those inside, 0 for a short line.

        What does not end like a sentence counts for less.
        """
        size = len(self.text)
        if size < SENTENCE:
            return 0.0
        return max(0.0, 2.5 * self.free - 1.5 * size) * (1 if SENTENCE_END.search(self.text) else 0.4)


def stretches(root: Element) -> list[Stretch]:
    """All text of an element, in reading order, but for what never holds an article."""
    return _Walk(root).stretches


class _Walk:
    """Goes through an element once; no recursion, however deep the page."""

    def __init__(self, root: Element) -> None:
        self.stretches: list[Stretch] = []
        self._blocks = [root]
        self._texts: list[str] = []
        self._free: list[str] = []
        self._links = 0
        passed = False
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                passed = element.tag in _PASSED and element is not root
                if passed:
                    walker.skip_subtree()
                else:
                    self._enter(element)
                continue
            # The end of what was passed over comes right after its start.
            if not passed:
                self._leave(element.tag)
            passed = False
            if element is not root:
                self._add(element.tail)
        self._cut()

    def _enter(self, element: Element) -> None:
        if element.tag in _BREAKING:
            self._cut()
            self._blocks.append(element)
        elif element.tag == "a":
            self._links += 1
        elif element.tag == "br":
            self._add(" ")
        self._add(element.text)

    def _leave(self, tag: str) -> None:
        if tag in _BREAKING:
            self._cut()
            self._blocks.pop()
        elif tag == "a":
            self._links -= 1

    def _add(self, text: str | None) -> None:
        if text:
            self._texts.append(text)
            if not self._links:
                self._free.append(text)

    def _cut(self) -> None:
        text = " ".join("".join(self._texts).split())
        if text:
            whole = len(self._free) == len(self._texts)
            free = len(text) if whole else len(" ".join("".join(self._free).split()))
            self.stretches.append(Stretch(self._blocks[-1], text, free))
        self._texts.clear()
        self._free.clear()


class Weights:
    """What every element of a page holds of the stretches that are given weight."""

    def __init__(self, root: Element, weighted: list[tuple[Stretch, float]]) -> None:
        self._root = root
        self._weighted = weighted
        self._mass: dict[Element, float] = {}
        for stretch, weight in weighted:
            if weight:
                for element in _upwards(stretch.element, root):
                    self._mass[element] = self._mass.get(element, 0.0) + weight

    def holder(self, share: float) -> Element | None:
        """The smallest element that holds what the weights point at; None when they are all nought.

        From the root down, an element gives way to its child as long as the child has this `share` of its weight.
        """
        if self._root not in self._mass:
            return None
        chosen = self._root
        while True:
            heaviest = max((one for one in chosen if one in self._mass), key=self._mass.__getitem__, default=None)
            if heaviest is None or self._mass[heaviest] < share * self._mass[chosen]:
                return chosen
            chosen = heaviest

    def grown(self, chosen: Element) -> Element:
        """The element, or one around it that also has the first paragraph beside the box of the others.

        Such a paragraph has weight, or stands right in the element around. Not nearly as much else may come with it.
        """
        above = [*_upwards(chosen, self._root)]
        levels = {element: level for level, element in enumerate(above)}
        added = [_Added() for _ in above]
        begun = False
        for stretch, weight in self._weighted:
            level = next(levels[one] for one in _upwards(stretch.element, self._root) if one in levels)
            begun = begun or level == 0
            counted = weight or (stretch.prose if stretch.element is above[level] else 0.0)
            added[level].take(counted, max(0.0, len(stretch.text) - counted), earlier=not begun)
        grown, more = 0, _Added()
        for level in range(1, len(above)):
            more.take(added[level].gain, added[level].rest, earlier=added[level].earlier)
            if more.earlier and more.gain >= SENTENCE and more.rest <= _GROWTH * more.gain:
                grown, more = level, _Added()
        return above[grown]


@dataclass
class _Added:
    """What an element has more than one inside it."""

    gain: float = 0.0
    rest: float = 0.0
    """Characters without weight."""
    earlier: bool = False
    """Does any of the gain come before what the inner one has?"""

    def take(self, gain: float, rest: float, *, earlier: bool) -> None:
        self.gain += gain
        self.rest += rest
        self.earlier = self.earlier or (earlier and gain > 0)


def _upwards(element: Element | None, root: Element) -> Iterator[Element]:
    while element is not None:
        yield element
        element = None if element is root else element.getparent()
