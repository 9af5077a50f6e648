"""`scrapy verify`: is the archive, or a WARC file, sound? Every fault is named with its file and its byte."""

from __future__ import annotations

import io
import os
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from archive import cdxj
from archive.errors import ArsipError, ExitStatus
from archive.faults import Fault, Kind
from archive.job import state_folder
from archive.storage import archive_path
from archive.verification.files import WARC_SUFFIXES, files_in, index_path, orphans, verify_file
from archive.verification.links import Links
from crawler.progress import Progress, plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from archive.verification.pairs import Note

_AGAIN = "Check rights and disk, and verify again."


class Command(ScrapyCommand):
    """Reads everything and changes nothing."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[--deep] [--reindex] [FILE or FOLDER ...]"

    def short_desc(self) -> str:
        return "Check WARC files, their indexes, and what points at them"

    def long_desc(self) -> str:
        return (
            "Check every WARC file of the archive (ARCHIVE_URI), or the files named, or all .warc and .warc.gz in the "
            "folders named: gzip members, record headers, lengths, both digests, the records of a capture, revisits, "
            "and the CDXJ index beside each file. Every fault is a line PATH:OFFSET: KIND: what is wrong; the last one "
            "counts them. docs/verifying.md says what each kind means and what to do. "
            "Exit status: 0 no fault, 2 bad arguments or nothing to check, 5 something could not be read or written, "
            "10 faults, 130 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--deep",
            action="store_true",
            help="also follow every revisit, every row and every manifest of the archive to what it names",
        )
        parser.add_argument(
            "--reindex",
            action="store_true",
            help="write the index of a file that has none and no fault; never overwrites one",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Verify, and end with the exit status. Raises UsageError for what cannot be meant."""
        assert self.settings is not None
        verification: Verification | None = None
        try:
            uri = self.settings["ARCHIVE_URI"]
            if not uri.strip():
                raise UsageError("ARCHIVE_URI is empty: give the folder of the archive.", print_help=False)
            if opts.deep and args:
                raise UsageError(
                    "--deep follows what lies between all files of an archive: leave the files out, and choose the "
                    "archive with -s ARCHIVE_URI=FOLDER.",
                    print_help=False,
                )
            root = archive_path(uri)
            spool = state_folder(uri, self.settings["STATE_DIR"]) / "spool"
            verification = Verification(root, spool, whole=not args, reindex=opts.reindex)
            self.exitcode = int(verification.run(args, deep=opts.deep))
            _print_all()
        except OutputError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered has nowhere to go
            if isinstance(error.reason, BrokenPipeError):  # somebody has read enough
                self.exitcode = int(verification.status if verification else ExitStatus.DONE)
                return
            _complain(f"The result cannot be written: {error.reason.strerror}. Give it a place and verify again.")
            self.exitcode = int(ExitStatus.STORAGE)
        except ArsipError as error:
            _complain(str(error))
            self.exitcode = int(error.status)
        except OSError as error:
            _complain(f"{error.filename or 'A file'} cannot be read: {error.strerror or error}. {_AGAIN}")
            self.exitcode = int(ExitStatus.STORAGE)
        except KeyboardInterrupt:
            _complain("Interrupted; what was not reached was not checked.")
            self.exitcode = int(ExitStatus.INTERRUPTED)


