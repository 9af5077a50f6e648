"""Which captures an archive has: what is adopted once is not adopted again, whatever file brings it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from archive import cdxj
from archive.errors import Damaged
from archive.layout import timestamp14

if TYPE_CHECKING:
    from archive.model import Waiting

Mark = tuple[str, str, str]
"""Address, instant in 14 digits, payload digest: as an index has them, and enough to tell a capture."""


class Indexed(Protocol):
    """Files by key."""

    def keys(self, folder: str, *suffixes: str) -> Iterator[str]: ...
    def held(self, key: str) -> AbstractContextManager[Path]: ...


def captures(files: Indexed, outlet: str) -> Iterator[Mark]:
    """The captures of an outlet, by the indexes of its WARC files. Raises Damaged, OSError, StorageError."""
    for key in files.keys(f"warc/{outlet}", ".cdxj"):
        with files.held(key) as path:
            for line in cdxj.merge([path]):
                try:
                    _, moment, facts = line.split(" ", 2)
                    told = json.loads(facts)
                    mark = told["url"], moment, told.get("digest", "")
                except (ValueError, LookupError, TypeError) as error:
                    raise Damaged(f"{key} has a line that is none of an index. scrapy verify tells more.") from error
                yield mark


def mark_of(waiting: Waiting) -> Mark:
    """That of a response whose row was never written."""
    return waiting.ref.url, timestamp14(waiting.began), waiting.ref.payload_digest
