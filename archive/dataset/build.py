"""A dataset, made of the rows of an archive in a folder of its own: the same rows, the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import NamedTuple

from archive.catalog import Catalog
from archive.dataset import near, selection
from archive.dataset.card import asked
from archive.dataset.coverage import coverage_of
from archive.dataset.crew import spread
from archive.dataset.describe import Order, Subject, describe
from archive.dataset.digest import digest_of
from archive.dataset.facts import Facts, facts_of
from archive.dataset.lines import csv_line
from archive.dataset.names import FACTS, is_outlet
from archive.dataset.selection import Partition, Selection
from archive.dataset.write import PLACES, Made, Written, fact_names, made, write_partition
from archive.errors import ArgumentError, Damaged
from archive.faults import shown
from archive.files import Files
from archive.layout import outlet_of
from archive.parts import current
from archive.scratch import Scratch
from archive.takedown import underway

AT_ONCE = 32
"""Parts that are read in one go: most of them have a few rows."""
FEW = 5000
"""Rows that are written sooner by this process than others begin."""

Tell = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and of how much; it may raise."""


class Built(NamedTuple):
    """A dataset that is complete, in a folder."""

    paths: list[str]
    """Its files, datapackage.json last."""
    facts: Facts
    digest: str
    """SHA-256 of its rows, whatever the format."""


class _Gathering(NamedTuple):
    opener: Callable[[], Files]
    keys: Sequence[str]
    path: Path


class _Writing(NamedTuple):
    scratch: Path
    partition: Partition
    form: str
    folder: Path


def build(
    folder: Path, order: Order, opener: Callable[[], Files], catalog: Catalog | None, *, jobs: int, tell: Tell
) -> Built:
    """Make a dataset in the folder `dataset` under `folder`, which is empty, with so many processes.

    `opener` opens the archive; other processes call it, too. Raises ArgumentError where nothing is left of what was
    asked for, Damaged, StorageError, OSError.
    """
    work, target = folder / "unfinished", folder / "dataset"
    for one in (work, target):
        one.mkdir()
    with closing(opener()) as files:
        keys = parts_of(files, order)
        gone = underway.articles(files, order.selection.outlets)
    rows = work / "rows.sqlite3"
    with closing(Scratch("", rows)) as scratch:
        _gather(scratch, [_Gathering(opener, *some) for some in _batches(keys, work)], jobs, tell)
        left_out = selection.leave_out(scratch, order.selection, gone)
        selection.join(scratch)
        partitions = selection.partitions(scratch)
        steps, everything = count(), 2 * sum(one.rows for one in partitions)
        with closing(selection.documents(scratch)) as documents:
            found = near.clusters(documents, work, lambda: tell("comparing texts", next(steps), everything))
        selection.cluster(scratch, found)
        facts = facts_of(scratch, left_out)
        if not facts.all.rows:
            # Of what was left out for its language or an opt-out, a crawl gives nothing else.
            more = "" if left_out.language or left_out.opt_out else f", or have these first: {_crawl(order.selection)}"
            raise ArgumentError(
                f"The archive has no row of {'; '.join(asked(order.selection))}, and no dataset was made: of the "
                f"articles {left_out.period:,} are of other days, {left_out.language:,} of other languages or none, "
                f"and {left_out.opt_out:,} opted out. Ask for others{more}."
            )
        scratch.script("")  # others read it now
        tasks = [_Writing(rows, one, order.form, target) for one in partitions]
        written = _write(tasks, jobs if facts.all.rows > FEW else 1, tell)
        tell("describing", 0, 1)
        digests = ((f"{one.outlet} {one.month}", found.digest) for one, found in zip(partitions, written, strict=True))
        subject = Subject(
            name=order.name,
            form=order.form,
            selection=order.selection,
            titles=order.titles,
            facts=facts,
            coverage=coverage_of(catalog, order.selection, facts) if catalog else None,
            digest=digest_of(digests),
            files=[*_files(target, order.form, written, facts.all.rows)],
        )
    return Built(describe(target, subject), facts, subject.digest)


