"""What the records of one WARC say of each other: the records of a capture, and revisits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from archive.faults import Fault, Kind, shown
from archive.reader import Record
from archive.verification import digests
from archive.verification.blocks import Block
from archive.verification.digests import Digest
from archive.verification.fields import Fields, instant, uri

ORIGINALS = ("response", "resource")
"""Types of records that a revisit may refer to by address and date."""
_WITHOUT_BODY = {b"HEAD", b"CONNECT"}


class Reference(NamedTuple):
    """What a revisit refers to (WARC 1.1, section 6.7)."""

    name: bytes | None
    """Key of WARC-Refers-To."""
    place: bytes | None
    """Key of WARC-Refers-To-Target-URI and WARC-Refers-To-Date."""
    digest: Digest | None
    """Of the payload that must be found there; None for revisits that promise none."""
    is_identical: bool
    """Does the revisit stand for a payload that is found there?"""


class Note(NamedTuple):
    """What is remembered of a record. Names and addresses are keys of 16 bytes, whatever their length."""

    offset: int
    length: int
    kind: str
    """WARC-Type in lower case."""
    name: bytes
    """Key of WARC-Record-ID."""
    target: bytes
    """Key of WARC-Target-URI."""
    place: bytes
    """Key of WARC-Target-URI and WARC-Date."""
    payload: Digest | None
    """Of the payload as it is; None where the record holds none, or not all of it."""
    refers: Reference | None
    """Of a revisit."""


@dataclass(slots=True)
class _Known:
    offset: int
    date: str | None
    target: bytes
    has_target: bool
    digest: Digest | None
    method: bytes
    bodiless: Fault | None


def key(*parts: str) -> bytes:
    """A short name for texts of any length."""
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def note_of(record: Record, fields: Fields, block: Block) -> Note:
    """What is remembered of a record."""
    return Note(
        offset=record.offset,
        length=record.length,
        kind=fields.kind,
        name=key(fields.get("WARC-Record-ID") or ""),
        target=key(fields.target),
        place=key(fields.target, fields.date or ""),
        payload=block.payload,
        refers=_reference(fields) if fields.kind == "revisit" else None,
    )


def _reference(fields: Fields) -> Reference:
    name, target = fields.get("WARC-Refers-To"), fields.get("WARC-Refers-To-Target-URI")
    date = instant(fields.get("WARC-Refers-To-Date") or "", fields.version)
    digest = digests.parse(fields.get("WARC-Payload-Digest") or "") if fields.is_identical else None
    return Reference(
        name=key(name) if name else None,
        place=key(uri(target), date) if target and date else None,
        digest=digest if digest and digest.value else None,
        is_identical=fields.is_identical,
    )


class Pairs:
    """Takes the records of one file in their order, and compares those that name each other."""

    def __init__(self, *, own: bool) -> None:
        self._own = own
        self._known: dict[bytes, _Known] = {}
        self._places: dict[bytes, _Known] = {}
        self._named: dict[bytes, list[tuple[_Known, str]]] = {}
        self._revisits: list[tuple[int, Reference]] = []

    def add(self, note: Note, fields: Fields, block: Block) -> Iterator[Fault]:
        """Compare a record with those before it."""
        declared = digests.parse(fields.get("WARC-Payload-Digest") or "")
        digest = declared if declared and declared.value else note.payload
        known = _Known(note.offset, fields.date, note.target, bool(fields.target), digest, block.method, block.bodiless)
        if fields.values("WARC-Record-ID"):
            if note.name in self._known:
                before = self._known[note.name].offset
                yield Fault(Kind.DUPLICATE_ID, note.offset, f"the record at byte {before} has the same WARC-Record-ID")
                return
            self._known[note.name] = known
        if note.kind in ORIGINALS:
            self._places.setdefault(note.place, known)
        if note.refers and note.refers.digest:
            self._revisits.append((note.offset, note.refers))
        for name in dict.fromkeys(fields.values("WARC-Concurrent-To")):
            if other := self._known.get(key(name)):
                yield from _compare(known, other)
            else:
                self._named.setdefault(key(name), []).append((known, shown(name)))
        for other, _ in self._named.pop(note.name, ()):
            yield from _compare(other, known)

    def end(self) -> Iterator[Fault]:
        """What can be said when the last record was seen."""
        for found in self._named.values() if self._own else ():
            for known, name in found:
                yield Fault(Kind.CONCURRENT_MISSING, known.offset, f"no record here is {name}, its WARC-Concurrent-To")
        for offset, refers in self._revisits:
            original = self._known.get(refers.name or b"") or self._places.get(refers.place or b"")
            if original and _contradict(original.digest, refers.digest):
                detail = f"the revisit has {refers.digest}, the record at byte {original.offset} {original.digest}"
                yield Fault(Kind.REVISIT_DIGEST, offset, detail)


def _contradict(one: Digest | None, other: Digest | None) -> bool:
    return one is not None and other is not None and one.algorithm == other.algorithm and one != other


def _compare(naming: _Known, named: _Known) -> Iterator[Fault]:
    """Two records of one capture (WARC 1.1, section 5.7)."""
    where = f"than the record at byte {named.offset}, which is of the same capture"
    if naming.date and named.date and naming.date != named.date:
        yield Fault(Kind.CONCURRENT_DIFFERS, naming.offset, f"another WARC-Date {where}")
    if naming.has_target and named.has_target and naming.target != named.target:
        yield Fault(Kind.CONCURRENT_DIFFERS, naming.offset, f"another WARC-Target-URI {where}")
    for response, request in ((naming, named), (named, naming)):
        if response.bodiless and request.method:
            if request.method not in _WITHOUT_BODY:
                yield response.bodiless
            response.bodiless = None
