"""The thread that writes: in order, off the loop, and no exception goes unsaid."""

from __future__ import annotations

import asyncio
import threading

import pytest

from archive.errors import LeaseLost, StorageError
from pipelines.writer import BEHIND, Writer


@pytest.fixture
def told() -> list[BaseException]:
    return []


def fail(error: BaseException) -> None:
    raise error


def test_calls_run_in_their_order_in_one_other_thread(told: list[BaseException]) -> None:
    seen: list[tuple[int, str]] = []

    async def calls() -> None:
        writer = Writer(told.append)
        done = [writer.run(lambda n=n: seen.append((n, threading.current_thread().name))) for n in range(100)]  # type: ignore[misc]
        await asyncio.gather(*done)
        writer.stop()

    asyncio.run(calls())
    assert seen == [(number, "writer") for number in range(100)]
    assert told == []


def test_a_fault_that_nobody_awaits_is_told_and_the_next_call_runs(told: list[BaseException]) -> None:
    async def calls() -> int:
        writer = Writer(told.append)
        writer.run(fail, ValueError("rusak"))
        result = await writer.run(lambda: 7)
        writer.stop()
        return result

    assert asyncio.run(calls()) == 7
    assert [str(error) for error in told] == ["rusak"]


def test_after_the_disk_failed_nothing_more_is_written(told: list[BaseException]) -> None:
    written: list[int] = []

    async def calls() -> None:
        writer = Writer(told.append)
        writer.run(fail, StorageError("penuh"))
        with pytest.raises(StorageError, match="penuh"):
            await writer.run(written.append, 1)
        writer.stop()

    asyncio.run(calls())
    assert written == []
    assert len(told) == 2


def test_who_brings_more_waits_while_too_much_is_queued(told: list[BaseException]) -> None:
    async def calls() -> tuple[bool, bool]:
        writer, gate = Writer(told.append), threading.Event()
        for _ in range(BEHIND + 5):
            writer.run(gate.wait, 60)
        waiting = asyncio.create_task(writer.catch_up())
        await asyncio.sleep(0.1)
        before = waiting.done()
        gate.set()
        await asyncio.wait_for(waiting, 60)
        writer.stop()
        return before, waiting.done()

    assert asyncio.run(calls()) == (False, True)


def test_after_the_lease_was_lost_nothing_more_is_written(told: list[BaseException]) -> None:
    written: list[int] = []

    async def calls() -> None:
        writer = Writer(told.append)
        writer.run(fail, LeaseLost("dipinjam"))
        with pytest.raises(LeaseLost, match="dipinjam"):
            await writer.run(written.append, 1)
        writer.stop()

    asyncio.run(calls())
    assert written == []
