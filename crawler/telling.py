"""What `scrapy crawlall` says: the lines of its outlets, the display while they run, and a table at the end."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from archive.errors import WORDS, ExitStatus, StorageError
from crawler.fleet import End
from crawler.logs import Style
from crawler.moment import Moment
from crawler.progress import plain
from crawler.verb import aligned, tell

if TYPE_CHECKING:
    from crawler.live import Screen

_PRIORITY = re.compile(r"<[0-7]>")


class Teller:
    """Passes on what the outlets say, line by line; a terminal that has gone is no reason to stop."""

    def __init__(self, style: Style, screen: Screen | None, outlets: int) -> None:
        """With a `screen` what the outlets print at their end gives way to one sentence each."""
        self._style = style
        self._screen = screen
        self._outlets = outlets
        self._ended = 0

    def line(self, outlet: str, text: str, *, result: bool) -> None:
        if not result:
            self._log(outlet, text)
        elif not self._screen:
            with suppress(StorageError):
                tell([named(outlet, text, Style.PLAIN)])

    def show(self, moments: Sequence[Moment], to_begin: int) -> None:
        if self._screen:
            foot = f"{self._ended} of {self._outlets} ended, {to_begin} not begun yet"
            with suppress(OSError):
                self._screen.show(moments, foot)

    def ended(self, end: End) -> None:
        self._ended += 1
        if self._screen or not end.moment.sentence:  # else it was among its lines
            self._log("", end.sentence)

    def stopping(self, running: int, *, at_once: bool) -> None:
        how = "is stopped at once" if at_once else "finishes what is on the wire; once more stops at once"
        self._log("", f"Interrupted: what runs ({running}) {how}.")

    def _log(self, outlet: str, text: str) -> None:
        with suppress(OSError):
            print(named(outlet, text, self._style), file=self._screen or sys.stderr, flush=True)


def named(outlet: str, text: str, style: Style) -> str:
    """A line of an outlet's log with the name in front, as far as the style has room for it; "" is ourselves."""
    text = plain(text).removeprefix(f"{outlet}: ")
    if style is Style.JSON:  # which has the name; a traceback before the log began has not
        return text if text.startswith("{") else json.dumps({"message": text, "outlet": outlet or None})
    priority = _PRIORITY.match(text) if style is Style.JOURNAL else None
    start = priority.end() if priority else 0
    return f"{text[:start]}{outlet}: {text[start:]}" if outlet else text


def table(ends: Sequence[End], status: ExitStatus) -> Iterator[str]:
    """What became of each outlet, a line each; then a sentence for each that is not simply done, and the one status."""
    rows = [["outlet", "end", "announced", "kept", "dropped", "failed", "alarms", "seconds"]]
    for end in ends:
        now = end.moment
        counts = (now.announced, now.kept, now.dropped, now.failed, now.alarms, round(end.seconds))
        rows.append([end.outlet, end.words, *(f"{count:,}" for count in counts)])
    yield from aligned(rows, left=2)
    yield from (plain(end.sentence) for end in ends if end.sentence and end.status is not ExitStatus.DONE)
    kept = sum(end.moment.kept for end in ends)
    outlets, articles = ("outlet" if len(ends) == 1 else "outlets"), ("article" if kept == 1 else "articles")
    yield f"{len(ends)} {outlets}, {kept:,} {articles} kept. Exit status {int(status)}: {WORDS[status]}."
