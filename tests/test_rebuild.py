"""A catalog that is made anew knows what the old one knew: of jobs that ended well, of killed ones, of revisits."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.catalog import open_catalog
from archive.errors import LeaseHeld, StorageError
from archive.known import Changes
from archive.model import RecordRef, Verdict
from archive.warc import WarcWriter
from tests import buckets
from tests.lives import Life, Place, exchange, keep, on_disk

BOTH = ("contoh", "misal")
URL = "https://contoh.test/1"


def live(place: Place, seed: int, jobs: int = 8) -> None:
    """Let two outlets have some jobs, the last of which end well."""
    chance = random.Random(seed)
    lives = [Life(place, outlet, chance) for outlet in BOTH]
    for _ in range(jobs):
        chance.choice(lives).job()
    for outlet in BOTH:
        place.job(outlet).finish({})


def run(place: Place, *numbers: int) -> list[RecordRef]:
    """One job that keeps these articles."""
    running, refs = place.job(), []
    for number in numbers:
        refs.append(running.capture(exchange(f"https://contoh.test/{number}")))
        keep(running, refs[-1].url, refs[-1:], aliases=(f"{refs[-1].url}/alias",))
    running.finish({})
    return refs


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some WARC files are full, and leave before their job ends. No test here takes the power away."""
    monkeypatch.setitem(WarcWriter.__init__.__kwdefaults__ or {}, "max_bytes", 6000)
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.mark.parametrize("seed", [20, 24])
def test_whatever_jobs_did_the_new_catalog_knows_what_the_old_one_did(tmp_path: Path, seed: int) -> None:
    place = on_disk(tmp_path)
    live(place, seed)
    old = place.content()
    rebuilt = place.rebuild()
    assert place.complaints == []
    assert place.content() == old
    assert all(old.values())
    counted = [len(old[name]) for name in ("known", "captures", "waiting")]
    assert [rebuilt.addresses, rebuilt.captures, rebuilt.waiting] == counted


def test_an_archive_in_a_bucket_has_its_catalog_made_anew_with_what_still_waits_for_upload(
    tmp_path: Path, quick_bucket: buckets.Place
) -> None:
    place = Place(quick_bucket.uri, tmp_path / "state")
    run(place, 1)
    there = quick_bucket.content()
    run(place, 2)
    old = place.content()
    shutil.rmtree(place.state)
    for key, data in quick_bucket.content().items():
        if key not in there:  # as if the second job had not been able to upload it
            waits = place.state / "outbox" / key
            waits.parent.mkdir(parents=True, exist_ok=True)
            waits.write_bytes(data)
            quick_bucket.server.client().delete_object(Bucket=quick_bucket.name, Key=f"arsip/{key}")
    place.rebuild()
    assert place.content() == old


def test_a_catalog_on_postgresql_is_made_anew_in_its_place(tmp_path: Path, database: str) -> None:
    place = Place(str(tmp_path), tmp_path / "state", database)
    live(place, 0, jobs=4)
    old = place.content()
    catalog = open_catalog(place.state / "catalog.sqlite3", database)
    catalog.forget("", [], {warc: 0 for *_, warc in old["captures"]})
    catalog.close()
    assert place.content() != old
    place.rebuild()
    assert place.content() == old


