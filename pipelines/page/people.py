"""Names of people and agencies out of bylines, never the publisher's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines.page.markup import clean

_ROLES = {
    **dict.fromkeys(
        (
            "penulis",
            "ditulis oleh",
            "reporter",
            "pewarta",
            "wartawan",
            "kontributor",
            "jurnalis",
            "oleh",
            "rep",
            "author",
            "writer",
        ),
        "authors",
    ),
    **dict.fromkeys(("editor", "redaktur", "penyunting", "red"), "editors"),
    **dict.fromkeys(("sumber", "source"), "source"),
}
_ANY_ROLE = "|".join(sorted(_ROLES, key=len, reverse=True))
# "Penulis : A Editor : B", "Redaktur & Reporter: A", and the cells of Grid's table: "Penulis | : | A".
_ROLE = re.compile(
    rf"(?<!\w)(?P<role>{_ANY_ROLE})(?: ?(?:[&/]|dan) ?(?P<too>{_ANY_ROLE}))? ?[:|](?: ?[:|]){{0,2}}", re.IGNORECASE
)
# Of a byline, in characters.
_LONGEST = 240
_NAME_WORDS = 8
_SOURCE_WORDS = 8
_SMALL = frozenset(["dan", "di", "dari", "the", "of", "and", "via", "bin", "binti", "al", "de", "van", "der"])
# What no name has, though not every outlet gives names their capitals.
_NO_NAMES = (
    "yang ini itu adalah ialah untuk dengan tidak akan telah sudah pada ke para orang dalam kata ia mereka kami kita"
    " juga karena saat ketika the is was are to for with on that it"
)
_SENTENCE_WORDS = frozenset(_NO_NAMES.split())

_REPORTER = re.compile(
    r"laporan (?:wartawan|reporter|kontributor|jurnalis|koresponden)\b[^,:]{0,60}[,:] ?(?P<name>[^:]{2,80}?)\.?",
    re.IGNORECASE,
)
_DEGREE = re.compile(r"(?:[A-Z][a-z]{0,3}\.){1,3}[A-Za-z]{0,4}\.?|S\.?H|S\.?E|M\.?M|M\.?H|Ph\.?D|MBA|Jr\.?|Sr\.?")
_SPLIT = re.compile(r" ?[;|/] ?| (?:dan|and|&|[-–—]) ")
_BY = re.compile(
    r"^(?:(?:ditulis |written )?(?:oleh|by) |(?:penulis|reporter|pewarta|wartawan|editor) ?: ?)", re.IGNORECASE
)
_BRACKETS = re.compile(r" ?\([^()]{0,60}\)$")
# "Rina Ayu Contoh.com"
_SITE_BEHIND = re.compile(r"(?<=\w) [\w-]+(?:\.[\w-]+)*\.(?:com|co|id|tv|net|org|news|info)$", re.IGNORECASE)
# "vyp/kna": desks sign so, and three small letters are no name.
_INITIALS = re.compile(r"[a-z]{2,5}(?:/[a-z]{2,5})+|[a-z]{1,3}")
# "Redaksi" and "admin" sign for the house; a domain, an address or a page on a social network is no person.
_HOUSE = re.compile(
    r"(?:tim |team )?(?:redaksi|admin|administrator|editor|penulis|reporter|newsroom|kontributor|redaktur|wartawan"
    r"|liputan|peliputan|riset|cek fakta)(?: [^,]{0,30})?"
    r"|(?:super|web) ?(?:admin\w*|master)|staff?|guest|anonim|anonymous|unknown|undefined|null|none|news ?desk|by|oleh"
    r"|.*\bdeveloper|kompas cyber media|kg media|https?:.*|www\..*|.*@.*|.*(?:facebook|twitter|instagram)\.com.*"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:com|co|id|tv|net|org|news|info)|pt\.? .*",
    re.IGNORECASE,
)
_AGENCY = re.compile(
    r"(?:(?:lkbn|kantor berita|sumber) )?(?:antara(?: ?news)?|afp|agence france-presse|reuters|thomson reuters|ap|aptn"
    r"|(?:the )?associated press|xinhua|tass|anadolu(?: agency)?|dpa|bloomberg|kyodo(?: news)?|sputnik|bernama"
    r"|yonhap|newswire)",
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
        roles = {_ROLES[one.lower()] for one in mark.group("role", "too") if one}
        if "source" in roles:
            if not _is_source(value):
                return None
            found.source = value.rstrip(".") or None
        else:
            names = split_names(value)
            if any(len(name.split()) > _NAME_WORDS or not _SENTENCE_WORDS.isdisjoint(name.split()) for name in names):
                return None
            for role in roles:
                getattr(found, role).extend(names)
    return found


def role(label: str) -> str | None:
    """`authors`, `editors` or `source` for a label that stands alone: "Penulis", "Editor"."""
    return _ROLES.get(label.lower().rstrip(" :"))


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


def people(values: Iterable[str], publishers: Iterable[str], host: str = "") -> list[str]:
    """The names in these strings that are people's, once each, in order.

    `publishers` are the names of the house, and `host` is what its address calls it: "detik" signs as "detikHealth".
    """
    houses = {folded(publisher) for publisher in publishers} - {""}
    found: dict[str, str] = {}
    for value in (value[:_LONGEST] for value in values):
        for part in () if _HOUSE.fullmatch(value) or _INITIALS.fullmatch(value.strip("() ")) else split_names(value):
            name = _SITE_BEHIND.sub("", _BRACKETS.sub("", unlabelled(part)).strip())
            letters = folded(name)
            if letters and not _is_house(name, letters, houses, host):
                found.setdefault(letters, name)
    return list(found.values())


def unlabelled(line: str) -> str:
    """A line without the "Oleh" or "By" before its name."""
    return _BY.sub("", line)


def _is_house(name: str, letters: str, houses: set[str], host: str) -> bool:
    """Does a name stand for an organisation, or for nobody? No person has a digit in the name, or nine words."""
    words = name.split()
    if len(words) > 1 and words[0].lower() in {"tim", "team"}:
        words, letters = words[1:], letters.removeprefix(words[0].lower())
    return bool(
        letters in houses
        or (len(host) > 3 and len(words) == 1 and letters.startswith(host))
        or _HOUSE.fullmatch(name)
        or _AGENCY.fullmatch(name)
        or len(words) > _NAME_WORDS
        or any(char.isdecimal() for char in letters)
    )


def is_house(name: str) -> bool:
    """Is this an address, or a word that signs for an editorial office?"""
    return bool(_HOUSE.fullmatch(name))


def is_agency(name: str) -> bool:
    """Is this a news agency's name?"""
    return bool(_AGENCY.fullmatch(name))


def is_publisher(name: str, publishers: Iterable[str]) -> bool:
    """Is this the outlet's own name, whatever its case and punctuation?"""
    return folded(name) in {folded(publisher) for publisher in publishers}


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Letters and digits alone, without case: what two spellings of a name have in common."""
    return _SHORT_LETTERS.sub("", name).casefold()
