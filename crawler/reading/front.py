"""The first page of the reading room: the report, as of a minute ago at most."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

from archive.files import Files
from archive.report.gather import gather
from archive.report.links import Searched
from archive.report.page import render
from crawler.catalogs import catalog_of
from crawler.verb import outlets_of

if TYPE_CHECKING:
    from scrapy.settings import Settings

FRESH = 60.0
"""Seconds for which a report is shown again; one of a large archive takes a while."""


class Front:
    """Makes the report when somebody asks for it."""

    def __init__(self, settings: Settings, files: Files) -> None:
        self._settings, self._files = settings, files
        self._lock = threading.Lock()
        self._text, self._made = "", float("-inf")

    def page(self) -> str:
        """The report. Raises ArgumentError where there is no catalog, StorageError."""
        with self._lock:
            if time.monotonic() - self._made > FRESH:
                titles = {name: outlet.name for name, outlet in outlets_of(self._settings).items()}
                with closing(catalog_of(self._settings)) as catalog:
                    self._text = render(gather(catalog, self._files, titles), links=Searched("/search"))
                self._made = time.monotonic()
            return self._text
