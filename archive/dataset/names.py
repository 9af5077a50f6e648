"""Names of the files that describe a dataset, and of datasets."""

from __future__ import annotations

import re

from archive.errors import ArgumentError
from archive.faults import shown
from archive.files import Files

PACKAGE = "datapackage.json"
"""Written last: a dataset without it is not finished."""
MAX_PACKAGE = 256 << 20
"""Bytes of it that are read."""
CARD = "README.md"
CHECKSUMS = "checksums.sha256"
"""Of every other file, as `sha256sum -c` reads it."""
SCHEMA_FILE = "schema.json"
COVERAGE = "coverage.csv"
FACTS = "facts.csv"

_OUTLET = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
_MEANT = re.compile(r"archive|before|rebuild|[0-9]{1,3}")
"""What `scrapy diff` takes for rows of the archive, or for an extractor."""


def names_in(files: Files) -> list[str]:
    """Names of the finished datasets of an archive. Raises StorageError, OSError."""
    found = (key.split("/") for key in files.keys("datasets", PACKAGE))
    return [parts[1] for parts in found if parts[2:] == [PACKAGE]]


def is_outlet(name: str) -> bool:
    """Can it be the name of an outlet? It becomes part of keys."""
    return _OUTLET.fullmatch(name) is not None


def check_name(name: str) -> str:
    """A name that a dataset can have. Raises ArgumentError."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise ArgumentError(
            f"{shown(name)} cannot be the name of a dataset: take up to 64 of a-z, 0-9, dot, dash and underscore, "
            "a letter or digit first and last."
        )
    return name


def check_new_name(name: str) -> str:
    """A name that a dataset can be given from now on. Raises ArgumentError."""
    if _MEANT.fullmatch(name):
        raise ArgumentError(f"{name} means something else to scrapy diff: take another name, such as news-{name}.")
    return check_name(name)