def parts_of(files: Files, order: Order) -> list[str]:
    """Keys of the parts whose rows count, of the outlets that are wanted. Raises ArgumentError without any, Damaged.

    An outlet of ours may be without rows beside others; then the card says so.
    """
    wanted = order.selection.outlets
    found = current(files.keys("articles", ".jsonl.gz"))
    there = sorted(set(map(outlet_of, found)))
    if not there:
        raise ArgumentError(
            f"There are no rows in {files.name}: scrapy crawl OUTLET makes them, ARCHIVE_URI names another archive."
        )
    if unknown := sorted(set(wanted) - {*there, *order.titles}):
        raise ArgumentError(f"There are no rows of {', '.join(map(shown, unknown))}; there are of {', '.join(there)}.")
    if wanted and not set(wanted) & set(there):
        raise ArgumentError(
            f"There is no row, of any day, of {', '.join(wanted)}: {_crawl(order.selection)} makes some; there are of "
            f"{', '.join(there)}."
        )
    for outlet in there:
        if not is_outlet(outlet):
            raise Damaged(
                f"{files.name} has rows under outlet={shown(outlet)}, which can be no outlet: move them away."
            )
    return [key for key in found if not wanted or outlet_of(key) in wanted]


def _crawl(selection: Selection) -> str:
    """What a person types to have more of what was asked for."""
    outlet = selection.outlets[0] if len(selection.outlets) == 1 else "OUTLET"
    days = zip(("since", "until"), selection.days, strict=True)
    return " ".join(["scrapy crawl", outlet, *(f"-a {name}={day}" for name, day in days if day)])


def _batches(keys: Sequence[str], work: Path) -> Iterator[tuple[Sequence[str], Path]]:
    for first in range(0, len(keys), AT_ONCE):
        yield keys[first : first + AT_ONCE], work / f"{first}.sqlite3"


def _gather(scratch: Scratch, tasks: Sequence[_Gathering], jobs: int, tell: Tell) -> None:
    done, everything = 0, sum(len(task.keys) for task in tasks)
    tell("reading parts of rows", done, everything)
    for task, _ in zip(tasks, spread(_enter, tasks, jobs), strict=True):
        selection.merge(scratch, task.path)
        task.path.unlink()
        done += len(task.keys)
        tell("reading parts of rows", done, everything)


def _enter(task: _Gathering) -> None:
    with closing(task.opener()) as files, closing(Scratch("", task.path)) as scratch:
        for key in task.keys:
            with files.held(key) as path:
                selection.enter(scratch, path, files.where(key), outlet_of(key))
        scratch.script("")


def _write(tasks: Sequence[_Writing], jobs: int, tell: Tell) -> list[Written]:
    written: list[Written] = []
    done, everything = 0, sum(task.partition.rows for task in tasks)
    tell("writing rows", done, everything)
    for task, found in zip(tasks, spread(_written, tasks, jobs), strict=True):
        written.append(found)
        done += task.partition.rows
        tell("writing rows", done, everything)
    return written


def _written(task: _Writing) -> Written:
    with closing(Scratch("", task.scratch)) as scratch:
        return write_partition(scratch, task.partition, task.form, task.folder)


def _files(folder: Path, form: str, written: Iterable[Written], rows: int) -> Iterable[Made]:
    """The files with rows or texts; the parts of facts.csv become one."""
    for one in written:
        yield from one.files
    if form not in PLACES:
        return
    with (folder / FACTS).open("wb") as whole:
        whole.write(csv_line(fact_names(form)))
        for one in written:
            with (folder / one.facts).open("rb") as part:
                shutil.copyfileobj(part, whole, 1 << 20)
            (folder / one.facts).unlink()
    yield made(folder, FACTS, rows)
