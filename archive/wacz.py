"""WACZ 1.1.1: an outlet and a period in one file that replay tools open."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from isal import isal_zlib

from archive.clipping import Clipping
from archive.errors import ArgumentError, Damaged, StorageError
from archive.excerpt import Content, Excerpt
from archive.files import Files
from archive.indexes import day, iso
from archive.local import fsync_folder

WACZ_VERSION = "1.1.1"
LINES_A_BLOCK = 1024
"""Index lines in one gzip member of index.cdx.gz, as py-wacz has it."""

_PIECE = 1 << 20
_SLICE = 1 << 15
"""Bytes that are inflated at once; they unfold to a thousand times as many at most."""
_RESERVED = 0xE0
"""Flags of a gzip member that nobody may set (RFC 1952, section 2.3.1.2). ISA-L lets them pass, other readers stop."""
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
    files: Files,
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
    with _explained(output):
        if output:
            _check_free(output)
        with Excerpt(files, outlet, since, until) as excerpt:
            first = f"{since:%Y%m%d}" if since else excerpt.earliest[:8]
            last = f"{until:%Y%m%d}" if until else excerpt.latest[:8]
            output = output or Path(f"{outlet}-{first}-{last}.wacz")
            period = day(first) if first == last else f"{day(first)} to {day(last)}"
            return _make(output, excerpt, f"{title}, {period}", progress)


def write_article(files: Files, rows: Iterable[Mapping[str, Any]], output: Path) -> Written:
    """Write a WACZ of the captures of one article, whole or not at all; `rows` are its versions. See `Clipping`.

    Raises ArgumentError, StorageError.
    """
    with _explained(output), Clipping(files, rows) as clipping:
        *_, last = clipping.pages()
        return _make(output, clipping, last.title or last.url, None)


@contextmanager
def _explained(output: Path | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        named = error.filename or output
        raise StorageError(f"{f'{named}: ' if named else ''}{error.strerror or error}. No file was written.") from error
    except sqlite3.Error as error:
        raise StorageError(f"The temporary database in {tempfile.gettempdir()} failed: {error}.") from error


def _make(output: Path, content: Content, title: str, progress: Callable[[int, int], None] | None) -> Written:
    _check_free(output)
    part = output.with_name(f"{output.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            _write(file, content, title, progress)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        _publish(part, output)
    finally:
        part.unlink(missing_ok=True)
    return Written(output, content.articles, content.captures, content.missing, size)


def _check_free(output: Path) -> None:
    """Raises ArgumentError when no file can be made there, OSError."""
    if not output.parent.is_dir():
        raise ArgumentError(f"There is no folder {output.parent}; make it, or name another file with --output.")
    if output.is_dir():
        raise ArgumentError(f"{output} is a folder; name a file in it with --output.")
    if output.exists():
        raise ArgumentError(f"{output} exists already; remove it, or name another file with --output.")


def _publish(part: Path, output: Path) -> None:
    """Give a file its name, durably; never that of a file that was made meanwhile. Raises ArgumentError, OSError."""
    try:
        try:
            os.link(part, output)
        except FileExistsError:
            raise
        except OSError:  # a disk without hard links
            output.open("xb").close()
            part.replace(output)
    except FileExistsError as error:
        raise ArgumentError(f"{output} was made meanwhile; name another file with --output.") from error
    try:
        fsync_folder(output.absolute().parent)
    except BaseException:
        output.unlink()  # whoever is told that there is no file must not find one
        raise


def _write(file: IO[bytes], content: Content, title: str, progress: Callable[[int, int], None] | None) -> None:
    with ZipFile(file, "w") as zipped, tempfile.TemporaryFile() as blocks:
        package = _Package(zipped, content.latest)
        done, everything = 0, sum(map(content.size, content.warcs))
        for key in content.warcs:
            if progress:
                progress(done, everything)
            with content.path(key).open("rb") as warc:
                checked = _Members(key, content.places(key)).passed(_pieces(warc))
                done += package.add(f"archive/{Path(key).name}", checked, ZIP_STORED)
            content.let_go(key)
        if progress:
            progress(done, everything)
        package.add("indexes/index.cdx.gz", _compressed(content.lines(), blocks), ZIP_STORED)
        blocks.seek(0)
        package.add("indexes/index.idx", _pieces(blocks))
        package.add("pages/pages.jsonl", _page_lines(content))
        package.describe(title)


class _Members:
    """The gzip members of a WARC, inflated while its bytes pass: the only moment at which all of them are read anyway.

    Each must be whole and begin a record, and whatever the index names must be one of them. Raises Damaged.
    """

    def __init__(self, key: str, places: Iterator[tuple[int, int]]) -> None:
        """`places` are offset and length of the records that the index names, in the order of the file."""
        self._key = key
        self._places = places
        self._place = next(places, None)
        self._begin = self._position = 0
        self._next()

    def passed(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, each after it was looked at."""
        for piece in pieces:
            view, done = memoryview(piece), 0
            while done < len(piece):
                done += self._inflate(view[done : done + _SLICE])
            yield piece
        if self._position > self._begin:
            raise self._damaged(self._begin, "the file ends within a gzip member")
        if self._place:
            raise self._damaged(self._place[0], "the file ends before a record that its index names")

    def _next(self) -> None:
        self._inflater = isal_zlib.decompressobj(31)
        self._head = self._plain = b""

    def _inflate(self, data: memoryview) -> int:
        """Inflate what belongs to the member; how many bytes that were."""
        if len(self._head) < 4:
            self._head += data[: 4 - len(self._head)]
        try:
            plain = self._inflater.decompress(data)
        except isal_zlib.error as error:  # type: ignore[misc]  # a class, whatever its stub says
            raise self._damaged(self._begin, "no whole gzip member begins there") from error
        if len(self._plain) < 5:
            self._plain += plain[:5]
        taken = len(data) - len(self._inflater.unused_data)
        self._position += taken
        if self._inflater.eof:
            self._end()
        return taken

    def _end(self) -> None:
        if self._head[3] & _RESERVED or not self._plain.upper().startswith(b"WARC/"):
            raise self._damaged(self._begin, "the gzip member that begins there holds no record")
        while self._place and self._place[0] < self._position:
            if self._place != (self._begin, self._position - self._begin):
                raise self._damaged(self._place[0], "no record begins and ends where its index says")
            self._place = next(self._places, None)
        self._begin = self._position
        self._next()

    def _damaged(self, offset: int, detail: str) -> Damaged:
        return Damaged(f"{self._key} is damaged at byte {offset}: {detail}. scrapy verify tells more.")


class _Package:
    """The entries of a WACZ, and what datapackage.json says of them."""

    def __init__(self, zipped: ZipFile, latest: str) -> None:
        self._zip = zipped
        self._created = iso(latest)
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


def _page_lines(content: Content) -> Iterator[bytes]:
    """pages.jsonl: a header, and one line an article."""
    yield b'{"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": true}\n'
    for page in content.pages():
        fields = {**page._asdict(), "title": page.title or page.url, "ts": iso(page.ts)}
        yield json.dumps(fields).encode() + b"\n"
