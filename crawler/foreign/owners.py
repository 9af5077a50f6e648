"""Whose an address in a foreign archive is: an outlet's of ours, or nobody's, whom the generic path reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from w3lib.url import safe_url_string

from archive.errors import ArgumentError
from archive.files import files_of
from archive.foreign.found import Place
from archive.layout import row_folders
from crawler.others import OTHERS, others
from crawler.verb import outlets_of

if TYPE_CHECKING:
    from scrapy.settings import Settings

    from crawler.outlet import Outlet

_LONGEST = 2000


class Owners:
    """Tells whose an address is; with `only` no other outlet's is wanted."""

    def __init__(self, outlets: Mapping[str, Outlet], only: Collection[str]) -> None:
        """Raises ArgumentError for an outlet that there is not."""
        if OTHERS in outlets:
            raise ArgumentError(f"An outlet must not be called {OTHERS}: all hosts that no outlet has are called so.")
        if unknown := [name for name in only if name not in {*outlets, OTHERS}]:
            raise ArgumentError(f"There is no outlet {unknown[0]}; there are {', '.join((*outlets, OTHERS))}.")
        self._outlets, self._only = outlets, only
        self._of_host = lru_cache(maxsize=1 << 16)(self._owners)

    def sort(self, target: str) -> Place | str:
        """The outlet and the article that an address is of, or why nobody wants it, in words."""
        if len(target) > _LONGEST:
            return "address too long"
        try:
            url = safe_url_string(target.strip()).partition("#")[0]
            names = self._of_host(urlsplit(url).hostname or "")
        except ValueError:  # no address at all, such as `http://[::1`
            return "no address of a site"
        return self._of_outlet(names, url) if names else self._of_nobody(url)

    def _of_outlet(self, names: Sequence[str], url: str) -> Place | str:
        wanted = [name for name in names if self._is_wanted(name)]
        for name in wanted:
            outlet = self._outlets[name]
            if outlet.owns(url) and outlet.is_article(outlet.canonical(url)):
                return Place(name, _key(outlet, url), url, errors=True)
        return "no article's address" if wanted else "other outlet"

    def _of_nobody(self, url: str) -> Place | str:
        if not self._is_wanted(OTHERS):
            return "other host"
        return Place(OTHERS, _key(others, url), url, errors=False) if others.owns(url) else "no address of a site"

    def _is_wanted(self, name: str) -> bool:
        return not self._only or name in self._only

    def _owners(self, host: str) -> tuple[str, ...]:
        return tuple(name for name, outlet in self._outlets.items() if outlet.owns(f"https://{host}/"))


def owner_of(url: str, settings: Settings) -> tuple[str, Outlet]:
    """The outlet that an address of the archive is of. Raises ArgumentError, StorageError."""
    for name, outlet in outlets_of(settings).items():
        if outlet.owns(url):
            return name, outlet
    if others.owns(url):
        with closing(files_of(settings["ARCHIVE_URI"], settings["STATE_DIR"])) as files:
            if any(next(files.keys(folder), None) for folder in row_folders(OTHERS)):
                return OTHERS, others
    raise ArgumentError(
        f"{url} is no address of an outlet: scrapy outlets lists them with their hosts; an address begins with "
        "https://."
    )


def _key(outlet: Outlet, url: str) -> str:
    return outlet.article_id(outlet.canonical(url))
