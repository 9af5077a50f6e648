"""Where a page's text comes from: the outlet's container first, and the generic path where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree
from lxml.etree import _Element as Element

from archive.model import Verdict
from pipelines import verdicts
from pipelines.page import blocks
from pipelines.page.blocks import Removed
from pipelines.page.document import Document
from pipelines.page.headline import headlines
from pipelines.page.markup import Limits, PageRefused, number
from pipelines.rules import Layout, Rules
from pipelines.text import boilerplate, generic
from pipelines.text.boilerplate import Body
from pipelines.verdicts import Signs

# A container with fewer words than this is not where the article is any more,
_IMPLAUSIBLE = 20
# and one with so small a part of what the page's own articleBody has is not where most of it is.
_WITNESSED = 100
_PART = 4
_elements = etree.XPath("count(//*)")


@dataclass
class Text:
    """A page's text, and how it was come by."""

    body: Body = field(default_factory=Body)
    containers: list[Element] = field(default_factory=list)
    """The elements that the outlet's layout calls the article's; empty when none is on the page."""
    layout: Layout | None = None
    """The layout that names them."""
    origin: str = "rule"
    """`rule`, or which candidate of the generic path won."""
    confidence: float | None = None
    """How sure the generic path is, 0 to 1."""
    shown: int = 0
    """Characters in the containers before site lines were taken out."""
    removed: list[Removed] = field(default_factory=list)
    """What was left out of the containers, if somebody asked."""
    headline: tuple[str, str] | None = None
    """Origin and headline of the page, by that layout."""

    @property
    def words(self) -> int:
        """Words of the body; of a script without blanks, what its characters make."""
        return sum(max(len(paragraph.split()), len(paragraph) // 20) for paragraph in self.body.paragraphs)


def find(document: Document, captured: datetime | None, limits: Limits, *, explain: bool) -> Text:
    """The text, by the first layout that finds an article; `document.layout` is that one from then on.

    Where none does, the one that finds most, else the one of its day, reads the facts. Raises PageRefused.
    """
    tried = []
    for text in _by_rules(document, captured, explain=explain):
        if _is_plausible(text, document):
            return text
        tried.append(text)
    most = max(tried, key=lambda text: text.words, default=Text())
    document.layout = most.layout or document.layout
    most.headline = next(headlines(document), None)
    if not _says_it_is_none(document):
        _guess(most, document, limits)
    return most


def _by_rules(document: Document, captured: datetime | None, *, explain: bool) -> Iterator[Text]:
    """What each layout whose container is on the page makes of it; those come first that were in use on the day."""
    layouts = _in_turn(document.rules, captured)
    document.layout = next(iter(layouts), None)
    for layout in layouts:
        if containers := _containers(document, layout):
            document.layout = layout
            removed: list[Removed] | None = [] if explain else None
            # On a page with many containers the selectors are run once, on the whole of it.
            scope = containers[0] if len(containers) == 1 else None
            dropped = {
                one: css for css in layout.drop for one in document.select(css, scope) if not isinstance(one, str)
            }
            read = [block for container in containers for block in blocks.read(container, dropped, removed)]
            headline = next(headlines(document), None)
            body = boilerplate.strip(read, document.rules.boilerplate, headline and headline[1])
            shown = sum(len(line.text) for block in read for line in block.lines)
            yield Text(body, containers, layout, shown=shown, removed=removed or [], headline=headline)


def _in_turn(rules: Rules, captured: datetime | None) -> list[Layout]:
    def distance(layout: Layout) -> tuple[bool, float]:
        """Layouts that had ended by then come last; among the others the first to end is the one of its time."""
        ended = layout.until is not None and (captured is None or layout.until < captured.date())
        return ended, layout.until.toordinal() if layout.until else float("inf")

    return sorted(rules.layouts, key=distance)


def _containers(document: Document, layout: Layout) -> list[Element]:
    found = document.elements(layout.body)
    return blocks.outermost(document.root, found) if len(found) > 1 else found


def _is_plausible(text: Text, document: Document) -> bool:
    witness = len(str(document.node.get("articleBody") or "").split())
    return text.words >= _IMPLAUSIBLE and (witness < _WITNESSED or text.words * _PART >= witness)


def _guess(text: Text, document: Document, limits: Limits) -> None:
    """Put what the generic path finds into the text, if it is an article's worth and more than there is."""
    if (elements := number(_elements, document.root)) > limits.fallback:
        raise PageRefused("fallback", f"{elements} elements, and none of them a container that we know")
    found = generic.find(document, text.headline and text.headline[1])
    if Text(found.body).words > max(2 * _IMPLAUSIBLE, text.words):
        text.body, text.origin, text.confidence = found.body, found.origin, found.confidence


def _says_it_is_none(document: Document) -> bool:
    """Does the page say of itself that there is no article on it, so that guessing one would be wrong?"""
    verdict, _ = verdicts.decide(Signs(url=document.url, types=document.types, category=document.category))
    # Of an outlet without rules nobody knows yet whether there is prose beside its film.
    film = verdict in {Verdict.GALLERY, Verdict.VIDEO} and document.layout is not None
    return film or verdict is Verdict.LISTING
