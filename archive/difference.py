"""What an outlet changed in a text: paragraph by paragraph, and within a paragraph word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal, NamedTuple

MAX_PARAGRAPHS = 2000
MAX_WORDS = 800
MAX_COMPARED = 20_000
"""What is compared piece by piece: paragraphs of a text, words (and blanks) of a paragraph, and characters of all the
paragraphs that changed. Of what is longer all of the old and all of the new is given: two letters in turn, again and
again, take time that grows with the cube of their number."""

_ALIKE = 0.4
_WORDS = re.compile(r"\S+|\s+")

Kind = Literal["same", "gone", "new"]


class Piece(NamedTuple):
    """Some text that is in both, in the older only, or in the newer only."""

    kind: Kind
    text: str


Change = list[Piece]
"""One paragraph, in pieces."""


def changes(older: str, newer: str) -> Iterator[Change]:
    """The paragraphs of both texts in reading order."""
    before, after = older.split("\n\n") if older else [], newer.split("\n\n") if newer else []
    if max(len(before), len(after)) > MAX_PARAGRAPHS:
        yield [Piece("gone", older)]
        yield [Piece("new", newer)]
        return
    left = MAX_COMPARED
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            yield from ([Piece("same", text)] for text in before[a:b])
        else:
            yield from _replaced(before[a:b], after[c:d], left)
            left -= sum(map(len, (*before[a:b], *after[c:d])))


def words(older: str, newer: str) -> Change:
    """One paragraph or title, in pieces."""
    before, after = _WORDS.findall(older), _WORDS.findall(newer)
    if max(len(before), len(after)) > MAX_WORDS:
        return _whole(older, newer)
    found: Change = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Piece("same", "".join(before[a:b])))
        else:
            found += _whole("".join(before[a:b]), "".join(after[c:d]))
    return found


def folded(found: Iterable[Change]) -> Iterator[Change | int]:
    """Paragraphs that changed, the ones before and after them, and of all others the number."""
    paragraphs = list(found)
    is_same = [len(change) == 1 and change[0].kind == "same" for change in paragraphs]
    left_out = 0
    for number, change in enumerate(paragraphs):
        if all(is_same[max(number - 1, 0) : number + 2]):
            left_out += 1
            continue
        if left_out:
            yield left_out
        left_out = 0
        yield change
    if left_out:
        yield left_out


def _replaced(before: list[str], after: list[str], left: int) -> Iterator[Change]:
    """Paragraphs that took the place of others: those that are much alike are compared, the others are not.

    No more than `left` characters are compared.
    """
    for old, new in zip_longest(before, after, fillvalue=""):
        left -= len(old) + len(new)
        compared = words(old, new) if left >= 0 else _whole(old, new)
        same = sum(len(piece.text) for piece in compared if piece.kind == "same")
        if same >= _ALIKE * max(len(old), len(new)):
            yield compared
        else:
            yield from ([piece] for piece in _whole(old, new))


def _whole(older: str, newer: str) -> Change:
    pieces = (Piece("gone", older), Piece("new", newer))
    return [piece for piece in pieces if piece.text]
