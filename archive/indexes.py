"""The indexes of an archive, read line by line: those that lie beside the WARC files, else made from them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from archive import cdxj
from archive.errors import Damaged
from archive.files import Files
from archive.reader import Fault, read

_ADVICE = "scrapy verify tells more."
_MAX_OFFSET = 1 << 63
"""SQLite has no greater numbers."""


class Line(NamedTuple):
    """An index line, taken apart."""

    place: str
    ts: str
    """Timestamp, 14 digits."""
    url: str
    revisit: bool
    offset: int
    length: int
    whole: str


class Indexes:
    """Indexes by the key of their WARC. What was fetched or made once stays on this disk until they are closed.

    Raises Damaged for what is no index of its file, StorageError, OSError.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._opened = ExitStack()
        self._made = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="arsip-")))
        self._paths: dict[str, Path] = {}

    def close(self) -> None:
        """Remove what was fetched or made."""
        self._opened.close()

    def path(self, key: str) -> Path:
        """The index of a WARC, or one that is made from it when there is none."""
        index = cdxj.path_for(key)
        if key not in self._paths and self._files.exists(index):
            self._paths[key] = self._opened.enter_context(self._files.held(index))
        elif key not in self._paths:
            with self._files.held(key) as warc:
                cdxj.write(self._made / index, filter(None, _made(warc, key)))
            self._paths[key] = self._made / index
        return self._paths[key]

    def lines(self, key: str) -> Iterator[Line]:
        """The lines of the index of a WARC, sorted."""
        path, name, before = self.path(key), PurePosixPath(key).name, ""
        where = self._files.where(cdxj.path_for(key))
        for number, whole in enumerate(_read(path, where), 1):
            try:
                line = _parsed(whole, name)
            except (ValueError, LookupError, TypeError, RecursionError) as error:
                raise Damaged(f"{where} is damaged: line {number} leads to no record of {name}. {_ADVICE}") from error
            if whole < before:
                raise Damaged(f"{where} is damaged: line {number} should come before the line above it. {_ADVICE}")
            before = whole
            yield line


def _read(path: Path, where: str) -> Iterator[str]:
    try:
        yield from cdxj.merge([path])
    except Damaged as error:  # said of the copy that was fetched
        raise Damaged(str(error).replace(str(path), where)) from error


def _made(path: Path, key: str) -> Iterator[str | None]:
    for found in read(path):
        if isinstance(found, Fault):
            raise Damaged(f"{key} is damaged at byte {found.offset}: {found.detail}. {_ADVICE}")
        yield cdxj.of_record(found, PurePosixPath(key).name)


def _parsed(whole: str, filename: str) -> Line:
    """An index line. Raises ValueError, LookupError, TypeError, RecursionError when it is none of that file."""
    surt, ts, rest = whole.split(" ", 2)
    facts = json.loads(rest)
    offset, length, url = int(facts["offset"]), int(facts["length"]), str(facts["url"])
    url.encode()  # JSON can name what is no character
    datetime.fromisoformat(iso(ts))
    if facts["filename"] != filename or not 0 <= offset < offset + length < _MAX_OFFSET or not whole.endswith("\n"):
        raise ValueError
    return Line(f"{surt} {ts}", ts, url, facts.get("mime") == "warc/revisit", offset, length, whole)


def iso(ts: str) -> str:
    """RFC 3339, from a timestamp."""
    return f"{day(ts)}T{ts[8:10]}:{ts[10:12]}:{ts[12:]}Z"


def day(ts: str) -> str:
    """YYYY-MM-DD, from a timestamp."""
    return f"{ts[:4]}-{ts[4:6]}-{ts[6:8]}"
