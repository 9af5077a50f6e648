"""`scrapy upload`: finish what killed jobs left on this machine, and send what waits for its bucket."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from archive.errors import ExitStatus
from crawler.verb import Verb, complain

if TYPE_CHECKING:
    import argparse


class Command(Verb):
    """Asks no outlet for anything."""

    interrupted = "Interrupted; what was not sent yet waits where it was."
    failed = "What was not sent yet waits where it was."

    def short_desc(self) -> str:
        return "Send what this machine still holds to the archive's bucket"

    def long_desc(self) -> str:
        return (
            "Finish what killed jobs left in the state folder of this machine, and upload every file that waits for "
            "the archive's bucket; a job does the same at its start and end. An outlet at work on this machine is "
            "passed over: its job finishes it. It gives up after UPLOAD_PATIENCE seconds without progress, and loses "
            "nothing. For an archive on disk there is only the first half. Exit status: 0 nothing is left here but "
            "what jobs at work have, 2 bad arguments, 5 the bucket refuses us, or the state folder or the catalog "
            "failed, 6 files still wait for upload, 9 what a killed job left has to stay, because another machine is "
            "at work on its outlet or the catalog is being made anew, 130 interrupted."
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:  # noqa: ARG002 - Scrapy passes them
        """Upload."""
        from crawler.handover import Handover

        assert self.settings is not None
        if args:
            raise UsageError("scrapy upload takes no names: it sends all that this machine holds.", print_help=False)
        return Handover(self.settings, partial(complain, self.name)).run()
