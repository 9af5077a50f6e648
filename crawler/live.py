"""The live display: a few lines at the bottom of a terminal, and the log above them."""

from __future__ import annotations

import atexit
import logging
import sys
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from crawler.moment import Moment
from crawler.progress import plain

PAUSE = 0.5
"""Seconds between two pictures."""
WIDE = 80
"""Columns of a terminal from which on all counts are shown."""
_ALL = {
    "announced": "announced",
    "fetched": "fetched",
    "revisited": "revisited",
    "kept": "kept",
    "dropped": "dropped",
    "failed": "failed",
    "to go": "left",
    "/min": "rate",
}
"""Title of a column, and what stands in it."""
_FEW = ("kept", "failed", "to go", "/min")


class Screen:
    """The bottom of a terminal, on standard error; nothing of it is left at the end.

    It is a stream for log handlers too: what they write goes above the picture.
    """

    def __init__(self) -> None:
        # Who begins it knows that it is a terminal; rich would ask the environment for a second opinion.
        self._console = Console(stderr=True, force_terminal=True, highlight=False)
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._shown = 0.0
        self._handlers: list[logging.StreamHandler[Any]] = []

    def begin(self) -> None:
        """Take the bottom of the terminal, and the log."""
        self._live.start()
        atexit.register(self.end)  # a second Ctrl-C ends a crawl without a word to anybody
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
                handler.setStream(self)
                self._handlers.append(handler)

    def show(self, moments: Sequence[Moment], foot: str = "") -> None:
        """Draw a new picture, if the last one has been seen for long enough."""
        now = time.monotonic()
        if now - self._shown >= PAUSE:
            self._shown = now
            self._live.update(picture(moments, foot, self._console.width), refresh=True)

    def write(self, text: str) -> int:
        """Put lines above the picture."""
        for line in text.splitlines():
            self._console.print(Text(plain(line)), soft_wrap=True)
        return len(text)

    def flush(self) -> None:
        """What is written is there already."""

    def end(self) -> None:
        """Give the terminal back, as it was."""
        atexit.unregister(self.end)
        for handler in self._handlers:
            handler.setStream(sys.stderr)
        self._handlers.clear()
        if self._live.is_started:
            self._live.update(Text(""))  # a picture taller than the terminal could not be taken back
            self._live.stop()


def picture(moments: Sequence[Moment], foot: str, width: int) -> Group:
    """A row for each outlet, below them what each waits for, and the foot; no line is wider than the terminal."""
    titles = tuple(_ALL) if width >= WIDE else _FEW
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("outlet", no_wrap=True, overflow="ellipsis")
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    for moment in moments:
        table.add_row(Text(plain(moment.outlet)), *(f"{getattr(moment, _ALL[title]):,}" for title in titles))
    said = [(moment.outlet, "; ".join(filter(None, (moment.estimate, moment.waits)))) for moment in moments]
    notes = [f"{outlet}: {text}" for outlet, text in said if text]
    whole = width >= WIDE  # else a note may take several lines: its end says how long and why
    below = [Text(plain(line), style="dim", no_wrap=whole, overflow="ellipsis") for line in (*notes, foot) if line]
    return Group(*([table] if moments else []), *below)
