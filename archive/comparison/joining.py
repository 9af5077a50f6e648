"""The rows of two sides, put together: by id and version, else by address, in little memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from isal import isal_zlib

from archive.comparison.fields import comparable, compare, paragraphs
from archive.comparison.result import Example, Result
from archive.comparison.sides import Side
from archive.model import Verdict, fullness
from archive.scratch import Scratch

_ARTICLE = Verdict.ARTICLE.value
_AT_ONCE = 1000
_OFTEN = 100
_AT_ONCE_BYTES = 4 << 20
_TABLES = """
CREATE TABLE contents (digest BLOB PRIMARY KEY, row BLOB);
CREATE TABLE articles (
    side INTEGER, id TEXT, version INTEGER, rank TEXT, shown INTEGER, url TEXT, outlet TEXT, record TEXT, digest BLOB,
    paragraphs INTEGER, PRIMARY KEY (side, id, version)
) WITHOUT ROWID;
CREATE TABLE dropped (
    side INTEGER, record TEXT, rank TEXT, url TEXT, outlet TEXT, verdict TEXT, reason TEXT, PRIMARY KEY (side, record)
) WITHOUT ROWID;
"""
_ADDRESSES = """
CREATE INDEX dropped_urls ON dropped (side, url, rank);
CREATE INDEX article_urls ON articles (side, url);
CREATE TABLE alone AS SELECT
    side, id, version, url, row_number() OVER (PARTITION BY side, url, version ORDER BY id) AS number
    FROM articles AS one WHERE NOT EXISTS (
        SELECT 1 FROM articles AS other
        WHERE other.side = 1 - one.side AND other.id = one.id AND other.version = one.version
    );
CREATE UNIQUE INDEX alone_urls ON alone (side, url, version, number);
"""
_CONTENT = "INSERT OR IGNORE INTO contents VALUES (?, ?)"
_KEEP = """
INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET rank = excluded.rank,
    shown = excluded.shown, url = excluded.url, outlet = excluded.outlet, record = excluded.record,
    digest = excluded.digest, paragraphs = excluded.paragraphs WHERE excluded.rank > rank
"""
_DROP = """
INSERT INTO dropped VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET rank = excluded.rank, url = excluded.url,
    outlet = excluded.outlet, verdict = excluded.verdict, reason = excluded.reason WHERE excluded.rank > rank
"""
_SHOWN = "a.outlet, b.id, b.shown, b.url, a.paragraphs, a.digest, b.digest"
_PAIRS = f"""
SELECT {_SHOWN} FROM articles AS a JOIN articles AS b ON b.side = 1 AND b.id = a.id AND b.version = a.version
    WHERE a.side = 0
UNION ALL SELECT {_SHOWN} FROM alone AS x
    JOIN alone AS y ON y.side = 1 AND y.url = x.url AND y.version = x.version AND y.number = x.number
    JOIN articles AS a ON a.side = 0 AND a.id = x.id AND a.version = x.version
    JOIN articles AS b ON b.side = 1 AND b.id = y.id AND b.version = y.version
    WHERE x.side = 0
"""  # noqa: S608 - names of ours
_ALONE = """
SELECT a.side, a.outlet, a.id, a.shown, a.url, a.record FROM alone AS x
    JOIN articles AS a ON a.side = x.side AND a.id = x.id AND a.version = x.version
    WHERE NOT EXISTS (
        SELECT 1 FROM alone AS y
        WHERE y.side = 1 - x.side AND y.url = x.url AND y.version = x.version AND y.number = x.number
    )
"""
_ROW = "SELECT row FROM contents WHERE digest = ?"
_BY_RECORD = "SELECT verdict, reason FROM dropped WHERE side = ? AND record = ?"
_BY_ADDRESS = """
SELECT verdict, reason FROM dropped AS one WHERE side = ? AND url = ?
    AND NOT EXISTS (SELECT 1 FROM articles WHERE side = one.side AND url = one.url) ORDER BY rank DESC LIMIT 1
"""
_JUDGED_ANEW = """
SELECT a.outlet, a.url, a.verdict, a.reason, b.verdict, b.reason FROM dropped AS a
    JOIN dropped AS b ON b.side = 1 AND b.record = a.record WHERE a.side = 0 AND a.verdict != b.verdict
