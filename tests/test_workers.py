"""Extraction in worker processes: what hangs or dies costs itself, and a second try."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pebble import ProcessExpired

from pipelines.workers import Workers
from tests.runs import ROOT


def note(path: Path) -> int:
    """Leave a line with the process that was here; how many have been so far."""
    with path.open("a") as file:
        file.write(f"{os.getpid()}\n")
    return len(path.read_text().split())


def die(path: Path) -> int:
    note(path)
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def die_once(path: Path) -> int:
    return note(path) if path.exists() else die(path)


def hang(path: Path) -> int:
    note(path)
    time.sleep(60)
    return 0


def hang_once(path: Path) -> int:
    return note(path) if path.exists() else hang(path)


def here() -> int:
    time.sleep(1)
    return os.getpid()


def fail(path: Path) -> int:
    note(path)
    raise KeyError("halaman")


def ask(*calls: tuple[Callable[[Path], int], Path], timeout: float = 30) -> list[int | BaseException]:
    """What each call brings, all asked for at once."""

    async def all_of_them() -> list[int | BaseException]:
        workers = Workers(1, timeout)
        try:
            return await asyncio.gather(
                *(workers.run(function, path) for function, path in calls), return_exceptions=True
            )
        finally:
            workers.stop()

    return asyncio.run(all_of_them())


@pytest.mark.parametrize(("first", "timeout"), [(die_once, 30), (hang_once, 4)])
def test_a_page_that_failed_for_once_is_read_by_a_fresh_worker(
    tmp_path: Path, first: Callable[[Path], int], timeout: float
) -> None:
    path = tmp_path / "seen"
    assert ask((first, path), timeout=timeout) == [2]
    assert len(set(path.read_text().split())) == 2


@pytest.mark.parametrize(("deadly", "timeout", "error"), [(die, 30, ProcessExpired), (hang, 4, TimeoutError)])
def test_a_page_that_fails_twice_is_tried_no_more_and_costs_no_other_page(
    tmp_path: Path, deadly: Callable[[Path], int], timeout: float, error: type[Exception]
) -> None:
    bad, good = tmp_path / "bad", tmp_path / "good"
    [failed, *rest] = ask((deadly, bad), (note, good), (note, good), timeout=timeout)
    assert isinstance(failed, error)
    assert set(rest) == {1, 2}
    assert len(bad.read_text().split()) == 2


def test_an_error_of_the_function_is_raised_and_not_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "seen"
    [error] = ask((fail, path))
    assert isinstance(error, KeyError)
    assert len(path.read_text().split()) == 1


def test_a_worker_that_is_killed_before_it_takes_a_page_costs_none_and_leaves_no_page_waiting() -> None:
    page = b"x" * 1_000_000  # more than a pipe holds

    async def four() -> list[int]:
        workers = Workers(1)
        try:
            asked = [asyncio.create_task(workers.run(len, page)) for _ in range(4)]
            await asyncio.sleep(0)
            [spawned] = multiprocessing.active_children()
            spawned.kill()
            async with asyncio.timeout(40):
                return await asyncio.gather(*asked)
        finally:
            workers.stop()

    assert asyncio.run(four()) == [len(page)] * 4


def test_a_worker_that_was_killed_leaves_no_other_behind() -> None:
    async def twice() -> tuple[set[int], set[int]]:
        workers = Workers(2)
        try:
            before = {*await asyncio.gather(workers.run(here), workers.run(here))}
            os.kill(min(before), signal.SIGKILL)
            await asyncio.sleep(1)
            return before, {*await asyncio.gather(workers.run(here), workers.run(here))}
        finally:
            workers.stop()

    before, after = asyncio.run(twice())
    assert (len(before), len(after)) == (2, 2)
    assert min(before) not in after
    assert multiprocessing.active_children() == []


def test_a_worker_that_is_killed_while_idle_costs_nothing() -> None:
    async def twice() -> tuple[int, int]:
        workers = Workers(1)
        try:
            first = await workers.run(os.getpid)
            os.kill(first, signal.SIGKILL)
            await asyncio.sleep(1)
            return first, await workers.run(os.getpid)
        finally:
            workers.stop()

    first, second = asyncio.run(twice())
    assert first != second


BLOCKED = """
import signal
from multiprocessing import forkserver
from pathlib import Path
from pipelines.workers import prepare
prepare()
status = Path(f"/proc/{forkserver._forkserver._forkserver_pid}/status").read_text()
theirs = int(next(line for line in status.splitlines() if line.startswith("SigBlk:")).split()[1], 16)
print(bool(theirs & 1 << signal.SIGINT - 1), signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""


def test_ctrl_c_is_nothing_to_the_process_that_workers_come_from_however_soon_it_comes() -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "True False\n", "blocked there, and not here"
