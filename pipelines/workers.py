"""Extraction in processes of its own: a page that hangs or kills its worker costs that page alone."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

TIMEOUT_SECONDS = 30.0
"""Protection only: a page that takes longer is a failure to be tried again, never a verdict."""
QUEUE = 16
"""Pages that may wait for a worker; beyond it callers wait, and the downloader with them."""


class Workers:
    """Runs pure functions in worker processes, spawned on first use."""

    def __init__(self, count: int, timeout: float = TIMEOUT_SECONDS) -> None:
        self._count = count
        self._timeout = timeout
        self._pool = _make_pool(count)
        self._slots = asyncio.Semaphore(count + QUEUE)
        self._one_alone = asyncio.Lock()

    async def run(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call `function` in a worker, and once more, alone in a fresh one, when the first hangs or dies.

        The machine may have been short of time or memory, which is no fault of the page. Raises what the function
        raises, TimeoutError, or pebble.ProcessExpired.
        """
        async with self._slots:
            try:
                return await asyncio.wrap_future(self._schedule(function, *arguments, **named))
            except (TimeoutError, ProcessExpired):
                pass
            async with self._one_alone:
                pool = _make_pool(1)
                try:
                    again: Future[T] = pool.schedule(function, list(arguments), dict(named), timeout=self._timeout)
                    return await asyncio.wrap_future(again)
                finally:
                    await asyncio.to_thread(_stop, pool)

    def _schedule(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> Future[T]:
        try:
            return self._pool.schedule(function, list(arguments), dict(named), timeout=self._timeout)
        except RuntimeError:  # an idle worker was killed, which pebble takes for the end of its pool
            self._pool = _make_pool(self._count)
            return self._pool.schedule(function, list(arguments), dict(named), timeout=self._timeout)

    def stop(self) -> None:
        """End the workers. What they are at is lost, so call it when nothing is awaited."""
        _stop(self._pool)


def _make_pool(count: int) -> ProcessPool:
    return ProcessPool(
        max_workers=count,
        initializer=_deaf_to_interrupts,
        # A forked child would share the reactor's sockets and the writer's open files.
        context=multiprocessing.get_context("spawn"),
    )


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _deaf_to_interrupts() -> None:
    # Ctrl-C reaches the whole process group; only the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
