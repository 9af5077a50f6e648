"""Takedowns of which nobody has written the end: what they are to take out may still have rows."""

from __future__ import annotations

from collections.abc import Collection

from archive.errors import Damaged
from archive.files import Files
from archive.layout import outlet_of
from archive.takedown import log


def articles(files: Files, outlets: Collection[str]) -> frozenset[str]:
    """Ids of these outlets, of all without any, whose rows are to be passed over as if they were gone.

    The entry of an end is put there when no row is left: that it is there says so, whatever became of its bytes, unless
    another entry has its name. Where it is not, a torn beginning cannot be passed over: the catalog is told of the
    article after it, an archive may lack its catalog, and the list of revocations gets its line at the end. Raises
    Damaged for one, StorageError, OSError.
    """
    found: set[str] = set()
    for outlet in sorted({outlet_of(key) for key in files.keys(log.FOLDER, ".json")}):
        if outlets and outlet not in outlets:
            continue
        told = log.read(files, outlet)
        for key in told.untold():
            raise Damaged(
                f"{files.where(key)} is not as it was written, and of that takedown no end is told: which article it "
                "was to take out nobody can say. Take the file from a copy. Where there is none, give scrapy takedown "
                "again for what you were asked to take out, and move the file out of the archive; --outlet leaves "
                f"{outlet} out."
            )
        for entry in told.unfinished():
            found |= {entry["id"], *(row["id"] for row in entry["rows"] if row["is_article"])}
    return frozenset(found)
