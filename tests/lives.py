"""Outlets whose jobs go as a seed has it: they keep, drop, revisit, are killed, and lose what was not promised."""

from __future__ import annotations

import os
import random
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from archive import layout
from archive.database import open_database
from archive.job import Job
from archive.known import Announced, Known, Walked
from archive.model import Article, Capture, RecordRef, Verdict
from archive.outcome import Outcome
from archive.rebuild import Rebuilt, rebuild
from archive.schema import CONTENT

MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
_MOMENTS = (MOMENT + timedelta(seconds=number) for number in count())


@dataclass
class Place:
    """Where an archive is, and its catalog."""

    uri: str
    state: Path
    catalog: str | None = None
    complaints: list[str] = field(default_factory=list)
    """What the last rebuilding could not read."""

    def job(self, outlet: str = "contoh") -> Job:
        return Job(outlet=outlet, archive_uri=self.uri, state_dir=str(self.state), catalog_uri=self.catalog)

    def rebuild(self) -> Rebuilt:
        self.complaints.clear()
        return rebuild(self.uri, str(self.state), self.catalog, lambda _: None, self.complaints.append)

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """What the catalog knows, in one order."""

        def lines(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
            queries = {table.name: sa.select(table).order_by(*table.primary_key) for table in CONTENT}
            return {name: [tuple(row) for row in connection.execute(query)] for name, query in queries.items()}

        with closing(open_database(self.state / "catalog.sqlite3", self.catalog)) as database:
            return database.ask(lines)


def on_disk(folder: Path) -> Place:
    return Place(str(folder), folder / "state")


def exchange(url: str, body: bytes = b"<p>Halo</p>", status: int = 200, etag: str = "", method: str = "GET") -> Capture:
    """A page that is asked for one second after the one before it."""
    head = b"HTTP/1.1 %d -\r\nContent-Length: %d\r\n" % (status, len(body))
    head += f"ETag: {etag}\r\n".encode() if etag else b""
    asked = f"{method} / HTTP/1.1\r\n\r\n".encode()
    return Capture(url=url, began=next(_MOMENTS), request=asked, response=head + b"\r\n" + body)


def keep(
    running: Job,
    url: str,
    captures: list[RecordRef],
    *,
    verdict: Verdict = Verdict.ARTICLE,
    aliases: tuple[str, ...] = (),
    recovered: tuple[str, ...] = (),
    final: bool = True,
    complete: bool = True,
    before: Known | None = None,
) -> None:
    """Have a job make a row of these."""
    article = Article(outlet=running.outlet, url=url, captured=next(_MOMENTS), captures=captures, extractor="1")
    article.complete = complete
    if verdict is Verdict.ARTICLE:
        article.id = f"{running.outlet}:{url}"
        article.version = before.version + 1 if before else 1
    outcome = Outcome(
        article=article, verdict=verdict, aliases=aliases, recovered=recovered, final=final, before=before, due=MOMENT
    )
    running.keep(outcome)


class Life:
    """The jobs of one outlet."""

    def __init__(self, place: Place, outlet: str, chance: random.Random) -> None:
        self._place, self._outlet, self._chance = place, outlet, chance

    def job(self) -> None:
        """One more, which may end well."""
        chance, running = self._chance, self._place.job(self._outlet)
        self._settle(running)
        for _ in range(chance.randrange(12)):
            self._step(running)
        if chance.random() < 0.6:
            running.finish({})
        else:
            running.release()
            if chance.random() < 0.5:
                self._tear()

    def _settle(self, running: Job) -> None:
        """Of what waits, some needs no row, and some gets one."""
        waiting = running.catalog.waiting(self._outlet)
        running.settle([entry.ref.record_id for entry in waiting if self._chance.random() < 0.3])
        for entry in waiting:
            if self._chance.random() < 0.4:
                self._keep(running, entry.ref, (entry.ref.record_id,))

    def _step(self, running: Job) -> None:
        chance = self._chance
        url = f"https://{self._outlet}.test/{chance.randrange(6)}"
        match chance.randrange(9):
            case 0:
                running.commit()
            case 1:
                self._note(running, url)
            case 2:
                running.capture(exchange(url, b"", 304, chance.choice("abc")))
            case 3:
                status, method = chance.choice((404, 410, 503)), chance.choice(("GET", "POST"))
                running.capture(exchange(url, status=status, method=method))
            case _:
                ref = running.capture(exchange(url, chance.choice((b"satu", b"dua")), 200, chance.choice("abc")))
                if chance.random() < 0.7:
                    self._keep(running, ref, ())

    def _note(self, running: Job, url: str) -> None:
        """What makes no row: announcements, attempts, walks, second looks."""
        chance, now = self._chance, next(_MOMENTS).isoformat()
        line = Announced(url=url, outlet=self._outlet, day="2026-11-22", at=now, source=chance.choice("ab"))
        match chance.randrange(4):
            case 0:
                running.announce(line, title="Pasar")
            case 1:
                running.fail(url, "timeout", "", replace(line, reason="timeout", tries=1, tried=now))
            case 2:
                running.walked(
                    Walked(outlet=self._outlet, source="a", day="2026-11-22", done=chance.random() < 0.5, at=now)
                )
            case _:
                if known := running.catalog.known(url):
                    running.visited(replace(known, visited=now, due=now, job=running.id))

    def _keep(self, running: Job, ref: RecordRef, recovered: tuple[str, ...]) -> None:
        verdict = self._chance.choice((Verdict.ARTICLE, Verdict.ARTICLE, Verdict.GONE, Verdict.NOT_FOUND))
        aliases = (f"{ref.url}?alias",) if self._chance.random() < 0.3 else ()
        final = self._chance.random() < 0.7
        before = running.catalog.known(ref.url) if self._chance.random() < 0.5 else None
        keep(running, ref.url, [ref], verdict=verdict, aliases=aliases, recovered=recovered, final=final, before=before)

    def _tear(self) -> None:
        """Bytes that were not promised are gone, as after a loss of power."""
        for path in (self._place.state / "spool" / self._outlet).rglob("*.warc.gz.open"):
            promised = int(path.with_name(path.name + layout.JOURNAL).read_bytes().strip() or 0)
            size = path.stat().st_size  # differs from run to run: how many numbers are drawn must not depend on it
            os.truncate(path, promised + int(self._chance.random() * (size - promised + 1)))
