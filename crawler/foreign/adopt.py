"""`scrapy rebuild --from`: what others archived becomes captures and rows of ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from archive.errors import ArgumentError, ExitStatus, LeaseHeld, LeaseLost
from archive.files import files_of
from archive.foreign import there
from archive.foreign.places import sources
from archive.foreign.shelf import Shelf
from crawler import uploads
from crawler.catalogs import catalog_of
from crawler.foreign.adopting import Adopting
from crawler.foreign.counting import Count, Terms
from crawler.foreign.gathering import Gathered, Gathering
from crawler.foreign.owners import Owners
from crawler.judgement import respects_opt_out
from crawler.progress import Progress
from crawler.schedule import Schedule
from crawler.verb import above, kept_outlets, outlets_of, tell, worst

if TYPE_CHECKING:
    from scrapy.settings import Settings

    from archive.errors import StorageError


def adopt(places: list[str], only: Collection[str], settings: Settings, jobs: int) -> ExitStatus:
    """Read the files at `places`, and adopt what they have of the outlets `only`, or of every host without any.

    `jobs`: worker processes. Raises ArgumentError before anything is read, StorageError.
    """
    kept = kept_outlets(settings)
    owners, terms = Owners(outlets_of(settings), only), _terms(settings, jobs)
    progress = Progress()
    say = above(progress, "rebuild")
    unlisted: list[str] = []

    def refused(error: OSError | StorageError) -> None:
        unlisted.append(str(error))
        say(f"{getattr(error, 'filename', None) or 'A file'} cannot be read: {error}")

    ends = {ExitStatus.DONE}
    total = Count()
    with ExitStack() as opened:
        opened.callback(progress.clear)
        found = sources(places, refused)
        shelf = opened.enter_context(closing(Shelf()))
        gathering = Gathering(owners.sort, shelf, progress.tell_often, say)
        gathering.all(found)
        came = gathering.came
        total.skipped += came.skipped
        progress.tell("sorting by date")
        total.skipped += shelf.settle()
        ends |= {ExitStatus.VERIFICATION} if came.faults or came.refused else set()
        ends |= {ExitStatus.STORAGE} if came.unread or unlisted else set()
        for name in shelf.outlets():
            if not _is_new(name, shelf, settings):
                total.skipped["in the archive already"] += shelf.count(name)
                continue
            adopting = Adopting(name, kept[name], shelf, terms, progress.tell)
            try:
                ends.add(adopting.run(came.read))
            except LeaseHeld as error:  # the other outlets are free
                if isinstance(error, LeaseLost):
                    raise
                ends.add(error.status)
                say(str(error))
            total.add(adopting.count)
    tell(_told(len(found), came, total))
    return worst(ends)


def _terms(settings: Settings, jobs: int) -> Terms:
    contact = settings["CONTACT"]
    return Terms(
        archive_uri=settings["ARCHIVE_URI"],
        state_dir=settings["STATE_DIR"],
        catalog_uri=settings["CATALOG_URI"],
        schedule=Schedule.of(settings),
        respects_opt_out=respects_opt_out(settings),
        patience=uploads.patience(settings),
        spool_limit=uploads.spool_limit(settings),
        info={
            "software": f"arsip-berita/{settings['ARSIP_VERSION']}",
            **({"operator": contact} if contact else {}),
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "description": "captures that others made; the metadata record of each says where it is from",
        },
        jobs=jobs,
    )


def _is_new(name: str, shelf: Shelf, settings: Settings) -> bool:
    """Has the archive not all captures of an outlet that were found, or does one of them wait for its row?"""
    with ExitStack() as opened:
        files = files_of(settings["ARCHIVE_URI"], settings["STATE_DIR"])
        opened.callback(files.close)
        shelf.mark(name, there.captures(files, name))
        try:
            catalog = catalog_of(settings)
        except ArgumentError:  # a new archive has none
            return True
        opened.callback(catalog.close)
        return shelf.has_new(name) or shelf.has_any(map(there.mark_of, catalog.waiting(name)))


def _told(files: int, came: Gathered, count: Count) -> Iterator[str]:
    """What is printed at the end."""
    yield f"files      {files:,}" + _detail({"damaged or of another kind": came.refused, "not readable": came.unread})
    yield f"records    {came.records:,}, {came.exchanges:,} answers of use among them"
    yield f"adopted    {count.adopted.total():,} captures" + _detail(count.adopted)
    yield f"kept       {count.kept:,}" + _detail({"of a later version": count.edited})
    yield f"unchanged  {count.unchanged:,}"
    yield f"dropped    {count.dropped.total():,}" + _detail(count.dropped)
    yield f"failed     {count.failed.total():,}" + _detail(count.failed)
    yield f"skipped    {count.skipped.total():,}" + _detail(count.skipped)
    if came.faults:
        yield f"faults     {came.faults:,}"


def _detail(counts: Mapping[str, int]) -> str:
    parts = [
        f"{name} {number:,}" for name, number in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if number
    ]
    return f"  ({', '.join(parts)})" if parts else ""
