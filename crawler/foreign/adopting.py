"""Captures of others as captures of ours: kept in a WARC, and made into rows as a crawl makes them, oldest first."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pebble import ProcessExpired

from archive import message
from archive.errors import ArsipError, ExitStatus
from archive.foreign import there
from archive.job import Job
from archive.known import Known
from archive.model import Article, Verdict
from archive.outcome import Outcome
from crawler import again, reasons
from crawler.arguments import Arguments
from crawler.foreign.counting import Count, Read, Terms
from crawler.foreign.remembered import Remembered
from crawler.foreign.visits import Bytes, Made, label_of, read, visits
from crawler.frontier import Frontier, Target
from crawler.judgement import Judgement, judge_status
from crawler.rereading import response_of
from crawler.visit import Visit
from pipelines.extract import EXTRACTOR
from pipelines.workers import Workers

if TYPE_CHECKING:
    from archive.foreign.shelf import Put, Shelf
    from archive.model import RecordRef, Waiting
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
        self._sources: Counter[str] = Counter()
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
            self._memory = Remembered(self._job.catalog)
            self._frontier = Frontier(
                self._name, self._outlet, Arguments(), self._memory, respects_opt_out=terms.respects_opt_out
            )
            self._waiting = {there.place(one): one for one in self._job.catalog.waiting(self._name)}
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
                if not self._is_new(visit):
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

    def _is_new(self, visit: list[Put]) -> bool:
        """Is there something to be made of a visit?"""
        if all(put.there and there.place_of(put) not in self._waiting for put in visit):
            self._skip(visit, "in the archive already")
            return False
        before = self._before(visit[0])
        if before and before.verdict == Verdict.TAKEN_DOWN:
            self._skip(visit, "taken down")
            return False
        if before and before.is_whole and before.job != self._job.id and _is_older(visit[0], before):
            self._skip(visit, "older than the archive's")
            return False
        return True

    def _before(self, put: Put) -> Known | None:
        canonical = self._outlet.canonical(put.url)
        return self._memory.of_article(canonical, self._frontier.identify(canonical))

    def _answer(self, put: Put) -> Bytes:
        capture = self._shelf.capture(put.number)
        return Bytes(
            url=put.url,
            label=label_of(self._outlet, put.url),
            head=message.head_of(capture.response),
            payload=message.payload(capture.response),
            began=put.began,
        )

    async def _read(self, visit: list[Put]) -> Made:
        """What a worker makes of pages. Raises what it raises, StorageError."""
        return await self._extract([self._answer(put) for put in visit])

    async def _extract(self, answers: list[Bytes]) -> Made:
        respects = self._terms.respects_opt_out
        return await self._workers.run(read, answers, self._name, self._outlet, respects_opt_out=respects)

    def _judged(self, put: Put) -> Made:
        """What an error or a redirect says; where it leads was kept before."""
        answer = self._answer(put)
        response = response_of(put.url, answer.head, answer.payload)
        return Made(
            article=Article(extractor=EXTRACTOR, rules=self._outlet.rules.digest),
            judgement=judge_status(response, self._outlet, self._frontier),
            used=(0,),
            address=self._outlet.canonical(put.url),
            removed=None,
        )

    async def _take(self, visit: list[Put], task: asyncio.Task[Made] | None) -> bool:
        """Keep what was made of a visit, in the order of the visits; False when too much waits for upload."""
        while task and not task.done():
            await asyncio.wait({task}, timeout=_PATIENCE)
            if not task.done():
                self._commit()
        self._done += len(visit)
        self._tell(f"{self._name}: {self._done:,} of {self._all:,} captures, {self.count.kept:,} rows")
        try:
            made = task.result() if task else self._judged(visit[0])
        except Exception as error:
            reason = reasons.of_exception(error)
            if reason in {"storage", "lease-lost"}:
                raise
            logger.log(logging.ERROR if reason == "fault" else logging.DEBUG, "%s: %r", visit[0].url, error)
            self.count.failed[reason] += 1
            return True
        await self._keep(visit, made)
        if time.monotonic() - self._committed <= COMMIT_SECONDS:
            return True
        self._commit()
        return self._has_room()

    async def _keep(self, puts: list[Put], made: Made) -> None:
        head, before = puts[0], self._before(puts[0])
        if reason := self._needless(head, before, made):
            self._skip(puts, reason)
            return
        recovered = [one for put in puts if (one := self._waiting.pop(there.place_of(put), None))]
        refs = [self._ref(put, recovered) for put in puts]
        visit = self._visit(head, before, made)
        visit.records = [refs[at] for at in made.used]
        visit.job = next((one.job for one in recovered if one.ref == refs[0]), self._job.id)
        outcome = self._outcome(visit, made)
        result = await again.judge(outcome, self._job.id, lambda: self._differed(head, before))
        names = tuple(one.ref.record_id for one in recovered)
        if isinstance(result, Known):
            self._job.visited(result)
            self._job.settle(list(names))
            self._memory.tell([result])
            self.count.unchanged += 1
            return
        result = replace(result, recovered=names)
        self._job.keep(result)
        self._memory.tell(result.known(self._job.id))
        if result.verdict is Verdict.ARTICLE:
            self.count.kept += 1
            self.count.edited += result.article.version > 1
        else:
            self.count.dropped[result.verdict.value] += 1

    def _needless(self, head: Put, before: Known | None, made: Made) -> str | None:
        """Why nothing is kept of a visit, in words."""
        name, judgement = made.article.id or made.judgement.article_id, made.judgement
        if name and self._frontier.is_taken_down(name):
            return "taken down"
        if head.is_redirect and name == self._frontier.identify(made.address):
            return "redirect to the same article"
        if head.is_redirect and judgement.verdict is Verdict.DUPLICATE and not judgement.final:
            return "redirect to what is not in the archive"
        if before and judgement.verdict is not Verdict.ARTICLE and _is_older(head, before):
            return "older than the archive's"
        return None

    def _ref(self, put: Put, recovered: list[Waiting]) -> RecordRef:
        """Where the answer lies in the archive, now if not before."""
        for one in recovered:
            if there.place(one) == there.place_of(put):
                return one.ref
        self.count.adopted[self._name] += 1
        self._sources[put.source.partition("/")[0]] += 1
        return self._job.capture(self._shelf.capture(put.number))

    def _visit(self, head: Put, before: Known | None, made: Made) -> Visit:
        canonical = self._outlet.canonical(head.url)
        visit = Visit(Target(canonical, head.url, before=before), None, self._outlet.page_param, made.address)
        visit.began = head.began
        return visit

    def _outcome(self, visit: Visit, made: Made) -> Outcome:
        """As the spider does it."""
        article, judgement, before = made.article, made.judgement, visit.before
        if article.id:
            judgement = self._placed(visit, article, judgement)
        article.outlet, article.url, article.job = self._name, visit.url, visit.job
        article.captured, article.captures = visit.began, visit.records
        article.id = article.id or (before and before.article_id) or judgement.article_id or ""
        due = again.due(self._terms.schedule, visit, article, judgement)
        return Outcome(
            article=article,
            verdict=judgement.verdict,
            reason=judgement.reason,
            aliases=(visit.target.url, *(self._outlet.canonical(record.url) for record in visit.records)),
            final=judgement.final or due is None,
            removed=made.removed,
            before=before,
            due=due,
        )

    def _placed(self, visit: Visit, article: Article, judgement: Judgement) -> Judgement:
        """Is it an article of its own? One that is there under another address is a duplicate."""
        before = visit.before if visit.before and visit.before.verdict == Verdict.ARTICLE else None
        if before and before.url == visit.url:
            article.id = before.article_id or article.id
        if (before is None or before.article_id != article.id) and (twin := self._frontier.twin(article.id)):
            visit.url = visit.target.url
            return Judgement(Verdict.DUPLICATE, f"the same article as {twin.url}", final=twin.durable)
        return judgement

    async def _differed(self, head: Put, before: Known | None) -> bool:
        """Do today's rules read the first page otherwise than the one that the last row was made of?"""
        earlier = self._job.catalog.stored(head.url)
        if before is None or earlier is None or earlier.ref.record_id != before.record:
            return True
        label = label_of(self._outlet, head.url)
        try:
            was, payload = self._job.response(earlier.ref)
            old = Bytes(url=earlier.ref.url, label=label, head=was, payload=payload, began=earlier.began)
            then, now = await self._extract([old]), await self._extract([self._answer(head)])
        except (ArsipError, TimeoutError, ProcessExpired) as error:
            logger.debug("%s: %r", head.url, error)
            return True
        return then.article.facts_sha256() != now.article.facts_sha256()

    def _skip(self, visit: list[Put], reason: str) -> None:
        self._done += len(visit)
        self.count.skipped[reason] += len(visit)

    def _commit(self) -> None:
        self._job.commit()
        self._memory.committed()
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
        for name, number in sorted(self._sources.items()):
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


def _is_older(put: Put, known: Known) -> bool:
    """Was it captured before what is known of its article was said?"""
    said = max(filter(None, (known.captured, known.visited)), default=None)
    return said is not None and put.began < datetime.fromisoformat(said)
