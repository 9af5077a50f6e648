"""A job's own account of what it came to: its rows, and its events, which count only as far as there are rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, get_type_hints

from archive.catalog import Known
from archive.faults import shown
from archive.model import RecordRef, Verdict, Waiting
from archive.scratch import Scratch

T = TypeVar("T", Known, RecordRef)

CUT_SHORT = "cut-short"
"""The event that a killed job's finisher writes: which of its responses wait for a row."""

_TABLES = """
PRAGMA cache_size = -32768;
CREATE TABLE rows (url TEXT PRIMARY KEY, known TEXT, told INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE records (url TEXT, name TEXT, PRIMARY KEY (url, name)) WITHOUT ROWID;
"""
_FIELDS = {kind: get_type_hints(kind) for kind in (Known, RecordRef)}


@dataclass(frozen=True, slots=True)
class Said:
    """What follows from one event, or from a row that no event speaks of."""

    known: list[Known] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    """Names of the records that wait no more."""
    rowless: list[str] = field(default_factory=list)
    """Addresses that were told as kept, and have no row."""


class Account:
    """The rows of one job, and then its events in their order. Raises StorageError.

    The rows are in a temporary file: a job may have more of them than memory holds.
    """

    def __init__(self, outlet: str, job: str) -> None:
        self._outlet, self._job = outlet, job
        self._scratch = Scratch(_TABLES)

    def close(self) -> None:
        """Let go of the temporary file."""
        self._scratch.close()

    def add(self, row: dict[str, Any]) -> None:
        """One row; the later one of an address counts, so begin with `dropped/`. Raises ValueError."""
        try:
            facts = _facts(row, self._job)
            url = made(Known, facts).url
            records = [text(ref["record_id"]) for ref in row["captures"]]
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"the row is none of ours: {type(error).__name__} {shown(str(error))}") from error
        self._scratch.run("INSERT OR REPLACE INTO rows (url, known) VALUES (?, ?)", url, json.dumps(facts))
        self._scratch.many("INSERT OR IGNORE INTO records VALUES (?, ?)", ((url, name) for name in records))

    def __len__(self) -> int:
        [(number,)] = self._scratch.select("SELECT count(*) FROM rows")
        return int(number)

    def records(self) -> Iterator[str]:
        """Names of the records that the rows were made from."""
        return (name for (name,) in self._scratch.select("SELECT name FROM records"))

    def hear(self, event: Mapping[str, Any]) -> Said:
        """What an event of the job means. Raises ValueError for one that is not as we write them.

        An outcome is written before its row: it counts when the row is there.
        """
        try:
            match event["event"]:
                case "outcome":
                    return self._outcome(event)
                case "settled":
                    return Said(settled=[text(name) for name in event["records"]])
                case str(kind) if kind == CUT_SHORT:
                    return Said(waiting=[self._waiting(entry) for entry in event["waiting"]])
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"the event is none of ours: {type(error).__name__} {shown(str(error))}") from error
        return Said()

    def rest(self) -> Iterator[Said]:
        """What follows from the rows that no event has spoken of: their job did not live to make it durable."""
        for url, known in self._scratch.select("SELECT url, known FROM rows WHERE NOT told ORDER BY url"):
            records = self._scratch.select("SELECT name FROM records WHERE url = ?", url)
            yield Said(known=[Known(**json.loads(known))], settled=[name for (name,) in records])

    def _outcome(self, event: Mapping[str, Any]) -> Said:
        known = [made(Known, entry) for entry in event["known"]]
        if self._scratch.run("UPDATE rows SET told = 1 WHERE url = ?", text(event["url"])):
            return Said(known=known, settled=[text(name) for name in event["recovered"]])
        return Said(rowless=[entry.url for entry in known])

    def _waiting(self, entry: dict[str, Any]) -> Waiting:
        facts = dict(entry)
        began = in_utc(text(facts.pop("began")))
        return Waiting(outlet=self._outlet, ref=made(RecordRef, facts), began=began, job=self._job)


def cut_short(waiting: list[Waiting]) -> dict[str, Any]:
    """The event of a killed job whose responses wait for their rows."""
    return {
        "event": CUT_SHORT,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "waiting": [{**asdict(entry.ref), "began": entry.began.isoformat()} for entry in waiting],
    }


def made(kind: type[T], facts: Mapping[str, Any]) -> T:
    """What JSON says, as one of our nouns. Raises ValueError where it is none."""
    for name, form in _FIELDS[kind].items():
        if not isinstance(facts.get(name, ...), form):
            raise ValueError(f"{name} cannot be {shown(repr(facts.get(name)))}")  # noqa: TRY004 - no fault of the program
    return kind(**{name: facts[name] for name in _FIELDS[kind]})


def _facts(row: dict[str, Any], job: str) -> dict[str, Any]:
    """What a row says of its address by itself, as the fields of a `Known`."""
    return {
        "url": row["url"],
        "outlet": row["outlet"],
        "article_id": row["id"] or None,
        "verdict": row.get("verdict", Verdict.ARTICLE.value),
        "final": "verdict" not in row and row["complete"],
        "published": row["published"],
        "section": row["section"],
        "captured": row["captured"],
        "job": job,
    }


def in_utc(instant: str) -> datetime:
    """An instant of ISO 8601 with its offset. Raises ValueError where it is none, or none that a catalog can hold."""
    moment = datetime.fromisoformat(instant)
    if moment.tzinfo is None:
        raise ValueError(f"{shown(instant)} has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{shown(instant)} lies outside of the calendar") from error


def text(value: Any) -> str:
    """Text as it is. Raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
