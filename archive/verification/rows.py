"""The lines of rows and events, each held against what it should be."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from archive.faults import Fault, Kind, shown
from archive.model import SCHEMA, Article, RecordRef, Verdict
from archive.reader import MAX_MEMBER

MAX_ROW = 64 << 20
"""Bytes of a line."""

_FIELDS = get_type_hints(Article)
_CAPTURE = get_type_hints(RecordRef)


def lines(path: Path) -> Iterator[tuple[int, bytes] | Fault]:
    """Numbered lines of a .jsonl.gz, and at the end what keeps the rest from being read. Raises OSError."""
    if not path.stat().st_size:  # which gzip takes for a file without lines
        yield Fault(Kind.ROW, 1, "the file is empty")
        return
    number = size = 0
    try:
        with gzip.open(path, "rb") as file:
            while (line := file.readline(MAX_ROW)) and size <= MAX_MEMBER:
                number, size = number + 1, size + len(line)
                yield number, line
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        yield Fault(Kind.ROW, number + 1, f"the file cannot be read from here on: {error}")
    if size > MAX_MEMBER:
        yield Fault(Kind.ROW, number, f"the file has more than {MAX_MEMBER} bytes, and was not read further")


def parsed(number: int, line: bytes) -> dict[str, Any] | Fault:
    """The object of a line."""
    try:
        found = json.loads(line)
        json.dumps(found, ensure_ascii=False).encode()  # half a character is none
    except (ValueError, RecursionError) as error:
        return Fault(Kind.ROW, number, f"the line is no JSON: {shown(str(error))}")
    if not isinstance(found, dict):
        return Fault(Kind.ROW, number, "the line is no object")
    return found if line.endswith(b"\n") else Fault(Kind.ROW, number, "the line has no end")


def objects(path: Path) -> Iterator[tuple[int, dict[str, Any]] | Fault]:
    """Numbered objects of a .jsonl.gz, and a fault instead of each line that is none. Raises OSError."""
    for line in lines(path):
        if isinstance(line, Fault):
            yield line
        else:
            found = parsed(*line)
            yield found if isinstance(found, Fault) else (line[0], found)


def of_row(number: int, row: dict[str, Any], *, dropped: bool) -> Iterator[Fault]:
    """What is wrong with a row by itself. When anything is, nothing that it points at is to be followed."""
    wanted = {"text": str, "text_sha256": str, "captures": list[RecordRef], "schema": int}
    if row.get("schema") == SCHEMA:  # of others nobody knows here what they must have
        wanted = _FIELDS | ({"verdict": Verdict, "reason": str} if dropped else {})
    for name, form in wanted.items():
        if name not in row:
            yield Fault(Kind.ROW, number, f"the row has no {name}")
        elif not _is(row[name], form):
            yield Fault(Kind.ROW, number, f"{name} cannot be {shown(repr(row[name]))}")
    if row.get("captures") == []:
        yield Fault(Kind.ROW, number, "the row points at no record")


def of_text(number: int, row: dict[str, Any]) -> Iterator[Fault]:
    """Is the digest of the text that of the text?"""
    text, named = row["text"], row["text_sha256"]
    digest = hashlib.sha256(text.encode()).hexdigest()
    if named != digest and (text or named):  # a page without text may have no digest of it
        yield Fault(Kind.ROW_TEXT, number, f"text_sha256 is {shown(named)}, and the text has {digest}")


def of_event(number: int, event: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with an event."""
    for name in ("event", "at"):
        if not isinstance(event.get(name), str):
            yield Fault(Kind.ROW, number, f"the event has no {name}")


def _is(value: Any, form: Any) -> bool:
    """Is a value of JSON what a field of this type becomes in a row?"""
    if isinstance(form, UnionType):
        return any(_is(value, one) for one in get_args(form))
    test = _TESTS.get(get_origin(form) or form)
    return test(value, get_args(form)) if test else isinstance(value, form)


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


_TESTS: dict[Any, Callable[[Any, tuple[Any, ...]], bool]] = {
    list: lambda value, of: isinstance(value, list) and all(_is(one, of[0]) for one in value),
    dict: lambda value, of: isinstance(value, dict) and all(_is(one, of[1]) for one in value.values()),
    int: lambda value, _: isinstance(value, int) and not isinstance(value, bool),
    float: lambda value, _: isinstance(value, int | float) and not isinstance(value, bool),
    datetime: lambda value, _: isinstance(value, str) and _is_instant(value),
    Verdict: lambda value, _: isinstance(value, str) and value in set(Verdict) - {Verdict.ARTICLE},
    RecordRef: lambda value, _: (
        isinstance(value, dict) and all(_is(value.get(name), form) for name, form in _CAPTURE.items())
    ),
}
