"""Where finished files go, whatever holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from archive.errors import ArgumentError
from archive.local import LocalStorage


class Storage(Protocol):
    """Complete, immutable files under slash-separated keys."""

    def publish(self, path: Path, key: str) -> None:
        """Move a complete local file to `key`. Durable on return; never overwrites another file.

        Raises StorageError.
        """

    def exists(self, key: str) -> bool:
        """Is there a file under `key`?"""

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Bytes of a file. Raises StorageError."""

    def where(self, key: str) -> str:
        """What a person types to get at the file."""


def archive_path(uri: str) -> Path:
    """The folder that an ARCHIVE_URI names: a path or `file:`. Raises ArgumentError for anything else."""
    parts = urlsplit(uri)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return Path(unquote(parts.path))
    if parts.scheme and "://" in uri:
        raise ArgumentError(
            f"ARCHIVE_URI={uri} is not supported: this version keeps archives on disk only. "
            "Give a path (data) or a file: address (file:///srv/archive)."
        )
    try:
        return Path(uri).expanduser()
    except RuntimeError as error:
        raise ArgumentError(f"ARCHIVE_URI={uri}: {error}") from error


def open_storage(uri: str) -> Storage:
    """The storage that ARCHIVE_URI names. Raises ArgumentError, StorageError."""
    return LocalStorage(archive_path(uri))
