"""An archive of rows, and its search index, which a test fills."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from archive.files import OnDisk
from archive.search.index import Question, SearchIndex
from tests.library import Library


class Shelf:
    """An archive of rows alone, and its index."""

    def __init__(self, root: Path) -> None:
        self.root, self.library, self.files = root, Library(root), Counting(root)
        self.state = root / "state"
        self.state.mkdir(parents=True)
        self.complaints: list[str] = []
        self._numbers = count(1)
        self.index = self.open()

    def open(self) -> SearchIndex:
        return SearchIndex(self.state / "search.sqlite3")

    def put(self, *rows: dict[str, Any], outlet: str = "contoh", name: str = "") -> Path:
        """A part with rows, of articles of their own unless they say which `number`, told to the index."""
        made = [self.library.row(outlet, row.pop("number", next(self._numbers)), [], **row) for row in rows]
        path = self.library.part(outlet, made, name)
        self.refresh()
        return path

    def refresh(self) -> int:
        return self.index.refresh(self.files, lambda *_: None, self.complaints.append)

    def ask(self, typed: str = "", **asked: Any) -> list[str]:
        """Titles of the hits."""
        return [str(hit.row.facts["title"]) for hit in self.index.ask(Question(typed=typed, **asked)).hits]


class Counting(OnDisk):
    """Says which files were read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.read_keys: list[str] = []

    @contextmanager
    def held(self, key: str) -> Iterator[Path]:
        self.read_keys.append(key)
        with super().held(key) as path:
            yield path
