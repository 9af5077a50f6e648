"""Texts compared by their shingles: the sequences of four words in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
_SIZE = 4

Words = tuple[str, ...]


def words(text: str) -> Words:
    """The words of a text, without punctuation."""
    return tuple(_WORD.findall(text))


class Shingles:
    """The shingles of a text, line by line."""

    def __init__(self, lines: Iterable[str]) -> None:
        split = [words(line) for line in lines]
        self._short = frozenset(line for line in split if len(line) < _SIZE)
        self.all = frozenset(line[at : at + _SIZE] for line in split for at in range(len(line) - _SIZE + 1))

    def share(self, line: Words) -> float:
        """How much of a line stands in the text, 0 to 1; a line too short for a shingle must be a line there."""
        if len(line) < _SIZE:
            return float(line in self._short)
        total = len(line) - _SIZE + 1
        return sum(line[at : at + _SIZE] in self.all for at in range(total)) / total

    def agreement(self, other: Shingles) -> float:
        """Dice's coefficient of the two sets, 0 to 1."""
        both = len(self.all) + len(other.all)
        return 2 * len(self.all & other.all) / both if both else 0.0
