"""What an archive holds of one outlet and period: WARC files, index lines and pages that lead to each other."""

from __future__ import annotations

import gzip
import heapq
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from archive import cdxj, parts
from archive.errors import ArgumentError, Damaged
from archive.faults import shown
from archive.files import Files
from archive.indexes import Indexes, Line, day
from archive.model import fullness
from archive.reader import Fault, read_at

_TABLES = """
PRAGMA journal_mode = OFF;
CREATE TABLE pages (id TEXT PRIMARY KEY, rank TEXT, warc TEXT, offset INTEGER, title TEXT, text TEXT, url TEXT,
  ts TEXT);
CREATE INDEX captures ON pages (warc, offset);
CREATE TABLE wanted (place TEXT PRIMARY KEY, found INTEGER DEFAULT 0);
CREATE TABLE originals (line TEXT PRIMARY KEY);
CREATE TABLE places (warc TEXT, offset INTEGER, length INTEGER, PRIMARY KEY (warc, offset, length)) WITHOUT ROWID;
"""
_PUT_PAGE = """
INSERT INTO pages (id, rank, warc, offset, title, text) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET rank = excluded.rank, warc = excluded.warc, offset = excluded.offset,
title = excluded.title, text = excluded.text WHERE excluded.rank >= rank
"""
_ADVICE = "scrapy verify tells more."


class Page(NamedTuple):
    """One article row, at the first capture that it was made from."""

    id: str
    url: str
    title: str | None
    ts: str
    """Timestamp of that capture, 14 digits, as its index line has it."""
    text: str


class Content(Protocol):
    """What goes into a WACZ; `Excerpt` says what each of these is."""

    warcs: list[str]
    latest: str
    captures: int
    articles: int
    missing: int

    def path(self, key: str) -> Path: ...
    def size(self, key: str) -> int: ...
    def let_go(self, key: str) -> None: ...
    def lines(self) -> Iterator[str]: ...
    def places(self, key: str) -> Iterator[tuple[int, int]]: ...
    def pages(self) -> Iterator[Page]: ...


