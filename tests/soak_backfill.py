"""`python -m tests.soak_backfill`: the backfill of 10,000 articles of 60 days, killed five times, and one in peace."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tests.fakesite import FakeSite
from tests.fakesite.daily import Daily
from tests.runs import environment, read_lines
from tests.soak import Begin, Report, Run, judge, process

LAST = date(2022, 3, 31)
OF_A_RUN = ("captured", "captures", "job")
"""Fields of a row that no two runs have alike."""


@dataclass
class Backfill(Report):
    """What a backfill that was killed came to, beside one that was not."""

    requests: int = 0
    """Of the killed one, with robots.txt and those that were cut short."""
    days_again: int = 0
    """Days that were walked more than once."""
    seconds: list[float] = field(default_factory=list)
    """Of the one in peace, and of the other."""
    memory: list[int] = field(default_factory=list)
    """Megabytes of the one in peace, at every tenth of its articles."""

    def __str__(self) -> str:
        return (
            f"{self.rows} articles, {self.kills} kills; {self.requests / max(1, self.rows):.3f} requests an article, "
            f"{self.days_again} days walked again; "
            f"{self.seconds[0]:.0f} s in peace, {self.seconds[1]:.0f} s with kills; "
            f"memory in peace at every tenth: {', '.join(map(str, self.memory))} MB; {len(self.faults)} faults"
        )


def soak(folder: Path, days: int, a_day: int, kills: int, seed: int, *, begin: Begin = process) -> Backfill:
    """One backfill in peace, and one that is killed with SIGKILL at random moments and begun again."""
    outlet, report, draw = Daily(LAST, days, a_day), Backfill(), random.Random(seed)
    peace, war = folder / "peace", folder / "war"
    with FakeSite(overrides=outlet.overrides()) as site:
        began = time.monotonic()
        _finish(_begin(begin, peace, outlet, site), report, site, tenth=days * a_day // 10)
        report.seconds.append(time.monotonic() - began)
    with FakeSite(overrides=outlet.overrides()) as site:
        began = time.monotonic()
        part = days * a_day // (kills + 1)
        for _ in range(kills):
            job = _begin(begin, war, outlet, site)
            _wait(job, site, len(site.requests) + draw.randrange(part // 2, part + part // 2))
            report.faults += [] if job.poll() is None else [f"a run ended by itself with status {job.wait()}"]
            job.kill()
            job.wait()
            report.kills += 1
        _finish(_begin(begin, war, outlet, site), report, site)
        report.seconds.append(time.monotonic() - began)
        report.requests = len(site.requests)
    judge(war, outlet.urls, set(), report)
    report.faults += _differences(peace, war)
    walks = [event["walk"] for event in read_lines(war, "events/**/*.jsonl.gz") if event["event"] == "walked"]
    report.days_again = sum(not walk["done"] for walk in walks) - days
    return report


def rows(archive: Path) -> dict[str, Any]:
    """Address -> row, without what no two runs have alike, but with the digests of the captures."""
    found = {}
    for row in read_lines(archive, "articles/**/*.jsonl.gz"):
        digests = [capture["payload_digest"] for capture in row["captures"]]
        found[row["url"]] = {**{name: row[name] for name in row if name not in OF_A_RUN}, "digests": digests}
    return found


def _begin(begin: Begin, archive: Path, outlet: Daily, site: FakeSite) -> Run:
    period = ("-a", f"since={outlet.days[-1]}", "-a", f"until={outlet.days[0]}")
    settings = ("-s", f"ARCHIVE_URI={archive}", "-s", "DOWNLOAD_DELAY=0")
    return begin("crawl", "tribun", *settings, *period, env=environment(site), log=archive.with_suffix(".log"))


def _wait(job: Run, site: FakeSite, requests: int) -> None:
    while len(site.requests) < requests and job.poll() is None:
        time.sleep(0.02)


def _finish(job: Run, report: Backfill, site: FakeSite, tenth: int = 0) -> None:
    """Let a run come to its end, and look at its memory now and then."""
    while tenth and job.poll() is None:
        _wait(job, site, (len(report.memory) + 1) * tenth)
        if job.poll() is None:
            report.memory.append(_megabytes(job.pid))
    if status := job.wait():
        report.faults.append(f"a run that nobody killed ended with status {status}")


def _megabytes(pid: int) -> int:
    """Memory of a process, as Linux counts it (proc(5), VmRSS)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def _differences(peace: Path, war: Path) -> list[str]:
    one, other = rows(peace), rows(war)
    return [f"{url} is not the same row" for url in sorted(one.keys() | other.keys()) if one.get(url) != other.get(url)]


def main(days: str = "60", articles: str = "10000", kills: str = "5", seed: str = "0") -> int:
    """Soak, print what it came to, and end with 1 if anything was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        report = soak(Path(folder), int(days), -(-int(articles) // int(days)), int(kills), int(seed))
    print(f"{report}; seed {seed}")
    print("\n".join(report.faults[:20]))
    return bool(report.faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
