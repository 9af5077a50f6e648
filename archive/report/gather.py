"""The numbers of a report, gathered from the catalog, the ledger and the manifests; sums are made by the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from archive import ledger
from archive.catalog import Catalog
from archive.files import Files
from archive.ledger import Day, Line
from archive.model import Verdict
from archive.report import jobs, proofs, queries, views
from archive.report.data import BY_DAY, Median, Missing, OutletReport, Part, Report, day_of

MOST_DAYS = 1100
"""Days up to the newest that are shown one by one: three years. What was published before them is one sum."""
MOST_ADDRESSES = 3000
"""Missing addresses on the page, divided among its outlets; the newest days first."""
A_DAY = 200
"""Of them those of one day."""
MOST_PARTS = 4000
"""Files of rows that are named on the page, divided among its outlets."""
MOST_READ = 200
"""Files of rows of what was dropped that are read, divided among the outlets."""
LATELY = timedelta(days=30)

_PASSED_OVER = 20


def gather(
    catalog: Catalog,
    files: Files,
    titles: Mapping[str, str],
    *,
    only: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    now: datetime | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """The report of the outlets `only`, or of all that the catalog knows.

    `titles` are the outlets of the project: name -> name for readers. The period is that of publication where it is
    known what was announced, else that of capture. `tell` is told how far we are; it may raise. Raises StorageError.
    """
    made = now or datetime.now(UTC)
    names = list(only) or [row.outlet for row in catalog.select(queries.names())]
    period = since.isoformat() if since else None, until.isoformat() if until else None
    problems: list[str] = []
    outlets = []
    for number, name in enumerate(names, 1):
        tell(f"{name}, {number} of {len(names)}")
        days = ledger.days(catalog, name, *period)
        shown, earlier, later = _fitting(days, made)
        sums = _Articles(catalog, name, since, until, made)
        lines = _missing(catalog, name, shown, MOST_ADDRESSES // len(names))
        history = jobs.history(catalog, files, name, since, until, wrong=problems.append)
        recent = [day for day in shown if day.day > (made.date() - LATELY).isoformat()]
        outlets.append(
            OutletReport(
                name=name,
                title=titles.get(name, name),
                articles=sums.number,
                taken_away=sums.taken_away,
                days=shown,
                earlier=earlier,
                later=later,
                lately=ledger.total(recent) if recent else None,
                missing=_by_day(
                    proofs.prove(catalog, files, name, lines, most=MOST_READ // len(names), wrong=problems.append)
                ),
                parts=_parts(catalog, files, name, shown, MOST_PARTS // len(names)),
                lags=sums.lags,
                medians=sums.medians,
                fresh=sums.fresh,
                verdicts=sums.verdicts,
                history=history,
            )
        )
    silent = [name for name in titles if name not in names] if not only else []
    return Report(
        archive=files.name,
        made=made,
        since=since,
        until=until,
        outlets=outlets,
        silent=silent,
        problems=problems,
    )


class _Articles:
    """The sums of all articles of an outlet."""

    def __init__(self, catalog: Catalog, outlet: str, since: date | None, until: date | None, made: datetime) -> None:
        self.number = self.taken_away = 0
        self.lags: dict[str, int] = defaultdict(int)
        self.verdicts: dict[str, dict[str, int]] = defaultdict(dict)
        period = since.isoformat() if since else "", until.isoformat() if until else "~"
        for row in catalog.select(queries.articles(outlet, since, until)):
            self.number += row.number
            self.taken_away += row.taken
            if row.asked:
                self.lags[row.lag] += row.number
            if _is_in(row.day, *period):
                of_day = self.verdicts[row.day]
                of_day[Verdict.ARTICLE.value] = of_day.get(Verdict.ARTICLE.value, 0) + row.number
        for row in catalog.select(queries.others(outlet, since, until)):
            if _is_in(row.day, *period):
                self.verdicts[row.day][row.verdict] = row.number
        captured = sorted(self.verdicts)
        length = 10 if not captured or views.span(captured[0], captured[-1]) <= BY_DAY else 7
        self.medians = _medians(catalog, outlet, since, until, length)
        self.fresh = next(iter(_medians(catalog, outlet, made.date() - LATELY + timedelta(days=1), None, 0)), None)


def _medians(catalog: Catalog, outlet: str, since: date | None, until: date | None, length: int) -> list[Median]:
    rows = catalog.select(queries.medians(outlet, since, until, length))
    return [Median(row.at, row.hours, row.articles) for row in rows]


def _is_in(day: str | None, since: str, until: str) -> bool:
    """Is it a day, and one of the period?"""
    return day is not None and day_of(day) is not None and since <= day <= until


def _fitting(days: Sequence[Day], made: datetime) -> tuple[list[Day], Day | None, Day | None]:
    """Days that are shown one by one, and the sums of those before them and of those that cannot be yet."""
    # East of UTC the day after has begun somewhere; the clocks of outlets may be a little fast too.
    tomorrow = made.date() + timedelta(days=1)
    dated = {day.day: found for day in days if (found := day_of(day.day)) and found <= tomorrow}
    newest = max(dated.values(), default=tomorrow)
    first = newest - timedelta(days=min(MOST_DAYS, newest.toordinal()) - 1)
    earlier = [day for day in days if day.day in dated and dated[day.day] < first]
    shown = [day for day in days if day.day in dated and dated[day.day] >= first]
    return shown, _sum(earlier), _sum([day for day in days if day.day not in dated])


def _sum(days: Sequence[Day]) -> Day | None:
    return ledger.total(days) if days else None


def _missing(catalog: Catalog, outlet: str, days: Sequence[Day], most: int) -> list[Line]:
    """The missing addresses of the newest days."""
    room: dict[str, int] = {}
    left = most
    for day in reversed(days):
        if left and day.missed:
            room[day.day] = min(day.missed, A_DAY, left)
            left -= room[day.day]
    if not room:
        return []
    found: list[Line] = []
    # A day may have any number of them, which must not keep us from the page.
    for line in ledger.missing(catalog, outlet, min(room), max(room), most=_PASSED_OVER * most):
        if room.get(line.day):
            room[line.day] -= 1
            found.append(line)
    return sorted(found, key=lambda line: (line.miss, line.url))


def _by_day(found: Iterable[Missing]) -> dict[str, list[Missing]]:
    days: dict[str, list[Missing]] = {}
    for missing in found:
        days.setdefault(missing.line.day, []).append(missing)
    return days


def _parts(catalog: Catalog, files: Files, outlet: str, days: Sequence[Day], most: int) -> dict[str, list[Part]]:
    """Where the rows of the newest days are."""
    if not days:
        return {}
    keys = proofs.Parts(files, "articles", outlet)
    found: dict[str, list[Part]] = {}
    for row in catalog.select(queries.parts(outlet, days[0].day, days[-1].day, most)):
        if captured := day_of(row.date):
            found.setdefault(row.day, []).append(Part(keys.find(captured, row.job), row.rows))
    return found
