"""Rows made again by the thousand: on all cores, in their order, and never more of them in memory than are needed."""

from __future__ import annotations

import os
import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from typing import Self

from pebble import ProcessExpired, ProcessPool

from archive.errors import StorageError, StorageRefused, StorageUnreachable
from archive.files import Files, files_of
from archive.model import Verdict
from crawler.outlet import Outlet
from crawler.rereading import Row, reread
from pipelines.extract import EXTRACTOR, PageRefused
from pipelines.workers import TIMEOUT_SECONDS, open_pool, prepare, schedule, stop_pools

AT_ONCE = 8
"""Rows that a worker is given at a time."""
_FAILED = (TimeoutError, ProcessExpired, BrokenProcessPool)
"""How a call ends whose worker hung or died; the last two are one, told apart by when the pool sees it."""
Made = Row | str
"""The row that was made again, or why none was, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the captures of rows are, and how they are to be read."""

    uri: str
    """ARCHIVE_URI."""
    state_dir: str | None
    outlets: bytes
    """Name -> Outlet, pickled: sent with every call, and read once by each worker."""
    respects_opt_out: bool

    @classmethod
    def of(cls, uri: str, state_dir: str | None, outlets: Mapping[str, Outlet], *, respects_opt_out: bool) -> Self:
        """An archive and the rules of today."""
        pickled = pickle.dumps(dict(outlets))
        return cls(uri=uri, state_dir=state_dir, outlets=pickled, respects_opt_out=respects_opt_out)


class Bulk:
    """Worker processes that make rows again. Close it."""

    def __init__(self, origin: Origin, jobs: int | None = None) -> None:
        """`jobs`: worker processes; one for each core without it."""
        self._origin = origin
        self._jobs = jobs or os.cpu_count() or 1
        prepare(__name__)
        self._pools: list[ProcessPool] = []
        self._own = threading.local()
        self._is_over = False
        self._threads = ThreadPoolExecutor(self._jobs, thread_name_prefix="rows")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True  # after Ctrl-C nobody wants to wait for the page that a worker is at
        self._threads.shutdown(cancel_futures=True)
        stop_pools(self._pools)

    def reread(
        self, rows: Iterable[Row], *, every: bool = True, tick: Callable[[], None] = lambda: None
    ) -> Iterator[tuple[Row, Made]]:
        """Each row with what today's rules make of it, in order. Without `every`, what they made stays as it is.

        A page on which a worker hangs or dies costs its own row alone; `tick` is called about once a second as long as
        rows are waited for. Raises StorageUnreachable, StorageRefused, and whatever `rows` and `tick` raise.
        """
        iterator = iter(rows)
        waiting: deque[tuple[list[Row], Future[list[Made]]]] = deque()
        with ExitStack() as left:
            left.callback(lambda: [future.cancel() for _, future in waiting])
            while True:
                while len(waiting) < 2 * self._jobs and (some := list(islice(iterator, AT_ONCE))):
                    waiting.append((some, self._threads.submit(self._ask, some, every)))
                if not waiting:
                    return
                some, future = waiting.popleft()
                while not future.done():
                    wait([future], 1.0)
                    tick()
                yield from zip(some, future.result(), strict=True)

    def _ask(self, rows: list[Row], every: bool) -> list[Made]:  # noqa: FBT001 - submit() passes it on
        """In a thread of its own: have this thread's worker make them, and each alone if that comes to grief."""
        try:
            return self._call(rows, every=every, seconds=TIMEOUT_SECONDS)
        except _FAILED:
            self._forget()
        made = []
        for row in rows:
            try:
                made += self._call([row], every=every, seconds=TIMEOUT_SECONDS)
            except _FAILED as error:
                self._forget()
                made.append(f"its extraction came to no end: {_how(error)}")
        return made

    def _call(self, rows: list[Row], *, every: bool, seconds: float) -> list[Made]:
        pool: ProcessPool | None = getattr(self._own, "pool", None)
        if pool is None:
            pool = self._own.pool = open_pool()
            self._pools.append(pool)
        future = schedule(pool, partial(_make, self._origin, rows, every=every), seconds)
        while not wait([future], 0.5).done:
            if self._is_over:
                raise CancelledError
        return future.result()

    def _forget(self) -> None:
        pool = self._own.pool
        self._own.pool = None
        self._pools.remove(pool)
        stop_pools([pool])


def _how(error: BaseException) -> str:
    return "the worker hung" if isinstance(error, TimeoutError) else "the worker died"


def is_of_today(row: Row, outlet: Outlet) -> bool:
    """Was the row made by today's extractor and rules, or is there nothing that they could be asked of?"""
    is_made = row.get("extractor") == EXTRACTOR and row.get("rules") == outlet.rules.digest
    return is_made or row.get("verdict") == Verdict.TAKEN_DOWN


def _make(origin: Origin, rows: list[Row], *, every: bool) -> list[Made]:
    """In a worker."""
    outlets, files = _outlets(origin.outlets), _files(origin.uri, origin.state_dir)
    return [_made(files, row, outlets, origin, every=every) for row in rows]


def _made(files: Files, row: Row, outlets: Mapping[str, Outlet], origin: Origin, *, every: bool) -> Made:
    outlet = outlets.get(row.get("outlet", ""))
    if outlet is None:
        return f"there is no outlet {row.get('outlet')} any more"
    if not every and is_of_today(row, outlet):
        return row
    try:
        return reread(files, row, outlet, respects_opt_out=origin.respects_opt_out)
    except (StorageUnreachable, StorageRefused):
        raise
    except OSError as error:
        return f"{error.filename or 'A file'} cannot be read: {error.strerror}. scrapy verify --deep tells more."
    except (StorageError, PageRefused) as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a fault of ours costs this row, which stays as it is
        return f"a fault of ours: {error!r}"


@lru_cache(maxsize=1)
def _outlets(pickled: bytes) -> dict[str, Outlet]:
    return dict(pickle.loads(pickled))  # noqa: S301 - from the process that started this one


@lru_cache(maxsize=2)
def _files(uri: str, state_dir: str | None) -> Files:
    return files_of(uri, state_dir)
