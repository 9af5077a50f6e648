"""The rows of an archive by their words: an index made from the parts under `articles/`, which can be made again."""

from __future__ import annotations

import fcntl
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from archive import parts
from archive.errors import ArgumentError, Damaged, StorageError
from archive.files import Files
from archive.legible import Legible
from archive.search import tables
from archive.search.tables import BEGIN, END, Row
from archive.search.words import expression, passage

PATIENCE = 10.0
"""Seconds after which a question is given up."""
COUNTED = 10_000
"""Hits that are counted; of more it is only said that there are more."""

MOST_MARKED = 50_000
"""Characters of title and text beyond which a hit is shown without marks."""

_AT_ONCE = 4000
_AT_MOST = 5.0
_BUSY_SECONDS = 60.0
_STEPS = 20_000
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_CURSOR = re.compile(r"(-?\d{1,12}|-?\d{1,6}(?:\.\d{1,30})?(?:e-?\d{1,3})?):(\d{1,18})")
_MARKED = f"highlight(found, 1, '{BEGIN}', '{END}'), highlight(found, 0, '{BEGIN}', '{END}')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for. All of it must hold."""

    typed: str = ""
    """Words, "phrases" and beginnings* in title or text; empty for all rows."""
    outlet: str = ""
    since: date | None = None
    until: date | None = None
    """Days of publication in the outlet's clock, of capture (UTC) where that is unknown; both inclusive."""
    best: bool = False
    """Those that fit best first; else the newest."""
    after: str = ""
    """Where the page before it ended: `Found.rest`."""


class Hit(NamedTuple):
    """A row that was found."""

    row: Row
    snippet: str
    title: str
    """Passage and title with `BEGIN` and `END` around what was asked for; no row holds these characters. Empty without
    words to look for, and where the text is too long to be marked; the passage too where the words are in the title."""


class Found(NamedTuple):
    """One page of hits."""

    hits: list[Hit]
    total: int
    """All hits, `COUNTED` and one at most."""
    rest: str
    """What to ask with for the page after it; empty when there is none."""


class Size(NamedTuple):
    """What the index knows."""

    parts: int
    articles: int
    versions: int


