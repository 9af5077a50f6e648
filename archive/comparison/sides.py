"""Sets of rows that can be compared: those of an archive, today's or older ones, and those of a dataset."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive import parts
from archive.comparison.fields import comparable
from archive.errors import Damaged
from archive.faults import shown
from archive.files import Files
from archive.layout import ROWS, row_folders
from archive.legible import Legible
from archive.model import Verdict

if TYPE_CHECKING:
    from archive.dataset.read import Dataset

Row = dict[str, Any]
Rows = Iterator[tuple[bool, Row]]
"""Is it an article, or was it dropped? And the row."""

_LAST_VERSION = 10**9
_OF_NO_ROW = "0"
"""The extractor in the name of a part that a rebuild left without rows."""


@dataclass(frozen=True)
class Side:
    """One of two sets of rows."""

    name: str
    """As it was typed."""
    where: str
    """What it is, in words: sides with the same words are the same."""
    rows: Callable[[], Rows]
    """All rows, each of them as `fault_of` wants it. Raises StorageError."""
    has_newest_only: bool = False
    """Has it one row an article, as datasets have?"""


def keys_of(files: Files, outlets: list[str]) -> list[str]:
    """Keys of the parts of these outlets; of all without any. Raises OSError, StorageError."""
    folders = [folder for outlet in outlets for folder in row_folders(outlet)] or ROWS
    return [key for folder in folders for key in files.keys(folder, ".jsonl.gz")]


def made_with(legible: Legible, keys: list[str], extractor: str, rules: str) -> list[str]:
    """Those of the keys whose rows an extractor made, with rules whose hash begins so: of each unit the last.

    Raises StorageError.
    """
    found = [part for part in map(parts.part_of, keys) if part and part.extractor in {extractor, _OF_NO_ROW}]
    made = {
        (*part.unit, part.revision)
        for part in found
        if part.extractor == extractor and (not rules or _rules(legible, part.key).startswith(rules))
    }
    # A part that was left without rows was made together with that of the other folder.
    return parts.current(part.key for part in found if (*part.unit, part.revision) in made)


def rules_of(legible: Legible, keys: list[str]) -> dict[str, list[str]]:
    """The extractors that made rows of these parts, each with the hashes of its rules. Raises StorageError."""
    found: dict[str, set[str]] = {}
    for part in filter(None, map(parts.part_of, keys)):
        if part.extractor != _OF_NO_ROW:
            found.setdefault(part.extractor, set()).add(_rules(legible, part.key))
    return {extractor: sorted(filter(None, rules)) for extractor, rules in sorted(found.items())}


def rows_of(legible: Legible, keys: list[str]) -> Rows:
    """The rows of parts. What is no row is blamed on its file. Raises StorageError."""
    for key in keys:
        is_article = key.startswith("articles/")
        for number, row in legible.lines(key):
            if fault := fault_of(row, is_article=is_article):
                legible.blame(key, f"line {number}: {fault}")
            else:
                yield is_article, row


def rows_of_dataset(dataset: Dataset, outlets: list[str]) -> Rows:
    """The articles of a dataset, and those that are joined with one as its exact duplicates.

    Raises Damaged where it is not whole, ArgumentError where its format has no rows, StorageError, OSError.
    """
    for place in dataset.places():
        for is_article, row in _with_duplicates(place.row):
            if fault := fault_of(row, is_article=is_article):
                where = dataset.archive.where(dataset.prefix + place.path)
                raise Damaged(f"{where}, row {place.number}: {fault}. scrapy verify --dataset says what else is wrong.")
            if not outlets or row["outlet"] in outlets:
                yield is_article, row


def _with_duplicates(row: Row) -> Rows:
    yield True, row
    others = row.get("duplicates")
    for other in others if isinstance(others, list) else ():
        judged = {"verdict": Verdict.DUPLICATE.value, "reason": f"the same text as {row['url']}"}
        yield False, {**(other if isinstance(other, dict) else {}), **judged}


def fault_of(row: Row, *, is_article: bool) -> str:
    """What keeps a row from being compared, in words; empty for nothing. Any version of the row's shape will do."""
    version, captures, text = row.get("version"), row.get("captures"), row.get("text")
    for name in ("id", "outlet", "url") if is_article else ("outlet", "url", "verdict"):
        if not isinstance(row.get(name), str) or not row[name]:
            return f"{name} cannot be {shown(repr(row.get(name)))}"
    if is_article and not (isinstance(version, int) and 0 < version < _LAST_VERSION):
        return f"version cannot be {shown(repr(version))}"
    if text is not None and not isinstance(text, str):
        return f"text cannot be {shown(repr(text))}"
    first = captures[0] if isinstance(captures, list) and captures else None
    if not isinstance(first, dict) or not isinstance(first.get("record_id"), str):
        return "the row points at no record"
    try:
        comparable(row)
        json.dumps(row, ensure_ascii=False, default=str).encode()  # half a character is none
    except (ValueError, RecursionError) as error:
        return f"the row cannot be written as JSON: {shown(str(error))}"
    return ""


def _rules(legible: Legible, key: str) -> str:
    """Hash of the rules of a part, as its first row has it."""
    return next((str(row.get("rules")) for _, row in legible.lines(key)), "")
