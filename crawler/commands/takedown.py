"""`scrapy takedown`: take an article out of the archive, so that everything else in it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from crawler.progress import Progress, plain
from crawler.verb import Verb, above, positional, tell

if TYPE_CHECKING:
    import argparse

    from archive.errors import ExitStatus


class Command(Verb):
    """The only verb that takes anything out of an archive."""

    interrupted = "Interrupted; give the same command again, and the takedown comes to its end."
    failed = "Give the same command again when that is mended."

    def syntax(self) -> str:
        return "URL --reason TEXT [--dry-run]"

    def short_desc(self) -> str:
        return "Take an article out of the archive"

    def long_desc(self) -> str:
        return (
            "Take an article with all its addresses, versions and pages out of the rows, the WARC files and their "
            "indexes, for good, and never ask for it again. A stub of the same length takes the place of each record, "
            "so that every other one stays where it is. --dry-run says exactly what would be done. Who did it, when "
            "and why is kept under takedowns/, with a list of revocations for those who have a dataset. What was cut "
            "short is brought to its end by the same command. docs/takedown.md says what stays. Exit status: 0 done, "
            "2 bad arguments or no archive, 5 storage or catalog failed, 6 files wait for their upload: give the "
            "command again, 8 the archive has no such article, 9 a job is at work on the outlet, 130 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--reason",
            metavar="TEXT",
            help="why; all before a first colon, if there is one, is for everybody to read, the rest for the log",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Take it down, or say what that would be."""
        from crawler.takedown import Takedown

        assert self.settings is not None
        [given] = positional(args, self.name, "Name one address: scrapy takedown https://... --reason TEXT")
        if opts.reason is None:
            raise UsageError(
                "Say why: --reason 'court order', --reason 'request of the author: ...'.", print_help=False
            )
        progress = Progress()
        say = above(progress, self.name)
        try:
            takedown = Takedown(self.settings, given, opts.reason, note=progress.tell, complain=say)
            status, lines = takedown.planned() if opts.dry_run else takedown.done()
        finally:
            progress.clear()
        tell(map(plain, lines))
        return status
