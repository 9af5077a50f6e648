"""`python -m benchmarks`: what costs time, as ratios of one run. Absolute times differ from machine to machine.

Extraction has a table of its own: `python -m benchmarks.quality`.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.fakesite import FakeSite
from tests.runs import read_lines
from tests.soak import many_articles

ROOT = Path(__file__).parent.parent
ARTICLES = 300
PAGES = 2000
PAIRS = 5


def crawling() -> float:
    """A crawl to WARC and rows, over a bare Scrapy spider that fetches the same pages: CPU of all processes."""
    with tempfile.TemporaryDirectory() as folder:
        urls = sorted(many_articles(Path(folder) / "outlets", ARTICLES))
        with FakeSite(outlets=Path(folder) / "outlets") as site:
            env = os.environ | site.env()
            archive = ("-s", f"ARCHIVE_URI={folder}/archive", "-s", "DOWNLOAD_DELAY=0")
            ours = _cpu_of([sys.executable, "-m", "scrapy", "crawl", "tribun", *archive], env)
            kept = {row["url"] for row in read_lines(Path(folder) / "archive", "articles/**/*.jsonl.gz")}
            assert kept >= set(urls), f"only {len(kept)} articles were kept"
            bare = Path(folder) / "bare.py"
            bare.write_text(_BARE.format(urls=urls), encoding="utf-8")
            return ours / _cpu_of([sys.executable, str(bare)], env)


def capturing() -> list[float]:
    """Pages per second of a crawl that captures and writes WARC, over those of the same crawl by bare Scrapy.

    From the opening of the spider to the published WARC; the two take turns, PAIRS times, and who begins takes turns
    too. The pages are sent without content coding. We set CONCURRENT_ITEMS to 1 (crawler/settings.py); bare Scrapy has
    its default of 100, and begins as many tasks for every response.
    """
    serve = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(serve, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        ratios = []
        for number in range(PAIRS):
            kinds = ("bare", "archiving") if number % 2 else ("archiving", "bare")
            took = {kind: _seconds(kind, port) for kind in kinds}
            ratios.append(took["bare"] / took["archiving"])
        server.communicate()
    return ratios


def _seconds(kind: str, port: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.fetch", kind, port, str(PAGES), folder]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


_BARE = """
import scrapy
from scrapy.crawler import AsyncCrawlerProcess
class Bare(scrapy.Spider):
    name = "bare"
    start_urls = {urls!r}
    custom_settings = {{"LOG_LEVEL": "ERROR", "COOKIES_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
        "DOWNLOAD_DELAY": 0, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "USER_AGENT": "Mozilla/5.0 (compatible; bare)"}}
    def parse(self, response):
        fetched.append(response.status)
fetched = []
process = AsyncCrawlerProcess()
process.crawl(Bare)
process.start()
assert fetched.count(200) == len(Bare.start_urls), f"only {{fetched.count(200)}} pages came"
"""


def _cpu_of(command: list[str], env: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a line for each ratio."""
    sys.stdout.write(f"crawl to WARC and rows / bare Scrapy fetch          {crawling():.1f}\n")
    ratios = sorted(capturing())
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    sys.stdout.write(f"pages a second: capture to WARC / bare Scrapy       {median(ratios):.2f} ({spread})\n")


if __name__ == "__main__":
    main()
