"""Which blocks of an article's container are the article's: those that a witness has, and what belongs to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.page.blocks import Block
from pipelines.text import signatures
from pipelines.text.prose import SENTENCE, SENTENCE_END
from pipelines.text.shingles import Shingles, words

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LISTED = frozenset(("li", "tr", "td", "th", "dt", "dd"))
_LABEL_WORDS = 3
# Of its characters outside links.
_FREE = 0.7


@dataclass(frozen=True)
class Sifted:
    """The blocks of a container, divided in two, both in reading order."""

    kept: list[Block] = field(default_factory=list)
    beside: list[Block] = field(default_factory=list)


def sift(blocks: list[Block], said: Shingles | None) -> Sifted:
    """Divide them. `said` is what a witness of this container said; without one all prose stays, and what it frames.

    Prose stays even when the witness lacks it, unless both its neighbours go as well. Headings stay with text above
    and below them, whatever widget stands between, short lines between lines that stay, and what is all link where
    the witness has it between such lines.
    """
    lines = [_Line(block, said is not None and said.share(words(block.text)) > 0.5) for block in blocks]
    often = Counter(block.text for block in blocks)
    before = _sound_before(lines)
    after = _sound_before(lines[::-1])[::-1]
    below, told = _below(lines), _told_below(lines)
    above = _above(lines, told)
    sifted = Sifted()
    for at, line in enumerate(lines):
        label = line.short and at + 1 < len(lines) and lines[at + 1].widget
        if line.related or (label and line.leads):
            stays = False
        elif line.heading:
            begins = at == 0 and _is_one_of_several(lines)
            stays = (line.seen or above[at] or begins) and (below[at] or told[at])
        elif line.prose:
            stays = said is None or line.seen or before[at] or after[at]
        elif not line.free:
            stays = line.seen and before[at] and after[at]
        elif line.listed:
            stays = line.seen or before[at] or after[at]
        else:
            between = before[at] and (after[at] or line.ended) and line.short and often[line.block.text] == 1
            dateline = after[at] and signatures.is_dateline(line.block.text)
            stays = (line.seen and not label) or between or dateline
        (sifted.kept if stays else sifted.beside).append(line.block)
    return sifted


def _sound_before(lines: list[_Line]) -> list[bool]:
    """For each line, is the one before it sound? For an item of a list, the one before the list."""
    found = []
    last = outside = False
    for line in lines:
        found.append(outside if line.listed else last)
        # A link to another article stands anywhere between two paragraphs, and parts nothing.
        if not line.related:
            last = line.sound
            outside = outside if line.listed else line.sound
    return found


def _above(lines: list[_Line], told: list[bool]) -> list[bool]:
    """For each heading, does it follow text, or the widget that follows text and have text below that is seen?"""
    found = []
    last = straight = False
    for line, seen in zip(lines, told, strict=True):
        found.append(straight or (last and seen and line.free > 0))
        if not line.related:
            straight = line.sound
        if not (line.related or line.widget or line.heading or line.leads):
            last = line.sound or line.listed
    return found


def _below(lines: list[_Line]) -> list[bool]:
    """For each line, is the next that is no heading sound?"""
    found = []
    next_ = False
    for line in reversed(lines):
        found.append(next_)
        next_ = next_ if line.heading else line.sound or line.listed
    return found[::-1]


def _told_below(lines: list[_Line]) -> list[bool]:
    """For each line, is the next seen that is neither a heading nor a caption of a few words?"""
    found = []
    next_ = False
    for line in reversed(lines):
        found.append(next_)
        next_ = next_ if line.heading else line.seen or (next_ and line.short)
    return found[::-1]


def _is_one_of_several(lines: list[_Line]) -> bool:
    """Does a container that begins with a heading have more of the same level? Its title would be the only one."""
    return any(line.block.tag == lines[0].block.tag for line in lines[1:])


def free(block: Block) -> int:
    """Characters of a block outside links."""
    return sum(len(line.label) for line in block.lines)


@dataclass(frozen=True)
class _Line:
    """A block, and what speaks for it."""

    block: Block
    seen: bool
    """Has the witness most of it?"""

    @cached_property
    def free(self) -> int:
        """Characters outside links."""
        return free(self.block)

    @cached_property
    def prose(self) -> bool:
        """Is it a sentence, and not much of it a link?"""
        size = len(self.block.text)
        return size >= SENTENCE and self.free >= _FREE * size and SENTENCE_END.search(self.block.text) is not None

    @property
    def short(self) -> bool:
        """Is it a line of a few words, none of them a link?"""
        return self.free == len(self.block.text) < SENTENCE

    @property
    def leads(self) -> bool:
        """Is it a line of a few words that names what comes below: "Kabar lain:"?"""
        return self.short and self.block.text.endswith(":")

    @cached_property
    def listed(self) -> bool:
        """Is it an item of a list or a table, a verse or steps with a break behind each, and none of it a link?"""
        several = self.block.tag in _LISTED or len(self.block.lines) > 1
        return several and not any(line.linked for line in self.block.lines)

    @property
    def ended(self) -> bool:
        """Does it end with a full stop, a question or an exclamation?"""
        return self.block.text.rstrip("\"'”’)").endswith((".", "!", "?"))

    @cached_property
    def related(self) -> bool:
        """Is it a label and a link to another article: "See more: ...", "Baca juga: ..."?"""
        label = " ".join(line.label for line in self.block.lines)
        short = label.endswith(":") and len(label.split()) <= _LABEL_WORDS
        return short and label != self.block.text and self.block.tag != "li"

    @property
    def heading(self) -> bool:
        return self.block.tag in _HEADINGS

    @property
    def widget(self) -> bool:
        """Is it all link, and unknown to the witness?"""
        return not self.free and not self.seen

    @cached_property
    def sound(self) -> bool:
        """Does it stay whatever stands around it?"""
        return not self.related and (self.prose or (self.seen and self.free > 0))
