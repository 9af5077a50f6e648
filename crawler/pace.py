"""Whose turn it is: how many requests a host gets at once, how far apart, and from when on."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.http import Response


MAX_SECONDS = 120.0
"""The longest Retry-After that a job waits for; who asks for more is left alone until another run."""
LOOK_SECONDS = 0.5
"""How often somebody who waits for a turn looks whether it still comes."""


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
        self._closed: set[str] = set()
        self._held = False

    def hold(self) -> None:
        """Give nobody a turn until `go_on`; what is on the wire finishes."""
        self._held = True

    def go_on(self) -> None:
        """Give turns again."""
        self._held = False

    def keep_apart(self, host: str, seconds: float) -> None:
        """Requests to a host begin at least so far apart: Crawl-delay."""
        self._apart[host] = seconds
        self.not_before(host, seconds)

    def not_before(self, host: str, seconds: float) -> None:
        """The next request to a host waits at least so long."""
        wanted = time.monotonic() + seconds
        self._next[host] = max(self._next.get(host, 0.0), wanted)

    def heed(self, host: str, response: Response) -> None:
        """Keep to what an answer asks for with Retry-After; who asks for too long is left alone for this job."""
        if response.status in {429, 503} and (wait := retry_after(response)):
            if wait > MAX_SECONDS:
                self._closed.add(host)
            self.not_before(host, wait)

    def is_closed(self, host: str) -> bool:
        """Is the host left alone?"""
        return host in self._closed

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for the host's turn, and hold it."""
        async with self._turns[host]:
            while (left := self._pause(host)) > 0:  # noqa: ASYNC110 - the end of a job is no event to wait for
                await asyncio.sleep(min(left, LOOK_SECONDS))
            if host in self._apart:
                self._next[host] = time.monotonic() + self._apart[host]
            yield

    def _pause(self, host: str) -> float:
        if self._leaving() or host in self._closed:
            return 0.0
        if self._held:
            return LOOK_SECONDS
        return self._next.get(host, 0.0) - time.monotonic()


def retry_after(response: Response) -> float | None:
    """Seconds that Retry-After asks to wait, a number or a date (RFC 9110, section 10.2.3); None when it does not."""
    value = (response.headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value).astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
