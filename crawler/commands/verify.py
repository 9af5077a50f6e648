"""`scrapy verify`: is the archive, or a WARC file, sound? Every fault is named with its file and its byte."""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from archive import cdxj
from archive.errors import ArsipError, ExitStatus, StorageError
from archive.faults import Fault, Kind
from archive.storage import archive_path
from archive.verification.files import WARC_SUFFIXES, files_in, index_path, orphans, verify_file
from archive.verification.links import Links

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from archive.verification.pairs import Note

_PAUSE = 0.2
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
            "Exit status: 0 no fault, 2 bad arguments, 5 something could not be read, 10 faults."
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
        try:
            root = archive_path(self.settings["ARCHIVE_URI"])
            paths = _named(args) if args else _of_archive(root)
            if opts.deep and args:
                raise UsageError(
                    "--deep follows what lies between all files of an archive: leave the files out, and choose the "
                    "archive with -s ARCHIVE_URI=FOLDER.",
                    print_help=False,
                )
            verification = Verification(root, paths, whole=not args, reindex=opts.reindex)
            self.exitcode = int(verification.run(deep=opts.deep))
        except ArsipError as error:
            _complain(str(error))
            self.exitcode = int(error.status)
        except BrokenPipeError:  # somebody has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self.exitcode = int(ExitStatus.VERIFICATION)
        except OSError as error:
            _complain(f"{error.filename or 'A file'} cannot be read: {error.strerror or error}. {_AGAIN}")
            self.exitcode = int(ExitStatus.STORAGE)
        except KeyboardInterrupt:
            _complain("Interrupted; what was not reached was not checked.")
            self.exitcode = int(ExitStatus.INTERRUPTED)


class Verification:
    """One run over a list of files, told on standard output."""

    def __init__(self, root: Path, paths: list[Path], *, whole: bool, reindex: bool) -> None:
        """`root` is the archive: what lies under its warc/ was written by us. Are the files `whole` of it?"""
        self._root = root
        self._whole = whole
        self._ours = (root / "warc").resolve()
        self._paths = paths
        self._reindex = reindex
        self._progress = _Progress(sum(path.stat().st_size for path in paths))
        self._faults = 0
        self._records = 0
        self._unread = False
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")

    def run(self, *, deep: bool) -> ExitStatus:
        """Check the files; of a whole archive also what lies beside them, and with `deep` between them."""
        with ExitStack() as stack:
            links = stack.enter_context(closing(Links(self._root))) if deep else None
            for path in self._paths:
                self._try(path, links.of(path.relative_to(self._root).as_posix()) if links else None)
            for path, fault in orphans(self._root / "warc") if self._whole else ():
                self._say(path, fault)
            if links:
                self._progress.tell("following revisits, rows and manifests")
                for path, fault in links.faults():
                    self._say(path, fault)
        self._progress.clear()
        faults = _counted(self._faults, "fault") if self._faults else "no faults"
        _print(f"{faults} in {_counted(len(self._paths), 'file')}, {_counted(self._records, 'record')}")
        if self._unread:
            return ExitStatus.STORAGE
        return ExitStatus.VERIFICATION if self._faults else ExitStatus.DONE

    def _try(self, path: Path, tell: Callable[[Note], None] | None) -> None:
        """Check a file; one that cannot be read does not keep the others from it."""
        try:
            self._check(path, tell)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._unread = True
            self._progress.clear()
            _complain(f"{path} cannot be read: {error.strerror or error}. {_AGAIN}")
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
        try:
            cdxj.write(index, cdxj.index(path))
        except OSError as error:
            raise StorageError(f"{index} cannot be written: {error.strerror}. Make room and try again.") from error
        self._progress.clear()
        _complain(f"{index} was written.")

    def _say(self, path: Path, fault: Fault) -> None:
        self._faults += 1
        self._progress.clear()
        _print(f"{path}:{fault.offset}: {fault.kind}: {fault.detail}")


class _Progress:
    """Bytes done of all, on one line that is rewritten, for a person who watches; nothing in a log."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._before = 0
        self._shown = 0.0
        self._visible = False
        self._watched = sys.stderr.isatty()

    def show(self, path: Path, offset: int) -> None:
        """Say how far we are, now and then."""
        now = time.monotonic()
        if not self._watched or now - self._shown < _PAUSE:
            return
        self._shown = now
        done = self._before + offset
        self.tell(f"{100 * done // max(self._size, 1)} % of {self._size / 1e6:,.0f} MB  {path}")

    def tell(self, text: str) -> None:
        """Put a text on the line."""
        if self._watched:
            self._visible = True
            sys.stderr.write(f"\r{_plain(text)[: shutil.get_terminal_size().columns - 1]}\x1b[K")
            sys.stderr.flush()

    def pass_over(self, path: Path) -> None:
        """A file is done."""
        self._before += path.stat().st_size if path.exists() else 0

    def clear(self) -> None:
        """Make room for a line."""
        if self._visible:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._visible = False


def _of_archive(root: Path) -> list[Path]:
    folder = root / "warc"
    if not folder.is_dir():
        raise UsageError(
            f"There is no archive at {root}: scrapy crawl OUTLET makes one, -s ARCHIVE_URI=FOLDER names another.",
            print_help=False,
        )
    return files_in(folder, *WARC_SUFFIXES)


def _named(names: list[str]) -> list[Path]:
    """The files that were named, and those in the folders that were."""
    paths: list[Path] = []
    for name in names:
        path = Path(name)
        if name.startswith("-"):
            raise UsageError(f"There is no option {name}: scrapy verify -h names them.", print_help=False)
        if path.is_dir():
            found = files_in(path, *WARC_SUFFIXES)
            if not found:
                raise UsageError(f"{name} holds no .warc or .warc.gz file.", print_help=False)
            paths += found
        elif path.is_file():
            paths.append(path)
        else:
            raise UsageError(f"{name} is no regular file: name WARC files or folders.", print_help=False)
    return list(dict.fromkeys(paths))


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _plain(text: str) -> str:
    """Text without anything that would move a terminal's cursor or change its colours."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _print(line: str) -> None:
    print(_plain(line))  # noqa: T201 - the user reads this


def _complain(text: str) -> None:
    print(f"scrapy verify: {_plain(text)}", file=sys.stderr)  # noqa: T201 - the user reads this
