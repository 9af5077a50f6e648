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

Test = Callable[[Any], bool]
"""Is a value of JSON what a field becomes in a row?"""


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
    wanted = _ANY
    if row.get("schema") == SCHEMA:  # of others nobody knows here what they must have
        wanted = _DROPPED if dropped else _ARTICLE
    for name, is_right in wanted.items():
        if name not in row:
            yield Fault(Kind.ROW, number, f"the row has no {name}")
        elif not is_right(row[name]):
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


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _test(form: Any) -> Test:
    """Of a type annotation; worked out once, for rows come by the hundred thousand."""
    if isinstance(form, UnionType):
        tests = [_test(one) for one in get_args(form)]
        return lambda value: any(test(value) for test in tests)
    if get_origin(form) is list:
        of = _test(*get_args(form))
        return lambda value: isinstance(value, list) and all(map(of, value))
    if get_origin(form) is dict:
        to = _test(get_args(form)[1])
        return lambda value: isinstance(value, dict) and all(map(to, value.values()))
    if form is RecordRef:
        parts = _tests(RecordRef)
        return lambda value: isinstance(value, dict) and all(test(value.get(name)) for name, test in parts.items())
    return _TESTS.get(form) or (lambda value: isinstance(value, form))


def _tests(kind: type) -> dict[str, Test]:
    return {name: _test(form) for name, form in get_type_hints(kind).items()}


_DROPPED_AS = frozenset(Verdict) - {Verdict.ARTICLE}
_TESTS: dict[Any, Test] = {
    int: _is_integer,
    float: _is_number,
    datetime: lambda value: isinstance(value, str) and _is_instant(value),
    Verdict: lambda value: isinstance(value, str) and value in _DROPPED_AS,
}
_ARTICLE = _tests(Article)
_DROPPED = _ARTICLE | {"verdict": _test(Verdict), "reason": _test(str)}
_ANY = {name: _ARTICLE[name] for name in ("text", "text_sha256", "captures", "schema")}
