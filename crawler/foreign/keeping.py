"""What is kept of visits that others made: records in a WARC, and rows as a crawl makes them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pebble import ProcessExpired

from archive import message
from archive.errors import ArsipError
from archive.foreign import there
from archive.known import Known
from archive.model import Article, Verdict
from archive.outcome import Outcome
from crawler import again
from crawler.arguments import Arguments
from crawler.foreign.counting import Count
from crawler.foreign.remembered import Remembered
from crawler.foreign.visits import Bytes, Made, label_of
from crawler.frontier import Frontier, Target
from crawler.judgement import Judgement, judge_status
from crawler.rereading import response_of
from crawler.visit import Visit
from pipelines.extract import EXTRACTOR

if TYPE_CHECKING:
    from archive.foreign.shelf import Put, Shelf
    from archive.job import Job
    from archive.model import RecordRef, Waiting
    from crawler.foreign.counting import Terms
    from crawler.outlet import Outlet

logger = logging.getLogger(__name__)

Extract = Callable[[list[Bytes]], Awaitable[Made]]
"""Has a worker read pages."""


class Keeping:
    """Takes visits in their order into the job that adopts them. Every method raises StorageError."""

    def __init__(self, job: Job, outlet: Outlet, shelf: Shelf, terms: Terms, extract: Extract) -> None:
        self.count = Count()
        self.sources: Counter[str] = Counter()
        """Name of a file -> captures that were adopted from it."""
        self._job, self._name, self._outlet = job, job.outlet, outlet
        self._shelf, self._terms, self._extract = shelf, terms, extract
        self._memory = Remembered(job.catalog)
        self._frontier = Frontier(
            self._name, outlet, Arguments(), self._memory, respects_opt_out=terms.respects_opt_out
        )
        self._waiting = {there.mark_of(one): one for one in job.catalog.waiting(self._name)}

    def committed(self) -> None:
        """The catalog has been told of all that was kept so far."""
        self._memory.committed()

    def is_new(self, visit: list[Put]) -> bool:
        """Is there something to be made of a visit?"""
        if all(put.there and put.mark not in self._waiting for put in visit):
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

    def answer(self, put: Put) -> Bytes:
        """A capture as a worker is given it."""
        capture = self._shelf.capture(put.number)
        return Bytes(
            url=put.url,
            label=label_of(self._outlet, put.url),
            head=message.head_of(capture.response),
            payload=message.payload(capture.response),
            began=put.began,
        )

    def judged(self, put: Put) -> Made:
        """What an error or a redirect says; where it leads was kept before."""
        answer = self.answer(put)
        response = response_of(put.url, answer.head, answer.payload)
        return Made(
            article=Article(extractor=EXTRACTOR, rules=self._outlet.rules.digest),
            judgement=judge_status(response, self._outlet, self._frontier),
            used=(0,),
            address=self._outlet.canonical(put.url),
            removed=None,
        )

    async def keep(self, puts: list[Put], made: Made) -> None:
        """Keep what was made of a visit, or count why not."""
        head, before = puts[0], self._before(puts[0])
        if made.uncut and again.says_nothing(before, is_cut=made.is_cut):
            made = made.uncut  # as a crawl, which ends such a look at the page that is cut off
        if reason := self._needless(head, before, made):
            self._skip(puts, reason)
            return
        recovered = [one for put in puts if (one := self._waiting.pop(put.mark, None))]
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

    def _before(self, put: Put) -> Known | None:
        canonical = self._outlet.canonical(put.url)
        return self._memory.of_article(canonical, self._frontier.identify(canonical))

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
        if again.says_nothing(before, is_cut=made.is_cut):
            return "cut short"
        return None

    def _ref(self, put: Put, recovered: list[Waiting]) -> RecordRef:
        """Where the answer lies in the archive, now if not before."""
        for one in recovered:
            if there.mark_of(one) == put.mark:
                return one.ref
        self.count.adopted[self._name] += 1
        self.sources[put.source.partition("/")[0]] += 1
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
            final=judgement.final,
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
            then, now = await self._extract([old]), await self._extract([self.answer(head)])
        except (ArsipError, TimeoutError, ProcessExpired) as error:
            logger.debug("%s: %r", head.url, error)
            return True
        return then.article.facts_sha256() != now.article.facts_sha256()

    def _skip(self, visit: list[Put], reason: str) -> None:
        self.count.skipped[reason] += len(visit)


def _is_older(put: Put, known: Known) -> bool:
    """Was it captured before what is known of its article was said?"""
    said = max(filter(None, (known.captured, known.visited)), default=None)
    return said is not None and put.began < datetime.fromisoformat(said)
