"""One run of one outlet: its lease, its spool, its catalog, and the order in which things become true."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar

from archive import layout, message, records, replay
from archive.catalog import Catalog, Changes, Known
from archive.errors import ArgumentError, LeaseHeld, StorageError
from archive.local import make_folder, write_file
from archive.model import SCHEMA, Article, Capture, RecordRef, Stored, Verdict
from archive.salvage import Salvaged, salvage
from archive.spool import Spool, finished
from archive.storage import Storage, archive_path, open_storage
from archive.whole import remember, remember_again

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one announced address, ready to be kept."""

    article: Article
    verdict: Verdict
    reason: str = ""
    """Why it is no article, in words; empty for an article."""
    aliases: tuple[str, ...] = ()
    """Other canonical addresses that led to it."""
    final: bool = True
    """False when another attempt may bring more."""
    recovered: tuple[str, ...] = ()
    """Names of the records that waited for this row."""

    def known(self, job: str) -> list[Known]:
        """The catalog's lines for its address and every alias."""
        article = self.article
        return [
            Known(
                url=url,
                outlet=article.outlet,
                article_id=article.id or None,
                verdict=self.verdict.value,
                final=self.final,
                published=article.published.isoformat() if article.published else None,
                section=article.section,
                captured=article.captured.isoformat() if article.captured else None,
                job=job,
            )
            for url in dict.fromkeys((article.url, *self.aliases))
        ]


def state_folder(archive_uri: str, state_dir: str | None) -> Path:
    """STATE_DIR, by default `state/` inside a local archive. Raises ArgumentError."""
    return Path(state_dir).expanduser() if state_dir else archive_path(archive_uri) / "state"


def open_catalog(state: Path, catalog_uri: str | None = None) -> Catalog:
    """The catalog of a state folder. Raises ArgumentError, StorageError."""
    if catalog_uri:
        raise ArgumentError(
            f"CATALOG_URI={catalog_uri} is not supported: this version keeps its catalog in STATE_DIR. Unset it."
        )
    return Catalog(state / "catalog.sqlite3")


