"""The ledger: per outlet and day what was announced, what of it is there, and one reason for each miss."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from archive.catalog import Catalog
from archive.misses import NO_ANSWER, Miss, miss_of
from archive.model import Verdict
from archive.outcome import MOVED
from archive.schema import announced, between, known, of_outlet, versions

__all__ = ["COUNTS", "Day", "Line", "Miss", "Unfilled", "days", "missing", "total", "unfilled"]

PAGE = 10_000
"""Addresses that are asked for at a time."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """What became of the articles of one day. `announced` = `extracted` + all `misses`.

    The day is that of publication in the outlet's clock: as the page says, else as the source that announced it does,
    else the day of the announcement. However many addresses of an article were announced, it counts once.
    """

    outlet: str
    day: str
    """YYYY-MM-DD."""
    announced: int = 0
    captured: int = 0
    """Of them, those of which the archive holds a response, be it a refusal."""
    extracted: int = 0
    """Of them, those that have a row in `articles/`; those that the outlet took away later too."""
    unannounced: int = 0
    """Articles beside them that nobody announced, as far as the catalog knows."""
    incomplete: int = 0
    """Of the articles that are there, announced or not, those that lack a page."""
    edited: int = 0
    """Of these those that have more than one version."""
    deleted: int = 0
    """Of these those that the outlet has taken away."""
    moved: int = 0
    """Of these those whose address leads to another article now."""
    misses: dict[Miss, int] = field(default_factory=dict)

    @property
    def missed(self) -> int:
        """All misses."""
        return sum(self.misses.values())


@dataclass(frozen=True, kw_only=True)
class Line:
    """An announced address that is missing."""

    url: str
    """Canonical address."""
    outlet: str
    day: str
    miss: Miss
    detail: str
    """The verdict, or the name of the failure; empty when it was not tried."""
    source: str
    """URL of the document that announced it; `argument` when a person did."""
    at: str
    """ISO 8601, UTC: when it was announced."""
    tries: int
    """Attempts that brought nothing final."""
    tried: str | None
    """ISO 8601, UTC: the last one."""
    due: str | None
    """ISO 8601, UTC: not tried again before; None for at any time, or for never once it was tried."""
    record: str | None
    """WARC-Record-ID of the response that it was judged by."""


@dataclass(frozen=True, kw_only=True)
class Unfilled:
    """Of the articles that lack a page, those that no job asks for that fills the ledger."""

    final: int
    """Nothing more is to be had of them: the outlet took them away, say."""
    unannounced: int
    """The others: nobody announced them, or not for these days."""
    urls: list[str]
    """Canonical addresses of the latter, one an article, sorted, as many as were asked for."""


def days(catalog: Catalog, outlet: str, since: str | None = None, until: str | None = None) -> list[Day]:
    """The days of an outlet on which something was published, from `since` to `until` (YYYY-MM-DD), the first first.

    The database counts: memory grows with the days, not with the addresses. Raises StorageError.
    """
    found: dict[str, dict[str, Any]] = {}

    def of(day: str) -> dict[str, Any]:
        return found.setdefault(day, {"extracted": 0, "unannounced": 0, "captured": 0, "misses": {}})

    for row in catalog.select(_articles(outlet, since, until)):
        facts = of(row.day)
        facts["extracted" if row.named else "unannounced"] += row.number
        facts["captured"] += row.number if row.named else 0
        for name in ("edited", "deleted", "moved", "incomplete"):
            facts[name] = facts.get(name, 0) + int(getattr(row, name))
    counted: tuple[Any, ...] = (_DAY, _NAME, sa.func.count().label("number"))
    for row in catalog.select(_missing(outlet, since, until).with_only_columns(*counted).group_by(_DAY, _NAME)):
        facts, miss = of(row.published_on), miss_of(row.name)
        facts["misses"][miss] = facts["misses"].get(miss, 0) + row.number
        facts["captured"] += 0 if miss in NO_ANSWER else row.number
    return [
        Day(outlet=outlet, day=day, announced=facts["extracted"] + sum(facts["misses"].values()), **facts)
        for day, facts in sorted(found.items())
    ]


def missing(
    catalog: Catalog,
    outlet: str,
    since: str | None = None,
    until: str | None = None,
    *,
    misses: Collection[Miss] = frozenset(Miss),
    most: int | None = None,
) -> Iterator[Line]:
    """The addresses behind the misses of `days`, in their order. Raises StorageError.

    They are asked for in pages; what commits meanwhile may or may not be among them. All addresses of the outlet are
    gone through: ask once for a period, not for each of its days.
    """
    query, last, number = _missing(outlet, since, until).order_by(announced.c.url).limit(PAGE), "", 0
    # Else SQLite would sort all of them for each page.
    query = query.with_hint(announced, "INDEXED BY sqlite_autoindex_announced_1", "sqlite")
    while most is None or number < most:
        page = catalog.select(query.where(announced.c.url > last))
        for row in page:
            miss = miss_of(row.name)
            if miss in misses and (most is None or number < most):
                number += 1
                yield _line(outlet, miss, row)
        if len(page) < PAGE:
            return
        last = page[-1].url


def unfilled(catalog: Catalog, outlet: str, since: str | None, until: str | None, *, most: int) -> Unfilled:
    """What stays without a page whatever is filled, of days from `since` to `until`. Raises StorageError."""
    open_to_jobs = sa.and_(_IS_ARTICLE, announced.c.url.is_not(None), *between(announced.c.day, since, until))
    one, lacking, is_last = _last_rows(
        outlet,
        sa.func.max(sa.case((open_to_jobs, 1), else_=0)).label("open"),
        sa.func.min(sa.case((_IS_ARTICLE, known.c.url))).label("url"),
    )
    found = sa.select(one.c.whole, sa.func.count().label("number")).select_from(one.outerjoin(lacking, is_last))
    is_left = sa.or_(sa.and_(one.c.whole == 1, lacking.c.article_id.is_not(None)), one.c.whole + one.c.open == 0)
    found = found.where(is_left, *between(one.c.day, since, until))
    numbers = {row.whole: row.number for row in catalog.select(found.group_by(one.c.whole))}
    named = found.with_only_columns(one.c.url).where(one.c.whole == 0).order_by(one.c.url).limit(most)
    urls = [row.url for row in catalog.select(named)] if 0 in numbers else []
    return Unfilled(final=numbers.get(1, 0), unannounced=numbers.get(0, 0), urls=urls)


def total(lines: Iterable[Day], day: str = "") -> Day:
    """The sum of days, under the name `day`."""
    outlet, sums, misses = "", dict.fromkeys(COUNTS, 0), dict[Miss, int]()
    for line in lines:
        outlet = line.outlet
        for name in COUNTS:
            sums[name] += getattr(line, name)
        for miss, number in line.misses.items():
            misses[miss] = misses.get(miss, 0) + number
    return Day(outlet=outlet, day=day, misses=misses, **sums)


COUNTS = (
    "announced",
    "captured",
    "extracted",
    "unannounced",
    "incomplete",
    "edited",
    "deleted",
    "moved",
)
"""The numbers of a `Day` beside its misses."""
_IS_ARTICLE = known.c.verdict == Verdict.ARTICLE.value
_DAY = sa.func.coalesce(sa.func.substr(known.c.published, 1, 10), announced.c.day).label("published_on")
_NAME = sa.func.coalesce(known.c.verdict, announced.c.reason).label("name")


def _missing(outlet: str, since: str | None, until: str | None) -> sa.Select[Any]:
    """Announced addresses that are no article's that is there: one for each article, as far as articles are known."""
    twin, named = known.alias("twin"), announced.alias("named")
    counts_elsewhere = sa.exists().where(
        twin.c.article_id == known.c.article_id,
        sa.or_(
            twin.c.verdict == Verdict.ARTICLE.value,
            sa.and_(twin.c.url < known.c.url, sa.exists().where(named.c.url == twin.c.url)),
        ),
    )
    # What redirects to an article that is there does not say to which.
    leads_there = sa.and_(known.c.verdict == Verdict.DUPLICATE.value, known.c.final)
    is_miss = sa.case(
        (known.c.url.is_(None), True),
        (_IS_ARTICLE, False),
        (known.c.article_id.is_(None), sa.not_(leads_there)),
        else_=sa.not_(counts_elsewhere),
    )
    columns = (announced, known.c.record, known.c.visited)
    more = (known.c.tries.label("known_tries"), known.c.due.label("known_due"), known.c.url.label("known_url"))
    return (
        sa.select(*columns, *more, _DAY, _NAME)
        .select_from(announced.outerjoin(known, known.c.url == announced.c.url))
        .where(announced.c.outlet == outlet, is_miss, *between(_DAY, since, until))
    )


