"""The files of an archive, for those who go through all of them: the same on disk and in a bucket."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Protocol

from archive import cdxj
from archive.errors import StorageError
from archive.state import Places
from archive.storage import Storage, archive_path, bucket_uri, open_storage, state_folder, state_of

Unread = OSError | StorageError
"""Why something cannot be read."""


def refuse(error: Unread) -> None:
    """What cannot be read must not be passed over."""
    raise error


class Files(Protocol):
    """Files by key. Every method raises OSError or StorageError where one cannot be read."""

    name: str
    """What a person calls the archive: its folder, or `s3://bucket/prefix`."""
    is_here: bool
    """Do the files lie on this disk, so that to look at one costs nothing?"""

    def keys(self, folder: str, *suffixes: str, refused: Callable[[Unread], None] = refuse) -> Iterator[str]:
        """Keys under a folder that end so, sorted; none without such a folder.

        `refused` is told of everything that cannot be looked at, and may raise the error.
        """

    def held(self, key: str) -> AbstractContextManager[Path]:
        """The whole file on this disk, for as long as the context lasts."""

    def warc(self, key: str) -> AbstractContextManager[Path]:
        """The same of a WARC under its own name, with its index beside it if there is one."""

    def exists(self, key: str) -> bool:
        """Is there a file under `key`?"""

    def size(self, key: str) -> int:
        """Bytes of a file."""

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Some bytes of a file; fewer where it ends."""

    def where(self, key: str) -> str:
        """What a person types to get at the file."""

    def add(self, path: Path, key: str) -> None:
        """Keep a new file that was made beside one that is held. Raises StorageError."""

    def settle(self, patience: float, tick: Callable[[], None]) -> list[str]:
        """Wait until what was added is where it belongs; the keys that are not. See `Storage.drain`."""

    def close(self) -> None:
        """Let go of the archive."""


def files_of(uri: str, state_dir: str | None) -> Files:
    """The files of the archive that ARCHIVE_URI names. Raises ArgumentError, StorageError when it will not have us."""
    bucket = bucket_uri(uri)
    if bucket is None:
        return OnDisk(archive_path(uri))
    if Places(folder=state_folder(uri, state_dir)).marker.exists():  # what waits there must be of this archive
        state_of(uri, state_dir)
    with ExitStack() as failed:
        storage = open_storage(uri, state_dir)
        failed.callback(storage.close)
        storage.check()
        failed.pop_all()
    return InBucket(bucket, storage)


def is_begun(files: Files) -> bool:
    """Has a job brought anything there? Raises OSError, StorageError."""
    return any(next(files.keys(folder), None) for folder in ("jobs", "articles", "warc"))


class OnDisk:
    """The files under a folder, links followed."""

    is_here = True

    def __init__(self, root: Path) -> None:
        self.name = str(root)
        self._root = root

    def keys(self, folder: str, *suffixes: str, refused: Callable[[Unread], None] = refuse) -> Iterator[str]:
        for path in files_in(self._root / folder, *suffixes, refused=refused):
            yield path.relative_to(self._root).as_posix()

    @contextmanager
    def held(self, key: str) -> Iterator[Path]:
        yield self._root / key

    warc = held

    def exists(self, key: str) -> bool:
        with suppress(ValueError):  # a name that no file can have
            return (self._root / key).is_file()
        return False

    def size(self, key: str) -> int:
        return (self._root / key).stat().st_size

    def read(self, key: str, offset: int, length: int) -> bytes:
        with (self._root / key).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def where(self, key: str) -> str:
        return str(self._root / key)

    def add(self, path: Path, key: str) -> None:
        """It is where it belongs."""

    def settle(self, patience: float, tick: Callable[[], None]) -> list[str]:  # noqa: ARG002
        return []

    def close(self) -> None:
        pass


class InBucket:
    """The files of a bucket, and those that wait on this machine to be uploaded. One at a time is on this disk."""

    is_here = False

    def __init__(self, name: str, storage: Storage) -> None:
        self.name = name
        self._storage = storage
        self.exists, self.size, self.where = storage.exists, storage.size, storage.where
        self.read = storage.read
        self.add, self.settle, self.close = storage.publish, storage.drain, storage.close

    def keys(self, folder: str, *suffixes: str, refused: Callable[[Unread], None] = refuse) -> Iterator[str]:
        try:
            yield from self._storage.keys(folder, *suffixes)
        except StorageError as error:
            refused(error)

    @contextmanager
    def held(self, key: str) -> Iterator[Path]:
        with ExitStack() as opened:
            try:
                path = opened.enter_context(self._storage.held(key))
            except StorageError as error:
                where = self.where(key)
                if where in str(error):
                    raise
                raise type(error)(f"{where} cannot be read. {error}") from error
            yield path

    @contextmanager
    def warc(self, key: str) -> Iterator[Path]:
        index = cdxj.path_for(key)
        with tempfile.TemporaryDirectory(prefix="arsip-") as folder, ExitStack() as held:
            for one in (index, key) if self.exists(index) else (key,):
                path = Path(folder) / PurePosixPath(one).name
                path.symlink_to(held.enter_context(self.held(one)).absolute())
            yield path


def files_in(folder: Path, *suffixes: str, refused: Callable[[OSError], None] = refuse) -> list[Path]:
    """Regular files under a folder, links followed, whose names end so; none without such a folder.

    `refused` is told of every folder and file that cannot be looked at, and may raise the error.
    """

    def wrong(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError) or error.filename != str(folder):
            refused(error)

    found: list[Path] = []
    entered: set[Path] = set()
    for base, folders, names in os.walk(folder, onerror=wrong, followlinks=True):
        if (real := Path(base).resolve()) in entered:  # a link that leads back
            folders.clear()
            continue
        entered.add(real)
        for path in (Path(base, name) for name in names if name.endswith(suffixes or "")):
            try:
                found += [path] if path.is_file() else []
            except OSError as error:
                refused(error)
    return sorted(found)
