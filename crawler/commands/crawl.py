"""`scrapy crawl OUTLET`: Scrapy's own verb, with exit statuses that a scheduler can act on."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, cast

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from archive.errors import ArgumentError, ArsipError, ExitStatus
from crawler import logs, uploads
from crawler.arguments import Arguments
from crawler.moment import PIPE

if TYPE_CHECKING:
    import argparse

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from crawler.outlet import Outlet
    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)

# Their INFO lines are for people who write Scrapy components.
_CHATTY = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log", "scrapy.core.engine")

ANONYMOUS = (
    "CONTACT is not set: outlets cannot tell who is crawling. Set it to an address that they can write to, for example "
    "CONTACT=mailto:you@example.org"
)


class Command(ScrapyCrawl):
    """Runs one outlet's job."""

    def syntax(self) -> str:
        return "[options] OUTLET"

    def short_desc(self) -> str:
        return "Fetch an outlet's new articles into the archive"

    def long_desc(self) -> str:
        return (
            "Fetch an outlet's new articles into the archive: WARC files of everything that crossed the wire, and a "
            "clean row for every article. Arguments: -a since=YYYY-MM-DD, -a until=YYYY-MM-DD (inclusive, day of "
            "publication), -a url=URL[,URL...], -a section=NAME, -a limit=N, -a fill=yes (only what the ledger lacks; "
            "no source is asked). Settings, with -s NAME=VALUE or in the environment: ARCHIVE_URI (data by default; a "
            "folder or s3://BUCKET/PREFIX), STATE_DIR, CATALOG_URI (postgresql://... when several machines share the "
            "archive), SPOOL_LIMIT_MB (what may wait for upload before the crawl pauses, 10240), UPLOAD_PATIENCE "
            "(seconds without progress before uploads are left to the next job, 60); docs/running.md has them all. "
            "Exit status: 0 done, 1 a fault of ours, 2 bad arguments, 3 outlet unreachable, 4 blocked by the outlet, "
            "5 storage failed, is full or refuses us, 6 done as far as it went, and files wait for upload (the next "
            "job or scrapy upload sends them), 7 an alarm: something has changed since earlier jobs, 8 no source "
            "announced anything, 9 another job has the outlet, here or on another machine, 130 interrupted."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.output or opts.overwrite_output:
            raise UsageError("Rows go to articles/ in the archive; -o and -O have no use here.", print_help=False)
        super().process_options(args, opts)
        assert self.settings is not None
        try:
            logs.prepare(self.settings)
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from error
        self._quiet()

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl, and end with the job's exit status. Raises UsageError for what cannot be meant."""
        if len(args) != 1:
            raise UsageError("Name one outlet: scrapy crawl tribun. scrapy list names them.", print_help=False)
        spider = self.spider_named(args[0])
        assert self.settings is not None
        try:
            check(spider.outlet, opts.spargs, self.settings)
        except ArsipError as error:
            raise UsageError(str(error), print_help=False) from error
        logs.install(self.settings, outlet=spider.name)
        self.introduce()
        self.exitcode = int(self.crawl(spider, opts.spargs))

    def _quiet(self) -> None:
        """Leave the log to what a person can use, unless they asked for everything."""
        assert self.settings is not None
        logging.getLogger("botocore").setLevel(logging.WARNING)  # at DEBUG it would print signed headers
        if self.settings["LOG_LEVEL"] != "DEBUG":
            for name in _CHATTY:  # a filter, because Scrapy resets the levels when it configures the log
                logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.WARNING)

    def introduce(self) -> None:
        """Say so when outlets cannot tell who is crawling."""
        assert self.settings is not None
        if is_anonymous(self.settings) and PIPE not in os.environ:  # scrapy crawlall says so once
            logger.warning("%s", ANONYMOUS)

    def spider_named(self, name: str) -> type[OutletSpider]:
        """The spider of an outlet. Raises UsageError."""
        assert self.crawler_process is not None
        loader = self.crawler_process.spider_loader
        if name not in loader.list():
            raise UsageError(
                f"There is no outlet {name}; there are {', '.join(sorted(loader.list()))}.", print_help=False
            )
        return cast("type[OutletSpider]", loader.load(name))  # every spider here is one

    def crawl(self, spider: type[Spider], arguments: dict[str, str]) -> ExitStatus:
        """Run one job to its end."""
        assert self.crawler_process is not None
        crawler = self._create_crawler(spider)
        task = self.crawler_process.crawl(crawler, **arguments)
        assert isinstance(task, asyncio.Task)
        refusals: list[BaseException] = []
        # Taking the exception here keeps asyncio from printing a traceback for what is a sentence.
        task.add_done_callback(lambda done: refusals.extend(filter(None, [done.exception()])))
        self.crawler_process.start()
        if refusals:
            _pass_on(crawler, refusals[0])
            return _explain(refusals[0])
        return _status_of(crawler)


def check(outlet: Outlet, arguments: dict[str, str], settings: BaseSettings) -> None:
    """Look at what the user gave before anything begins. Raises ArgumentError."""
    from crawler.judgement import respects_opt_out
    from crawler.schedule import Schedule

    Arguments.parse(outlet, arguments)
    uploads.spool_limit(settings)
    uploads.patience(settings)
    uploads.number(settings, "DOWNLOAD_DELAY", "seconds")
    respects_opt_out(settings)
    Schedule.of(settings)


def is_anonymous(settings: BaseSettings) -> bool:
    """Can nobody tell who is crawling?"""
    return not settings["CONTACT"] and not settings["USER_AGENT"]


def _pass_on(crawler: Crawler, error: BaseException) -> None:
    """Tell whoever began this process why there is no job."""
    from crawler.extensions.live import LiveExtension

    try:
        live = crawler.get_extension(LiveExtension)
    except RuntimeError:  # another extension refused before all were there
        return
    if live:
        live.end(str(error))


def _explain(error: BaseException) -> ExitStatus:
    if isinstance(error, ArsipError):
        # Who finds another job at work leaves quietly.
        level = logging.INFO if error.status is ExitStatus.LEASED else logging.ERROR
        logger.log(level, "scrapy crawl: %s", error)
        return error.status
    logger.critical("The job could not begin", exc_info=error)
    return ExitStatus.FAULT


def _status_of(crawler: Crawler) -> ExitStatus:
    from crawler.extensions.job import JobExtension

    extension = crawler.get_extension(JobExtension)
    return extension.status if extension else ExitStatus.FAULT