def _articles(outlet: str, since: str | None, until: str | None) -> sa.Select[Any]:
    """Articles that are there, counted by day and by whether any of their addresses was announced."""
    one, lacking, is_last = _last_rows(outlet)

    def number(what: Any, name: str) -> Any:
        return sa.func.sum(sa.case((what, 1), else_=0)).label(name)

    return (
        sa.select(
            one.c.day,
            one.c.named,
            sa.func.count().label("number"),
            number(one.c.version > 1, "edited"),
            number(one.c.ended != MOVED, "deleted"),
            number(one.c.ended == MOVED, "moved"),
            number(sa.or_(one.c.whole == 0, lacking.c.article_id.is_not(None)), "incomplete"),
        )
        .select_from(one.outerjoin(lacking, is_last))
        .where(*between(one.c.day, since, until))
        .group_by(one.c.day, one.c.named)
    )


def _last_rows(outlet: str, *more: sa.Label[Any]) -> tuple[sa.Subquery, sa.Subquery, sa.ColumnElement[bool]]:
    """Articles that are there, one a row, with `more` of their addresses; rows that lack a page; which is the last."""

    def most(what: Any) -> Any:
        return sa.func.max(sa.case((_IS_ARTICLE, what)))

    # Of addresses that disagree on the day the earliest counts.
    published = sa.func.min(sa.case((_IS_ARTICLE, known.c.published)))
    day = sa.func.coalesce(
        sa.func.substr(published, 1, 10), sa.func.min(announced.c.day), sa.func.substr(most(known.c.captured), 1, 10)
    )
    one = (
        sa.select(
            known.c.article_id,
            day.label("day"),
            sa.func.max(sa.case((announced.c.url.is_not(None), 1), else_=0)).label("named"),
            most(known.c.version).label("version"),
            most(sa.case((known.c.final, 1), else_=0)).label("whole"),
            most(known.c.ended).label("ended"),
            *more,
        )
        .select_from(known.outerjoin(announced, announced.c.url == known.c.url))
        .where(*of_outlet(outlet))
        .group_by(known.c.article_id)
        .having(most(1) == 1)
        .subquery()
    )
    lacking = (
        sa.select(versions.c.article_id, versions.c.version)
        .where(versions.c.outlet == outlet, sa.not_(versions.c.complete))
        .subquery()
    )
    is_last = sa.and_(lacking.c.article_id == one.c.article_id, lacking.c.version == one.c.version)
    return one, lacking, is_last


def _line(outlet: str, miss: Miss, row: sa.Row[Any]) -> Line:
    is_known = row.known_url is not None
    return Line(
        url=row.url,
        outlet=outlet,
        day=row.published_on,
        miss=miss,
        detail=row.name or "",
        source=row.source,
        at=row.at,
        tries=row.tries + (row.known_tries or 0),
        tried=max(filter(None, (row.tried, row.visited)), default=None),
        due=row.known_due if is_known else row.due,
        record=row.record,
    )
