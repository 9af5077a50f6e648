"""What the search index holds of a row: where it lies, what it is found by, and the row itself."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive.errors import Damaged
from archive.faults import shown
from archive.legible import Legible
from archive.model import Article, fullness

BEGIN, END = "\x02", "\x03"
"""What surrounds words that were asked for; in the texts of the index they do not occur."""
VERSION = 2
MAX_ROW = 16 << 20
"""Bytes of a row, as JSON, beyond which it is not indexed; a crawl makes none that is half as long."""

_OURS = 0x41525349
_BLANK = Article().row()
_CONTROLS = {code: " " for code in (*range(32), 127) if chr(code) != "\n"}
# The rows themselves are apart, so that what is read to sort the hits is small. `plain` lets FTS5 have the words when
# it needs them, without a second copy of them.
_TABLES = """
CREATE TABLE parts (number INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, faults INTEGER NOT NULL);
CREATE TABLE rows (
    number INTEGER PRIMARY KEY, part INTEGER NOT NULL, line INTEGER NOT NULL, outlet TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, moment INTEGER NOT NULL, day TEXT NOT NULL, complete INTEGER NOT NULL,
    captures INTEGER NOT NULL, captured TEXT NOT NULL, extractor TEXT NOT NULL, counts INTEGER NOT NULL
);
CREATE INDEX by_part ON rows (part);
CREATE INDEX by_id ON rows (id, version);
CREATE INDEX by_moment ON rows (-moment, number);
CREATE INDEX by_outlet ON rows (outlet, -moment, number);
CREATE TABLE bodies (number INTEGER PRIMARY KEY, row BLOB NOT NULL);
CREATE VIEW plain (number, title, text) AS SELECT number, title_of(row), text_of(row) FROM bodies;
CREATE VIRTUAL TABLE found USING fts5(
    title, text, content = 'plain', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO found (found, rank) VALUES ('rank', 'bm25(4.0, 1.0)');
"""
# docs/archive.md, "A row"; of two extractors' rows of one capture the newer one's.
_CHOOSE = """
UPDATE rows SET counts = number = (
    SELECT number FROM rows AS one WHERE one.id = rows.id AND one.version = rows.version
    ORDER BY complete DESC, captures DESC, captured DESC, length(extractor) DESC, extractor DESC, number LIMIT 1
) WHERE id = ? AND version = ?
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an archive, and where it lies."""

    facts: dict[str, Any]
    """The row as it is in its part (see `archive.model.Article`); of a field that older rows lack nothing is known."""
    part: str
    """Key of its part."""
    line: int
    """Its line there, from 1."""


def teach(database: sqlite3.Connection) -> None:
    """Tell a connection how words are got out of a row."""
    database.create_function("title_of", 1, lambda row: _plain(_unfold(row).get("title")), deterministic=True)
    database.create_function("text_of", 1, lambda row: _plain(_unfold(row).get("text")), deterministic=True)


def is_ours(database: sqlite3.Connection) -> bool:
    """Is it an index of this version?"""
    (name,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return (name, version) == (_OURS, VERSION)


def make(database: sqlite3.Connection) -> None:
    """Make the tables of a new index."""
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(
        f"BEGIN; {_TABLES} PRAGMA application_id = {_OURS}; PRAGMA user_version = {VERSION}; COMMIT;"
    )


def knows(database: sqlite3.Connection, key: str) -> bool:
    """Has this part been read?"""
    return database.execute("SELECT 1 FROM parts WHERE key = ?", (key,)).fetchone() is not None


def put(database: sqlite3.Connection, key: str, legible: Legible) -> int:
    """Enter the rows of a part; how many they were."""
    part = database.execute("INSERT INTO parts (key, faults) VALUES (?, 0)", (key,)).lastrowid
    count = 0
    touched = set()
    for line, facts in legible.lines(key):
        try:
            shelved = _shelved(facts)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
            legible.blame(key, f"line {line} is no row that can be found again ({shown(str(error))})")
            continue
        number = database.execute(
            "INSERT INTO rows (part, line, outlet, id, version, moment, day, complete, captures, captured, extractor, "
            "counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (part, line, *shelved),
        ).lastrowid
        database.execute("INSERT INTO bodies VALUES (?, ?)", (number, _fold(facts)))
        words = (number, _plain(facts["title"]), _plain(facts["text"]))
        database.execute("INSERT INTO found (rowid, title, text) VALUES (?, ?, ?)", words)
        touched.add((facts["id"], facts["version"]))
        count += 1
    database.executemany(_CHOOSE, sorted(touched))
    database.execute("UPDATE parts SET faults = ? WHERE number = ?", (legible.faults[key], part))
    return count


def forget(database: sqlite3.Connection, key: str) -> None:
    """Take the rows of a part out."""
    for (part,) in database.execute("SELECT number FROM parts WHERE key = ?", (key,)).fetchall():
        touched = database.execute("SELECT DISTINCT id, version FROM rows WHERE part = ?", (part,)).fetchall()
        mine = "(SELECT number FROM rows WHERE part = ?)"
        database.execute(
            "INSERT INTO found (found, rowid, title, text) "  # noqa: S608 - parts of ours
            f"SELECT 'delete', number, title, text FROM plain WHERE number IN {mine}",
            (part,),
        )
        database.execute(f"DELETE FROM bodies WHERE number IN {mine}", (part,))  # noqa: S608 - the same
        database.execute("DELETE FROM rows WHERE part = ?", (part,))
        database.execute("DELETE FROM parts WHERE number = ?", (part,))
        database.executemany(_CHOOSE, touched)


def row(database: sqlite3.Connection, number: int) -> Row:
    """A row by its number in the index."""
    query = "SELECT row, key, line FROM bodies JOIN rows USING (number) JOIN parts ON parts.number = part"
    blob, key, line = database.execute(f"{query} WHERE bodies.number = ?", (number,)).fetchone()
    return Row(_BLANK | _unfold(blob), key, line)


def _shelved(facts: dict[str, Any]) -> tuple[str | int, ...]:
    """What a row is sorted and chosen by. Raises ValueError, LookupError, TypeError for what is none."""
    outlet, name, version, text = facts["outlet"], facts["id"], facts["version"], facts["text"]
    captured = _instant(facts["captured"]).astimezone(UTC)
    for one in (outlet, name, facts["url"], text, facts["title"] or "", *(ref["warc"] for ref in facts["captures"])):
        if not isinstance(one, str):
            raise TypeError(f"{one!r} is no text")
    if not isinstance(facts.get("origins", {}), dict):
        raise TypeError("origins are no object")
    if not isinstance(facts["captures"], list):
        raise TypeError("captures are no list")
    if not re.fullmatch(r"[a-z0-9_-]{1,64}", outlet) or not name.startswith(f"{outlet}:") or not 1 <= version < 1 << 31:
        raise ValueError("id, outlet and version do not fit")
    published = facts.get("published")
    moment = _instant(published) if published else captured
    day = str(published)[:10] if published else captured.date().isoformat()
    first = (outlet, name, version, int(moment.timestamp()), day)
    return *first, *fullness(facts), captured.isoformat(timespec="microseconds"), str(facts.get("extractor"))


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return found


def _plain(text: str | None) -> str:
    return (text or "").translate(_CONTROLS)


def _fold(facts: dict[str, Any]) -> bytes:
    data = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
    if len(data) > MAX_ROW:
        raise ValueError(f"it has more than {MAX_ROW} bytes")
    return zlib.compress(data, 3)


def _unfold(blob: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(zlib.decompress(blob)))
    except (zlib.error, ValueError, TypeError) as error:
        raise Damaged("The search index is damaged: stop scrapy serve and remove search.sqlite3.") from error
