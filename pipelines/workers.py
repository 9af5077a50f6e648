"""Extraction in processes of its own: a page that hangs or kills its worker costs that page alone."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

from pebble import ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

TIMEOUT_SECONDS = 30.0
"""Protection only: a page that takes longer is a failure to be tried again, never a verdict."""
QUEUE = 16
"""Pages that may wait for a worker; beyond it callers wait, and the downloader with them."""


class Workers:
    """Runs pure functions in worker processes, spawned on first use."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = self._make_pool()
        self._slots = asyncio.Semaphore(count + QUEUE)

    async def run(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call `function` in a worker. Raises what it raises, TimeoutError, or pebble.ProcessExpired."""
        async with self._slots:
            try:
                future = self._schedule(function, *arguments, **named)
            except RuntimeError:  # an idle worker was killed, which pebble takes for the end of its pool
                self._pool = self._make_pool()
                future = self._schedule(function, *arguments, **named)
            return await asyncio.wrap_future(future)

    def _schedule(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> Future[T]:
        return self._pool.schedule(function, args=list(arguments), kwargs=dict(named), timeout=TIMEOUT_SECONDS)

    def _make_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._count,
            initializer=_deaf_to_interrupts,
            # A forked child would share the reactor's sockets and the writer's open files.
            context=multiprocessing.get_context("spawn"),
        )

    def stop(self) -> None:
        """End the workers. What they are at is lost, so call it when nothing is awaited."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _deaf_to_interrupts() -> None:
    # Ctrl-C reaches the whole process group; only the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
