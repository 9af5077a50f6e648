"""`scrapy catalog rebuild`: make the catalog anew from what the archive holds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from archive.errors import ArgumentError, ExitStatus
from crawler.progress import Progress
from crawler.verb import Verb, complain, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from archive.rebuild import Rebuilt


class Command(Verb):
    """Reads the whole archive and asks no outlet for anything."""

    interrupted = "Interrupted; the catalog is as it was."
    failed = "The catalog is as it was."

    def syntax(self) -> str:
        return "rebuild"

    def short_desc(self) -> str:
        return "Make the catalog anew from the archive"

    def long_desc(self) -> str:
        return (
            "scrapy catalog rebuild makes the catalog anew from the WARC files, rows and events of the archive, when "
            "it is lost or damaged: nothing that is there is fetched again. No job may be at work meanwhile. What this "
            "machine still has to upload counts; what a killed job left is finished by the next one. A file that "
            "cannot be read is named, and the catalog is made of the others. The old catalog stays until the new one "
            "is whole; docs/archive.md says more. Exit status: 0 done, 2 bad arguments or no archive, 5 storage or "
            "catalog failed, 9 a job is at work, 10 done, but something of the archive could not be read or is "
            "missing, 130 interrupted; there is a new catalog at 0 and 10 only."
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:  # noqa: ARG002 - Scrapy passes them
        """Make the catalog anew."""
        if args != ["rebuild"]:
            raise UsageError(
                "Say what to do with the catalog: scrapy catalog rebuild makes it anew, and there is nothing else.",
                print_help=False,
            )
        return self._rebuild()

    def _rebuild(self) -> ExitStatus:
        from archive.rebuild import rebuild

        assert self.settings is not None
        uri = self.settings["ARCHIVE_URI"]
        if not uri.strip():
            raise ArgumentError("ARCHIVE_URI is empty: give the folder or the bucket of the archive.")
        progress, began = Progress(), time.monotonic()

        def say(text: str) -> None:
            progress.clear()
            complain(self.name, text)

        try:
            rebuilt = rebuild(uri, self.settings["STATE_DIR"], self.settings["CATALOG_URI"], progress.tell, say)
        finally:
            progress.clear()
        if rebuilt.faults:
            say(
                f"{rebuilt.faults:,} faults; what could be read is in the catalog. scrapy verify --deep names all of "
                "them. Articles that are not in the catalog are fetched again."
            )
        for job, machine in rebuilt.elsewhere:
            say(
                f"Job {job} has files on {machine} that are not in the archive yet, and the catalog may not know them: "
                "run scrapy upload there, and scrapy catalog rebuild again."
            )
        tell(_told(rebuilt, time.monotonic() - began))
        return ExitStatus.VERIFICATION if rebuilt.faults else ExitStatus.DONE


def _told(rebuilt: Rebuilt, seconds: float) -> Iterator[str]:
    yield f"addresses  {rebuilt.addresses:,}"
    yield f"articles   {rebuilt.articles:,}"
    yield f"captures   {rebuilt.captures:,}"
    yield f"waiting    {rebuilt.waiting:,}"
    yield f"seconds    {seconds:,.1f}"
    yield f"catalog    {rebuilt.where}"
