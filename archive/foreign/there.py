"""Which captures an archive has: what is adopted once is not adopted again, whatever file brings it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from archive import cdxj
from archive.errors import Damaged
from archive.foreign.exchanges import second

if TYPE_CHECKING:
    from archive.foreign.shelf import Put
    from archive.model import Waiting

Place = tuple[str, str, str]
"""Address, instant in 14 digits, payload digest: as an index has them, and enough to tell a capture."""


class Indexed(Protocol):
    """Files by key."""

    def keys(self, folder: str, *suffixes: str) -> Iterator[str]: ...
    def held(self, key: str) -> AbstractContextManager[Path]: ...


def captures(files: Indexed, outlet: str) -> Iterator[Place]:
    """The captures of an outlet, by the indexes of its WARC files. Raises Damaged, OSError, StorageError."""
    for key in files.keys(f"warc/{outlet}", ".cdxj"):
        with files.held(key) as path:
            for line in cdxj.merge([path]):
                try:
                    _, moment, facts = line.split(" ", 2)
                    told = json.loads(facts)
                    place = told["url"], moment, told.get("digest", "")
                except (ValueError, LookupError, TypeError) as error:
                    raise Damaged(f"{key} has a line that is none of an index. scrapy verify tells more.") from error
                yield place


def place(waiting: Waiting) -> Place:
    """That of a response whose row was never written."""
    return waiting.ref.url, second(waiting.began), waiting.ref.payload_digest


def place_of(put: Put) -> Place:
    """That of a capture that was put aside."""
    return put.url, put.second, put.digest
