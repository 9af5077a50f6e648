"""Who says what the text of a page is: trafilatura, readability, the page's own JSON-LD, and its scripts."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree
from lxml.etree import _Element as Element

from pipelines.page import blocks, jsonld
from pipelines.page.blocks import Block, Line
from pipelines.page.document import Document
from pipelines.page.markup import clean
from pipelines.text import scripts
from pipelines.text.shingles import Shingles

# What neither extractor reads, and both take their time to pass over.
_NEVER_READ_NAMES = (
    "aside audio button canvas embed footer iframe input link map meta nav noscript object script select style svg "
    "template textarea video"
)
_NEVER_READ = _NEVER_READ_NAMES.split()
_MOST = 5


@dataclass(frozen=True, eq=False)
class Witness:
    """One reading of the page's text."""

    origin: str
    """Whose: `trafilatura`, `readability`, `jsonld` or `script`."""
    blocks: list[Block]
    """Its paragraphs; a single one where it does not tell them apart, none where it found nothing."""

    @cached_property
    def shingles(self) -> Shingles:
        """What it says, to compare it by."""
        return Shingles(block.text for block in self.blocks)

    @cached_property
    def size(self) -> int:
        """Characters of it."""
        return blocks.size(self.blocks)


def trafilatura(body: Element) -> Witness:
    """As trafilatura reads the page in its fast mode that favours precision.

    `deduplicate` stays off: it remembers other documents.
    """
    return Witness("trafilatura", _asked(_trafilatura, body))


def readability(body: Element) -> Witness:
    """As readability-lxml reads the page, which takes twice as long."""
    return Witness("readability", _asked(_readability, body))


def told(document: Document) -> Iterator[Witness]:
    """What the page itself says that its article is: in JSON-LD, then in scripts, each at most five times."""
    nodes = jsonld.of_type([document.node, *document.nodes], jsonld.ARTICLES)
    bodies = {text: None for node in nodes if isinstance(text := node.get("articleBody"), str) and text.strip()}
    for text in list(bodies)[:_MOST]:
        yield Witness("jsonld", scripts.paragraphs(text))
    for _, found in zip(range(_MOST), scripts.texts(document.root), strict=False):
        yield Witness("script", found)


def _asked(reader: Callable[[Element], list[Block]], body: Element) -> list[Block]:
    try:
        return reader(_copied(body))
    except Exception:  # noqa: BLE001  # a stranger's code on hostile input: it has nothing to say, others do
        return []


def _copied(body: Element) -> Element:
    """A page of the body alone, for somebody who changes what he reads, in the classes of lxml.html.

    Elements are of the class that the document's parser makes, and take on that of the document they move to.
    """
    # Imported only when needed: a second that outlets with rules need not pay. So are both readers.
    import lxml.html  # noqa: PLC0415

    page = lxml.html.HTMLParser(encoding="utf-8").makeelement("html")
    page.append(copy.deepcopy(body))
    etree.strip_elements(page, *_NEVER_READ, with_tail=False)
    return page


def _trafilatura(page: Element) -> list[Block]:
    from trafilatura import bare_extraction  # noqa: PLC0415

    # It warns of every page that it finds no article on, which is what we ask it about.
    logging.getLogger("trafilatura").setLevel(logging.ERROR)
    found = bare_extraction(page, fast=True, favor_precision=True, include_comments=False)
    text = None if found is None or isinstance(found, dict) else found.text
    return [Block("p", (Line(line),)) for raw in (text or "").split("\n") if (line := clean(raw))]


def _readability(page: Element) -> list[Block]:
    import lxml.html  # noqa: PLC0415
    from readability import Document as Readable  # noqa: PLC0415

    # It logs what it raises.
    logging.getLogger("readability").setLevel(logging.CRITICAL)
    return blocks.read(lxml.html.document_fromstring(Readable(page).summary()))