class SearchIndex:
    """The index of an archive: one SQLite file in the state folder. Several threads and processes may share it.

    Raises StorageError, Damaged. An index of another version, or one that is damaged, is made anew when it is opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._retried = False
        with ExitStack() as opened, self._explained():
            opened.callback(self._open().close)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Let others make it anew."""
        self._opened.close()

    def refresh(self, files: Files, tell: Callable[[int, int], None], complain: Callable[[str], None]) -> int:
        """Read the parts that are new, and forget those that are gone; the rows that were read.

        `tell` is told, after each part, how many of the new ones are done, and of how many; it may raise. `complain` is
        told once what cannot be read: that part is tried again the next time that the index is opened. Raises OSError
        too, where the folders of the archive cannot be read: then nothing is forgotten.
        """
        there = set(parts.current(files.keys("articles", ".jsonl.gz")))
        with self._explained(), closing(self._connect()) as database:
            known = dict(database.execute("SELECT key, faults FROM parts"))
            again = set() if self._retried else {key for key, faults in known.items() if faults}
            self._retried = True
            for key in sorted((known.keys() - there) | again):
                with _writing(database):
                    tables.forget(database, key)
            fresh = sorted((there - known.keys()) | (there & again), key=_newest_first)
            return self._read(database, Legible(files, complain), fresh, tell)

    def ask(self, question: Question, limit: int = 20) -> Found:
        """The hits of a question. Raises ArgumentError when it cannot be meant, or takes too long."""
        words = expression(question.typed)
        if question.typed.strip() and not words:
            return Found([], 0, "")
        order = "found.rank" if question.best and words else "-rows.moment"
        where, values = _conditions(question, words)
        source = "found JOIN rows ON rows.number = found.rowid" if words else "rows"
        after, place = ("", ()) if not question.after else _beyond(order, question.after)
        query = f"SELECT rows.number, {order} FROM {source} WHERE {where}"  # noqa: S608 - parts of ours
        with self._reading() as database:
            paged = database.execute(
                f"{query} {after} ORDER BY {order}, rows.number LIMIT ?", (*values, *place, limit + 1)
            ).fetchall()
            (total,) = database.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM {source} WHERE {where} LIMIT ?)",  # noqa: S608 - parts of ours
                (*values, COUNTED + 1),
            ).fetchone()
            rows = {number: tables.row(database, number) for number, _ in paged[:limit]}
            marked = _marked(database, words, rows) if words else {}
            hits = [Hit(row, *marked.get(number, ("", ""))) for number, row in rows.items()]
        rest = f"{paged[limit - 1][1]!r}:{paged[limit - 1][0]}" if len(paged) > limit else ""
        return Found(hits, total, rest)

    def versions(self, outlet: str, name: str) -> list[Row]:
        """The row that counts of each version of an article, oldest first; none when there is no such article."""
        with self._reading() as database:
            found = database.execute(
                "SELECT number FROM rows WHERE id = ? AND outlet = ? AND counts ORDER BY version", (name, outlet)
            )
            return [tables.row(database, number) for (number,) in found.fetchall()]

    def outlets(self) -> list[str]:
        """Outlets that have rows."""
        with self._reading() as database:
            return [outlet for (outlet,) in database.execute("SELECT DISTINCT outlet FROM rows ORDER BY outlet")]

    def size(self) -> Size:
        """What the index knows so far."""
        with self._reading() as database:
            parts = database.execute("SELECT count(*) FROM parts").fetchone()
            return Size(
                *parts, *database.execute("SELECT count(DISTINCT id), count(*) FROM rows WHERE counts").fetchone()
            )

    def _read(
        self, database: sqlite3.Connection, legible: Legible, keys: list[str], tell: Callable[[int, int], None]
    ) -> int:
        """Parts go in by batches, each of them whole; whatever another process has put in meanwhile is passed over."""
        done = total = 0
        while done < len(keys):
            with _writing(database):
                before, end = total, time.monotonic() + _AT_MOST
                while done < len(keys) and total - before < _AT_ONCE and time.monotonic() < end:
                    if not tables.knows(database, keys[done]):
                        total += tables.put(database, keys[done], legible)
                    done += 1
                    tell(done, len(keys))
        return total

    def _open(self) -> Any:
        """A lock that says that the index is in use; before, it is seen to that it is one."""
        lock = self._path.with_suffix(".lock").open("w")
        with ExitStack() as failed:
            failed.callback(lock.close)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_alone = True
            except BlockingIOError:
                fcntl.flock(lock, fcntl.LOCK_SH)
                is_alone = False
            if not self._is_sound():
                if not is_alone:
                    raise StorageError(
                        f"The search index {self._path} is damaged, or of another version of arsip-berita, and another "
                        "scrapy serve has it open: stop that one, and start again."
                    )
                for end in ("", "-wal", "-shm"):
                    self._path.with_name(self._path.name + end).unlink(missing_ok=True)
                with closing(self._connect()) as database:
                    tables.make(database)
            fcntl.flock(lock, fcntl.LOCK_SH)
            failed.pop_all()
        return lock

    def _is_sound(self) -> bool:
        try:
            with closing(self._connect()) as database:
                return tables.is_ours(database) and database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        except sqlite3.DatabaseError as error:
            if (error.sqlite_errorcode or 0) & 0xFF in _BROKEN:
                return False
            raise

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        tables.teach(database)
        return database

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The index as it is now, whatever is written meanwhile; what takes too long is interrupted."""
        end = time.monotonic() + PATIENCE
        with self._explained(), closing(self._connect()) as database:
            database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            database.execute("BEGIN")
            yield database

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
            if code == sqlite3.SQLITE_INTERRUPT:
                raise ArgumentError(
                    f"That took longer than {PATIENCE:.0f} seconds: ask for more or longer words, an outlet or a "
                    "shorter period."
                ) from error
            if code in _BROKEN:
                raise Damaged(
                    f"The search index {self._path} is damaged: stop scrapy serve and start it again, which makes it "
                    "anew."
                ) from error
            raise StorageError(
                f"The search index {self._path} cannot be used: {error}. Look after the disk and its rights, or name "
                "another folder with STATE_DIR."
            ) from error
        except OSError as error:
            raise StorageError(
                f"The search index {self._path} cannot be used: {error.strerror or error}. Name another folder with "
                "STATE_DIR."
            ) from error


@contextmanager
def _writing(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _marked(database: sqlite3.Connection, words: str, rows: Mapping[int, Row]) -> dict[int, tuple[str, str]]:
    """Passage and title of some hits, the longest left out.

    What FTS5 needs for `snippet` and `highlight` grows with the square of how often the words occur in a text, and
    cannot be stopped; `snippet` is the slower one by far.
    """
    numbers = [
        number for number, row in rows.items() if len(row.facts["text"]) + len(row.facts["title"] or "") <= MOST_MARKED
    ]
    query = f"SELECT rowid, {_MARKED} FROM found WHERE found MATCH ? AND +rowid IN ({', '.join(map(str, numbers))})"  # noqa: S608 - whole numbers
    return {number: (passage(text), title) for number, text, title in database.execute(query, (words,))}


def _newest_first(key: str) -> tuple[int, str]:
    day = re.search(r"/date=(\d{4})-(\d\d)-(\d\d)/", key)
    return -int("".join(day.groups())) if day else 0, key


def _conditions(question: Question, words: str) -> tuple[str, list[Any]]:
    asked: list[tuple[str, Any]] = []
    if words:
        asked.append(("found MATCH ?", words))
    if question.outlet:
        asked.append(("rows.outlet = ?", question.outlet))
    if question.since:
        asked.append(("rows.day >= ?", question.since.isoformat()))
    if question.until:
        asked.append(("rows.day < ?", _day_after(question.until)))
    return " AND ".join(["rows.counts", *(one for one, _ in asked)]), [value for _, value in asked]


def _day_after(day: date) -> str:
    return (day + timedelta(days=1)).isoformat() if day < date.max else "~"


def _beyond(order: str, after: str) -> tuple[str, tuple[float, int]]:
    if not (place := _CURSOR.fullmatch(after)):
        raise ArgumentError("That page of the search is none of ours: begin again at the first.")
    return f"AND ({order}, rows.number) > (?, ?)", (float(place[1]), int(place[2]))
