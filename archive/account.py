"""A job's own account of what it came to: its rows, and its events, which count only as far as there are rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, TypeVar, get_origin, get_type_hints

from archive.faults import shown
from archive.known import Announced, Changes, Ended, Known, Version, Walked
from archive.model import RecordRef, Verdict, Waiting, facts_sha256
from archive.scratch import Scratch

T = TypeVar("T", Known, RecordRef, Announced, Version, Walked, Ended)

CUT_SHORT = "cut-short"
"""The event that a killed job's finisher writes: which of its responses wait for a row."""
TAKEN_DOWN = "taken-down"
"""The event of an article that was taken out of the archive: what is known of its addresses from now on."""
CHANGED = "changed"
"""The event of a file of another job that is about to be changed: `sha256` says what it will be."""
REVISED = "revised"
"""The event of rows that were made anew: `made` names the parts, which are whole, `replaced` those before them."""

_TABLES = """
PRAGMA cache_size = -32768;
CREATE TABLE rows (url TEXT PRIMARY KEY, known TEXT, told INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE versions (url TEXT, version TEXT, PRIMARY KEY (url, version)) WITHOUT ROWID;
CREATE TABLE records (url TEXT, name TEXT, PRIMARY KEY (url, name)) WITHOUT ROWID;
"""
_KINDS: tuple[type[Any], ...] = (Known, RecordRef, Announced, Version, Walked, Ended)
_FIELDS = {
    kind: {name: get_origin(form) if get_origin(form) is dict else form for name, form in get_type_hints(kind).items()}
    for kind in _KINDS
}
_DEFAULTS = {kind: {one.name: one.default for one in fields(kind) if one.default is not MISSING} for kind in _KINDS}


@dataclass(frozen=True, slots=True)
class Said:
    """What follows from one event, or from a row that no event speaks of."""

    changes: Changes = field(default_factory=Changes)
    rowless: list[str] = field(default_factory=list)
    """Addresses that were told as kept, and have no row."""


class Account:
    """The rows of one job, and then its events in their order. Raises StorageError.

    The rows are in a temporary file: a job may have more of them than memory holds.
    """

    def __init__(self, outlet: str, job: str) -> None:
        self._outlet, self._job = outlet, job
        self._scratch = Scratch(_TABLES)
        self._revised = Changes()
        """What follows from parts that were made anew, as long as nothing says that they are whole."""

    def close(self) -> None:
        """Let go of the temporary file."""
        self._scratch.close()

    def add(self, row: dict[str, Any]) -> None:
        """One row; the later one of an address counts, so begin with `dropped/`. Raises ValueError."""
        try:
            facts = _facts(row, self._job)
            version = _version(row, self._job)
            url = made(Known, facts).url
            records = [text(ref["record_id"]) for ref in row["captures"]]
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"the row is none of ours: {type(error).__name__} {shown(str(error))}") from error
        self._scratch.run("INSERT OR REPLACE INTO rows (url, known) VALUES (?, ?)", url, json.dumps(facts))
        if version:
            self._scratch.run("INSERT OR IGNORE INTO versions VALUES (?, ?)", url, json.dumps(version))
        self._scratch.many("INSERT OR IGNORE INTO records VALUES (?, ?)", ((url, name) for name in records))

    def __len__(self) -> int:
        [(number,)] = self._scratch.select("SELECT count(*) FROM rows")
        return int(number)

    def records(self) -> Iterator[str]:
        """Names of the records that the rows were made from."""
        return (name for (name,) in self._scratch.select("SELECT name FROM records"))

    def hear(self, event: Mapping[str, Any]) -> Said:
        """What an event of the job means. Raises ValueError for one that is not as we write them.

        An outcome is written before its row: it counts when the row is there. What follows from parts that were made
        anew is written before the event that names them: it counts when they are whole.
        """
        try:
            match event["event"]:
                case "outcome":
                    return self._outcome(event)
                case str(kind) if kind == CUT_SHORT:
                    return Said(Changes(waiting=[self._waiting(entry) for entry in event["waiting"]]))
                case str(kind) if kind == REVISED:
                    return self._revision(event)
            return Said(_told(event))
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"the event is none of ours: {type(error).__name__} {shown(str(error))}") from error

    def rest(self) -> Iterator[Said]:
        """What follows from the rows that no event has spoken of: their job did not live to make it durable."""
        for url, known in self._scratch.select("SELECT url, known FROM rows WHERE NOT told ORDER BY url"):
            records = self._scratch.select("SELECT name FROM records WHERE url = ?", url)
            settled = [name for (name,) in records]
            yield Said(Changes(known=[Known(**json.loads(known))], versions=self._versions(url), settled=settled))

    def _outcome(self, event: Mapping[str, Any]) -> Said:
        known = [made(Known, entry) for entry in event["known"]]
        url = text(event["url"])
        if self._scratch.run("UPDATE rows SET told = 1 WHERE url = ?", url):
            settled = [text(name) for name in event["recovered"]]
            return Said(Changes(known=known, versions=self._versions(url), settled=settled))
        return Said(rowless=[entry.url for entry in known])

    def _revision(self, event: Mapping[str, Any]) -> Said:
        self._revised.add(_told(event))
        if not event["made"]:
            return Said()
        revised, self._revised = self._revised, Changes()
        return Said(revised)

    def _versions(self, url: str) -> list[Version]:
        found = self._scratch.select("SELECT version FROM versions WHERE url = ?", url)
        return [Version(**json.loads(version)) for (version,) in found]

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
    whole = {**_DEFAULTS[kind], **facts}
    for name, form in _FIELDS[kind].items():
        if not isinstance(whole.get(name, ...), form):
            raise ValueError(f"{name} cannot be {shown(repr(facts.get(name)))}")  # noqa: TRY004 - no fault of the program
    return kind(**{name: whole[name] for name in _FIELDS[kind]})


