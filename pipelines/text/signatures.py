"""How a text is signed where it begins and ends: bylines, initials, agencies, the date, the site it came from."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelines import dates
from pipelines.page import people
from pipelines.page.blocks import Line

# A line of initials only. Inside a text "(BPBD)" may be anything, so this is for its ends.
_INITIALS = re.compile(
    r"\*{0,5}[(\[](?:[A-Za-z*]{1,6}|\*{1,3}/ ?[A-Za-z]{2,20}|[A-Z]{1,3}-\d{1,2})[)\]](?:\.|\*{1,5})?|\*{1,5}"
)
# Behind the last full stop: (vyp/kna), (Antara/RINA), (OL/Z-2), (*), (rin), (Rin). Brackets of the author's own, such
# as (Selasa, 3/11) and (BPBD), stand before the stop, have figures, or are in capitals.
_PART = r"(?:[^\W\d_][\w.*-]{0,20}+ ?){1,4}+"
_CLOSING = re.compile(
    rf"\*{{1,5}}(?:/ ?{_PART})?|(?!dan/atau){_PART}(?:/ ?{_PART}){{1,4}}|[A-Z]{{1,3}}-\d{{1,2}}"
    r"|[a-z]{2,5}|[A-Z][a-z]{1,3}"
)
# These need no stop before them.
_PAIR = re.compile(r"(?!dan/atau)[a-z]{3,5}/[a-z]{3,5}")
_STARS = re.compile(r"[.!?\"”’)] ?(?P<cut>\*{2,5})$")
_STOPS = tuple('.!?…"”’*')
_LONGEST = 60
_DATELINE = re.compile(r"[A-Z][^!?:]{1,60} [-–—]{1,2}")
_AGENCIES = frozenset(("antara", "reuters", "afp", "xinhua", "tass", "anadolu", "bernama", "kyodo", "sputnik", "dpa"))
# Longest line that is a date and a little more, and how much more, in characters.
_DATE_LINE, _BESIDE = 100, 45

# "Artikel ini telah tayang di Kompas.com dengan judul ...", to the end of the line. What was published elsewhere is
# a note only with a site or a title: books and journals are published too.
_SYNDICATED = re.compile(
    r"(?:^|(?<=[.!?\"”’)*]) |(?<=[.!?\"”’)*]))\W{0,3}(?:sebagian )?(?:artikel|berita|tulisan|konten) ini "
    r"(?:telah|sudah|pernah|sebelumnya|lebih dulu|pertama kali) (?:pernah |lebih dulu )?"
    r"(?:tayang|(?:terbit|dimuat|dipublikasikan)(?=.{0,120}(?:\w\.\w|judul)))(?: sebelumnya| pertama kali)? "
    r"(?:di|pada) (?:laman |situs )?(?=(?-i:[A-Z])|[\w-]{2,30}\.\w)(?P<site>.{2,60}?)"
    r"(?:,? (?:dengan|berjudul|pada|judul|dalam)\b.*|[,:(].*|\.?)$",
    re.IGNORECASE | re.DOTALL,
)
_NOTE = 500


class Signature(NamedTuple):
    """What signed the last line."""

    text: str = ""
    named: people.Byline | None = None


class Note(NamedTuple):
    """Where a note of syndication begins in a line, and the site that it names."""

    start: int
    site: str


def is_initials(text: str) -> bool:
    """Is the line nothing but initials in brackets, or stars?"""
    return bool(_INITIALS.fullmatch(text))


def is_date(text: str) -> bool:
    """Is the line the time of publication, with a section or the outlet's name at most?"""
    if len(text) > _DATE_LINE or text.endswith(".") or not any(letter.isdigit() for letter in text):
        return False
    moment = dates.find(text)
    return bool(moment and moment.timed and len(text) - len(moment.raw) <= _BESIDE)


def is_dateline(text: str) -> bool:
    """Is the line where the article was written and no more: "Jakarta -"?"""
    return bool(_DATELINE.fullmatch(text))


def syndication(text: str) -> Note | None:
    """The note that a line is, or ends with."""
    if " ini " not in text[-_NOTE:]:
        return None
    found = _SYNDICATED.search(text, max(0, len(text) - _NOTE))
    return Note(found.start(), found["site"].strip(" .\"'“”")) if found else None


def cut(line: Line) -> tuple[Line, Signature]:
    """The last line of a text without what signs it, and what that was.

    (Sumber: Antara) and (Antara) name an agency.
    """
    text = line.text
    if found := _STARS.search(text, max(0, len(text) - _LONGEST)):
        return Line(text[: found.start("cut")].rstrip()), Signature(found["cut"])
    opened = max(text.rfind("("), text.rfind("["))
    before, bracket = text[:opened].rstrip(), text[opened:]
    inner = bracket.rstrip(".")[1:-1].strip()
    if opened < 1 or len(inner) > _LONGEST or not bracket.rstrip(".").endswith((")", "]")):
        return line, Signature()
    named = people.Byline(source=inner) if inner.casefold() in _AGENCIES else people.byline(inner)
    ended = before.endswith((*_STOPS, ")") if named else _STOPS)
    if (ended and (named or _CLOSING.fullmatch(inner))) or _PAIR.fullmatch(inner):
        return Line(before), Signature(bracket, named)
    return line, Signature()
