"""Where finished files go, whatever holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from archive.errors import ArgumentError
from archive.local import LocalStorage
from archive.model import Pending
from archive.state import State, open_state


class Storage(Protocol):
    """Complete files under slash-separated keys. Only a takedown changes one. May be used from several threads."""

    def check(self) -> None:
        """Is the storage there, and are we welcome? Raises StorageRefused, StorageUnreachable, StorageError."""

    def publish(self, path: Path, key: str) -> None:
        """Move a complete local file to `key`, at once or in the background. Never overwrites another file.

        Durable on return, on this machine at least. Raises StorageError.
        """

    def publish_all(self, files: Iterable[tuple[Path, str]]) -> None:
        """`publish` many, of which none is the word that the others are there: for ten thousand it takes far less time.

        They are moved as they come, and durable on return.
        """

    def replace(self, path: Path, key: str, expected: str) -> None:
        """Put a complete local file in the place of what is under `key`, whole or not at all; `path` is gone then.

        `expected` is the SHA-256, hexadecimal, of what it was made from: anything else is not overwritten. Of what was
        there nothing is kept (see `purge`). When the new content is there already, that is all. Raises StorageError.
        """

    def remove(self, key: str, *, versions: bool = False) -> None:
        """Take a file away; one that is not there is no error.

        A bucket with versions keeps it all the same; with `versions` not even that. Raises StorageError.
        """

    def purge(self, prefix: str) -> None:
        """Delete what a bucket with versions keeps of former contents of the files whose keys begin so.

        Raises StorageError.
        """

    def exists(self, key: str) -> bool:
        """Is there a file under `key`? Raises StorageError."""

    def size(self, key: str) -> int:
        """Bytes of a file. Raises StorageError."""

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Bytes of a file. Raises StorageError."""

    def keys(self, folder: str, *suffixes: str) -> Iterator[str]:
        """Keys under a folder that end so, sorted; all of them without suffixes. Raises StorageError."""

    def held(self, key: str) -> AbstractContextManager[Path]:
        """The whole file on this disk, for as long as the context lasts. Raises StorageError."""

    def where(self, key: str) -> str:
        """What a person types to get at the file."""

    def pending(self) -> Pending:
        """What was published and is on this machine only."""

    def drain(self, patience: float, tick: Callable[[], None] = lambda: None) -> list[str]:
        """Wait until nothing waits any more, or for `patience` seconds without progress; keys that are left, sorted.

        `tick` is called about once a second.
        """

    def close(self) -> None:
        """Stop what runs in the background; what waits goes on waiting."""


def bucket_uri(uri: str) -> str | None:
    """The address of a bucket without a slash at its end; None for an archive on disk. Raises ArgumentError."""
    parts = _parts(uri)
    if parts.scheme != "s3":
        return None
    if "@" in parts.netloc:
        raise ArgumentError(
            f"ARCHIVE_URI={_public(uri, parts)} has a user in it: write s3://BUCKET or s3://BUCKET/PREFIX, and give "
            "the credentials as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    # Dots in the path of a request are resolved on its way, and what was a prefix would be another bucket.
    is_odd = "//" in parts.path or {".", ".."} & {*parts.path.split("/")}
    if not parts.netloc or parts.query or parts.fragment or is_odd:
        raise ArgumentError(
            f"ARCHIVE_URI={_public(uri, parts)} names no bucket: write s3://BUCKET or s3://BUCKET/PREFIX."
        )
    return f"s3://{parts.netloc}{parts.path.rstrip('/')}"


def archive_path(uri: str) -> Path:
    """The folder that an ARCHIVE_URI names: a path or `file:`. Raises ArgumentError for anything else."""
    parts = _parts(uri)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return Path(unquote(parts.path))
    if parts.scheme and "://" in uri:
        raise ArgumentError(
            f"ARCHIVE_URI={_public(uri, parts)} is not supported: give a path (data), a file: address "
            "(file:///srv/archive) or a bucket (s3://bucket/prefix)."
        )
    try:
        return Path(uri).expanduser()
    except RuntimeError as error:
        raise ArgumentError(f"ARCHIVE_URI={uri}: {error}") from error


def _parts(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise ArgumentError(
            f"ARCHIVE_URI is no address ({error}): write a path, s3://BUCKET or s3://BUCKET/PREFIX."
        ) from error
    if not uri.strip():
        raise ArgumentError("ARCHIVE_URI is empty: write a path (data), s3://BUCKET or s3://BUCKET/PREFIX.")
    return parts


def _public(uri: str, parts: SplitResult) -> str:
    """An address without what may be a secret."""
    user, at, _ = parts.netloc.rpartition("@")
    return uri.replace(user + at, "", 1).partition("?")[0]


def state_folder(uri: str, state_dir: str | None) -> Path:
    """STATE_DIR; by default `state/` inside an archive on disk, and in the current folder for a bucket.

    Raises ArgumentError.
    """
    if state_dir:
        return Path(state_dir).expanduser().absolute()
    return (Path("state") if bucket_uri(uri) else archive_path(uri) / "state").absolute()


def state_of(uri: str, state_dir: str | None) -> State:
    """The state folder of this machine for an archive. Raises ArgumentError, StorageError, OSError."""
    folder = state_folder(uri, state_dir)
    archive = bucket_uri(uri)
    if archive is None and not folder.is_relative_to(root := archive_path(uri).absolute()):
        archive = str(root)  # one that lies in its archive goes where that goes
    return open_state(folder, archive)


def open_storage(uri: str, state_dir: str | None = None) -> Storage:
    """The storage that ARCHIVE_URI names; nothing is made or asked yet. Raises ArgumentError."""
    bucket = bucket_uri(uri)
    if bucket is None:
        return LocalStorage(archive_path(uri))
    from archive.s3.remote import RemoteStorage  # noqa: PLC0415 - boto3 takes a moment, and archives on disk do without

    return RemoteStorage(bucket, state_folder(uri, state_dir))
