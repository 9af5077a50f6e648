"""Whose turn it is: how many requests a host gets at once, how far apart, and from when on."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

MAX_SECONDS = 120.0
"""The longest pause that is kept; who asks for more is left for another run."""


class Pace:
    """The manners of one job, host by host.

    Scrapy's own delay varies by half and forgets idle hosts, and its count of what is under way lags behind when
    there is no delay: what an outlet asked for is kept here, to the second.
    """

    def __init__(self, at_once: int, leaving: Callable[[], bool]) -> None:
        """`leaving` says that nothing more is to be sent, so that nobody waits for a turn that does not come."""
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once))
        self._leaving = leaving
        self._apart: dict[str, float] = {}
        self._next: dict[str, float] = {}

    def keep_apart(self, host: str, seconds: float) -> None:
        """Requests to a host begin at least so far apart: Crawl-delay."""
        self._apart[host] = min(seconds, MAX_SECONDS)
        self.not_before(host, seconds)

    def not_before(self, host: str, seconds: float) -> None:
        """The next request to a host waits at least so long: Retry-After."""
        wanted = time.monotonic() + min(seconds, MAX_SECONDS)
        self._next[host] = max(self._next.get(host, 0.0), wanted)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for the host's turn, and hold it."""
        async with self._turns[host]:
            # The clock is looked at now and then: the end of a job is no event that one could wait for.
            while (left := self._next.get(host, 0.0) - time.monotonic()) > 0 and not self._leaving():  # noqa: ASYNC110
                await asyncio.sleep(min(left, 0.5))
            if host in self._apart:
                self._next[host] = time.monotonic() + self._apart[host]
            yield
