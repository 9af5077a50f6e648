"""The measure of a text against gold: shingles of four tokens, as the public article extraction benchmark counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

_TOKEN = re.compile(r"\w+")
_LONG = 4


@dataclass(frozen=True, slots=True)
class Score:
    """How much of a text is gold, and how much of gold is in it."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def compare(text: str, gold: str) -> Score:
    """One page: multisets of shingles. A text of fewer than four tokens is one shingle."""
    found, wanted = _shingles(text), _shingles(gold)
    common = (found & wanted).total()
    if not found and not wanted:
        return Score(1.0, 1.0)
    return Score(common / found.total() if found else 0.0, common / wanted.total() if wanted else 0.0)


def overall(scores: Iterable[Score]) -> Score:
    """Many pages: the means of precision and of recall, whose F1 is the benchmark's figure."""
    listed = list(scores)
    return Score(fmean(score.precision for score in listed), fmean(score.recall for score in listed))


def mean_f1(scores: Iterable[Score]) -> float:
    """Many pages: the mean of their F1, which a single lost page pulls down more."""
    return fmean(score.f1 for score in scores)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    if not tokens:
        return Counter()
    return Counter(tuple(tokens[at : at + _LONG]) for at in range(max(1, len(tokens) - _LONG + 1)))
