"""What a killed job had fetched and not made a row of waits for it, in the catalog and in the job's own events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archive.job import Job
from archive.model import Article, Capture, Verdict
from archive.outcome import Outcome
from tests.test_salvage import events, rows

Make = Callable[..., Capture]


def job(folder: Path) -> Job:
    return Job(outlet="contoh", archive_uri=str(folder))


def test_a_killed_job_without_events_is_said_to_have_been_cut_short_all_the_same(tmp_path: Path, capture: Make) -> None:
    killed = job(tmp_path)
    ref = killed.capture(capture())
    killed.release()
    for path in (tmp_path / "state" / "spool").glob("contoh/*/events/**/*.open"):
        path.unlink()  # the power went before its folder was on the disk
    job(tmp_path).finish({})
    assert [event["waiting"][0]["record_id"] for event in events(tmp_path) if event["event"] == "cut-short"] == [
        ref.record_id
    ]


def test_what_a_killed_job_had_settled_waits_no_more(tmp_path: Path, capture: Make) -> None:
    first = job(tmp_path)
    ref = first.capture(capture())
    first.release()
    second = job(tmp_path)
    second.settle([ref.record_id])
    second.release()  # killed before its commit
    third = job(tmp_path)
    assert third.catalog.waiting("contoh") == []
    third.finish({})


@pytest.mark.parametrize(
    ("head", "waits"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 301 Moved Permanently\r\nLocation: /b\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n", False),
        (b"HTTP/1.1 403 Forbidden\r\n", False),
    ],
)
def test_a_lasting_answer_without_a_row_waits_for_it(
    tmp_path: Path, capture: Make, head: bytes, *, waits: bool
) -> None:
    killed = job(tmp_path)
    ref = killed.capture(capture(head=head))
    killed.release()
    after = job(tmp_path)
    waiting = after.catalog.waiting("contoh")
    assert [entry.ref for entry in waiting] == ([ref] if waits else [])
    assert all(entry.job == killed.id for entry in waiting)
    after.release()


def test_a_torn_answer_waits_for_nothing(tmp_path: Path, capture: Make) -> None:
    killed = job(tmp_path)
    killed.capture(capture(truncated="disconnect"))
    killed.release()
    after = job(tmp_path)
    assert after.catalog.waiting("contoh") == []
    after.release()


def test_a_revisit_without_a_row_waits_with_the_record_that_holds_its_page(tmp_path: Path, capture: Make) -> None:
    first = job(tmp_path)
    original = first.capture(capture())
    first.finish({})
    killed = job(tmp_path)
    assert killed.capture(capture()) == original
    killed.release()
    after = job(tmp_path)
    assert [entry.ref for entry in after.catalog.waiting("contoh")] == [original]
    assert after.response(original)[1] == b"<p>Halo</p>"
    after.release()


def test_what_was_settled_waits_no_more_even_when_the_job_that_settled_it_is_killed(
    tmp_path: Path, capture: Make, article: Callable[..., Article]
) -> None:
    killed = job(tmp_path)
    ref = killed.capture(capture())
    killed.release()
    second = job(tmp_path)
    made = article(1)
    made.captures = [ref]
    second.keep(Outcome(article=made, verdict=Verdict.ARTICLE, recovered=(ref.record_id,)))
    second.release()  # killed before its commit
    third = job(tmp_path)
    assert third.catalog.waiting("contoh") == []
    assert third.catalog.known(made.url) is not None
    third.finish({})
    assert [row["url"] for row in rows(tmp_path)] == [made.url]
