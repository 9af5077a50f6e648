"""`scrapy verify`: is the archive, or a WARC file, sound? Every fault is named with its file and its byte."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from archive.errors import ExitStatus
from archive.files import files_of
from archive.state import Places
from archive.storage import archive_path, bucket_uri, state_folder, state_of
from archive.verification.jobs import in_spool
from crawler import uploads
from crawler.verb import Verb
from crawler.verification import AGAIN, OutputError, Verification, complain, finish_output

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from archive.catalog import Catalog
    from archive.verification.jobs import AtWork


class Command(Verb):
    """Reads everything and changes nothing."""

    interrupted = "Interrupted; what was not reached was not checked."
    failed = AGAIN

    def syntax(self) -> str:
        return "[--deep] [--reindex] [FILE or FOLDER ...]"

    def short_desc(self) -> str:
        return "Check WARC files, their indexes, and what points at them"

    def long_desc(self) -> str:
        return (
            "Check every WARC file of the archive (ARCHIVE_URI: a folder, or s3://bucket/prefix), or the files named, "
            "or all .warc and .warc.gz in the folders named: gzip members, record headers, lengths, both digests, the "
            "records of a capture, revisits, and the CDXJ index beside each file. Every fault is a line "
            "PATH:OFFSET: KIND: what is wrong; the last one "
            "counts them. docs/verifying.md says what each kind means and what to do. "
            "Exit status: 0 no fault, 2 bad arguments or nothing to check, 5 something could not be read or written, "
            "6 an index that was made waits for its upload, 10 faults, 130 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--deep",
            action="store_true",
            help="also follow every revisit, every row and every manifest of the archive to what it names",
        )
        parser.add_argument(
            "--reindex",
            action="store_true",
            help="write the index of a file that has none and no fault; never overwrites one",
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Verify."""
        verification = Verification(reindex=opts.reindex)
        try:
            with ExitStack() as opened:
                status = self._verify(verification, args, opened, deep=opts.deep, reindex=opts.reindex)
            finish_output()
        except OutputError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered has nowhere to go
            if isinstance(error.reason, BrokenPipeError):  # somebody has read enough
                return verification.status
            complain(f"The result cannot be written: {error.reason.strerror}. Give it a place and verify again.")
            return ExitStatus.STORAGE
        return status

    def _verify(
        self, verification: Verification, names: list[str], opened: ExitStack, *, deep: bool, reindex: bool
    ) -> ExitStatus:
        assert self.settings is not None
        uri, state_dir = self.settings["ARCHIVE_URI"], self.settings["STATE_DIR"]
        if not uri.strip():
            raise UsageError("ARCHIVE_URI is empty: give the folder of the archive.", print_help=False)
        if deep and names:
            raise UsageError(
                "--deep follows what lies between all files of an archive: leave the files out, and choose the "
                "archive with -s ARCHIVE_URI=FOLDER.",
                print_help=False,
            )
        bucket = bucket_uri(uri)
        if names:
            return verification.of_named(names, None if bucket else archive_path(uri) / "warc")
        if reindex and bucket:
            state_of(uri, state_dir)  # what is made waits there for its upload
        files = files_of(uri, state_dir)
        opened.callback(files.close)
        at_work = self._at_work(Places(folder=state_folder(uri, state_dir)), opened)
        return verification.of_archive(files, at_work, deep=deep, patience=uploads.patience(self.settings))

    def _at_work(self, state: Places, opened: ExitStack) -> AtWork:
        """The jobs whose files are not all there yet: those of this machine, and those that a shared catalog knows."""
        assert self.settings is not None
        here = in_spool(state.spools)
        catalog_uri = self.settings["CATALOG_URI"]

        @cache  # most archives have no file that makes anybody ask
        def catalog() -> Catalog:
            from archive.catalog import open_catalog

            found = open_catalog(state.catalog, catalog_uri)
            opened.callback(found.close)
            return found

        def at_work(outlet: str) -> Iterable[str]:
            return [*here(outlet), *(job for job, _ in catalog().jobs_elsewhere(outlet, ""))]

        return at_work if catalog_uri else here
