"""What a person types into a search field, as SQLite's FTS5 understands it: never an error, whatever it is."""

from __future__ import annotations

import re
import unicodedata

MAX_TYPED = 400
"""Characters of a question that are read."""
MAX_TERMS = 32
"""Words and phrases of a question that are read."""

_TERM = re.compile(r'"([^"]*)("|$)(\*?)|([^\s"]+)')
# Curly quotes are what telephones write.
_QUOTES = str.maketrans("“”„«»", '"' * 5)


def expression(typed: str) -> str:
    """An FTS5 expression (its documentation, section 3) that asks for all words, "phrases" and beginnings*.

    It is empty when nothing that was typed can be looked for. Words such as AND and NOT are words.
    """
    terms: list[str] = []
    for phrase, _, star, word in _TERM.findall(typed[:MAX_TYPED].translate(_QUOTES)):
        plain = phrase or word.rstrip("*")
        if any(map(_is_token, plain)):
            is_beginning = bool(star) or (word.endswith("*") and _is_token(plain[-1]))
            terms.append('"' + plain.replace("\0", " ").replace('"', '""') + '"' + "*" * is_beginning)
    return " ".join(terms[:MAX_TERMS])


def _is_token(char: str) -> bool:
    """Is it part of a word for the tokenizer unicode61?"""
    return unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "Co"
