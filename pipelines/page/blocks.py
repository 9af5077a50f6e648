"""An element to its paragraphs, in reading order, without what is not prose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from lxml import etree
from lxml.etree import _Element as Element

from pipelines.page.markup import clean

# Marks in the running text, which `markup.parse` has cleared of control characters.
LINK, UNLINK, BREAK = "\x02", "\x03", "\x04"
_MARKS = str.maketrans({LINK: None, UNLINK: None, BREAK: " "})
_TWO_BREAKS = re.compile(rf"(?:{BREAK}[\s{LINK}{UNLINK}]*+){{2,}}")
_LINKED = re.compile(rf"^[^{LINK}{UNLINK}]*{UNLINK}|{LINK}[^{UNLINK}]*+(?:{UNLINK}|$)")

_BLOCK_NAMES = (
    "address article aside blockquote caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 "
    "h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
_DROPPED_NAMES = (
    "audio button canvas datalist dialog embed figcaption iframe input map noscript object script select style svg "
    "template textarea title video"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_DROPPED = frozenset(_DROPPED_NAMES.split())
_CELLS = frozenset(("td", "th"))
_NO_PROSE = frozenset(("a", "script", "style", "noscript", "template", "select", "textarea"))
# Boxes that no outlet puts prose in, by name, class or id. They go only while their prose is short: a theme may call
# the article's own wrapper "share-content", and a form that nobody closed swallows the article.
_DROPPED_SHORT = frozenset(("aside", "figure", "footer", "form", "nav"))
_BOX = re.compile(
    r"(?:^|[\s_-])(?:ads?|adsense|adsbygoogle|adslot|advert\w*|iklan|banner|baca-?juga|inner-link-baca-juga|share|"
    r"sharing|sharedaddy|sosmed|related\w*|jp-relatedposts|terkait|rekomendasi|recommend\w*|sponsor\w*|promo\w*|"
    r"newsletter|breadcrumbs?|paging|pagination|comments?|komentar|caption\w*|wp-caption|taboola|outbrain|gpt|kgnw\w*)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BOX_WORDS = 60
_BOX_STEPS = 1000
_CODE = frozenset(("script", "style", "noscript", "template", "iframe", "svg", "input"))
_NOTHING: Mapping[Element, str] = {}
_texts = etree.XPath(".//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]", smart_strings=False)
_has_rows = etree.XPath("boolean(.//tr)")
_has_cells = etree.XPath("boolean(.//td[normalize-space()] | .//th[normalize-space()])")
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Removed:
    """Something that was on the page and is not in the text."""

    text: str
    """What it said, normalised."""
    rule: str
    """The rule that took it away, in a few words: `drop p.baca`, `related link`, `byline`."""


@dataclass(frozen=True)
class Line:
    """A run of text that the page sets on lines of its own."""

    marked: str
    """Text with LINK and UNLINK around what is linked, runs of blanks already one."""

    @cached_property
    def text(self) -> str:
        """The text as a reader sees it, normalised."""
        return clean(self.marked.translate(_MARKS) if self.linked else self.marked)

    @cached_property
    def label(self) -> str:
        """The text outside links: "Baca juga:" of a related link, empty when all of it is linked."""
        return clean(_LINKED.sub(" ", self.marked)) if self.linked else self.text

    @property
    def linked(self) -> bool:
        """Is any of it a link?"""
        return LINK in self.marked or UNLINK in self.marked

    @cached_property
    def all_linked(self) -> bool:
        """Is all of it a link, but for what sites set beside one?"""
        return self.linked and not self.label.strip(" :：-–—»›•")


@dataclass(frozen=True)
class Block:
    """A paragraph: one line, or several that single `<br>`s divide."""

    tag: str
    """Name of the element that holds it: `p`, `h2`, `li`, `div`."""
    lines: tuple[Line, ...]

    @cached_property
    def text(self) -> str:
        """The whole paragraph, normalised."""
        return " ".join(line.text for line in self.lines)


def size(blocks: Iterable[Block]) -> int:
    """Characters of their texts."""
    return sum(len(block.text) for block in blocks)


def read(
    container: Element, dropped: Mapping[Element, str] = _NOTHING, removed: list[Removed] | None = None
) -> list[Block]:
    """Paragraphs of an element, `dropped` descendants left out; their tails stay, being the parent's text.

    `dropped` says of each the selector that found it. What is left out and has text goes to `removed`, with its rule,
    when somebody asks for it.
    """
    return _Reader(dropped, removed).read(container)


def flat(element: Element) -> str:
    """All the text of an element in one line, with a blank where a block ends."""
    return clean(" ".join(block.text for block in read(element)))


def outermost(root: Element, elements: list[Element]) -> list[Element]:
    """Those of a page's elements that lie in no other of them, in document order."""
    wanted = set(elements)
    found = []
    walker = etree.iterwalk(root, events=("start",))
    for _, element in walker:
        if element in wanted:
            found.append(element)
            walker.skip_subtree()
    return found


