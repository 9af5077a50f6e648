"""`scrapy serve` as a person starts it."""

from __future__ import annotations

import http.client
import signal
import subprocess
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.runs import ROOT, SCRAPY, environment


class Served:
    """A server on a free port, for as long as the `with` block lasts."""

    def __init__(self, archive: Path) -> None:
        arguments = (*SCRAPY, "serve", "--port", "0", "-s", f"ARCHIVE_URI={archive}")
        self.process = subprocess.Popen(
            arguments, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.line = self.process.stdout.readline()
        self.address = self.line.split(" ")[0].rstrip("/")
        self.port = int(self.address.rpartition(":")[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.end()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer, answer.read()

    def end(self) -> tuple[int, str]:
        """Ctrl-C; status, and what was said on standard error."""
        self.process.send_signal(signal.SIGINT)
        _, log = self.process.communicate(timeout=60)
        return self.process.returncode, log
