"""WACZ 1.1.1: an outlet and a period in one file that replay tools open."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from archive.errors import ArgumentError, StorageError
from archive.excerpt import Excerpt, day
from archive.local import fsync_folder

WACZ_VERSION = "1.1.1"
LINES_A_BLOCK = 1024
"""Index lines in one gzip member of index.cdx.gz, as py-wacz has it."""

_PIECE = 1 << 20
_EARLIEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)


class Written(NamedTuple):
    """What a WACZ came to."""

    path: Path
    pages: int
    captures: int
    """Lines of its index: responses and revisits."""
    missing: int
    """Captures that revisits refer to and that the archive does not hold."""
    size: int
    """Bytes of the file."""


def write(
    root: Path,
    outlet: str,
    since: date | None,
    until: date | None,
    *,
    title: str,
    output: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Write a WACZ of what was captured of an outlet from `since` to `until` (UTC, inclusive), whole or not at all.

    Its bytes depend on the archive, the period and the title alone, as long as this program and zlib stay the same.
    `output` is OUTLET-YYYYMMDD-YYYYMMDD.wacz in the current folder by default, and must not exist. `progress` is told,
    before each WARC file and after the last, how many of their bytes are done, and of how many. Raises ArgumentError,
    StorageError.
    """
    try:
        with Excerpt(root, outlet, since, until) as excerpt:
            first = f"{since:%Y%m%d}" if since else excerpt.earliest[:8]
            last = f"{until:%Y%m%d}" if until else excerpt.latest[:8]
            output = output or Path(f"{outlet}-{first}-{last}.wacz")
            if output.exists():
                raise ArgumentError(f"{output} exists already; remove it, or name another file with --output.")
            part = output.with_name(output.name + ".part")
            try:
                with part.open("wb") as file:
                    period = day(first) if first == last else f"{day(first)} to {day(last)}"
                    _write(file, excerpt, f"{title}, {period}", progress)
                    file.flush()
                    os.fsync(file.fileno())
                part.rename(output)
            finally:
                part.unlink(missing_ok=True)
            fsync_folder(output.absolute().parent)
            return Written(output, excerpt.articles, excerpt.captures, excerpt.missing, output.stat().st_size)
    except OSError as error:
        raise StorageError(f"{error.filename or output}: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise StorageError(f"The temporary database in {tempfile.gettempdir()} failed: {error}.") from error


def _write(file: IO[bytes], excerpt: Excerpt, title: str, progress: Callable[[int, int], None] | None) -> None:
    with ZipFile(file, "w") as zipped, tempfile.TemporaryFile() as blocks:
        package = _Package(zipped, excerpt.latest)
        done, everything = 0, sum(excerpt.path(key).stat().st_size for key in excerpt.warcs)
        for key in excerpt.warcs:
            if progress:
                progress(done, everything)
            with excerpt.path(key).open("rb") as warc:
                done += package.add(f"archive/{Path(key).name}", _pieces(warc), ZIP_STORED)
        if progress:
            progress(done, everything)
        package.add("indexes/index.cdx.gz", _compressed(excerpt.lines(), blocks), ZIP_STORED)
        blocks.seek(0)
        package.add("indexes/index.idx", _pieces(blocks))
        package.add("pages/pages.jsonl", _page_lines(excerpt))
        package.describe(title)


class _Package:
    """The entries of a WACZ, and what datapackage.json says of them."""

    def __init__(self, zipped: ZipFile, latest: str) -> None:
        self._zip = zipped
        self._created = _iso(latest)
        self._moment = min(max(datetime.fromisoformat(self._created), _EARLIEST), _LATEST)
        self._resources: list[dict[str, object]] = []

    def add(self, path: str, pieces: Iterable[bytes], method: int = ZIP_DEFLATED) -> int:
        """Write an entry; its bytes before compression."""
        entry = ZipInfo(path, self._moment.timetuple()[:6])
        entry.compress_type = method
        entry.create_system = 3  # Unix, on every system
        entry.external_attr = 0o100644 << 16
        # The time in UTC (Info-ZIP's extra field UT). It must be there: where the central directory has no extra field,
        # wabac.js takes it that the local header has none, and does not find what zipfile wrote with ZIP64.
        entry.extra = struct.pack("<HHBi", 0x5455, 5, 1, int(self._moment.timestamp()))
        digest, size = hashlib.sha256(), 0
        with self._zip.open(entry, "w", force_zip64=True) as target:
            for piece in pieces:
                digest.update(piece)
                size += target.write(piece)
        found = {"name": Path(path).name.lower(), "path": path, "hash": f"sha256:{digest.hexdigest()}", "bytes": size}
        self._resources.append(found)
        return size

    def describe(self, title: str) -> None:
        """Write datapackage.json and the digest of it (WACZ 1.1.1, sections on both files)."""
        package = {
            "profile": "data-package",
            "resources": self._resources.copy(),
            "title": title,
            "created": self._created,
            "wacz_version": WACZ_VERSION,
            "software": f"arsip-berita {version('arsip-berita')}",
        }
        data = json.dumps(package, indent=2).encode()
        self.add("datapackage.json", [data])
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        self.add("datapackage-digest.json", [json.dumps(digest, indent=2).encode()])


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(_PIECE), b"")


def _compressed(lines: Iterator[str], blocks: IO[bytes]) -> Iterator[bytes]:
    """The index in gzip members of some lines each; where each begins goes to `blocks` (ZipNum, index.idx).

    pywb reads no other index from a WACZ, and wabac.js loads of this one only the members that it needs, where it would
    load a plain index.cdxj whole.
    """
    blocks.write(b'!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}\n')
    offset = 0
    while block := "".join(islice(lines, LINES_A_BLOCK)):
        data = zlib.compress(block.encode(), wbits=31)
        first, ts, _ = block.split(" ", 2)
        place = {"offset": offset, "length": len(data), "digest": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        blocks.write(f"{first} {ts} {json.dumps(place)}\n".encode())
        offset += len(data)
        yield data


def _page_lines(excerpt: Excerpt) -> Iterator[bytes]:
    """pages.jsonl: a header, and one line an article."""
    yield b'{"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": true}\n'
    for page in excerpt.pages():
        fields = {**page._asdict(), "title": page.title or page.url, "ts": _iso(page.ts)}
        yield json.dumps(fields).encode() + b"\n"


def _iso(ts: str) -> str:
    """RFC 3339, from 14 digits."""
    return f"{day(ts)}T{ts[8:10]}:{ts[10:12]}:{ts[12:14]}Z"
