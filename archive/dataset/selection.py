"""The rows of a dataset: of each article the one that counts, without those that were not asked for, each text once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from isal import isal_zlib

from archive.dataset import lines, schema
from archive.dataset.near import Document, Near
from archive.errors import Damaged
from archive.faults import Fault, Kind, shown
from archive.model import SCHEMA, fullness
from archive.scratch import Scratch
from archive.verification import rows

COMPARED = 1 << 20
"""Characters of a text that are compared with other texts: more than any article has."""

# What a row is chosen, left out, joined, sorted and counted by, and the row itself, packed.
_TABLE = """
CREATE TABLE IF NOT EXISTS rows (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, version INTEGER NOT NULL, complete INTEGER NOT NULL,
    captures INTEGER NOT NULL, captured TEXT NOT NULL, length INTEGER NOT NULL, extractor TEXT NOT NULL,
    digest BLOB NOT NULL, outlet TEXT NOT NULL, day TEXT NOT NULL, moment INTEGER NOT NULL, dated INTEGER NOT NULL,
    language TEXT, opted INTEGER NOT NULL, drift INTEGER NOT NULL, words INTEGER NOT NULL,
    rules TEXT NOT NULL, job TEXT NOT NULL, same BLOB, body BLOB NOT NULL
);
"""
_NAMES = (
    "id, version, complete, captures, captured, length, extractor, digest, outlet, day, moment, dated, language, "
    "opted, drift, words, rules, job, same, body"
)
# The newest version; of its rows the fullest, else the latest captured, else the newest extractor's. The digest
# decides what nothing else does, so that the order of parts never does.
_RANK = "version, complete, captures, captured, length, extractor, digest"
_ENTER = f"""
ON CONFLICT (id) DO UPDATE SET ({_NAMES}) = ({", ".join(f"excluded.{name.strip()}" for name in _NAMES.split(","))})
WHERE ({", ".join(f"excluded.{name.strip()}" for name in _RANK.split(","))}) > ({_RANK})
"""
_JOIN = """
CREATE TABLE joined AS SELECT number, first_value(number) OVER (
    PARTITION BY coalesce(same, number) ORDER BY NOT dated, moment, id
) AS first FROM rows;
CREATE INDEX copies ON joined (first) WHERE number <> first;
CREATE TABLE standing (
    number INTEGER PRIMARY KEY, outlet TEXT NOT NULL, month TEXT NOT NULL, moment INTEGER NOT NULL, id TEXT NOT NULL,
    cluster TEXT, share REAL
);
INSERT INTO standing (number, outlet, month, moment, id) SELECT number, outlet, substr(day, 1, 7), moment, id FROM rows
WHERE number IN (SELECT first FROM joined);
CREATE INDEX places ON standing (outlet, month, moment, id);
CREATE UNIQUE INDEX names ON standing (id);
"""
_FIELDS = {column.name for column in schema.columns()} - schema.OWN
_PLACE = ("offset", "length")
_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is asked for. All of it must hold."""

    outlets: tuple[str, ...] = ()
    """All of the archive without any."""
    since: date | None = None
    until: date | None = None
    """Days of publication in the outlet's clock, of capture (UTC) where that is unknown; both inclusive."""
    language: str | None = None
    """ISO 639-1."""
    exclude_opt_out: bool = False
    """Without rows that have any signal against reuse."""

    @property
    def days(self) -> tuple[str | None, str | None]:
        """The first and the last day, YYYY-MM-DD."""
        since, until = (day.isoformat() if day else None for day in (self.since, self.until))
        return since, until

    def as_json(self) -> dict[str, Any]:
        """The same for datapackage.json."""
        since, until = self.days
        return {
            "outlets": sorted(self.outlets),
            "since": since,
            "until": until,
            "language": self.language,
            "exclude_opt_out": self.exclude_opt_out,
        }


class LeftOut(NamedTuple):
    """Articles that are in the archive, and not asked for."""

    period: int
    language: int
    """Of those in the period."""
    opt_out: int
    """Of those in that language, those with a signal against reuse."""


class Partition(NamedTuple):
    """The rows of an outlet and a month."""

    outlet: str
    month: str
    """YYYY-MM."""
    rows: int


def enter(scratch: Scratch, path: Path, where: str, outlet: str) -> None:
    """Enter the rows of a part. `where` is what a person calls it. Raises Damaged, StorageError, OSError."""
    scratch.script(_TABLE)
    marks = ", ".join("?" for _ in _NAMES.split(","))
    scratch.many(f"INSERT INTO rows ({_NAMES}) VALUES ({marks}) {_ENTER}", _entries(path, where, outlet))  # noqa: S608


def merge(scratch: Scratch, path: Path) -> None:
    """Enter the rows that were entered into another scratch. Raises StorageError."""
    scratch.script(_TABLE)
    scratch.run("ATTACH ? AS other", str(path))
    scratch.run(f"INSERT INTO rows ({_NAMES}) SELECT {_NAMES} FROM other.rows WHERE true {_ENTER}")  # noqa: S608
    scratch.script("DETACH other")


def leave_out(scratch: Scratch, selection: Selection, gone: Iterable[str]) -> LeftOut:
    """Take out what is not asked for, and the articles of these ids, which count nowhere. Raises StorageError."""
    scratch.script(_TABLE)
    scratch.many("DELETE FROM rows WHERE id = ?", ((name,) for name in gone))
    since, until = selection.days
    period = scratch.run("DELETE FROM rows WHERE day < ?", since) if since else 0
    period += scratch.run("DELETE FROM rows WHERE day > ?", until) if until else 0
    other = scratch.run("DELETE FROM rows WHERE language IS NOT ?", selection.language) if selection.language else 0
    opted = scratch.run("DELETE FROM rows WHERE opted") if selection.exclude_opt_out else 0
    return LeftOut(period, other, opted)


