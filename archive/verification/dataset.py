"""The files of a dataset held against its checksums.sha256, and that against datapackage.json."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from archive.dataset.names import CHECKSUMS, MAX_PACKAGE, PACKAGE
from archive.errors import StorageError
from archive.faults import Fault, Kind, shown
from archive.files import Files, Unread
from archive.local import sha256

MAX_CHECKSUMS = 1 << 30
"""Bytes of checksums.sha256 that are read: a line for each of some millions of files."""

# As sha256sum writes it for text files, and `sha256sum --check` reads it.
_LINE = re.compile(r"([0-9a-f]{64})  ((?:[^/\n\r]+/)*[^/\n\r]+)\n")


class _Promise(NamedTuple):
    sha256: str
    line: int


@dataclass(slots=True)
class Checked:
    """What the files of a dataset came to."""

    files: int = 0
    """Those that are there."""
    unsound: set[str] = field(default_factory=set)
    """Paths of files that are not what they should be, or could not be read."""


def check(
    files: Files, prefix: str, refused: Callable[[Unread], None], tell: Callable[[str], None], checked: Checked
) -> Iterator[tuple[str, Fault]]:
    """Every fault of the files under a prefix, with the path of the file; what they came to is left in `checked`.

    `refused` is told what cannot be read, and `tell` what is read now.
    """
    there = {key.removeprefix(prefix) for key in files.keys(prefix.rstrip("/"), refused=refused)}
    checked.files = len(there)
    if CHECKSUMS not in there:
        yield CHECKSUMS, Fault(Kind.FILE_MISSING, 0, "without it nobody knows which files there should be")
        checked.unsound |= {CHECKSUMS, *there}
        return
    try:
        size = min(files.size(prefix + CHECKSUMS), MAX_CHECKSUMS)
        data = files.read(prefix + CHECKSUMS, 0, size)
        stated = _stated(files, prefix) if PACKAGE in there else {}
    except (OSError, StorageError) as error:
        refused(error)
        checked.unsound |= there
        return
    promised: dict[str, _Promise] = {}
    yield from ((CHECKSUMS, fault) for fault in _parsed(data, promised))
    for path in sorted(there - {CHECKSUMS}):
        tell(path)
        try:
            with files.held(prefix + path) as held:
                actual = sha256(held)
        except (OSError, StorageError) as error:
            refused(error)
            checked.unsound.add(path)
            continue
        if fault := _of_file(actual, promised.get(path), stated.get(path)):
            checked.unsound.add(path)
            yield path, fault
    for path in sorted(promised.keys() - there):
        checked.unsound.add(path)
        detail = f"line {promised[path].line} of {CHECKSUMS} names it"
        yield path, Fault(Kind.FILE_MISSING, 0, detail)


def _of_file(actual: str, promise: _Promise | None, stated: str | None) -> Fault | None:
    if promise is None:
        return Fault(Kind.FILE_EXTRA, 0, f"{CHECKSUMS} does not name it")
    where = f"line {promise.line} of {CHECKSUMS}"
    if actual == promise.sha256:
        if stated in {None, actual}:
            return None
        return Fault(Kind.FILE_DIGEST, 0, f"its SHA-256 is {actual}, as {where} says, and {PACKAGE} says {stated}")
    if actual == stated:
        detail = f"it is what {PACKAGE} says, and not what {where} says: {CHECKSUMS} was changed"
        return Fault(Kind.FILE_DIGEST, 0, detail)
    return Fault(Kind.FILE_DIGEST, 0, f"its SHA-256 is {actual}, and {where} says {promise.sha256}")


def _parsed(data: bytes, promised: dict[str, _Promise]) -> Iterator[Fault]:
    """Fill `promised` from the lines; every fault of one at its number."""
    before = ""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(keepends=True), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            yield Fault(Kind.CHECKSUMS, number, f"no digest, two blanks and path are in the line {shown(line)}")
            continue
        digest, path = found[1], found[2]
        if path <= before:
            yield Fault(Kind.CHECKSUMS, number, f"{shown(path)} does not come after {shown(before)}")
        before = path
        promised.setdefault(path, _Promise(digest, number))


def _stated(files: Files, prefix: str) -> dict[str, str]:
    """Path -> SHA-256 by datapackage.json, as far as that can be read. Raises OSError, StorageError."""
    found: dict[str, str] = {}
    data = files.read(prefix + PACKAGE, 0, MAX_PACKAGE)
    try:
        for resource in json.loads(data)["resources"]:
            found[str(resource["path"])] = str(resource["hash"]).removeprefix("sha256:")
    except (ValueError, LookupError, TypeError, RecursionError):
        pass  # it is a file like others: its own digest tells
    return found
