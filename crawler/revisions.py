"""Rows of an outlet that a verb makes anew, in the archive that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.revising import Revising
from crawler import uploads

if TYPE_CHECKING:
    from scrapy.settings import Settings


def revising_of(settings: Settings, outlet: str, kind: str) -> Revising:
    """The outlet under its lease. `kind`: what the manifest calls it. Raises as `Revising` does, and ArgumentError."""
    return Revising(
        outlet=outlet,
        archive_uri=settings["ARCHIVE_URI"],
        state_dir=settings["STATE_DIR"],
        catalog_uri=settings["CATALOG_URI"],
        kind=kind,
        patience=uploads.patience(settings),
    )
