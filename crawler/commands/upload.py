"""`scrapy upload`: finish what killed jobs left on this machine, and send what waits for its bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from archive.errors import ArgumentError, ArsipError, ExitStatus

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    """Asks no outlet for anything."""

    requires_project = True
    requires_crawler_process = False

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

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy passes them
        """Upload, and end with the exit status. Raises UsageError for what cannot be meant."""
        from crawler.handover import Handover, complain

        assert self.settings is not None
        if args:
            raise UsageError("scrapy upload takes no names: it sends all that this machine holds.", print_help=False)
        try:
            self.exitcode = int(Handover(self.settings).run())
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from error
        except ArsipError as error:
            complain(str(error))
            self.exitcode = int(error.status)
        except OSError as error:
            complain(f"{error.filename or 'The state folder'} cannot be used: {error.strerror or error}.")
            self.exitcode = int(ExitStatus.STORAGE)
        except KeyboardInterrupt:
            complain("Interrupted; what was not sent yet waits where it was.")
            self.exitcode = int(ExitStatus.INTERRUPTED)
