"""The history of an article: its versions with their rows, what changed from one to the next, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa

from archive import layout, parts, schema
from archive.account import in_utc
from archive.catalog import Catalog
from archive.errors import Damaged
from archive.faults import shown
from archive.files import Files
from archive.known import Announced, Known, Version
from archive.legible import Legible
from archive.model import EDITED, Verdict, fullness
from archive.outcome import MOVED
from archive.verification.rows import of_row

COMPARED = (*(name for name in EDITED if name != "text"), "modified")
"""Fields of a row that are compared; the text is compared by itself."""


class Edit(NamedTuple):
    """A field that differs between two versions."""

    field: str
    older: Any
    newer: Any


@dataclass(frozen=True, kw_only=True)
class Edition:
    """One version of an article."""

    version: Version
    part: str | None
    """Key of the part that holds its row; None when it was not found."""
    row: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class History:
    """All that the archive knows of an address."""

    url: str
    """Canonical."""
    known: Known | None
    """What the address turned out to be; of an article, what is known of its main address."""
    announced: Announced | None
    addresses: list[str] = field(default_factory=list)
    """All addresses of the article, sorted."""
    editions: list[Edition] = field(default_factory=list)
    """The oldest first; empty when there is no article."""
    moved_to: str | None = None
    """The address of the article that this one's leads to now."""
    reason: str | None = None
    """Why the address is no article's, in words, as far as its row in `dropped/` says it."""

    @property
    def pairs(self) -> Iterator[tuple[Edition, Edition]]:
        """Each version with the one after it."""
        return pairwise(self.editions)


def history(catalog: Catalog, files: Files, url: str, article_id: str, complain: Callable[[str], None]) -> History:
    """The history of a canonical address; `article_id` is whose it is by its own number.

    `complain` is told of files that cannot be read, and why a row is not there. Raises StorageError.
    """
    asked, announced = catalog.known(url), catalog.announced(url)
    names = [asked.article_id] if asked and asked.article_id else []
    lines = next(filter(None, (catalog.addresses(name) for name in (*names, article_id))), [])
    reading = _Reading(files, complain)
    if not lines:
        asked = asked or _taken_down(catalog, article_id)
        return History(url=url, known=asked, announced=announced, reason=reading.reason(asked) if asked else None)
    article = lines[0].article_id or article_id
    versions = catalog.versions(article)
    main = _main(lines, versions)
    return History(
        url=url,
        known=main,
        announced=announced or catalog.announced(main.url),
        addresses=[line.url for line in lines],
        editions=[reading.edition(version) for version in versions or [_only(main)]],
        moved_to=_moved_to(catalog, main) if main.ended == MOVED else None,
    )


def _taken_down(catalog: Catalog, article_id: str) -> Known | None:
    """What is known of an article that was taken out of the archive, whatever address of it is asked for."""
    known = catalog.article(article_id)
    return known if known and known.verdict == Verdict.TAKEN_DOWN else None


def edits(older: dict[str, Any], newer: dict[str, Any]) -> list[Edit]:
    """The fields, the text aside, that differ between two rows."""
    found = (Edit(name, older.get(name), newer.get(name)) for name in COMPARED)
    return [edit for edit in found if edit.older != edit.newer]


def _main(lines: list[Known], versions: list[Version]) -> Known:
    """The address that is visited again: that of the last row; of others only what was is known."""
    last = versions[-1].url if versions else None
    return max(lines, key=lambda line: (line.url == last, line.due is not None, line.visited or "", line.job))


def _only(main: Known) -> Version:
    """The row of an article that was kept before the catalog knew versions."""
    return Version(
        article_id=main.article_id or "",
        version=main.version,
        outlet=main.outlet,
        url=main.url,
        captured=main.captured or layout.job_began(main.job).isoformat(),
        job=main.job,
        complete=main.final,
    )


def _moved_to(catalog: Catalog, main: Known) -> str | None:
    """Of the visit that found an article under another address, that article's address: one response judged both."""
    table = schema.known
    query = sa.select(table.c.url).where(
        table.c.outlet == main.outlet,
        table.c.record == main.record,
        table.c.article_id != main.article_id,
        table.c.verdict == Verdict.ARTICLE.value,
    )
    rows = catalog.select(query.order_by(table.c.due.is_(None), table.c.url).limit(1))
    return str(rows[0].url) if rows else None


class _Reading:
    """Rows found by what the catalog says of them."""

    def __init__(self, files: Files, complain: Callable[[str], None]) -> None:
        self._files = files
        self._complain = complain
        self._legible = Legible(files, complain)

    def edition(self, version: Version) -> Edition:
        """The version with its row, if that can be read."""
        day = _day(version.captured)
        for part in self._parts("articles", version.outlet, day, version.job):
            named = version.article_id, version.version
            rows = [row for row in self._rows(part) if (row.get("id"), row.get("version")) == named]
            if rows:
                best = max(rows, key=lambda row: (fullness(row), row.get("captured") or ""))
                return Edition(version=version, part=part, row=best)
        self._complain(
            f"The row of version {version.version} is in no part of job {version.job} under date={day}. If that job is "
            "at work or was killed, the next one of the outlet publishes it; else scrapy verify --deep tells more."
        )
        return Edition(version=version, part=None, row=None)

    def reason(self, known: Known) -> str | None:
        """Why an address is no article's, in the words of its row."""
        if known.captured is None:
            return None
        for part in self._parts("dropped", known.outlet, _day(known.captured), known.job):
            for row in self._rows(part, dropped=True):
                if row["captures"][0]["record_id"] == known.record:
                    return str(row.get("reason"))
        return None

    def _parts(self, folder: str, outlet: str, day: date, job: str) -> list[str]:
        """The part of a job and day, if it is there."""
        place = layout.rows_key(folder, outlet, day, job, "").rpartition("/")[0]
        keys = parts.current(self._files.keys(place, ".jsonl.gz"))
        return [key for key in keys if (part := parts.part_of(key)) and part.job == job]

    def _rows(self, part: str, *, dropped: bool = False) -> Iterator[dict[str, Any]]:
        """The rows of a part that are as rows must be."""
        for number, row in self._legible.lines(part):
            if fault := next(of_row(number, row, dropped=dropped), None):
                self._legible.blame(part, f"line {number}: {fault.detail}")
            else:
                yield row


def _day(captured: str) -> date:
    """The day of a capture, UTC, which names its parts. Raises Damaged."""
    try:
        return in_utc(captured).date()
    except ValueError as error:
        raise Damaged(
            f"The catalog says that something was captured {shown(captured)}: scrapy catalog rebuild makes it anew."
        ) from error
