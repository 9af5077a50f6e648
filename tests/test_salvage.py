"""A job that was killed at any byte: what is whole stays, what is torn goes to damaged/, nothing is fetched twice."""

from __future__ import annotations

import contextlib
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

from archive.errors import StorageError
from archive.job import Job, Outcome
from archive.model import Article, Capture, Verdict
from archive.salvage import whole_records
from archive.warc import WarcWriter

Make = Callable[..., Capture]


def test_every_cut_of_a_file_gives_the_records_before_it(tmp_path: Path, capture: Make) -> None:
    writer = WarcWriter(tmp_path, "contoh", {"software": "uji"})
    refs = [writer.write(capture(body=os.urandom(300))) for _ in range(3)]
    writer.close()
    data = (tmp_path / writer.finished[0]).read_bytes()
    ends = [ref.offset for ref in refs] + [ref.offset + ref.length for ref in refs] + [len(data)]
    for cut in range(0, len(data) + 1, 7):
        (tmp_path / "cut").write_bytes(data[:cut])
        _, good = whole_records(tmp_path / "cut")
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
    assert whole_records(path) == (3, size)


def job(folder: Path) -> Job:
    return Job(outlet="contoh", archive_uri=str(folder))


def rows(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in folder.glob("articles/**/*.jsonl.gz")
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
    assert whole_records(warc) == (5, warc.stat().st_size)
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
    known = {url for url in (f"https://contoh.test/berita/{n}" for n in range(20000)) if last.catalog.known(url)}
    last.finish({})
    kept = {str(row["url"]) for row in rows(tmp_path)}
    assert kept
    assert known == kept
    for warc in tmp_path.glob("warc/**/*.warc.gz"):
        assert whole_records(warc)[1] == warc.stat().st_size
    for row in rows(tmp_path):
        [ref] = row["captures"]
        data = (tmp_path / ref["warc"]).read_bytes()[ref["offset"] : ref["offset"] + ref["length"]]
        assert f"WARC-Target-URI: {row['url']}".encode() in gzip.decompress(data)


def left_by_a_kill(folder: Path, capture: Make, article: Callable[..., Article]) -> None:
    """A spool with two articles, the record of the second torn, nothing committed."""
    killed = job(folder)
    made = []
    for number in (1, 2):
        made.append(article(number))
        made[-1].captures = [killed.capture(capture(url=made[-1].url))]
        killed.keep(Outcome(article=made[-1], verdict=Verdict.ARTICLE))
    killed.release()
    [warc] = (folder / "state" / "spool").rglob("*.warc.gz.open")
    os.truncate(warc, made[1].captures[0].offset + 10)


@pytest.mark.parametrize("step", range(12))
def test_a_salvage_that_is_killed_itself_is_begun_again_and_ends_the_same(
    tmp_path: Path, capture: Make, article: Callable[..., Article], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    left_by_a_kill(tmp_path, capture, article)
    steps = 0
    rename = Path.rename

    def killed(self: Path, target: Path) -> Path:
        nonlocal steps
        if steps == step:
            raise KeyboardInterrupt
        steps += 1
        return rename(self, target)

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(Path, "rename", killed)
        job(tmp_path).release()
    after = job(tmp_path)
    assert after.catalog.known(article(1).url) is not None
    assert after.catalog.known(article(2).url) is None
    after.finish({})
    assert [row["url"] for row in rows(tmp_path)] == [article(1).url]
    [warc] = tmp_path.glob("warc/**/*.warc.gz")
    assert whole_records(warc) == (3, warc.stat().st_size)


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
    job(tmp_path).finish({})
    manifests = [json.loads(path.read_text()) for path in tmp_path.glob("jobs/**/*.json")]
    assert len(manifests) == 1
