"""What the jobs of an outlet came to: from the catalog, and from manifests of those that it knows nothing of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Any

from archive import layout
from archive.catalog import Catalog
from archive.errors import StorageError, StorageRefused, StorageUnreachable
from archive.files import Files
from archive.health import Alarm
from archive.health.past import mapping
from archive.report import queries
from archive.report.data import Coverage, History, JobRun, Sizes

LISTED = 100
"""Jobs of an outlet that are shown one by one."""
ALARMED = 100
"""Jobs of an outlet with something to complain of that are shown."""
MANIFESTS = 500
"""Manifests of an outlet that are read, the newest first: each is a file, and in a bucket a request."""
LATELY = timedelta(days=30)
"""What field coverage now is compared with that before."""

_AT_ONCE = 500
_JOB = re.compile(r"[0-9]{8}(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]-[0-9a-f]{6}")
_LAST = "~"
# What a job says of itself comes from a file that anybody may have written to.
_MAX_MANIFEST = 32 << 20
_MAX_ALARMS = 50
_MAX_FIELDS = 60


def history(
    catalog: Catalog,
    files: Files,
    outlet: str,
    since: date | None,
    until: date | None,
    *,
    wrong: Callable[[str], None],
) -> History:
    """All jobs of an outlet whose first day (UTC) lies in the period. `wrong` is told what cannot be read.

    Raises StorageError for a catalog that cannot be read and a bucket that gives no answer.
    """
    told = History()
    lately: date | None = None
    for run, measures in _runs(catalog, files, outlet, wrong):
        told.last = told.last or run
        day = _day(run.job)
        if (since and day < since) or (until and day > until):
            continue
        told.total += 1
        if len(told.jobs) < LISTED:
            told.jobs.append(run)
        if run.alarms or run.status != 0:
            told.troubled += 1
            if len(told.troubles) < ALARMED:
                told.troubles.append(run)
        if measures:
            told.measured += 1
            lately = lately or day - LATELY
            told.sizes.setdefault(day.isoformat(), Sizes()).add(_sizes(measures))
            _cover(told.lately if day > lately else told.before, measures)
    return told


def _runs(
    catalog: Catalog, files: Files, outlet: str, wrong: Callable[[str], None]
) -> Iterator[tuple[JobRun, Mapping[str, Any]]]:
    """Jobs and what they measured, newest first. Memory does not grow with their number."""
    there = [job for key in files.keys(f"jobs/{outlet}", ".json") if _is_job(job := PurePosixPath(key).stem)]
    read = 0
    for job, found in _in_order(_ended(catalog, outlet), iter(sorted(there, reverse=True))):
        if found is None:
            read += 1
            if read > MANIFESTS or (found := _manifest(files, outlet, job, wrong)) is None:
                continue
        facts, ended = found
        yield _run(outlet, job, ended, facts), mapping(facts.get("measures"))


def _ended(catalog: Catalog, outlet: str) -> Iterator[tuple[str, tuple[Mapping[str, Any], str]]]:
    before = _LAST
    while rows := catalog.select(queries.jobs(outlet, before, _AT_ONCE)):
        before = rows[-1].job
        yield from ((row.job, (mapping(row.facts), row.at)) for row in rows if _is_job(row.job))


def _in_order(
    known: Iterator[tuple[str, tuple[Mapping[str, Any], str]]], there: Iterator[str]
) -> Iterator[tuple[str, tuple[Mapping[str, Any], str] | None]]:
    """What is known of jobs, and None for those that have a manifest only; the names of both come falling."""
    job = next(there, "")
    for name, found in known:
        while job > name:
            yield job, None
            job = next(there, "")
        if job == name:
            job = next(there, "")
        yield name, found
    while job:
        yield job, None
        job = next(there, "")


def _manifest(
    files: Files, outlet: str, job: str, wrong: Callable[[str], None]
) -> tuple[Mapping[str, Any], str] | None:
    key = layout.manifest_key(outlet, job)
    try:
        with files.held(key) as path:
            if path.stat().st_size > _MAX_MANIFEST:
                wrong(f"{files.where(key)} is no manifest: it is larger than any. scrapy verify --deep says more.")
                return None
            facts = json.loads(path.read_bytes())
    except (StorageUnreachable, StorageRefused):
        raise
    except (OSError, ValueError, RecursionError, StorageError) as error:
        wrong(f"{files.where(key)} cannot be read ({error}). scrapy verify --deep says more.")
        return None
    return mapping(facts), str(mapping(facts).get("ended", ""))


def _run(outlet: str, job: str, ended: str, facts: Mapping[str, Any]) -> JobRun:
    counts, measures = mapping(facts.get("counts")), mapping(facts.get("measures"))
    status = facts.get("status")
    return JobRun(
        job=job,
        outlet=outlet,
        ended=ended,
        finish=str(facts.get("finish") or ""),
        status=status if isinstance(status, int) else None,
        announced=_count(counts.get("announced")),
        kept=_count(counts.get("kept")),
        dropped={str(name): _count(count) for name, count in mapping(counts.get("dropped")).items()},
        failed={str(name): _count(count) for name, count in mapping(counts.get("failed")).items()},
        warc_bytes=_count(measures["warc_bytes"]) if "warc_bytes" in measures else None,
        arguments={str(name): str(value) for name, value in mapping(facts.get("arguments")).items()},
        alarms=[*_alarms(facts.get("alarms"))],
    )


def _alarms(found: Any) -> Iterator[Alarm]:
    for alarm in (found if isinstance(found, list) else [])[:_MAX_ALARMS]:
        facts = mapping(alarm)
        yield Alarm(str(facts.get("kind", "alarm")), str(facts.get("sentence", "")))


def _sizes(measures: Mapping[str, Any]) -> Sizes:
    names = ("warc_bytes", "records", "revisits", "saved_bytes")
    return Sizes(jobs=1, **{name: _count(measures.get(name)) for name in names})


def _cover(coverage: Coverage, measures: Mapping[str, Any]) -> None:
    articles = _count(measures.get("articles"))
    for name, share in mapping(measures.get("fields")).items():
        if isinstance(share, int | float) and 0 <= share <= 1 and len({*coverage.present, name}) <= _MAX_FIELDS:
            coverage.add(name, share, articles)


def _is_job(name: str) -> bool:
    try:
        return bool(_JOB.fullmatch(name) and _day(name))
    except ValueError:  # no such day
        return False


def _day(job: str) -> date:
    return date.fromisoformat(f"{job[:4]}-{job[4:6]}-{job[6:8]}")


def _count(found: Any) -> int:
    return max(0, found) if isinstance(found, int) else 0
