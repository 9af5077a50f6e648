"""A program on a terminal, and what a person would see there."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import pyte

from tests.runs import ROOT

# Ctrl-C goes to the session whose terminal it is.
_BEGIN = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A pseudo-terminal with a program on it, which is killed if it still runs in the end."""

    def __init__(self, command: Sequence[str], env: dict[str, str], lines: int = 30, columns: int = 90) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._lock = threading.Lock()
        self._end, theirs = pty.openpty()
        self._size(lines, columns)
        setsid = [sys.executable, "-c", _BEGIN, *command]
        self.process = subprocess.Popen(setsid, stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=ROOT)
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def press(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def resize(self, lines: int, columns: int) -> None:
        with self._lock:  # what is drawn for the new size is not read before
            self._size(lines, columns)
            self.screen.resize(lines, columns)

    def seen(self) -> list[str]:
        """The lines of the screen that are not empty."""
        with self._lock:
            return [line.rstrip() for line in self.screen.display if line.strip()]

    def wait_for(self, text: str, seconds: float = 30) -> str:
        """Wait until a text is on the screen; the screen."""
        until = time.monotonic() + seconds
        while text not in (seen := "\n".join(self.seen())):
            assert time.monotonic() < until, seen
            time.sleep(0.05)
        return seen

    def wait(self, seconds: float = 60) -> int:
        """Wait for the end; the exit status."""
        status = self.process.wait(seconds)
        self._reader.join(5)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        os.close(self._end)

    def _size(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._end, 65536)
            except OSError:  # nobody has the other end any more
                return
            if not data:
                return
            with self._lock:
                self._stream.feed(data)
