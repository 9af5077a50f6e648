"""The state folder: what one machine holds of an archive, and the version of how it lies there."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive import layout
from archive.errors import StorageError
from archive.local import locked_folder, make_folder, write_file

VERSION = 2
"""How a state folder is laid out. 1, which had no `state.json`, knew no leases and no uploads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What lies where in a state folder, which need not be there yet."""

    folder: Path

    @property
    def marker(self) -> Path:
        """What the folder says of itself."""
        return self.folder / "state.json"

    @property
    def spools(self) -> Path:
        """Files that jobs are writing, or were writing when they were killed: `OUTLET/JOB/KEY`."""
        return self.folder / "spool"

    @property
    def outbox(self) -> Path:
        """Finished files on their way to a bucket, each under its key."""
        return self.folder / "outbox"

    @property
    def uploads(self) -> Path:
        """The upload ledger."""
        return self.folder / "uploads.sqlite3"

    @property
    def catalog(self) -> Path:
        """The embedded catalog."""
        return self.folder / "catalog.sqlite3"

    @property
    def search(self) -> Path:
        """The search index of `scrapy serve`, which is made from the rows of the archive."""
        return self.folder / "search.sqlite3"


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Places):
    """One folder of one machine: spool, files to be uploaded, and the embedded catalog."""

    machine: str
    """Who holds a lease: the name of the machine and a token of this folder. Whoever has the folder's lock of an outlet
    knows that a lease under this name is nobody's any more."""


def open_state(folder: Path, archive: str | None) -> State:
    """Open a state folder, or begin one. `archive` is what it belongs to; None when it lies in its archive.

    Raises StorageError for a folder of a newer version and for one of another archive, OSError.
    """
    make_folder(folder)
    path = Places(folder=folder).marker
    with locked_folder(folder):  # several jobs may begin at once
        if path.exists():
            found = _read(path)
        else:
            # Of version 1, if there is anything: only the catalog differs, and that knows its own version.
            machine = f"{layout.host_name()}-{secrets.token_hex(4)}"
            found = {"version": VERSION, "machine": machine, "archive": archive}
            write_file(path, (json.dumps(found, indent=2) + "\n").encode())
    if found["archive"] != archive:
        raise StorageError(
            f"The state folder {folder} belongs to {found['archive'] or 'the archive that it lies in'}: give "
            f"{archive or 'this archive'} another one with STATE_DIR. If it is the same archive, which has moved, "
            f"write its new address into {path}."
        )
    return State(folder=folder, machine=found["machine"])


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
        version, _, _ = int(found["version"]), str(found["machine"]), found["archive"]
    except (ValueError, LookupError, TypeError) as error:
        raise StorageError(
            f"{path} cannot be read as what it should be: {error!r}. Move it away if the folder is the right one."
        ) from error
    if version > VERSION:
        raise StorageError(
            f"The state folder {path.parent} has version {version}, this program knows {VERSION}: "
            "use the version of arsip-berita that wrote it, or a newer one."
        )
    return dict(found)
