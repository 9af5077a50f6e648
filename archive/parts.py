"""The parts of rows under `articles/` and `dropped/`, and which of them count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_KEY = re.compile(
    r"(?P<folder>articles|dropped)/outlet=(?P<outlet>[^/]+)/date=(?P<day>\d{4}-\d\d-\d\d)/"
    r"part-(?P<job>\d{14}-[^-/]+)-(?P<extractor>[^-/]+?)(?:-(?P<revision>\d{14}))?\.jsonl\.gz",
    re.ASCII,
)


class Part(NamedTuple):
    """What the key of a part says."""

    folder: str
    """`articles` or `dropped`."""
    outlet: str
    day: str
    """Day of capture, UTC: YYYY-MM-DD."""
    job: str
    """The capturing job."""
    revision: str
    """When a rebuild wrote it, 14 digits; empty for the part that the job itself wrote."""
    extractor: str
    key: str

    @property
    def unit(self) -> tuple[str, str, str]:
        """What a rebuild makes anew together: the rows of an outlet, a day and a job, in both folders."""
        return self.outlet, self.day, self.job


def part_of(key: str) -> Part | None:
    """What a key says; None where it is no part's."""
    found = _KEY.fullmatch(key)
    return Part(**found.groupdict(default=""), key=key) if found else None


def current(keys: Iterable[str]) -> list[str]:
    """Those of the keys whose rows count, sorted: of a folder, an outlet, a day and a job the part of the last rebuild.

    Until the older part is removed, and where it is kept for comparison, both are there. A file under another name than
    a job gives counts: nothing has replaced it.
    """
    return _split(keys)[0]


def replaced(keys: Iterable[str]) -> list[str]:
    """Those of the keys whose rows a rebuild has made anew, sorted."""
    return _split(keys)[1]


def before(keys: Iterable[str]) -> list[str]:
    """Those of the keys whose rows counted before the first rebuild that left what it replaced, sorted.

    Of a unit that no rebuild has left anything of, those that count now.
    """
    units: dict[tuple[str, ...], dict[str, list[Part]]] = {}
    counts = []
    for key in keys:
        if part := part_of(key):
            units.setdefault(part.unit, {}).setdefault(part.folder, []).append(part)
        else:
            counts.append(key)
    return sorted(counts + [part.key for folders in units.values() for part in _before(list(folders.values()))])


def _before(folders: list[list[Part]]) -> Iterator[Part]:
    """Of the parts of a unit, by folder: a folder may have had none before a row was moved there."""
    for parts in folders:
        parts.sort(key=_rank)
    rebuilt = min((_rank(parts[1]) for parts in folders if len(parts) > 1), default=None)
    for first, *_ in folders:
        if rebuilt is None or _rank(first) < rebuilt:
            yield first


def _split(keys: Iterable[str]) -> tuple[list[str], list[str]]:
    last: dict[tuple[str, ...], Part] = {}
    counts, older = [], []
    for key in keys:
        if (part := part_of(key)) is None:
            counts.append(key)
            continue
        place = part.folder, *part.unit
        before = last.get(place)
        if before is None or _rank(before) < _rank(part):
            last[place] = part
            older += [before.key] if before else []
        else:
            older.append(part.key)
    return sorted([*counts, *(part.key for part in last.values())]), sorted(older)


def _rank(part: Part) -> tuple[str, int, str]:
    return part.revision, len(part.extractor), part.extractor