def _told(event: Mapping[str, Any]) -> Changes:
    """What follows from an event that needs no row. Raises LookupError, TypeError, AttributeError, ValueError."""
    changes = Changes()
    match event["event"]:
        case "visited":
            changes.known.append(made(Known, event["known"]))
        case "announced" | "failed":
            if ledger := event.get("ledger"):  # jobs of earlier versions kept none
                changes.announced.append(made(Announced, ledger))
        case str(kind) if kind == REVISED:
            changes.known += [made(Known, entry) for entry in event["known"]]
            changes.versions += [made(Version, entry) for entry in event["versions"]]
            changes.unmade += [made(Version, entry) for entry in event["unmade"]]
        case "walked":
            changes.walked.append(made(Walked, event["walk"]))
        case "ended":
            changes.ended.append(made(Ended, event["job"]))
        case str(kind) if kind == TAKEN_DOWN:
            changes.known += [made(Known, entry) for entry in event["known"]]
            changes.unmade += [made(Version, entry) for entry in event["unmade"]]
            changes.unstored += [text(url) for url in event["unstored"]]
            changes.settled += [text(name) for name in event["records"]]
        case "settled":
            changes.settled += [text(name) for name in event["records"]]
    return changes


def _facts(row: dict[str, Any], job: str) -> dict[str, Any]:
    """What a row says of its address by itself, as the fields of a `Known`."""
    is_article = "verdict" not in row
    facts = {
        "url": row["url"],
        "outlet": row["outlet"],
        "article_id": row["id"] or None,
        "verdict": row.get("verdict", Verdict.ARTICLE.value),
        "final": is_article and row["complete"],
        "published": row["published"],
        "section": row["section"],
        "captured": row["captured"],
        "job": job,
        "visited": row["captured"],
        "record": row["captures"][0]["record_id"] if row["captures"] else None,
        "first": row["captured"],
    }
    if is_article:
        made_with = f"{row['extractor']}:{row['rules']}"
        facts |= {"version": row["version"], "facts": facts_sha256(row), "made": made_with}
    return facts


def _version(row: dict[str, Any], job: str) -> dict[str, Any] | None:
    """Where the row of an article is to be found, as the fields of a `Version`."""
    if "verdict" in row or not row["id"] or not row["captured"]:
        return None
    names = ("version", "outlet", "url", "captured", "complete")
    facts = {name: row[name] for name in names}
    return {"article_id": row["id"], "job": job, "captures": len(row["captures"]), **facts}


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
