"""`python -m tests.later SECONDS VERB ...`: scrapy, by a clock that is so far ahead."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import time_machine
from scrapy.cmdline import execute


def main(seconds: str, *arguments: str) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(seconds)), tick=True):
        execute(["scrapy", *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
