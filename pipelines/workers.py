"""Extraction in processes of its own: a page that hangs or kills its worker costs that page alone."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable, Collection
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

TIMEOUT_SECONDS = 30.0
"""Protection only: a page that takes longer is a failure to be tried again, never a verdict."""


class Workers:
    """Runs pure functions in worker processes, begun on first use.

    A pool of pebble's loses what waits in it when a worker dies that was at nothing, so each pool is one worker with
    one page. Callers wait for it, and the downloader with them.
    """

    def __init__(self, count: int, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._pools: set[ProcessPool] = set()
        # Last in, first out: a worker that has begun goes before one that has not.
        self._idle: asyncio.LifoQueue[ProcessPool] = asyncio.LifoQueue()
        for _ in range(count):
            self._idle.put_nowait(self._open())
        self._one_alone = asyncio.Lock()

    async def run(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call `function` in a worker, and once more, alone in a fresh one, when the first hangs or dies.

        The machine may have been short of time or memory, which is no fault of the page. Raises what the function
        raises, TimeoutError, or pebble.ProcessExpired.
        """
        call = partial(function, *arguments, **named)
        pool = await self._idle.get()
        try:
            return await self._ask(pool, call)
        except (TimeoutError, ProcessExpired):
            failed, pool = pool, self._open()
        finally:
            self._idle.put_nowait(pool)
        await self._close(failed)
        async with self._one_alone:
            pool = self._open()
            try:
                return await self._ask(pool, call)
            finally:
                await self._close(pool)

    async def _ask(self, pool: ProcessPool, call: Callable[[], T]) -> T:
        try:
            return await asyncio.wrap_future(schedule(pool, call, self._timeout))
        except BrokenProcessPool as error:
            raise ProcessExpired("The worker died before it took the page") from error  # type: ignore[no-untyped-call]

    def _open(self) -> ProcessPool:
        pool = open_pool()
        self._pools.add(pool)
        return pool

    async def _close(self, pool: ProcessPool) -> None:
        self._pools.remove(pool)
        await asyncio.to_thread(stop_pools, [pool])

    def stop(self) -> None:
        """End the workers. What they are at is lost, so call it when nothing is awaited."""
        stop_pools(self._pools)


def prepare(*modules: str) -> None:
    """Begin the process that workers come from, with what these modules import; it goes on while the caller does."""
    _nursery(*modules)
    # Ctrl-C reaches it as well, and would end it with a traceback while it imports. It inherits what is blocked here;
    # the tracker, which it needs, goes first, for it leaves Ctrl-C unblocked.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def open_pool() -> ProcessPool:
    """One worker process, begun on first use."""
    prepare()
    return ProcessPool(max_workers=1, initializer=_deaf_to_interrupts, context=_nursery())


def schedule(pool: ProcessPool, call: Callable[[], T], timeout: float) -> Future[T]:
    """Have a worker do it within so many seconds. Raises BrokenProcessPool when it was killed while it was idle."""
    try:
        return pool.schedule(call, timeout=timeout)
    except RuntimeError as error:  # the worker was killed while it was idle
        raise BrokenProcessPool from error


def stop_pools(pools: Collection[ProcessPool]) -> None:
    """End workers, whatever they are at."""
    for pool in pools:
        pool.stop()  # type: ignore[no-untyped-call]
    for pool in pools:
        pool.join()


def _nursery(*modules: str) -> ForkServerContext:
    """Where workers come from: a process that has imported what they need, and holds nothing of ours.

    Forked from this one they would share the reactor's sockets and the writer's open files; spawned, each would import
    everything anew, the program that started us included.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "scrapy.cmdline", "pipelines.extract", *modules])
    return context


def _deaf_to_interrupts() -> None:
    # Ctrl-C reaches the whole process group; only the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
