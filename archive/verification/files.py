"""Is a WARC file sound? Everything that the file and its index can prove, said as faults."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path

from archive import cdxj
from archive.errors import StorageError
from archive.faults import Fault, Kind
from archive.files import Files, Unread, refuse
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


def orphans(
    indexes: Iterable[str], warcs: Container[str], files: Files, refused: Callable[[Unread], None] = refuse
) -> Iterator[tuple[str, Fault]]:
    """Every index whose WARC is gone, by their keys; `refused` is told of what cannot be asked for."""
    for index in indexes:
        owners = [index.removesuffix(".cdxj") + suffix for suffix in WARC_SUFFIXES]
        try:
            # One that was not listed may have come meanwhile.
            if not any(owner in warcs or files.exists(owner) for owner in owners):
                yield index, Fault(Kind.WARC_MISSING, 0, "the file that this is the index of is not there")
        except (OSError, StorageError) as error:
            refused(error)


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
