"""An archive in a bucket: what is finished waits in the outbox, and leaves it once it was compared up there."""

from __future__ import annotations

import heapq
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import groupby
from pathlib import Path
from typing import IO

from archive.errors import StorageError
from archive.model import Pending
from archive.s3.bucket import Bucket
from archive.s3.outbox import Outbox
from archive.s3.removing import delete, prove_if_match, purge
from archive.s3.sending import Sender
from archive.s3.uploader import Uploader
from archive.s3.uploads import Uploads
from archive.state import Places

PATIENCE = 60.0
"""Seconds that one who removes a file waits for its upload to end."""


class RemoteStorage:
    """Files under an address `s3://bucket/prefix`, those that wait in the state folder included.

    Nothing is made in the state folder, nor asked of the server, before it is needed. While the server gives no answer
    at all, `read`, `exists` and `size` say so without waiting for it each time.
    """

    def __init__(self, uri: str, folder: Path) -> None:
        self._bucket = Bucket(uri)
        places = Places(folder=folder)
        self._outbox = Outbox(places.outbox)
        self._uploads = Uploads(places.uploads)
        self._uploader = Uploader(self._bucket, self._outbox, self._uploads)

    def check(self) -> None:
        self._bucket.check()

    def publish(self, path: Path, key: str) -> None:
        self._outbox.add(path, key)
        self._uploader.wake()

    def publish_all(self, files: Iterable[tuple[Path, str]]) -> None:
        for path, key in files:
            self.publish(path, key)

    def replace(self, path: Path, key: str, expected: str) -> None:
        with self._waiting(key) as file:
            if file:
                raise StorageError(f"{key} waits for its upload: run scrapy upload, and start again.")
        prove_if_match(self._bucket)
        with _minding(path), path.open("rb") as file:
            Sender(self._bucket, self._uploads).replace(key, file.fileno(), expected)
            self.purge(key)
            path.unlink()

    def remove(self, key: str, *, versions: bool = False) -> None:
        self._leave_outbox(key)
        delete(self._bucket, key)
        self._uploads.forget(key)
        if versions:
            self.purge(key)

    def purge(self, prefix: str) -> None:
        purge(self._bucket, prefix)

    def exists(self, key: str) -> bool:
        if self._outbox.find(key):
            return True
        self._bucket.expect_answer()
        return self._bucket.exists(key)

    def size(self, key: str) -> int:
        with self._waiting(key) as file:
            if file:
                return os.fstat(file.fileno()).st_size
        self._bucket.expect_answer()
        return self._bucket.size(key)

    def read(self, key: str, offset: int, length: int) -> bytes:
        with self._waiting(key) as file:
            if file:
                return os.pread(file.fileno(), length, offset)
        self._bucket.expect_answer()
        return self._bucket.read(key, offset, length)

    def keys(self, folder: str, *suffixes: str) -> Iterator[str]:
        prefix = f"{folder}/" if folder else ""
        waiting = sorted(key for key in self._outbox.waiting() if key.startswith(prefix))  # first: they may leave
        everything = heapq.merge(waiting, self._bucket.keys(prefix))
        return (key for key, _ in groupby(everything) if key.endswith(suffixes or ""))

    @contextmanager
    def held(self, key: str) -> Iterator[Path]:
        with self._waiting(key) as file:
            if file and self._outbox.hold(file, key, alone=False):
                yield self._outbox.folder / key
                return
            with tempfile.TemporaryDirectory(prefix="arsip-") as folder:
                path = Path(folder) / Path(key).name
                with _minding(path), path.open("wb") as copy:
                    if file:  # it is being uploaded, and leaves as soon as that is done
                        shutil.copyfileobj(file, copy, 1 << 20)
                    else:
                        self._bucket.fetch(key, copy)
                yield path

    def where(self, key: str) -> str:
        path = self._outbox.find(key)
        return str(path) if path else self._bucket.where(key)

    def pending(self) -> Pending:
        return self._uploader.pending()

    def drain(self, patience: float, tick: Callable[[], None] = lambda: None) -> list[str]:
        return self._uploader.drain(patience, tick)

    def close(self) -> None:
        self._uploader.stop()
        self._uploads.close()
        self._bucket.close()

    def _leave_outbox(self, key: str) -> None:
        """Remove a file that waits; one that is being uploaded is waited for. Raises StorageError."""
        until = time.monotonic() + PATIENCE
        while True:
            with self._waiting(key) as file:
                if file is None:
                    return
                if self._outbox.hold(file, key, alone=True):
                    with _minding(self._outbox.folder / key):
                        self._outbox.remove(key)
                    return
            if time.monotonic() > until:
                raise StorageError(f"{key} is being uploaded, or read: start again when that is over.")
            time.sleep(0.1)

    @contextmanager
    def _waiting(self, key: str) -> Iterator[IO[bytes] | None]:
        """The file in the outbox, open; None when it is not there. Raises StorageError."""
        with _minding(self._outbox.folder / key):
            file = self._outbox.open(key)
        with file or nullcontext():
            yield file


@contextmanager
def _minding(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path} cannot be read or written: {error.strerror}. Make room, or set TMPDIR.") from error
