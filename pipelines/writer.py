"""The one thread that writes: the reactor never waits for a disk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple, ParamSpec, TypeVar

from archive.errors import LeaseLost, StorageError

P = ParamSpec("P")
T = TypeVar("T")

BEHIND = 32
"""Calls that may wait for the disk before those who bring more are held up."""
BATCH = 32
"""Calls that are reported to the event loop at a time while more are queued: each report wakes it."""


STOPPED = (StorageError, LeaseLost)
"""After one of these nothing more may be written: the disk refuses, or the outlet is another machine's."""


class _Done(NamedTuple):
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs calls one after the other in its own thread.

    After the first StorageError it refuses everything: a line torn by a full disk must stay the last one, so that
    the next start can cut it off. After LeaseLost too: another machine is at work on the outlet.
    """

    def __init__(self, on_failure: Callable[[BaseException], None]) -> None:
        """`on_failure` is told of every exception: nobody waits for most captures."""
        self.failure: StorageError | LeaseLost | None = None
        self._on_failure = on_failure
        self._calls: SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread | None = None

    def run(self, act: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> asyncio.Future[T]:
        """Queue a call; a future on the event loop. Raises (in the future) StorageError, LeaseLost."""
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
            self._thread.start()
        future: asyncio.Future[T] = self._loop.create_future()
        self._calls.put((future, partial(act, *arguments, **named)))
        return future

    async def catch_up(self) -> None:
        """Wait while too much is queued."""
        while self._calls.qsize() > BEHIND:  # noqa: ASYNC110 - the queue is a thread's, and has no event
            await asyncio.sleep(0.02)

    def stop(self) -> None:
        """Wait for what is queued and let the thread go."""
        if self._thread:
            self._calls.put(None)
            self._thread.join()

    def _work(self) -> None:
        done: list[_Done] = []
        while call := self._calls.get():
            done.append(self._answer(*call))
            if self._calls.empty() or len(done) >= BATCH:
                self._loop.call_soon_threadsafe(self._report, done)
                done = []
        self._loop.call_soon_threadsafe(self._report, done)

    def _answer(self, future: asyncio.Future[Any], act: Callable[[], Any]) -> _Done:
        if self.failure:
            return _Done(future, error=self.failure)
        try:
            return _Done(future, act())
        except BaseException as error:  # noqa: BLE001 - it is the caller's to see, and this thread must live on
            if isinstance(error, STOPPED):
                self.failure = error
            return _Done(future, error=error)

    def _report(self, done: list[_Done]) -> None:
        for future, result, error in done:
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
                continue
            future.set_exception(error)
            future.exception()  # reading it keeps asyncio from complaining about captures that nobody awaits
            self._on_failure(error)
