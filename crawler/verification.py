"""What `scrapy verify` does: one file after the other, and every fault a line with its file and its byte."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, nullcontext
from itertools import chain
from pathlib import Path

from scrapy.exceptions import UsageError

from archive import cdxj
from archive.errors import ExitStatus, StorageError
from archive.faults import Fault, Kind
from archive.files import Files, Unread, files_in
from archive.layout import outlet_of
from archive.verification import takedowns
from archive.verification.files import WARC_SUFFIXES, index_path, orphans, verify_file
from archive.verification.jobs import AtWork, may_be_of
from archive.verification.links import Links
from archive.verification.pairs import Note
from archive.verification.sums import Sums
from crawler.findings import AGAIN, Findings, complain
from crawler.verb import counted


class Verification(Findings):
    """One run over a list of files, told on standard output."""

    def __init__(self, *, reindex: bool) -> None:
        super().__init__()
        self._reindex = reindex
        self._records = 0
        self._made: set[str] = set()
        """Keys of indexes."""
        self._is_waiting = False

    @property
    def status(self) -> ExitStatus:
        found = super().status
        return ExitStatus.UPLOADS_PENDING if self._is_waiting and found is not ExitStatus.STORAGE else found

    def of_archive(self, files: Files, at_work: AtWork, *, deep: bool, patience: float) -> ExitStatus:
        """Check an archive: its WARC files, what lies beside them, and with `deep` what lies between them.

        Of jobs that are `at_work` not everything must be there yet; `patience` is that of `Files.settle`. Raises
        UsageError where there is nothing to check, OutputError, StorageError.
        """
        sums = Sums(files)
        links = Links(files, at_work, self.refused, sums) if deep else None
        with closing(sums), closing(links) if links else nullcontext():
            warcs, indexes = self._listed(files, links)
            self.progress.begin([Path(files.where(key)) for key in warcs] if files.is_here else [])
            for number, key in enumerate(warcs, 1):
                if not files.is_here:
                    self.progress.tell(f"file {number} of {len(warcs)}  {files.where(key)}")
                self._try(files, key, at_work, links, sums)
            for key, fault in orphans(indexes, set(warcs), files, self.refused):
                if not self._is_coming(key, at_work):
                    self.say(files.where(key), fault)
            self.progress.tell(f"following {'revisits, rows and ' if links else ''}manifests")
            between = links.faults() if links else sums.read(self.refused)
            taken = takedowns.faults(files, sums.takedowns, at_work, self.refused)
            for key, fault in chain(between, sums.faults(self.refused), taken):
                self.say(files.where(key), fault)
        self._settle(files, patience)
        return self._end(len(warcs))

    def of_named(self, names: list[str], ours: Path | None) -> ExitStatus:
        """Check the files that are named; those under `ours` were written by us.

        Raises UsageError for what cannot be meant, OutputError.
        """
        paths = self._named(names)
        self.progress.begin(paths)
        for path in paths:
            self._try_named(path, own=ours is not None and path.resolve().is_relative_to(ours.resolve()))
            self.progress.pass_over(path)
        return self._end(len(paths))

    def _end(self, number: int) -> ExitStatus:
        self.note(f"{self.counted()} in {counted(number, 'file')}, {counted(self._records, 'record')}")
        return self.status

    def _listed(self, files: Files, links: Links | None) -> tuple[list[str], list[str]]:
        """Keys of the WARC files and of the indexes. Raises UsageError."""

        def unlisted(error: Unread) -> None:
            self.refused(error)
            if links:
                links.lacks()

        keys = list(files.keys("warc", *WARC_SUFFIXES, ".cdxj", refused=unlisted))
        if not keys and not self.unread:
            mounted = "is its disk mounted? " if files.is_here else ""
            raise UsageError(
                f"There is no archive at {files.name}, or it has no WARC file: {mounted}"
                "scrapy crawl OUTLET makes one, -s ARCHIVE_URI=FOLDER names another.",
                print_help=False,
            )
        warcs = [key for key in keys if key.endswith(WARC_SUFFIXES)]
        return warcs, [key for key in keys if not key.endswith(WARC_SUFFIXES)]

    def _named(self, names: list[str]) -> list[Path]:
        """The files that were named, and those in the folders that were."""
        paths: list[Path] = []
        for name in names:
            path = Path(name)
            if name.startswith("-"):
                raise UsageError(f"There is no option {name}: scrapy verify -h names them.", print_help=False)
            if name and path.is_dir():
                found = files_in(path, *WARC_SUFFIXES, refused=self.refused)
                if not found and not self.unread:
                    raise UsageError(f"{name} holds no .warc or .warc.gz file.", print_help=False)
                paths += found
            elif name and path.is_file():
                paths.append(path)
            else:
                raise UsageError(f"{name!r} is no regular file: name WARC files or folders.", print_help=False)
        return list(dict.fromkeys(paths))

    def _try(self, files: Files, key: str, at_work: AtWork, links: Links | None, sums: Sums) -> None:
        """Check a file of the archive, and tell `links` and `sums` of it."""
        name, index = files.where(key), cdxj.path_for(key)
        tell = links.of(key) if links else None
        before = self.faults

        def keep(made: Path) -> None:
            files.add(made, index)
            self._made.add(index)

        try:
            with files.warc(key) as path:
                missing = self._check(name, path, own=True, tell=tell)
                sums.add(key, path)
                if self._is_to_be_indexed(path, before):
                    self._write_index(path, files.where(index), keep)
                # Asked for once more: its job may have put it there, and ended, while the file was read.
                elif missing and not self._is_coming(key, at_work) and not files.exists(index):
                    self.say(name, missing)
        except (OSError, StorageError) as error:
            self.refused(error, name)
            if links:
                links.lacks(key)
        self.progress.pass_over(Path(name))

    def _try_named(self, path: Path, *, own: bool) -> None:
        before = self.faults
        try:
            missing = self._check(str(path), path, own=own)
            if self._is_to_be_indexed(path, before):
                self._write_index(path, str(index_path(path)))
            elif missing:
                self.say(str(path), missing)
        except OSError as error:
            self.refused(error, str(path))

    def _check(self, name: str, path: Path, *, own: bool, tell: Callable[[Note], None] | None = None) -> Fault | None:
        """Say every fault of a file but the one that it has no index, which is returned."""

        def seen(note: Note) -> None:
            self._records += 1
            self.progress.show(path, note.offset)
            if tell:
                tell(note)

        missing = None
        for fault in verify_file(path, own=own, seen=seen):
            if fault.kind is Kind.INDEX_MISSING:
                missing = fault
            else:
                self.say(name, fault)
        return missing

    def _is_to_be_indexed(self, path: Path, before: int) -> bool:
        return self._reindex and self.faults == before and not index_path(path).exists()

    def _write_index(self, path: Path, name: str, keep: Callable[[Path], None] = lambda _: None) -> None:
        index = index_path(path)
        lines = sorted(cdxj.index(path))
        self.progress.clear()
        try:
            cdxj.write(index, lines)
            keep(index)
        except OSError as error:
            self.refused(StorageError(f"{name} cannot be written: {error.strerror or error}. {AGAIN}"))
        except StorageError as error:
            self.refused(error)
        else:
            complain(f"{name} was written.")

    def _is_coming(self, key: str, at_work: AtWork) -> bool:
        """May the job that made this WARC or index not have put the other one there yet?"""
        try:
            return may_be_of(key, at_work(outlet_of(key)))
        except (OSError, StorageError) as error:
            self.refused(error)
            return True

    def _settle(self, files: Files, patience: float) -> None:
        """Wait until the indexes that were made are where they belong."""
        if not self._made:
            return

        def tick() -> None:
            self.progress.tell("uploading indexes")

        if left := {*files.settle(patience, tick)} & self._made:
            self._is_waiting = True
            self.progress.clear()
            complain(
                f"Indexes that could not be uploaded yet: {len(left)}. They wait in STATE_DIR: scrapy upload sends "
                "them, and so does the next job of any outlet."
            )
