"""Where a dataset is built before it is put into the archive: a folder of its own, of which nothing stays."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import LeaseHeld
from archive.local import locked_folder, make_folder

FOLDER = "datasets"
"""Its name in the state folder."""


@contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """A folder to build in. What one who was killed left there is removed. Raises LeaseHeld, OSError."""
    make_folder(folder)
    try:
        with locked_folder(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _empty(folder)
            try:
                yield folder
            finally:
                _empty(folder)
    except BlockingIOError as error:
        raise LeaseHeld(f"Another dataset is being made in {folder}: wait for it or stop it.") from error


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
