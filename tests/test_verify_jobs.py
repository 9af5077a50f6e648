"""Every file of a job is there with its rows, and every file has a job, or it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.faults import Kind
from tests.test_links import (
    ARTICLES,
    DROPPED,
    EVENTS,
    FIRST,
    JOB,
    OTHER,
    RESPONSE,
    Row,
    archive,
    dropped,
    event,
    manifest,
    row,
    rows,
    told,
    warc,
)

__all__ = ["archive"]


@pytest.mark.parametrize("kept", [1, 3])
def test_a_job_that_has_not_the_rows_that_it_counts_is_named(archive: Path, kept: int) -> None:
    rows(archive, *[row()] * kept)
    rows(archive, dropped(), key=DROPPED)
    path = manifest(archive, [ARTICLES, DROPPED], kept=2, dropped={"gone": 1})
    assert told(archive) == [(path.relative_to(archive).as_posix(), Kind.ROWS_LOST, 0)]


def test_rows_of_a_killed_job_are_counted_by_nobody(archive: Path) -> None:
    killed = ARTICLES.replace(JOB, "20261121000000-dead00")
    rows(archive, row(), key=killed)
    rows(archive, row())
    manifest(archive, [killed, ARTICLES], kept=1)
    assert told(archive) == []


@pytest.mark.parametrize("counts", [{"kept": "2"}, {"kept": -1}, {"dropped": [1]}, {"dropped": {"gone": None}}])
def test_a_manifest_that_counts_no_rows_is_none(archive: Path, counts: Row) -> None:
    manifest(archive, [], **counts)
    assert [kind for _, kind, _ in told(archive)] == [Kind.MANIFEST]


FILES = (FIRST, ARTICLES, DROPPED, EVENTS)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """An archive of one whole job."""
    warc(tmp_path, FIRST, RESPONSE, OTHER)
    rows(tmp_path, row())
    rows(tmp_path, dropped(), key=DROPPED)
    rows(tmp_path, event(), key=EVENTS)
    return manifest(tmp_path, FILES, kept=1, dropped={"gone": 1})


def test_files_of_a_job_whose_manifest_is_gone_are_named(tmp_path: Path, job: Path) -> None:
    assert told(tmp_path) == []
    job.unlink()
    assert told(tmp_path) == [(key, Kind.UNCLAIMED, 0) for key in FILES]
    manifest(tmp_path, [], job="20261121235959-aaa000")  # an earlier job cannot have finished them
    assert told(tmp_path) == [(key, Kind.UNCLAIMED, 0) for key in FILES]


def test_a_file_that_is_not_where_its_job_put_it_is_named(tmp_path: Path, job: Path) -> None:
    (tmp_path / EVENTS).rename(tmp_path / EVENTS.replace(JOB, "lain"))
    (tmp_path / DROPPED).rename(tmp_path / DROPPED.replace("part-", "bagian-"))
    kinds = [(kind, path) for path, kind, _ in told(tmp_path)]
    manifest_key = job.relative_to(tmp_path).as_posix()
    assert kinds == [
        (Kind.MANIFEST_FILE, manifest_key),
        (Kind.MANIFEST_FILE, manifest_key),
        (Kind.UNCLAIMED, DROPPED.replace("part-", "bagian-")),
        (Kind.UNCLAIMED, EVENTS.replace(JOB, "lain")),
    ]


def test_a_job_that_is_at_work_or_was_killed_may_have_published_before_its_manifest(tmp_path: Path, job: Path) -> None:
    job.unlink()
    (tmp_path / "state" / "spool" / "contoh" / JOB).mkdir(parents=True)
    assert told(tmp_path) == []
    (tmp_path / "state" / "spool" / "contoh").rename(tmp_path / "state" / "spool" / "lain")
    assert len(told(tmp_path)) == 4


def test_files_of_a_job_that_was_killed_before_its_manifest_are_taken_for_finished_by_a_later_one(
    tmp_path: Path, job: Path
) -> None:
    job.unlink()
    manifest(tmp_path, [], job="20261122000001-abc124")
    assert told(tmp_path) == []
