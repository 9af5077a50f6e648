"""What a report asks the catalog: sums and groups, made where the lines are, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from archive.measures import BOUNDS
from archive.model import Verdict
from archive.report.data import LAGS
from archive.schema import announced, captures, ended, known, of_outlet, versions


class _Hours(FunctionElement[float]):
    """Hours from one instant to a later one, both ISO 8601 with offset; negative when it is earlier."""

    type = sa.Float()
    inherit_cache = True


@compiles(_Hours, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    first, last = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((julianday({last}) - julianday({first})) * 24.0)"


@compiles(_Hours, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    first, last = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(extract(epoch FROM ({last})::timestamptz - ({first})::timestamptz)::double precision / 3600.0)"


def names() -> sa.Select[Any]:
    """Outlets that the catalog knows anything of."""
    found = sa.union(*(sa.select(table.c.outlet) for table in (known, announced, ended))).subquery()
    return sa.select(found.c.outlet).order_by(found.c.outlet)


def articles(outlet: str, since: date | None, until: date | None) -> sa.Select[Any]:
    """Groups of articles: day of capture, key of LAGS, was the first capture in the period, number, taken away."""
    lines = _articles(outlet).c
    hours = lines.hours
    longest, unknown, future = LAGS[len(BOUNDS) :]
    shorter = ((hours < most, name) for most, name in BOUNDS)
    lag = sa.case((hours.is_(None), unknown), (hours < 0, future), *shorter, else_=longest)
    is_asked = sa.case((sa.and_(sa.true(), *_period(lines.first, since, until)), 1), else_=0)
    groups = (_day(lines.captured).label("day"), lag.label("lag"), is_asked.label("asked"))
    counts = (sa.func.count().label("number"), sa.func.count(lines.ended).label("taken"))
    return sa.select(*groups, *counts).group_by(sa.text("1, 2, 3"))


def others(outlet: str, since: date | None, until: date | None) -> sa.Select[Any]:
    """Day of capture, verdict, and how many addresses that are no article's."""
    lines = known.c
    query = sa.select(_day(lines.captured).label("day"), lines.verdict, sa.func.count().label("number"))
    rest = (lines.outlet == outlet, lines.verdict != Verdict.ARTICLE.value, *_period(lines.captured, since, until))
    return query.where(*rest).group_by(sa.text("1, 2"))


def medians(outlet: str, since: date | None, until: date | None, length: int) -> sa.Select[Any]:
    """When, median of the hours from publication to the first capture, articles; in the order of time.

    `length`: characters of a day that tell one group from the next; 10 for days, 7 for months, 0 for one group.
    """
    lines = _articles(outlet).c
    when = sa.func.substr(lines.first, 1, length).label("at")
    count = sa.func.count().over(partition_by=when).label("articles")
    place = sa.func.row_number().over(partition_by=when, order_by=lines.hours).label("place")
    dated = (lines.hours >= 0, *_period(lines.first, since, until))
    row = sa.select(when, lines.hours, count, place).where(*dated).subquery().c
    # Of an even number the two in the middle, whose sum of places is one more than the number.
    middle = sa.and_(2 * row.place >= row.articles, 2 * row.place <= row.articles + 2)
    query = sa.select(row.at, sa.func.avg(row.hours).label("hours"), row.articles).where(middle)
    return query.group_by(row.at, row.articles).order_by(row.at)


def parts(outlet: str, since: str, until: str, most: int) -> sa.Select[Any]:
    """Day of publication, day of capture (UTC), job, and how many rows; the newest first.

    Rows of older versions of an article are counted too: each of them lies somewhere. The day is that of the ledger.
    """
    own, least = known.c, sa.func.min
    day = sa.func.coalesce(_day(least(own.published)), least(announced.c.day), _day(sa.func.max(own.captured)))
    article = (
        sa.select(own.article_id, day.label("day"), least(own.captured).label("captured"), least(own.job).label("job"))
        .select_from(known.outerjoin(announced, announced.c.url == own.url))
        .where(*_of(outlet))
        .group_by(own.article_id)
        .subquery()
    )
    found = (
        sa.select(
            article.c.day,
            # Catalogs that were brought up from version 2 know no versions of older rows.
            _day(sa.func.coalesce(versions.c.captured, article.c.captured)).label("date"),
            sa.func.coalesce(versions.c.job, article.c.job).label("job"),
        )
        .select_from(article.outerjoin(versions, versions.c.article_id == article.c.article_id))
        .where(article.c.day >= since, article.c.day <= until)
        .subquery()
    )
    row = found.c
    query = sa.select(row.day, row.date, row.job, sa.func.count().label("rows")).where(row.date.is_not(None))
    query = query.group_by(row.day, row.date, row.job)
    return query.order_by(row.day.desc(), row.date.desc(), row.job.desc()).limit(most)


def responses(urls: Sequence[str]) -> sa.Select[Any]:
    """The last response of each of these addresses that is in the archive."""
    return sa.select(captures.c.url, captures.c.ref).where(captures.c.url.in_(urls))


def places(urls: Sequence[str]) -> sa.Select[Any]:
    """What names the parts in which the rows of these addresses lie."""
    lines = known.c
    return sa.select(lines.url, lines.captured, lines.job).where(lines.url.in_(urls), lines.captured.is_not(None))


def jobs(outlet: str, before: str, most: int) -> sa.Select[Any]:
    """Jobs that ended and whose name is before another, the newest first."""
    query = sa.select(ended).where(ended.c.outlet == outlet, ended.c.job < before)
    return query.order_by(ended.c.job.desc()).limit(most)


def _articles(outlet: str) -> sa.Subquery:
    """Articles, each once, however many addresses it has."""
    own, least = known.c, sa.func.min
    one = (
        sa.select(
            own.article_id,
            least(own.published).label("published"),
            least(sa.func.coalesce(own.first, own.captured)).label("first"),
            sa.func.max(own.captured).label("captured"),
            least(own.ended).label("ended"),
        )
        .where(*_of(outlet))
        .group_by(own.article_id)
        .subquery()
        .c
    )
    hours: sa.ColumnElement[float] = _Hours(one.published, one.first)
    return sa.select(one.first, one.captured, one.ended, hours.label("hours")).subquery()


def _of(outlet: str) -> tuple[sa.ColumnElement[bool], ...]:
    """The articles of an outlet, in the order of their ids."""
    return *of_outlet(outlet), known.c.verdict == Verdict.ARTICLE.value


def _day(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return sa.func.substr(moment, 1, 10)


def _period(moment: sa.ColumnElement[Any], since: date | None, until: date | None) -> list[sa.ColumnElement[bool]]:
    """Instants and days are text that sorts; the day after the last one is the first that is too late."""
    rest = [moment >= since.isoformat()] if since else []
    if until and until < date.max:
        rest.append(moment < (until + timedelta(days=1)).isoformat())
    return rest
