"""Of two lines about the same, which one counts: the catalog's content does not depend on who commits first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from archive.known import Known
from archive.model import Verdict
from archive.schema import announced, captures, ended, known, versions, waiting, walked

# The verdict is part of the statement, as it is of the index.
ARTICLE: sa.ColumnElement[str] = sa.literal_column(f"'{Verdict.ARTICLE.value}'")
TAKEN_DOWN: sa.ColumnElement[str] = sa.literal_column(f"'{Verdict.TAKEN_DOWN.value}'")


def _is_replaced(new: Any) -> sa.ColumnElement[bool]:
    """What was taken down stays so, whatever another job says of it.

    What is kept stays known as kept, whatever another address of it turns out to be. Else the later job is right.

    Of what one job made of one response the later word counts: a rebuild has read it anew.
    Names of jobs begin with the second in which they began. Of two of one second that of the outlet whose name comes
    last is right, and of one outlet the one that commits last.
    """
    was, will = known.c.verdict == ARTICLE, new.verdict == ARTICLE
    second, before = sa.func.substr(new.job, 1, 14), sa.func.substr(known.c.job, 1, 14)
    later = sa.or_(second > before, sa.and_(second == before, new.outlet >= known.c.outlet))
    again = sa.and_(was, known.c.job == new.job, known.c.record == new.record)
    was_down, is_down = known.c.verdict == TAKEN_DOWN, new.verdict == TAKEN_DOWN
    said = sa.or_(sa.and_(sa.not_(was), will), sa.and_(was == will, later), again)
    return sa.case((was_down, sa.and_(is_down, later)), (is_down, sa.true()), else_=said)


def _is_later(new: Any) -> sa.ColumnElement[bool]:
    """A later capture; of the same one the later word, for a revisit renews what is asked with."""
    later: sa.ColumnElement[bool] = new.began >= captures.c.began
    return later


def _is_attempt(new: Any) -> sa.ColumnElement[bool]:
    """The first announcement stands; of attempts the last one counts."""
    was = announced.c.tried
    return sa.and_(new.tried.is_not(None), sa.or_(was.is_(None), new.tried >= was))


def _is_better(new: Any) -> sa.ColumnElement[bool]:
    """Of rows with one id and version the fuller one counts, as in `archive.model.fullness`, else the later one."""
    rank, before = (
        sa.tuple_(line.complete, sa.case((line.complete, 0), else_=line.captures), line.captured)
        for line in (new, versions.c)
    )
    return rank >= before


RULES: tuple[tuple[sa.Table, Callable[[Any], sa.ColumnElement[bool]]], ...] = (
    (known, _is_replaced),
    (captures, _is_later),
    (waiting, lambda _: sa.true()),
    (announced, _is_attempt),
    (versions, _is_better),
    (walked, lambda new: new.at >= walked.c.at),
    (ended, lambda _: sa.true()),
)


def gone(said: list[Known]) -> Iterable[Known]:
    """What was said to be gone, and not to be an article again after that."""
    found: dict[str, Known] = {}
    for entry in said:
        if entry.verdict == Verdict.GONE.value:
            found[entry.url] = entry
        elif entry.verdict == Verdict.ARTICLE.value:
            found.pop(entry.url, None)
    return found.values()


def ends(gone: Known) -> sa.Update:
    """An article of which a page is missing is not asked for again once its outlet says that it is gone."""
    same = sa.and_(known.c.url == gone.url, known.c.outlet == gone.outlet)
    not_later = sa.func.substr(known.c.job, 1, 14) <= gone.job[:14]
    told = known.c.verdict.in_((ARTICLE, gone.verdict))  # what else it was said to be after that counts
    return sa.update(known).where(same, not_later, told).values(final=True)
