"""What a comparison came to: numbers for each outlet and for all of them, and examples."""

from __future__ import annotations

import hashlib
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archive.comparison.fields import Comparison, Edit, excerpts

_ARTICLES = ("a", "b", "gained", "lost", "changed", "unchanged")
"""Numbers of articles."""


class Example(NamedTuple):
    """One article that is not what it was."""

    outlet: str
    what: str
    """`gained`, `lost`, `verdict`, or the name of a field."""
    id: str | None
    """None where neither side has an article."""
    version: int | None
    url: str
    was: str | None
    now: str | None
    """Values, shortened to where they differ: of a text the first paragraph that differs; of what was gained, lost or
    judged anew the verdicts with their reasons. None for nothing."""


@dataclass(slots=True)
class Counts:
    """Numbers of an outlet, or of all."""

    a: int = 0
    """Articles of A: with rows of several versions each of them is one."""
    b: int = 0
    gained: int = 0
    """Articles of B that A does not have."""
    lost: int = 0
    """Articles of A that B does not have."""
    changed: int = 0
    """Articles of both whose text or a fact differs."""
    unchanged: int = 0
    paragraphs: int = 0
    """Paragraphs that A has in the articles of both."""
    paragraphs_gained: int = 0
    """Those of B that A lacks in the same article; what is there twice counts twice."""
    paragraphs_lost: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What a page was taken for, and is now."""
    fields: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Field -> how many were filled, emptied and changed."""
    said: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """The same of what we say of a text."""
    lacking: Counter[str] = field(default_factory=Counter)
    """Field -> in how many pairs one of the rows has no such field, so that it was not compared."""

    @property
    def both(self) -> int:
        """Articles that are in A and B."""
        return self.changed + self.unchanged

    def count(self, found: Comparison) -> None:
        """Count a pair that differs."""
        facts = [edit for edit in found.edits if not edit.is_said]
        self.changed += bool(facts)
        self.unchanged += not facts
        self.paragraphs_gained += len(found.gained)
        self.paragraphs_lost += len(found.lost)
        for edit in found.edits:
            (self.said if edit.is_said else self.fields)[edit.name][edit.way] += 1
        self.lacking.update(found.lacking)

    def add(self, other: Counts) -> None:
        """Count what another one has counted, too."""
        for name in (*_ARTICLES, "paragraphs", "paragraphs_gained", "paragraphs_lost"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.verdicts.update(other.verdicts)
        self.lacking.update(other.lacking)
        for ours, theirs in ((self.fields, other.fields), (self.said, other.said)):
            for name, ways in theirs.items():
                ours[name].update(ways)

    def facts(self) -> dict[str, Any]:
        """The same for a script; docs/diff.md has the shape."""
        moved = sorted(self.verdicts.items())
        return {
            "articles": {name: getattr(self, name) for name in _ARTICLES},
            "paragraphs": {"a": self.paragraphs, "gained": self.paragraphs_gained, "lost": self.paragraphs_lost},
            "verdicts": [{"was": was, "now": now, "rows": number} for (was, now), number in moved],
            "fields": _ways(self.fields),
            "said": _ways(self.said),
            "not_compared": dict(sorted(self.lacking.items())),
        }


def _ways(found: defaultdict[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: {way: found[name][way] for way in ("filled", "emptied", "changed")} for name in sorted(found)}


class Result:
    """Numbers and examples, the same whatever the order in which rows came."""

    def __init__(self, examples: int) -> None:
        """`examples` are kept of each outlet and kind of difference."""
        self._most = examples
        self._examples: defaultdict[tuple[str, str], list[tuple[bytes, Example]]] = defaultdict(list)
        self._outlets: defaultdict[str, Counts] = defaultdict(Counts)

    def of(self, outlet: str) -> Counts:
        """The numbers of an outlet."""
        return self._outlets[outlet]

    @property
    def outlets(self) -> dict[str, Counts]:
        """All outlets that A or B has, by their names."""
        return dict(sorted(self._outlets.items()))

    @property
    def total(self) -> Counts:
        """All outlets together."""
        total = Counts()
        for counts in self._outlets.values():
            total.add(counts)
        return total

    @property
    def examples(self) -> Iterator[Example]:
        """By outlet and kind."""
        for _, found in sorted(self._examples.items()):
            yield from (example for _, example in found)

    def show(self, example: Example) -> None:
        """Have it for an example.

        Those whose address has the least digest are kept: of all sections and days, and next time the same.
        """
        rank = _rank(example.id, example.version, example.url)
        if self._wants(example.outlet, example.what, rank):
            kept = self._examples[example.outlet, example.what]
            insort(kept, (rank, example), key=lambda one: one[0])
            del kept[self._most :]

    def show_edits(self, outlet: str, name: str, version: int, url: str, found: Comparison) -> None:
        """Have what differs in an article for examples."""
        rank = _rank(name, version, url)
        for edit in found.edits:
            if self._wants(outlet, edit.name, rank):
                was, now = excerpts(*_values(edit, found))
                self.show(Example(outlet, edit.name, name, version, url, was, now))

    def _wants(self, outlet: str, what: str, rank: bytes) -> bool:
        kept = self._examples[outlet, what]
        return len(kept) < self._most or (self._most > 0 and rank < kept[-1][0])


def _rank(name: str | None, version: int | None, url: str) -> bytes:
    return hashlib.sha256(f"{url}\n{name}\n{version}".encode()).digest()


def _values(edit: Edit, found: Comparison) -> tuple[Any, Any]:
    """The values of a field; of a text the first paragraphs that differ."""
    if edit.name == "text" and (found.lost or found.gained):
        return next(iter(found.lost), None), next(iter(found.gained), None)
    return edit.was, edit.now