"""


def compare_sides(a: Side, b: Side, examples: int, tell: Callable[[str], None]) -> Result:
    """What is different between the rows of A and those of B.

    Rows are paired by id and version; where a side has one row an article, as datasets have, by id, and the newest
    version counts. What is left is paired by address. `examples` is that of `Result`; `tell` hears how far it is.
    Raises StorageError.
    """
    by_id = a.has_newest_only or b.has_newest_only
    with closing(Scratch(_TABLES)) as scratch:
        for number, side in enumerate((a, b)):
            _Loading(scratch, number, by_id=by_id).load(side, tell)
        tell("pairing")
        scratch.script(_ADDRESSES)
        result = Result(examples)
        for number, (*pair, digest, other) in enumerate(scratch.select(_PAIRS)):
            if number % _OFTEN == 0:
                tell(f"comparing  {number:,} articles")
            _compare(scratch, result, tuple(pair), digest, other)
        _count_alone(scratch, result)
        for outlet, url, was, why, now, why_now in scratch.select(_JUDGED_ANEW):
            result.of(outlet).verdicts[was, now] += 1
            result.show(Example(outlet, "verdict", None, None, url, _with(was, why), _with(now, why_now)))
    return result


class _Loading:
    """Rows on their way into the tables: the one that counts of each id and version, and what it says once."""

    def __init__(self, scratch: Scratch, side: int, *, by_id: bool) -> None:
        self._scratch, self._side, self._by_id = scratch, side, by_id
        self._contents: list[tuple[bytes, bytes]] = []
        self._articles: list[tuple[Any, ...]] = []
        self._dropped: list[tuple[Any, ...]] = []
        self._size = 0

    def load(self, side: Side, tell: Callable[[str], None]) -> None:
        """Take all rows of a side."""
        for number, (is_article, row) in enumerate(side.rows()):
            if number % _OFTEN == 0:
                tell(f"reading {side.name}  {number:,} rows")
            if is_article:
                self._keep(row)
            else:
                self._drop(row)
            if self._size > _AT_ONCE_BYTES or len(self._articles) + len(self._dropped) > _AT_ONCE:
                self._flush()
        self._flush()

    def _keep(self, row: Mapping[str, Any]) -> None:
        fields = comparable(row)
        text = json.dumps(fields, ensure_ascii=False).encode()
        digest, packed = hashlib.sha256(text).digest(), isal_zlib.compress(text, 1)
        version = row["version"]
        is_complete, captures = fullness(row)
        rank = f"{version:010} {is_complete:d} {captures:010} {row.get('captured')} {digest.hex()}"
        key = row["id"], 0 if self._by_id else version
        where = row["url"], row["outlet"], row["captures"][0]["record_id"]
        self._contents.append((digest, packed))
        self._articles.append((self._side, *key, rank, version, *where, digest, len(paragraphs(fields))))
        self._size += len(packed)

    def _drop(self, row: Mapping[str, Any]) -> None:
        verdict, reason = row["verdict"], str(row.get("reason") or "")
        rank = f"{row.get('captured')} {verdict} {reason}"
        record = row["captures"][0]["record_id"]
        self._dropped.append((self._side, record, rank, row["url"], row["outlet"], verdict, reason))

    def _flush(self) -> None:
        self._scratch.many(_CONTENT, self._contents)
        self._scratch.many(_KEEP, self._articles)
        self._scratch.many(_DROP, self._dropped)
        self._contents, self._articles, self._dropped, self._size = [], [], [], 0


def _compare(scratch: Scratch, result: Result, pair: tuple[Any, ...], digest: bytes, other: bytes) -> None:
    outlet, name, version, url, number = pair
    counts = result.of(outlet)
    counts.a += 1
    counts.b += 1
    counts.paragraphs += number
    if digest == other:
        counts.unchanged += 1
        return
    older, newer = (_content(scratch, one) for one in (digest, other))
    found = compare(older, newer)
    counts.count(found)
    result.show_edits(outlet, name, version, url, found)


def _content(scratch: Scratch, digest: bytes) -> dict[str, Any]:
    [(packed,)] = scratch.select(_ROW, digest)
    return dict(json.loads(isal_zlib.decompress(packed)))


def _count_alone(scratch: Scratch, result: Result) -> None:
    """What is an article on one side only, and what the other one took it for."""
    for side, outlet, name, version, url, record in scratch.select(_ALONE):
        counts = result.of(outlet)
        judged = next(_judged(scratch, 1 - side, record, url), None)
        verdict, reason = judged or (None, "")
        there = _with(verdict, reason) if verdict else None
        if side:
            counts.b += 1
            counts.gained += 1
            result.show(Example(outlet, "gained", name, version, url, there, _ARTICLE))
        else:
            counts.a += 1
            counts.lost += 1
            result.show(Example(outlet, "lost", name, version, url, _ARTICLE, there))
        if verdict:
            counts.verdicts[(verdict, _ARTICLE) if side else (_ARTICLE, verdict)] += 1


def _judged(scratch: Scratch, side: int, record: str, url: str) -> Iterator[tuple[Any, ...]]:
    """Verdict and reason that a side has for a capture; else for the address, unless it has an article there."""
    for query, value in ((_BY_RECORD, record), (_BY_ADDRESS, url)):
        yield from scratch.select(query, side, value)


def _with(verdict: str, reason: str) -> str:
    return f"{verdict}: {reason}" if reason else verdict
