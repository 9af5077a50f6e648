"""What `scrapy takedown` does: it looks for an article, says what it found, and takes it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from archive import cdxj
from archive.dataset.aside import FOLDER, aside
from archive.errors import ArgumentError, ExitStatus, LeaseHeld, StorageError
from archive.files import Files, files_of, is_begun
from archive.search.packing import pack
from archive.state import Places
from archive.storage import state_folder
from archive.takedown import log, revocations
from archive.takedown.doing import Doing
from archive.takedown.finding import Asked, find
from archive.takedown.found import Found
from archive.takedown.stub import public
from crawler.catalogs import catalog_of
from crawler.foreign.owners import owner_of
from crawler.revisions import revising_of
from crawler.verb import counted

if TYPE_CHECKING:
    from scrapy.settings import Settings

    from archive.catalog import Catalog

Say = Callable[[str], None]


class Takedown:
    """One address and what is to become of it. Raises ArgumentError for one that can be no article's."""

    def __init__(self, settings: Settings, given: str, reason: str, *, note: Say, complain: Say) -> None:
        """`note` is told how far it is, `complain` what a person must know besides."""
        self._settings, self._reason, self._note, self._complain = settings, reason, note, complain
        self._uri, self._state_dir = settings["ARCHIVE_URI"], settings["STATE_DIR"]
        try:
            (reason + given).encode()
        except UnicodeError as error:
            raise ArgumentError("--reason and address must be UTF-8: type them again on a terminal of that.") from error
        if not public(reason):
            raise ArgumentError(
                "--reason is empty: say why, such as --reason 'court order: District Court, 12/Pdt.G/2026'. What comes "
                "before the first colon is for everybody to read, the rest for the log only."
            )
        self._name, self._outlet = owner_of(given, settings)
        self._url = self._outlet.canonical(given)
        if not self._outlet.is_article(self._url):
            raise ArgumentError(
                f"{self._url} is no article's address at {self._name}: name the article itself, as scrapy history does."
            )

    def planned(self) -> tuple[ExitStatus, list[str]]:
        """What would be done, in words; nothing is changed."""
        with closing(self._files()) as files, closing(catalog_of(self._settings)) as catalog:
            found = self._find(files, catalog)
            if not found.is_due:
                return _nothing(found)
            return ExitStatus.DONE, ["Nothing was changed. This would be taken down:", *told(found, self._reason)]

    def done(self) -> tuple[ExitStatus, list[str]]:
        """Take it down; what was done, in words."""
        with closing(self._files()) as files:
            with revising_of(self._settings, self._name, "takedown") as revising:
                try:
                    found = self._find(files, revising.catalog)
                    scratch = state_folder(self._uri, self._state_dir) / f"takedown-{self._name}"
                    doing = Doing(revising, files, scratch, found, self._reason)
                    doing.check()
                except BaseException:
                    revising.finish({})  # a job that did nothing leaves nothing
                    raise
                if not found.is_due:
                    revising.finish({})
                    if found.taken_down:
                        doing.enlist()
                    return _nothing(found)
                doing.all(self._note)
                entry = log.done_key(found.outlet, revising.id)
            self._pack_search(files)
            self._empty_datasets()
            lines = ["Taken down:", *told(found, self._reason), f"log       {files.where(entry)}"]
            return ExitStatus.DONE, [*lines, f"list      {files.where(revocations.REVOCATIONS)}"]

    def _files(self) -> Files:
        files = files_of(self._uri, self._state_dir)
        if not is_begun(files):
            files.close()
            raise ArgumentError(
                f"There is no archive at {files.name}: is its disk mounted? ARCHIVE_URI names another archive."
            )
        return files

    def _find(self, files: Files, catalog: Catalog) -> Found:
        asked = Asked(self._name, self._url, f"{self._name}:{self._outlet.article_id(self._url)}")
        return find(files, catalog, self._outlet, asked, tell=self._note, complain=self._complain)

    def _pack_search(self, files: Files) -> None:
        """Have the search forget its words too, which a database keeps until it is packed anew."""
        try:
            pack(Places(folder=state_folder(self._uri, self._state_dir)).search, files, self._complain)
        except (StorageError, OSError) as error:
            self._complain(f"The search index may hold its words still: {error}")

    def _empty_datasets(self) -> None:
        """Remove the rows that one who was killed while he made a dataset left in the state folder."""
        folder = state_folder(self._uri, self._state_dir) / FOLDER
        if not folder.exists():
            return
        try:
            with aside(folder):
                pass
        except LeaseHeld:
            self._complain(
                "A dataset is being made here, and may hold the article: when it is there, scrapy verify --dataset "
                "with its name says so. If it does, remove it."
            )
        except OSError as error:
            self._complain(f"{folder} may hold the article still, and cannot be emptied: {error}")


