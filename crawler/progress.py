"""How far a long verb is, for a person who watches."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

_PAUSE = 0.2


class Progress:
    """Bytes done of all, on one line that is rewritten, for a person who watches; nothing in a log."""

    def __init__(self) -> None:
        self._size = 0
        self._before = 0
        self._shown = 0.0
        self._visible = False
        self._watched = is_watched()

    def begin(self, paths: list[Path]) -> None:
        """These are all that will be done. Without any, nothing is shown but what is told."""
        self._size = sum(map(_size, paths))

    def show(self, path: Path, offset: int) -> None:
        """Say how far we are, now and then."""
        if self._size:
            done = self._before + offset
            self.tell_often(f"{100 * done // self._size} % of {self._size / 1e6:,.0f} MB  {path}")

    def tell_often(self, text: str) -> None:
        """Put a text on the line, unless there was one a moment ago."""
        now = time.monotonic()
        if self._watched and now - self._shown >= _PAUSE:
            self._shown = now
            self.tell(text)

    def tell(self, text: str) -> None:
        """Put a text on the line."""
        if self._watched:
            self._visible = True
            sys.stderr.write(f"\r{plain(text)[: shutil.get_terminal_size().columns - 1]}\x1b[K")
            sys.stderr.flush()

    def pass_over(self, path: Path) -> None:
        """A file is done."""
        self._before += _size(path)

    def clear(self) -> None:
        """Make room for a line."""
        if self._visible:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._visible = False


def is_watched() -> bool:
    """Does a person look at standard error, on a terminal whose cursor can be moved?"""
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in {"dumb", "unknown"}


def plain(text: str) -> str:
    """Text without anything that would move a terminal's cursor or change its colours."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # that will be said when it is read
        return 0
