"""Names of the files that describe a dataset, and of datasets."""

from __future__ import annotations

import re

from archive.errors import ArgumentError
from archive.faults import shown

PACKAGE = "datapackage.json"
"""Written last: a dataset without it is not finished."""
CARD = "README.md"
CHECKSUMS = "checksums.sha256"
"""Of every other file, as `sha256sum -c` reads it."""
SCHEMA_FILE = "schema.json"
COVERAGE = "coverage.csv"
FACTS = "facts.csv"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)


def check_name(name: str) -> str:
    """A name that a dataset can have. Raises ArgumentError."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise ArgumentError(
            f"{shown(name)} cannot be the name of a dataset: take up to 64 of a-z, 0-9, dot, dash and underscore, "
            "a letter or digit first and last."
        )
    return name
