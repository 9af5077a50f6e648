"""An archive in a folder on this machine."""

from __future__ import annotations

import errno
import fcntl
import filecmp
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import StorageError
from archive.model import Pending


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a renamed file is not, until its folder is synced."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked_folder(folder: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Have a folder alone, or with others (`LOCK_SH`), among the processes that ask. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, durably."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for created in missing:
        fsync_folder(created.parent)


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: under another name first."""
    make_folder(path.parent)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    fsync_folder(path.parent)


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class LocalStorage:
    """Files under one root folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def check(self) -> None:
        try:
            make_folder(self.root)
        except OSError as error:
            raise StorageError(
                f"The archive {self.root} cannot be written: {error.strerror}. Is its disk mounted, and may you write "
                "there? ARCHIVE_URI names another place."
            ) from error

    def publish(self, path: Path, key: str) -> None:
        self.publish_all([(path, key)])

    def publish_all(self, files: Iterable[tuple[Path, str]]) -> None:
        folders: set[Path] = set()
        target = self.root
        try:
            for path, key in files:
                target = self.root / key
                if target.parent not in folders:
                    make_folder(target.parent)
                if target.exists():
                    self._accept_twin(path, target)
                else:
                    self._move(path, target)
                    folders.add(target.parent)
            for target in folders:
                fsync_folder(target)
        except OSError as error:
            raise StorageError(f"{target} cannot be written: {error.strerror}.") from error

    def replace(self, path: Path, key: str, expected: str) -> None:
        target = self.root / key
        with _reading(target):
            there, ours = sha256(target), sha256(path)
        if there not in {expected, ours}:
            raise StorageError(f"{target} was changed meanwhile; nothing was overwritten. Start again.")
        try:
            with path.open("rb") as file:
                os.fsync(file.fileno())
            self._move(path, target)
            fsync_folder(target.parent)
        except OSError as error:
            raise StorageError(f"{target} cannot be written: {error.strerror}.") from error

    def remove(self, key: str, *, versions: bool = False) -> None:  # noqa: ARG002 - a disk keeps none
        path = self.root / key
        try:
            path.unlink()
            fsync_folder(path.parent)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise StorageError(f"{path} cannot be removed: {error.strerror}.") from error

    def purge(self, prefix: str) -> None:
        pass

    def exists(self, key: str) -> bool:
        return (self.root / key).exists()

    def size(self, key: str) -> int:
        with _reading(self.root / key):
            return (self.root / key).stat().st_size

    def read(self, key: str, offset: int, length: int) -> bytes:
        with _reading(self.root / key), (self.root / key).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def keys(self, folder: str, *suffixes: str) -> Iterator[str]:
        found, root = [], os.path.join(self.root, "")  # noqa: PTH118
        with _reading(self.root / folder):
            for base, _, names in os.walk(self.root / folder, onerror=_refuse, followlinks=True):
                found += [os.path.join(base, name).removeprefix(root) for name in names]  # noqa: PTH118 - there may be many
        return iter(sorted(key for key in found if key.endswith(suffixes or "")))

    @contextmanager
    def held(self, key: str) -> Iterator[Path]:
        yield self.root / key

    def where(self, key: str) -> str:
        path = self.root / key
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    def pending(self) -> Pending:
        return Pending()

    def drain(self, patience: float, tick: Callable[[], None] = lambda: None) -> list[str]:  # noqa: ARG002
        return []

    def close(self) -> None:
        pass

    @staticmethod
    def _accept_twin(path: Path, target: Path) -> None:
        # A job that was killed while it published leaves both; another content under one key is a fault.
        if not filecmp.cmp(path, target, shallow=False):
            raise StorageError(f"{target} exists already with another content; nothing was overwritten.")
        fsync_folder(target.parent)  # it may not have lived to do that
        path.unlink()

    @staticmethod
    def _move(path: Path, target: Path) -> None:
        try:
            path.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:  # STATE_DIR may be on another disk
                raise
            part = target.with_name(target.name + ".part")
            with path.open("rb") as source, part.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
            part.rename(target)
            fsync_folder(target.parent)
            path.unlink()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{error.filename or path} cannot be read: {error.strerror or error}.") from error


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # nothing was put into that folder yet
        raise error
