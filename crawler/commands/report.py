"""`scrapy report`: what the archive has, what it lacks and why, as one page of HTML."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import ArgumentError, ExitStatus, StorageError
from archive.files import files_of, is_begun
from archive.local import write_file
from archive.storage import archive_path, bucket_uri
from crawler.progress import Progress
from crawler.verb import Verb, chosen, outlets_of, period_of, refuse_options, tell

if TYPE_CHECKING:
    import argparse

    from archive.files import Files
    from archive.report.data import Report
    from crawler.arguments import Arguments
    from crawler.outlet import Outlet


class Command(Verb):
    """Reads the catalog and the manifests, and takes nothing from anybody."""

    interrupted = "Interrupted; no page was written."
    failed = "No page was written."

    def syntax(self) -> str:
        return "[options] [OUTLET...]"

    def short_desc(self) -> str:
        return "Write a page that shows what is there, what is missing, and why"

    def long_desc(self) -> str:
        return (
            "Write one page of HTML that needs no network: for each outlet a calendar of completeness with the missing "
            "addresses of each day, articles a day, freshness, verdicts, sizes, alarms, fields and jobs. All outlets "
            "without a name. Jobs may be at work meanwhile. A page that lies in the folder of the archive has links to "
            "its files; docs/report.md says what the numbers mean. Exit status: 0 done, 2 bad arguments or no catalog, "
            "5 storage or catalog failed, 130 interrupted; only at 0 there is a new page."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="first day that is shown (default: the first)")
        parser.add_argument("--until", metavar="YYYY-MM-DD", help="last day that is shown (default: the last)")
        parser.add_argument(
            "--output", metavar="FILE", default="report.html", help="is replaced if it is there (default: %(default)s)"
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Gather the numbers and write the page."""
        from archive.report.links import links_for
        from archive.report.page import render

        refuse_options(args, self.name)
        assert self.settings is not None
        uri = self.settings["ARCHIVE_URI"]
        outlets = outlets_of(self.settings)
        days = period_of(next(iter(chosen(args, outlets).values())), opts)
        output = _output(opts.output)
        progress = Progress()
        try:
            with closing(files_of(uri, self.settings["STATE_DIR"])) as files:
                report = self._gather(files, outlets, args, days, progress)
            progress.tell("writing the page")
            folder = None if bucket_uri(uri) else archive_path(uri)
            page = render(report, links=links_for(folder, output)).encode()
        finally:
            progress.clear()
        try:
            write_file(output, page)
        except OSError as error:
            raise StorageError(
                f"{error.filename or output} cannot be written: {error.strerror}. Make room or name another file with "
                "--output."
            ) from error
        tell([f"outlets    {len(report.outlets)}", f"bytes      {len(page)}", f"file       {output}"])
        return ExitStatus.DONE

    def _gather(
        self, files: Files, outlets: dict[str, Outlet], only: list[str], days: Arguments, progress: Progress
    ) -> Report:
        from archive.report.data import Report
        from archive.report.gather import gather
        from crawler.catalogs import catalog_of

        assert self.settings is not None
        titles = {name: outlet.name for name, outlet in outlets.items()}
        try:
            catalog = catalog_of(self.settings)
        except ArgumentError:
            if is_begun(files):
                raise
            if files.is_here and not Path(files.name).exists():
                raise ArgumentError(
                    f"There is no archive at {files.name}: scrapy crawl OUTLET makes one, ARCHIVE_URI names another."
                ) from None
            # Before the first job there is no catalog, and nothing that one could know.
            silent = only or [*titles]
            return Report(
                archive=files.name,
                made=datetime.now(UTC),
                since=days.since,
                until=days.until,
                outlets=[],
                silent=silent,
                problems=[],
            )
        with closing(catalog):
            names = [*dict.fromkeys(only)]
            return gather(catalog, files, titles, only=names, since=days.since, until=days.until, tell=progress.tell)


def _output(name: str) -> Path:
    """The file that is to be written. Raises ArgumentError."""
    if not name:
        raise ArgumentError("--output needs the name of a file; without it the page is report.html in this folder.")
    output = Path(name)
    if not output.parent.is_dir():
        raise ArgumentError(f"There is no folder {output.parent}; make it, or name another file with --output.")
    if output.is_dir():
        raise ArgumentError(f"{output} is a folder; name a file in it with --output.")
    return output
