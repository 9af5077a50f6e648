"""What this machine still holds of an archive, handed over to it: spools of killed jobs, and files that wait."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from archive.catalog import open_catalog
from archive.errors import (
    ArgumentError,
    ExitStatus,
    LeaseHeld,
    LeaseLost,
    StorageError,
    StorageRefused,
    StorageUnreachable,
)
from archive.holding import Holding
from archive.lock import is_at_work
from archive.model import Pending
from archive.s3.outbox import Outbox
from archive.state import State
from archive.storage import Storage, bucket_uri, open_storage, state_folder, state_of
from crawler import uploads
from crawler.extensions.job import tell_salvaged
from crawler.progress import Progress
from crawler.verb import outlets_of, tell

if TYPE_CHECKING:
    from scrapy.settings import Settings


class Handover:
    """One run over the state folder, told on standard output. Raises ArsipError, OSError, KeyboardInterrupt."""

    def __init__(self, settings: Settings, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._uri = settings["ARCHIVE_URI"]
        self._state_dir = settings["STATE_DIR"]
        self._catalog_uri = settings["CATALOG_URI"]
        self._patience = uploads.patience(settings)
        self._outlets = outlets_of(settings)
        self._bucket = bucket_uri(self._uri)
        self._held: dict[str, int] = {}
        """Key -> bytes of what was on this machine only."""
        self._left: set[ExitStatus] = set()
        """Why something has to stay here."""

    def run(self) -> ExitStatus:
        """Hand everything over; why something had to stay, or DONE."""
        folder = state_folder(self._uri, self._state_dir)
        if not folder.is_dir():
            if self._bucket:  # a 0 would say that nothing is on this machine
                raise ArgumentError(
                    f"There is no state folder {folder}: run it where the crawl ran, or name its folder with STATE_DIR."
                )
            tell([f"There is no state folder {folder}, so nothing waits there; STATE_DIR names another."])
            return ExitStatus.DONE
        state = state_of(self._uri, self._state_dir)
        with closing(open_storage(self._uri, self._state_dir)) as storage:
            with suppress(StorageUnreachable):  # that is said when something cannot be sent
                storage.check()
            self._held = dict(Outbox(state.outbox).sizes())
            for outlet in _cut_short(state):
                self._finish(state, outlet)
            if self._bucket is None:
                tell(["The archive is on this disk: nothing has to be uploaded."])
            else:
                self._send(storage, state)
        if ExitStatus.UPLOADS_PENDING not in self._left:
            self._forget(state)
        # Storage that failed, uploads that wait, a lease: the numbers are in the order of what a person must do.
        return min(self._left, default=ExitStatus.DONE)

    def _finish(self, state: State, outlet: str) -> None:
        """Put what killed jobs of an outlet left into the archive, or into the outbox."""
        try:
            with closing(self._hold(outlet)) as holding:
                tell_salvaged(holding.salvaged)
                self._held |= {key: holding.storage.size(key) for key in holding.published}
        except (LeaseLost, StorageRefused):
            raise
        except LeaseHeld as error:
            self._complain(f"{outlet} is passed over: {error}")
            if not is_at_work(state.folder, outlet):
                self._left.add(ExitStatus.LEASED)
        except StorageUnreachable as error:
            self._complain(f"{outlet} has to wait: {error}")
            self._left.add(ExitStatus.UPLOADS_PENDING)
        except StorageError as error:  # it must not keep the others here
            self._complain(f"{outlet}: {error}")
            self._left.add(ExitStatus.STORAGE)

    def _send(self, storage: Storage, state: State) -> None:
        left = set(self._drain(storage))
        sent = [size for key, size in self._held.items() if key not in left]
        if sent:
            tell([f"uploaded   {uploads.amount(Pending(len(sent), sum(sent)))}, to {self._bucket}"])
        if left:
            tell([uploads.left(storage.pending(), state.outbox)])
            self._left.add(ExitStatus.UPLOADS_PENDING)
        elif not sent:
            tell(["Nothing waits for upload."])

    def _drain(self, storage: Storage) -> list[str]:
        progress = Progress()
        if sys.stderr.isatty():
            waiting = uploads.Waiting(storage, progress.tell, seconds=0)
        else:
            waiting = uploads.Waiting(storage, self._complain)
        try:
            return storage.drain(self._patience, waiting.tick)
        finally:
            progress.clear()

    def _forget(self, state: State) -> None:
        """Let other machines know that this one has nothing any more that they lack."""
        if not self._catalog_uri and not state.catalog.exists():
            return
        with closing(open_catalog(state.catalog, self._catalog_uri)) as catalog:
            outlets = [outlet for outlet in self._outlets if catalog.jobs_on(state.machine, outlet)]
        for outlet in outlets:
            with suppress(LeaseHeld), closing(self._hold(outlet)) as holding:  # its job does the same at its end
                tell_salvaged(holding.salvaged)  # it was killed since we looked
                if holding.drain(self._patience, lambda: None):
                    tell([uploads.left(holding.storage.pending(), state.outbox)])
                    self._left.add(ExitStatus.UPLOADS_PENDING)

    def _hold(self, outlet: str) -> Holding:
        return Holding(outlet, self._uri, self._state_dir, self._catalog_uri)


def _cut_short(state: State) -> list[str]:
    """Outlets of which there is a job's spool folder, be it at work or dead."""
    return sorted({path.parent.name for path in state.spools.glob("*/*")})
