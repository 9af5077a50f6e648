"""What can be read of an archive that may be damaged; the rest is named."""

from __future__ import annotations

import errno
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from archive.account import in_utc
from archive.errors import Damaged, StorageError
from archive.faults import Fault
from archive.files import Files
from archive.reader import Record, read
from archive.verification import rows
from archive.whole import Answer, answers

_UNREADABLE = (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, RecursionError, Damaged)
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


class Legible:
    """Lines and responses of an archive's files.

    A file that is damaged, or cannot be read, does not keep the others from it. A disk that is full and a bucket that
    cannot be reached do: every method raises StorageError.
    """

    def __init__(self, files: Files, complain: Callable[[str], None]) -> None:
        """`complain` is told of each damaged file once, in words."""
        self._files = files
        self._complain = complain
        self.faults: Counter[str] = Counter()
        """Key -> what was wrong with it."""

    def lines(self, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Objects of a file of lines, with their numbers."""
        with self._blaming(key), self._files.held(key) as path:
            for found in rows.objects(path):
                if isinstance(found, Fault):
                    self.blame(key, f"line {found.offset}: {found.detail}")
                else:
                    yield found

    def first_event(self, key: str) -> str:
        """When the first event of a job was, ISO 8601; what is wrong with it is said when all of them are read."""
        with suppress(*_UNREADABLE), self._files.held(key) as path, gzip.open(path) as file:
            return str(json.loads(file.readline(rows.MAX_ROW))["at"])
        return ""

    def first_date(self, key: str) -> str:
        """When a WARC was begun, which its first record says; what is wrong with it is said when all of it is read."""
        with suppress(*_UNREADABLE), self._files.held(key) as path:
            first = next(read(path), None)
            return (first.get("WARC-Date") or "") if isinstance(first, Record) else ""
        return ""

    def answers(self, key: str) -> Iterator[Answer]:
        """Responses of a WARC, also behind damage."""
        with self._blaming(key), self._files.held(key) as path:
            yield from answers(self._records(key, path), key)

    def blame(self, key: str, what: str) -> None:
        """Name a file once, with the first of what is wrong with it."""
        if not self.faults[key]:
            self._complain(f"{self._files.where(key)}: {what}")
        self.faults[key] += 1

    def _records(self, key: str, path: Path) -> Iterator[Record]:
        faulty = -1
        for found in read(path):
            if isinstance(found, Fault):
                self.blame(key, f"byte {found.offset}: {found.detail}")
                faulty = found.offset
            elif found.offset != faulty:
                if found.get("WARC-Type") in {"response", "revisit"} and not _has_date(found):
                    self.blame(key, f"byte {found.offset}: the record has no date")
                    continue
                yield found

    @contextmanager
    def _blaming(self, key: str) -> Iterator[None]:
        """A file that cannot be read does not keep the others from it; a disk or a bucket that fails does."""
        try:
            yield
        except OSError as error:
            if error.errno in _DISK_FULL:
                raise StorageError(
                    f"A temporary file cannot be written: {error.strerror}. Make room in TMPDIR."
                ) from error
            self.blame(key, f"cannot be read: {error.strerror or error}")
        except Damaged as error:
            self.blame(key, str(error))


def _has_date(record: Record) -> bool:
    try:
        in_utc(record.get("WARC-Date") or "")
    except ValueError:
        return False
    return True
