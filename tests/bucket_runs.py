"""Crawls into a bucket as a user starts them, and the bucket's content as an archive on disk."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.job import Job
from tests.buckets import Place
from tests.fakesite import FakeSite
from tests.proxy import Proxy
from tests.runs import ROOT, SCRAPY, Run, environment, started

ONE = "https://www.tribunnews.com/nasional/7788101/rel-terendam-rob-di-semarang-belasan-perjalanan-kereta-dialihkan-lewat-jalur-selatan"
"""An article of one page."""


@dataclass(frozen=True)
class Machine:
    """A folder for STATE_DIR, and the way to the bucket."""

    folder: Path
    place: Place
    proxy: Proxy | None = None
    """Stands between the machine and the bucket."""
    catalog: str = ""
    """CATALOG_URI."""

    @property
    def outbox(self) -> Path:
        return self.folder / "state" / "outbox"

    @property
    def waiting(self) -> list[str]:
        """Keys of the files that wait for upload."""
        return sorted(path.relative_to(self.outbox).as_posix() for path in self.outbox.rglob("*") if path.is_file())

    def env(self, **extra: str) -> dict[str, str]:
        """What the environment says of archive and state."""
        way = self.proxy.env if self.proxy else {}
        ours = {"STATE_DIR": str(self.folder / "state"), "CATALOG_URI": self.catalog, "UPLOAD_PATIENCE": "30"}
        # The fake outlets lie behind a proxy, the bucket does not.
        return self.place.env | way | ours | {"CONTACT": "mailto:uji@contoh.test", "no_proxy": "127.0.0.1"} | extra

    def crawl(self, site: FakeSite, *arguments: str, **extra: str) -> Run:
        """`scrapy crawl tribun`; the run has the bucket's content as it is then."""
        asked = [part for argument in arguments for part in ("-a", argument)]
        command = ("crawl", "tribun", "-s", "DOWNLOAD_DELAY=0", *asked)
        return Run(*started(*command, env=environment(site) | self.env(**extra)), self.copy())

    def upload(self, **extra: str) -> Run:
        """`scrapy upload`."""
        return Run(*started("upload", env=environment() | self.env(**extra)), self.copy())

    def copy(self) -> Path:
        """The bucket's content in a folder."""
        folder = self.folder / "copy"
        for key, data in self.place.content().items():
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            (folder / key).write_bytes(data)
        return folder

    def next_job(self) -> Run:
        """A job that asks for nothing, and finishes what the ones before it left."""
        state, catalog = str(self.folder / "state"), self.catalog or None
        left = Job(outlet="tribun", archive_uri=self.place.uri, state_dir=state, catalog_uri=catalog).finish({})
        return Run(6 if left else 0, "", "", self.copy())

    @contextmanager
    def crawling(
        self, site: FakeSite, *arguments: str, options: tuple[str, ...] = (), **extra: str
    ) -> Iterator[subprocess.Popen[str]]:
        """`scrapy crawl tribun` while it runs; killed at the end if it still does."""
        asked = [part for argument in arguments for part in ("-a", argument)]
        command = ("crawl", "tribun", "-s", "DOWNLOAD_DELAY=0", *options, *asked)
        env, pipe = environment(site) | self.env(**extra), subprocess.PIPE
        with subprocess.Popen([*SCRAPY, *command], cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True) as child:
            try:
                yield child
            finally:
                child.kill()  # not awaited by its pipes: a worker that outlives it holds them open
