"""A job that was killed at any byte: what is whole stays, what is torn goes to damaged/, nothing is fetched twice."""

from __future__ import annotations

import errno
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from archive import layout, schema
from archive.errors import StorageError
from archive.job import Job
from archive.model import Article, Capture, RecordRef, Verdict
from archive.outcome import Outcome
from archive.warc import WarcWriter
from archive.whole import read_whole
from tests.dying import dying_at_rename

Make = Callable[..., Capture]


def whole(path: Path) -> tuple[int, int]:
    found = read_whole(path, path.name)
    return found.records, found.end


def test_every_cut_of_a_file_gives_the_records_before_it(tmp_path: Path, capture: Make) -> None:
    writer = WarcWriter(tmp_path, "contoh", {"software": "uji"})
    refs = [writer.write(capture(body=os.urandom(300))) for _ in range(3)]
    writer.close()
    data = (tmp_path / writer.finished[0]).read_bytes()
    ends = [ref.offset for ref in refs] + [ref.offset + ref.length for ref in refs] + [len(data)]
    for cut in range(0, len(data) + 1, 7):
        (tmp_path / "cut").write_bytes(data[:cut])
        good = read_whole(tmp_path / "cut", "cut").end
        assert good <= cut
        assert not any(good < end <= cut for end in ends)


@pytest.mark.parametrize(
    "tail", [b"\0" * 4096, b"sampah", gzip.compress(b"WARC/1.1\r\nContent-Length: 9\r\n\r\nx", mtime=0)]
)
def test_a_foreign_tail_is_no_record(tmp_path: Path, capture: Make, tail: bytes) -> None:
    writer = WarcWriter(tmp_path, "contoh", {})
    writer.write(capture())
    writer.close()
    path = tmp_path / writer.finished[0]
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + tail)
    assert whole(path) == (3, size)


def job(folder: Path) -> Job:
    return Job(outlet="contoh", archive_uri=str(folder))


