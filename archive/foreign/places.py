"""Where archives of others lie: files, folders, buckets; and what is in a WACZ."""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from archive.errors import ArgumentError, ArsipError, StorageError
from archive.s3.bucket import Bucket

WARCS = (".warc", ".warc.gz")
WACZ = ".wacz"
READABLE = (*WARCS, WACZ)
MAX_ENTRIES = 100_000
"""Files in a WACZ; one with more is not read."""
MAX_GROWTH = 200
"""Times its packed size that a WACZ may unfold to: WARC files lie in it as they are, and text shrinks to a tenth."""
_SPARE = 1 << 20
# What zipfile unfolds piece by piece; of the others one piece may be gigabytes.
_PACKINGS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_PIECE = 1 << 20
_ARC = b"filedesc:"
_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"


class NotReadable(ArsipError):
    """A file that is none of what is read here; the message says what can be done about it."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file that may hold WARC records."""

    name: str
    """As a person finds it: a path, or `s3://bucket/key`."""
    size: int
    """Bytes; 0 when it is in a bucket, which says so when it is fetched."""
    bucket: str = ""
    key: str = ""

    @property
    def base(self) -> str:
        """Its name without its folder."""
        # Names of files need not be text.
        return PurePosixPath(self.key or self.name).name.encode("utf-8", "backslashreplace").decode()

    @contextmanager
    def held(self) -> Iterator[Path]:
        """The file on this disk, for as long as the context lasts. Raises OSError, StorageError."""
        if not self.bucket:
            yield Path(self.name)
            return
        with tempfile.TemporaryDirectory(prefix="arsip-") as folder, closing(Bucket(f"s3://{self.bucket}")) as bucket:
            path = Path(folder) / f"file{''.join(PurePosixPath(self.base).suffixes)[-20:]}"  # a key may be no name here
            with path.open("wb") as file:
                bucket.fetch(self.key, file)
            yield path


def sources(names: list[str], refused: Callable[[OSError | StorageError], None]) -> list[Source]:
    """The files that are named, and those in the folders and under the prefixes that are, each once, by their names.

    `refused` is told of what cannot be looked at. Raises ArgumentError where nothing can be meant, StorageError.
    """
    found: dict[str, Source] = {}
    closed: list[OSError | StorageError] = []
    for name in names:
        there = list(_of_bucket(name) if name.lower().startswith("s3:") else _of_disk(name, closed.append))
        if not (there or closed):
            raise ArgumentError(
                f"{name} holds no {', '.join(READABLE[:-1])} or {WACZ} file. Links to folders are not followed: name "
                "the folders themselves."
            )
        found |= {source.name: source for source in there}
    for error in closed:
        refused(error)
    return [found[name] for name in sorted(found)]


def warcs(path: Path, base: str) -> Iterator[tuple[str, Path]]:
    """The WARC files in a file, each with the name that provenance gives it; a WACZ has several, one at a time.

    Raises NotReadable, OSError.
    """
    with path.open("rb") as file:
        start = file.read(64)
    if start.startswith(_ZIP):
        yield from _of_wacz(path, base)
        return
    if start.startswith(_GZIP):
        start = _unfolded(start)
    if start.startswith(_ARC) or base.lower().endswith((".arc", ".arc.gz")):
        raise NotReadable(
            "this is an ARC file, the format before WARC: warcio recompress OLD.arc.gz NEW.warc.gz makes one of it"
        )
    if not start[:5].upper() == b"WARC/" and not base.lower().endswith(WARCS):
        raise NotReadable(
            "no WARC file begins so, and no WACZ; one that is packed otherwise than with gzip must be unpacked first"
        )
    yield base, path


