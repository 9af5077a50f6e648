"""`python -m tests.soak_bucket 40`: crawls into a bucket that are killed, as its server is, on a network that fails."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.buckets import Place, SeaweedFS
from tests.fakesite import FakeSite
from tests.proxy import PASS, Fault, Proxy
from tests.runs import ROOT, SCRAPY, environment
from tests.soak import Report, judge, many_articles, wait

FAULTS = 0.15
"""Share of the requests to the server that something happens to."""


class Weather:
    """What happens to requests: a rule of the proxy."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._lock = threading.Lock()
        self.happened = Counter[str]()
        self.share = FAULTS

    def __call__(self, _number: int, _head: str) -> Fault:
        with self._lock:
            if self._draw.random() >= self.share:
                return PASS
            byte = int(2 ** self._draw.uniform(0, 16))
            name, fault = self._draw.choice(
                [
                    ("500", Fault(status=500)),
                    ("503", Fault(status=503, code="SlowDown")),
                    ("slow", Fault(delay=1.5)),
                    ("cut in the request", Fault(cut_request=byte)),
                    ("cut in the answer", Fault(cut_response=byte // 32)),
                    ("flipped", Fault(flip=byte)),
                ]
            )
            self.happened[name] += 1
            return fault


def soak(folder: Path, rounds: int, seed: int) -> tuple[Report, dict[str, object]]:
    """Crawl so many times, each time with the crawl or the server killed or neither; then once in peace, and look."""
    draw, report, weather, statuses, restarts = random.Random(seed), Report(), Weather(seed), Counter[int](), 0
    articles = many_articles(folder / "outlets", 40 + 20 * rounds)
    with SeaweedFS(folder / "server", restarts=True) as server, Proxy(server.endpoint, weather) as proxy:
        place = Place(server, server.make_bucket())
        with FakeSite(outlets=folder / "outlets") as site:
            env = environment(site) | proxy.env | {"ARCHIVE_URI": place.uri, "STATE_DIR": str(folder / "state")}
            env |= {"UPLOAD_PATIENCE": "3", "no_proxy": "127.0.0.1"}
            crawl = [*SCRAPY, "crawl", "tribun", "-s", "DOWNLOAD_DELAY=0.05"]
            for _ in range(rounds):
                job = subprocess.Popen(crawl, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                wait(job, site, draw)
                is_down = draw.random() < 0.3
                if is_down:
                    restarts += 1
                    server.kill()
                    time.sleep(draw.uniform(0, 2))
                    if draw.random() < 0.5:  # else the crawl has to end without it
                        server.start()
                        is_down = False
                if draw.random() < 0.6:
                    job.kill()
                    report.kills += 1
                statuses[job.wait()] += 1
                if is_down:
                    server.start()
            weather.share = 0
            for verb in (crawl[:-2], [*SCRAPY, "upload"], [*SCRAPY, "verify", "--deep"]):
                done = subprocess.run(verb, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
                if done.returncode:
                    told = (done.stdout + done.stderr)[-2000:]
                    report.faults.append(f"{' '.join(verb[3:])} ended with status {done.returncode}: {told}")
        for key, data in place.content().items():
            path = folder / "archive" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    left = [path for name in ("outbox", "spool") for path in (folder / "state" / name).rglob("*") if path.is_file()]
    report.faults += [f"{path} is still there" for path in left]
    judge(folder / "archive", articles, set(), report)
    return report, {"server restarts": restarts, "statuses": dict(statuses), "faults sent": dict(weather.happened)}


def main(rounds: str, seed: str = "0") -> int:
    """Soak, print what it came to, and end with 1 if anything was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        report, more = soak(Path(folder), int(rounds), int(seed))
    print(f"{report}; {more}; {time.monotonic() - began:.0f} s, seed {seed}")
    print("\n".join(report.faults[:20]))
    return bool(report.faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
