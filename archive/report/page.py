"""The report as one page of HTML that needs nothing but itself."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from archive.report import charts, views, words
from archive.report.charts import Series
from archive.report.data import LAGS, JobRun, OutletReport, Report, Sizes
from archive.report.links import Links, Named, web

TROUBLES = 200
"""Jobs with something to complain of that are shown, the newest of all outlets."""


def render(report: Report, *, links: Links | None = None) -> str:
    """The page. It is the same for the same numbers, but for the line that says when they were gathered.

    Whatever came from outside is escaped. Its Content-Security-Policy, which stands in a `<meta>`, lets it load nothing
    and run no script but its own.
    """
    jobs = _newest((run for outlet in report.outlets for run in outlet.history.jobs), None)
    return (
        _pages()
        .get_template("report.html")
        .render(
            report=report,
            links=links or Named(),
            style=Markup(style()),  # noqa: S704 - a file of ours
            script=Markup(_text("report.js")),  # noqa: S704 - a file of ours
            policy=policy(),
            troubles=_newest((run for outlet in report.outlets for run in outlet.history.troubles), TROUBLES),
            troubled=sum(outlet.history.troubled for outlet in report.outlets),
            jobs=jobs,
            listed={(run.outlet, run.job) for run in jobs},
            job_count=sum(outlet.history.total for outlet in report.outlets),
            fields=_fields(report),
        )
    )


@cache
def style() -> str:
    """The style sheet, for other pages that are to look the same."""
    return _text("style.css")


@cache
def policy() -> str:
    """The Content-Security-Policy of the page (CSP level 3): nothing from anywhere, no script and style but its own."""
    parts = {
        "default-src": "'none'",
        "style-src": f"'{_sha256(style())}'",
        "script-src": f"'{_sha256(_text('report.js'))}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def pages_of(package: str) -> Environment:
    """The templates of a package: whatever is put into them is escaped, and what is missing is an error."""
    return Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def _pages() -> Environment:
    pages = pages_of("archive.report")
    said: Sequence[Callable[..., Any]] = (
        words.ending,
        words.floored,
        words.hours,
        words.legible,
        words.level,
        words.moment,
        words.number,
        words.percent,
        words.seconds,
        words.size,
        words.slug,
        words.status,
        words.took,
        words.when,
        web,
    )
    pages.filters |= {one.__name__: one for one in said}
    pages.globals |= {"charts": charts, "views": views, "lags": LAGS, **_CHARTS}
    return pages


def _articles_chart(outlet: OutletReport, shown: views.Groups) -> Markup:
    sums = views.a_day(outlet.days, shown)
    lengths = views.lengths(outlet.days, shown)
    pairs = [*zip(sums, lengths, strict=True)]
    series = [
        Series("extracted a day", "s0", [one.extracted / length for one, length in pairs]),
        Series("missing a day", "s1", [one.missed / length for one, length in pairs]),
    ]
    about = f"Articles a day of {outlet.title}, extracted and missing, a bar a {shown.unit}; the table has the numbers."
    return charts.bars(shown.labels, series, about)


def _medians_chart(outlet: OutletReport) -> Markup:
    found = {median.when: median for median in outlet.medians}
    shown = views.between(outlet.medians[0].when, outlet.medians[-1].when)
    points = [(words.when(key), found[key].hours if key in found else None) for key in shown.keys]
    return charts.line(points, f"Median time from publication to capture of {outlet.title}; the table has the numbers.")


def _verdicts_chart(outlet: OutletReport, shown: views.Groups, series: Sequence[Series]) -> Markup:
    about = f"Addresses of {outlet.title} by verdict, a bar a {shown.unit} of capture; the table has the numbers."
    return charts.bars(shown.labels, series, about)


def _sizes_chart(outlet: OutletReport, shown: views.Groups, sizes: Sequence[Sizes]) -> Markup:
    series = [Series("MB", "s0", [one.warc_bytes / 1e6 for one in sizes])]
    about = f"Megabytes of WARC files of {outlet.title}, a bar a {shown.unit}; the table has the numbers."
    return charts.bars(shown.labels, series, about)


_CHARTS = {
    "articles_chart": _articles_chart,
    "medians_chart": _medians_chart,
    "verdicts_chart": _verdicts_chart,
    "sizes_chart": _sizes_chart,
}


def _fields(report: Report) -> list[str]:
    """Fields that any outlet measured, those that are missing most first."""
    found: dict[str, list[float]] = {}
    for outlet in report.outlets:
        for name in outlet.history.lately.present:
            if (share := outlet.history.lately.share(name)) is not None:
                found.setdefault(name, []).append(share)
    return sorted(found, key=lambda name: (-sum(found[name]) / len(found[name]), name))


def _newest(runs: Any, most: int | None) -> list[JobRun]:
    return sorted(runs, key=lambda run: (run.job, run.outlet), reverse=True)[:most]


@cache
def _text(name: str) -> str:
    return resources.files("archive.report").joinpath(name).read_text(encoding="utf-8")


def _sha256(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
