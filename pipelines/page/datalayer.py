"""The data layer of a page: the object that its scripts hand to the tag manager, read as text and never run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml.etree import _Element as Element

from pipelines.page.literal import unescaped
from pipelines.page.markup import clean

_OPENING = re.compile(r"\bdataLayer\s{0,9}(?:=\s{0,9}\[|\.push\()\s{0,9}\{")
# Of one object, in characters, and of objects on a page.
_LONGEST = 20_000
_OBJECTS = 5
_FIELDS = 200
_PIECE = re.compile(
    r"(?P<blank>\s++|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?)"
    r"|(?P<string>'(?:[^'\\\n]++|\\.)*+'|\"(?:[^\"\\\n]++|\\.)*+\")"
    r"|(?P<word>[\w$.+-]++)|(?P<mark>\\?.)",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?\d[\d.]{0,30}")
_DEEPER, _SHALLOWER = frozenset("{[("), frozenset("}])")


def read(scripts: Iterable[Element]) -> dict[str, str]:
    """Lower-case key -> value of the objects that the page assigns or pushes: strings and numbers, blanks left out.

    The first value of a key counts. What is computed ("document.title", `a + b`) is no value.
    """
    found: dict[str, str] = {}
    objects = 0
    for script in scripts:
        text = script.text or ""
        if "dataLayer" not in text:
            continue
        for opening in _OPENING.finditer(text):
            objects += 1
            if objects > _OBJECTS:
                return found
            for key, value in _fields(text[opening.end() : opening.end() + _LONGEST]):
                found.setdefault(key.lower(), value)
    return found


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """The fields of an object literal whose brace has just been opened; those of objects inside it are passed over."""
    depth, fields = 0, 0
    key: str | None = None
    value: list[str] = []
    kinds: list[str] = []
    for match in _PIECE.finditer(text):
        kind, piece = str(match.lastgroup), match[0]
        if kind == "blank":
            continue
        if piece in _DEEPER:
            depth += 1
        if depth == 0 and piece in {",", "}"}:
            if key and (one := _value(kinds, value)):
                yield key, one
            fields += 1
            if piece == "}" or fields > _FIELDS:
                return
            key, value, kinds = None, [], []
        elif depth == 0 and piece == ":" and key is None:
            key = _unquoted(value[0]) if len(value) == 1 else ""
            value, kinds = [], []
        elif len(value) < 2:
            # Two pieces are enough to see that a value is computed.
            value.append(piece)
            kinds.append(kind)
        if piece in _SHALLOWER:
            depth -= 1


def _value(kinds: list[str], pieces: list[str]) -> str | None:
    """The text of a value that is one string or one number; None for any other."""
    if kinds == ["string"]:
        return clean(_unquoted(pieces[0])) or None
    return pieces[0] if kinds == ["word"] and _NUMBER.fullmatch(pieces[0]) else None


def _unquoted(piece: str) -> str:
    return unescaped(piece[1:-1]) if piece[0] in "'\"" else piece
