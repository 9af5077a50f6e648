"""Files held against the digests that manifests state: what no other check of their content can see has changed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from archive import manifest
from archive.errors import StorageError
from archive.faults import Fault, Kind, shown
from archive.files import Files, Unread
from archive.layout import outlet_of
from archive.local import sha256
from archive.scratch import Scratch
from archive.takedown import log
from archive.verification.files import limited

MAX_MANIFEST = 64 << 20
"""Bytes of a manifest that are read."""

_TABLES = """
CREATE TABLE files (key BLOB PRIMARY KEY, digest TEXT) WITHOUT ROWID;
CREATE TABLE stated (key BLOB, at TEXT, digest TEXT);
CREATE INDEX by_key ON stated (key);
"""
_DIFFERING = """
SELECT key, digest FROM files WHERE key IN (SELECT key FROM stated) AND digest NOT IN (
    SELECT digest FROM stated WHERE key = files.key AND at = (SELECT max(at) FROM stated WHERE key = files.key)
) ORDER BY key
"""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Sums:
    """Is told of files, then reads the manifests, and says of each file whether it still is what it was.

    A takedown changes files of earlier jobs: of one file the word of the latest job that changed it counts. Every
    method raises StorageError when the temporary file cannot be written.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._scratch = Scratch(_TABLES)
        self._unread: set[str] = set()
        self.takedowns: list[str] = []
        """Keys of the manifests, of those that were read, that speak of a takedown."""
        self._is_listed = True

    def close(self) -> None:
        """Let go of the temporary file."""
        self._scratch.close()

    def add(self, key: str, path: Path) -> None:
        """Tell of a file that is there. Raises OSError."""
        self._scratch.run("INSERT OR REPLACE INTO files VALUES (?, ?)", os.fsencode(key), sha256(path))

    def is_read(self, outlet: str) -> bool:
        """Have all manifests of an outlet been read?"""
        return self._is_listed and outlet not in self._unread

    def read(
        self,
        refused: Callable[[Unread], None],
        also: Callable[[str, dict[str, Any] | None], Iterator[Fault]] = lambda *_: iter(()),
    ) -> Iterator[tuple[str, Fault]]:
        """Read the manifests: every fault of one. `refused` is told what cannot be read.

        `also` finds more faults: of the key and what was read, which is None where it is no JSON object.
        """

        def unlisted(error: Unread) -> None:
            self._is_listed = False
            refused(error)

        for key in self._files.keys("jobs", ".json", refused=unlisted):
            try:
                with self._files.held(key) as path, path.open("rb") as file:
                    data = file.read(MAX_MANIFEST)
                described, wrong = _parsed(data)
                heard = self._hear(key, data, described) if described is not None else ()
                faults = chain(wrong, heard, also(key, described))
                yield from ((key, fault) for fault in limited(faults))
            except (OSError, StorageError) as error:
                self._unread.add(outlet_of(key))
                refused(error)

    def faults(self, refused: Callable[[Unread], None]) -> Iterator[tuple[str, Fault]]:
        """Every file that is not what it was, with its key."""
        for key, digest in list(self._scratch.select(_DIFFERING)):
            name = os.fsdecode(key)
            try:
                if self.is_read(outlet_of(name)) and self._is_still(name, digest):
                    detail = f"it was changed: its SHA-256 is {digest}, which is not what a manifest says"
                    if self._is_being_changed(name):
                        detail = "a takedown is changing it, or was cut short: let it come to its end, and verify again"
                    yield name, Fault(Kind.FILE_DIGEST, 0, detail)
            except (OSError, StorageError) as error:
                refused(error)

    def _is_still(self, key: str, digest: str) -> bool:
        """Is the file there as it was? A takedown, or a rebuild, may be at work."""
        if not self._files.exists(key):
            return False
        with self._files.held(key) as path:
            return sha256(path) == digest

    def _is_being_changed(self, key: str) -> bool:
        return any(key in entry["files"] for entry in log.unfinished(self._files, outlet_of(key)))

    def _hear(self, key: str, data: bytes, described: dict[str, Any]) -> Iterator[Fault]:
        """Note what a manifest says of files. One that was changed is not believed."""
        stated = described.get("sha256", {})
        if "takedown" in described:
            self.takedowns.append(key)
        if not manifest.is_sealed(data):
            yield Fault(Kind.MANIFEST, 0, "it was changed: its own_sha256 is that of other bytes")
        elif not isinstance(stated, dict) or not all(map(_is_digest, stated.values())):
            yield Fault(Kind.MANIFEST, 0, f"sha256 of files cannot be {shown(str(stated))}")
        else:
            files, began = described.get("files"), PurePosixPath(key).name[:14]
            own = set(map(str, files)) if isinstance(files, list) else set()
            # Whoever changes another job's file comes after it, even if the clock of that one's machine was ahead.
            values = (
                (name.encode("utf-8", "replace"), f"{int(name not in own)} {began}", digest)
                for name, digest in stated.items()
            )
            self._scratch.many("INSERT INTO stated VALUES (?, ?, ?)", values)


def _parsed(data: bytes) -> tuple[dict[str, Any] | None, list[Fault]]:
    try:
        found = json.loads(data)
        if isinstance(found, dict):
            return found, []
        problem = "it is no object"
    except (ValueError, RecursionError) as error:
        problem = shown(f"{type(error).__name__}: {error}")
    return None, [Fault(Kind.MANIFEST, 0, f"this is no manifest: {problem}")]


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None
