"""What a killed job left: cut to what is whole, made known, and finished. Nothing is thrown away."""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive import layout
from archive.catalog import Known
from archive.local import fsync_folder, write_file
from archive.spool import compress

_LENGTH = re.compile(rb"^content-length:[ \t]*(\d+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What became of one spool folder."""

    records: int
    rows: int
    known: list[Known]
    cut: list[str]
    """Keys of the files that had a torn tail; the tail lies under `damaged/`."""


def salvage(folder: Path, job: str) -> Salvaged:
    """Finish the files of a dead job in its spool folder. May itself be killed at any point and begun again.

    Rows whose record was cut off go to `damaged/` with the tail, and their addresses stay unseen. What the job had
    said of its addresses in `events/` and did not live to commit is returned, so that nothing is fetched twice: but
    only where the row is there. Raises OSError.
    """
    cut: list[str] = []
    open_warcs = {path: whole_records(path) for path in sorted(folder.rglob("*.warc.gz" + layout.OPEN))}
    sizes = {_key(folder, path): path.stat().st_size for path in folder.rglob("*.warc.gz")}
    sizes |= {_key(folder, path): good for path, (_, good) in open_warcs.items()}
    # Lines first: once a WARC has lost its `.open`, nothing tells any more that its end was torn.
    for path in sorted(folder.rglob("*.jsonl.gz" + layout.OPEN)):
        kept, lost = _split_lines(path, sizes)
        if lost:
            key = _key(folder, path)
            cut.append(key)
            write_file(folder / layout.damaged_key(key.removesuffix(".gz"), job), b"".join(lost))
            write_file(path, b"".join(kept))
    for path, (_, good) in open_warcs.items():
        if good < path.stat().st_size:
            cut.append(_key(folder, path))
            _cut(folder, path, good, job)
        if good:
            path.rename(folder / _key(folder, path))
            fsync_folder(path.parent)
        else:
            path.unlink()
    for path in sorted(folder.rglob("*.jsonl.gz" + layout.OPEN)):
        compress(folder, _key(folder, path))
    rows = {row["url"] for part in ("articles", "dropped") for row in _lines(folder / part)}
    outcomes = (event for event in _lines(folder / "events") if event.get("event") == "outcome")
    known = [Known(**entry) for event in outcomes if event["url"] in rows for entry in event["known"]]
    return Salvaged(sum(count for count, _ in open_warcs.values()), len(rows), known, cut)


def whole_records(path: Path) -> tuple[int, int]:
    """Number of whole WARC records from the beginning of a .warc.gz, and the byte where they end."""
    count = good = position = 0
    inflater, head, length = zlib.decompressobj(31), b"", 0
    with path.open("rb") as file:
        while data := file.read(1 << 20):
            while data:
                try:
                    plain = inflater.decompress(data)
                except zlib.error:
                    return count, good
                head += plain[: max(0, 65536 - len(head))]
                length += len(plain)
                if not inflater.eof:
                    position += len(data)
                    break
                position += len(data) - len(inflater.unused_data)
                if not _is_record(head, length):
                    return count, good
                count, good = count + 1, position
                data = inflater.unused_data
                inflater, head, length = zlib.decompressobj(31), b"", 0
    return count, good


def _is_record(head: bytes, length: int) -> bool:
    """Does a member of `length` bytes hold one record: header, block of Content-Length, two CRLF?"""
    end = head.find(b"\r\n\r\n")
    match = _LENGTH.search(head[: end + 2])
    return head.startswith(b"WARC/1.") and end > 0 and match is not None and length == end + 8 + int(match[1])


def _split_lines(path: Path, sizes: dict[str, int]) -> tuple[list[bytes], list[bytes]]:
    """Lines that are whole and whose records are there, and the others."""
    kept: list[bytes] = []
    lost: list[bytes] = []
    for line in path.read_bytes().splitlines(keepends=True):
        (kept if _is_backed(line, sizes) else lost).append(line)
    return kept, lost


def _is_backed(line: bytes, sizes: dict[str, int]) -> bool:
    try:
        row = json.loads(line)
    except ValueError:
        return False
    captures = row.get("captures") or []
    return line.endswith(b"\n") and all(ref["offset"] + ref["length"] <= sizes.get(ref["warc"], 0) for ref in captures)


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.jsonl.gz")):
        with gzip.open(path, "rb") as file:
            yield from map(json.loads, file)


def _cut(folder: Path, path: Path, good: int, job: str) -> None:
    """Move everything past `good` to `damaged/` before it is cut off."""
    key = _key(folder, path)
    with path.open("rb") as file:
        file.seek(good)
        tail = file.read()
    write_file(folder / layout.damaged_key(key, job), tail)
    handle = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(handle, good)
        os.fsync(handle)
    finally:
        os.close(handle)


def _key(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix().removesuffix(layout.OPEN)
