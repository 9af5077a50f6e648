"""The records of one article, cut out of the WARC files in which they lie, for a WACZ of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

from archive import cdxj, proof
from archive.errors import Damaged
from archive.excerpt import Page
from archive.files import Files
from archive.model import RecordRef
from archive.reader import Fault, Record, read

_ADVICE = "scrapy verify --deep tells more."
_BESIDE = 1 << 18
"""Bytes behind a response that are searched for the records of its exchange; a request and its metadata are small."""
_INFO = 1 << 14
"""Bytes of a file that are searched for the record that describes it."""


class Clipping:
    """Every capture of an article's versions, with the request and the metadata of its exchange, as they are.

    Each record is the archive's own gzip member, byte for byte; only its place is another one. One file of the archive
    becomes one file with the same name, so that it can be found again. Raises Damaged, StorageError, OSError.
    """

    missing = 0

    def __init__(self, files: Files, rows: Iterable[Mapping[str, Any]]) -> None:
        """`rows` are those of one article, one for each version."""
        self._files = files
        self._rows = list(rows)
        self._lines: list[str] = []
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._stamps: dict[tuple[str, int], tuple[str, str]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="arsip-")))
            refs = [proof.ref_of(capture) for row in self._rows for capture in row["captures"]]
            if not all(row["captures"] for row in self._rows):
                raise Damaged(f"A row of the article names no record. {_ADVICE}")
            wanted = {(ref.warc, ref.offset): ref for ref in refs}
            self.warcs = sorted({warc for warc, _ in wanted})
            names = {PurePosixPath(key).name for key in self.warcs}
            if len(names) < len(self.warcs):
                raise Damaged("Two WARC files of the article have one name, and a WACZ holds one of them only.")
            for key in self.warcs:
                self._cut(key, [wanted[place] for place in sorted(wanted) if place[0] == key])
            self._opened = opened.pop_all()
        self._lines.sort()
        stamps = [line.split(" ", 2)[1] for line in self._lines]
        self.latest = max(stamps)
        self.captures, self.articles = len(self._lines), len(self._rows)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def path(self, key: str) -> Path:
        """Where what was cut out of a WARC file lies."""
        return self._folder / PurePosixPath(key).name

    def size(self, key: str) -> int:
        """Bytes of what was cut out."""
        return self.path(key).stat().st_size

    def let_go(self, key: str) -> None:
        """What was cut out is not needed any more."""
        self.path(key).unlink()

    def lines(self) -> Iterator[str]:
        """The index, sorted."""
        return iter(self._lines)

    def places(self, key: str) -> Iterator[tuple[int, int]]:
        """Offset and length of every record that the index names, in the order of the file."""
        return iter(self._places[key])

    def pages(self) -> Iterator[Page]:
        """The versions of the article, oldest first."""
        for row in self._rows:
            first = row["captures"][0]
            url, ts = self._stamps[first["warc"], first["offset"]]
            yield Page(f"{row['id']}:{row['version']}", url, row["title"], ts, row["text"])

    def _cut(self, key: str, refs: list[RecordRef]) -> None:
        if not self._files.exists(key):
            raise Damaged(f"{key} is missing. {_ADVICE}")
        path, self._places[key] = self.path(key), []
        size, sources = self._files.size(key), {}
        with path.open("wb") as target:
            target.write(self._first(key, size))
            for ref in refs:
                sources[target.tell()] = ref.offset
                target.write(proof.member(self._files, ref))
                for piece in self._beside(key, ref, size):
                    target.write(piece)
        for found in read(path):
            if isinstance(found, Fault):
                raise Damaged(f"{key} is damaged: {found.detail}. {_ADVICE}")
            if line := cdxj.of_record(found, path.name):
                self._lines.append(line)
                self._places[key].append((found.offset, found.length))
                if found.offset in sources:
                    place = found.get("WARC-Target-URI") or "", line.split(" ", 2)[1]
                    self._stamps[key, sources[found.offset]] = place
        if any((key, ref.offset) not in self._stamps for ref in refs):
            raise Damaged(
                f"{key} holds no response where the article's row names one. scrapy verify --deep tells more."
            )

    def _first(self, key: str, size: int) -> bytes:
        """The record that describes the file, if it begins with one."""
        data, record = next(self._members(key, 0, min(_INFO, size)), (b"", None))
        return data if record and record.get("WARC-Type") == "warcinfo" else b""

    def _beside(self, key: str, ref: RecordRef, size: int) -> Iterator[bytes]:
        """The records of the same exchange that follow a response."""
        begin = ref.offset + ref.length
        for data, record in self._members(key, begin, min(_BESIDE, size - begin)):
            if ref.record_id not in record.values("WARC-Concurrent-To"):
                return
            yield data

    def _members(self, key: str, begin: int, length: int) -> Iterator[tuple[bytes, Record]]:
        """The whole gzip members among some bytes of a file."""
        if length <= 0:
            return
        data = self._files.read(key, begin, length)
        with tempfile.NamedTemporaryFile(prefix="arsip-", suffix=".gz") as file:
            file.write(data)
            file.flush()
            for found in read(Path(file.name)):
                if isinstance(found, Fault):  # the bytes end in the middle of one
                    return
                yield data[found.offset : found.offset + found.length], found
