"""`scrapy ledger`: what was announced, what of it is there, and why the rest is not; `--fill` gets what it can."""

from __future__ import annotations

import csv
import io
import shlex
from contextlib import closing
from dataclasses import asdict, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from archive.errors import ArgumentError, ExitStatus
from archive.misses import Miss
from crawler.progress import plain
from crawler.verb import (
    Verb,
    aligned,
    as_json,
    chosen,
    complain,
    counted,
    outlets_of,
    period_of,
    refuse_options,
    tell,
    times,
    to_the_second,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterable, Iterator

    from archive.catalog import Catalog
    from archive.ledger import Day, Line, Unfilled
    from crawler.outlet import Outlet

LONG = 62
"""Days of an outlet from which on the table has a line for each month."""
REASONS = {miss.value.lower().replace(" ", "-"): miss for miss in Miss}
"""Reasons as they are typed."""
NAMED = 5
"""Articles of an outlet that a person is told how to ask for by name, at most."""

_COUNTS = ("announced", "captured", "extracted", "edited", "deleted", "missing")


class Command(Verb):
    """Reads the catalog, and takes nothing from anybody; only `--fill` fetches."""

    def syntax(self) -> str:
        return "[options] [OUTLET...]"

    def short_desc(self) -> str:
        return "Say what is missing and why, or get it"

    def long_desc(self) -> str:
        return (
            "Say per outlet and day of publication how many articles were announced by any source, captured and "
            "extracted, and why the others are missing; a long period by months. It reads the catalog, also while jobs "
            "are at work. --misses lists the addresses behind the reasons, --reason chooses some of them. --fill runs "
            "scrapy crawlall -a fill=yes for the outlets of which such a job would ask for something that may come, "
            "prints the ledger again, and says how many articles stay without a page because no such job asks for "
            "them: those of which nothing more is to be had, and those that no source announced, which scrapy crawl "
            "OUTLET -a url=URL asks for. docs/ledger.md says what the numbers mean. Exit status: 0 done, 2 bad "
            "arguments or no catalog, 5 storage or catalog failed, 130 interrupted; with --fill that of scrapy "
            "crawlall, where there was something to ask for."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="first day of publication (default: the first)")
        parser.add_argument("--until", metavar="YYYY-MM-DD", help="last day of publication (default: the last)")
        parser.add_argument("--misses", action="store_true", help="list the addresses that are missing")
        parser.add_argument("--reason", metavar="REASON[,...]", help=f"of them only those of {', '.join(REASONS)}")
        parser.add_argument("--fill", action="store_true", help="go and get what can still be had")
        forms = parser.add_mutually_exclusive_group()
        forms.add_argument("--json", action="store_true", help="a line of JSON for each day, or miss")
        forms.add_argument("--csv", action="store_true", help="the same as CSV, with a head")

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Print the ledger, or fill it and print it again."""
        from crawler.catalogs import catalog_of

        assert self.settings is not None
        outlets = self._outlets(args)
        if opts.fill and (opts.json or opts.csv):
            raise UsageError("--fill prints what the jobs say: ask for JSON or CSV when it is done.", print_help=False)
        period = _period(next(iter(outlets.values())), opts)
        misses = _misses(opts)
        with closing(catalog_of(self.settings)) as catalog:
            self._print(catalog, outlets, period, misses, opts)
            lacking = self._lacking(catalog, outlets, opts) if opts.fill else []
            if opts.fill and not lacking:
                complain(self.name, "Nothing is missing that could still be had with --fill.")
                self._explain(catalog, outlets, period)
        if not lacking:
            return ExitStatus.DONE
        status = self._fill(lacking, period, opts)
        with closing(catalog_of(self.settings)) as catalog:
            self._print(catalog, outlets, period, misses, opts)
            self._explain(catalog, outlets, period)
        return status

    def _outlets(self, args: list[str]) -> dict[str, Outlet]:
        """The outlets that are meant. Raises UsageError, ArgumentError."""
        assert self.settings is not None
        refuse_options(args, self.name)
        return chosen(args, outlets_of(self.settings))

    def _print(
        self,
        catalog: Catalog,
        outlets: dict[str, Outlet],
        period: tuple[str | None, str | None],
        misses: Collection[Miss],
        opts: argparse.Namespace,
    ) -> None:
        from archive import ledger

        if opts.misses:
            lines = (line for name in outlets for line in ledger.missing(catalog, name, *period, misses=misses))
            tell(_listed(lines, opts))
            return
        found = {name: days for name in outlets if (days := ledger.days(catalog, name, *period))}
        if opts.json:
            tell(as_json(asdict(day)) for days in found.values() for day in days)
        elif opts.csv:
            tell(
                _csv(
                    ("outlet", "day", *ledger.COUNTS, *(f"missing-{reason}" for reason in REASONS)),
                    (_cells(day) for days in found.values() for day in days),
                )
            )
        else:
            tell(line for name, days in found.items() for line in table(outlets[name].name, days))
            if not found:
                tell(["Nothing was announced, and nothing is there: of these outlets and days the catalog is empty."])
        for name, days in found.items():
            if days and not any(day.announced for day in days):
                complain(
                    self.name,
                    f"{name}: articles are there, and the catalog knows of no announcement of these days, as after "
                    "scrapy rebuild --from, or jobs of a version that noted none: what is missing cannot be told.",
                )

    def _lacking(self, catalog: Catalog, outlets: dict[str, Outlet], opts: argparse.Namespace) -> list[str]:
        """The outlets of which a job that fills would get something."""
        from crawler.leftovers import is_worth_a_job

        asked = {name: replace(period_of(outlet, opts), fill=True) for name, outlet in outlets.items()}
        return [name for name, outlet in outlets.items() if is_worth_a_job(catalog, name, outlet, asked[name])]

    def _explain(self, catalog: Catalog, names: Iterable[str], period: tuple[str | None, str | None]) -> None:
        """Say which articles stay without a page, and what can be done about it."""
        from archive import ledger

        for name in names:
            for sentence in _stuck(name, ledger.unfilled(catalog, name, *period, most=NAMED), dated=any(period)):
                complain(self.name, f"{name}: {sentence}")

    def _fill(self, names: list[str], period: tuple[str | None, str | None], opts: argparse.Namespace) -> ExitStatus:
        """What `scrapy crawlall NAMES -a fill=yes` does."""
        from crawler.commands.crawlall import JOBS
        from crawler.commands.crawlall import Command as CrawlAll

        verb = CrawlAll()
        verb.settings = self.settings
        days = zip(("since", "until"), period, strict=True)
        opts.spargs = ["fill=yes", *(f"{name}={day}" for name, day in days if day)]
        opts.jobs = JOBS
        return verb.act(names, opts)


def table(title: str, days: list[Day]) -> Iterator[str]:
    """The ledger of an outlet as lines for a person."""
    from archive import ledger

    whole = ledger.total(days, "total")
    yield f"{whole.outlet}  {plain(title)}"
    if len(days) > LONG:
        months: dict[str, list[Day]] = {}
        for day in days:
            months.setdefault(day.day[:7], []).append(day)
        days = [ledger.total(some, month) for month, some in months.items()]
    rows = [_row(day) for day in (*days, whole)]
    head = ("month" if len(days[0].day) == 7 else "day", *_COUNTS, "there", "why")
    lines = aligned([row[:-1] for row in (head, *rows)], left=1)
    yield from (f"{line}  {row[-1]}".rstrip() for line, row in zip(lines, (head, *rows), strict=True))
    notes = (
        (whole.incomplete, "lack a page"),
        (whole.moved, "have an address that leads to another article now"),
        (whole.unannounced, "are there that nobody announced; they count in no column but edited and deleted"),
    )
    yield from (f"{number:,} articles {words}" for number, words in notes if number)
    yield ""


def _stuck(outlet: str, left: Unfilled, *, dated: bool) -> Iterator[str]:
    """What a person is to know of articles that no job asks for that fills."""
    if left.final:
        yield (
            f"{counted(left.final, 'article')} with a page missing of which nothing more is to be had: taken away by "
            "the outlet, or settled by what it showed last."
        )
    if left.unannounced:
        asked = shlex.quote(f"url={','.join(left.urls)}")
        some = "" if len(left.urls) == left.unannounced else f" for {len(left.urls)} of them"
        yield (
            f"{counted(left.unannounced, 'article')} with a page missing that no source announced"
            f"{' for these days' if dated else ''}: scrapy crawl {outlet} -a {asked} asks{some}."
        )


def _row(day: Day) -> tuple[str, ...]:
    counts = (day.announced, day.captured, day.extracted, day.edited, day.deleted, day.missed)
    # Rounded down: 100 % is said of nothing that lacks an article.
    share = f"{1000 * day.extracted // day.announced / 10} %" if day.announced else ""
    why = ", ".join(f"{miss} {day.misses[miss]:,}" for miss in Miss if miss in day.misses)
    return plain(day.day), *(f"{count:,}" for count in counts), share, why


def _listed(lines: Iterable[Line], opts: argparse.Namespace) -> Iterator[str]:
    if opts.json:
        yield from (as_json(asdict(line)) for line in lines)
    elif opts.csv:
        from archive.ledger import Line

        names = tuple(Line.__dataclass_fields__)
        yield from _csv(names, ([getattr(line, name) for name in names] for line in lines))
    else:
        for line in lines:
            facts = [
                line.detail or "",
                f"tried {times(line.tries)}" if line.tries else "",
                f"announced by {line.source}",
            ]
            facts.append(f"due {to_the_second(line.due)}" if line.due else "")
            said = "; ".join(filter(None, facts))
            yield plain(f"{line.outlet}  {line.day}  {line.miss.value:14}  {line.url}  ({said})")


def _cells(day: Day) -> list[Any]:
    from archive import ledger

    numbers = (getattr(day, name) for name in ledger.COUNTS)
    return [day.outlet, day.day, *numbers, *(day.misses.get(miss, 0) for miss in Miss)]


def _csv(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Lines of CSV (RFC 4180), without what could move a cursor or be taken for a formula."""
    for row in chain((head,), rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(_safe(cell) for cell in row)
        yield line.getvalue()


def _safe(cell: Any) -> Any:
    text = plain(cell) if isinstance(cell, str) else cell
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@")) else text


def _period(outlet: Outlet, opts: argparse.Namespace) -> tuple[str | None, str | None]:
    """First and last day. Raises ArgumentError."""
    days = period_of(outlet, opts)
    return days.since.isoformat() if days.since else None, days.until.isoformat() if days.until else None


def _misses(opts: argparse.Namespace) -> frozenset[Miss]:
    """The reasons that are asked for. Raises UsageError, ArgumentError."""
    if opts.reason is None:
        return frozenset(Miss)
    if not opts.misses:
        raise UsageError("--reason chooses what --misses lists: give both.", print_help=False)
    names = [name.strip().lower().replace(" ", "-") for name in opts.reason.split(",")]
    if unknown := [name for name in names if name not in REASONS]:
        raise ArgumentError(f"There is no reason {unknown[0] or '(empty)'}; there are {', '.join(REASONS)}.")
    return frozenset(REASONS[name] for name in names)
