"""The search index packed anew: what was taken out of it is not in its file any more either."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from archive.errors import StorageError
from archive.files import Files
from archive.search import tables
from archive.search.index import SearchIndex

_BUSY_SECONDS = 60.0


def pack(path: Path, files: Files, complain: Callable[[str], None]) -> None:
    """Have an index know what the archive holds now, and nothing else; nothing is done where there is none.

    A database keeps what was deleted until its pages are used again. Raises StorageError, OSError.
    """
    if not path.exists():
        return
    with closing(SearchIndex(path)) as index:
        index.refresh(files, lambda _, __: None, complain)
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
            tables.teach(database)
            database.execute("INSERT INTO found (found) VALUES ('optimize')")
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be packed ({error}): stop scrapy serve, and remove the file.") from error
