"""A real crawl that asks for odd exchanges, in a process of its own, and what its sink was given.

The process is `python -m tests.wirecrawl PLAN RESULT [other]`; with `other` it finds a Scrapy in which a private part
has another name, as it may have in the next version.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.core.downloader.handlers import http11
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response
from scrapy.utils.project import get_project_settings

from archive.model import Capture
from crawler.pace import Pace
from pipelines.warc import WarcPipeline
from tests.exchanges import Case
from tests.recorder import Recorder
from tests.runs import ROOT

WAYS = ("http", "https", "proxy", "connect")


@dataclass
class Asked:
    """One request of a plan."""

    name: str
    url: str
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass
class Got:
    """What became of one request of a plan."""

    captures: list[Capture] = field(default_factory=list)
    error: str | None = None


@dataclass(frozen=True)
class Crawl:
    """What the server saw, what the sink was given, and the log."""

    server: Recorder
    got: dict[str, Got]
    log: str
    began: datetime

    def capture(self, way: str, name: str) -> Capture:
        (capture,) = self.got[f"{way} {name}"].captures
        return capture


def crawl(server: Recorder, folder: Path, rounds: list[dict[str, Case]], *other: str) -> Crawl:
    """Ask for every case by every way, round after round, in a process of its own."""
    began = datetime.now(UTC)
    plan = [[_asked(server, way, name, case) for name, case in cases.items() for way in WAYS] for cases in rounds]
    asked, result = folder / "plan", folder / "result"
    asked.write_bytes(pickle.dumps(plan))
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.wirecrawl", str(asked), str(result), *other],
        cwd=ROOT,
        env=env | {"SSL_CERT_FILE": str(server.ca_file)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Crawl(server, pickle.loads(result.read_bytes()), done.stderr, began)


def _asked(server: Recorder, way: str, name: str, case: Case) -> Asked:
    proxy = {"proxy": server.proxy} if way in {"proxy", "connect"} else {}
    meta: dict[str, Any] = case.meta | proxy
    return Asked(f"{way} {name}", server.address(way, name), case.method, case.body, case.headers, meta)


class Keeper(WarcPipeline):
    """The sink, which keeps captures as they are."""

    def __init__(self, spider: OddSpider) -> None:
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Any) -> Keeper:
        return cls(crawler.spider)

    def keep(self, request: Request, capture: Capture) -> None:
        self._spider.got[request.cb_kwargs["name"]].captures.append(capture)

    async def catch_up(self) -> None:
        """Nothing is behind."""

    async def open_spider(self) -> None:
        """No job to begin."""

    async def close_spider(self) -> None:
        """No job to end."""


class OddSpider(Spider):
    name = "odd"

    def __init__(self, plan: list[list[Asked]], got: dict[str, Got]) -> None:
        super().__init__()
        self._rounds = iter(plan)
        self._waiting = 0
        self.got = got
        self.pace = Pace(100, self.is_leaving)

    def is_leaving(self) -> bool:
        return False

    async def start(self) -> AsyncIterator[Any]:
        for request in self._round():
            yield request

    def _round(self) -> Iterator[Request]:
        asked = next(self._rounds, [])
        self._waiting = len(asked)
        for one in asked:
            self.got[one.name] = Got()
            yield Request(
                one.url,
                self.came,
                errback=self.failed,
                method=one.method,
                body=one.body,
                headers=list(one.headers),
                meta=dict(one.meta),
                cb_kwargs={"name": one.name},
                dont_filter=True,
            )

    def came(self, _response: Response, name: str) -> Iterator[Request]:  # noqa: ARG002 - Scrapy passes it
        yield from self._next()

    def failed(self, failure: Any) -> Iterator[Request]:
        self.got[failure.request.cb_kwargs["name"]].error = type(failure.value).__name__
        yield from self._next()

    def _next(self) -> Iterator[Request]:
        self._waiting -= 1
        if not self._waiting:
            yield from self._round()


def rename_private_parts() -> None:
    renamed: Any = http11._LenientHTTP11ClientProtocol

    class Factory(http11._LenientHTTP11ClientFactory):
        def buildProtocol(self, addr: Any) -> Any:  # noqa: ARG002, N802 - Twisted's signature
            return renamed(self._quiescentCallback)

    http11._LenientHTTP11ClientFactory = Factory  # type: ignore[misc]
    del http11._LenientHTTP11ClientProtocol


def main(plan: str, result: str, *other: str) -> None:
    if other:
        rename_private_parts()
    settings = get_project_settings()
    settings.setdict(
        {
            "ITEM_PIPELINES": {Keeper: 100},
            "DOWNLOADER_MIDDLEWARES": {},
            "EXTENSIONS": {},
            "ROBOTSTXT_OBEY": False,
            "RETRY_ENABLED": False,
            "DOWNLOAD_DELAY": 0,
            "CONCURRENT_REQUESTS": 64,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        },
        priority="cmdline",
    )
    got: dict[str, Got] = {}
    process = CrawlerProcess(settings)
    process.crawl(OddSpider, pickle.loads(Path(plan).read_bytes()), got)
    process.start()
    Path(result).write_bytes(pickle.dumps(got))


if __name__ == "__main__":
    # What is pickled must not belong to `__main__`, which the reader has another of.
    import_module("tests.wirecrawl").main(*sys.argv[1:])
