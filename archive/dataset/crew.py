"""Work on several cores, whose results come in the order in which it was given out."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from archive.errors import ArsipError

S = TypeVar("S")
T = TypeVar("T")


def spread(function: Callable[[S], T], tasks: Sequence[S], jobs: int) -> Iterator[T]:
    """The results of a function for each of the tasks, by so many processes; by this one where that is as good.

    Raises what the function raises, and ArsipError when a process dies.
    """
    if jobs == 1 or len(tasks) < 2:
        yield from map(function, tasks)
        return
    # Forked from a process that holds nothing of ours, and has imported what they need.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["archive.dataset.build"])
    pool = ProcessPool(min(jobs, len(tasks)), context=context, initializer=_deaf_to_interrupts)
    try:
        yield from pool.map(function, tasks).result()
    except (ProcessExpired, BrokenProcessPool) as error:
        raise ArsipError(
            f"A worker process died ({error}): is there too little memory? Start again with fewer --jobs."
        ) from error
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _deaf_to_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; who gave out the work ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
