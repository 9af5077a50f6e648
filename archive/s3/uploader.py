"""Uploads what waits in the outbox, in the background, until it is there or the process ends."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable

from archive.errors import StorageError, StorageUnreachable
from archive.layout import outlet_of, rank
from archive.model import Pending
from archive.s3.bucket import Bucket
from archive.s3.outbox import Outbox
from archive.s3.parts import AT_ONCE
from archive.s3.sending import Conflict, Sender
from archive.s3.uploads import Uploads

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between attempts, at first and at most."""
LOOK_AGAIN = 2.0
"""Seconds after which the outbox is looked through for what other processes left or finished."""
LOOKING = 10
"""How many times as long as such a look took nobody looks again: an outbox may hold very many files."""
ENDING = 3.0
"""Seconds that `stop` waits for what is on the wire."""


class Uploader:
    """Threads that upload. They begin with the first file, and end with the process at the latest.

    A file that was not compared yet stays in the outbox.
    """

    def __init__(self, bucket: Bucket, outbox: Outbox, uploads: Uploads) -> None:
        self._bucket, self._outbox, self._uploads = bucket, outbox, uploads
        self._sender = Sender(bucket, uploads, moved=self._move, is_stopping=lambda: self._stopping)
        self._turn = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._waiting: dict[str, float] = {}
        """Keys that were in the outbox when it was looked through, and when the next attempt may begin."""
        self._look_at = 0.0
        self._queue: deque[str] = deque()
        """Of them those that might go when that was last found out, in their order."""
        self._has_changed = False
        """May others go since then?"""
        self._active: set[str] = set()
        self._stuck: dict[str, str] = {}
        """Files that only a person can help, and why."""
        self._failures: Counter[str] = Counter()
        self._pauses = 0
        self._pause_until = 0.0
        self._longest_pause = LONGEST_PAUSE
        self._progress = 0
        self._problem = ""

    def wake(self) -> None:
        """There may be something to do."""
        with self._turn:
            self._look_at = 0.0
            if not self._threads and not self._stopping:
                self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(AT_ONCE)]
                for thread in self._threads:
                    thread.start()
            self._turn.notify_all()

    def pending(self) -> Pending:
        """What waits, and why. Raises StorageError."""
        sizes = [size for _, size in self._outbox.sizes()]
        problem = next(iter(self._stuck.values()), "") or self._problem
        return Pending(len(sizes), sum(sizes), problem if sizes else "")

    def drain(self, patience: float, tick: Callable[[], None]) -> list[str]:
        """Wait until nothing waits any more, or for `patience` seconds without progress; keys that are left, sorted.

        It does not wait for what only a person can help. Raises StorageError, and what `tick` raises.
        """
        left = self._outbox.waiting()
        if not left:
            return []
        with self._turn:
            self._longest_pause = max(0.1, min(LONGEST_PAUSE, patience / 4))
            self._pause_until, self._pauses = 0.0, 0
        self.wake()
        state, since, ticked, looked = self._state(left), time.monotonic(), time.monotonic(), 0.0
        try:
            while left and not self._is_hopeless(left) and time.monotonic() - since < patience:
                with self._turn:
                    if self._turn.wait_for(self._is_idle, min(max(0.5, LOOKING / 2 * looked), patience)):
                        self._look_at = 0.0  # what waits came from elsewhere
                        self._turn.notify_all()
                began = time.monotonic()
                left = self._outbox.waiting()
                looked = time.monotonic() - began
                if (now_state := self._state(left)) != state:
                    state, since = now_state, time.monotonic()
                if time.monotonic() - ticked >= 1:
                    ticked = time.monotonic()
                    tick()
        finally:
            self._longest_pause = LONGEST_PAUSE
        return sorted(left)

    def stop(self) -> None:
        """Begin nothing more, and wait a moment for what is on the wire."""
        with self._turn:
            self._stopping = True
            self._turn.notify_all()
        until = time.monotonic() + ENDING
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _state(self, left: list[str]) -> tuple[int, str, list[str]]:
        """Changes when something gets through, here or in another process."""
        return self._progress, self._uploads.latest(), left

    def _is_idle(self) -> bool:
        return not self._waiting and not self._active and self._look_at > 0

    def _is_hopeless(self, left: list[str]) -> bool:
        """Is everything that is left stuck, or behind something that is?"""
        with self._turn:
            stuck = _first_ranks(key for key in left if key in self._stuck)
            return not self._active and all(
                key in self._stuck or rank(key) > stuck.get(outlet_of(key), rank(key)) for key in left
            )

    def _move(self) -> None:
        self._progress += 1

    def _work(self) -> None:
        while key := self._next():
            try:
                is_gone = self._upload(key)
            except StorageUnreachable as error:
                self._fail(key, str(error))
            except Conflict as error:
                self._give_up(key, str(error))
            except StorageError as error:
                self._bucket.renew()  # credentials may be renewed while we run
                self._fail(key, str(error), slow=True)
            except OSError as error:
                self._give_up(key, f"{self._outbox.folder / key} cannot be read or removed: {error.strerror}.")
            except Exception as error:
                logger.exception("A fault of ours")
                self._give_up(key, f"{key} was not uploaded: {error!r}.")
            else:
                self._leave(key, is_gone=is_gone)

    def _next(self) -> str | None:
        """A file that may go now; waits until there is one. None when it is time to end."""
        with self._turn:
            while not self._stopping:
                wait = self._pause_until - time.monotonic()
                if wait <= 0:
                    key = self._choose()
                    if key:
                        self._active.add(key)
                        return key
                    wait = LOOK_AGAIN
                self._turn.wait(min(wait, LOOK_AGAIN))
        return None

    def _choose(self) -> str | None:
        now = time.monotonic()
        if now >= self._look_at:
            try:
                self._waiting = {key: self._waiting.get(key, 0.0) for key in self._outbox.waiting()}
            except (StorageError, OSError) as error:
                self._problem = str(error)
            looked = time.monotonic()
            self._look_at = looked + max(LOOK_AGAIN, LOOKING * (looked - now))
            self._queue.clear()
            self._has_changed = True
            self._turn.notify_all()
        if not self._queue and self._has_changed:
            self._queue.extend(self._able(now))
            self._has_changed = False
        return self._queue.popleft() if self._queue else None

    def _able(self, now: float) -> list[str]:
        """What may go now, in order."""
        first = _first_ranks(self._waiting)
        able = (
            key
            for key, after in self._waiting.items()
            if after <= now
            and key not in self._active
            and key not in self._stuck
            and rank(key) == first[outlet_of(key)]
        )
        return sorted(able, key=lambda key: (self._failures.get(key, 0), rank(key), key))

    def _upload(self, key: str) -> bool:
        """Send one file; False when another process or a reader has it. Raises StorageError, OSError."""
        file = self._outbox.open(key)
        if file is None:
            return True
        with file:
            if not self._outbox.hold(file, key, alone=True):
                return False
            self._sender.send(key, file.fileno())
            self._outbox.remove(key)
        with self._turn:
            self._progress += 1
            self._pauses, self._pause_until = 0, 0.0
            if self._problem:
                logger.info("Uploads go on.")
            self._problem = ""
        return True

    def _leave(self, key: str, *, is_gone: bool) -> None:
        with self._turn:
            self._active.discard(key)
            if is_gone:
                self._waiting.pop(key, None)
                self._failures.pop(key, None)
            else:
                self._waiting[key] = time.monotonic() + LOOK_AGAIN
            self._has_changed = True
            self._turn.notify_all()

    def _fail(self, key: str, sentence: str, *, slow: bool = False) -> None:
        """Try again later, another file first: it may be about this one."""
        self._uploads.failed(key, sentence)
        with self._turn:
            self._active.discard(key)
            self._failures[key] += 1
            self._has_changed = True
            if not self._problem:
                logger.warning("%s Uploads wait, and are tried again.", sentence)
            self._problem = sentence
            if time.monotonic() >= self._pause_until:  # else another thread met the same trouble
                pause = LONGEST_PAUSE if slow else FIRST_PAUSE * 2.0 ** min(self._pauses, 10)
                self._pause_until = time.monotonic() + min(pause, self._longest_pause) * random.uniform(0.5, 1)  # noqa: S311
                self._pauses += 1
            self._turn.notify_all()

    def _give_up(self, key: str, sentence: str) -> None:
        logger.error("%s", sentence)
        self._uploads.failed(key, sentence)
        with self._turn:
            self._active.discard(key)
            self._stuck[key] = sentence
            self._turn.notify_all()


def _first_ranks(keys: Iterable[str]) -> dict[str, int]:
    """Outlet -> the rank that goes first of what waits."""
    first: dict[str, int] = defaultdict(lambda: 9)
    for key in keys:
        outlet = outlet_of(key)
        first[outlet] = min(first[outlet], rank(key))
    return first
