"""Names of people and agencies out of bylines, never the publisher's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines.markup import clean

_ROLES = {
    "penulis": "authors",
    "reporter": "authors",
    "pewarta": "authors",
    "wartawan": "authors",
    "kontributor": "authors",
    "jurnalis": "authors",
    "oleh": "authors",
    "rep": "authors",
    "redaktur & reporter": "authors",
    "editor": "editors",
    "redaktur": "editors",
    "penyunting": "editors",
    "red": "editors",
    "sumber": "source",
    "source": "source",
}
# "Penulis : A Editor : B", and the cells of Grid's table: "Penulis | : | A".
_ROLE = re.compile(
    r"(?<!\w)(" + "|".join(sorted(_ROLES, key=len, reverse=True)) + r") ?[:|](?: ?[:|]){0,2}", re.IGNORECASE
)
# Of a byline, in characters.
_LONGEST = 240
_NAME_WORDS = 8
_SOURCE_WORDS = 8
_SMALL = frozenset(["dan", "di", "dari", "the", "of", "and", "via", "bin", "binti", "al", "de", "van", "der"])

_REPORTER = re.compile(
    r"laporan (?:wartawan|reporter|kontributor|jurnalis|koresponden)\b[^,:]{0,60}[,:] ?(?P<name>[^:]{2,80}?)\.?",
    re.IGNORECASE,
)
_DEGREE = re.compile(r"(?:[A-Z][a-z]{0,3}\.){1,3}[A-Za-z]{0,4}\.?|S\.?H|S\.?E|M\.?M|M\.?H|Ph\.?D|MBA|Jr\.?|Sr\.?")
_SPLIT = re.compile(r" ?[;|/] ?| (?:dan|&) ")
# "Redaksi" and "admin" sign for the house; a domain, an address or a page on a social network is no person.
_HOUSE = re.compile(
    r"(?:tim |team )?(?:redaksi|admin|administrator|editor|penulis|reporter|newsroom|kontributor)(?: .{0,30})?"
    r"|.*\bdeveloper|kompas cyber media|kg media|https?:.*|www\..*|.*@.*|.*(?:facebook|twitter|instagram)\.com.*"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:com|co|id|tv|net|org|news|info)|pt\.? .*",
    re.IGNORECASE,
)
_SHORT_LETTERS = re.compile(r"[\W_]+")


@dataclass
class Byline:
    """Who a line names, by role."""

    authors: list[str] = field(default_factory=list)
    editors: list[str] = field(default_factory=list)
    source: str | None = None


def byline(line: str) -> Byline | None:
    """Who "Penulis: A | Editor: B" or "Sumber : TASS" names; None for a line that is no byline.

    The line must begin with a role and be short, and what follows must look like names: "Sumber: polisi menemukan tiga
    korban di dalam rumah." is prose.
    """
    line = line.strip("() ")
    first = _ROLE.match(line) if len(line) <= _LONGEST else None
    if not first:
        return None
    found = Byline()
    marks = [*_ROLE.finditer(line)]
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        value = line[mark.end() : following.start() if following else None].strip(" |/;,-–")
        role = _ROLES[mark[1].lower()]
        if role == "source":
            if not _is_source(value):
                return None
            found.source = value.rstrip(".") or None
        else:
            names = split_names(value)
            if any(len(name.split()) > _NAME_WORDS for name in names):
                return None
            getattr(found, role).extend(names)
    return found


def reporter(line: str) -> str | None:
    """The name in "Laporan Wartawan Tribunnews, NAME"."""
    match = _REPORTER.fullmatch(line)
    name = re.sub(r" dari .*", "", match["name"]) if match else ""
    return name if name and len(name.split()) <= _NAME_WORDS else None


def _is_source(value: str) -> bool:
    words = value.split()
    lower = [word for word in words if word[0].islower() and word not in _SMALL and "." not in word.strip(".")]
    return len(words) <= _SOURCE_WORDS and len(lower) <= 1 and not (words and words[0] in lower)


def split_names(value: str) -> list[str]:
    """Names of a list in prose: "A, B dan C". An academic degree stays with its name."""
    names: list[str] = []
    for part in _SPLIT.split(value):
        for piece in part.split(","):
            name = clean(piece).strip(" -–:|")
            if name and names and _DEGREE.fullmatch(name):
                names[-1] += f", {name}"
            elif name:
                names.append(name)
    return names


def people(values: Iterable[str], publishers: Iterable[str]) -> list[str]:
    """The names in these strings that are people's, once each, in order."""
    houses = {_letters(publisher) for publisher in publishers} - {""}
    found: dict[str, str] = {}
    for value in values:
        for name in () if _HOUSE.fullmatch(value[:_LONGEST]) else split_names(value[:_LONGEST]):
            letters = _letters(name)
            house = letters in houses or _HOUSE.fullmatch(name) or len(name.split()) > _NAME_WORDS
            if letters and not letters.isdigit() and not house:
                found.setdefault(letters, name)
    return list(found.values())


def is_publisher(name: str, publishers: Iterable[str]) -> bool:
    """Is this the outlet's own name, whatever its case and punctuation?"""
    return _letters(name) in {_letters(publisher) for publisher in publishers}


@lru_cache(maxsize=4096)
def _letters(name: str) -> str:
    return _SHORT_LETTERS.sub("", name).casefold()
