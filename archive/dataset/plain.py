"""Texts for concordancers: one file of plain text an article."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

_LONGEST = 60


class Writer:
    """The files of a folder. Every method raises OSError."""

    def __init__(self, where: Path, path: str) -> None:
        """`path` is that of the folder in the dataset."""
        self._folder, self._path = where, path
        where.mkdir(exist_ok=True)

    def add(self, row: Mapping[str, Any], line: bytes) -> Mapping[str, Any]:  # noqa: ARG002 - as other formats
        """Write the text of a row; where it is."""
        name = file_name(row)
        with (self._folder / name).open("xb") as file:
            file.write(block(row))
        return {"file": f"{self._path}/{name}"}

    def close(self) -> None:
        """Nothing is left to be done."""


def block(row: Mapping[str, Any]) -> bytes:
    """Title, a blank line, text; UTF-8, every line with an end."""
    parts = (row["title"], "", row["text"]) if row["title"] else (row["text"],)
    return "".join(f"{part}\n" for part in parts).encode()


def file_name(row: Mapping[str, Any]) -> str:
    """`2026-11-22-0815-pasar-apung-ramai-1f0c93aa62d1.txt`: sorts by time, good on every system, nobody else's.

    Time of publication on the outlet's clock, of capture (UTC) where that is unknown; some of the title in ASCII; the
    beginning of the SHA-256 of the id.
    """
    moment = datetime.fromisoformat(row["published"] or row["captured"])
    ascii_only = unicodedata.normalize("NFKD", row["title"] or "").encode("ascii", "ignore").decode().lower()
    title = re.sub(r"[^a-z0-9]+", "-", ascii_only)[:_LONGEST].strip("-")
    digest = hashlib.sha256(row["id"].encode()).hexdigest()[:12]
    return f"{moment.date().isoformat()}-{moment:%H%M}-{title or 'x'}-{digest}.txt"