def _nothing(found: Found) -> tuple[ExitStatus, list[str]]:
    if not (found.taken_down and found.told):
        return ExitStatus.SILENT, [f"{found.url}: the archive holds nothing of it; nothing was changed."]
    when = f"{found.told['done'][:10]}: {found.told['reason']}"
    return ExitStatus.DONE, [f"{found.url} was taken down on {when}. The archive holds nothing more of it."]


def told(found: Found, reason: str) -> Iterator[str]:
    """All that is taken down, line by line."""
    yield f"article   {found.article_id}"
    for url in found.addresses:
        yield f"address   {url}"
    yield "          never asked for again, whatever announces it"
    yield f"reason    {_told_reason(found, reason)}"
    for row in found.rows:
        what = f"version {row.version}" if row.is_article else "dropped page"
        became = "the part is written anew without it" if row.counts else "an older part, which is removed"
        yield f"row       {what} in {row.part}, line {row.line}: {became}"
    for record in found.records:
        yield f"record    {record.kind} at byte {record.offset} of {record.warc}: {record.length} bytes"
        yield f"          {record.record_id} {record.date}: a stub of the same length takes its place"
    for key, offsets in sorted(found.lines.items()):
        yield f"index     {len(offsets)} of the lines of {cdxj.path_for(key)} go"
    yield from _told_earlier(found)
    for name, number in sorted(found.datasets.items()):
        rows = "cannot be looked into" if number is None else f"holds {counted(number, 'row')} of it"
        yield f"dataset   {name} {rows}, and stays as it is"
    if found.datasets:
        yield "          the list of revocations names it; make one of another name with scrapy dataset, which leaves"
        yield "          the article out, and remove the old one"
    for folder in found.checks:
        yield f"look      {folder} is an archive of its own that holds it too: give the same command again with"
        yield f"          -s ARCHIVE_URI=ARCHIVE/{folder}"
    if found.damaged:
        yield f"look      {counted(found.damaged, 'file')} under damaged/ may hold parts of it: nobody looks into them"
    kinds = Counter(record.kind for record in found.records)
    records = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())) or "none"
    yield f"together  {counted(len(found.rows), 'row')}; records: {records}"


def _told_earlier(found: Found) -> Iterator[str]:
    for job, entry in found.unfinished.items():
        lacking = f"was cut short ({counted(len(entry['files']), 'file')}), or the entry of its end is gone"
        yield f"begun     takedown {job} {lacking}: it is brought to its end"
    if not (found.rows or found.warcs or found.unfinished):
        yield "log       no entry tells any more that it was taken down: it is entered again"


def _told_reason(found: Found, reason: str) -> str:
    if earlier := found.all_but_done:
        day = earlier.at[:10]
        if earlier.reason is None:
            return f"{public(reason)}: and the day is {day}, as nothing is left to be changed"
        return f"{public(earlier.reason)}: that of {day} stays, as nothing is left to be changed"
    return f"{public(reason)}: that much is for everybody to read; what follows a first colon is not"
