"""Manifests held against the files of an archive: all that a job made is there, and all that is there has a job."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from archive.errors import StorageError
from archive.faults import Fault, Kind, shown
from archive.files import Files, Unread
from archive.layout import outlet_of
from archive.scratch import Scratch
from archive.verification.sums import Sums

ROWS = ("articles", "dropped")
"""Folders of rows."""

_TABLES = """
CREATE TABLE files (key BLOB PRIMARY KEY, outlet TEXT, lines INTEGER, named INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE jobs (outlet TEXT, job TEXT, killed INTEGER DEFAULT 0, PRIMARY KEY (outlet, job)) WITHOUT ROWID;
"""
_MAX_KEY, _MAX_NAME = 1024, 255
"""Bytes of a key in S3, and of a name in a folder; ours are shorter."""
_PART = re.compile(r"part-(\d{14}-[^-]+)-.*")
_BEGAN = re.compile(r"(?:^|-)(\d{14})-", re.ASCII)

AtWork = Callable[[str], Iterable[str]]
"""Outlet -> the jobs that have not put everything into the archive yet. Raises StorageError."""


def may_be_of(warc: str, jobs: Iterable[str]) -> bool:
    """May one of these jobs have made this WARC or index? Its name says when it was begun, and not by which job."""
    began = _BEGAN.search(PurePosixPath(warc).name)
    return began is not None and any(job[:14] <= began[1] for job in jobs)


def in_spool(spool: Path) -> AtWork:
    """The jobs of which this machine still has files."""
    return lambda outlet: [path.name for path in (spool / outlet).glob("*")]


class Jobs:
    """Is told of the files of an archive, and then holds the manifests against them.

    In this order, so that nobody needs to stand still meanwhile: the files, then the jobs that are at work, then the
    manifests. A job publishes its manifest last; so a file that was there has one by then, or its job is at work.
    """

    def __init__(self, files: Files, at_work: AtWork, sums: Sums | None = None) -> None:
        self._files = files
        self._sums = sums or Sums(files)
        self._ask = at_work
        self._at_work: dict[str, set[str]] = {}
        self._last: dict[str, str] = {}
        self._sure: dict[str, str] = {}
        """Outlet -> when the first job began after which every job has a manifest, also one that was killed."""
        self._unasked: set[str] = set()
        """Outlets of which nobody can be asked who is at work."""
        self._scratch = Scratch(_TABLES)

    def close(self) -> None:
        """Let go of the temporary files."""
        self._scratch.close()
        self._sums.close()

    def add(self, keys: Iterable[str]) -> None:
        """These are there. A part of rows that stays without a number of lines cannot be read to its end."""
        self._scratch.many(
            "INSERT OR IGNORE INTO files (key, outlet) VALUES (?, ?)",
            ((os.fsencode(key), outlet_of(key)) for key in keys),
        )

    def keys(self, folder: str) -> Iterator[str]:
        """Those under a folder that are there, sorted."""
        ends = os.fsencode(f"{folder}/"), os.fsencode(f"{folder}0")  # the character after the slash
        for (key,) in self._scratch.select("SELECT key FROM files WHERE key > ? AND key < ? ORDER BY key", *ends):
            yield os.fsdecode(key)

    def count(self, part: str, number: int) -> None:
        """The lines of a file of rows."""
        self._scratch.run("UPDATE files SET lines = ? WHERE key = ?", number, os.fsencode(part))

    def faults(self, refused: Callable[[Unread], None]) -> Iterator[tuple[str, Fault]]:
        """Every fault of a manifest, and every file that has none. `refused` is told what cannot be read."""
        outlets = [outlet for (outlet,) in self._scratch.select("SELECT DISTINCT outlet FROM files ORDER BY outlet")]
        for outlet in outlets:
            try:
                self._at_work[outlet] = set(self._ask(outlet))
            except (OSError, StorageError) as error:
                self._unasked.add(outlet)
                refused(error)
        yield from self._sums.read(refused, self._of_manifest)
        yield from self._unclaimed()

    def _of_manifest(self, key: str, manifest: dict[str, Any] | None) -> Iterator[Fault]:
        outlet, job = PurePosixPath(key).parent.name, PurePosixPath(key).stem
        self._scratch.run("INSERT OR IGNORE INTO jobs (outlet, job) VALUES (?, ?)", outlet, job)
        self._last[outlet] = max(self._last.get(outlet, ""), job[:14])
        if manifest is None:
            return
        try:
            counts = manifest["counts"]
            least, most = _rows_of(counts)
            files = list(manifest["files"])
        except (LookupError, TypeError, AttributeError) as error:
            yield Fault(Kind.MANIFEST, 0, f"this is no manifest: {shown(f'{type(error).__name__}: {error}')}")
            return
        if manifest.get("finish") == "killed":
            self._scratch.run("UPDATE jobs SET killed = 1 WHERE outlet = ? AND job = ?", outlet, job)
        elif key in files:
            self._sure[outlet] = min(self._sure.get(outlet, job[:14]), job[:14])
        for name in files:
            if name != key and not (_can_be_key(name) and self._is_there(name)):
                yield Fault(Kind.MANIFEST_FILE, 0, f"{shown(str(name))} is not in the archive")
        yield from self._of_rows(job, least, most, filter(_can_be_key, files))

    def _of_rows(self, job: str, least: int, most: int, files: Iterable[str]) -> Iterator[Fault]:
        """Version 0.1.0 also named parts of killed jobs, which were finished by this one; nobody counted those."""
        found = 0
        for name in files:
            part = _PART.fullmatch(PurePosixPath(name).name)
            if not part or part[1] != job or not name.startswith(ROWS):
                continue
            (number,) = next(self._scratch.select("SELECT lines FROM files WHERE key = ?", name.encode()), (None,))
            if number is None:  # gone, torn, or extracted again: that is said of the file
                return
            found += number
        if not least <= found <= most:
            promised = str(least) if least == most else f"{least} to {most}"
            yield Fault(Kind.ROWS_LOST, 0, f"the job counts {promised} rows, and its parts have {found}")

    def _is_there(self, name: str) -> bool:
        """Is there such a file? Rows that were extracted again have another extractor in their name."""
        if self._scratch.run("UPDATE files SET named = 1 WHERE key = ?", name.encode()) or self._files.exists(name):
            return True
        folder, _, file = name.rpartition("/")
        job = "-".join(file.split("-")[:3])  # part-<timestamp14>-<token>
        again = f"{folder}/{job}-".encode(), f"{folder}/{job}.".encode()  # the character after the hyphen
        found = self._scratch.select("SELECT 1 FROM files WHERE key > ? AND key < ?", *again)
        return name.startswith(ROWS) and next(found, None) is not None

    def _unclaimed(self) -> Iterator[tuple[str, Fault]]:
        found = self._scratch.select("SELECT key, outlet FROM files WHERE named = 0 ORDER BY key < ?, key", b"warc/")
        for key, outlet in found:
            name = os.fsdecode(key)
            if outlet not in self._unasked and self._sums.is_read(outlet) and not self._is_claimed(name, outlet):
                yield name, Fault(Kind.UNCLAIMED, 0, "no manifest names the file: that of its job is gone")

    def _is_claimed(self, key: str, outlet: str) -> bool:
        """Will a manifest speak for this file, or may it never have had one?

        In version 0.1.0 a killed job had none. A later one finished its files and named them, unless it was killed too:
        so of what is older than the last manifest of those days nothing is known. A job of those days that a later
        version finished has a manifest, which may lack what was published before.
        """
        name = PurePosixPath(key).name
        part = _PART.fullmatch(name)
        job = part[1] if part else name.removesuffix(".jsonl.gz")
        known = self._scratch.select("SELECT killed FROM jobs WHERE outlet = ? AND job = ?", outlet, job)
        (killed,) = next(known, (None,))
        if killed is not None and part:
            return True  # extracted again
        if killed == 0:
            return False
        began = _BEGAN.search(name)
        if not began:
            return False
        at_work = self._at_work[outlet]
        if outlet not in self._sure or began[1] < self._sure[outlet]:
            return bool(at_work) or began[1] < self._last.get(outlet, "")
        return may_be_of(key, at_work) if key.startswith("warc/") else job in at_work


def _rows_of(counts: Any) -> tuple[int, int]:
    """The least and the most rows that a job of these counts wrote.

    Jobs of version 0.2.0 do not say. Visits to articles that they had were counted aside, be it that a row came of it,
    and so was a page among those that were dropped that was dropped before. Raises LookupError, TypeError,
    AttributeError.
    """
    again = counts.get("revisited", {})
    told = [counts["kept"], *counts["dropped"].values(), *again.values(), counts.get("rows", 0)]
    if not all(isinstance(number, int) and number >= 0 for number in told):
        raise TypeError(f"it counts {told}")
    if "rows" in counts:
        return counts["rows"], counts["rows"]
    return counts["kept"] + again.get("edited", 0), sum(told)


def _can_be_key(name: Any) -> bool:
    """Can a file of an archive have this name?"""
    if not isinstance(name, str) or not name.isprintable() or len(name.encode()) > _MAX_KEY:
        return False
    return all(part not in {"", ".", ".."} and len(part.encode()) <= _MAX_NAME for part in name.split("/"))
