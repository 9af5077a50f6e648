"""A WARC held against the CDXJ index beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from archive import cdxj
from archive.faults import Fault, Kind, shown
from archive.reader import Record

MAX_LINE = 1 << 22
"""Bytes of a line: four times a record's header."""


class Indexed:
    """Takes the records of one file in their order, and then compares their lines with those of the index."""

    def __init__(self, path: Path, filename: str) -> None:
        """`filename` is the name of the WARC."""
        self._path = path
        self._filename = filename
        self._offsets: dict[bytes, list[int]] = {}
        self._listed: set[int] = set()

    def add(self, record: Record) -> None:
        """Note the line of a record. Raises OSError."""
        line = cdxj.of_record(record, self._filename)
        if line is not None:
            self._offsets.setdefault(_key(line.encode()), []).append(record.offset)
            self._listed.add(record.offset)

    def end(self) -> Iterator[Fault]:
        """Compare. Raises OSError."""
        told: set[int] = set()
        name = self._path.name
        for number, line, ordered in self._lines():
            offsets = self._offsets.get(_key(line))
            offset = _offset_of(line)
            where = f"line {number} of {name}"
            if not ordered:
                yield Fault(Kind.INDEX_ORDER, max(offset, 0), f"{where} should come before the line above it")
            if offsets:
                told.add(offsets.pop())
                continue
            quoted = f"{where}, {shown(line.decode('utf-8', 'replace'))}"
            if offset in self._listed and offset not in told:
                told.add(offset)
                yield Fault(Kind.INDEX_DIFFERS, offset, f"the record says something else than {quoted}")
            else:
                yield Fault(Kind.INDEX_EXTRA, max(offset, 0), f"no record has {quoted}")
        for offset in sorted(self._listed - told):
            yield Fault(Kind.INDEX_LACKS, offset, f"{name} has no line for the record")

    def _lines(self) -> Iterator[tuple[int, bytes, bool]]:
        """Number, line, and whether it does not belong before the one above."""
        before, number = b"", 0
        with self._path.open("rb") as file:
            while line := file.readline(MAX_LINE):
                number += 1
                yield number, line, line >= before
                before = line


def _key(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=16).digest()


def _offset_of(line: bytes) -> int:
    """The offset that a line names; -1 when it names none."""
    try:
        return int(json.loads(line.split(b" ", 2)[2])["offset"])
    except (ValueError, LookupError, TypeError, RecursionError, OverflowError):
        return -1
