"""The digest of a dataset's rows, the same in every format: what people cite."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from archive.dataset import lines


def digest_of(months: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of all rows. `months`: `OUTLET MONTH`, and the SHA-256 of its rows as JSON Lines, in their order."""
    return hashlib.sha256("".join(f"{month} {digest}\n" for month, digest in months).encode()).hexdigest()


class RowsDigest:
    """Is told every row of a dataset that is there, in order."""

    def __init__(self) -> None:
        self._done: list[tuple[str, str]] = []
        self._month: str | None = None
        self._rows = hashlib.sha256()

    def add(self, path: str, row: Mapping[str, Any]) -> None:
        """The next row; `path` is that of its file, `data/OUTLET/MONTH/...`."""
        month = " ".join(path.split("/")[1:-1])
        if month != self._month:
            self._finish()
            self._month = month
        self._rows.update(lines.line(row))

    def hexdigest(self) -> str:
        """What they come to. There is no next row then."""
        self._finish()
        return digest_of(self._done)

    def _finish(self) -> None:
        if self._month is not None:
            self._done.append((self._month, self._rows.hexdigest()))
        self._month, self._rows = None, hashlib.sha256()
