"""Every file of a job is there with its rows, and every file has a job, or it is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.faults import Kind
from archive.files import OnDisk, Unread
from archive.job import Job
from archive.model import Article, Capture, Verdict
from archive.outcome import Outcome
from archive.verification.files import verify_file
from archive.verification.jobs import Jobs, in_spool
from archive.verification.links import Links
from tests.test_links import (
    ARTICLES,
    DROPPED,
    EVENTS,
    FIRST,
    JOB,
    OTHER,
    RESPONSE,
    SECOND,
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
    path = manifest(archive, [ARTICLES, DROPPED], kept=2, dropped={"gone": 1}, rows=3)
    assert told(archive) == [(path.relative_to(archive).as_posix(), Kind.ROWS_LOST, 0)]


@pytest.mark.parametrize(
    ("counts", "is_sound"),
    [
        ({"kept": 0, "revisited": {"edited": 2, "unchanged": 3}}, True),
        ({"kept": 2, "dropped": {"not-found": 4}}, True),
        ({"kept": 3}, False),
        ({"kept": 1, "revisited": {"edited": 2}}, False),
        ({"kept": 1}, False),
    ],
)
def test_of_a_job_that_does_not_count_its_rows_so_many_are_there_as_may_have_come_of_its_visits(
    archive: Path, counts: Row, *, is_sound: bool
) -> None:
    rows(archive, row(), row())
    manifest(archive, [ARTICLES], **counts)
    assert [kind for _, kind, _ in told(archive)] == ([] if is_sound else [Kind.ROWS_LOST])


def test_rows_of_a_killed_job_are_counted_by_nobody(archive: Path) -> None:
    killed = ARTICLES.replace(JOB, "20261121000000-dead00")
    rows(archive, row(), key=killed)
    rows(archive, row())
    manifest(archive, [killed, ARTICLES], kept=1)
    assert told(archive) == []


@pytest.mark.parametrize(
    "counts",
    [{"kept": "2"}, {"kept": -1}, {"dropped": [1]}, {"dropped": {"gone": None}}, {"rows": None}, {"revisited": 1}],
)
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


LATER = "20261122000001-abc124"


def test_in_an_archive_of_version_0_1_0_the_files_of_a_killed_job_need_no_manifest(tmp_path: Path, job: Path) -> None:
    job.unlink()
    manifest(tmp_path, [], job=LATER)
    assert told(tmp_path) == []


def named(root: Path, job: str, *files: str, finish: str = "finished", **counts: Any) -> Path:
    """A manifest that names itself, as they all do since killed jobs have one."""
    path = manifest(root, [*files, f"jobs/contoh/{job}.json"], job=job, **counts)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"finish": finish}))
    return path


def test_a_file_that_is_younger_than_a_manifest_that_names_itself_must_have_one(tmp_path: Path, job: Path) -> None:
    job.unlink()
    named(tmp_path, LATER)  # also when a later one is there
    assert told(tmp_path) == []
    named(tmp_path, "20261121000000-abc122")
    assert told(tmp_path) == [(key, Kind.UNCLAIMED, 0) for key in FILES]
    named(tmp_path, JOB, *FILES[:-1], finish="killed", kept=1, dropped={"gone": 1})
    assert told(tmp_path) == [(EVENTS, Kind.UNCLAIMED, 0)]


def test_what_version_0_1_0_left_half_done_is_no_fault_when_a_later_version_finished_the_job(
    tmp_path: Path, job: Path
) -> None:
    job.unlink()
    named(tmp_path, JOB, ARTICLES, DROPPED, finish="killed", kept=1, dropped={"gone": 1})
    named(tmp_path, LATER)
    assert told(tmp_path) == []


def test_while_a_job_is_at_work_only_its_own_files_may_lack_a_manifest(tmp_path: Path, job: Path) -> None:
    job.unlink()
    named(tmp_path, "20261121000000-abc122")
    (tmp_path / "state" / "spool" / "contoh" / JOB).mkdir(parents=True)
    assert told(tmp_path) == []
    (tmp_path / "state" / "spool" / "contoh" / JOB).rename(tmp_path / "state" / "spool" / "contoh" / LATER)
    assert told(tmp_path) == [(key, Kind.UNCLAIMED, 0) for key in FILES]


def test_a_manifest_that_cannot_be_read_leaves_no_file_to_be_called_unclaimed(
    tmp_path: Path, job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Path, *arguments: Any, **options: Any) -> Any:
        if self == job:
            raise OSError(5, "Input/output error", str(self))
        return opened(self, *arguments, **options)

    opened = Path.open
    monkeypatch.setattr(Path, "open", failing)
    refused: list[Unread] = []
    with closing(Jobs(OnDisk(tmp_path), in_spool(tmp_path))) as jobs:
        jobs.add(FILES)
        assert list(jobs.faults(refused.append)) == []
    assert [str(error.filename) for error in refused if isinstance(error, OSError)] == [str(job)]


@pytest.mark.usefixtures("job")
def test_files_that_come_while_the_archive_is_read_are_no_matter_of_this_verification(tmp_path: Path) -> None:
    warcs = list(OnDisk(tmp_path).keys("warc", ".warc.gz"))
    with closing(Links(OnDisk(tmp_path), in_spool(tmp_path))) as between:
        for key in warcs:
            list(verify_file(tmp_path / key, own=True, seen=between.of(key)))
        late = ARTICLES.replace(JOB, LATER)
        rows(tmp_path, row(warc=SECOND), key=late)
        warc(tmp_path, SECOND, RESPONSE)
        manifest(tmp_path, [SECOND, late], job=LATER, kept=1)
        assert list(between.faults()) == []


def test_a_killed_job_that_was_finished_has_a_manifest_that_must_stay(
    tmp_path: Path, capture: Callable[..., Capture], article: Callable[..., Article]
) -> None:
    def run() -> Job:
        job = Job(outlet="contoh", archive_uri=str(tmp_path))
        made = article(1)
        made.captures = [job.capture(capture(url=made.url))]
        job.keep(Outcome(article=made, verdict=Verdict.ARTICLE))
        job.commit()
        return job

    run().finish({"counts": {"kept": 1, "dropped": {}}})
    killed = run()
    killed.release()
    run().finish({"counts": {"kept": 1, "dropped": {}}})
    assert told(tmp_path) == []
    (tmp_path / "jobs" / "contoh" / f"{killed.id}.json").unlink()
    assert {kind for _, kind, _ in told(tmp_path)} == {Kind.UNCLAIMED}