def _of_disk(name: str, refused: Callable[[OSError | StorageError], None]) -> Iterator[Source]:
    if "://" in name and not name.startswith("file:"):
        raise ArgumentError(f"{name} is neither a file, a folder nor s3://BUCKET/KEY: download it first.")
    try:
        path = Path(unquote(urlsplit(name).path) if name.startswith("file:") else name).expanduser()
        is_there, is_regular = bool(name) and path.exists(), path.is_dir() or path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # a name that no file can have, or nobody's home
        raise ArgumentError(f"{name} cannot be looked at: {getattr(error, 'strerror', None) or error}.") from error
    if not is_there:
        raise ArgumentError(f"There is no file or folder {name or '(no name)'}.")
    if not is_regular:  # a pipe or a device may never end
        raise ArgumentError(f"{name} is neither a file nor a folder: write what it gives into a file first.")
    for one in _in_folder(path, refused) if path.is_dir() else [path]:
        try:
            if one.is_file():
                yield Source(str(one), one.stat().st_size)
        except OSError as error:
            refused(error)


def _in_folder(folder: Path, refused: Callable[[OSError | StorageError], None]) -> Iterator[Path]:
    """What has the right name in a folder and below; of links only those to files, for a folder may lead anywhere."""
    for base, _, names in os.walk(folder, onerror=refused):
        yield from (Path(base, name) for name in names if name.endswith(READABLE))


def _of_bucket(name: str) -> Iterator[Source]:
    parts = urlsplit(name)
    if not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
        raise ArgumentError(f"{name} names no file of a bucket: write s3://BUCKET/KEY or s3://BUCKET/PREFIX.")
    wanted = parts.path.lstrip("/")
    with closing(Bucket(f"s3://{parts.netloc}")) as bucket:
        for key in bucket.keys(wanted):
            # A prefix ends where a name does: crawl/2026 is not crawl/2026-old.
            inside = not wanted or wanted.endswith("/") or key == wanted or key.startswith(f"{wanted}/")
            if inside and (key.endswith(READABLE) or (key == wanted and not key.endswith("/"))):
                yield Source(f"s3://{parts.netloc}/{key}", 0, parts.netloc, key)


def _of_wacz(path: Path, base: str) -> Iterator[tuple[str, Path]]:
    try:
        with zipfile.ZipFile(path) as opened, tempfile.TemporaryDirectory(prefix="arsip-") as folder:
            entries = opened.infolist()
            if len(entries) > MAX_ENTRIES:
                raise NotReadable(f"the WACZ has more than {MAX_ENTRIES} files")
            room = MAX_GROWTH * path.stat().st_size + _SPARE
            wanted = [entry for entry in entries if entry.filename.lower().endswith(WARCS) and not entry.is_dir()]
            if not wanted:
                raise NotReadable("no WARC file is in it: this is no WACZ")
            if any(entry.compress_type not in _PACKINGS for entry in wanted):
                raise NotReadable("the WACZ is packed otherwise than with deflate: unpack it, and name the WARC files")
            for number, entry in enumerate(sorted(wanted, key=lambda entry: entry.filename)):
                suffix = ".warc.gz" if entry.filename.lower().endswith(".gz") else ".warc"
                copy = Path(folder) / f"{number}{suffix}"
                room -= _copy(opened, entry, copy, room)
                yield f"{base}/{entry.filename}", copy
                copy.unlink()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise NotReadable(f"the WACZ cannot be read: {error}") from error


def _copy(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, copy: Path, room: int) -> int:
    """Unpack one entry; its bytes, which are counted and not believed."""
    size = 0
    with opened.open(entry) as packed, copy.open("wb") as plain:
        while piece := packed.read(_PIECE):
            size += len(piece)
            if size > room:
                raise NotReadable(f"the WACZ unfolds to more than {MAX_GROWTH} times its size")
            plain.write(piece)
    return size


def _unfolded(start: bytes) -> bytes:
    """What a gzip file begins with; as it is when that does not unfold."""
    try:
        return zlib.decompressobj(31).decompress(start, len(_ARC)) or start
    except zlib.error:
        return start
