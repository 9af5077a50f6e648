"""The outbox: finished files on their way to a bucket, each under its key. What lies here is pending."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from archive.layout import rank
from archive.local import LocalStorage, locked_folder


class Outbox:
    """One folder, shared by the jobs of a machine. It may not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = LocalStorage(folder)

    def add(self, path: Path, key: str) -> None:
        """Move a complete file in, durably. Another content under the key is refused. Raises StorageError."""
        self._files.check()
        with locked_folder(self.folder, fcntl.LOCK_SH):
            self._files.publish(path, key)

    def find(self, key: str) -> Path | None:
        """Where a file waits, if it does. It may leave at any moment: see `hold`."""
        path = self.folder / key
        return path if path.is_file() else None

    def open(self, key: str) -> IO[bytes] | None:
        """A file that waits, open: its bytes stay, wherever it goes meanwhile. Raises OSError."""
        try:
            return (self.folder / key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def hold(self, file: IO[bytes], key: str, *, alone: bool) -> bool:
        """Keep a file from leaving while it is open; False when another has it, or it left.

        Those who read hold it together, whoever uploads it holds it `alone`, in whatever process.
        """
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            return os.path.samestat(os.fstat(file.fileno()), (self.folder / key).stat())
        except (BlockingIOError, FileNotFoundError):
            return False

    def waiting(self) -> list[str]:
        """Keys of all that waits, in the order in which it may go.

        What goes last is looked for first: whoever finds a row finds its WARC too, unless that is uploaded. Raises
        StorageError.
        """
        tops = [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else []
        found: list[str] = []
        for top in sorted(tops, key=rank, reverse=True):
            found += [top] if (self.folder / top).is_file() else self._files.keys(top)
        return sorted((key for key in found if not key.endswith(".part")), key=lambda key: (rank(key), key))

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Key and bytes of each file that waits."""
        for key in self.waiting():
            with suppress(FileNotFoundError):  # it was just uploaded
                yield key, os.stat(f"{self.folder}/{key}").st_size  # noqa: PTH116 - there may be many

    def remove(self, key: str) -> None:
        """Let go of a file that was uploaded, and of the folders that are empty now. Raises OSError."""
        path = self.folder / key
        with locked_folder(self.folder):  # nobody makes those folders meanwhile
            path.unlink(missing_ok=True)
            with suppress(OSError):  # not empty
                for parent in path.parents:
                    if parent == self.folder:
                        break
                    parent.rmdir()
