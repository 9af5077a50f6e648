"""Two rows of one article, field by field: what a row says of an article, what we say of its text, how it was made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isnan
from typing import Any, Literal

Row = Mapping[str, Any]

MADE = frozenset(("extractor", "rules", "job", "schema", "drift", "captures", "captured"))
"""Fields that say how a row was made, and of which captures."""
COUNTED = frozenset(("words", "text_sha256"))
"""Fields that follow from the text."""
SAID = frozenset(
    (
        "text_confidence",
        "language",
        "language_confidence",
        "language_second",
        "origins",
        "duplicates",
        "cluster",
        "cluster_share",
    )
)
"""Fields that hold what we say of an article. A change of them alone does not change the article."""
LONG = 120
"""Characters of a value in an example."""
BEFORE = 30
"""Characters in front of what differs in it."""

Way = Literal["filled", "emptied", "changed"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A field that differs."""

    name: str
    was: Any
    now: Any

    @property
    def way(self) -> Way:
        """Was it filled, emptied or changed?"""
        if self.was is None:
            return "filled"
        return "emptied" if self.now is None else "changed"

    @property
    def is_said(self) -> bool:
        """Is it only what we say of an article?"""
        return self.name in SAID


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is different between two rows of an article."""

    edits: list[Edit]
    lacking: list[str]
    """Fields that one of the rows does not have: another schema. They are not compared."""
    lost: list[str] = field(default_factory=list)
    """Paragraphs that the newer text lacks, in reading order."""
    gained: list[str] = field(default_factory=list)
    """Paragraphs that the older text lacked."""


def comparable(row: Row) -> dict[str, Any]:
    """The fields of a row that are compared, in one order and shape: what is unknown or empty is None."""
    return {name: plain_value(row[name]) for name in sorted(row) if name not in MADE | COUNTED}


def plain_value(value: Any) -> Any:
    """A value as JSON has it, whatever the file it came from; None for what says nothing."""
    if isinstance(value, Mapping):
        # A Parquet struct has every name, a JSON object those with a value.
        pairs = ((str(name), plain_value(one)) for name, one in value.items())
        return {name: one for name, one in sorted(pairs) if one is not None} or None
    if isinstance(value, list | tuple):
        return [plain_value(one) for one in value] or None
    if isinstance(value, date):
        return value.isoformat()
    if value == "" or (isinstance(value, float) and isnan(value)):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)


def compare(older: Row, newer: Row) -> Comparison:
    """What differs between two rows that `comparable` made."""
    edits = [Edit(name, was, newer[name]) for name, was in older.items() if name in newer and was != newer[name]]
    lacking = sorted(older.keys() ^ newer.keys())
    if not any(edit.name == "text" for edit in edits):
        return Comparison(edits, lacking)
    before, after = paragraphs(older), paragraphs(newer)
    return Comparison(edits, lacking, [*_surplus(before, after)], [*_surplus(after, before)])


def paragraphs(row: Row) -> list[str]:
    """The paragraphs of the text of a row."""
    text = row.get("text")
    return text.split("\n\n") if text else []


def _surplus(ours: list[str], theirs: list[str]) -> Iterator[str]:
    """Those of ours that are not, or not so often, among theirs."""
    left = Counter(theirs)
    for one in ours:
        if left[one]:
            left[one] -= 1
        else:
            yield one


def excerpts(was: Any, now: Any) -> tuple[str | None, str | None]:
    """Both values as text, and of long ones the part where they begin to differ; None for what says nothing."""
    older, newer = _text(was), _text(now)
    if older is None or newer is None:
        return _cut(older, 0), _cut(newer, 0)
    same = next((at for at, (a, b) in enumerate(zip(older, newer, strict=False)) if a != b), 0)
    start = max(0, same - BEFORE) if max(len(older), len(newer)) > LONG else 0
    return _cut(older, start), _cut(newer, start)


def _cut(text: str | None, start: int) -> str | None:
    if text is None:
        return None
    end = start + LONG
    return ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
