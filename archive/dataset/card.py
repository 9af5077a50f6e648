"""What a dataset says of itself to people: its data card, README.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from archive import ledger
from archive.dataset import schema
from archive.dataset.coverage import Coverage
from archive.dataset.names import FACTS
from archive.ledger import Day
from archive.misses import Miss
from archive.model import SCHEMA

if TYPE_CHECKING:
    from archive.dataset.describe import Subject
    from archive.dataset.selection import Selection

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|&])|[\x00-\x1f\x7f]")
_FORMATS = {
    "parquet": "Parquet (zstd), in `data/OUTLET/MONTH/`",
    "jsonl": "JSON Lines (gzip), in `data/OUTLET/MONTH/`",
    "csv": "CSV (gzip, RFC 4180), in `data/OUTLET/MONTH/`; lists and objects are JSON in their cell",
    "txt": f"plain text (UTF-8), one file an article in `text/OUTLET/MONTH/`; `{FACTS}` has the facts of each",
    "wet": f"WARC conversion records, in `data/OUTLET/MONTH/`; `{FACTS}` has the facts and the place of each",
}


class Month(NamedTuple):
    """A line of the table of what is not there."""

    title: str
    month: str
    """YYYY-MM; `all` of an outlet without rows of which the ledger knows no day."""
    rows: int
    announced: int
    share: str
    """How much of that is there."""
    why: str
    """What became of the rest."""


def card(subject: Subject, columns: Iterable[Mapping[str, Any]]) -> str:
    """The whole card, in Markdown. `columns`: fields of the Table Schema, with name and description."""
    facts, coverage = subject.facts, subject.coverage
    alarms: Mapping[str, Mapping[str, int]] = coverage.alarms if coverage else {}
    made: str = _template().render(
        name=subject.name,
        facts=facts,
        asked=[*asked(subject.selection)],
        files=_FORMATS[subject.form],
        digest=subject.digest,
        version=schema.VERSION,
        row_version=SCHEMA,
        software=subject.software,
        titles={outlet: _plain(subject.title(outlet)) for outlet in facts.outlets},
        counts=[*((_plain(subject.title(name)), counts) for name, counts in facts.outlets.items()), ("all", facts.all)],
        covered=coverage is not None,
        months=[*_months(subject)],
        excluded=subject.selection.exclude_opt_out,
        faults=[
            (_plain(subject.title(outlet)), counts, _said(alarms.get(outlet, {})))
            for outlet, counts in facts.outlets.items()
        ],
        columns=[*columns],
        form=subject.form,
        facts_file=FACTS,
    )
    return made


@cache
def _template() -> Any:
    # Markdown is not HTML: what others wrote goes through `plain`.
    environment = Environment(
        loader=PackageLoader("archive.dataset", "."),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": "{:,}".format, "plain": _plain}
    return environment.get_template("card.md")


def asked(selection: Selection) -> Iterator[str]:
    """What was asked for, in words."""
    yield f"outlets {', '.join(sorted(selection.outlets))}" if selection.outlets else "all outlets of the archive"
    yield f"from {selection.since or 'the first day'} to {selection.until or 'the last'}"
    yield f"language {selection.language}" if selection.language else "all languages"


def _said(alarms: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} in {number:,}" for kind, number in alarms.items())


def _months(subject: Subject) -> Iterator[Month]:
    coverage, facts = subject.coverage or Coverage(days={}, alarms={}), subject.facts
    for outlet in sorted({*subject.selection.outlets, *facts.outlets, *coverage.days}):
        rows = {month: number for (name, month), (number, _) in facts.months.items() if name == outlet}
        days: dict[str, list[Day]] = {month: [] for month in rows}
        for day in coverage.days.get(outlet, []):
            days.setdefault(day.day[:7], []).append(day)
        for month, some in sorted((days or {"all": []}).items()):
            total = ledger.total(some, month)
            # Rounded down: 100 % is said of nothing that lacks an article.
            share = f"{1000 * total.extracted // total.announced / 10} %" if total.announced else "unknown"
            why = ", ".join(f"{miss} {total.misses[miss]:,}" for miss in Miss if total.misses.get(miss))
            if not total.announced:
                # Nothing but its jobs tells why an outlet is not there at all.
                alarms = "" if outlet in facts.outlets else _plain(_said(coverage.alarms.get(outlet, {})))
                why = "nothing was announced" + (f"; alarms of its jobs: {alarms}" if alarms else "")
            yield Month(_plain(subject.title(outlet)), month, rows.get(month, 0), total.announced, share, why)


def _plain(text: str) -> str:
    """What others wrote, as Markdown shows it."""
    return _MARKS.sub(lambda found: f"\\{found[1]}" if found[1] else " ", text)
