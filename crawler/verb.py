"""What the verbs have in common: how they end, how a page is named, and how they say what they say."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, cast

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from archive.errors import ArgumentError, ArsipError, ExitStatus, StorageError
from crawler.arguments import Arguments
from crawler.progress import Progress, plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from scrapy.settings import Settings

    from crawler.outlet import Outlet
    from crawler.spider import OutletSpider

_GRAVITY = (
    ExitStatus.DONE,
    ExitStatus.LEASED,
    ExitStatus.VERIFICATION,
    ExitStatus.UPLOADS_PENDING,
    ExitStatus.STORAGE,
)
_FRACTION = re.compile(r"(?<=:\d\d)\.\d+")


class Verb(ScrapyCommand):
    """A verb that does its work in `act`, and ends in words and with a status, whatever happens."""

    requires_project = True
    requires_crawler_process = False
    interrupted = "Interrupted."
    """What is said after Ctrl-C."""
    failed = "Check rights and disk."
    """What is said after a file that could not be read."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do it, and end with the exit status. Raises UsageError for what cannot be meant."""
        try:
            self.exitcode = int(self.act(args, opts))
        except ArgumentError as error:
            raise UsageError(plain(str(error)), print_help=False) from error
        except ArsipError as error:
            complain(self.name, str(error))
            self.exitcode = int(error.status)
        except OSError as error:
            complain(
                self.name, f"{error.filename or 'A file'} cannot be read: {error.strerror or error}. {self.failed}"
            )
            self.exitcode = int(ExitStatus.STORAGE)
        except KeyboardInterrupt:
            complain(self.name, self.interrupted)
            self.exitcode = int(ExitStatus.INTERRUPTED)

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """What the verb does. Raises UsageError, ArsipError, OSError, KeyboardInterrupt."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """What a person types after `scrapy`."""
        return type(self).__module__.rpartition(".")[2]


class PageVerb(Verb):
    """A verb that reads an address, a file, a record of a WARC file, or standard input."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--url", metavar="URL", help="address that a file or standard input came from")
        parser.add_argument("--record", metavar="URL", help="choose a page of a WARC file")

    def outlets(self) -> dict[str, Outlet]:
        """Every outlet by its name."""
        assert self.settings is not None
        return outlets_of(self.settings)


def worst(ends: Iterable[ExitStatus]) -> ExitStatus:
    """The one exit status of work on several outlets, which goes on after one that failed; DONE for none."""
    return max(ends, key=_GRAVITY.index, default=ExitStatus.DONE)


def as_json(value: Any) -> str:
    """One line for a script, which may be looked at in a terminal as well."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def times(number: int) -> str:
    """How often something was tried: `once`, `4 times`."""
    return "once" if number == 1 else f"{number} times"


def counted(number: int, noun: str) -> str:
    """A number of things: `1 row`, `4,096 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def to_the_second(instant: str) -> str:
    """An ISO 8601 instant, as a person reads it; whatever else is given stays as it is."""
    return _FRACTION.sub("", instant)


def aligned(rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """Lines of a table: the first `left` columns begin where the others of theirs do, the rest end there."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(cell.ljust(width) if at < left else cell.rjust(width) for at, (cell, width) in enumerate(cells))


def chosen(names: Iterable[str], outlets: Mapping[str, Outlet]) -> dict[str, Outlet]:
    """The outlets of these names, or all of them where there is none. Raises ArgumentError."""
    found = {}
    for name in names:
        if name not in outlets:
            raise ArgumentError(f"There is no outlet {plain(name)}; there are {', '.join(outlets)}.")
        found[name] = outlets[name]
    return found or dict(outlets)


def above(progress: Progress, verb: str) -> Callable[[str], None]:
    """Says on standard error what went wrong, while a line there says how far the verb is."""

    def say(text: str) -> None:
        progress.clear()
        complain(verb, text)

    return say


def complain(verb: str, text: str) -> None:
    """Say on standard error what went wrong."""
    print(f"scrapy {verb}: {plain(text)}", file=sys.stderr)  # noqa: T201 - the user reads this


def outlets_of(settings: Settings) -> dict[str, Outlet]:
    """Every outlet of a project by its name."""
    loader = get_spider_loader(settings)
    # Every spider here is an outlet's.
    return {name: cast("type[OutletSpider]", loader.load(name)).outlet for name in sorted(loader.list())}


def kept_outlets(settings: Settings) -> dict[str, Outlet]:
    """The same, and last the one under which the archive has what was adopted from hosts of none of them."""
    from crawler.others import OTHERS, others  # noqa: PLC0415 - most verbs do without

    return {**outlets_of(settings), OTHERS: others}


def period_of(outlet: Outlet, opts: argparse.Namespace) -> Arguments:
    """--since and --until of a verb that reads. Raises ArgumentError."""
    given = {day: value for day in ("since", "until") if (value := getattr(opts, day)) is not None}
    return Arguments.parse(outlet, given)


def positional(args: list[str], verb: str, usage: str, number: int = 1) -> list[str]:
    """The arguments that are no options, so many as there must be. Raises UsageError."""
    refuse_options(args, verb)
    if len(args) != number or "" in args:
        raise UsageError(usage, print_help=False)
    return args


def one_or_more(option: str, number: int | None) -> None:
    """An option may be left out, and be no less than 1. Raises UsageError."""
    if number is not None and number < 1:
        raise UsageError(f"{option} {number} is not possible: give 1 or more.", print_help=False)


def refuse_options(args: list[str], verb: str) -> None:
    """What is left of a command line has no options; `-` is standard input. Raises UsageError."""
    if unknown := [name for name in args if name.startswith("-") and name != "-"]:
        raise UsageError(f"There is no option {plain(unknown[0])}: scrapy {verb} -h names them.", print_help=False)


def tell(lines: Iterable[str]) -> None:
    """Print to somebody who may have read enough before the end. Raises StorageError where it cannot be written."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        for line in lines:
            print(line)  # noqa: T201 - the user reads this
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered has nowhere to go
        if not isinstance(error, BrokenPipeError):
            raise StorageError(f"The result cannot be printed: {error.strerror}.") from error