def rows(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in folder.glob("articles/**/*.jsonl.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def events(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("events/**/*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def test_the_next_job_finishes_a_killed_one_and_knows_what_it_kept(
    tmp_path: Path, capture: Make, article: Callable[..., Article]
) -> None:
    killed = job(tmp_path)
    for number in (1, 2):
        made = article(number)
        made.captures = [killed.capture(capture(url=made.url))]
        killed.keep(Outcome(article=made, verdict=Verdict.ARTICLE))
    killed.commit()
    torn = article(3)
    torn.captures = [killed.capture(capture(url=torn.url))]
    killed.keep(Outcome(article=torn, verdict=Verdict.ARTICLE))  # written, never committed
    killed.release()
    for path in (tmp_path / "state" / "spool").rglob("*.open"):
        if path.name.endswith(".warc.gz.open"):
            os.truncate(path, torn.captures[0].offset + 10)  # the record of the third is torn
        with path.open("ab") as file:
            file.write(b'{"torn')

    after = job(tmp_path)
    assert after.catalog.known(article(1).url) is not None
    assert after.catalog.known(article(3).url) is None
    after.finish({})

    assert sorted(str(row["url"]) for row in rows(tmp_path)) == [article(1).url, article(2).url]
    [warc] = tmp_path.glob("warc/**/*.warc.gz")
    assert whole(warc) == (5, warc.stat().st_size)
    assert len(list(tmp_path.glob("damaged/**/*.open"))) + len(list(tmp_path.glob("damaged/**/*.jsonl*"))) > 0
    assert not list((tmp_path / "state").rglob("*.open"))


def test_kill_9_at_any_moment_loses_nothing_that_the_catalog_knows(tmp_path: Path) -> None:
    program = Path(__file__).with_name("killed_job.py")
    for moment in (0.05, 0.2, 0.5):
        child = subprocess.Popen([sys.executable, str(program), str(tmp_path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()  # it has begun to write
        time.sleep(moment)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    last = job(tmp_path)
    known = {line.url for line in last.catalog.select(sa.select(schema.known.c.url))}
    last.finish({})
    kept = {str(row["url"]) for row in rows(tmp_path)}
    assert kept
    assert known == kept
    for warc in tmp_path.glob("warc/**/*.warc.gz"):
        assert whole(warc)[1] == warc.stat().st_size
    for row in rows(tmp_path):
        [ref] = row["captures"]
        data = (tmp_path / ref["warc"]).read_bytes()[ref["offset"] : ref["offset"] + ref["length"]]
        assert f"WARC-Target-URI: {row['url']}".encode() in gzip.decompress(data)


def left_by_a_kill(folder: Path, capture: Make, article: Callable[..., Article]) -> RecordRef:
    """A spool with two articles, the record of the second torn, and a page without a row; nothing committed."""
    killed = job(folder)
    made = []
    for number in (1, 2):
        rowless = killed.capture(capture(url=f"https://contoh.test/tanpa-baris/{number}"))
        made.append(article(number))
        made[-1].captures = [killed.capture(capture(url=made[-1].url))]
        killed.keep(Outcome(article=made[-1], verdict=Verdict.ARTICLE))
        if number == 1:
            waits = rowless
    killed.release()
    [warc] = (folder / "state" / "spool").rglob("*.warc.gz.open")
    os.truncate(warc, rowless.offset + 10)
    return waits


@pytest.mark.parametrize("step", range(14))
def test_a_salvage_that_is_killed_itself_is_begun_again_and_ends_the_same(
    tmp_path: Path, capture: Make, article: Callable[..., Article], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    waits = left_by_a_kill(tmp_path, capture, article)
    with dying_at_rename(monkeypatch, step):
        job(tmp_path).release()
    after = job(tmp_path)
    assert after.catalog.known(article(1).url) is not None
    assert after.catalog.known(article(2).url) is None
    assert [entry.ref for entry in after.catalog.waiting("contoh")] == [waits]
    after.finish({})
    assert [row["url"] for row in rows(tmp_path)] == [article(1).url]
    [warc] = tmp_path.glob("warc/**/*.warc.gz")
    assert whole(warc) == (5, warc.stat().st_size)
    told = [event["waiting"] for event in events(tmp_path) if event["event"] == "cut-short"]
    assert [[entry["record_id"] for entry in waiting] for waiting in told] == [[waits.record_id]]


def test_what_a_killed_job_learned_from_a_revisit_is_asked_with(tmp_path: Path, capture: Make) -> None:
    head = b"HTTP/1.1 200 OK\r\nETag: %s\r\n"
    first = job(tmp_path)
    first.capture(capture(head=head % b"lama"))
    first.finish({})
    second = job(tmp_path)
    second.capture(capture(head=head % b"baru"))
    second.release()
    third = job(tmp_path)
    stored = third.catalog.stored(capture().url)
    assert stored is not None
    assert stored.etag == "baru"
    third.release()


def test_an_outcome_without_its_row_is_not_believed(
    tmp_path: Path, capture: Make, article: Callable[..., Article]
) -> None:
    killed = job(tmp_path)
    made = article(1)
    made.captures = [killed.capture(capture(url=made.url))]
    killed.keep(Outcome(article=made, verdict=Verdict.ARTICLE))
    killed.release()
    [part] = (tmp_path / "state" / "spool").rglob("part-*.open")
    part.write_bytes(b"")  # the power went before the rows were on the disk
    after = job(tmp_path)
    assert after.catalog.known(made.url) is None
    after.finish({})


def test_a_manifest_that_could_not_be_written_whole_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = job(tmp_path)
    fsync = os.fsync

    def no_space(handle: int) -> None:
        if any("jobs" in str(path) for path in (tmp_path / "state" / "spool").rglob("*.part")):
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(StorageError, match="Make room"):
        full.finish({"counts": {}})
    monkeypatch.undo()
    full.release()
    last = job(tmp_path)
    last.finish({"finish": "finished"})
    manifests = [json.loads(path.read_text()) for path in tmp_path.glob("jobs/**/*.json")]
    assert {manifest["job"]: manifest["finish"] for manifest in manifests} == {full.id: "killed", last.id: "finished"}


def test_damage_to_what_was_durable_is_told_and_forgotten_so_that_it_is_fetched_again(
    tmp_path: Path, capture: Make, article: Callable[..., Article]
) -> None:
    killed = job(tmp_path)
    refs = []
    for number in (1, 2):
        made = article(number)
        made.captures = [killed.capture(capture(url=made.url))]
        refs += made.captures
        killed.keep(Outcome(article=made, verdict=Verdict.ARTICLE))
    killed.commit()
    killed.release()
    [warc] = (tmp_path / "state" / "spool").rglob("*.warc.gz.open")
    with warc.open("r+b") as file:
        file.seek(refs[1].offset + 20)
        file.write(b"\xff" * 20)
    after = job(tmp_path)
    [salvaged] = after.salvaged
    assert [Path(key).name + ".open" for key in salvaged.broken] == [warc.name]
    assert after.catalog.known(article(1).url) is not None
    assert after.catalog.stored(article(1).url) is not None
    assert after.catalog.known(article(2).url) is None
    assert after.catalog.stored(article(2).url) is None
    after.finish({})
    assert [row["url"] for row in rows(tmp_path)] == [article(1).url]


def test_a_torn_end_past_the_journal_is_no_damage(tmp_path: Path, capture: Make) -> None:
    killed = job(tmp_path)
    killed.capture(capture())
    killed.commit()
    killed.capture(capture(url="https://contoh.test/berita/2"))
    killed.release()
    [warc] = (tmp_path / "state" / "spool").rglob("*.warc.gz.open")
    os.truncate(warc, warc.stat().st_size - 1)
    after = job(tmp_path)
    assert after.salvaged[0].cut
    assert after.salvaged[0].broken == []
    after.release()


def test_a_revisit_stands_for_a_record_that_is_there(
    tmp_path: Path, capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = job(tmp_path)
    original = first.capture(capture())
    first.finish({})
    [warc] = tmp_path.glob("warc/**/*.warc.gz")
    warc.unlink()
    monkeypatch.setattr(layout, "host_name", lambda: "lain")  # another file name, even in the same second
    second = job(tmp_path)
    assert second.capture(capture()).record_id != original.record_id
    second.release()


def test_a_file_among_the_spool_folders_that_is_no_job_keeps_nobody_from_beginning(tmp_path: Path) -> None:
    stray = tmp_path / "state" / "spool" / "contoh" / ".DS_Store"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    Job(outlet="contoh", archive_uri=str(tmp_path)).finish({})
    assert stray.exists()
