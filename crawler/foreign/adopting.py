"""Captures of others as captures of ours: kept in a WARC, and made into rows as a crawl makes them, oldest first."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archive.errors import ExitStatus
from archive.foreign import there
from archive.foreign.exchanges import MAX_BLOCK
from archive.job import Job
from crawler import reasons
from crawler.foreign.counting import Count, Read, Terms
from crawler.foreign.keeping import Keeping
from crawler.foreign.visits import Bytes, Made, read, visits
from crawler.visit import MAX_PAGES
from pipelines.workers import Workers

if TYPE_CHECKING:
    from archive.foreign.shelf import Put, Shelf
    from crawler.outlet import Outlet

logger = logging.getLogger(__name__)

COMMIT_SECONDS = 1.0
"""Time between group fsyncs, as in a crawl."""
_PATIENCE = 20.0
"""Seconds after which the lease is looked after while there is nothing to commit."""


class Adopting:
    """One outlet's captures, under its lease, as a job of its own. `tell` is told how far it is.

    Raises LeaseHeld when a job is at work on the outlet, LeaseLost, StorageError.
    """

    def __init__(self, name: str, outlet: Outlet, shelf: Shelf, terms: Terms, tell: Callable[[str], None]) -> None:
        self.count = Count()
        self._name, self._outlet, self._shelf, self._terms, self._tell = name, outlet, shelf, terms, tell
        self._done = 0

    def run(self, sources: list[Read]) -> ExitStatus:
        """Adopt what the archive does not have; `sources` are the files that it may come from."""
        terms = self._terms
        self._job = Job(
            outlet=self._name,
            archive_uri=terms.archive_uri,
            state_dir=terms.state_dir,
            catalog_uri=terms.catalog_uri,
            info=terms.info,
            upload_patience=terms.patience,
        )
        try:
            if self._job.salvaged:
                self._shelf.mark(self._name, there.captures(self._job.storage, self._name))
            self._keeping = Keeping(self._job, self._outlet, self._shelf, terms, self._extract)
            self.count = self._keeping.count
            self._shelf.arrange(self._name, visits(self._outlet, self._shelf.all_of(self._name)))
            self._all = self._shelf.count(self._name)
            is_whole = asyncio.run(self._adopt())
            return self._finish(sources, is_whole=is_whole)
        finally:
            self._job.release()

    async def _adopt(self) -> bool:
        """Go through all visits in order, some of them read ahead; False when too much waits for upload."""
        self._workers = Workers(self._terms.jobs)
        reading: deque[tuple[list[Put], asyncio.Task[Made] | None]] = deque()
        self._committed = time.monotonic()
        try:
            for visit in self._shelf.visits(self._name):
                if not self._keeping.is_new(visit):
                    self._done += len(visit)
                    if time.monotonic() - self._committed > _PATIENCE:
                        self._commit()
                    continue
                reading.append((visit, asyncio.create_task(self._read(visit)) if visit[0].status == 200 else None))
                while len(reading) > 2 * self._terms.jobs:
                    if not await self._take(*reading.popleft()):
                        return False
            while reading:
                if not await self._take(*reading.popleft()):
                    return False
            return True
        finally:
            tasks = [task for _, task in reading if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._workers.stop()

    async def _read(self, visit: list[Put]) -> Made:
        """What a worker makes of pages. Raises what it raises, StorageError."""
        answers: list[Bytes] = []
        size = 0
        for put in visit[: MAX_PAGES + 1]:  # a pager that promises more is not believed, here as in a crawl
            answers.append(self._keeping.answer(put))
            size += len(answers[-1].payload)
            if size > MAX_BLOCK:
                break
        return await self._extract(answers)

    async def _extract(self, answers: list[Bytes]) -> Made:
        respects = self._terms.respects_opt_out
        return await self._workers.run(read, answers, self._name, self._outlet, respects_opt_out=respects)

    async def _take(self, visit: list[Put], task: asyncio.Task[Made] | None) -> bool:
        """Keep what was made of a visit, in the order of the visits; False when too much waits for upload."""
        while task and not task.done():
            await asyncio.wait({task}, timeout=_PATIENCE)
            if not task.done():
                self._commit()
        self._done += len(visit)
        self._tell(f"{self._name}: {self._done:,} of {self._all:,} captures, {self.count.kept:,} rows")
        try:
            made = task.result() if task else self._keeping.judged(visit[0])
        except Exception as error:
            reason = reasons.of_exception(error)
            if reason in {"storage", "lease-lost"}:
                raise
            logger.log(logging.ERROR if reason == "fault" else logging.DEBUG, "%s: %r", visit[0].url, error)
            self.count.failed[reason] += 1
            return True
        await self._keeping.keep(visit, made)
        if time.monotonic() - self._committed <= COMMIT_SECONDS:
            return True
        self._commit()
        return self._has_room()

    def _commit(self) -> None:
        self._job.commit()
        self._keeping.committed()
        self._committed = time.monotonic()

    def _has_room(self) -> bool:
        """Wait until less waits for upload than may; False when there is no progress."""
        storage, limit = self._job.storage, self._terms.spool_limit
        if storage.pending().size <= limit:
            return True
        storage.drain(self._terms.patience, lambda: self._tell(f"{self._name}: uploading, until there is room"))
        return storage.pending().size <= limit

    def _finish(self, sources: list[Read], *, is_whole: bool) -> ExitStatus:
        """Describe the job and publish what it has; nothing is left of one that kept nothing."""
        count, adopted = self.count, self.count.adopted[self._name]
        rows = count.kept + count.dropped.total()
        if not (adopted or rows or count.unchanged):
            self._job.abandon()
            return ExitStatus.DONE
        for name, number in sorted(self._keeping.sources.items()):
            files = [{"size": source.size, "sha256": source.sha256} for source in sources if source.name == name]
            self._job.event("adopted", source=name, files=files, adopted=number)
        facts: dict[str, Any] = {
            "finish": "adopted",
            "status": int(ExitStatus.DONE),
            "sentence": f"{self._name}: {adopted:,} captures of others were adopted, and {count.kept:,} rows made.",
            "arguments": {"from": "archives of others"},
            "counts": {
                "adopted": adopted,
                "kept": count.kept,
                "dropped": dict(sorted(count.dropped.items())),
                "failed": dict(sorted(count.failed.items())),
            },
            "sources": [],
        }
        left = self._job.finish(facts, lambda: self._tell(f"{self._name}: uploading"))
        return ExitStatus.UPLOADS_PENDING if left or not is_whole else ExitStatus.DONE
