"""Whose turn it is: how many requests a host gets at once, how far apart, and from when on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from scrapy.http import Response


MAX_SECONDS = 120.0
"""The longest that a job lets a host wait; who asks for more is left alone until another run."""
YEAR_SECONDS = 366 * 86_400.0
"""What longer times are counted as: a host may write any number."""
LEAST_SECONDS = 1.0
"""Where a host that says "too fast" begins to be slowed, when there is no delay to double."""
EASE = 0.75
"""What a good answer leaves of the slowness."""
LOOK_SECONDS = 0.5
"""How often somebody who waits for a turn looks whether it still comes."""

_BUSY = frozenset((429, 503))
_MISSING = frozenset((404, 410))
_DOWNLOAD_DELAY = "download delay"
_CRAWL_DELAY = "Crawl-delay"
_RETRY_AFTER = "Retry-After"


class Waits(NamedTuple):
    """A host that the job waits on."""

    host: str
    seconds: float
    """How long still; 0 when nobody knows."""
    why: str
    """`download delay`, `Crawl-delay`, `Retry-After`, `slowed after 429`, `slowed after 503`, `uploads`."""


@dataclass(slots=True)
class _Host:
    """What is known of one host. Instants are of the monotonic clock."""

    turns: asyncio.Semaphore
    asked: float = 0.0
    """Crawl-delay, seconds."""
    slowed: float = 0.0
    """Seconds between requests since it said that we are too fast; 0 when all is well."""
    cause: str = ""
    free: float = 0.0
    """When the next turn may begin."""
    why: str = ""
    """Why not sooner."""
    began: float = float("-inf")
    """When the last turn began."""
    waiting: int = 0
    busy: int = 0

    def not_before(self, instant: float, why: str) -> None:
        if instant > self.free:
            self.free, self.why = instant, why


class Pace:
    """The manners of one job, host by host.

    Scrapy's own delay varies by half and forgets idle hosts, and its count of what is under way lags behind when
    there is no delay: what an outlet asked for is kept here, to the second.
    """

    def __init__(
        self,
        at_once: int,
        leaving: Callable[[], bool],
        *,
        delay: float = 0.0,
        tell: Callable[[str, float, str], None] = lambda *_: None,
    ) -> None:
        """`leaving` says that nothing more is to be sent, so that nobody waits for a turn that does not come.

        `delay` is what Scrapy waits between requests, seconds. `tell` is called with host, seconds and the reason in
        words when a host is left alone.
        """
        self._at_once = at_once
        self._leaving = leaving
        self._delay = delay
        self._tell = tell
        self._hosts: dict[str, _Host] = {}
        self._held = False
        self.left_alone: dict[str, float] = {}
        """Host that a job does not wait for -> seconds that it asked for."""

    def hold(self) -> None:
        """Give nobody a turn until `go_on`; what is on the wire finishes."""
        self._held = True

    def go_on(self) -> None:
        """Give turns again."""
        self._held = False

    def keep_apart(self, host: str, seconds: float) -> None:
        """Requests to a host begin at least so far apart: Crawl-delay. Who asks for too long is left alone."""
        if (seconds := min(seconds, YEAR_SECONDS)) > MAX_SECONDS:
            self._leave_alone(host, seconds, _asked(seconds, _CRAWL_DELAY))
            return
        state = self._host(host)
        state.asked = seconds
        state.not_before(time.monotonic() + seconds, _CRAWL_DELAY)

    def heed(self, host: str, response: Response) -> None:
        """Slow down for a host that answers 429 or 503, wait as long as it asks for, and ease again when it is well.

        Each such answer doubles the time between two requests, each good one takes a quarter off, down to what is
        configured and asked for. Who asks for too long with Retry-After, or goes on when we cannot be slower, is left
        alone for this job.
        """
        state = self._host(host)
        usual = max(LEAST_SECONDS, self._delay, state.asked)
        if response.status in _BUSY:
            if state.slowed >= MAX_SECONDS:
                why = f"it goes on answering {response.status}, with {MAX_SECONDS:.0f} seconds between two requests"
                self._leave_alone(host, MAX_SECONDS, why)
            state.slowed = min(MAX_SECONDS, 2 * max(usual, state.slowed))
            state.cause = f"slowed after {response.status}"
            state.not_before(time.monotonic() + state.slowed, state.cause)
            if wait := retry_after(response):
                state.not_before(time.monotonic() + wait, _RETRY_AFTER)
                if wait > MAX_SECONDS:
                    self._leave_alone(host, wait, _asked(wait, _RETRY_AFTER))
        elif response.status < 400 or response.status in _MISSING:
            state.slowed *= EASE
            if state.slowed <= usual:
                state.slowed = 0.0

    def is_closed(self, host: str) -> bool:
        """Is the host left alone?"""
        return host in self.left_alone

    def apart(self, host: str) -> float:
        """Seconds that lie at least between two requests to a host, the configured delay aside."""
        state = self._host(host)
        return max(state.asked, state.slowed)

    def waiting(self) -> list[Waits]:
        """Whom the job waits on, how long and why, the longest first."""
        now = time.monotonic()
        found = []
        for host, state in self._hosts.items():
            if state.waiting and self._held:
                found.append(Waits(host, 0.0, "uploads"))
            elif state.waiting and state.free > now:
                found.append(Waits(host, state.free - now, state.why))
            elif not state.busy and (left := state.began + self._delay - now) > 0:  # Scrapy waits, before any turn
                found.append(Waits(host, left, _DOWNLOAD_DELAY))
        return sorted(found, key=lambda waits: -waits.seconds)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for the host's turn, and hold it."""
        state = self._host(host)
        async with state.turns:
            state.waiting += 1
            try:
                while (left := self._pause(host, state)) > 0:  # noqa: ASYNC110 - the end of a job is no event
                    await asyncio.sleep(min(left, LOOK_SECONDS))
            finally:
                state.waiting -= 1
            state.began = time.monotonic()
            why = state.cause if state.slowed > state.asked else _CRAWL_DELAY
            state.not_before(state.began + self.apart(host), why)
            state.busy += 1
            try:
                yield
            finally:
                state.busy -= 1

    def _host(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host(asyncio.Semaphore(self._at_once)))

    def _leave_alone(self, host: str, seconds: float, why: str) -> None:
        if host not in self.left_alone:
            self.left_alone[host] = seconds
            self._tell(host, seconds, why)

    def _pause(self, host: str, state: _Host) -> float:
        if self._leaving() or host in self.left_alone:
            return 0.0
        return LOOK_SECONDS if self._held else state.free - time.monotonic()


def _asked(seconds: float, header: str) -> str:
    return f"it asks for {seconds:.0f} seconds ({header}), and a job waits {MAX_SECONDS:.0f} at most"


def retry_after(response: Response) -> float | None:
    """Seconds that Retry-After asks to wait, a number or a date (RFC 9110, section 10.2.3); None when it does not."""
    value = (response.headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return min(float(value), YEAR_SECONDS)
    try:
        wait = (parsedate_to_datetime(value).astimezone(UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, wait), YEAR_SECONDS)
