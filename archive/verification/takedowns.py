"""The log of takedowns held against its own digests, the manifests against it, and the list of revocations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import PurePosixPath

from archive import seal
from archive.errors import StorageError
from archive.faults import Fault, Kind, shown
from archive.files import Files, Unread
from archive.layout import outlet_of
from archive.takedown import log, revocations
from archive.verification.jobs import AtWork

MAX_ENTRY = 64 << 20
"""Bytes of an entry that are read."""


def faults(
    files: Files, manifests: Iterable[str], at_work: AtWork, refused: Callable[[Unread], None]
) -> Iterator[tuple[str, Fault]]:
    """Every fault of them, with its key. `manifests`: keys of those that speak of a takedown. Raises StorageError."""
    unsound = set()
    for key, fault in chain(of_entries(files, refused), _of_manifests(files, manifests, refused)):
        unsound.add(key)
        if fault:
            yield key, fault
    try:
        yield from _between(files, at_work, unsound)
    except (OSError, StorageError) as error:
        refused(error)


def of_entries(files: Files, refused: Callable[[Unread], None]) -> Iterator[tuple[str, Fault | None]]:
    """What is wrong with an entry; None where it cannot be read, of which `refused` is told."""
    for key in files.keys(log.FOLDER, ".json", refused=refused):
        try:
            with files.held(key) as path, path.open("rb") as file:
                entry = log.entry_of(key, file.read(MAX_ENTRY))
        except (OSError, StorageError) as error:
            refused(error)
            yield key, None
        else:
            if entry is None:
                detail = (
                    f"it was changed: its {seal.OWN} is that of other bytes, or of another entry; take it from a copy"
                )
                yield key, Fault(Kind.TAKEDOWN, 0, detail)


def _of_manifests(
    files: Files, manifests: Iterable[str], refused: Callable[[Unread], None]
) -> Iterator[tuple[str, Fault]]:
    for key in manifests:
        entry = log.began_key(outlet_of(key), PurePosixPath(key).stem)
        try:
            if files.exists(entry) or _is_told(files, key):
                continue
        except (OSError, StorageError) as error:
            refused(error)
        else:
            detail = "it is gone: take it from a copy; where its end is gone, too, give the same scrapy takedown again"
            yield entry, Fault(Kind.TAKEDOWN, 0, detail)


def _is_told(files: Files, key: str) -> bool:
    """Has the article of a manifest another takedown that was done? So it has where it was entered again."""
    with files.held(key) as path:
        data = path.read_bytes()
    with suppress(ValueError, LookupError, TypeError, RecursionError):
        article = json.loads(data)["takedown"]["id"]
        done = log.read(files, outlet_of(key)).done
        return any(entry["id"] == article for job, entry in done.items() if job != PurePosixPath(key).stem)
    return False


def _between(files: Files, at_work: AtWork, unsound: set[str]) -> Iterator[tuple[str, Fault]]:
    """What never came to its end, unless its end is an unsound entry; and what is wrong with the list."""
    listing = revocations.listing(files)
    # A takedown that is at work writes the list last: who is, is asked when that has been read.
    working = {outlet for outlet in {entry["outlet"] for entry in listing.log.began.values()} if any(at_work(outlet))}
    for entry in listing.log.unfinished():
        if entry["outlet"] not in working and log.done_key(entry["outlet"], entry["job"]) not in unsound:
            detail = "this takedown was cut short, or the entry of its end is gone: give the same scrapy takedown again"
            yield log.began_key(entry["outlet"], entry["job"]), Fault(Kind.TAKEDOWN, 0, detail)
    if listing.unexplained:
        detail = (
            f"it names {', '.join(map(shown, listing.unexplained[:3]))}, and the log has no entry of that: take it "
            "from a copy, or give the same scrapy takedown again"
        )
        yield revocations.REVOCATIONS, Fault(Kind.TAKEDOWN, 0, detail)
    elif not listing.is_right and not working:
        detail = (
            "it is not what the log gives: scrapy takedown, given again for an address that is gone, writes it anew"
        )
        yield revocations.REVOCATIONS, Fault(Kind.TAKEDOWN, 0, detail)
