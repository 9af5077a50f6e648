"""A file in parts: begun, resumed where it was left, put together, or given up (S3 API, "Multipart upload")."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from archive.errors import StorageUnreachable
from archive.s3.abilities import TAKEN
from archive.s3.body import Body
from archive.s3.bucket import Bucket
from archive.s3.digests import Digest, Digests
from archive.s3.refusals import LEAKING, code_of
from archive.s3.uploads import Uploads

AT_ONCE = 4
"""Requests with a body that this process has on the wire at one time; each holds one part in memory."""
SLOTS = threading.BoundedSemaphore(AT_ONCE)
_SPOILT = {"InvalidPart", "InvalidPartOrder", "BadDigest", "EntityTooSmall", "InvalidDigest"}


def condition(damaged: str, *, conditional: bool) -> dict[str, Any]:
    """Write only where there is nothing, or over exactly the damaged object with this ETag."""
    if not conditional:
        return {}
    return {"IfMatch": damaged} if damaged else {"IfNoneMatch": "*"}


def sums(digest: Digest, *, checksums: bool) -> dict[str, Any]:
    """What lets the server find out that it received something else."""
    return {"ContentMD5": digest.content_md5, **({"ChecksumSHA256": digest.checksum} if checksums else {})}


class Parts:
    """The multipart upload of one file. Raises what boto3 does, StorageUnreachable, OSError."""

    def __init__(
        self,
        bucket: Bucket,
        uploads: Uploads,
        key: str,
        digests: Digests,
        *,
        watch: Callable[[int], Callable[[int], None]],
        is_stopping: Callable[[], bool],
    ) -> None:
        """`watch` gives, for the number of a part, what hears how many of its bytes have left."""
        self._bucket, self._uploads = bucket, uploads
        self._key, self._digests = key, digests
        self._watch, self._is_stopping = watch, is_stopping
        self._tags: dict[int, str] = {}
        self._id = ""

    @property
    def _object(self) -> dict[str, Any]:
        upload = {"UploadId": self._id} if self._id else {}
        return {"Bucket": self._bucket.name, "Key": self._bucket.prefix + self._key, **upload}

    def send(self, handle: int) -> None:
        """Send all parts that the server does not have."""
        earlier = self._uploads.find(self._key)
        if earlier and earlier.upload_id and earlier.part_size == self._digests.part_size:
            self._id = earlier.upload_id
            try:
                self._tags = dict(self._known())
            except ClientError as error:
                if code_of(error) != "NoSuchUpload":
                    raise
                self._id = ""
        if not self._id:
            self._id = self._bucket.abilities.adapt(self._create, writes=False)
            self._uploads.begin(self._key, self._digests, self._id)  # before the first part, so that none is sent twice
        self._send_missing(handle)

    def complete(self, damaged: str, may_not: Callable[..., bool]) -> bool:
        """Put them together; False when the server refuses to overwrite, or knows nothing of them any more."""

        def complete(*, conditional: bool, checksums: bool) -> bool:
            if may_not(conditional=conditional):
                return False
            kept = [{"ChecksumSHA256": part.checksum} if checksums else {} for part in self._digests.parts]
            parts: Any = [{"PartNumber": n, "ETag": tag, **kept[n - 1]} for n, tag in sorted(self._tags.items())]
            self._bucket.sending().complete_multipart_upload(
                **self._object, MultipartUpload={"Parts": parts}, **condition(damaged, conditional=conditional)
            )
            return True

        try:
            written = self._bucket.abilities.adapt(complete, writes=True)
        except ClientError as error:
            if code_of(error) in _SPOILT:
                self._abort()
                raise StorageUnreachable(
                    f"The parts of {self._bucket.where(self._key)} do not fit; they are sent anew."
                ) from error
            if code_of(error) not in {*TAKEN, "NoSuchUpload"}:
                raise
            written = False
        if written:
            self._uploads.begin(self._key, self._digests)
        else:
            self._abort()
        return written

    def _known(self) -> Iterator[tuple[int, str]]:
        """Number and ETag of the parts that are there as they should be."""
        for page in self._bucket.sending().get_paginator("list_parts").paginate(**self._object):
            for part in page.get("Parts", []):
                number, tag = part.get("PartNumber", 0), part.get("ETag", "")
                if not 1 <= number <= len(self._digests.parts):
                    continue
                ours, checksum = self._digests.parts[number - 1], part.get("ChecksumSHA256")
                is_equal = checksum == ours.checksum if checksum else tag.strip('"') == ours.md5.hex()
                if is_equal and part.get("Size") == ours.size:
                    yield number, tag

    def _create(self, *, conditional: bool, checksums: bool) -> str:  # noqa: ARG002 - the condition is for the end
        more: dict[str, Any] = {"ChecksumAlgorithm": "SHA256"} if checksums else {}
        upload_id = self._bucket.sending().create_multipart_upload(**self._object, **more).get("UploadId")
        return upload_id or self._cut_short()

    def _send_missing(self, handle: int) -> None:
        """Several at once. The first failure ends it."""
        missing = [number for number in range(1, len(self._digests.parts) + 1) if number not in self._tags]
        failures: list[BaseException] = []
        turn = threading.Lock()

        def work() -> None:
            while True:
                with turn:
                    if not missing or failures:
                        return
                    number = missing.pop(0)
                try:
                    with SLOTS:
                        self._tags[number] = self._send_one(handle, number)
                    self._uploads.moved(self._key)
                except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
                    failures.append(error)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(min(AT_ONCE, len(missing)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _send_one(self, handle: int, number: int) -> str:
        if self._is_stopping():
            raise StorageUnreachable("The upload was stopped; it goes on later.")
        digest = self._digests.parts[number - 1]
        data = os.pread(handle, digest.size, (number - 1) * self._digests.part_size)

        def put(*, conditional: bool, checksums: bool) -> str:  # noqa: ARG001 - the condition is for the end
            body = Body(data, self._watch(number))
            answer = self._bucket.sending().upload_part(
                **self._object, PartNumber=number, Body=body, **sums(digest, checksums=checksums)
            )
            return answer.get("ETag") or self._cut_short()

        try:
            return self._bucket.abilities.adapt(put, writes=False)
        except ClientError as error:
            if code_of(error) != "NoSuchUpload":
                raise
            self._uploads.begin(self._key, self._digests)
            raise StorageUnreachable(
                f"The upload of {self._bucket.where(self._key)} was aborted by somebody; it begins anew."
            ) from error

    def _abort(self) -> None:
        self._uploads.begin(self._key, self._digests)
        with suppress(*LEAKING):  # it costs room there until a lifecycle rule takes it
            self._bucket.sending().abort_multipart_upload(**self._object)

    def _cut_short(self) -> str:
        raise StorageUnreachable(f"{self._bucket.place} gave an answer that was cut short.")
