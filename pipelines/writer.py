"""The one thread that writes: the reactor never waits for a disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from archive.errors import StorageError
from archive.job import Job

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)


class Writer:
    """Runs a job's methods one after the other in its own thread.

    After the first StorageError it refuses everything: a line torn by a full disk must stay the last one, so that
    the next start can cut it off.
    """

    def __init__(self, job: Job, on_failure: Callable[[StorageError], None]) -> None:
        self.job = job
        self.failure: StorageError | None = None
        self._on_failure = on_failure
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")

    def run(self, act: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> asyncio.Future[T]:
        """Queue a call; a future on the event loop. Raises (in the future) StorageError."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._thread, lambda: self._call(act, *arguments, **named))
        future.add_done_callback(self._notice)
        return future

    def stop(self) -> None:
        """Wait for what is queued and let the thread go."""
        self._thread.shutdown(wait=True)

    def _call(self, act: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        if self.failure:
            raise self.failure
        try:
            return act(*arguments, **named)
        except StorageError as error:
            self.failure = error
            raise

    def _notice(self, future: asyncio.Future[T]) -> None:
        # Reading the exception here also keeps asyncio from complaining about captures that nobody awaits.
        if not future.cancelled() and isinstance(error := future.exception(), StorageError):
            self._on_failure(error)