@pytest.mark.parametrize(
    "lose",
    [
        lambda state: (state / "catalog.sqlite3").unlink(),
        lambda state: (state / "catalog.sqlite3").write_bytes(b"rusak" * 2000),
        shutil.rmtree,
    ],
    ids=["missing", "corrupt", "without-state"],
)
def test_a_catalog_that_is_lost_is_made_anew_and_the_next_job_goes_on(
    tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    place = on_disk(tmp_path)
    run(place, 1)
    old = place.content()
    lose(place.state)
    with pytest.raises(StorageError, match="scrapy catalog rebuild"):
        place.job()
    place.rebuild()
    assert place.content() == old
    place.job().finish({})


def test_what_a_killed_job_left_is_finished_after_the_catalog_was_made_anew(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    run(place, 1)
    killed = place.job()
    other = killed.capture(exchange("https://contoh.test/2"))
    keep(killed, other.url, [other])
    waits = killed.capture(exchange("https://contoh.test/3"))
    killed.commit()
    killed.release()
    place.rebuild()
    assert [line[0] for line in place.content()["known"]] == [URL, f"{URL}/alias"]
    after = place.job()
    assert after.catalog.known(other.url) is not None
    assert [entry.ref for entry in after.catalog.waiting("contoh")] == [waits]
    after.finish({})
    old = place.content()
    place.rebuild()
    assert place.content() == old


def test_while_a_job_is_at_work_no_catalog_is_made_and_meanwhile_no_job_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = on_disk(tmp_path)
    place.job().finish({})
    running = place.job()
    with pytest.raises(LeaseHeld, match="at work on contoh"):
        place.rebuild()
    running.finish({})
    refused = []

    def begin(self: Any, changes: Changes, lease: object = None) -> None:
        for outlet in BOTH:  # one of them has never had a job here
            with pytest.raises(LeaseHeld, match="made anew"):
                place.job(outlet)
            refused.append(outlet)
        commit(self, changes, lease)

    commit = open_catalog.__globals__["Catalog"].commit
    with monkeypatch.context() as patch:
        patch.setattr("archive.catalog.Catalog.commit", begin)
        place.rebuild()
    assert refused
    place.job().finish({})


def test_rows_of_a_newer_schema_are_refused_and_the_catalog_stays(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    run(place, 1)
    old = place.content()
    edit(next(tmp_path.glob("articles/**/*.gz")), lambda row: row | {"schema": 3})
    with pytest.raises(StorageError, match=r"schema 3, this program knows 2.*The catalog is as it was"):
        place.rebuild()
    assert place.content() == old


def test_an_archive_of_version_0_1_0_gets_a_catalog_that_lacks_only_what_waited(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    live(place, 0, jobs=5)
    old = place.content()
    for path in tmp_path.glob("events/**/*.gz"):
        edit(path, lambda event: None if event["event"] in {"began", "settled", "cut-short", "published"} else event)
    for path in tmp_path.glob("articles/**/*.gz"):
        edit(path, lambda row: {key: row[key] for key in row if key != "language_second"} | {"schema": 1})
    place.rebuild()
    assert place.complaints == []
    assert place.content() == {**old, "waiting": []}


def test_damage_is_named_and_keeps_nothing_else_from_the_catalog(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    refs: list[RecordRef] = []
    events: list[Path] = []
    for numbers in ((0, 9), (1,), (2,), (3,)):
        refs += run(place, *numbers)[:1]
        events += {*tmp_path.glob("events/contoh/*")} - {*events}
    [first, second, third, _] = events
    first.write_bytes(first.read_bytes()[:-9])
    second.write_bytes(gzip.compress(b'{"event":"outcome","at":"x","url":1}\nbukan json\n', mtime=0))
    third.unlink()
    warc = tmp_path / refs[0].warc
    with warc.open("r+b") as file:
        file.seek(refs[0].offset + 20)
        file.write(b"\xff" * 9)
    (tmp_path / refs[1].warc).unlink()
    rebuilt = place.rebuild()
    known = [line[0].removeprefix("https://contoh.test/") for line in place.content()["known"]]
    assert known == ["0", "0/alias", "1", "2", "3", "3/alias", "9", "9/alias"]  # only events tell of other addresses
    assert [line[0][-1] for line in place.content()["captures"]] == ["2", "3", "9"]
    named = {complaint.partition(": ")[0] for complaint in place.complaints}
    assert named == {str(path) for path in (first, second, warc, tmp_path / refs[1].warc)}
    assert rebuilt.faults == 5


def test_an_outcome_counts_only_where_its_row_is(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    run(place, 1, 2)
    edit(next(tmp_path.glob("articles/**/*.gz")), lambda row: row if row["url"] == URL else None)
    place.rebuild()
    assert [line[0] for line in place.content()["known"]] == [URL, f"{URL}/alias"]


@pytest.mark.parametrize("is_told", [True, False])
def test_the_row_with_more_captures_counts_in_the_new_catalog_too(tmp_path: Path, *, is_told: bool) -> None:
    place = on_disk(tmp_path)
    for pages in (2, 1):
        running = place.job()
        keep(running, URL, [running.capture(exchange(URL)) for _ in range(pages)], complete=False, final=False)
        running.finish({})
    old = place.content()
    if not is_told:
        for path in tmp_path.glob("events/**/*.gz"):
            path.unlink()
    place.rebuild()
    assert place.content()["versions"] == old["versions"]
    assert [line[-1] for line in old["versions"]] == [2]


def test_an_article_without_events_is_known_as_one_although_it_was_dropped_first(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    running = place.job()
    for verdict in (Verdict.SOFT_404, Verdict.ARTICLE):
        keep(running, URL, [running.capture(exchange(URL))], verdict=verdict)
    running.finish({})
    next(tmp_path.glob("events/**/*.gz")).unlink()
    place.rebuild()
    assert [line[3] for line in place.content()["known"]] == ["article"]


def test_a_record_that_was_settled_and_waits_again_is_known_to_wait(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    killed = place.job()
    ref = killed.capture(exchange(URL))
    killed.release()
    both = place.job()
    both.settle([ref.record_id])
    both.capture(exchange(URL))  # the same again: in this job it was said to need no row
    both.release()
    place.job().finish({})
    place.rebuild()
    again = place.job()
    assert again.catalog.waiting("contoh") == []
    again.capture(exchange(URL))
    again.release()
    place.job().finish({})
    old = place.content()
    assert [line[0] for line in old["waiting"]] == [ref.record_id]
    place.rebuild()
    assert place.content() == old


def test_a_revisit_is_read_after_what_it_refers_to_whatever_their_files_are_called(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    for etag in ("lama", "baru"):
        running = place.job()
        ref = running.capture(exchange(URL, etag=etag))
        running.finish({})
    # A job of many files gives numbers on and on; the next one, in the same second, begins with none.
    [second] = (path for path in tmp_path.glob("warc/**/*.warc.gz") if not str(path).endswith(ref.warc))
    begun = second.name.split("-")[1]
    (tmp_path / ref.warc).rename(second.with_name(f"contoh-{begun}-00099-lain.warc.gz"))
    place.rebuild()
    assert [line[2] for line in place.content()["captures"]] == ["baru"]


def edit(path: Path, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Change the lines of a file, or leave some out."""
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    changed = [json.dumps(line) for line in map(change, lines) if line is not None]
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in changed).encode(), mtime=0))
