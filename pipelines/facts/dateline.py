"""The place that an article's first line names before it begins: "TRIBUNNEWS.COM, MINSK - "."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.page import house, people

# Of a dateline, in characters.
_LONGEST = 120
_DASH = re.compile(r"\s[-–—]{1,3}|[-–—]{1,3}\s|--|—|(?<=\))[-–]")
_PIECE = re.compile(r"\s*[,|(]\s*|\)\s*,?\s*")
_DOMAIN = re.compile(r"[A-Za-z][\w.-]*\.(?:com|co|co\.id|id|tv|net|org|news|info)", re.IGNORECASE)
_PLACE = re.compile(r"[A-Z][\w'’.-]*(?: (?:[A-Z][\w'’.-]*|dan|di)){0,4}")
# Older agency copy names the day: "Jakarta, 12/3 (ANTARA) - ".
_DAY = re.compile(r"\d{1,2}/\d{1,2}(?:/\d{2,4})?")
# Outlets whose datelines name nothing but the place, for a person can begin a sentence that way: "Susi - sapaan
# akrabnya - menolak."
_BARE = frozenset(("detik", "okezone", "sindonews"))
_BARE_PLACE = re.compile(r"(?P<place>[A-Z][\w'’.]*(?: [A-Z][\w'’.]*){0,2})\s+[-–—]{1,2}\s+(?=[A-Z\d\"“'‘])")
# Outlets that put a full stop behind it.
_STOPPED = frozenset(("kontan",))
_STOPPED_PLACE = re.compile(r"(?:[A-Z.]{3,20} ?[-–—] ?)?(?P<place>[A-Z]{3,}(?: [A-Z]{3,}){0,2})\. (?=[A-Z\d\"“'‘])")


def place(paragraph: str, brands: Iterable[str], url: str) -> str | None:
    """The place, as written, in the dateline that a first paragraph begins with; None where none is named.

    A dateline names the outlet or an agency too, in any order: "MOSKOW, KOMPAS.TV - ", "Jakarta (ANTARA) - ",
    "SURYA.CO.ID | SURABAYA - ". At outlets that are known for it the place stands alone.
    """
    label = house.label(url)
    if label in _BARE or label in _STOPPED:
        pattern = _STOPPED_PLACE if label in _STOPPED else _BARE_PLACE
        if (bare := pattern.match(paragraph)) and not people.is_publisher(bare["place"], (*brands, label)):
            return bare["place"]
    dash = _DASH.search(paragraph[:_LONGEST])
    if not dash:
        return None
    head = paragraph[: dash.start()]
    names = {people.folded(name) for name in (*brands, label, house.domain(url))}
    places = []
    signed = False
    for piece in filter(None, (piece.strip() for piece in _PIECE.split(head))):
        if people.folded(piece) in names or _DOMAIN.fullmatch(piece) or _is_agency(piece):
            signed = True
        elif _PLACE.fullmatch(piece):
            places.append(piece)
        elif not _DAY.fullmatch(piece):
            return None
    return ", ".join(places) if signed and 0 < len(places) <= 3 else None


def _is_agency(piece: str) -> bool:
    """Is it an agency's name, or several: "ANTARA/Reuters"?"""
    return all(people.is_agency(part) for part in piece.split("/"))
