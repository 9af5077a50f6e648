"""The files of one outlet and month, in the format that was asked for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from archive.dataset import lines, parquet, plain, wet
from archive.dataset.selection import Partition, rows_of
from archive.local import sha256
from archive.scratch import Scratch

FILE = 256 << 20
"""Bytes of JSON whose rows make a file: some 60 MB of Parquet."""
PLACES = {"wet": ("file", "offset", "length", "record_id"), "txt": ("file",)}
"""What facts.csv begins with in formats whose files hold texts alone."""


class Writer(Protocol):
    """What writes rows into one file, or into one folder. Every method raises OSError."""

    def __init__(self, where: Path, path: str) -> None:
        """`path` is that of the file, or folder, in the dataset."""

    def add(self, row: Mapping[str, Any], line: bytes) -> Mapping[str, Any]:
        """Write a row; `line` is the same as JSON. Where it is, in formats that have facts.csv."""

    def close(self) -> None:
        """Finish."""


FORMATS: Mapping[str, tuple[type[Writer], str]] = {
    "parquet": (parquet.Writer, ".parquet"),
    "jsonl": (lines.Writer, ".jsonl.gz"),
    "csv": (lines.CsvWriter, ".csv.gz"),
    "txt": (plain.Writer, ""),
    "wet": (wet.Writer, ".warc.wet.gz"),
}
"""How each format is written, and how its files are called; those of `txt` are one an article."""


class Made(NamedTuple):
    """A file that was written."""

    path: str
    """Relative to the dataset."""
    rows: int
    size: int
    sha256: str


class Written(NamedTuple):
    """What a partition came to."""

    files: list[Made]
    digest: str
    """SHA-256 of its rows as JSON Lines, whatever the format."""
    facts: str
    """Name of its part of facts.csv; empty in formats that have none."""


def fact_names(form: str) -> list[str]:
    """The columns of facts.csv."""
    return [*PLACES[form], *(name for name in lines.NAMES if name != "text")]


def write_partition(scratch: Scratch, partition: Partition, form: str, folder: Path) -> Written:
    """Write the rows of a partition under a folder. Raises StorageError, OSError."""
    outlet, month, _ = partition
    digest, files = hashlib.sha256(), _Files(folder, f"{outlet}/{month}", form)
    name = f"{outlet}-{month}.facts" if form in PLACES else ""
    with ExitStack() as opened:
        facts = opened.enter_context((folder / name).open("wb")) if name else None
        opened.callback(files.close)
        for row in opened.enter_context(closing(rows_of(scratch, partition))):
            line = lines.line(row)
            digest.update(line)
            found = {**row, **files.add(row, line)}
            if facts:
                facts.write(lines.csv_line(found[column] for column in fact_names(form)))
    return Written(files.made, digest.hexdigest(), name)


def made(folder: Path, path: str, rows: int = 0) -> Made:
    """A file that was written, and is durable from now on. Raises OSError."""
    with (folder / path).open("rb") as file:
        os.fsync(file.fileno())
    return summed(folder, path, rows)


def summed(folder: Path, path: str, rows: int = 0) -> Made:
    """A file that was written. Raises OSError."""
    return Made(path, rows, (folder / path).stat().st_size, sha256(folder / path))


class _Files:
    """One file after the other, none much larger than `FILE`."""

    def __init__(self, folder: Path, place: str, form: str) -> None:
        self._folder, self._form = folder, form
        self._kind, self._suffix = FORMATS[form]
        self._place = f"{'data' if self._suffix else 'text'}/{place}"
        self._writer: Writer | None = None
        self._path = ""
        self._rows = self._size = 0
        self.made: list[Made] = []

    def add(self, row: Mapping[str, Any], line: bytes) -> Mapping[str, Any]:
        if self._writer is None or self._size >= FILE:
            self.close()
            self._path = f"{self._place}/part-{len(self.made):05}{self._suffix}" if self._suffix else self._place
            where = self._folder / self._path
            where.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._kind(where, self._path)
        self._rows += 1
        self._size += len(line)
        return self._writer.add(row, line)

    def close(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        if self._suffix:
            self.made.append(made(self._folder, self._path, self._rows))
        self._writer, self._rows, self._size = None, 0, 0
