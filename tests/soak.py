"""`python -m tests.soak 200`: a crawl that is killed at random moments, again and again, and what is left of it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from archive.model import Verdict
from archive.reader import Fault, Record, read
from archive.verification.files import verify_file
from tests.fakesite import FakeSite
from tests.runs import ROOT, SCRAPY, environment, read_lines

OUTLETS = Path(__file__).parent / "outlets"
CASE = OUTLETS / "tribun" / "nomor-nasional"
NUMBER = "7788101"


@dataclass
class Report:
    """What a soak came to."""

    kills: int = 0
    with_rows: int = 0
    """Kills that left rows in the spool, so that there was something to lose."""
    recovered: int = 0
    """Rows that were made from the WARC of a killed job."""
    rows: int = 0
    faults: list[str] = field(default_factory=list)
    """What should not be: damage, rows that are lost or there twice, pages that were fetched twice."""

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.with_rows} of them with rows in the spool; {self.rows} articles, "
            f"{self.recovered} of them from the WARC of a killed job; {len(self.faults)} faults"
        )


class Run(Protocol):
    """A verb that runs, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...

    def kill(self) -> None: ...


class Begin(Protocol):
    """How a verb is begun."""

    def __call__(self, *arguments: str, env: dict[str, str], log: Path) -> Run: ...


def process(*arguments: str, env: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A verb in a process that begins as a user's does; what it says is added to a file."""
    with log.open("ab") as file:
        return subprocess.Popen([*SCRAPY, *arguments], cwd=ROOT, env=env, stdout=file, stderr=file)


def soak(folder: Path, kills: int, seed: int, *, begin: Begin = process) -> Report:
    """Kill so many crawls of one archive with SIGKILL, let a last one finish, and look at everything."""
    draw, report, finished = random.Random(seed), Report(), set[str]()
    articles = many_articles(folder / "outlets", 40 + 20 * kills)
    archive, log = folder / "archive", folder / "log"
    with FakeSite(outlets=folder / "outlets") as site:
        command = ("crawl", "tribun", "-s", f"ARCHIVE_URI={archive}", "-s")
        for _ in range(kills):
            job = begin(*command, "DOWNLOAD_DELAY=0.05", env=environment(site), log=log)
            wait(job, site, draw)
            job.kill()
            job.wait()
            report.kills += 1
            rows = set(_rows_in_spool(archive))
            report.with_rows += bool(rows)
            finished |= rows
            report.faults += _faults(archive)
        if status := begin(*command, "DOWNLOAD_DELAY=0", env=environment(site), log=log).wait():
            report.faults.append(f"the last run ended with status {status}: {log.read_text(errors='replace')[-2000:]}")
    judge(archive, articles, finished, report)
    return report


def many_articles(folder: Path, count: int) -> set[str]:
    """The outlets of the tests, with one Tribun article under many numbers; their addresses."""
    shutil.copytree(OUTLETS, folder)
    page, article = (CASE.joinpath(name).read_text(encoding="utf-8") for name in ("page.html", "article.json"))
    urls = set()
    for number in range(8_000_000, 8_000_000 + count):
        case = folder / "tribun" / str(number)
        case.mkdir()
        for name, text in (("page.html", page), ("article.json", article)):
            (case / name).write_text(text.replace(NUMBER, str(number)), encoding="utf-8")
        urls.add(json.loads((case / "article.json").read_text(encoding="utf-8"))["url"])
    return urls


def wait(job: Run, site: FakeSite, draw: random.Random) -> None:
    """Wait until a random moment: while the job begins and mends what was left, or while it fetches."""
    if draw.random() < 0.2:
        time.sleep(draw.uniform(0.3, 1.5))
        return
    before = len(site.requests)
    while len(site.requests) == before and job.poll() is None:
        time.sleep(0.02)
    time.sleep(draw.uniform(0.0, 2.5))


def _rows_in_spool(archive: Path) -> Iterator[str]:
    """Articles whose rows a killed job had written."""
    for path in archive.glob("state/spool/*/*/articles/**/*.open"):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield json.loads(line)["url"]


def _faults(archive: Path) -> list[str]:
    """Faults of the WARCs that are finished."""
    paths = archive.glob("warc/**/*.warc.gz")
    return [f"{path.name}:{fault.offset}: {fault.kind}" for path in paths for fault in verify_file(path, own=True)]


def judge(archive: Path, articles: set[str], finished: set[str], report: Report) -> None:
    """Hold an archive against what must be in it once, and the rows that were finished before a kill."""
    rows: list[dict[str, Any]] = read_lines(archive, "articles/**/*.jsonl.gz")
    times = Counter(row["url"] for row in rows)
    report.rows = len(times)
    parts = archive.glob("articles/**/*.jsonl.gz")
    report.recovered = sum(row["job"] not in path.name for path in parts for row in read_lines(path.parent, path.name))
    report.faults += _faults(archive)
    report.faults += [f"{url} was finished and is lost" for url in finished - set(times)]
    report.faults += [f"{url} is missing" for url in articles - set(times)]
    report.faults += [f"{url} is there {count} times" for url, count in times.items() if count > 1]
    captured = Counter(_captured(archive))
    report.faults += [f"{url} was captured {captured[url]} times" for url in articles if captured[url] != 1]
    dropped = [row["url"] for row in read_lines(archive, "dropped/**/*.jsonl.gz") if row["url"] in articles]
    report.faults += [f"{url} was dropped as no {Verdict.ARTICLE}" for url in dropped]


def _captured(archive: Path) -> Iterator[str]:
    """Address of every response record."""
    for path in archive.glob("warc/**/*.warc.gz"):
        for record in read(path):
            if not isinstance(record, Fault) and record.get("WARC-Type") in {"response", "revisit"}:
                assert isinstance(record, Record)
                yield record.get("WARC-Target-URI") or ""


def main(kills: str, seed: str = "0") -> int:
    """Soak, print what it came to, and end with 1 if anything was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        report = soak(Path(folder), int(kills), int(seed))
    print(f"{report}; {time.monotonic() - began:.0f} s, seed {seed}")
    print("\n".join(report.faults[:20]))
    return bool(report.faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
