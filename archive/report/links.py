"""Where the numbers of a report lead: to files beside the page, to pages of a server, or nowhere but to their names."""

from __future__ import annotations

import os
import unicodedata
from calendar import monthrange
from datetime import date
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit


class Links(Protocol):
    """Addresses that a page may lead to; None where it can only name what it means."""

    search: str | None
    """A page that searches the texts."""

    def file(self, key: str) -> str | None:
        """A file of the archive, or a folder of it, which ends with a slash."""

    def rows(self, outlet: str, period: str) -> str | None:
        """The articles of an outlet that were published on a day or in a month: `2026-11-22`, `2026-11`."""


class Named:
    """No links: for a page that lies somewhere else than its archive."""

    search: str | None = None

    def file(self, key: str) -> str | None:  # noqa: ARG002
        return None

    def rows(self, outlet: str, period: str) -> str | None:  # noqa: ARG002
        return None


class Beside(Named):
    """Links to the files of an archive on disk, for a page that lies in its folder, or below it."""

    def __init__(self, archive: Path, page: Path) -> None:
        self._way = os.path.relpath(archive.resolve(), page.resolve().parent)

    def file(self, key: str) -> str | None:
        return quote(f"{self._way}/{key}", safe="/=", errors="replace")


class Searched(Named):
    """Links to the search of a server, for a page that it shows."""

    def __init__(self, search: str) -> None:
        """`search`: the address that takes `outlet`, `since` and `until`."""
        self.search = search

    def rows(self, outlet: str, period: str) -> str | None:
        year, month, *day = (int(part) for part in period.split("-"))
        first, last = day * 2 if day else (1, monthrange(year, month)[1])
        days = {"since": date(year, month, first), "until": date(year, month, last)}
        return f"{self.search}?{urlencode({'outlet': outlet, **days})}"


def links_for(archive: Path | None, page: Path) -> Links:
    """What a page that is written to a file can lead to; `archive` is None for one in a bucket."""
    if archive is not None and page.resolve().is_relative_to(archive.resolve()):
        return Beside(archive, page)
    return Named()


def web(url: str) -> str | None:
    """An address as a link; None for what is none of the web, such as `javascript:`, and for one that hides a part."""
    if any(unicodedata.category(char)[0] == "C" for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None
