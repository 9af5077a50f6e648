"""`scrapy verify`: is the archive, or a WARC file, sound? Every fault is named with its file and its byte."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from archive.errors import ExitStatus
from archive.files import files_of, is_begun
from archive.state import Places
from archive.storage import archive_path, bucket_uri, state_folder, state_of
from archive.verification.jobs import in_spool
from crawler import uploads
from crawler.findings import AGAIN, Findings, OutputError, complain, finish_output
from crawler.verb import Verb, kept_outlets, one_or_more
from crawler.verification import Verification

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from archive.catalog import Catalog
    from archive.verification.jobs import AtWork


class Command(Verb):
    """Reads everything and changes nothing."""

    _findings: Findings
    interrupted = "Interrupted; what was not reached was not checked."
    failed = AGAIN

    def syntax(self) -> str:
        return "[--deep] [--reindex] [FILE or FOLDER ...] | --dataset NAME [--sample N]"

    def short_desc(self) -> str:
        return "Check WARC files, their indexes, and what points at them"

    def long_desc(self) -> str:
        return (
            "Check every WARC file of the archive (ARCHIVE_URI: a folder, or s3://bucket/prefix), or the files named, "
            "or all .warc and .warc.gz in the folders named: gzip members, record headers, lengths, both digests, the "
            "records of a capture, revisits, and the CDXJ index beside each file. Every fault is a line "
            "PATH:OFFSET: KIND: what is wrong; the last one "
            "counts them. With --dataset the files of a dataset are held against its checksums, and each row against "
            "the archive: its records are read and their digests taken anew, and what today's extractor and rules make "
            "of them is compared field by field; a fault is a line PATH:ROW: KIND: FIELD: what is wrong. "
            "docs/verifying.md says what each kind means and what to do. "
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

        parser.add_argument(
            "--dataset", metavar="NAME", help="verify a dataset of the archive, or one in a folder from anywhere"
        )
        parser.add_argument(
            "--sample", metavar="N", type=int, help="only N rows of the dataset, the same ones on every machine"
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Verify."""
        try:
            with ExitStack() as opened:
                if opts.dataset is None and opts.sample is None:
                    status = self._verify(args, opened, deep=opts.deep, reindex=opts.reindex)
                else:
                    status = self._prove(args, opts, opened)
            finish_output()
        except OutputError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered has nowhere to go
            if isinstance(error.reason, BrokenPipeError):  # somebody has read enough
                return self._findings.status
            complain(f"The result cannot be written: {error.reason.strerror}. Give it a place and verify again.")
            return ExitStatus.STORAGE
        return status

    def _verify(self, names: list[str], opened: ExitStack, *, deep: bool, reindex: bool) -> ExitStatus:
        assert self.settings is not None
        uri, state_dir = self._archive()
        if deep and names:
            raise UsageError(
                "--deep follows what lies between all files of an archive: leave the files out, and choose the "
                "archive with -s ARCHIVE_URI=FOLDER.",
                print_help=False,
            )
        bucket = bucket_uri(uri)
        self._findings = verification = Verification(reindex=reindex)
        if names:
            return verification.of_named(names, None if bucket else archive_path(uri) / "warc")
        if reindex and bucket:
            state_of(uri, state_dir)  # what is made waits there for its upload
        files = files_of(uri, state_dir)
        opened.callback(files.close)
        at_work = self._at_work(Places(folder=state_folder(uri, state_dir)), opened)
        return verification.of_archive(files, at_work, deep=deep, patience=uploads.patience(self.settings))

    def _prove(self, names: list[str], opts: argparse.Namespace, opened: ExitStack) -> ExitStatus:
        """Verify a dataset."""
        from crawler.bulk import Bulk, Origin
        from crawler.dataset_proof import DatasetProof, place_of

        assert self.settings is not None
        if opts.dataset is None or names or opts.deep or opts.reindex:
            raise UsageError("--dataset NAME goes alone or with --sample N, and --sample with it.", print_help=False)
        one_or_more("--sample", opts.sample)
        uri, state_dir = self._archive()
        files = files_of(uri, state_dir)
        opened.callback(files.close)
        where = place_of(opts.dataset, files)
        outlets = kept_outlets(self.settings)
        # What an outlet closes now may have been in the dataset rightly: whether it should be is no matter of proof.
        origin = Origin.of(uri, state_dir, outlets, respects_opt_out=False)
        self._findings = dataset = DatasetProof(where, opts.dataset, opts.sample)
        return dataset.run(files if is_begun(files) else None, outlets, lambda: Bulk(origin))

    def _archive(self) -> tuple[str, str | None]:
        """ARCHIVE_URI and STATE_DIR. Raises UsageError."""
        assert self.settings is not None
        uri = self.settings["ARCHIVE_URI"]
        if not uri.strip():
            raise UsageError("ARCHIVE_URI is empty: give the folder of the archive.", print_help=False)
        return uri, self.settings["STATE_DIR"]

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
