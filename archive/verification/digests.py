"""Labelled digests as WARC records have them: `sha1:BASE32`, `sha256:hexadecimal`."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from typing import Any, NamedTuple

SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64}
"""Bytes of the algorithms that are checked. The standard recommends none and forbids none (WARC 1.1, section 5.8)."""


class Digest(NamedTuple):
    """An algorithm and the bytes that it gave."""

    algorithm: str
    value: bytes

    def __str__(self) -> str:
        text = base64.b32encode(self.value).decode() if self.algorithm == "sha1" else self.value.hex()
        return f"{self.algorithm}:{text}"


@lru_cache(maxsize=16)  # each is asked for a few times in a row
def parse(text: str) -> Digest | None:
    """A digest in hexadecimal or base32, whatever its case; None for what is no digest.

    The value of an algorithm that is not known is empty.
    """
    match = re.fullmatch(r"([!-9;-~]+):([!-~]+)", text)
    if not match:
        return None
    algorithm, digits = match[1].lower(), match[2]
    size = SIZES.get(algorithm)
    if size is None:
        return Digest(algorithm, b"")
    if re.fullmatch(rf"[0-9A-Fa-f]{{{2 * size}}}", digits):
        return Digest(algorithm, bytes.fromhex(digits))
    digits = digits.rstrip("=").upper()
    if not re.fullmatch(rf"[A-Z2-7]{{{-(-size * 8 // 5)}}}", digits):
        return None
    return Digest(algorithm, base64.b32decode(digits + "=" * (-len(digits) % 8)))


def hasher(text: str | None) -> Any:
    """A hash object for the algorithm of a digest: SHA-1 when there is none, or one that is not known."""
    digest = parse(text) if text else None
    return hashlib.new(digest.algorithm if digest and digest.value else "sha1", usedforsecurity=False)


def result(hashed: Any) -> Digest:
    """What a hash object came to."""
    return Digest(hashed.name, hashed.digest())