def join(scratch: Scratch) -> None:
    """Have the first-published article of each text stand for those with exactly the same. Raises StorageError."""
    scratch.script(_JOIN)


def documents(scratch: Scratch) -> Generator[Document]:
    """The texts that stand, to be compared. Raises StorageError."""
    for body in scratch.select("SELECT body FROM rows JOIN standing USING (number)"):
        yield document(_unpacked(*body))


def document(row: Mapping[str, Any]) -> Document:
    """What of a row is compared with others."""
    return Document(row["id"], row["text"][:COMPARED], row["published"])


def cluster(scratch: Scratch, near: Mapping[str, Near]) -> None:
    """Note which texts are near others. Raises StorageError."""
    scratch.many(
        "UPDATE standing SET cluster = ?, share = ? WHERE id = ?",
        ((one.cluster, one.share, name) for name, one in near.items()),
    )


def partitions(scratch: Scratch) -> list[Partition]:
    """In their order. Raises StorageError."""
    query = "SELECT outlet, month, count(*) FROM standing GROUP BY outlet, month ORDER BY outlet, month"
    return [Partition(*found) for found in scratch.select(query)]


def rows_of(scratch: Scratch, partition: Partition) -> Generator[dict[str, Any]]:
    """The rows of a partition by publication, or capture, and id. Raises StorageError."""
    query = (
        "SELECT number, cluster, share, body FROM standing JOIN rows USING (number) "
        "WHERE standing.outlet = ? AND month = ? ORDER BY standing.moment, standing.id"
    )
    for number, name, share, body in scratch.select(query, partition.outlet, partition.month):
        row = _unpacked(body)
        row["duplicates"] = [*_duplicates(scratch, number)]
        row["cluster"], row["cluster_share"] = name, share
        yield row


def _duplicates(scratch: Scratch, number: int) -> Iterator[dict[str, Any]]:
    query = (
        "SELECT body FROM joined JOIN rows USING (number) WHERE first = ? AND joined.number <> first "
        "ORDER BY NOT dated, moment, id"
    )
    for body in scratch.select(query, number):
        row = _unpacked(*body)
        yield {name: row[name] for name in schema.Duplicate._fields}


def _entries(path: Path, where: str, outlet: str) -> Iterator[tuple[Any, ...]]:
    for found in rows.objects(path):
        if isinstance(found, Fault):
            raise _damaged(where, outlet, found)
        number, row = found
        if row.get("schema") != SCHEMA:
            raise Damaged(
                f"{where}, line {number}: the row has schema {shown(repr(row.get('schema')))}, and this version "
                f"makes datasets of rows with schema {SCHEMA}: scrapy rebuild {outlet} makes them anew."
            )
        checks = rows.of_row(number, row, dropped=False), _odd(number, row, outlet), rows.of_text(number, row)
        for fault in chain.from_iterable(checks):  # the next one may be asked only of what the one before let pass
            raise _damaged(where, outlet, fault)
        yield _entry(row)


def _odd(number: int, row: Mapping[str, Any], outlet: str) -> Iterator[Fault]:
    """What a row of today's schema cannot have, although its types are right."""
    numbers = [row["version"], row["pages"], row["words"], *(ref[name] for ref in row["captures"] for name in _PLACE)]
    shares = [row[name] or 0.0 for name in ("text_confidence", "language_confidence")]
    for is_wrong, what in (
        (
            not row["id"] or row["outlet"] != outlet,
            f"id {shown(row['id'])} and outlet {shown(row['outlet'])} do not fit",
        ),
        (not row["captured"] or not schema.in_calendar(datetime.fromisoformat(row["captured"])), "captured is no time"),
        (not row.keys() <= _FIELDS, f"the row has fields that no row has: {shown(str(sorted(row.keys() - _FIELDS)))}"),
        (not row["origins"].keys() <= set(schema.ORIGINS), f"origins names {shown(str(sorted(row['origins'])))}"),
        (any(abs(one) >= 1 << 63 for one in numbers), "a number has more than 64 bits"),
        (not all(0 <= one <= 1 for one in shares), "a confidence is not between 0 and 1"),
    ):
        if is_wrong:
            yield Fault(Kind.ROW, number, what)


def _damaged(where: str, outlet: str, fault: Fault) -> Damaged:
    return Damaged(
        f"{where}, line {fault.offset}: {fault.detail}. A dataset has every row or is not made: scrapy verify --deep "
        f"names all that is damaged, scrapy rebuild {outlet} makes rows anew, --outlet leaves others out."
    )


def _entry(row: dict[str, Any]) -> tuple[Any, ...]:
    found = schema.canonical(row)
    data = lines.line(found)
    captured = datetime.fromisoformat(row["captured"]).astimezone(UTC)
    published = datetime.fromisoformat(row["published"]) if row["published"] else None
    moment = published or captured
    return (
        row["id"],
        row["version"],
        *fullness(row),
        captured.isoformat(timespec="microseconds"),
        len(row["extractor"]),
        row["extractor"],
        hashlib.sha256(data).digest(),
        row["outlet"],
        moment.date().isoformat(),
        schema.microseconds(moment),
        published is not None,
        row["language"],
        bool(row["opt_out"]),
        row["drift"],
        row["words"],
        row["rules"],
        row["job"],
        bytes.fromhex(row["text_sha256"]) if row["text_sha256"] not in {"", _NOTHING} else None,
        isal_zlib.compress(data, 1),
    )


def _unpacked(body: bytes) -> dict[str, Any]:
    return dict(json.loads(isal_zlib.decompress(body)))
