"""`scrapy genspider NAME DOMAIN`: a new outlet file, everything in it marked as a guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scrapy.commands.genspider import Command as ScrapyGenspider
from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    import argparse


class Command(ScrapyGenspider):
    """Scrapy's verb with our template, and our rule for names."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.set_defaults(template="outlet")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the file. Raises UsageError for a name that file, spider and class cannot share."""
        if args and not opts.list and not re.fullmatch(r"[a-z][a-z0-9]*", args[0]):
            raise UsageError(f"{args[0]}: name an outlet in lower-case letters and digits only.", print_help=False)
        super().run(args, opts)
