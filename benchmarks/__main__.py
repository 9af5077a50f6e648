"""`python -m benchmarks`: what costs time, as ratios of one run. Absolute times differ from machine to machine."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from trafilatura import bare_extraction

from crawler.spiders.tribun import TribunSpider
from pipelines.extract import extract
from tests.fakesite import FakeSite

ROOT = Path(__file__).parent.parent
OUTLETS = ROOT / "tests" / "outlets"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROUNDS = 30
ARTICLES = 300


def cpu(act: Callable[[], object]) -> float:
    """CPU seconds of the best of three times ROUNDS calls, after one to warm up."""
    act()
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for _ in range(ROUNDS):
            act()
        best = min(best, time.process_time() - began)
    return best


def extraction() -> float:
    """Every invented Tribun page by trafilatura with its metadata, over the same pages by the outlet's rules."""
    pages = [
        (path.with_name("page.html").read_bytes(), json.loads(path.read_text(encoding="utf-8"))["url"])
        for path in sorted(OUTLETS.glob("tribun/*/article.json"))
    ]
    rules = TribunSpider.outlet.rules
    ours = cpu(lambda: [extract(body, url, rules, captured=NOW) for body, url in pages])
    return cpu(lambda: [bare_extraction(body, url=url, with_metadata=True) for body, url in pages]) / ours


def crawling() -> float:
    """A crawl to WARC and rows, over a bare Scrapy spider that fetches the same pages: CPU of all processes."""
    with tempfile.TemporaryDirectory() as folder:
        urls = _many_articles(Path(folder) / "outlets")
        with FakeSite(outlets=Path(folder) / "outlets") as site:
            env = os.environ | site.env()
            archive = ("-s", f"ARCHIVE_URI={folder}/archive", "-s", "DOWNLOAD_DELAY=0")
            ours = _cpu_of([sys.executable, "-m", "scrapy", "crawl", "tribun", *archive], env)
            bare = Path(folder) / "bare.py"
            bare.write_text(_BARE.format(urls=urls), encoding="utf-8")
            return ours / _cpu_of([sys.executable, str(bare)], env)


_BARE = """
import scrapy
from scrapy.crawler import AsyncCrawlerProcess
class Bare(scrapy.Spider):
    name = "bare"
    start_urls = {urls!r}
    custom_settings = {{"LOG_LEVEL": "ERROR", "COOKIES_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
        "DOWNLOAD_DELAY": 0, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "USER_AGENT": "Mozilla/5.0 (compatible; bare)"}}
    def parse(self, response):
        pass
process = AsyncCrawlerProcess()
process.crawl(Bare)
process.start()
"""


def _many_articles(folder: Path) -> list[str]:
    """The outlets of the tests, with one Tribun article under many numbers."""
    for outlet in ("intisari", "jatimcenter", "kompastv"):
        shutil.copytree(OUTLETS / outlet, folder / outlet)
    source = OUTLETS / "tribun" / "nomor-nasional"
    page, article = (source.joinpath(name).read_text(encoding="utf-8") for name in ("page.html", "article.json"))
    urls = []
    for number in range(8_000_000, 8_000_000 + ARTICLES):
        case = folder / "tribun" / str(number)
        case.mkdir(parents=True)
        for name, text in (("page.html", page), ("article.json", article)):
            (case / name).write_text(text.replace("7788101", str(number)), encoding="utf-8")
        urls.append(json.loads((case / "article.json").read_text(encoding="utf-8"))["url"])
    return urls


def _cpu_of(command: list[str], env: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a line for each ratio."""
    sys.stdout.write(f"trafilatura with metadata / extraction by rules     {extraction():.1f}\n")
    sys.stdout.write(f"crawl to WARC and rows / bare Scrapy fetch          {crawling():.1f}\n")


if __name__ == "__main__":
    main()