class _Reader:
    """Walks an element and cuts its text into blocks; no recursion, however deep the page."""

    def __init__(self, dropped: Mapping[Element, str], removed: list[Removed] | None) -> None:
        self._dropped = dropped
        self._removed = removed
        self._blocks: list[Block] = []
        self._buffer: list[str] = []
        self._tags = ["div"]
        self._links = 0

    def read(self, container: Element) -> list[Block]:
        skipped = False
        walker = etree.iterwalk(container, events=("start", "end"))
        for event, element in walker:
            inside = element is not container
            if event == "end":
                # The end of a skipped element comes right after its start.
                if not skipped:
                    self._leave(element.tag)
                skipped = False
                if inside:
                    self._buffer.append(element.tail or "")
            elif inside and (element in self._dropped or _is_chrome(element)):
                skipped = True
                walker.skip_subtree()
                self._note(element)
                if element.tag in _BLOCKS:
                    self._flush()
            elif self._enter(element):
                walker.skip_subtree()
        self._flush()
        return self._blocks

    def _enter(self, element: Element) -> bool:
        """Take note of an element; True when its contents have been read as well."""
        tag = element.tag
        if tag in _BLOCKS:
            self._flush()
            self._tags.append(tag)
            if tag == "tr" and (cells := _cells(element, self._dropped, self._removed)):
                self._buffer.append(cells)
                return True
        elif tag == "a":
            self._links += 1
            self._buffer.append(LINK)
        elif tag == "br":
            self._buffer.append(BREAK)
        self._buffer.append(element.text or "")
        return False

    def _leave(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
            self._tags.pop()
        elif tag == "a":
            self._links -= 1
            self._buffer.append(UNLINK)

    def _note(self, element: Element) -> None:
        """Tell who asked what a skipped element said, unless nobody was to read it."""
        if self._removed is None or element.tag in _CODE:
            return
        text = clean(" ".join(cast("list[str]", _texts(element))))
        if text:
            rule = f"drop {self._dropped[element]}" if element in self._dropped else f"box {_named(element)}"
            self._removed.append(Removed(text, rule))

    def _flush(self) -> None:
        """Cut the text gathered so far off as paragraphs; a link that is still open goes on in the next one."""
        text = "".join(self._buffer)
        self._buffer.clear()
        if self._links:
            text += UNLINK
            self._buffer.append(LINK)
        elif not text or text.isspace():  # nearly always, for most elements stand apart
            return
        for part in _TWO_BREAKS.split(text):
            lines = tuple(line for raw in part.split(BREAK) if (line := Line(" ".join(raw.split()))).text)
            if lines:
                self._blocks.append(Block(self._tags[-1], lines))


def _cells(row: Element, dropped: Mapping[Element, str], removed: list[Removed] | None) -> str:
    """The cells of a table row, joined; empty for a row that only lays out the page.

    Such a row has one cell, or cells that hold paragraphs or tables.
    """
    if _has_rows(row):
        return ""
    texts = []
    inside: list[Removed] | None = None if removed is None else []
    for cell in row:
        if cell.tag not in _CELLS or cell in dropped:
            continue
        blocks = read(cell, dropped, inside)
        if len(blocks) > 1:
            return ""
        texts += [block.text for block in blocks]
    if len(texts) < 2:
        return ""
    if removed is not None and inside:
        removed += inside
    return " | ".join(texts)


def _is_chrome(element: Element) -> bool:
    """Is this element never prose: a script, a figure, hidden, or a short box that its class gives away?"""
    attributes = element.attrib
    tag = element.tag
    if tag in _DROPPED:
        return True
    if tag in _DROPPED_SHORT and _is_short(element):
        # WordPress sets its tables in figures.
        return tag != "figure" or not _has_cells(element)
    if not attributes:
        return False
    if "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")):
        return True
    named = _BOX.search(attributes.get("class", "")) or _BOX.search(attributes.get("id", ""))
    return bool(named) and _is_short(element)


def _named(element: Element) -> str:
    """The element as a person would name it: `div.terkait`, `aside#banner`."""
    classes = "".join(f".{name}" for name in element.get("class", "").split()[:2])
    return f"{element.tag}{classes}" if classes or not element.get("id") else f"{element.tag}#{element.get('id')}"


def _is_short(element: Element) -> bool:
    """Does it hold fewer words outside links than an article has? Looks at a bounded number of elements."""
    words = 0
    walker = etree.iterwalk(element, events=("start", "end"))
    for steps, (event, inner) in enumerate(walker):
        if event == "end":
            words += len((inner.tail or "").split()) if inner is not element else 0
        elif inner.tag in _NO_PROSE:
            walker.skip_subtree()
        else:
            words += len((inner.text or "").split())
        if words > _BOX_WORDS or steps > _BOX_STEPS:
            return False
    return True
