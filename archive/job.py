"""One run of one outlet: its lease, its spool, its catalog, and the order in which things become true."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from archive import layout, manifest, message, records, replay
from archive.errors import StorageError
from archive.holding import Holding
from archive.known import Announced, Changes, Ended, Known, Walked
from archive.measures import Document, Measures
from archive.model import Capture, RecordRef, Stored, Verdict
from archive.outcome import Outcome
from archive.salvage import Salvaged
from archive.spool import Spool
from archive.state import State
from archive.whole import remember, remember_again

logger = logging.getLogger(__name__)


IN_THE_PAST = frozenset(("finish", "status", "arguments", "counts", "measures", "alarms"))
"""What of a job's manifest later jobs are compared with."""


class Job:
    """Keeps what a crawl brings. All methods but `known` and `article` belong to one thread.

    Raises LeaseHeld when another job is at work on the outlet, StorageRefused when the archive will not have us,
    StorageError when the disk or the catalog refuses. An archive that cannot be reached now is no error: what is kept
    waits in the state folder.
    """

    def __init__(
        self,
        *,
        outlet: str,
        archive_uri: str,
        state_dir: str | None = None,
        catalog_uri: str | None = None,
        info: dict[str, str] | None = None,
        upload_patience: float = 60.0,
    ) -> None:
        """`upload_patience`: seconds without progress after which a finished job leaves its uploads to the next."""
        self.outlet = outlet
        self.began = datetime.now(UTC)
        self.id = layout.job_id(self.began)
        self._changes = Changes()
        self._measures = Measures()
        self._digests: dict[str, str] = {}
        self._patience = upload_patience
        self._holding = Holding(outlet, archive_uri, state_dir, catalog_uri)
        self.storage, self.catalog = self._holding.storage, self._holding.catalog
        self._folder = self._holding.spools / self.id
        self._rows = 0
        with ExitStack() as failed:
            failed.callback(self._holding.close)
            self._holding.begin(self.id)
            self._spool = self._holding.guard(
                Spool,
                self._folder,
                outlet,
                {"isPartOf": f"{outlet}/{self.id}", **(info or {})},
                taken=self._holding.is_taken,
            )
            self.event("began", fence=self._holding.fence, machine=self._holding.state.machine)
            failed.pop_all()

    @property
    def state(self) -> State:
        """The state folder of this machine."""
        return self._holding.state

    @property
    def published(self) -> list[str]:
        """Keys of the files that were put into the archive, those of killed jobs that this one finished included."""
        return self._holding.published

    @property
    def warc_bytes(self) -> int:
        """Size of the WARC files among them."""
        return self._holding.warc_bytes

    @property
    def salvaged(self) -> list[Salvaged]:
        """What earlier jobs of the outlet had left unfinished, and this one finished."""
        return self._holding.salvaged

    def capture(self, capture: Capture) -> RecordRef:
        """Keep an exchange; where its payload lies: in an earlier record when nothing had changed."""
        earlier = self._earlier(capture)
        ref = self._holding.guard(self._spool.capture, capture, earlier)
        head = message.head_of(capture.response)
        self._measures.capture(capture, head, ref, earlier.ref if earlier else None)
        if earlier and ref == earlier.ref:
            if message.status(head) == 200:  # a 304 has nothing new to ask with
                self._changes.stored[capture.url] = remember_again(earlier, head)
        elif _is_get(capture) and (new := remember(ref, capture.began, head, capture.truncated)):
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
        known, version = outcome.known(self.id), outcome.version(self.id)
        # The event before the row: whoever finds the row finds what it stands for, and an event alone counts nothing.
        facts = {"known": [asdict(entry) for entry in known], "recovered": outcome.recovered}
        self.event("outcome", url=article.url, **facts)
        self._holding.guard(self._spool.line, key, row)
        self._rows += 1
        self._measures.keep(outcome)
        self._changes.known += known
        self._changes.versions += [version] if version else []
        self._changes.settled += outcome.recovered

    def visited(self, known: Known) -> None:
        """Note a visit that made no row: the address is as it was, or there was no telling."""
        self.event("visited", url=known.url, known=asdict(known))
        self._changes.known.append(known)

    def announce(self, announced: Announced, **hints: Any) -> None:
        """Note an article's address that nobody had announced before; `hints` are what its source says of it."""
        self.event("announced", **hints, ledger=asdict(announced))
        self._measures.announce(announced)
        self._changes.announced.append(announced)

    def fail(self, url: str, reason: str, detail: str, announced: Announced | None = None) -> None:
        """Note a page that gave no answer, or none that can be used, and what that means for the announced article."""
        self.event("failed", url=url, reason=reason, detail=detail, ledger=asdict(announced) if announced else None)
        self._changes.announced += [announced] if announced else []

    def walked(self, walked: Walked) -> None:
        """Note that a walk through an index has begun, or come to its end."""
        self.event("walked", walk=asdict(walked))
        self._changes.walked.append(walked)

    def settle(self, records: list[str]) -> None:
        """Say of records that waited that no row is to be made from them."""
        if records:
            self.event("settled", records=records)
            self._changes.settled += records

    def event(self, kind: str, **facts: Any) -> None:
        """Note what no WARC holds: an announcement, a time-out, a refusal."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        key = layout.events_key(self.outlet, self.id)
        self._holding.guard(self._spool.line, key, {"event": kind, "at": now, **facts})

    def measured(self, documents: Iterable[Document] = ()) -> dict[str, Any]:
        """The measures of the job so far; `documents` are what its sources brought."""
        return self._measures.facts(self._spool.warc_bytes, documents)

    def commit(self) -> None:
        """Bytes, rows and events on the disk first; only then does the catalog say "seen".

        Raises LeaseLost, StorageError. Files that are full leave the spool.
        """
        self._holding.guard(self._spool.sync)
        self._holding.commit(self._changes)
        self._changes = Changes()
        if full := self._spool.full():
            digests = self._holding.guard(manifest.digests_of, self._folder, full)
            self.event("published", keys=full, sha256=digests)
            self._digests |= digests
            self._holding.guard(self._spool.sync)
            self._holding.publish(self._folder)

    def finish(self, facts: dict[str, Any], tick: Callable[[], None] = lambda: None) -> list[str]:
        """Close, describe and publish the job, and wait for the uploads; the keys of files that still wait.

        `facts` go into the manifest, and into the catalog for later jobs to be compared with. `tick` is called about
        once a second. Raises LeaseLost, StorageError.
        """
        past = {name: value for name, value in facts.items() if name in IN_THE_PAST}
        ended = Ended(
            job=self.id, outlet=self.outlet, at=datetime.now(UTC).isoformat(timespec="milliseconds"), facts=past
        )
        self.event("ended", job=asdict(ended))
        self._changes.ended.append(ended)
        self.commit()
        self._holding.guard(self._spool.close)
        self._holding.renew(Changes())  # what is published is ours to publish
        if "counts" in facts:  # which count articles and what became of visits, and not every visit makes a row
            facts = {**facts, "counts": {**facts["counts"], "rows": self._rows}}
        described = self._folder, self.outlet, self.began, facts, self._spool.left
        self._holding.guard(manifest.write, *described, digests=self._digests)
        self._holding.publish(self._folder)
        shutil.rmtree(self._folder, ignore_errors=True)
        left = self._holding.drain(self._patience, tick)
        self.release()
        return left

    def abandon(self) -> None:
        """End a job that kept nothing, and leave nothing of it. Raises LeaseLost, StorageError."""
        self._holding.guard(self._spool.close)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._holding.drain(self._patience, lambda: None)
        self.release()

    def release(self) -> None:
        """Let go of the catalog and the lease without finishing; what is in the spool is finished by the next job."""
        self._holding.close()

    def _earlier(self, capture: Capture) -> Stored | None:
        """The response that a revisit may stand for.

        It is read first: a revisit of what is gone or damaged would lose the page that is at hand.
        """
        stored = self._changes.stored.get(capture.url) or self.catalog.stored(capture.url)
        # An adopted capture may be older than what is there, and a revisit refers to what came before it.
        if stored is None or capture.began < stored.began or not records.is_revisit(capture, stored):
            return None
        try:
            replay.response(self._spool if self._spool.holds(stored.ref.warc) else self.storage, stored.ref)
        except (OSError, StorageError) as error:
            logger.warning("%s is stored again in full, not as a revisit: %s", capture.url, error)
            return None
        return stored


def _is_get(capture: Capture) -> bool:
    """Was it asked for with GET? Nothing else is adopted."""
    return capture.adopted is not None or capture.request.startswith(b"GET ")
