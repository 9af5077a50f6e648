"""A dataset that is there: what it says of itself, its files, and its rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from archive import layout
from archive.dataset import lines, parquet, schema
from archive.dataset.names import FACTS, MAX_PACKAGE, PACKAGE, check_name, names_in
from archive.errors import ArgumentError, Damaged
from archive.faults import shown
from archive.files import Files, OnDisk

_READERS: Mapping[str, Callable[[Path], Iterator[dict[str, Any]]]] = {"parquet": parquet.read, "jsonl": lines.read}
_PATH = re.compile(r"(?:\w[\w.-]*/)*\w[\w.-]*", re.ASCII)
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class File(NamedTuple):
    """A file of a dataset, as its datapackage.json has it."""

    path: str
    """Relative to the dataset."""
    size: int
    sha256: str
    rows: int
    """Rows in it; 0 in what is no table of them."""


class Place(NamedTuple):
    """A row, and where it lies."""

    path: str
    number: int
    """From 1, in its file."""
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What `open_dataset` finds. Its methods raise Damaged, StorageError, OSError."""

    name: str
    package: dict[str, Any]
    """All of datapackage.json."""
    format: str
    """`parquet`, `jsonl`, `csv`, `txt` or `wet`."""
    files: list[File]
    """What datapackage.json lists, in its order. The texts of `txt` are in checksums.sha256 only."""
    archive: Files
    prefix: str
    """What stands before a path in `archive`: `datasets/NAME/`, or nothing."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows as `articles/` has them, with `duplicates`, `cluster` and `cluster_share`. Raises ArgumentError."""
        return (place.row for place in self.places())

    def places(self) -> Iterator[Place]:
        """The rows with their places. Raises ArgumentError for a format that has no whole rows."""
        read = _READERS.get(self.format)
        if read is None:
            raise ArgumentError(
                f"The dataset {self.name} is {self.format}, which does not hold rows as they are in the archive: build "
                "it as parquet or jsonl."
            )
        for file in self.files:
            if file.rows:
                if not self.archive.exists(self.prefix + file.path):  # a pipe is none: nobody waits for it
                    raise Damaged(f"{self.archive.where(self.prefix + file.path)} is not there, or is no file.")
                number = 0
                with self.archive.held(self.prefix + file.path) as path:
                    for number, row in enumerate(read(path), 1):
                        if number > file.rows:  # a small file may unfold to any number of them
                            break
                        yield Place(file.path, number, row)
                if number != file.rows:
                    said = "more" if number > file.rows else number
                    raise Damaged(f"{self.archive.where(self.prefix + file.path)} has {said} rows and not {file.rows}.")

    def facts(self) -> Iterator[dict[str, str]]:
        """The lines of facts.csv, or of CSV those of its rows, each cell as it stands there. Raises ArgumentError."""
        tables = [file.path for file in self.files if file.path == FACTS or (self.format == "csv" and file.rows)]
        if not tables:
            raise ArgumentError(f"The dataset {self.name} is {self.format}, and has no {FACTS}: its rows are in data/.")
        for table in tables:
            with self.archive.held(self.prefix + table) as path:
                yield from lines.read_csv(path, is_folded=table.endswith(".gz"))


def open_dataset(where: Files | Path, name: str = "") -> Dataset:
    """A dataset of an archive by its name, or one in a folder of its own.

    Raises ArgumentError where there is none, Damaged, StorageError, OSError.
    """
    if isinstance(where, Path):
        archive: Files = OnDisk(where)
        prefix = ""
        if not archive.exists(PACKAGE):
            raise ArgumentError(f"{where} is no dataset: there is no {PACKAGE}, which is written last.")
    else:
        archive, prefix = where, layout.dataset_key(check_name(name), "")
        if not archive.exists(prefix + PACKAGE):
            there = ", ".join(names_in(archive)) or "none yet: scrapy dataset NAME makes one"
            raise ArgumentError(f"There is no dataset {name}; there are {there}.")
    package = _package(archive, prefix + PACKAGE)
    try:
        if package["schema_version"] != schema.VERSION:
            raise Damaged(
                f"{archive.where(prefix + PACKAGE)} is of schema version {shown(str(package['schema_version']))}, and "
                f"this program reads {schema.VERSION}: use the version of arsip-berita that wrote it, or a newer one."
            )
        files = _files(package["resources"])
        return Dataset(str(package["name"]), package, str(package["format"]), files, archive, prefix)
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise Damaged(f"{archive.where(prefix + PACKAGE)} is none of ours: {shown(str(error))}.") from error


def _package(archive: Files, key: str) -> dict[str, Any]:
    size = archive.size(key)
    if size > MAX_PACKAGE:
        raise Damaged(f"{archive.where(key)} has {size} bytes, more than any of ours.")
    try:
        return dict(json.loads(archive.read(key, 0, size)))
    except (ValueError, TypeError, RecursionError) as error:
        raise Damaged(f"{archive.where(key)} is no JSON object: {shown(str(error))}.") from error


def _files(resources: list[Mapping[str, Any]]) -> list[File]:
    files = [*map(_file, resources)]
    if len({file.path for file in files}) < len(files):
        raise ValueError("a file is listed twice")
    return files


def _file(resource: Mapping[str, Any]) -> File:
    path, digest = str(resource["path"]), _SHA256.fullmatch(resource["hash"])
    if not _PATH.fullmatch(path) or digest is None:
        raise ValueError(f"{path} cannot be a file of a dataset, or has no SHA-256")
    return File(path, int(resource["bytes"]), digest[1], int(resource.get("rows", 0)))
