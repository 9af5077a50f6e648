"""What a verification finds: each fault a line on standard output, and what all of them come to."""

from __future__ import annotations

import io
import sys

from archive.errors import ExitStatus
from archive.faults import Fault
from archive.files import Unread
from crawler import verb
from crawler.progress import Progress, plain

AGAIN = "Check rights and disk, and verify again."


class OutputError(Exception):
    """Standard output takes nothing more: no fault of the file that is being read."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Findings:
    """Faults, what could not be read, and how far it is. What prints raises OutputError."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.faults = 0
        self.unread: set[str] = set()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")

    @property
    def status(self) -> ExitStatus:
        """What is known so far."""
        if self.unread:
            return ExitStatus.STORAGE
        return ExitStatus.VERIFICATION if self.faults else ExitStatus.DONE

    def refused(self, error: Unread, name: str = "") -> None:
        """Something cannot be read, which does not keep the others from it."""
        text = str(error) if name in str(error) else f"{name} cannot be read. {error}"
        if isinstance(error, OSError):
            text = f"{error.filename or name or 'A file'} cannot be read: {error.strerror or error}. {AGAIN}"
        if text not in self.unread:
            self.progress.clear()
            complain(text)
        self.unread.add(text)

    def say(self, name: str, fault: Fault) -> None:
        """Print a fault of a file."""
        self.faults += fault.times
        self.note(f"{name}:{fault.offset}: {fault.kind}: {fault.detail}")

    def note(self, line: str) -> None:
        """Print a line."""
        self.progress.clear()
        try:
            print(plain(line))  # noqa: T201 - the user reads this
        except OSError as error:
            raise OutputError(error) from error

    def counted(self) -> str:
        """The faults, in words."""
        return verb.counted(self.faults, "fault") if self.faults else "no faults"


def complain(text: str) -> None:
    """Say on standard error what keeps the result from being whole."""
    verb.complain("verify", text)


def finish_output() -> None:
    """Print what is buffered: at the end of the process nobody could say that it failed. Raises OutputError."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise OutputError(error) from error
