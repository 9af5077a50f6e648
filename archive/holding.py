"""One outlet in the hands of this process: locked, leased, and with all that killed jobs left finished."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

from archive import manifest
from archive.catalog import LEASE_SECONDS, open_catalog
from archive.errors import StorageError, StorageUnreachable
from archive.known import Changes
from archive.lock import lock_outlet
from archive.salvage import Salvaged, salvage
from archive.spool import finished
from archive.storage import archive_path, bucket_uri, open_storage, state_folder, state_of

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class Holding:
    """What a job needs before it may begin, and `scrapy upload` to finish what others left.

    Raises LeaseHeld when another job is at work on the outlet, StorageRefused when the archive will not have us,
    StorageError when the disk or the catalog refuses. An archive that cannot be reached now is no error: what is kept
    waits in the state folder.
    """

    def __init__(self, outlet: str, archive_uri: str, state_dir: str | None, catalog_uri: str | None) -> None:
        self.outlet = outlet
        self.salvaged: list[Salvaged] = []
        """What killed jobs of the outlet had left unfinished, and is finished now."""
        self.published: list[str] = []
        """Keys of the files that were put into the archive."""
        self.warc_bytes = 0
        """Size of the WARC files among them."""
        self._folder = state_folder(archive_uri, state_dir)
        with ExitStack() as opened:
            self.storage = open_storage(archive_uri, state_dir)
            opened.callback(self.storage.close)
            self._check()
            self.state = self.guard(state_of, archive_uri, state_dir)
            opened.callback(self.guard(lock_outlet, self.state.folder, outlet).close)
            self.catalog = self.guard(open_catalog, self.state.catalog, catalog_uri)
            opened.callback(self.catalog.close)
            self._lease = self.catalog.take_lease(outlet, self.state.machine)
            self._renewed = time.monotonic()
            opened.callback(self._release)
            self._expect_catalog_of(bucket_uri(archive_uri) or "")
            self._expect_archive(archive_uri)
            self.guard(self._recover)
            self._opened = opened.pop_all()

    @property
    def fence(self) -> int:
        """Number of the lease: later holders have greater ones."""
        return self._lease.fence

    @property
    def spools(self) -> Path:
        """Where jobs of the outlet have their files."""
        return self.state.spools / self.outlet

    def commit(self, changes: Changes) -> None:
        """Tell the catalog, and keep the lease. Raises LeaseLost, StorageError."""
        if changes or time.monotonic() - self._renewed > LEASE_SECONDS / 3:
            self.renew(changes)

    def renew(self, changes: Changes) -> None:
        """Tell the catalog, if only that we are still there. Raises LeaseLost, StorageError."""
        self.catalog.commit(changes, self._lease)
        self._renewed = time.monotonic()

    def begin(self, job: str) -> None:
        """Let other machines know that this one has files of a job that nobody else has. Raises StorageError."""
        self.catalog.note_job(job, self.outlet, self.state.machine)

    def publish(self, folder: Path) -> None:
        """Put the whole files of a spool folder into the archive, WARCs first. Raises StorageError."""
        for key in finished(folder):
            size = self.guard((folder / key).stat).st_size
            self.storage.publish(folder / key, key)
            self.published.append(key)
            if key.endswith(".warc.gz"):
                self.warc_bytes += size

    def drain(self, patience: float, tick: Callable[[], None]) -> list[str]:
        """Wait until all files of this machine are where they belong; the keys of those that are not.

        Raises LeaseLost, StorageError.
        """

        def hold() -> None:
            self.commit(Changes())
            tick()

        left = self.storage.drain(patience, hold)
        for job in self.catalog.jobs_on(self.state.machine, self.outlet):
            if not left and not (self.spools / job).exists():
                self.catalog.forget_job(job)
        return left

    def is_taken(self, key: str) -> bool:
        """Is there such a file? An archive that cannot be asked, or refuses us now, refuses it later, if there is."""
        try:
            return self.storage.exists(key)
        except StorageError:
            return False

    def close(self) -> None:
        """Let go of everything; what is in the spool is finished by the next holder."""
        self._opened.close()

    def guard(self, act: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do what needs the state folder. Raises StorageError in place of OSError."""
        try:
            return act(*arguments, **named)
        except OSError as error:
            raise StorageError(
                f"The state folder {self._folder} cannot be written: {error.strerror}. "
                "Make room, or give STATE_DIR a folder that can be written, and start again; nothing that was kept is "
                "lost."
            ) from error

    def _check(self) -> None:
        try:
            self.storage.check()
        except StorageUnreachable as error:
            logger.warning("%s What is kept waits in %s.", error, self._folder)

    def _expect_catalog_of(self, archive: str) -> None:
        """That of another archive, or a new one of an archive that is not new, would miss what it must not fetch."""
        known = self.catalog.archive()
        if known == archive:
            return
        if known is not None:
            raise StorageError(
                f"The catalog {self.catalog.where} is that of {known or 'an archive on disk'}: give "
                f"{archive or 'this archive'} another one with CATALOG_URI. If it is the same archive, which has "
                "moved, scrapy catalog rebuild makes the catalog anew from what is there."
            )
        try:
            has_jobs = next(self.storage.keys("jobs"), None) is not None
        except StorageUnreachable as error:
            raise StorageUnreachable(
                f"{error} The first job with a new catalog has to see what the archive holds: nothing was begun, start "
                "again when it answers."
            ) from error
        if has_jobs:
            raise StorageError(
                f"The archive has jobs and its catalog {self.catalog.where} knows of none: was the state folder lost, "
                "or do STATE_DIR and CATALOG_URI name the wrong one? scrapy catalog rebuild makes the catalog anew; "
                "without it everything would be fetched again."
            )
        self.catalog.belong_to(archive)

    def _expect_archive(self, uri: str) -> None:
        """One on a disk that is not mounted would be begun anew, and lack all that the catalog says is there."""
        if bucket_uri(uri) is not None:
            return
        there = archive_path(uri)
        gone = (job for job in self.catalog.ended(self.outlet, 1) if not (self.spools / job.job).exists())
        if next(gone, None) and not (there / "jobs").is_dir():
            raise StorageError(
                f"The catalog {self.catalog.where} knows of jobs whose files are not at {there}: is its disk mounted? "
                "If the archive was thrown away, throw the catalog away too."
            )

    def _recover(self) -> None:
        for folder in sorted(path for path in self.spools.glob("*") if path.is_dir()):
            result = salvage(folder, self.outlet, self.catalog.stored)
            if result.cut or result.lost:
                result.forgotten = self.catalog.forget(result.job, result.lost, result.ends, self._lease)
            for changes in result.changes.pieces():
                self.renew(changes)
            self.salvaged.append(result)
            manifest.of_killed(folder, result)
            self.publish(folder)
            shutil.rmtree(folder)

    def _release(self) -> None:
        with suppress(StorageError):  # it ends by itself
            self.catalog.release(self._lease)
