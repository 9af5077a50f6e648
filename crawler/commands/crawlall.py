"""`scrapy crawlall`: all outlets, each in a process of its own, with one summary and one exit status."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils.conf import arglist_to_dict

from archive.errors import ArgumentError, ExitStatus
from crawler.progress import is_watched
from crawler.verb import Verb, chosen, complain, outlets_of, refuse_options, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from crawler.live import Screen

JOBS = 4
"""Outlets at a time, unless the user says otherwise: enough for the network, few enough for a small machine."""


class Command(Verb):
    """Begins `scrapy crawl` for each outlet, and says what became of it."""

    def syntax(self) -> str:
        return "[options] [OUTLET...]"

    def short_desc(self) -> str:
        return "Fetch the new articles of all outlets, some at a time"

    def long_desc(self) -> str:
        return (
            "Run scrapy crawl for each outlet that is named, else for those of the setting OUTLETS (names with commas "
            "between them, also from the environment), else for all that scrapy list shows. Each has a process of its "
            "own; what happens to one does not touch the others. Arguments for all of them: -a since=YYYY-MM-DD, "
            "-a until=YYYY-MM-DD, -a section=NAME, -a limit=N (articles of each outlet), -a fill=yes. -s, -L, --nolog "
            "and --logfile are passed on. On a terminal the bottom shows how far each is and whom it waits for, and "
            "warnings above it; otherwise all log lines are passed on with the outlet's name in front. At the end "
            "there is one table, and the exit status is the gravest of all, in this order: 130 interrupted, 5 storage "
            "failed, 1 a fault of ours or an outlet's process that died, 2 bad arguments, 4 blocked, 3 unreachable, 7 "
            "an alarm, 8 nothing announced, 6 uploads wait, 0 done, 9 another job is at work (only if that is so for "
            "all of them). Ctrl-C or SIGTERM: nothing more is sent, what is on the wire is kept; a second one stops at "
            "once."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-a",
            dest="spargs",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="an argument for every outlet (may be repeated)",
        )
        parser.add_argument(
            "-j", "--jobs", type=int, default=JOBS, metavar="N", help=f"outlets at a time (default: {JOBS})"
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Run them all."""
        from crawler import fleet, logs, telling
        from crawler.commands.crawl import ANONYMOUS, is_anonymous

        assert self.settings is not None
        if opts.jobs < 1:
            raise UsageError(
                f"--jobs {opts.jobs} is not possible: give a number of outlets, 1 or more.", print_help=False
            )
        names = self._chosen(args, opts)
        if is_anonymous(self.settings):
            complain(self.name, ANONYMOUS)
        style = logs.style_of(self.settings)
        screen = _screen()
        teller = telling.Teller(style, screen, len(names))
        crew = fleet.Fleet(self._command(opts, style, watched=screen is not None), teller, opts.jobs)
        if screen:
            screen.begin()
        try:
            ends = crew.run(names)
        finally:
            if screen:
                screen.end()
        status = ExitStatus.INTERRUPTED if crew.is_interrupted else fleet.gravest(end.status for end in ends)
        tell(telling.table(ends, status))
        return status

    def _chosen(self, args: list[str], opts: argparse.Namespace) -> list[str]:
        """The outlets that are meant, once nothing speaks against their arguments. Raises UsageError, ArgumentError."""
        from crawler.commands.crawl import check

        assert self.settings is not None
        refuse_options(args, self.name)
        try:
            arguments = arglist_to_dict(opts.spargs)
        except ValueError:
            raise UsageError("Write an argument as -a NAME=VALUE.", print_help=False) from None
        if "url" in arguments:
            raise ArgumentError("An address belongs to one outlet: scrapy crawl OUTLET -a url=URL.")
        outlets = outlets_of(self.settings)
        found = chosen(args or [name.strip() for name in self.settings.getlist("OUTLETS")], outlets)
        for outlet in found.values():
            check(outlet, arguments, self.settings)
        return list(found)

    def _command(self, opts: argparse.Namespace, style: str, *, watched: bool) -> Callable[[str], list[str]]:
        """The program of an outlet with its arguments, and what is passed on of ours."""
        assert self.settings is not None
        passed = [part for setting in opts.set for part in ("-s", setting)]
        passed += ["-s", f"LOG_STYLE={style}"]  # a pipe would hide from a child that this is the journal
        passed += [part for argument in opts.spargs for part in ("-a", argument)]
        passed += ["--nolog"] if opts.nolog else []
        passed += ["--logfile", opts.logfile] if opts.logfile else []
        level = opts.loglevel
        if watched and self.settings.getpriority("LOG_LEVEL") != SETTINGS_PRIORITIES["cmdline"]:
            level = "WARNING"
        passed += ["-L", level] if level else []
        return lambda outlet: [sys.executable, "-m", "scrapy", "crawl", *passed, outlet]


def _screen() -> Screen | None:
    if not is_watched():
        return None
    from crawler.live import Screen

    return Screen()
