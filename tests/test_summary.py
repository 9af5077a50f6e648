"""Exit statuses that a scheduler can act on, in the order of gravity, each with its sentence."""

from pathlib import Path

import pytest

from archive.errors import ExitStatus
from archive.model import Pending
from crawler.summary import Summary

WAITING = Pending(2, 3_000_000, "The bucket is full.")


@pytest.mark.parametrize(
    ("counts", "status", "words"),
    [
        ({"announced": 3, "kept": 3, "ok": 5}, ExitStatus.DONE, "done"),
        ({"announced": 3, "there": 3, "ok": 2}, ExitStatus.DONE, "done"),
        ({"ok": 2}, ExitStatus.SILENT, "no source announced anything"),
        ({"asked": False}, ExitStatus.DONE, "done"),
        ({"ok": 0, "source_failures": {"dns": 2}}, ExitStatus.UNREACHABLE, "could not be reached"),
        ({"ok": 0, "source_failures": {"tls": 1}}, ExitStatus.UNREACHABLE, "tls"),
        ({"ok": 0, "source_failures": {"robots-http-503": 1}}, ExitStatus.UNREACHABLE, "robots-http-503"),
        ({"refused": 3}, ExitStatus.BLOCKED, "ask it for access"),
        ({"announced": 9, "ok": 3, "refused": 5, "finish": "blocked", "kept": 1}, ExitStatus.BLOCKED, "refuses us"),
        ({"announced": 9, "ok": 9, "kept": 8, "refused": 1}, ExitStatus.DONE, "done"),
        (
            {"announced": 6, "ok": 9, "refused": 4, "dropped": {"blocked": 4, "not-found": 2}},
            ExitStatus.BLOCKED,
            "refuses",
        ),
        ({"announced": 9, "ok": 9, "refused": 1, "dropped": {"blocked": 1, "video": 8}}, ExitStatus.DONE, "done"),
        ({"announced": 1, "kept": 1, "ok": 2, "faults": 1}, ExitStatus.FAULT, "1 errors of our own"),
        ({"announced": 1, "ok": 2, "finish": "shutdown"}, ExitStatus.INTERRUPTED, "interrupted"),
        ({"announced": 1, "storage": "No space left.", "finish": "storage"}, ExitStatus.STORAGE, "No space left"),
        ({"lease_lost": "It was leased.", "pending": WAITING}, ExitStatus.LEASED, "It was leased."),
        ({"storage": "No space left.", "pending": WAITING}, ExitStatus.STORAGE, "No space left"),
        ({"pending": WAITING, "finish": "shutdown"}, ExitStatus.UPLOADS_PENDING, "2 files, 3.0 MB, wait for upload in"),
        ({"refused": 3, "pending": WAITING}, ExitStatus.UPLOADS_PENDING, "outbox: The bucket is full. Nothing is lost"),
        ({"pending": WAITING, "finish": "spool-full"}, ExitStatus.UPLOADS_PENDING, "stopped early"),
        ({"announced": 3, "ok": 1, "finish": "spool-full"}, ExitStatus.UPLOADS_PENDING, "Start again to go on"),
    ],
)
def test_each_end_has_its_status_and_its_sentence(counts: dict[str, object], status: ExitStatus, words: str) -> None:
    given = {"outlet": "tribun", "finish": "finished", "outbox": Path("outbox"), **counts}
    summary = Summary(**given)  # type: ignore[arg-type]
    assert summary.status is status
    assert words in summary.sentence()


def test_every_announced_address_is_accounted_for() -> None:
    stats = {
        "arsip/announced": 12,
        "arsip/skipped/already-there": 2,
        "arsip/skipped/not-asked": 1,
        "arsip/kept": 3,
        "arsip/dropped/video": 1,
        "arsip/dropped/gone": 1,
        "arsip/failed/timeout": 1,
    }
    summary = Summary.of("tribun", "finished", stats)
    assert summary.fetched == 6
    assert summary.left == 3
    lines = list(summary.lines(["data/warc/x.warc.gz"]))
    assert "announced  12  (already there 2, outside what you asked for 1, not tried yet 3)" in lines
    assert "dropped    2  (gone 1, video 1)" in lines
    assert "failed     1  (timeout 1)" in lines
    assert "file       data/warc/x.warc.gz" in lines
