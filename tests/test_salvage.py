"""A job that was killed at any byte: what is whole stays, what is torn goes to damaged/, nothing is fetched twice."""

from __future__ import annotations

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
