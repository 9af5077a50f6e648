"""`scrapy rebuild`: the rows made again from the WARC files, with today's rules."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from archive.errors import ArgumentError, ExitStatus, LeaseHeld, UploadsWait
from crawler.progress import Progress
from crawler.verb import Verb, above, chosen, kept_outlets, one_or_more, period_of, refuse_options, tell, worst

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import date

    from crawler.bulk import Bulk
    from crawler.outlet import Outlet
    from crawler.rebuilding import Count


class Command(Verb):
    """Reads the WARC files of the archive and asks no outlet for anything."""

    interrupted = "Interrupted; what was made again stays, and the next run goes on from there."
    failed = "What was made again stays; start again."

    def syntax(self) -> str:
        return "[options] [OUTLET...]"

    def short_desc(self) -> str:
        return "Make the rows again from the WARC files, with today's rules"

    def long_desc(self) -> str:
        return (
            "Make rows again from the WARC files, with today's extractor and rules, where others made them: of all "
            "outlets, or of those named. Nothing is fetched. A row keeps its id, version, job and captures; what was "
            "no article may become one, and the other way round. New parts are written beside the old ones, which are "
            "then removed. With --from, captures of archives that others made are adopted into this one, and rows made "
            "of them. It may be stopped at any moment: the next run goes on from there, and one with nothing to "
            "do changes nothing. docs/rebuild.md says more. Exit status: 0 done, 2 bad arguments or no archive, 5 "
            "storage or catalog failed, 6 files wait for their upload, 9 a job is at work on an outlet, 10 done, but "
            "some rows could not be made again and stay as they were, 130 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="first day of capture, UTC (default: the first)")
        parser.add_argument("--until", metavar="YYYY-MM-DD", help="last day of capture, UTC (default: the last)")
        parser.add_argument("--jobs", metavar="N", type=int, help="worker processes (default: one for each core)")
        parser.add_argument(
            "--all", action="store_true", dest="every", help="also make again what today's rules have made"
        )
        parser.add_argument("--keep", action="store_true", help="leave the old parts, for scrapy diff before archive")
        parser.add_argument(
            "--from",
            action="append",
            dest="places",
            metavar="PLACE",
            help="adopt what others archived: a .warc, .warc.gz or .wacz, a folder of them, or s3://bucket/prefix",
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Rebuild one outlet after the other."""
        from pipelines.workers import prepare

        prepare("crawler.bulk")  # it imports what workers need while this process imports the rest
        from crawler.bulk import Bulk, Origin
        from crawler.judgement import respects_opt_out
        from crawler.rebuilding import Count

        assert self.settings is not None
        refuse_options(args, self.name)
        one_or_more("--jobs", opts.jobs)
        if opts.places:
            return self._adopt(args, opts)
        outlets = self._outlets(args)
        period = period_of(next(iter(outlets.values())), opts)
        origin = Origin.of(
            self.settings["ARCHIVE_URI"],
            self.settings["STATE_DIR"],
            outlets,
            respects_opt_out=respects_opt_out(self.settings),
        )
        total, ends = Count(), []
        self._progress = Progress()
        self._say = above(self._progress, self.name)
        try:
            with Bulk(origin, opts.jobs) as bulk:
                for name, outlet in outlets.items():
                    count, status = self._rebuild(name, outlet, bulk, (period.since, period.until), opts)
                    total.add(count)
                    ends.append(status)
        finally:
            self._progress.clear()
        tell(_told(total, keep=opts.keep))
        return worst(ends)

    def _adopt(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Take in other people's archives. Raises UsageError, ArgumentError, StorageError."""
        from crawler.foreign.adopt import adopt

        assert self.settings is not None
        if opts.since or opts.until or opts.every or opts.keep:
            raise UsageError(
                "--from takes all that is there: --since, --until, --all and --keep are for the rows of this archive.",
                print_help=False,
            )
        return adopt(opts.places, args, self.settings, opts.jobs or os.cpu_count() or 1)

    def _outlets(self, args: list[str]) -> dict[str, Outlet]:
        """The outlets that are meant, and have rows. Raises ArgumentError."""
        from archive.files import files_of
        from archive.layout import row_folders

        assert self.settings is not None
        named = chosen(args, kept_outlets(self.settings))
        with closing(files_of(self.settings["ARCHIVE_URI"], self.settings["STATE_DIR"])) as files:
            found = {
                name: outlet
                for name, outlet in named.items()
                if any(next(files.keys(folder, ".jsonl.gz"), None) for folder in row_folders(name))
            }
        if not found:
            raise ArgumentError(
                f"{files.name} has no rows of {', '.join(args) or 'any outlet of ours'}: scrapy crawl OUTLET makes "
                "some, -s ARCHIVE_URI=FOLDER names another archive."
            )
        return found

    def _rebuild(
        self, name: str, outlet: Outlet, bulk: Bulk, period: tuple[date | None, date | None], opts: argparse.Namespace
    ) -> tuple[Count, ExitStatus]:
        from crawler.rebuilding import Count, Rebuilding
        from crawler.revisions import revising_of
        from pipelines.extract import EXTRACTOR

        assert self.settings is not None
        try:
            revising = revising_of(self.settings, name, "rebuild")
        except (LeaseHeld, UploadsWait) as error:  # the other outlets are free
            self._say(str(error))
            return Count(), error.status
        with revising:
            work = Rebuilding(
                revising, outlet, bulk, every=opts.every, tell=self._progress.tell_often, complain=self._say
            )
            facts = {"extractor": EXTRACTOR, "rules": outlet.rules.digest}
            try:
                work.run(*period)
            except KeyboardInterrupt:  # what was made again is described
                revising.finish({"sentence": f"{name}: interrupted.", "rows": work.count.rows, **facts}, keep=True)
                raise
            sentence = f"{name}: {work.count.rows:,} rows were made again."
            left = revising.finish({"sentence": sentence, "rows": work.count.rows, **facts}, keep=opts.keep)
        if left:
            self._say(f"{len(left)} files of {name} wait for their upload: scrapy upload sends them.")
            return work.count, ExitStatus.UPLOADS_PENDING
        return work.count, ExitStatus.VERIFICATION if work.count.stuck else ExitStatus.DONE


def _told(count: Count, *, keep: bool) -> Iterator[str]:
    yield f"days of jobs       {count.units:,}, of which {count.todo:,} had rows to be made again"
    yield f"rows made again    {count.rows:,}"
    yield f"changed            {count.changed:,}"
    for (was, now), number in sorted(count.moved.items()):
        yield f"moved              {number:,} from {was} to {now}"
    yield f"left as they were  {count.stuck:,}"
    if keep and count.replaced:
        yield "the old parts were kept: scrapy diff before archive compares, and a rebuild without --keep removes them"
