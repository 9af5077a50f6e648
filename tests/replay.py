"""pywb on an archive of ours, set up as docs/replay.md says: our own indexes, our files where they lie."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import pytest

from tests.buckets import free_port
from tests.runs import ROOT

JUDGES = ROOT / ".venv-judges" / "bin"


def judge(name: str) -> str:
    """A program that judges what we write; the test is skipped without it."""
    path = JUDGES / name
    if not path.exists():
        pytest.skip(f"{name} is not there: make test installs it")
    return str(path)


class Answer(NamedTuple):
    """What pywb sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of a field."""
        return next((value for field, value in self.headers if field.lower() == name.lower()), None)


def _block(language: str, start: str) -> str:
    """The block of the guide that begins so."""
    guide = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", guide, re.DOTALL)
    return next(block for block in blocks if block.startswith(start))


class Replay:
    """pywb on 127.0.0.1, for as long as the `with` block lasts."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._wayback = judge("wayback")

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="replay-"))
        commands = _block("sh", "find").replace("/srv/data/warc/tribun", str(self._archive))
        subprocess.run(["sh", "-e", "-c", commands], cwd=self.folder, check=True)
        # Without a frame around it, a page is what a browser loads first.
        (self.folder / "config.yaml").write_text("framed_replay: false\n" + _block("yaml", "collections"))
        self.port = free_port()
        # Without a proxy of ours: it must ask nobody.
        env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self._log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            [self._wayback, "-b", "127.0.0.1", "-p", str(self.port)],
            cwd=self.folder,
            env=env,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self.folder)

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError((self.folder / "log").read_text())

    def url(self, ts: str, url: str) -> str:
        """Where a browser finds a capture."""
        return f"http://127.0.0.1:{self.port}/tribun/{ts}/{url}"

    def get(self, ts: str, url: str, accept: str = "gzip, deflate, br") -> Answer:
        """The capture as it is, content coding kept where `accept` has it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", f"/tribun/{ts}id_/{url}", headers={"Accept-Encoding": accept})
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()
