"""Manifests held against the files of an archive: all that a job made is there, and all that is there has a job."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from archive.faults import Fault, Kind, shown
from archive.verification.files import WARC_SUFFIXES, files_in, limited
from archive.verification.pairs import key

ROWS = ("articles", "dropped")
"""Folders of rows."""
MAX_MANIFEST = 64 << 20
"""Bytes of a manifest that are read."""

_PART = re.compile(r"part-(\d{14}-[^-]+)-.*")
_BEGAN = re.compile(r"(?:^|-)(\d{14})-", re.ASCII)


class Jobs:
    """Is told how many lines each file of rows has, and then goes through the manifests and the files."""

    def __init__(self, root: Path, spool: Path) -> None:
        """`spool` is where jobs have what is not published yet."""
        self._root = root
        self._lines: dict[str, int | None] = {}
        self._named: set[bytes] = set()
        self._jobs: set[tuple[str, str]] = set()
        self._last: dict[str, str] = {}
        # What a killed job had published just before its manifest is claimed by nobody until the next one is done.
        self._at_work = {path.parent.name for path in spool.glob("*/*")}

    def count(self, part: str, number: int | None) -> None:
        """The lines of a file of rows; None for one that cannot be read to its end."""
        self._lines[part] = number

    def faults(self, refused: Callable[[OSError], None]) -> Iterator[tuple[Path, Fault]]:
        """Every fault of a manifest, and every file that has none. `refused` is told what cannot be read."""
        for path in files_in(self._root / "jobs", ".json", refused=refused):
            outlet, job = path.parent.name, path.stem
            self._jobs.add((outlet, job))
            self._last[outlet] = max(self._last.get(outlet, ""), job[:14])
            try:
                with path.open("rb") as file:
                    data = file.read(MAX_MANIFEST)
            except OSError as error:
                refused(error)
                continue
            yield from ((path, fault) for fault in limited(self._of_manifest(job, data)))
        for folder, suffixes in (("warc", WARC_SUFFIXES), *((name, (".jsonl.gz",)) for name in (*ROWS, "events"))):
            for path in files_in(self._root / folder, *suffixes, refused=refused):
                if not self._is_claimed(path.relative_to(self._root)):
                    yield path, Fault(Kind.UNCLAIMED, 0, "no manifest names the file: that of its job is gone")

    def _of_manifest(self, job: str, data: bytes) -> Iterator[Fault]:
        try:
            manifest = json.loads(data)
            counts = manifest["counts"]
            rows = [counts["kept"], *counts["dropped"].values()]
            files = list(manifest["files"])
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            yield Fault(Kind.MANIFEST, 0, f"this is no manifest: {shown(f'{type(error).__name__}: {error}')}")
            return
        for name in files:
            if isinstance(name, str):
                self._named.add(key(name))
            if not isinstance(name, str) or not self._is_there(name):
                yield Fault(Kind.MANIFEST_FILE, 0, f"{shown(str(name))} is not in the archive")
        if not all(isinstance(number, int) and number >= 0 for number in rows):
            yield Fault(Kind.MANIFEST, 0, f"this is no manifest: it counts {shown(str(rows))}")
        else:
            yield from self._of_rows(job, sum(rows), [name for name in files if isinstance(name, str)])

    def _of_rows(self, job: str, promised: int, files: list[str]) -> Iterator[Fault]:
        """Parts of other names are of jobs that were killed, and finished by this one; nobody counted those."""
        found = 0
        for name in files:
            part = _PART.fullmatch(PurePosixPath(name).name)
            if not part or part[1] != job or not name.startswith(ROWS):
                continue
            number = self._lines.get(name)
            if number is None:  # gone, torn, or extracted again: that is said of the file
                return
            found += number
        if found != promised:
            yield Fault(Kind.ROWS_LOST, 0, f"the job counts {promised} rows, and its parts have {found}")

    def _is_there(self, name: str) -> bool:
        """Is there such a file? Rows that were extracted again have another extractor in their name."""
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            return False
        with suppress(OSError, ValueError):  # names that no file can have
            if (self._root / name).is_file():
                return True
            job = "-".join(parts.name.split("-")[:3])  # part-<timestamp14>-<token>
            again = (self._root / name).parent.glob("part-*.jsonl.gz")
            return name.startswith(("articles/", "dropped/")) and any(at.name.startswith(f"{job}-") for at in again)
        return False

    def _is_claimed(self, path: Path) -> bool:
        """Does a manifest speak for this file, or will one?

        A job that was killed has none. A later one finishes its files and names them, unless it is killed too: so of
        what is older than the last manifest nothing is known.
        """
        if key(path.as_posix()) in self._named:
            return True
        outlet = path.parts[1].removeprefix("outlet=")
        part = _PART.fullmatch(path.name)
        job = part[1] if part else path.name.removesuffix(".jsonl.gz")
        if (outlet, job) in self._jobs:
            return part is not None  # extracted again
        began = _BEGAN.search(path.name)
        return began is not None and (outlet in self._at_work or began[1] < self._last.get(outlet, ""))
