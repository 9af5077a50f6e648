"""What a rebuild would make of rows, without one: what was dropped may be another address of an article."""

from __future__ import annotations

import json
from collections.abc import Iterator

from archive.model import Verdict
from archive.scratch import Scratch
from archive.spool import line_of
from crawler.rereading import Row, as_duplicate, as_taken_down

TABLES = """
CREATE TABLE articles (id TEXT PRIMARY KEY, url TEXT, is_down INTEGER) WITHOUT ROWID;
CREATE TABLE coming (outlet TEXT, day TEXT, job TEXT, number INTEGER, row BLOB);
"""
_THERE = """
INSERT INTO articles VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET url = excluded.url, is_down = 1
    WHERE excluded.is_down AND NOT is_down
"""
_COMING = "SELECT row FROM coming ORDER BY outlet, day, job, number"


class Remade:
    """Rows of whole outlets as `Rebuilding` leaves them, in a temporary file as far as they have to wait for others.

    Its methods raise StorageError.
    """

    def __init__(self, scratch: Scratch) -> None:
        """`scratch`: with TABLES."""
        self._scratch = scratch
        self._number = 0

    def take(self, old: Row, new: Row) -> Iterator[Row]:
        """The row that was made of one, unless it has to wait: what was dropped may be another address of an article.

        Of a row that could not be made again, which stays, both are the same.
        """
        if "verdict" in old and "verdict" not in new:
            self._number += 1
            unit = new["outlet"], str(new.get("captured"))[:10], str(new.get("job"))
            self._scratch.run("INSERT INTO coming VALUES (?, ?, ?, ?, ?)", *unit, self._number, line_of(new))
            return
        verdict = new.get("verdict", Verdict.ARTICLE)
        if new.get("id") and verdict in {Verdict.ARTICLE, Verdict.TAKEN_DOWN}:
            self._scratch.run(_THERE, new["id"], new["url"], verdict == Verdict.TAKEN_DOWN)
        yield new

    def rest(self) -> Iterator[Row]:
        """Those that had to wait, the oldest unit first: of several addresses of an article the first becomes it."""
        for (line,) in self._scratch.select(_COMING):
            row = json.loads(line)
            found = self._scratch.select("SELECT url, is_down FROM articles WHERE id = ?", row["id"])
            url, is_down = next(found, (None, False))
            if is_down:
                yield as_taken_down(row, url)
            elif url:
                yield as_duplicate(row, url)
            else:
                self._scratch.run(_THERE, row["id"], row["url"], 0)
                yield row
