"""Verbs as a user starts them: the real command line, and whatever crawls in a process of its own."""

from __future__ import annotations

import atexit
import gzip
import io
import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from scrapy.cmdline import execute
from scrapy.utils.project import get_project_settings

from tests.fakesite import FakeSite
from tests.forks import Fork, Zygote

ROOT = Path(__file__).parent.parent
SCRAPY = (sys.executable, "-m", "scrapy")
_READING = frozenset(("catalog", "dataset", "fixture", "history", "ledger", "preview", "report", "verify", "wacz"))
"""Verbs that run no reactor, unless they are to fetch a page."""


@dataclass(frozen=True)
class Run:
    """What a command printed, how it ended, and the archive it left."""

    status: int
    out: str
    log: str
    archive: Path

    def rows(self, kind: str = "articles") -> list[dict[str, Any]]:
        """Rows of all parts, in the order of their addresses."""
        return sorted(read_lines(self.archive, f"{kind}/**/*.jsonl.gz"), key=lambda row: str(row["url"]))

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Events of one kind."""
        return [event for event in read_lines(self.archive, "events/**/*.jsonl.gz") if event["event"] == kind]

    def manifest(self) -> dict[str, Any]:
        """The manifest of the last job, which was written last: of two jobs of one second no name says which was."""
        path = max(self.archive.glob("jobs/*/*.json"), key=lambda path: (path.stat().st_mtime_ns, path))
        return dict(json.loads(path.read_text(encoding="utf-8")))

    @property
    def warcs(self) -> list[Path]:
        """The WARC files, oldest first."""
        return sorted(self.archive.glob("warc/**/*.warc.gz"))


def read_lines(folder: Path, pattern: str) -> list[dict[str, Any]]:
    """JSON objects of gzipped lines."""
    lines: list[dict[str, Any]] = []
    for path in sorted(folder.glob(pattern)):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines.extend(json.loads(line) for line in file)
    return lines


def environment(site: FakeSite | None = None) -> dict[str, str]:
    """The environment without settings of ours and the terminal's size, with the fake outlets if they are meant."""
    ours = {"ARCHIVE_URI", "STATE_DIR", "CATALOG_URI", "USER_AGENT", "CONTACT"}
    sized = {"COLUMNS", "LINES"}  # pytest-xdist sets them for its workers, and they count for more than the terminal
    env = {name: value for name, value in os.environ.items() if name not in ours | sized}
    return env | (site.env() if site else {})


def scrapy(
    *arguments: str, site: FakeSite | None = None, timeout: float = 250, ahead: timedelta | None = None, **extra: str
) -> tuple[int, str, str]:
    """Run a verb, by a clock that may be ahead; exit status, standard output, log.

    A verb that only reads runs in this process: to start one of its own costs more than most of them do.
    """
    fetches = any(argument.startswith("http") for argument in arguments[1:]) and arguments[0] in {"fixture", "preview"}
    if arguments[0] in _READING and not (site or ahead or extra or fetches):
        return _here(*arguments)
    return started(*arguments, env=environment(site) | extra, timeout=timeout, ahead=ahead)


def started(
    *arguments: str, env: dict[str, str], timeout: float = 250, ahead: timedelta | None = None
) -> tuple[int, str, str]:
    """A verb in a process of its own, to its end: a fork, where that has all of the environment; as `scrapy` tells."""
    program = ("tests.later", str(ahead.total_seconds())) if ahead else ("scrapy",)
    if _zygote().can_run(env):
        return _zygote().run((*program, *arguments), env, timeout)
    done = subprocess.run(
        [sys.executable, "-m", *program, *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def begun(*arguments: str, env: dict[str, str], log: Path) -> Fork:
    """A verb that is a fork, while it runs; what it says is added to a file."""
    assert _zygote().can_run(env)
    return _zygote().begin(("scrapy", *arguments), env, log)


@cache
def _zygote() -> Zygote:
    """What the runs of this process are forks of."""
    zygote = Zygote(ROOT, environment())
    atexit.register(zygote.close)
    return zygote


def _here(*arguments: str) -> tuple[int, str, str]:
    """Scrapy's command line in this process; exit status, standard output, standard error."""
    out, log = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    status = 0
    with chdir(ROOT), redirect_stdout(out), redirect_stderr(log):
        try:
            execute(["scrapy", *arguments], get_project_settings())
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    texts = []
    for stream in (out, log):
        stream.flush()
        stream.seek(0)
        texts.append(stream.read())
    return status, texts[0], texts[1]


def crawl(
    outlet: str,
    archive: Path,
    site: FakeSite | None,
    *arguments: str,
    timeout: float = 250,
    ahead: timedelta | None = None,
) -> Run:
    """`scrapy crawl OUTLET`, without the pause between requests that the fake outlets do not need."""
    settings = ("-s", f"ARCHIVE_URI={archive}", "-s", "DOWNLOAD_DELAY=0", "-s", "CONTACT=mailto:uji@contoh.test")
    asked = tuple(part for argument in arguments for part in ("-a", argument))
    return Run(*scrapy("crawl", outlet, *settings, *asked, site=site, timeout=timeout, ahead=ahead), archive)
