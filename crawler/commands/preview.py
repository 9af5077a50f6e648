"""`scrapy preview URL|FILE`: how a page reads, where each fact comes from, and what was removed by which rule."""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import TYPE_CHECKING, cast

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from archive.errors import ArgumentError, ArsipError, ExitStatus, StorageError
from archive.model import Verdict
from crawler import preview
from crawler.given import is_address, obtain
from crawler.progress import plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from scrapy.settings import Settings

    from crawler.outlet import Outlet
    from crawler.spider import OutletSpider


class Command(ScrapyCommand):
    """Shows a page as a crawl would read it; archives nothing."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] URL|FILE|-"

    def short_desc(self) -> str:
        return "Show a page's clean text, its facts with their origins, and what was removed"

    def long_desc(self) -> str:
        return (
            "Show a page as a crawl would read it: verdict, every fact with its origin, the clean text, and what was "
            "removed by which rule. The page is an address, a file of HTML, a WARC file, or - for standard input. "
            "It is read by the rules of the outlet that its address belongs to; of a file the address is what --url "
            "or the page itself says. An address is asked for once, robots.txt obeyed, and nothing is archived. "
            "Exit status: 0 done, 1 a fault of ours or a page beyond the limits, 2 bad arguments or no page there, 3 "
            "unreachable, 4 blocked by the outlet, 5 a file that cannot be read, 130 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        rules = parser.add_mutually_exclusive_group()
        rules.add_argument("--outlet", metavar="NAME", help="read it by the rules of this outlet")
        rules.add_argument("--generic", action="store_true", help="read it without an outlet's rules")
        parser.add_argument("--url", metavar="URL", help="address that a file or standard input came from")
        parser.add_argument("--record", metavar="URL", help="choose a page of a WARC file")
        parser.add_argument("--json", action="store_true", help="one JSON object: verdict, reason, row, removed")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show the page, and end with the exit status. Raises UsageError for what cannot be meant."""
        [name] = positional(args, "preview", "Name one page: scrapy preview URL, FILE, or - for standard input.")
        try:
            self.exitcode = int(self._show(name, opts))
        except ArgumentError as error:
            raise UsageError(plain(str(error)), print_help=False) from error
        except ArsipError as error:
            _complain(str(error))
            self.exitcode = int(error.status)
        except KeyboardInterrupt:
            _complain("Interrupted.")
            self.exitcode = int(ExitStatus.INTERRUPTED)

    def _show(self, name: str, opts: argparse.Namespace) -> ExitStatus:
        assert self.settings is not None
        outlets = outlets_of(self.settings)
        if opts.outlet is not None and opts.outlet not in outlets:
            raise ArgumentError(f"There is no outlet {opts.outlet}; there are {', '.join(outlets)}.")
        given = obtain(name, self.settings, url=opts.url, record=opts.record)
        owner = opts.outlet or next((one for one in outlets if outlets[one].owns(given.url)), "")
        if opts.generic:
            owner = ""
        reading = preview.read(given, owner, outlets.get(owner))
        if opts.json:
            tell([preview.as_json(reading)])
        else:
            watched = sys.stdout.isatty()
            ink = preview.Ink(colour=watched and not os.environ.get("NO_COLOR"))
            tell(preview.draw(reading, ink, shutil.get_terminal_size().columns if watched else None))
        walled = is_address(name) and reading.page.verdict is Verdict.BLOCKED
        return ExitStatus.BLOCKED if walled else ExitStatus.DONE


def positional(args: list[str], verb: str, usage: str, number: int = 1) -> list[str]:
    """The arguments that are no options, so many as there must be. Raises UsageError."""
    if unknown := [name for name in args if name.startswith("-") and name != "-"]:
        raise UsageError(f"There is no option {plain(unknown[0])}: scrapy {verb} -h names them.", print_help=False)
    if len(args) != number or "" in args:
        raise UsageError(usage, print_help=False)
    return args


def outlets_of(settings: Settings) -> dict[str, Outlet]:
    """Every outlet by its name."""
    loader = get_spider_loader(settings)
    # Every spider here is an outlet's.
    return {name: cast("type[OutletSpider]", loader.load(name)).outlet for name in sorted(loader.list())}


def tell(lines: Iterable[str]) -> None:
    """Print to somebody who may have read enough before the end. Raises StorageError where it cannot be written."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        for line in lines:
            print(line)  # noqa: T201 - the user reads this
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered has nowhere to go
        if not isinstance(error, BrokenPipeError):
            raise StorageError(f"The result cannot be printed: {error.strerror}.") from error


def _complain(text: str) -> None:
    print(f"scrapy preview: {plain(text)}", file=sys.stderr)  # noqa: T201 - the user reads this