class OutputError(Exception):
    """Standard output takes nothing more: no fault of the file that is being read."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Verification:
    """One run over a list of files, told on standard output."""

    def __init__(self, root: Path, spool: Path, *, whole: bool, reindex: bool) -> None:
        """`root` is the archive: what lies under its warc/ was written by us. Is it to be checked as a `whole`?"""
        self._root = root
        self._spool = spool
        self._whole = whole
        self._ours = (root / "warc").resolve()
        self._reindex = reindex
        self._progress = Progress()
        self._faults = 0
        self._records = 0
        self._unread: set[str] = set()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")

    @property
    def status(self) -> ExitStatus:
        """What is known so far."""
        if self._unread:
            return ExitStatus.STORAGE
        return ExitStatus.VERIFICATION if self._faults else ExitStatus.DONE

    def run(self, names: list[str], *, deep: bool) -> ExitStatus:
        """Check the files; of a whole archive also what lies beside them, and with `deep` between them.

        Raises UsageError where there is nothing to check, OutputError.
        """
        paths = self._of_archive() if self._whole else self._named(names)
        self._progress.begin(paths)
        with ExitStack() as stack:
            links = stack.enter_context(closing(Links(self._root, self._spool))) if deep else None
            for path in paths:
                self._try(path, links.of(path.relative_to(self._root).as_posix()) if links else None)
            for path, fault in orphans(self._root / "warc", self._refused) if self._whole else ():
                self._say(path, fault)
            if links:
                self._progress.tell("following revisits, rows and manifests")
                for path, fault in links.faults(self._refused):
                    self._say(path, fault)
        self._progress.clear()
        faults = _counted(self._faults, "fault") if self._faults else "no faults"
        _print(f"{faults} in {_counted(len(paths), 'file')}, {_counted(self._records, 'record')}")
        return self.status

    def _of_archive(self) -> list[Path]:
        folder = self._root / "warc"
        paths = files_in(folder, *WARC_SUFFIXES, ".cdxj", refused=self._refused)
        if not paths and not self._unread:
            raise UsageError(
                f"There is no archive at {self._root}, or it has no WARC file: is its disk mounted? "
                "scrapy crawl OUTLET makes one, -s ARCHIVE_URI=FOLDER names another.",
                print_help=False,
            )
        return [path for path in paths if path.name.endswith(WARC_SUFFIXES)]

    def _named(self, names: list[str]) -> list[Path]:
        """The files that were named, and those in the folders that were."""
        paths: list[Path] = []
        for name in names:
            path = Path(name)
            if name.startswith("-"):
                raise UsageError(f"There is no option {name}: scrapy verify -h names them.", print_help=False)
            if name and path.is_dir():
                found = files_in(path, *WARC_SUFFIXES, refused=self._refused)
                if not found and not self._unread:
                    raise UsageError(f"{name} holds no .warc or .warc.gz file.", print_help=False)
                paths += found
            elif name and path.is_file():
                paths.append(path)
            else:
                raise UsageError(f"{name!r} is no regular file: name WARC files or folders.", print_help=False)
        return list(dict.fromkeys(paths))

    def _refused(self, error: OSError, path: Path | None = None) -> None:
        """Something cannot be read, which does not keep the others from it."""
        name = str(error.filename or path or "A file")
        if name not in self._unread:
            self._progress.clear()
            _complain(f"{name} cannot be read: {error.strerror or error}. {_AGAIN}")
        self._unread.add(name)

    def _try(self, path: Path, tell: Callable[[Note], None] | None) -> None:
        try:
            self._check(path, tell)
        except OSError as error:
            self._refused(error, path)
        self._progress.pass_over(path)

    def _check(self, path: Path, tell: Callable[[Note], None] | None) -> None:
        def seen(note: Note) -> None:
            self._records += 1
            self._progress.show(path, note.offset)
            if tell:
                tell(note)

        before, missing = self._faults, None
        own = self._whole or path.resolve().is_relative_to(self._ours)
        for fault in verify_file(path, own=own, seen=seen):
            if self._reindex and fault.kind is Kind.INDEX_MISSING:
                missing = fault
            else:
                self._say(path, fault)
        if self._reindex and not index_path(path).exists():
            if self._faults == before:
                self._write_index(path)
            elif missing:
                self._say(path, missing)

    def _write_index(self, path: Path) -> None:
        index = index_path(path)
        lines = sorted(cdxj.index(path))
        self._progress.clear()
        try:
            cdxj.write(index, lines)
        except OSError as error:
            self._unread.add(str(index))
            _complain(f"{index} cannot be written: {error.strerror or error}. {_AGAIN}")
        else:
            _complain(f"{index} was written.")

    def _say(self, path: Path, fault: Fault) -> None:
        self._faults += fault.times
        self._progress.clear()
        _print(f"{path}:{fault.offset}: {fault.kind}: {fault.detail}")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _print(line: str) -> None:
    try:
        print(plain(line))  # noqa: T201 - the user reads this
    except OSError as error:
        raise OutputError(error) from error


def _print_all() -> None:
    """At the end of the process nobody could say that it failed."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise OutputError(error) from error


def _complain(text: str) -> None:
    print(f"scrapy verify: {plain(text)}", file=sys.stderr)  # noqa: T201 - the user reads this
