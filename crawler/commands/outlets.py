"""`scrapy outlets`: the outlets with their sources and how sure we are; `--check NAME` tries one on the live site."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from archive.errors import ArsipError, ExitStatus
from archive.layout import timestamp14
from archive.storage import archive_path, bucket_uri, state_folder
from crawler.check import ARTICLES, report_of, table
from crawler.commands.crawl import Command as Crawl

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from scrapy.settings import BaseSettings

    from crawler.outlet import Evidence, Outlet


class Command(Crawl):
    """Says what is known of an outlet, and turns a guess into a fact."""

    def syntax(self) -> str:
        return "[--check OUTLET]"

    def short_desc(self) -> str:
        return "List the outlets, their sources and how sure we are of them"

    def long_desc(self) -> str:
        return (
            "List the outlets with their sources and how sure we are of each: live (somebody states, with a date, that "
            "it was so), code (public scrapers use it), page (seen in a saved page), guess. With --check, try every "
            f"source and {ARTICLES} articles of the live outlet, report field by field what was found, and keep the "
            "result with its WARC under checks/ in the archive, or, for an archive in a bucket, in a folder checks "
            "beside the state folder. Exit status of a check: 0 every field that an article "
            "must have was found, 7 one was missing, else as scrapy crawl."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--check", metavar="OUTLET", help="try each source and a few articles of the live outlet")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            raise UsageError("scrapy outlets takes no names; --check OUTLET tries one.", print_help=False)
        if opts.check:
            self.exitcode = int(self._check(opts.check))
            return
        assert self.crawler_process is not None
        names = sorted(self.crawler_process.spider_loader.list())
        lines = (line for name in names for line in _described(name, self.spider_named(name).outlet))
        print("\n".join(lines))  # noqa: T201 - the user reads this

    def _check(self, name: str) -> ExitStatus:
        """Crawl a little of the live outlet into an archive of its own, and say what was found."""
        assert self.settings is not None
        self.introduce()
        spider = self.spider_named(name)
        now = datetime.now(UTC)
        uri = self.settings["ARCHIVE_URI"]
        try:
            folder = _checks(self.settings) / name / timestamp14(now)
        except ArsipError as error:
            raise UsageError(str(error), print_help=False) from error
        assert self.crawler_process is not None
        self.crawler_process.settings.setdict(
            {"ARCHIVE_URI": str(folder), "STATE_DIR": None, "CATALOG_URI": None}, priority="cmdline"
        )
        # Sources first: a check that stopped at its third article would leave most of them untried.
        checked = type(spider.__name__, (spider,), {"article_priority": -5, "sample": True})
        status = self.crawl(checked, {"limit": str(ARTICLES)})
        if status is ExitStatus.STORAGE:
            return status
        report = report_of(folder, name, now)
        path = folder / "check.json"
        note = " (on this machine; the bucket is left alone)" if bucket_uri(uri) else ""
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        print("\n".join((*table(report), f"kept in  {path}{note}")))  # noqa: T201 - the user reads this
        if status is ExitStatus.DONE and report["missing"]:
            return ExitStatus.ALARM
        return status


def _checks(settings: BaseSettings) -> Path:
    """Where checks are kept: always on this disk. Raises ArgumentError."""
    uri = settings["ARCHIVE_URI"]
    if bucket_uri(uri):
        return state_folder(uri, settings["STATE_DIR"]).parent / "checks"
    return archive_path(uri) / "checks"


def _described(name: str, outlet: Outlet) -> Iterator[str]:
    yield f"{name}  {outlet.name}  ({', '.join(outlet.hosts)})"
    for source in outlet.sources:
        yield f"  {type(source).__name__.lower():8} {source.url}"
        yield f"           {_graded(source.evidence)}"
    for evidence in outlet.evidence:
        yield f"  facts    {_graded(evidence)}"


def _graded(evidence: Evidence) -> str:
    seen = f", {evidence.seen}" if evidence.seen else ""
    return f"[{evidence.grade}{seen}] {evidence.what}"
