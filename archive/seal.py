"""A JSON file with a digest of its own: whatever byte of it changes, it shows."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

OWN = "own_sha256"
"""The last field: SHA-256, hexadecimal, of the file without this line."""
_END = b"\n}\n"
_SEAL = re.compile(rb',\n  "own_sha256": "([0-9a-f]{64})"\n}\n\Z')


def sealed(facts: Mapping[str, Any]) -> bytes:
    """The file of an object, in UTF-8."""
    data = (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode()
    return data.removesuffix(_END) + b',\n  "own_sha256": "%s"' % hashlib.sha256(data).hexdigest().encode() + _END


def is_whole(data: bytes) -> bool:
    """Is the file as it was written?"""
    seal = _SEAL.search(data)
    return seal is not None and hashlib.sha256(data[: seal.start()] + _END).hexdigest().encode() == seal[1]
