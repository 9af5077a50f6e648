"""What lies between the files of an archive: revisits, rows and manifests, each followed to what it names."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from archive.errors import StorageError
from archive.faults import Fault, Kind, shown
from archive.reader import MAX_MEMBER
from archive.verification import digests
from archive.verification.files import files_in, limited
from archive.verification.pairs import ORIGINALS, Note, key

MAX_ROW = 64 << 20
"""Bytes of a row, or of a manifest."""

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

    They are kept in a temporary file that goes with the process: an archive may have more of them than memory. Every
    method raises StorageError when that file cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, int] = {}
        self._keys: list[str] = []
        self._records: list[tuple[Any, ...]] = []
        self._revisits: list[tuple[Any, ...]] = []
        self._database = sqlite3.connect("")
        self._run(self._database.executescript, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)

    def close(self) -> None:
        """Let go of the temporary file."""
        self._database.close()

    def of(self, warc: str) -> Callable[[Note], None]:
        """What is to be told of every record of the file with this key."""
        number = self._files[warc] = len(self._keys)
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

    def faults(self) -> Iterator[tuple[Path, Fault]]:
        """Every fault between files, with the file that points. Raises OSError."""
        self._flush()
        self._run(self._database.executescript, _INDEXES)
        yield from self._of_revisits()
        for folder in ("articles", "dropped"):
            for path in files_in(self._root / folder, ".jsonl.gz"):
                yield from ((path, fault) for fault in limited(self._of_rows(path)))
        for path in files_in(self._root / "jobs", ".json"):
            yield from ((path, fault) for fault in limited(self._of_manifest(path)))

    def _of_revisits(self) -> Iterator[tuple[Path, Fault]]:
        revisits = self._select("SELECT * FROM revisits ORDER BY file, offset")
        for number, group in groupby(revisits, key=lambda revisit: int(revisit[0])):
            path = self._root / self._keys[number]
            yield from ((path, fault) for fault in limited(fault for one in group for fault in self._of_revisit(*one)))

    def _of_revisit(
        self, _: int, offset: int, name: bytes | None, place: bytes | None, digest: str | None, identical: int
    ) -> Iterator[Fault]:
        found = "SELECT file, offset, place, digest FROM records WHERE"
        by_name = next(self._select(f"{found} name = ?", name), None)
        by_place = self._select(f"{found} place = ? AND kind IN (?, ?) ORDER BY file, offset", place, *ORIGINALS)
        original = by_name or next(by_place, None)
        if original is None:
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

    def _of_rows(self, path: Path) -> Iterator[Fault]:
        number = 0
        try:
            with gzip.open(path, "rb") as file:
                for number, line in _lines(file):
                    yield from self._of_row(number, line)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            yield Fault(Kind.ROW, number + 1, f"the file cannot be read from here on: {error}")

    def _of_row(self, number: int, line: bytes) -> Iterator[Fault]:
        try:
            row = json.loads(line)
            text, named, captures = row["text"], row["text_sha256"], list(map(dict, row["captures"]))
            digest = hashlib.sha256(text.encode()).hexdigest()
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            yield Fault(Kind.ROW, number, f"the line is no row: {shown(f'{type(error).__name__}: {error}')}")
            return
        if not line.endswith(b"\n"):
            yield Fault(Kind.ROW, number, "the line has no end")
        if named != digest and (text or named):  # a page without text may have no digest of it
            yield Fault(Kind.ROW_TEXT, number, f"text_sha256 is {shown(str(named))}, and the text has {digest}")
        for capture in captures:
            yield from (Fault(kind, number, detail) for kind, detail in self._of_capture(capture))

    def _of_capture(self, capture: dict[str, Any]) -> Iterator[tuple[Kind, str]]:
        warc, offset = capture.get("warc"), capture.get("offset")
        where = f"byte {shown(str(offset))} of {shown(str(warc))}"
        number = self._files.get(warc) if isinstance(warc, str) else None
        if number is None or not isinstance(offset, int) or not 0 <= offset < 1 << 63:
            yield Kind.ROW_RECORD, f"the row points at {where}, and there is no such file"
            return
        found = list(
            self._select(
                "SELECT length, name, target, digest FROM records WHERE file = ? AND offset = ?",
                number,
                offset,
            )
        )
        if not found:
            yield Kind.ROW_RECORD, f"the row points at {where}, and no record is there"
            return
        length, name, target, digest = found[0]
        promised = digests.parse(str(capture.get("payload_digest")))
        differing = [
            field
            for field, same in (
                ("length", capture.get("length") == length),
                ("record_id", key(str(capture.get("record_id"))) == name),
                ("url", key(str(capture.get("url"))) == target),
                ("payload_digest", promised is not None and str(promised) == digest),
            )
            if not same
        ]
        if differing:
            yield Kind.ROW_DIFFERS, f"the record at {where} has another {', '.join(differing)} than the row"

    def _of_manifest(self, path: Path) -> Iterator[Fault]:
        with path.open("rb") as file:
            data = file.read(MAX_ROW)
        try:
            files = json.loads(data)["files"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            yield Fault(Kind.MANIFEST, 0, f"this is no manifest: {shown(f'{type(error).__name__}: {error}')}")
            return
        for name in files if isinstance(files, list) else [files]:
            if not isinstance(name, str) or not self._is_there(name):
                yield Fault(Kind.MANIFEST_FILE, 0, f"{shown(str(name))} is not in the archive")

    def _is_there(self, name: str) -> bool:
        """Is there such a file? Rows that were extracted again have another extractor in their name."""
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            return False
        with suppress(OSError, ValueError):  # names that no file can have
            if (self._root / name).is_file():
                return True
            job = "-".join(parts.name.split("-")[:3])  # part-<timestamp14>-<token>
            again = (self._root / name).parent.glob("part-*.jsonl.gz")
            return name.startswith(("articles/", "dropped/")) and any(at.name.startswith(f"{job}-") for at in again)
        return False

    def _select(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        yield from self._run(self._database.execute, query, values)

    def _flush(self) -> None:
        self._run(self._database.executemany, "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._records)
        self._run(self._database.executemany, "INSERT INTO revisits VALUES (?, ?, ?, ?, ?, ?)", self._revisits)
        self._records.clear()
        self._revisits.clear()

    @staticmethod
    def _run(act: Callable[..., sqlite3.Cursor], *arguments: Any) -> sqlite3.Cursor:
        try:
            return act(*arguments)
        except sqlite3.OperationalError as error:
            raise StorageError(f"--deep keeps a temporary file, which failed: {error}. Make room in TMPDIR.") from error


def _lines(file: gzip.GzipFile) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, as far as a file may go."""
    number = size = 0
    while line := file.readline(MAX_ROW):
        number, size = number + 1, size + len(line)
        if size > MAX_MEMBER:
            raise EOFError(f"it has more than {MAX_MEMBER} bytes")
        yield number, line
