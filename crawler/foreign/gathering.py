"""The files of others, read one after the other: what is of use is put aside, what is not is counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import StorageError
from archive.faults import Fault, Kind
from archive.foreign.exchanges import answers
from archive.foreign.found import Skipped
from archive.foreign.pairing import Exchange, paired
from archive.foreign.places import NotReadable, Source, warcs
from archive.local import sha256
from archive.reader import Record
from crawler.backfill import span
from crawler.foreign.counting import Read

if TYPE_CHECKING:
    from archive.foreign.found import Sort
    from archive.foreign.shelf import Shelf

NAMED = 20
"""Faults of a file that are named; the others are counted."""


@dataclass(slots=True)
class Gathered:
    """What reading came to."""

    records: int = 0
    exchanges: int = 0
    """Answers that were put aside."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason in words -> records."""
    faults: int = 0
    """Places where bytes are not what they should be."""
    refused: int = 0
    """Files that hold nothing that can be read."""
    unread: int = 0
    """Files that the disk or the bucket did not give."""
    read: list[Read] = field(default_factory=list)
    """Files that were there."""


class Gathering:
    """Reads files. `tell` is told how far it is, `complain` what is wrong, in words."""

    def __init__(self, sort: Sort, shelf: Shelf, tell: Callable[[str], None], complain: Callable[[str], None]) -> None:
        self.came = Gathered()
        self._sort, self._shelf, self._tell, self._complain = sort, shelf, tell, complain
        self._now = datetime.now(UTC)

    def all(self, sources: list[Source]) -> None:
        """Read them all; what is wrong with one keeps us from no other. Raises StorageError of our own disk."""
        self._course = _Course(sources)
        for source in sources:
            self._course.begin(source)
            with ExitStack() as opened:
                try:
                    path = opened.enter_context(source.held())
                    digest = Read(source.base, path.stat().st_size, sha256(path))
                except (OSError, StorageError) as error:
                    self._unread(source, error)
                    continue
                self._try(source, path)
                self.came.read.append(digest)

    def _try(self, source: Source, path: Path) -> None:
        try:
            self._file(source, path)
        except NotReadable as error:
            self.came.refused += 1
            self._complain(f"{source.name}: {error}.")
        except OSError as error:
            self._unread(source, error)

    def _unread(self, source: Source, error: OSError | StorageError) -> None:
        self.came.unread += 1
        self._complain(f"{source.name} cannot be read: {getattr(error, 'strerror', None) or error}")

    def _file(self, source: Source, path: Path) -> None:
        for name, warc in warcs(path, source.base):
            named = 0
            for found in paired(answers(warc, self._sort, self._now, partial(self._seen, source.name))):
                match found:
                    case Exchange():
                        self.came.exchanges += 1
                        self._shelf.put(found, name[-300:])
                    case Skipped():
                        self.came.skipped[found.reason] += 1
                    case Fault():
                        named += self._fault(source.name, name, found, named)

    def _seen(self, source: str, found: Record | Fault) -> None:
        self.came.records += isinstance(found, Record)
        self._tell(f"{self._course.at(found.offset)}  {source}")

    def _fault(self, source: str, name: str, fault: Fault, named: int) -> int:
        """Count a fault, and name it if it is one of the first of its file; how many it adds to those."""
        if fault.kind is Kind.MEMBERS:  # a matter of form, which costs no record
            return 0
        self.came.faults += 1
        if named < NAMED:
            where = source if source.endswith(name) else f"{source}/{name.partition('/')[2]}"
            self._complain(f"{where}:{fault.offset}: {fault.kind}: {fault.detail}")
        elif named == NAMED:
            self._complain(f"{source}: more faults follow, which are only counted")
        return 1


class _Course:
    """How far the reading is, in bytes, and how long the rest will take at the pace so far."""

    def __init__(self, sources: list[Source]) -> None:
        self._files = len(sources)
        self._size = sum(source.size for source in sources)
        self._number = self._before = 0
        self._current: Source | None = None
        self._began = time.monotonic()

    def begin(self, source: Source) -> None:
        """A file is next."""
        self._before += self._current.size if self._current else 0
        self._current, self._number = source, self._number + 1

    def at(self, offset: int) -> str:
        """`34 % of 1,200 MB, about 3 min left`, or only which file it is where nobody knows the sizes."""
        done = self._before + offset
        if not self._size or not done:
            return f"file {self._number:,} of {self._files:,}"
        left = (time.monotonic() - self._began) * (self._size - done) / done
        return f"{100 * done // self._size} % of {self._size / 1e6:,.0f} MB, {span(max(left, 0.0))} left"
