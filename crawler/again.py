"""What a second look at an address comes to: nothing new, an edit, or that it is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.model import Article, Verdict
from archive.outcome import utc_text

if TYPE_CHECKING:
    from archive.known import Known
    from archive.outcome import Outcome
    from crawler.judgement import Judgement
    from crawler.schedule import Schedule
    from crawler.visit import Visit

_SILENT = frozenset((Verdict.BLOCKED, Verdict.CONSENT, Verdict.EMPTY))
"""These say nothing of an article that was there: a wall, or no text."""
_PASSING = _SILENT | {Verdict.NOT_FOUND, Verdict.SOFT_404}
"""Of an article these may be a fault of the outlet: it is looked at again on its schedule."""


def due(schedule: Schedule, visit: Visit, article: Article, judgement: Judgement) -> datetime | None:
    """When the address of a judged visit is to be visited again; None for never."""
    now, before = datetime.now(UTC), visit.before
    if visit.is_revisit and before:
        passes = judgement.verdict is Verdict.ARTICLE or judgement.verdict in _PASSING
        return schedule.revisit(_born(before), now) if passes else None
    if not judgement.final:
        return schedule.retry((before.tries if before else 0) + 1, now)
    if judgement.verdict is Verdict.NOT_ASKED:
        return now  # who asks for everything wants it, whether or not a source still names it
    if judgement.verdict is not Verdict.ARTICLE:
        return None
    captured = article.captured or now
    published = article.published
    return schedule.revisit(published if published and published <= captured else captured, now)


def not_answered(schedule: Schedule, known: Known, job: str) -> Known:
    """What is known of an address after a visit that brought no page."""
    now = datetime.now(UTC)
    if known.is_whole:
        later, tries = schedule.revisit(_born(known), now), known.tries
    else:
        tries = known.tries + 1
        later = schedule.retry(tries, now)
    return replace(
        known,
        visited=utc_text(now),
        due=utc_text(later) if later else None,
        tries=tries,
        job=job,
    )


def says_nothing(known: Known | None, *, is_cut: bool) -> bool:
    """Has the archive the article of a page that is cut off? It is no edit then, and no end: as if no page had come."""
    return is_cut and known is not None and known.verdict == Verdict.ARTICLE


def unchanged(schedule: Schedule, known: Known, began: datetime, job: str) -> Known:
    """What is known of an article that came again as it was."""
    later = schedule.revisit(_born(known), datetime.now(UTC))
    return replace(known, visited=utc_text(began), due=utc_text(later) if later else None, tries=0, ended=None, job=job)


async def judge(outcome: Outcome, job: str, differed: Callable[[], Awaitable[bool]]) -> Outcome | Known:
    """The outcome, where it makes a row; else what is known now of an address of which there is nothing new to tell.

    `differed` says whether today's rules read the earlier capture otherwise than this one: asked when the last row was
    made with others, for then a difference may be the rules' own.
    """
    before, article = outcome.before, outcome.article
    if before is None or outcome.recovered:
        return outcome
    [told, *_] = outcome.known(job)
    was_article = before.verdict == Verdict.ARTICLE
    seen = replace(
        before, visited=told.visited, due=told.due, tries=told.tries, final=before.final or outcome.final, job=job
    )
    if was_article and outcome.verdict is Verdict.ARTICLE and before.article_id == article.id:
        return await _compare(outcome, told, seen, differed)
    if was_article and outcome.verdict in _SILENT:
        return seen
    if outcome.verdict == (before.ended if was_article else before.verdict):
        return replace(seen, record=told.record)
    return outcome


def told_nothing(outcome: Outcome) -> str:
    """Under which name a visit is counted that made no row."""
    if outcome.verdict is Verdict.ARTICLE:
        return "revisited/unchanged" if outcome.is_revisit else "failed/incomplete"
    if not outcome.is_revisit:
        return f"dropped/{outcome.verdict}"
    is_away = outcome.before is not None and outcome.before.ended == outcome.verdict
    return "revisited/taken-away" if is_away else "revisited/failed"


async def _compare(
    outcome: Outcome, told: Known, seen: Known, differed: Callable[[], Awaitable[bool]]
) -> Outcome | Known:
    """An article beside its last row: `told` is what the outcome says of it, `seen` what is known if it is the same."""
    before, article = seen, outcome.article
    was_whole = outcome.is_revisit
    if was_whole and not article.complete:  # the next visit may see all of it
        return replace(seen, ended=None)
    seen = replace(seen, record=told.record, facts=told.facts, made=told.made, ended=None)
    is_same = told.facts == before.facts and article.complete <= was_whole
    if is_same or (was_whole and told.made != before.made and not await differed()):
        return seen
    article.version = before.version + was_whole  # a page that was missing is no edit
    return outcome


def _born(known: Known) -> datetime:
    """When an article appeared, as far as that can be."""
    first = datetime.fromisoformat(known.first or known.captured or datetime.now(UTC).isoformat())
    published = datetime.fromisoformat(known.published) if known.published else first
    return min(published, first)
