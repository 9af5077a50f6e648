"""The upload ledger: how far the files of the outbox have come, and which were uploaded when, with which checksum.

The outbox itself is the truth of what is pending. A ledger that is lost costs the resumption of multipart uploads.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from archive.layout import timestamp14
from archive.local import locked_folder, make_folder
from archive.s3.digests import Digests

logger = logging.getLogger(__name__)

T = TypeVar("T")
VERSION = 1
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS uploads (
  key TEXT PRIMARY KEY,       -- in the archive
  state TEXT NOT NULL,        -- pending or uploaded
  at TEXT NOT NULL,           -- of the last progress, UTC
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,       -- of the whole file, hexadecimal
  part_size INTEGER NOT NULL,
  upload_id TEXT,             -- of the multipart upload that goes on
  error TEXT                  -- why the last attempt failed
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uploads_state ON uploads (state, at);
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """One line of the ledger."""

    state: str
    size: int
    sha256: str
    part_size: int
    upload_id: str | None
    error: str | None

    def is_of(self, digests: Digests) -> bool:
        """Was it the same content?"""
        return (self.size, self.sha256) == (digests.size, digests.sha256)


class Uploads:
    """One SQLite file, shared by the jobs of a machine. Safe for threads.

    Nothing here is worth stopping an upload for: what the disk refuses is said once, and a file that is no ledger any
    more is set aside.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._open: sqlite3.Connection | None = None
        self._said = False

    def find(self, key: str) -> Upload | None:
        """What is known of a file."""
        asked = "SELECT state, size, sha256, part_size, upload_id, error FROM uploads WHERE key = ?"
        row = self._do(lambda base: base.execute(asked, (key,)).fetchone())
        return Upload(*row) if row else None

    def begin(self, key: str, digests: Digests, upload_id: str | None = None) -> None:
        """A file is about to be sent."""
        self._put(key, "pending", digests, upload_id)

    def moved(self, key: str) -> None:
        """A part of a file got through."""
        self._do(lambda base: base.execute("UPDATE uploads SET at = ? WHERE key = ?", (_now(), key)))

    def failed(self, key: str, sentence: str) -> None:
        """An attempt came to nothing."""
        self._do(lambda base: base.execute("UPDATE uploads SET error = ? WHERE key = ?", (sentence, key)))

    def done(self, key: str, digests: Digests) -> None:
        """A file is in the bucket, and was compared."""
        self._put(key, "uploaded", digests, None)

    def forget(self, key: str) -> None:
        """A file is no longer in the bucket."""
        self._do(lambda base: base.execute("DELETE FROM uploads WHERE key = ?", (key,)))

    def latest(self) -> str:
        """When an upload that goes on last made progress, in whatever process."""
        row = self._do(lambda base: base.execute("SELECT max(at) FROM uploads WHERE state = 'pending'").fetchone())
        return str(row[0]) if row else ""

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._open:
                self._open.close()
                self._open = None

    def _put(self, key: str, state: str, digests: Digests, upload_id: str | None) -> None:
        row = (key, state, _now(), digests.size, digests.sha256, digests.part_size, upload_id)
        self._do(lambda base: base.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row))

    def _do(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        with self._lock:
            for _ in range(2):
                try:
                    self._open = self._open or _connect(self._path)
                    return act(self._open)
                except (sqlite3.OperationalError, OSError) as error:
                    self._say(error)
                    return None
                except sqlite3.DatabaseError as error:
                    self.close()
                    with suppress(OSError):
                        _set_aside(self._path, error)
            return None

    def _say(self, error: Exception) -> None:
        if not self._said:
            self._said = True
            logger.warning("The upload ledger %s cannot be used: %s. Uploads go on without it.", self._path, error)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _connect(path: Path) -> sqlite3.Connection:
    make_folder(path.parent)
    base = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        base.execute("PRAGMA synchronous = NORMAL")  # what a power failure takes is found out again by looking
        _prepare(base, base.execute("PRAGMA user_version").fetchone()[0])
    except BaseException:
        base.close()
        raise
    return base


def _prepare(base: sqlite3.Connection, version: int) -> None:
    if version > VERSION:
        raise sqlite3.OperationalError(f"it has version {version}, and this program knows {VERSION}")
    if version < VERSION:
        base.execute("PRAGMA journal_mode = WAL")
        base.executescript(_SCHEMA)


def _set_aside(path: Path, error: Exception) -> None:
    """Rename a file that is no ledger, unless another process has done so. Raises OSError."""
    with locked_folder(path.parent):
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path, timeout=30)) as base:
            try:
                if base.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                    return
            except sqlite3.DatabaseError:
                pass
        aside = path.with_name(f"{path.name}.damaged-{timestamp14(datetime.now(UTC))}")
        path.rename(aside)
        for rest in ("-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
        logger.warning("The upload ledger was damaged (%s) and is set aside as %s; a new one is begun.", error, aside)
