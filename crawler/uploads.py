"""Uploads that a verb waits for: what a person is told of them, and when nobody waits any longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from archive.errors import ArgumentError
from archive.model import Pending

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

TELL_SECONDS = 20.0
"""Time between two lines of a log."""


class NoLongerAwaited(Exception):
    """Raised out of a wait for uploads; they go on waiting in the outbox."""


class HasPending(Protocol):
    """The storage, as far as it is asked what waits."""

    def pending(self) -> Pending: ...


class Waiting:
    """Ticks while a verb waits for uploads: says now and then how far they are, and leaves when it is told to."""

    def __init__(self, storage: HasPending, tell: Callable[[str], None], seconds: float = TELL_SECONDS) -> None:
        self._storage = storage
        self._tell = tell
        self._seconds = seconds
        self._told = time.monotonic()
        self._is_left = False

    def leave(self) -> None:
        """Let the next tick end the wait. Any thread may say so."""
        self._is_left = True

    def tick(self) -> None:
        """To be called about once a second. Raises NoLongerAwaited."""
        if self._is_left:
            raise NoLongerAwaited
        if time.monotonic() - self._told >= self._seconds:
            self._told = time.monotonic()
            if (pending := self._storage.pending()).files:
                self._tell(f"uploading, {amount(pending)} to go{': ' + pending.problem if pending.problem else ''}")


def amount(pending: Pending) -> str:
    """`1 file, 0.3 MB`."""
    return f"{pending.files:,} file{'' if pending.files == 1 else 's'}, {pending.size / 1e6:,.1f} MB"


def left(pending: Pending, outbox: Path) -> str:
    """What waits, where, why, and what becomes of it."""
    why = f": {pending.problem}" if pending.problem else "."
    verb = "waits" if pending.files == 1 else "wait"
    return (
        f"{amount(pending)}, {verb} for upload in {outbox}{why} "
        "Nothing is lost: the next job of any outlet sends them, or scrapy upload."
    )


def spool_limit(settings: BaseSettings) -> float:
    """SPOOL_LIMIT_MB in bytes. Raises ArgumentError."""
    return number(settings, "SPOOL_LIMIT_MB", "megabytes") * 1e6


def patience(settings: BaseSettings) -> float:
    """UPLOAD_PATIENCE in seconds. Raises ArgumentError."""
    return number(settings, "UPLOAD_PATIENCE", "seconds")


def number(settings: BaseSettings, name: str, unit: str) -> float:
    """A setting that is a number, 0 or more. Raises ArgumentError."""
    try:
        number = float(settings[name])
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ArgumentError(f"{name}={settings[name]} is not possible: give a number of {unit}, 0 or more.")
    return number
