"""How far a verb of several stages is: on a terminal one line that changes, in a log a line now and then."""

from __future__ import annotations

import sys
import time

from crawler.progress import Progress, is_watched

SECONDS = 20.0
"""Time between two lines of a log."""


class Stages:
    """Stages by name, each with what is done of it."""

    def __init__(self) -> None:
        self._progress = Progress()
        self._told = time.monotonic()

    def tell(self, stage: str, done: int, everything: int) -> None:
        """So much of a stage is done."""
        text = f"{stage}, {done:,} of {everything:,}" if everything > 1 else stage
        if is_watched():
            self._progress.tell(text)
        elif time.monotonic() - self._told >= SECONDS:
            self._told = time.monotonic()
            sys.stderr.write(f"{text}\n")

    def clear(self) -> None:
        """Make room for a line."""
        self._progress.clear()
