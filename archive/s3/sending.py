"""The way into a bucket: each file once, never over another one, and compared when it is there."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from typing import NamedTuple

from botocore.exceptions import ClientError

from archive.errors import StorageError, StorageRefused, StorageUnreachable
from archive.s3.abilities import TAKEN
from archive.s3.body import Body
from archive.s3.bucket import Bucket
from archive.s3.digests import Digests, digests_of
from archive.s3.parts import SLOTS, Parts, condition, sums
from archive.s3.refusals import code_of
from archive.s3.uploads import Uploads

TRIES = 3
"""How often a file that arrives damaged is sent."""
_BACK = -1
"""In place of a part's number: the whole file on its way back."""


class Conflict(StorageError):
    """Another content has the key. A person must look; nothing was overwritten."""


class State(Enum):
    """What is under a key, compared with a file of ours."""

    MISSING = auto()
    EQUAL = auto()
    DIFFERENT = auto()


class Found(NamedTuple):
    """The state of a key, and the ETag of what is there."""

    state: State
    etag: str = ""


class Sender:
    """Sends files. Safe for threads; no two of them send the same key."""

    def __init__(
        self,
        bucket: Bucket,
        uploads: Uploads,
        *,
        moved: Callable[[], None] = lambda: None,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`moved` hears of every block that gets further than any before; `is_stopping` ends it between two parts."""
        self._bucket = bucket
        self._uploads = uploads
        self._moved = moved
        self._is_stopping = is_stopping
        self._reached: dict[tuple[str, int], int] = {}
        self._made: dict[str, str] = {}
        """ETags of files of ours that arrived damaged."""

    def send(self, key: str, handle: int) -> None:
        """Put an open file under `key`; on return it is there, equal. Raises Conflict, StorageError, OSError."""
        earlier = self._uploads.find(key)
        goes_on = earlier and earlier.upload_id and earlier.size == os.fstat(handle).st_size
        digests = digests_of(handle, earlier.part_size if earlier and goes_on else None)
        was_sent = earlier is not None and earlier.is_of(digests)
        if not was_sent:
            self._uploads.begin(key, digests)
        damaged = ""
        must_look = was_sent or not self._refuses_twins(digests)
        for _ in range(TRIES):
            if must_look:  # an answer was lost, or it is another's
                found = self.compare(key, digests)
                if found.state is State.EQUAL:
                    break
                damaged = self._ours(key, handle, found) if found.state is State.DIFFERENT else ""
            must_look = not self._write(key, handle, digests, damaged)
            if not must_look:
                found = self.compare(key, digests)
                if found.state is State.EQUAL:
                    break
                damaged = self._made[key] = found.etag  # a moment ago, where there was nothing
        else:
            raise StorageUnreachable(f"{self._bucket.where(key)} arrived damaged {TRIES} times; it waits here.")
        self._uploads.done(key, digests)
        self._made.pop(key, None)
        for number in range(_BACK, len(digests.parts) + 1):
            self._reached.pop((key, number), None)

    def replace(self, key: str, handle: int, expected: str) -> None:
        """Put an open file in the place of one with the SHA-256 `expected`, by a conditional write.

        On return it is there, equal. Raises Conflict when something else is there, StorageError, OSError.
        """
        earlier, size = self._uploads.find(key), os.fstat(handle).st_size
        goes_on = earlier and earlier.upload_id and earlier.size == size
        digests = digests_of(handle, earlier.part_size if earlier and goes_on else None)
        found = self.compare(key, digests)
        if found.state is not State.EQUAL:
            # The tag was asked for first: whoever writes meanwhile makes the condition fail.
            if found.state is State.MISSING or self._bucket.sha256(key) != expected:
                raise Conflict(
                    f"{self._bucket.where(key)} was changed meanwhile; nothing was overwritten. Start again."
                )
            if not (earlier and earlier.is_of(digests)):
                self._uploads.begin(key, digests)
            if not self._write(key, handle, digests, found.etag, must=True):
                raise StorageUnreachable(f"{self._bucket.where(key)} was not overwritten: start again.")
            if self.compare(key, digests).state is not State.EQUAL:
                raise StorageUnreachable(f"{self._bucket.where(key)} arrived damaged: start again.")
        self._uploads.done(key, digests)

    def compare(self, key: str, digests: Digests) -> Found:
        """What the server has, by size and SHA-256; by MD5 where it knows no better; else by reading it back."""
        head = self._bucket.head(key)
        if head is None:
            return Found(State.MISSING)
        etag, checksum = head.get("ETag", ""), head.get("ChecksumSHA256")
        if head.get("ContentLength") == digests.size:
            if checksum and checksum in {digests.checksum, digests.checksum.partition("-")[0]}:
                return Found(State.EQUAL, etag)
            if not checksum:
                self._bucket.abilities.gives_no_checksum()
                if etag.strip('"') == digests.etag:
                    return Found(State.EQUAL, etag)
        # The head of an answer may be cut, an ETag need be no MD5, and other parts have other checksums.
        if self._bucket.size(key) == digests.size and self._read_back(key) == digests.sha256:
            return Found(State.EQUAL, etag)
        if not etag:
            raise StorageUnreachable(f"{self._bucket.where(key)} gave an answer that was cut short.")
        return Found(State.DIFFERENT, etag)

    def _refuses_twins(self, digests: Digests) -> bool:
        """Does the server refuse to overwrite? Small files find it out, so that they need not look before."""
        able = self._bucket.abilities
        return able.conditional and (able.proved or digests.is_whole)

    def _ours(self, key: str, handle: int, found: Found) -> str:
        """The ETag of a file that arrived damaged, or was cut and kept by its server all the same. Raises Conflict.

        What was cut holds the beginning of ours, and nothing else: nothing is lost when it is replaced.
        """
        if found.etag == self._made.get(key):
            return found.etag
        size = self._bucket.size(key)
        if size < os.fstat(handle).st_size and self._bucket.sha256(key) == digests_of(handle, size=size).sha256:
            return found.etag
        raise Conflict(
            f"{self._bucket.where(key)} exists already with another content; nothing was overwritten. Compare the "
            "two, and move one of them away."
        )

    def _write(self, key: str, handle: int, digests: Digests, damaged: str, *, must: bool = False) -> bool:
        """Write it, over the `damaged` object if there is one; False when the server refuses to overwrite.

        `must` the condition be known to the server? Raises StorageRefused where it is not.
        """

        def may_not(*, conditional: bool) -> bool:
            """Is there something, and the server cannot be told not to overwrite it?"""
            if must and not conditional:
                raise StorageRefused(
                    f"{self._bucket.place} knows no conditional writes (If-Match): nothing was changed."
                )
            return not conditional and not damaged and self.compare(key, digests).state is not State.MISSING

        with self._bucket.answering():
            if digests.is_whole:
                return self._put(key, os.pread(handle, digests.size, 0), digests, damaged, may_not)
            parts = Parts(
                self._bucket,
                self._uploads,
                key,
                digests,
                watch=partial(self._watch, key),
                is_stopping=self._is_stopping,
            )
            parts.send(handle)
            return parts.complete(damaged, may_not)

    def _put(self, key: str, data: bytes, digests: Digests, damaged: str, may_not: Callable[..., bool]) -> bool:
        able = self._bucket.abilities

        def put(*, conditional: bool, checksums: bool) -> bool:
            if may_not(conditional=conditional):
                return False
            self._bucket.sending().put_object(
                Bucket=self._bucket.name,
                Key=self._bucket.prefix + key,
                Body=Body(data, self._watch(key, 0)),
                **condition(damaged, conditional=conditional),
                **sums(digests.parts[0], checksums=checksums),
            )
            return True

        with SLOTS:
            try:
                written = able.adapt(put, writes=True)
            except ClientError as error:
                if code_of(error) not in TAKEN:
                    raise
                able.proved = True
                return False
            if written and not damaged:
                able.prove(put)
            return written

    def _read_back(self, key: str) -> str:
        """SHA-256 of what is there. To be told it takes as long as to send it, and is progress too."""
        watch, reached = self._watch(key, _BACK), 0

        def count(data: bytes) -> None:
            nonlocal reached
            reached += len(data)
            watch(reached)

        return self._bucket.sha256(key, write=count)

    def _watch(self, key: str, number: int) -> Callable[[int], None]:
        def moved(reached: int) -> None:
            if reached > self._reached.get((key, number), 0):  # a second attempt at the same bytes is no progress
                self._reached[key, number] = reached
                self._moved()

        return moved
