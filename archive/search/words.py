"""What a person types into a search field, as SQLite's FTS5 understands it: never an error, whatever it is."""

from __future__ import annotations

import re
import unicodedata

from archive.search.tables import BEGIN, END

MAX_TYPED = 400
"""Characters of a question that are read."""
MAX_TERMS = 32
"""Words and phrases of a question that are read."""
PASSAGE = 300
"""Characters of a text that are shown around what was asked for."""

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


def passage(marked: str) -> str:
    """The part of a text with the most of what was asked for, which has `BEGIN` and `END` around it; "" without any."""
    spots = [found.start() for found in re.finditer(BEGIN, marked)]
    if not spots:
        return ""
    best = most = end = 0
    for number, spot in enumerate(spots):
        while end < len(spots) and spots[end] < spot + PASSAGE:
            end += 1
        if end - number > most:
            best, most = number, end - number
    before = marked[max(0, spots[best] - PASSAGE // 5) : spots[best]]
    is_cut = len(before) < spots[best]
    before = before.partition(" ")[2] if is_cut else before
    after = marked[spots[best] : spots[best] + PASSAGE]
    goes_on = spots[best] + len(after) < len(marked)
    after = (after.rpartition(" ")[0] or after) if goes_on else after
    found = f"{BEGIN * (before.count(END) > before.count(BEGIN))}{before}{after}"
    found += END * (found.count(BEGIN) - found.count(END))
    return f"{'…' * is_cut}{found}{'…' * goes_on}"


def _is_token(char: str) -> bool:
    """Is it part of a word for the tokenizer unicode61?"""
    return unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "Co"
