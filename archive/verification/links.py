"""What lies between the files of an archive: revisits, rows and manifests, each followed to what it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from archive.errors import StorageError
from archive.faults import Fault, Kind, shown
from archive.files import Files, Unread, refuse
from archive.scratch import Scratch
from archive.takedown.stub import stub_id
from archive.verification import digests, rows
from archive.verification.files import limited
from archive.verification.jobs import ROWS, AtWork, Jobs
from archive.verification.pairs import ORIGINALS, Note
from archive.verification.pairs import key as short
from archive.verification.sums import Sums

_AT_ONCE = 5000
_TABLES = """
CREATE TABLE records (
    file INTEGER, offset INTEGER, length INTEGER, kind TEXT, name BLOB, target BLOB, place BLOB, digest TEXT
);
CREATE TABLE revisits (file INTEGER, offset INTEGER, name BLOB, place BLOB, digest TEXT, identical INTEGER);
"""
_INDEXES = """
CREATE INDEX by_offset ON records (file, offset);
CREATE INDEX by_name ON records (name);
CREATE INDEX by_place ON records (place);
"""


class Links:
    """The records of all WARCs of an archive, and what points at them.

    Rows and events are listed when it is made, before the WARCs are, and no others are read: so their WARCs are there,
    whatever is published meanwhile. Every method raises StorageError when the temporary file cannot be written.
    """

    def __init__(
        self,
        files: Files,
        at_work: AtWork,
        refused: Callable[[Unread], None] = refuse,
        sums: Sums | None = None,
    ) -> None:
        """`refused` is told what cannot be read, `sums` what is read here, and it reads the manifests."""
        self._files = files
        self._refused = refused
        self._sums = sums or Sums(files)
        self._jobs = Jobs(files, at_work, self._sums)
        self._scratch = Scratch(_TABLES)
        self._numbers: dict[str, int] = {}
        self._keys: list[str] = []
        self._records: list[tuple[Any, ...]] = []
        self._revisits: list[tuple[Any, ...]] = []
        self._unread: set[int] = set()
        self._is_whole = True
        for folder in (*ROWS, "events"):
            self._jobs.add(files.keys(folder, ".jsonl.gz", refused=refused))

    def close(self) -> None:
        """Let go of the temporary file."""
        self._scratch.close()
        self._jobs.close()

    def of(self, warc: str) -> Callable[[Note], None]:
        """What is to be told of every record of the file with this key."""
        number = self._numbers[warc] = len(self._keys)
        self._keys.append(warc)

        def tell(note: Note) -> None:
            digest = str(note.payload) if note.payload else None
            self._records.append((number, *note[:6], digest))
            if refers := note.refers:
                promised = str(refers.digest) if refers.digest else None
                self._revisits.append((number, note.offset, refers.name, refers.place, promised, refers.is_identical))
            if len(self._records) >= _AT_ONCE:
                self._flush()

        return tell

    def lacks(self, warc: str | None = None) -> None:
        """A file could not be read to its end, or nobody knows which: what leads there is not said to lead nowhere."""
        self._is_whole = False
        if warc in self._numbers:
            self._unread.add(self._numbers[warc])

    def faults(self) -> Iterator[tuple[str, Fault]]:
        """Every fault between files, with the key of the file that points."""
        self._flush()
        self._jobs.add(self._keys)
        self._scratch.script(_INDEXES)
        yield from self._of_revisits()
        for folder in (*ROWS, "events"):
            for key in self._jobs.keys(folder):
                try:
                    with self._files.held(key) as path:
                        self._sums.add(key, path)
                        yield from ((key, fault) for fault in limited(self._of_lines(path, key, folder)))
                except (OSError, StorageError) as error:
                    self._refused(error)
        self._of_damaged()
        yield from self._jobs.faults(self._refused)

    def _of_damaged(self) -> None:
        """Ends that were cut off are bytes like others."""
        for key in self._files.keys("damaged", refused=self._refused):
            try:
                with self._files.held(key) as path:
                    self._sums.add(key, path)
            except (OSError, StorageError) as error:
                self._refused(error)

    def _of_revisits(self) -> Iterator[tuple[str, Fault]]:
        revisits = self._scratch.select("SELECT * FROM revisits ORDER BY file, offset")
        for number, group in groupby(revisits, key=lambda revisit: int(revisit[0])):
            key = self._keys[number]
            yield from ((key, fault) for fault in limited(fault for one in group for fault in self._of_revisit(*one)))

    def _of_revisit(
        self, _: int, offset: int, name: bytes | None, place: bytes | None, digest: str | None, identical: int
    ) -> Iterator[Fault]:
        found = "SELECT file, offset, place, digest FROM records WHERE"
        by_name = next(self._scratch.select(f"{found} name = ?", name), None)
        by_place = self._scratch.select(
            f"{found} place = ? AND kind IN (?, ?) ORDER BY file, offset", place, *ORIGINALS
        )
        original = by_name or next(by_place, None)
        if original is None:
            if self._is_whole:
                yield Fault(Kind.REVISIT_MISSING, offset, "the record that the revisit refers to is not in the archive")
            return
        file, byte, there, actual = original
        where = f"the record that the revisit refers to, at byte {byte} of {self._keys[file]},"
        if place and place != there:  # most readers look for these alone
            detail = "is not of WARC-Refers-To-Target-URI and WARC-Refers-To-Date"
            yield Fault(Kind.REVISIT_MISSING, offset, f"{where} {detail}")
        elif identical and actual is None:
            yield Fault(Kind.REVISIT_MISSING, offset, f"{where} holds no whole payload")
        elif identical and digest and digest != actual and digest.partition(":")[0] == actual.partition(":")[0]:
            yield Fault(Kind.REVISIT_DIGEST, offset, f"{where} has a payload with {actual}, the revisit {digest}")

    def _of_lines(self, path: Path, key: str, folder: str) -> Iterator[Fault]:
        number = 0
        for found in rows.lines(path):
            if isinstance(found, Fault):
                yield found
                return
            number, line = found
            row = rows.parsed(number, line)
            if isinstance(row, Fault):
                yield row
            elif folder == "events":
                yield from rows.of_event(number, row)
            else:
                yield from self._of_row(number, row, dropped=folder == "dropped")
        self._jobs.count(key, number)

    def _of_row(self, number: int, row: dict[str, Any], *, dropped: bool) -> Iterator[Fault]:
        if wrong := list(rows.of_row(number, row, dropped=dropped)):
            yield from wrong
            return
        yield from rows.of_text(number, row)
        for capture in row["captures"]:
            yield from (Fault(kind, number, detail) for kind, detail in self._of_capture(capture))

    def _of_capture(self, capture: dict[str, Any]) -> Iterator[tuple[Kind, str]]:
        warc, offset = capture["warc"], capture["offset"]
        where = f"byte {shown(str(offset))} of {shown(warc)}"
        number = self._numbers.get(warc)
        if number in self._unread or (number is None and not self._is_whole):
            return
        if number is None or not 0 <= offset < 1 << 63:
            yield Kind.ROW_RECORD, f"the row points at {where}, and there is no such file"
            return
        found = list(
            self._scratch.select(
                "SELECT length, name, target, digest FROM records WHERE file = ? AND offset = ?",
                number,
                offset,
            )
        )
        if not found:
            yield Kind.ROW_RECORD, f"the row points at {where}, and no record is there"
            return
        length, name, target, digest = found[0]
        if name == short(stub_id(capture["record_id"])):
            yield Kind.ROW_RECORD, f"the record at {where} was taken down: scrapy takedown takes the row out, too"
            return
        promised = digests.parse(capture["payload_digest"])
        differing = [
            field
            for field, same in (
                ("length", capture["length"] == length),
                ("record_id", short(capture["record_id"]) == name),
                ("url", short(capture["url"]) == target),
                ("payload_digest", promised is not None and str(promised) == digest),
            )
            if not same
        ]
        if differing:
            yield Kind.ROW_DIFFERS, f"the record at {where} has another {', '.join(differing)} than the row"

    def _flush(self) -> None:
        self._scratch.many("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._records)
        self._scratch.many("INSERT INTO revisits VALUES (?, ?, ?, ?, ?, ?)", self._revisits)
        self._records.clear()
        self._revisits.clear()
