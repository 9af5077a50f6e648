"""Lines of the log as their reader wants them: a person, journald, or a collector of JSON."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO

from archive.errors import ArgumentError
from crawler.progress import plain

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings, Settings


class Style(StrEnum):
    """Values of LOG_STYLE."""

    PLAIN = "plain"
    JOURNAL = "journal"
    JSON = "json"


_SYSLOG = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
"""Levels and what syslog calls them; below all of them is debug, 7."""
_CHARS = 10_000
"""Of a line: journald splits one of more than 48 KiB (LineMax in journald.conf(5)), and `crawlall` of 64."""


class PlainFormatter(logging.Formatter):
    """A record as LOG_FORMAT has it. Of what came from outside nothing moves a terminal's cursor or begins a line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name of the library
        return plain(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name of the library
        return "\n".join(map(plain, super().formatException(ei).splitlines()))


class JournalFormatter(logging.Formatter):
    """A record a line, with the priority before it (sd-daemon(3)); journald knows the time."""

    def __init__(self) -> None:
        super().__init__("%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        priority = next((number for level, number in _SYSLOG if record.levelno >= level), 7)
        return f"<{priority}>{_cut(plain(super().format(record)), _CHARS)}"


class JsonFormatter(logging.Formatter):
    """A record a line, as an object.

    `time` (ISO 8601, UTC), `level`, `logger` and `message`; `outlet` and `job` when they are known; `exception` is one
    string. What a record has as `facts` stands beside them.
    """

    def __init__(self, **about: str) -> None:
        super().__init__()
        self.about = about

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, Any] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": _cut(record.getMessage(), _CHARS // 2),
            **self.about,
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0]:
            told["exception"] = _cut(self.formatException(record.exc_info), _CHARS // 2)
        # Escapes beyond ASCII keep U+2028, which some readers take for the end of a line, and lone surrogates inside.
        return json.dumps(told, default=str)


def style_of(settings: BaseSettings) -> Style:
    """LOG_STYLE; without it `journal` where standard error is the journal, else `plain`. Raises ArgumentError."""
    if name := settings["LOG_STYLE"]:
        try:
            return Style(name)
        except ValueError:
            raise ArgumentError(f"LOG_STYLE={name} is not possible: give {', '.join(Style)}.") from None
    return Style.JOURNAL if _is_journal(sys.stderr) and not settings["LOG_FILE"] else Style.PLAIN


def prepare(settings: Settings) -> None:
    """Keep Scrapy from installing its handler: it makes its own anew with every crawl.

    To be called before Scrapy configures the log. Raises ArgumentError.
    """
    style_of(settings)
    settings.set("LOG_INSTALL_ROOT_HANDLER", value=False, priority="cmdline")


def install(settings: BaseSettings, **about: str) -> None:
    """Install our handler in place of Scrapy's; `about` is what all records are about.

    To be called after Scrapy configured the log. Raises ArgumentError, OSError.
    """
    style = style_of(settings)
    handler = _handler(settings)
    handler.setLevel(settings["LOG_LEVEL"])
    handler.setFormatter(_formatter(style, settings, about))
    logging.root.setLevel(logging.NOTSET)
    logging.root.addHandler(handler)


def tell_about(**facts: str) -> None:
    """Say of all records from now on what they are about: a job."""
    for handler in logging.root.handlers:
        if isinstance(handler.formatter, JsonFormatter):
            handler.formatter.about.update(facts)


def _cut(text: str, limit: int) -> str:
    """Leave out the middle: the end of a traceback says what happened."""
    half = limit // 2
    return text if len(text) <= limit else f"{text[:half]} [{len(text) - 2 * half} characters cut] {text[-half:]}"


def _formatter(style: Style, settings: BaseSettings, about: dict[str, str]) -> logging.Formatter:
    match style:
        case Style.JSON:
            return JsonFormatter(**about)
        case Style.JOURNAL:
            return JournalFormatter()
        case Style.PLAIN:
            return PlainFormatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"])


def _handler(settings: BaseSettings) -> logging.Handler:
    if name := settings["LOG_FILE"]:
        mode = "a" if settings.getbool("LOG_FILE_APPEND") else "w"
        return logging.FileHandler(name, mode, settings["LOG_ENCODING"])
    return logging.StreamHandler() if settings.getbool("LOG_ENABLED") else logging.NullHandler()


def _is_journal(stream: TextIO) -> bool:
    """Is it the stream that systemd connected with the journal? JOURNAL_STREAM of systemd.exec(5) names that one."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        there = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file
        return False
    return (device, inode) == (str(there.st_dev), str(there.st_ino))
