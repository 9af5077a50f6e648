"""Every error of ours, and the exit status a scheduler sees for it."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """What a verb ends with. 130 is 128 + SIGINT, as shells have it."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    UNREACHABLE = 3
    BLOCKED = 4
    STORAGE = 5
    UPLOADS_PENDING = 6
    ALARM = 7
    SILENT = 8
    LEASED = 9
    VERIFICATION = 10
    INTERRUPTED = 130


WORDS = {
    ExitStatus.DONE: "done",
    ExitStatus.FAULT: "a fault of ours",
    ExitStatus.USAGE: "bad arguments",
    ExitStatus.UNREACHABLE: "unreachable",
    ExitStatus.BLOCKED: "refuses us",
    ExitStatus.STORAGE: "storage failed",
    ExitStatus.UPLOADS_PENDING: "uploads wait",
    ExitStatus.ALARM: "alarm",
    ExitStatus.SILENT: "nothing announced",
    ExitStatus.LEASED: "another job is at work",
    ExitStatus.INTERRUPTED: "interrupted",
}
"""What a job can end with, in words that fit into a table."""


class ArsipError(Exception):
    """Root of the tree. The message is a sentence that says what to do next."""

    status = ExitStatus.FAULT


class ArgumentError(ArsipError):
    """A spider argument or a setting that cannot be meant."""

    status = ExitStatus.USAGE


class SourceRefused(ArsipError):
    """A source that is beyond a limit or not what it claims to be; the other sources go on."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name


class StorageError(ArsipError):
    """The archive or the state folder could not be read or written."""

    status = ExitStatus.STORAGE


class StorageUnreachable(StorageError):
    """Storage that gives no answer now and may later: it is down, slow, overloaded or full."""


class StorageRefused(StorageError):
    """Storage that will not have us until a person changes something: credentials, bucket, clock, rights."""


class UploadsWait(StorageError):
    """What must be in the bucket first is on this machine, or on another one, still."""

    status = ExitStatus.UPLOADS_PENDING


class Damaged(StorageError):
    """Something in the archive is not what it was when it was written."""


class NotHttp(ArsipError):
    """An answer that is kept as bytes, but cannot be replayed and is no page."""


class LeaseHeld(ArsipError):
    """Another job is at work on this outlet."""

    status = ExitStatus.LEASED


class LeaseLost(LeaseHeld):
    """A job stood still for longer than its lease, and another one has the outlet now."""
