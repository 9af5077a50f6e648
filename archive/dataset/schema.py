"""The columns of a dataset, derived from `Article`: the docstrings of its fields are their descriptions."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from archive.model import Article, RecordRef

VERSION = 1
"""Version of a dataset's shape; docs/datasets.md has the changelog."""

ORIGINS = (
    "title",
    "text",
    "description",
    "authors",
    "editors",
    "published",
    "published_raw",
    "modified",
    "section",
    "tags",
    "image",
    "image_caption",
    "place",
    "source_credit",
    "language",
    "language_second",
    "free",
    "syndicated_from",
)
"""Fields whose origin a row may name."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHARES = ("text_confidence", "language_confidence")


class Duplicate(NamedTuple):
    """An article with exactly the same text, which has no row of its own."""

    id: str
    """Its `id`."""
    version: int
    """Its `version`."""
    outlet: str
    """Its `outlet`."""
    url: str
    """Its canonical URL."""
    published: str | None
    """Instant of its publication, ISO 8601 with the offset of its outlet's clock."""
    captures: list[RecordRef]
    """The response records that it was made from."""


class Column(NamedTuple):
    """One column."""

    name: str
    form: Any
    """Its type, as an annotation."""
    description: str

    @property
    def kind(self) -> Any:
        """Its type without None."""
        return next(one for one in get_args(self.form) if one is not type(None)) if self.is_nullable else self.form

    @property
    def is_nullable(self) -> bool:
        """May it be unknown?"""
        return get_origin(self.form) is UnionType and type(None) in get_args(self.form)


_OWN = (
    Column(
        "duplicates",
        list[Duplicate],
        "Articles with exactly the same text, by their publication; this row is of the one that was published first.",
    ),
    Column(
        "cluster",
        str | None,
        "Of an article that shares much of its text with others: the `id` of the one that was published first. Much is "
        "at least a third of the different sequences of five words of the shorter one, and 15 % of those of the longer "
        "one.",
    ),
    Column(
        "cluster_share",
        float | None,
        "The part of this article's different sequences of five words that the first-published one of its cluster has "
        "too, 0 to 1.",
    ),
)

OWN = frozenset(column.name for column in _OWN)
"""Columns that only a dataset has."""


@cache
def columns() -> tuple[Column, ...]:
    """The columns of a row, in their order: those of `articles/`, and what a dataset says of it among the others."""
    said = _docstrings(Article)
    hints = get_type_hints(Article)
    hints["captured"] = datetime  # a row without it is no article's
    return (*(Column(name, form, said[name]) for name, form in hints.items()), *_OWN)


@cache
def columns_of(kind: type[Any]) -> tuple[Column, ...]:
    """The columns of what lies in a list: `RecordRef`, `Duplicate`."""
    said = _docstrings(kind)
    return tuple(Column(name, form, said[name]) for name, form in get_type_hints(kind).items())


@cache
def instants() -> tuple[tuple[str, str | None], ...]:
    """The columns that are points in time; with each the one beside it that has its offset, which UTC does without."""
    found = (column.name for column in columns() if column.kind is datetime)
    return tuple((name, None if name == "captured" else f"{name}_iso") for name in found)


def microseconds(instant: datetime) -> int:
    """Since 1970, also of instants that lie outside of the calendar in UTC."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def in_calendar(instant: datetime) -> bool:
    """Does it lie in the years 1 to 9999 of UTC, so that readers can show it?"""
    first, last = (microseconds(end.replace(tzinfo=UTC)) for end in (datetime.min, datetime.max))  # noqa: DTZ901
    return first <= microseconds(instant) <= last


def canonical(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its fields in the order of the columns, and `captured` in UTC. Raises OverflowError."""
    found = {column.name: row[column.name] for column in columns() if column.name in row}
    found["captured"] = datetime.fromisoformat(row["captured"]).astimezone(UTC).isoformat()
    found["captures"] = [{name: ref[name] for name in RecordRef.__slots__} for ref in row["captures"]]
    found |= {name: float(found[name]) for name in _SHARES if found[name] is not None}
    found["origins"] = {name: row["origins"][name] for name in ORIGINS if name in row["origins"]}
    return found


def _docstrings(kind: type[Any]) -> dict[str, str]:
    """Field -> the docstring under it, in one line."""
    [body] = ast.parse(inspect.getsource(kind)).body
    assert isinstance(body, ast.ClassDef)
    found, name = {}, ""
    for node in body.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=str(name))):
                pass
            case ast.Expr(value=ast.Constant(value=str(text))) if name:
                found[name] = " ".join(text.split())
                name = ""
    return found
