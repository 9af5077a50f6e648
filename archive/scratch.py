"""What one way through an archive remembers: a temporary database on disk, as there may be more of it than memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archive.errors import StorageError


class Scratch:
    """Tables in a file. Every method raises StorageError when it fails.

    Without a path the file has no name, and goes with the process.
    """

    def __init__(self, tables: str, path: Path | None = None) -> None:
        self._where = path.parent if path else "TMPDIR"
        self._database = sqlite3.connect(path or "")
        self.script("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + tables)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def script(self, statements: str) -> None:
        """Run several statements."""
        self._run(self._database.executescript, statements)

    def many(self, statement: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement for each of these."""
        self._run(self._database.executemany, statement, values)

    def run(self, statement: str, *values: Any) -> int:
        """Run one statement; how many rows it changed."""
        return self._run(self._database.execute, statement, values).rowcount

    def select(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Rows of an answer."""
        with self._explained():
            yield from self._database.execute(query, values)

    def _run(self, act: Callable[..., sqlite3.Cursor], *arguments: Any) -> sqlite3.Cursor:
        with self._explained():
            return act(*arguments)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StorageError(f"A temporary file failed: {error}. Make room in {self._where}.") from error
