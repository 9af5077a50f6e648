"""Is a WARC file sound? Everything that the file and its index can prove, said as faults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from archive import cdxj
from archive.faults import Fault, Kind
from archive.reader import read
from archive.verification import blocks, fields
from archive.verification.indexed import Indexed
from archive.verification.pairs import Note, Pairs, note_of

WARC_SUFFIXES = (".warc", ".warc.gz")
MAX_FAULTS = 1000
"""Faults of one file that are named; of the others there is one that counts them."""


def verify_file(path: Path, *, own: bool, seen: Callable[[Note], None] = lambda _: None) -> Iterator[Fault]:
    """Every fault of a .warc or .warc.gz and of the index beside it, each at the byte of its record.

    `own` files were written by us, and more is asked of them: an index, and that every record that one names is there.
    `seen` is told of each record. Raises OSError.
    """
    return limited(_faults(path, own=own, seen=seen))


def limited(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The first faults of one file; where there are many more, their number."""
    more = 0
    for number, fault in enumerate(faults):
        if number < MAX_FAULTS:
            yield fault
        else:
            more += 1
            last = fault.offset
    if more:
        yield Fault(Kind.TOO_MANY, last, f"{more} more faults were found, the last of them here", more)


def refuse(error: OSError) -> None:
    """What cannot be read must not be passed over."""
    raise error


def files_in(folder: Path, *suffixes: str, refused: Callable[[OSError], None] = refuse) -> list[Path]:
    """Regular files under a folder, links followed, whose names end so; none without such a folder.

    `refused` is told of every folder and file that cannot be looked at, and may raise the error.
    """

    def wrong(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError) or error.filename != str(folder):
            refused(error)

    found: list[Path] = []
    entered: set[Path] = set()
    for base, folders, names in os.walk(folder, onerror=wrong, followlinks=True):
        if (real := Path(base).resolve()) in entered:  # a link that leads back
            folders.clear()
            continue
        entered.add(real)
        for path in (Path(base, name) for name in names if name.endswith(suffixes)):
            try:
                found += [path] if path.is_file() else []
            except OSError as error:
                refused(error)
    return sorted(found)


def orphans(folder: Path, refused: Callable[[OSError], None] = refuse) -> Iterator[tuple[Path, Fault]]:
    """Every index under a folder whose WARC is gone; `refused` as for `files_in`."""
    for index in files_in(folder, ".cdxj", refused=refused):
        if not any(index.with_suffix(suffix).is_file() for suffix in WARC_SUFFIXES):
            yield index, Fault(Kind.WARC_MISSING, 0, "the file that this is the index of is not there")


def index_path(path: Path) -> Path:
    """Where the index of a WARC lies."""
    return path.with_name(cdxj.path_for(path.name))


def _faults(path: Path, *, own: bool, seen: Callable[[Note], None]) -> Iterator[Fault]:
    pairs = Pairs(own=own)
    index = index_path(path)
    indexed = Indexed(index, path.name) if index.is_file() else None
    for record in read(path):
        if isinstance(record, Fault):
            yield record
            continue
        named = fields.Fields(record)
        yield from fields.check(record, named)
        block = blocks.check(record, named, own=own)
        yield from block.faults
        note = note_of(record, named, block)
        yield from pairs.add(note, named, block)
        if indexed:
            indexed.add(record)
        seen(note)
    yield from pairs.end()
    if indexed:
        yield from indexed.end()
    elif own:
        yield Fault(Kind.INDEX_MISSING, 0, f"there is no {index.name}; scrapy verify --reindex makes it")
