"""The catalog of an archive, for verbs that only read it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from archive.catalog import Catalog, open_catalog
from archive.database import locate
from archive.errors import ArgumentError, StorageError
from archive.state import Places
from archive.storage import bucket_uri, state_folder, state_of

if TYPE_CHECKING:
    from scrapy.settings import Settings


def catalog_of(settings: Settings) -> Catalog:
    """The catalog that the settings name. Jobs may be at work on it, and no lease is taken.

    Raises ArgumentError where there is none, StorageError.
    """
    uri, state_dir, catalog_uri = (settings[name] for name in ("ARCHIVE_URI", "STATE_DIR", "CATALOG_URI"))
    places = Places(folder=state_folder(uri, state_dir))
    place = locate(places.catalog, catalog_uri)
    if isinstance(place, Path) and not place.exists():
        raise ArgumentError(
            f"There is no catalog {place}: the first scrapy crawl begins one, scrapy catalog rebuild makes it anew "
            "from an archive; ARCHIVE_URI, STATE_DIR and CATALOG_URI name others."
        )
    if places.marker.exists():  # what it knows must be of this archive
        state_of(uri, state_dir)
    with ExitStack() as failed:
        catalog = open_catalog(places.catalog, catalog_uri)
        failed.callback(catalog.close)
        found, archive = catalog.archive(), bucket_uri(uri) or ""
        if found not in {None, archive}:
            raise StorageError(
                f"The catalog {catalog.where} is that of {found or 'an archive on disk'}, not of "
                f"{archive or 'this archive'}: correct CATALOG_URI or ARCHIVE_URI."
            )
        failed.pop_all()
    return catalog
