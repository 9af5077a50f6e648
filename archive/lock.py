"""Who on this machine has an outlet: one job at a time; and whoever makes the catalog anew has all of them."""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path

from archive.errors import LeaseHeld
from archive.local import make_folder

_REBUILD = "rebuild"
"""Shared by all jobs, and had alone by whoever makes the catalog anew."""


def lock_outlet(state: Path, outlet: str) -> ExitStack:
    """Keep other processes of this machine from an outlet until the stack is closed. Raises LeaseHeld, OSError."""
    with ExitStack() as taken:
        if holder := _take(taken, state, _REBUILD, fcntl.LOCK_SH):
            raise LeaseHeld(f"The catalog is being made anew (process {holder}); start again when that is done.")
        if holder := _take(taken, state, f"{outlet}.lock", fcntl.LOCK_EX):
            raise LeaseHeld(f"Another job is at work on {outlet} (process {holder}); wait for it or stop it.")
        return taken.pop_all()


def lock_all(state: Path) -> ExitStack:
    """Keep other processes of this machine from every outlet until the stack is closed. Raises LeaseHeld, OSError."""
    with ExitStack() as taken:
        # The locks of outlets say who is at work; and jobs of version 0.1.0 have no other.
        for path in sorted((state / "lease").glob("*.lock")):
            if holder := _take(taken, state, path.name, fcntl.LOCK_EX):
                raise LeaseHeld(f"A job is at work on {path.stem} (process {holder}); wait for it or stop it.")
        if _take(taken, state, _REBUILD, fcntl.LOCK_EX):
            raise LeaseHeld("A job has just begun, or the catalog is being made anew already; wait, and start again.")
        return taken.pop_all()


def is_at_work(state: Path, outlet: str) -> bool:
    """Has a process of this machine the outlet? Raises OSError."""
    with ExitStack() as taken:
        return _take(taken, state, f"{outlet}.lock", fcntl.LOCK_EX) is not None


def _take(taken: ExitStack, state: Path, name: str, how: int) -> str | None:
    """Lock a file until the stack is closed; the process that has it, if another one has."""
    path = state / "lease" / name
    make_folder(path.parent)
    lock = taken.enter_context(path.open("a+", encoding="utf-8"))
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        return lock.read().strip() or "unknown"
    if how == fcntl.LOCK_EX:
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
    return None
