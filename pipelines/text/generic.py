"""The text of a page for which there are no rules: several look for it, and the best agreed on is taken.

A candidate is an element of the page: the one that holds most of its prose, or most of what trafilatura or readability
says. Its text is read as that of an outlet's container is, so that paragraphs, lists and tables come from the page;
what nobody else has is left out of it. Only a page that shows no article is read from its JSON-LD or its scripts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lxml.etree import _Element as Element

from pipelines.page import blocks
from pipelines.page.blocks import Block, Removed
from pipelines.page.document import Document
from pipelines.text import boilerplate, prose, sieve, witnesses
from pipelines.text.boilerplate import Body
from pipelines.text.prose import SENTENCE_END, Weights
from pipelines.text.shingles import Shingles, words
from pipelines.text.sieve import Sifted
from pipelines.text.witnesses import Witness

# A child that holds this share of the weight is looked into. Prose is all over a page; what a witness says is not.
_SHARE_OF_PROSE = 0.6
_SHARE_OF_WITNESS = 0.8
# A witness that agrees less with a candidate speaks of something else.
_AGREES = 0.5
# Characters: of a text that may be a teaser of what the scripts hold, of one that may be anything, and of one that
# is long enough to be sure of. A told text must be longer by this factor.
_TEASER = 1000
_NOTHING = 300
_SURE = 600
_LONGER = 1.5
# How far we believe a text that only the page's own data has.
_TOLD = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """What the generic path settled on."""

    body: Body
    origin: str
    """Which candidate won: `visible` (most of the prose), `trafilatura`, `readability`, `jsonld` or `script`."""
    confidence: float
    """0 to 1: how far those who looked for the text agree on this one, times the part of its container that it is and
    that is sentences; less for a text of under 600 characters, and at most 0.5 for one that the page does not show.
    On the pages we measured the mean F1 was .96 below 0.8, .98 up to 0.97 and .99 above; lists of articles stay
    below 0.7."""


@dataclass(frozen=True)
class _Candidate:
    """An element that may hold the article."""

    origin: str
    element: Element

    @cached_property
    def blocks(self) -> list[Block]:
        return blocks.read(self.element)

    @cached_property
    def shingles(self) -> Shingles:
        return Shingles(block.text for block in self.blocks)


def find(document: Document, title: str | None) -> Found:
    """The text of a page, an empty one where nobody finds any. `title` is what is taken off its head.

    No exception escapes, and time is about linear in the page, which is bounded by Limits.fallback.
    """
    search = _Search(next(document.root.iter("body"), document.root))
    chosen = search.best()
    origin, sifted = (chosen.origin, search.sifted(chosen)) if chosen else ("visible", Sifted())
    agreed = search.agreed(sifted.kept)
    if blocks.size(sifted.kept) < _TEASER and (told := _told(document, sifted.kept)):
        origin, sifted, agreed = told.origin, Sifted(told.blocks), _TOLD
    body = boilerplate.strip(sifted.kept, document.rules.boilerplate, title)
    body.removed = [*(Removed(block.text, "beside the article") for block in sifted.beside), *body.removed]
    return Found(body, origin, round(agreed * _plausible(sifted), 2))


def _told(document: Document, shown: list[Block]) -> Witness | None:
    """What the page says that its article is, if it shows nothing, or no more than a teaser of it."""
    teaser = [words(block.text) for block in shown]
    for witness in witnesses.told(document):
        share = sum(witness.shingles.share(one) * len(one) for one in teaser) / max(1, sum(map(len, teaser)))
        known = blocks.size(shown) < _NOTHING or share > _AGREES
        if known and witness.size > max(_NOTHING, _LONGER * blocks.size(shown)):
            return witness
    return None


class _Search:
    """The stretches of one page, and the witnesses heard so far with what they point at."""

    def __init__(self, body: Element) -> None:
        self._body = body
        self._stretches = prose.stretches(body)
        self._heard: dict[Witness, Weights] = {}

    def hear(self, witness: Witness) -> Weights:
        """Take a witness into account."""
        said = witness.shingles
        weighted = []
        for stretch in self._stretches:
            weight = stretch.prose
            heard = weight and said.share(words(stretch.text)) > _AGREES
            weighted.append((stretch, weight if heard else 0.0))
        self._heard[witness] = Weights(self._body, weighted)
        return self._heard[witness]

    def best(self) -> _Candidate | None:
        """The candidate that the witnesses agree with most. readability is only asked when two of them differ."""
        own = Weights(self._body, [(one, one.prose) for one in self._stretches]).holder(_SHARE_OF_PROSE)
        if own is None:
            return None
        found = {own: "visible"}
        first = self.hear(witnesses.trafilatura(self._body))
        pointed = [("trafilatura", first.holder(_SHARE_OF_WITNESS))]
        if pointed[0][1] is not own:
            second = self.hear(witnesses.readability(self._body))
            pointed.append(("readability", second.holder(_SHARE_OF_WITNESS)))
            pointed.append(("trafilatura", first.holder(_SHARE_OF_PROSE)))
        for origin, element in pointed:
            if element is not None:
                found.setdefault(element, origin)
        candidates = [_Candidate(origin, element) for element, origin in found.items()]
        return max(candidates, key=self._agreement) if len(candidates) > 1 else candidates[0]

    def _agreement(self, candidate: _Candidate) -> float:
        return sum(witness.shingles.agreement(candidate.shingles) for witness in self._heard)

    def sifted(self, chosen: _Candidate) -> Sifted:
        """The candidate's text without what the first witness who speaks of it does not have."""
        for witness, weights in self._heard.items():
            if len(self._heard) == 1 or witness.shingles.agreement(chosen.shingles) > _AGREES:
                grown = weights.grown(chosen.element)
                read = chosen.blocks if grown is chosen.element else blocks.read(grown)
                return sieve.sift(read, witness.shingles)
        return sieve.sift(chosen.blocks, None)

    def agreed(self, kept: list[Block]) -> float:
        """How far the witnesses heard agree with a text."""
        said = Shingles(block.text for block in kept)
        return sum(witness.shingles.agreement(said) for witness in self._heard) / max(1, len(self._heard))


def _plausible(sifted: Sifted) -> float:
    """How much of a text is sentences, how much of its container it is, and whether it is long enough to tell."""
    size = blocks.size(sifted.kept)
    sentences = sum(sieve.free(block) for block in sifted.kept if SENTENCE_END.search(block.text))
    return sentences / (size + blocks.size(sifted.beside)) * min(1.0, size / _SURE) if size else 0.0
