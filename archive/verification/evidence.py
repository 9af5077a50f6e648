"""What an archive itself says against a row of a dataset, before anything is derived again."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping
from itertools import chain
from typing import Any

from archive import proof
from archive.dataset import schema
from archive.dataset.names import is_outlet
from archive.errors import Damaged
from archive.faults import Fault, Kind, shown
from archive.files import Files, Unread
from archive.model import SCHEMA
from archive.takedown import revocations
from archive.verification import rows as lines
from archive.verification.originals import Originals

Row = dict[str, Any]


class Evidence:
    """The records and rows of an archive. Every method raises StorageError, OSError."""

    def __init__(self, files: Files) -> None:
        self.revoked = _revoked(files)
        """Id -> what became of an article that was taken down."""
        self._files = files
        self._originals = Originals()

    def close(self) -> None:
        """Let go of the temporary file."""
        self._originals.close()

    def gather(self, rows: Iterator[Row], refused: Callable[[Unread], None], tell: Callable[[str], None]) -> None:
        """Read what is needed for these rows. `refused` is told what cannot be read, `tell` what is read now."""
        for row in rows:
            self._originals.want(row)
        self._originals.read(self._files, refused, tell)

    def faults(self, row: Row, *, whole: bool) -> Iterator[Fault]:
        """What records and rows of the archive have another way; `whole` as in `Originals.of_row`."""
        standing = [one for one in row["duplicates"] if one["id"] not in self.revoked]
        for capture in chain(row["captures"], *(one["captures"] for one in standing)):
            yield from self._of_capture(capture)
        yield from self._of_original(row, self._originals.of_row(row, whole=whole))
        for one in standing:
            for fault in self._of_original(one, self._originals.of_duplicate(one, row["text_sha256"])):
                yield fault._replace(detail=f"duplicates: {shown(one['id'])}: {fault.detail}")

    def _of_original(self, row: Row, told: list[str] | None) -> Iterator[Fault]:
        if told is not None:
            yield from (Fault(Kind.ROW_FIELD, 0, one) for one in told)
        elif self._originals.is_whole and not self._originals.is_dropped(row):
            detail = f"the archive has no row of {shown(row['id'])} with version {row['version']}"
            yield Fault(Kind.ROW_MISSING, 0, detail)

    def _of_capture(self, capture: Mapping[str, Any]) -> Iterator[Fault]:
        try:
            ref = proof.ref_of(capture)
            found = proof.examine(self._files, ref)
        except Damaged as error:
            yield Fault(Kind.ROW_RECORD, 0, f"captures: {error}")
            return
        for name, ours, theirs in found.differences:
            detail = f"captures: {ref.warc} at byte {ref.offset}: {name} is {theirs}, and should be {ours}"
            yield Fault(Kind.ROW_DIFFERS, 0, detail)


def wrong(number: int, row: Row) -> list[Fault]:
    """What is wrong with a row by itself. When anything is, nothing that it points at is to be followed."""
    found = [*lines.of_row(number, row, dropped=False)]
    if not found and row["schema"] != SCHEMA:
        found.append(Fault(Kind.ROW, number, f"the row has schema {row['schema']}, and this version reads {SCHEMA}"))
    if found:
        return found
    try:
        if odd := [one["outlet"] for one in (row, *row["duplicates"]) if not is_outlet(one["outlet"])]:
            return [Fault(Kind.ROW, number, f"no outlet is called {shown(odd[0])}")]
        schema.canonical(row)
        for one in row["duplicates"]:
            schema.canonical(row | one)
            "".join((one["id"], one["outlet"], one["url"]))
        json.dumps(row, ensure_ascii=False).encode()  # half a character is none
        found += lines.of_text(number, row)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        found.append(Fault(Kind.ROW, number, f"this is no row of a dataset: {shown(repr(error))}"))
    return found


def revoked_from(files: Files, names: Container[str]) -> list[str]:
    """What became of articles that a dataset of one of these names held when they were taken down.

    Raises StorageError, OSError.
    """
    return [_told(entry) for entry in revocations.revoked(files) if any(name in names for name in entry["datasets"])]


def _revoked(files: Files) -> dict[str, str]:
    return {entry["id"]: _told(entry) for entry in revocations.revoked(files)}


def _told(entry: Mapping[str, Any]) -> str:
    reason = f" ({entry['reason']})" if entry["reason"] else ""
    return f"{entry['id']} was taken down on {entry['date']}{reason}: take it out of the dataset"
