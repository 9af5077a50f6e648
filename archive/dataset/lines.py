"""Rows in JSON Lines and CSV, gzipped: the same bytes for the same rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from archive.dataset import schema
from archive.errors import Damaged
from archive.verification.rows import MAX_ROW

NAMES = tuple(column.name for column in schema.columns())
"""The columns of CSV."""
_LEVEL = 6


def line(row: Mapping[str, Any]) -> bytes:
    """A row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class Writer:
    """One file of JSON Lines. Every method raises OSError."""

    def __init__(self, where: Path, path: str) -> None:  # noqa: ARG002 - other formats have use for it
        self._file = Folded(where)

    def add(self, row: Mapping[str, Any], line: bytes) -> Mapping[str, Any]:  # noqa: ARG002 - the line is the row
        """Add a row; `line` is the same as JSON."""
        self._file.write(line)
        return {}

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class CsvWriter:
    """One file of CSV (RFC 4180), with names in its first line. Every method raises OSError."""

    def __init__(self, where: Path, path: str) -> None:  # noqa: ARG002 - other formats have use for it
        self._file = Folded(where)
        self._file.write(csv_line(NAMES))

    def add(self, row: Mapping[str, Any], line: bytes) -> Mapping[str, Any]:  # noqa: ARG002 - other formats have use for it
        """Add a row; `line` is the same as JSON."""
        self._file.write(csv_line(row[name] for name in NAMES))
        return {}

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON Lines. Raises Damaged, OSError."""
    try:
        with gzip.open(path) as file:
            while data := file.readline(2 * MAX_ROW):
                yield dict(json.loads(data))
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError, TypeError, RecursionError) as error:
        raise Damaged(f"{path} cannot be read as JSON Lines: {error}.") from error


def read_csv(path: Path, *, is_folded: bool) -> Iterator[dict[str, str]]:
    """The lines of a file of CSV, in gzip or as it is. Raises Damaged, OSError."""
    csv.field_size_limit(2 * MAX_ROW)  # of the whole process; 128 KiB, the limit without it, is less than texts have
    try:
        with (
            gzip.open(path) if is_folded else path.open("rb") as file,
            io.TextIOWrapper(file, encoding="utf-8", newline="") as text,
        ):
            yield from csv.DictReader(text)
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError, csv.Error) as error:
        raise Damaged(f"{path} cannot be read as CSV: {error}.") from error


def csv_line(cells: Iterable[Any]) -> bytes:
    """A line of CSV: nothing for what is unknown or empty, JSON for lists and objects, `true` and `false`.

    NUL, which readers of CSV stop at, becomes U+FFFD. What begins like a formula stays as it is.
    """
    line = io.StringIO()
    csv.writer(line).writerow(map(_cell, cells))
    return line.getvalue().encode()


class Folded:
    """A gzip file that says neither when it was made nor how it is called. Every method raises OSError."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("wb")
        self._file = gzip.GzipFile("", "wb", _LEVEL, self._raw, mtime=0)

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._file.write(data)

    def close(self) -> None:
        """Finish the file."""
        with self._raw:
            self._file.close()


def _cell(value: Any) -> Any:
    match value:
        case None | [] | {}:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value.replace("\0", "\ufffd")
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
    return value
