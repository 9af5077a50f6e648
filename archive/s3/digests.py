"""What a local file must look like once it is in a bucket: its checksums, whole and in parts."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass

MIB = 1 << 20
PART_SIZE = 16 * MIB
"""Bytes of one part. A file that is no longer is sent in one piece."""
MOST_PARTS = 10_000
"""Amazon S3, "Multipart upload limits"."""


@dataclass(frozen=True, slots=True)
class Digest:
    """Checksums of one piece."""

    size: int
    md5: bytes
    sha256: bytes

    @property
    def content_md5(self) -> str:
        """Value of Content-MD5 (RFC 1864)."""
        return base64.b64encode(self.md5).decode()

    @property
    def checksum(self) -> str:
        """Value of x-amz-checksum-sha256."""
        return base64.b64encode(self.sha256).decode()


@dataclass(frozen=True, slots=True)
class Digests:
    """Checksums of a file and of the parts that it is sent in."""

    size: int
    sha256: str
    """Of the whole file, hexadecimal."""
    part_size: int
    parts: tuple[Digest, ...]

    @property
    def is_whole(self) -> bool:
        """Is it sent in one piece?"""
        return self.size <= self.part_size

    @property
    def etag(self) -> str:
        """The ETag of S3 where nothing is encrypted with a key: an MD5, or that of all MD5s and their number."""
        if self.is_whole:
            return self.parts[0].md5.hex()
        joined = b"".join(part.md5 for part in self.parts)
        return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(self.parts)}"

    @property
    def checksum(self) -> str:
        """The SHA-256 that S3 keeps: of the file, or of the SHA-256s of its parts and their number ("composite")."""
        if self.is_whole:
            return self.parts[0].checksum
        joined = hashlib.sha256(b"".join(part.sha256 for part in self.parts)).digest()
        return f"{base64.b64encode(joined).decode()}-{len(self.parts)}"


def best_part_size(size: int) -> int:
    """Bytes of a part, in whole MiB, so that a file needs no more parts than there may be."""
    least = -(-size // MOST_PARTS)
    return max(PART_SIZE, -(-least // MIB) * MIB)


def digests_of(handle: int, part_size: int | None = None, size: int | None = None) -> Digests:
    """Read an open file from its beginning, or its first `size` bytes. Raises OSError.

    `part_size` is that of an upload which has begun.
    """
    size = os.fstat(handle).st_size if size is None else size
    part_size = part_size or best_part_size(size)
    whole = hashlib.sha256()
    parts = []
    for offset in range(0, max(size, 1), part_size):
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        end = min(offset + part_size, size)
        for at in range(offset, end, MIB):
            data = os.pread(handle, min(MIB, end - at), at)
            md5.update(data)
            sha256.update(data)
            if size > part_size:
                whole.update(data)
        parts.append(Digest(end - offset, md5.digest(), sha256.digest()))
    return Digests(size, whole.hexdigest() if size > part_size else parts[0].sha256.hex(), part_size, tuple(parts))