class Excerpt:
    """The WARC files that hold a capture of the period or of its articles, and those that their revisits refer to.

    Of the former every line is in the index, of the latter only the lines that are referred to: their other revisits
    would draw in one file after the other, back to the beginning of the archive. What must be remembered lies in a
    temporary database on disk, so that memory does not grow with the archive.

    Files of a bucket are fetched when they are needed: the indexes of the outlet and the rows of the period once, and a
    WARC file that has revisits as well, which is then on this disk until `let_go`.

    Raises ArgumentError when there is nothing, Damaged when files contradict each other, StorageError, OSError and
    sqlite3.Error.
    """

    warcs: list[str]
    """Keys of the files, sorted."""
    earliest = "9"
    latest = "0"
    """Timestamps of the first and the last capture of the period, 14 digits."""
    captures = 0
    """Lines of the index."""
    articles = 0
    """Pages."""
    missing = 0
    """Captures that revisits refer to and that the archive does not hold."""

    def __init__(self, files: Files, outlet: str, since: date | None, until: date | None) -> None:
        """Days are days of capture, UTC, both inclusive."""
        self._files = files
        self._outlet = outlet
        self._since, self._until = since, until
        self._indexes = Indexes(files)
        self._held: dict[str, tuple[Path, ExitStack]] = {}
        # Without a name it lies on disk, and is gone when it is closed.
        self._db = sqlite3.connect("", isolation_level=None)

    def __enter__(self) -> Self:
        try:
            self._db.executescript(_TABLES)
            self._choose()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def path(self, key: str) -> Path:
        """Where a WARC file lies on this disk, until it is let go."""
        if key not in self._held:
            with ExitStack() as opened:
                path = opened.enter_context(self._files.held(key))
                self._held[key] = path, opened.pop_all()
        return self._held[key][0]

    def size(self, key: str) -> int:
        """Bytes of a file."""
        return self._files.size(key)

    def let_go(self, key: str) -> None:
        """A WARC file is not needed any more."""
        self._held.pop(key)[1].close()

    def lines(self) -> Iterator[str]:
        """The index, sorted."""
        originals = (line for (line,) in self._db.execute("SELECT line FROM originals ORDER BY line"))
        return heapq.merge(cdxj.merge(self._indexes.path(key) for key in self._whole), originals)

    def places(self, key: str) -> Iterator[tuple[int, int]]:
        """Offset and length of every record of a file that the index names, in the order of the file."""
        return self._db.execute("SELECT offset, length FROM places WHERE warc = ? ORDER BY offset, length", (key,))

    def pages(self) -> Iterator[Page]:
        """The articles of the period, in the order of their captures; one a pair of id and version."""
        return map(Page._make, self._db.execute("SELECT id, url, title, ts, text FROM pages ORDER BY ts, url, id"))

    def _close(self) -> None:
        self._db.close()
        for key in list(self._held):
            self.let_go(key)
        self._indexes.close()

    def _choose(self) -> None:
        keys = self._keys()
        held = {key for key in keys if any(self._in_period(line.ts) for line in self._indexes.lines(key))}
        if not held:
            raise ArgumentError(self._nothing(keys))
        pages = self._find_pages()
        if lost := sorted(pages - set(keys)):
            raise Damaged(f"An article was made from {shown(lost[0])}, which is missing. {_ADVICE}")
        self._whole = sorted(held | pages)
        for key in self._whole:
            self._take(key, self._indexes.lines(key))
        if lacks := self._db.execute("SELECT warc, offset FROM pages WHERE ts IS NULL").fetchone():
            raise Damaged(f"An article was made from {lacks[0]}, byte {lacks[1]}, which its index lacks. {_ADVICE}")
        self.articles = self._db.execute("SELECT count(*) FROM pages").fetchone()[0]
        self.warcs = sorted({*self._whole, *self._find_originals(keys)})
        names: dict[str, str] = {}
        for key in self.warcs:
            if (other := names.setdefault(PurePosixPath(key).name, key)) != key:
                raise Damaged(
                    f"{other} and {key} have one name, and a WACZ holds one of them only: find the wrong one."
                )

    def _keys(self) -> list[str]:
        """All WARC files of the outlet; also those of which only the index is left."""
        found = list(self._files.keys(f"warc/{self._outlet}", ".warc.gz", ".cdxj"))
        warcs = {key for key in found if key.endswith(".warc.gz")}
        indexed = {cdxj.path_for(key) for key in warcs}
        lost = (key for key in found if key.endswith(".cdxj") and key not in indexed)
        return sorted(warcs | {key.removesuffix(".cdxj") + ".warc.gz" for key in lost})

    def _in_period(self, ts: str) -> bool:
        return (not self._since or f"{self._since:%Y%m%d}" <= ts[:8]) and (
            not self._until or ts[:8] <= f"{self._until:%Y%m%d}"
        )

    def _nothing(self, keys: list[str]) -> str:
        stamps = [line.ts for key in keys for line in self._indexes.lines(key)]
        if not stamps and not next(self._files.keys("warc"), None):
            return (
                f"There is no archive at {self._files.name}: scrapy crawl OUTLET makes one, -s ARCHIVE_URI=FOLDER "
                "names another."
            )
        if not stamps:
            return f"The archive holds no capture of {self._outlet}."
        return (
            f"Nothing of {self._outlet} was captured in that period; the archive holds captures from "
            f"{day(min(stamps))} to {day(max(stamps))}."
        )

    def _find_pages(self) -> set[str]:
        """Remember the articles of the period; the WARC files that hold their pages."""
        warcs: set[str] = set()
        for key in parts.current(self._files.keys(f"articles/outlet={self._outlet}", ".jsonl.gz")):
            part, where = PurePosixPath(key), self._files.where(key)
            day_of = part.parent.name.removeprefix("date=").replace("-", "")
            if not part.match("outlet=*/date=*/part-*") or not self._in_period(day_of):
                continue
            try:
                with self._files.held(key) as path, gzip.open(path) as rows:
                    for number, line in enumerate(rows, 1):
                        warcs |= self._put_page(line, f"Line {number} of {where}")
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise Damaged(f"{where} is damaged: {error}. {_ADVICE}") from error
        return warcs

    def _put_page(self, line: bytes, where: str) -> set[str]:
        try:
            row = json.loads(line)
            warcs, first = {ref["warc"] for ref in row["captures"]}, row["captures"][0]
            "".join([row["id"], row["captured"], row["text"], row["title"] or "", *warcs])  # are all of them text?
            rank = f"{[False, True].index(row['complete'])} {fullness(row)[1]:010} {row['captured']}"
            place = (f"{row['id']}:{row['version']}", rank, first["warc"], int(first["offset"]))
            self._db.execute(_PUT_PAGE, (*place, row["title"], row["text"]))
        except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
            raise Damaged(f"{where} is no row of ours. Run scrapy verify --deep.") from error
        return warcs

    def _take(self, key: str, lines: Iterable[Line]) -> bool:
        """Enter lines of a file into the index. Did that lead to what was not wanted before?"""
        if not self._files.exists(key):
            raise Damaged(f"{key} is missing. {_ADVICE}")
        size, news = self.size(key), False
        for line in lines:
            if line.offset + line.length > size:
                raise Damaged(f"{key} ends at byte {size}, before a record that its index names. {_ADVICE}")
            self._db.execute("INSERT OR IGNORE INTO places VALUES (?, ?, ?)", (key, line.offset, line.length))
            self._db.execute(
                "UPDATE pages SET url = ?, ts = ? WHERE warc = ? AND offset = ?", (line.url, line.ts, key, line.offset)
            )
            self.captures += 1
            if self._in_period(line.ts):
                self.earliest, self.latest = min(self.earliest, line.ts), max(self.latest, line.ts)
            news |= line.revisit and self._want_original(key, line)
        return news

    def _want_original(self, key: str, line: Line) -> bool:
        record = read_at(self.path(key), line.offset)
        if isinstance(record, Fault) or record.get("WARC-Type") != "revisit":
            raise Damaged(f"{key} holds no revisit at byte {line.offset}, where its index names one. {_ADVICE}")
        place = cdxj.place(record.get("WARC-Refers-To-Target-URI") or "", record.get("WARC-Refers-To-Date") or "")
        return self._db.execute("INSERT OR IGNORE INTO wanted (place) VALUES (?)", (place,)).rowcount > 0

    def _find_originals(self, keys: list[str]) -> set[str]:
        """Enter what revisits refer to into the index; the files that hold it."""
        found: set[str] = set()
        whole = set(self._whole)
        news = self._db.execute("SELECT 1 FROM wanted").fetchone() is not None
        while news:
            news = False
            for key in keys:
                lines = [line for line in self._indexes.lines(key) if self._is_wanted(line)]
                if key not in whole and (fresh := [line for line in lines if self._is_new(line)]):
                    found.add(key)
                    news |= self._take(key, fresh)
        self.missing = self._db.execute("SELECT count(*) FROM wanted WHERE found = 0").fetchone()[0]
        return found

    def _is_wanted(self, line: Line) -> bool:
        return self._db.execute("UPDATE wanted SET found = 1 WHERE place = ?", (line.place,)).rowcount > 0

    def _is_new(self, line: Line) -> bool:
        return self._db.execute("INSERT OR IGNORE INTO originals VALUES (?)", (line.whole,)).rowcount > 0
