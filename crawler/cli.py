"""`arsip VERB`: the same as `scrapy VERB`, from any folder."""

import os

from scrapy.cmdline import execute


def main() -> None:
    """Run Scrapy's command line on this project's settings."""
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "crawler.settings")
    execute()
