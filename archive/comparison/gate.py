"""How much may differ before a comparison is to stop a release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from archive.comparison.result import Counts, Result
from archive.errors import ArgumentError

MEASURES = {
    "lost": "articles of A that are not in B; a part is of the articles of A",
    "gained": "articles of B that are not in A; a part is of the articles of A",
    "changed": "articles with another text or fact; a part is of the articles of both",
    "paragraphs-lost": "paragraphs that the same article of B lacks; a part is of those of A",
}
"""What can be limited."""

_FORM = re.compile(r"(\d{1,9}|\d{1,3}(?:\.\d{1,4})?%)", re.ASCII)


class Threshold(NamedTuple):
    """The most that may differ."""

    measure: str
    """A key of MEASURES."""
    text: str
    """As it was typed: `0`, `5%`."""

    @property
    def most(self) -> Fraction:
        """A number of articles or paragraphs, or a part of them."""
        return Fraction(self.text[:-1]) / 100 if self.is_part else Fraction(self.text)

    @property
    def is_part(self) -> bool:
        """Is it a part of what there is?"""
        return self.text.endswith("%")

    def is_beyond(self, counts: Counts) -> bool:
        """Is there more of it?"""
        found, of = _measured(self.measure, counts)
        return found > self.most * of if self.is_part else found > self.most


def threshold(measure: str, text: str) -> Threshold:
    """Read a threshold. Raises ArgumentError."""
    if not _FORM.fullmatch(text.strip()):
        raise ArgumentError(
            f"--{measure}={text} is no threshold; write the most that may be, as a number (0) or as a part (2.5%)."
        )
    return Threshold(measure, text.strip())


def beyond(result: Result, thresholds: list[Threshold]) -> Iterator[str]:
    """What is beyond its threshold, in sentences.

    A number is for all outlets together; a part is for each of them, so that a large outlet hides no small one.
    """
    total = result.total
    if thresholds and not total.both:
        yield "No article is in both A and B: there is nothing that a threshold could be held against."
    for one in thresholds:
        scopes = {"all outlets": total} if len(result.outlets) != 1 else {}
        if one.is_part or not scopes:
            scopes |= result.outlets
        for name, counts in scopes.items():
            if one.is_beyond(counts):
                found, of = _measured(one.measure, counts)
                yield f"{name}: {found:,} of {of:,} are more than --{one.measure} {one.text} allows."


def _measured(measure: str, counts: Counts) -> tuple[int, int]:
    """How much differs, and of how much."""
    return {
        "lost": (counts.lost, counts.a),
        "gained": (counts.gained, counts.a),
        "changed": (counts.changed, counts.both),
        "paragraphs-lost": (counts.paragraphs_lost, counts.paragraphs),
    }[measure]
