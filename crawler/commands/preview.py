"""`scrapy preview URL|FILE`: how a page reads, where each fact comes from, and what was removed by which rule."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from archive.errors import ExitStatus
from archive.model import Verdict
from crawler.verb import PageVerb, chosen, positional, tell

if TYPE_CHECKING:
    import argparse


class Command(PageVerb):
    """Shows a page as a crawl would read it; archives nothing."""

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
        parser.add_argument("--json", action="store_true", help="one JSON object: verdict, reason, row, removed")

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Show the page."""
        from crawler import preview
        from crawler.given import is_address, obtain

        [name] = positional(args, "preview", "Name one page: scrapy preview URL, FILE, or - for standard input.")
        assert self.settings is not None
        outlets = self.outlets()
        if opts.outlet is not None:
            chosen([opts.outlet], outlets)
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
