"""`scrapy crawl OUTLET`: Scrapy's own verb, with exit statuses that a scheduler can act on."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING, cast

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from archive.errors import ArsipError, ExitStatus
from crawler import uploads
from crawler.arguments import Arguments

if TYPE_CHECKING:
    import argparse

    from scrapy import Spider
    from scrapy.crawler import Crawler

    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)

# Their INFO lines are for people who write Scrapy components.
_CHATTY = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log", "scrapy.core.engine")


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
            "publication), -a url=URL[,URL...], -a section=NAME, -a limit=N. "
            "Settings, with -s NAME=VALUE or in the environment: ARCHIVE_URI (data by default; a folder or "
            "s3://BUCKET/PREFIX), STATE_DIR, CATALOG_URI (postgresql://... when several machines share the archive), "
            "SPOOL_LIMIT_MB (what may wait for upload before the crawl pauses, 10240), UPLOAD_PATIENCE (seconds "
            "without progress before uploads are left to the next job, 60); docs/running.md has them all. "
            "Exit status: 0 done, 1 a fault of ours, 2 bad arguments, 3 outlet unreachable, 4 blocked by the outlet, "
            "5 storage failed, is full or refuses us, 6 done as far as it went, and files wait for upload (the next "
            "job or scrapy upload sends them), 8 no source announced anything, 9 another job has the outlet, here or "
            "on another machine, 130 interrupted."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.output or opts.overwrite_output:
            raise UsageError("Rows go to articles/ in the archive; -o and -O have no use here.", print_help=False)
        super().process_options(args, opts)
        self._quiet()

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl, and end with the job's exit status. Raises UsageError for what cannot be meant."""
        self.introduce()
        if len(args) != 1:
            raise UsageError("Name one outlet: scrapy crawl tribun. scrapy list names them.", print_help=False)
        spider = self.spider_named(args[0])
        assert self.settings is not None
        try:
            Arguments.parse(spider.outlet, opts.spargs)
            uploads.spool_limit(self.settings)
            uploads.patience(self.settings)
        except ArsipError as error:
            raise UsageError(str(error), print_help=False) from error
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
        if not self.settings["CONTACT"] and not self.settings["USER_AGENT"]:
            logger.warning(
                "CONTACT is not set: outlets cannot tell who is crawling. Set it to an address that they can write "
                "to, for example CONTACT=mailto:you@example.org"
            )

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
            return _explain(refusals[0])
        return _status_of(crawler)


def _explain(error: BaseException) -> ExitStatus:
    if isinstance(error, ArsipError):
        print(f"scrapy crawl: {error}", file=sys.stderr)  # noqa: T201 - the user reads this
        return error.status
    logger.critical("The job could not begin", exc_info=error)
    return ExitStatus.FAULT


def _status_of(crawler: Crawler) -> ExitStatus:
    from crawler.extensions.job import JobExtension

    extension = crawler.get_extension(JobExtension)
    return extension.status if extension else ExitStatus.FAULT
