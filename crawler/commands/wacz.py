"""`scrapy wacz OUTLET`: one file of an outlet and a period, which replay tools open."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from archive import wacz
from archive.errors import ArgumentError, ExitStatus
from archive.files import files_of
from crawler.progress import Progress
from crawler.verb import Verb, chosen, complain, kept_outlets, period_of, refuse_options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


class Command(Verb):
    """Packs what the archive holds; fetches nothing."""

    interrupted = "Interrupted; no file was written."
    failed = "No file was written."

    def syntax(self) -> str:
        return "[options] OUTLET"

    def short_desc(self) -> str:
        return "Pack an outlet's captures of a period into one WACZ file"

    def long_desc(self) -> str:
        return (
            "Pack an outlet's captures of a period into one WACZ file, with a list of its articles: the WARC files, "
            "untouched, that hold a capture of the period, and those that their revisits refer to. Replay tools open "
            "it (docs/replay.md). Exit status: 0 done, 1 a fault of ours, 2 bad arguments, nothing in the period or a "
            "file that exists already, 5 storage failed or damaged, 130 interrupted; only at 0 there is a new file."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="first day of capture, UTC (default: the first)")
        parser.add_argument("--until", metavar="YYYY-MM-DD", help="last day of capture, UTC (default: the last)")
        parser.add_argument("--output", metavar="FILE", help="default: OUTLET-YYYYMMDD-YYYYMMDD.wacz, here")

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Write the file and say what is in it."""
        refuse_options(args, self.name)
        if not args:
            raise UsageError("Name one outlet: scrapy wacz tribun. scrapy list names them.", print_help=False)
        if len(args) > 1:
            raise UsageError(f"One outlet a file: scrapy wacz {args[0]}, then {', '.join(args[1:])}.", print_help=False)
        _tell(self._write(args[0], opts))
        return ExitStatus.DONE

    def _write(self, name: str, opts: argparse.Namespace) -> wacz.Written:
        assert self.settings is not None
        outlets = kept_outlets(self.settings)
        outlet = chosen([name], outlets)[name]
        if opts.output == "":
            raise ArgumentError("--output needs the name of a file; without it the file is made in this folder.")
        days = period_of(outlet, opts)
        progress = Progress()
        files = files_of(self.settings["ARCHIVE_URI"], self.settings["STATE_DIR"])
        try:
            return wacz.write(
                files,
                name,
                days.since,
                days.until,
                title=outlet.name,
                output=Path(opts.output) if opts.output else None,
                progress=lambda done, all_: progress.tell(f"{done / all_:4.0%} of {all_ / 1e6:,.0f} MB"),
            )
        finally:
            progress.clear()
            files.close()


def _tell(written: wacz.Written) -> None:
    """Say what there is. The file is complete by now: whatever happens to these lines, the status is 0."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print("\n".join(_told(written)), flush=True)  # noqa: T201 - the user reads this
    except OSError as error:
        # What is left in the buffer would be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # there somebody has read enough
            complain("wacz", f"{written.path} was written, but what is in it cannot be printed: {error.strerror}.")


def _told(written: wacz.Written) -> Iterator[str]:
    yield f"pages      {written.pages}"
    yield f"captures   {written.captures}"
    yield f"bytes      {written.size}"
    if written.missing:
        yield f"missing    {written.missing}  (captures that revisits refer to and that the archive does not hold)"
    yield f"file       {written.path}"
    yield "Look at it: choose the file at https://replayweb.page; it stays on this machine. More in docs/replay.md."