class Job:
    """Keeps what a crawl brings. All methods but `known` and `article` belong to one thread.

    Raises LeaseHeld when another job is at work on the outlet, StorageError when the disk refuses.
    """

    def __init__(
        self,
        *,
        outlet: str,
        archive_uri: str,
        state_dir: str | None = None,
        catalog_uri: str | None = None,
        info: dict[str, str] | None = None,
    ) -> None:
        self.outlet = outlet
        self.began = datetime.now(UTC)
        self.id = layout.job_id(self.began)
        self.storage: Storage = open_storage(archive_uri)
        self._state = state_folder(archive_uri, state_dir).absolute()
        self.published: list[str] = []
        """Keys of the files that this job has put into the archive."""
        self.salvaged: list[Salvaged] = []
        """What earlier jobs of the outlet had left unfinished, and this one finished."""
        self._changes = Changes()
        self._spools = self._state / "spool" / outlet
        self._folder = self._spools / self.id
        self._guard(make_folder, self._state)
        self._lease = self._guard(take_lease, self._state, outlet)
        with ExitStack() as failed:
            failed.callback(self._lease.close)
            self.catalog = self._guard(open_catalog, self._state, catalog_uri)
            failed.callback(self.catalog.close)
            self._guard(self._recover)
            self._spool = self._guard(
                Spool,
                self._folder,
                outlet,
                {"isPartOf": f"{outlet}/{self.id}", **(info or {})},
                taken=self.storage.exists,
            )
            failed.pop_all()

    def capture(self, capture: Capture) -> RecordRef:
        """Keep an exchange; where its payload lies: in an earlier record when nothing had changed."""
        earlier = self._earlier(capture)
        ref = self._guard(self._spool.capture, capture, earlier)
        head = message.head_of(capture.response)
        if earlier and ref == earlier.ref:
            if message.status(head) == 200:  # a 304 has nothing new to ask with
                self._changes.stored[capture.url] = remember_again(earlier, head)
        elif capture.request.startswith(b"GET ") and (new := remember(ref, capture.began, head, capture.truncated)):
            self._changes.stored[capture.url] = new
        return ref

    def response(self, ref: RecordRef) -> tuple[bytes, bytes]:
        """HTTP head and payload of a response in the archive. Any thread may ask. Raises Damaged, StorageError."""
        return replay.response(self.storage, ref)

    def keep(self, outcome: Outcome) -> None:
        """Keep a row: under `articles/` if it is one, else under `dropped/` with verdict and reason."""
        article = outcome.article
        is_article = outcome.verdict is Verdict.ARTICLE
        day = (article.captured or self.began).astimezone(UTC).date()
        key = layout.rows_key(
            "articles" if is_article else "dropped", self.outlet, day, self.id, article.extractor or "0"
        )
        row = article.row()
        if not is_article:
            row |= {"verdict": outcome.verdict.value, "reason": outcome.reason}
        known = outcome.known(self.id)
        # The event before the row: whoever finds the row finds what it stands for, and an event alone counts nothing.
        facts = {"known": [asdict(entry) for entry in known], "recovered": outcome.recovered}
        self.event("outcome", url=article.url, **facts)
        self._guard(self._spool.line, key, row)
        self._changes.known += known
        self._changes.settled += outcome.recovered

    def settle(self, records: list[str]) -> None:
        """Say of records that waited that no row is to be made from them."""
        self._changes.settled += records

    def event(self, kind: str, **facts: Any) -> None:
        """Note what no WARC holds: an announcement, a time-out, a refusal."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        key = layout.events_key(self.outlet, self.id)
        self._guard(self._spool.line, key, {"event": kind, "at": now, **facts})

    def commit(self) -> None:
        """Bytes, rows and events on the disk first; only then does the catalog say "seen"."""
        self._guard(self._spool.sync)
        self.catalog.commit(self._changes)
        self._changes = Changes()

    def finish(self, manifest: dict[str, Any]) -> str:
        """Close, publish and describe the job; the manifest's key. A job without a manifest did not finish."""
        self.commit()
        self._guard(self._spool.close)
        self._publish(self._folder)
        key = layout.manifest_key(self.outlet, self.id)
        path = self._folder / key
        described = {
            "job": self.id,
            "outlet": self.outlet,
            "began": self.began.isoformat(timespec="seconds"),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "schema": SCHEMA,
            **manifest,
            "files": self.published,
        }
        self._guard(write_file, path, (json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode())
        self.storage.publish(path, key)
        shutil.rmtree(self._folder, ignore_errors=True)
        self.release()
        return key

    def release(self) -> None:
        """Let go of the catalog and the lease without finishing; what is in the spool is finished by the next job."""
        self.catalog.close()
        self._lease.close()

    def _recover(self) -> None:
        """Finish what a killed job of this outlet left."""
        for folder in sorted(self._spools.iterdir()) if self._spools.is_dir() else []:
            result = salvage(folder, self.outlet, self.catalog.stored)
            if result.cut or result.lost:
                result.forgotten = self.catalog.forget(result.job, result.lost, result.ends)
            self.catalog.commit(result.changes)
            self.salvaged.append(result)
            self._publish(folder)
            shutil.rmtree(folder)

    def _earlier(self, capture: Capture) -> Stored | None:
        """The response that a revisit may stand for.

        It is read first: a revisit of what is gone or damaged would lose the page that is at hand.
        """
        stored = self._changes.stored.get(capture.url) or self.catalog.stored(capture.url)
        if stored is None or not records.is_revisit(capture, stored):
            return None
        try:
            replay.response(self._spool if self._spool.holds(stored.ref.warc) else self.storage, stored.ref)
        except (OSError, StorageError) as error:
            logger.warning("%s is kept whole: %s", capture.url, error)
            return None
        return stored

    def _publish(self, folder: Path) -> None:
        for key in finished(folder):
            self.storage.publish(folder / key, key)
            self.published.append(key)

    def _guard(self, act: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        try:
            return act(*arguments, **named)
        except OSError as error:
            raise StorageError(
                f"The state folder {self._state} cannot be written: {error.strerror}. "
                "Make room and start again; nothing that was kept is lost."
            ) from error


def take_lease(state: Path, outlet: str) -> IO[str]:
    """The outlet's lease: held as long as the file is open, gone with the process. Raises LeaseHeld."""
    path = state / "lease" / f"{outlet}.lock"
    make_folder(path.parent)
    lease = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lease.seek(0)
        holder = lease.read().strip() or "unknown"
        lease.close()
        raise LeaseHeld(f"Another job is at work on {outlet} (process {holder}); wait for it or stop it.") from None
    lease.truncate(0)
    lease.write(str(os.getpid()))
    lease.flush()
    return lease
