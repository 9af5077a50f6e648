"""What a killed job left: cut to what is whole, made known, and finished. Nothing is thrown away."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive import layout
from archive.account import CHANGED, REVISED, Account, cut_short
from archive.known import Changes
from archive.local import fsync_folder, make_folder, write_file
from archive.model import Stored, Verdict, Waiting
from archive.spool import compress, line_of
from archive.warc import give_name
from archive.whole import Whole, read_whole


@dataclass(slots=True)
class Salvaged:
    """What became of one spool folder."""

    outlet: str
    job: str
    records: int = 0
    rows: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    """Verdict -> lines of rows; those of articles have none of their own."""
    full: list[str] = field(default_factory=list)
    """Keys of the files that had left while the job was at work."""
    digests: dict[str, str] = field(default_factory=dict)
    """SHA-256, hexadecimal, of those of them that are no indexes."""
    changes: Changes = field(default_factory=Changes)
    """What the job did not live to tell the catalog."""
    cut: list[str] = field(default_factory=list)
    """Keys of the files that had a torn tail; the tail lies under `damaged/`."""
    broken: list[str] = field(default_factory=list)
    """Of them the WARCs that were cut before their journal's end: the disk lost what it had promised to keep."""
    lost: list[str] = field(default_factory=list)
    """Addresses whose rows are gone: they are to be forgotten, and made again from the WARC or fetched again."""
    forgotten: int = 0
    """Of them those that the catalog had known: the disk lost what it had promised to keep."""
    ends: dict[str, int] = field(default_factory=dict)
    """WARC key -> bytes that are left of it."""


def salvage(folder: Path, outlet: str, stored: Callable[[str], Stored | None]) -> Salvaged:
    """Finish the files of a dead job, whose name is its spool folder's. May itself be killed and begun again.

    Rows whose record was cut off go to `damaged/` with the tail, and their addresses stay unseen. What the job had
    said of its addresses in `events/` and did not live to commit is returned, so that nothing is fetched twice: but
    only where the row is there. Responses without a row are returned as waiting for one, and told in the events, so
    that a catalog that is made anew knows them too; `stored` finds what the revisits among them stand for.

    Raises OSError, StorageError.
    """
    result = Salvaged(outlet, folder.name)
    paths = sorted((folder / "warc").rglob("*.warc.gz*"))
    warcs = {
        _key(folder, path): read_whole(path, _key(folder, path)) for path in paths if path.suffix != layout.JOURNAL
    }
    open_paths = [path for path in paths if path.suffix == layout.OPEN]
    result.ends = {key: found.end for key, found in warcs.items()}
    result.records = sum(warcs[_key(folder, path)].records for path in open_paths)
    # Lines first: once a WARC has lost its `.open`, nothing tells any more that its end was torn.
    for path in sorted(folder.rglob("*.jsonl.gz" + layout.OPEN)):
        _mend_lines(folder, path, result)
    for path in open_paths:
        _finish_warc(folder, path, warcs[_key(folder, path)], result)
    for path in sorted(folder.rglob("*.jsonl.gz" + layout.OPEN)):
        compress(folder, _key(folder, path))
    with closing(Account(outlet, folder.name)) as account:
        for row in (row for part in ("dropped", "articles") for row in _lines(folder, part, result)):
            result.verdicts[row.get("verdict", Verdict.ARTICLE.value)] += 1
            with suppress(ValueError):  # what is no row of ours makes nothing known
                account.add(row)
        result.rows = len(account)
        _believe(folder, account, result)
        used = {*account.records(), *result.changes.settled}
    told = len(result.changes.waiting)
    _remember(warcs, used | {entry.ref.record_id for entry in result.changes.waiting}, stored, result)
    finish_revised(folder, result.full)
    if fresh := result.changes.waiting[told:]:
        _tell(folder, layout.events_key(outlet, folder.name), cut_short(fresh))
    return result


def finish_revised(folder: Path, keys: Iterable[str]) -> None:
    """Give parts that were made anew their names: whole as they are, an event has said so. Raises OSError."""
    for key in keys:
        path = folder / (key + layout.MADE)
        if path.exists():
            path.rename(folder / key)
            fsync_folder(path.parent)


def _believe(folder: Path, account: Account, result: Salvaged) -> None:
    """Take for true what the job said of its addresses and has a row, and what has a row and was not lived to be said.

    What was said and has no row is lost, whether the row was never written or the disk forgot it: but not when it may
    have been published already. Rows are published after the WARCs that are still here then, and after the manifest is
    written; before it only WARCs leave that were full. Jobs of version 0.1.0, which did not say that they began, wrote
    it last, and no WARC of theirs left before.
    """
    has_manifest = (folder / layout.manifest_key(result.outlet, result.job)).exists()
    is_unpublished = bool(result.ends)
    for event in _lines(folder, "events", result):
        if event.get("event") == "began" and not has_manifest:
            is_unpublished = True
        if event.get("event") == "published":
            result.full += event["keys"]
            result.digests |= event.get("sha256", {})
        if event.get("event") == CHANGED:
            result.digests |= event.get("sha256", {})
        if event.get("event") == REVISED:
            result.full += event["made"]
            result.digests |= event.get("sha256", {})
        with suppress(ValueError):  # its row, if there is one, speaks for itself
            said = account.hear(event)
            result.changes.add(said.changes)
            if is_unpublished:
                result.lost += said.rowless
    for said in account.rest():
        result.changes.add(said.changes)


def _mend_lines(folder: Path, path: Path, result: Salvaged) -> None:
    """Keep the lines that are whole and whose records are there, and move the others to `damaged/`."""
    kept: list[bytes] = []
    lost: list[bytes] = []
    for line in path.read_bytes().splitlines(keepends=True):
        row = _row(line)
        refs = (row or {}).get("captures") or []
        if row is not None and all(
            ref["offset"] + ref["length"] <= result.ends[ref["warc"]] for ref in refs if ref["warc"] in result.ends
        ):
            kept.append(line)
            continue
        lost.append(line)
        if row is not None and "url" in row:
            result.lost += [row["url"], *(ref["url"] for ref in refs)]
    if lost:
        key = _key(folder, path)
        result.cut.append(key)
        write_file(folder / layout.damaged_key(key.removesuffix(".gz"), result.job), b"".join(lost))
        write_file(path, b"".join(kept))


def _row(line: bytes) -> dict[str, Any] | None:
    """The object of a whole line; None for a torn one."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if line.endswith(b"\n") and isinstance(row, dict) else None


def _finish_warc(folder: Path, path: Path, whole: Whole, result: Salvaged) -> None:
    key = _key(folder, path)
    journal = path.with_name(path.name + layout.JOURNAL)
    promised = journal.read_bytes().strip() if journal.exists() else b""
    if promised.isdigit() and int(promised) > whole.end:
        result.broken.append(key)
    if whole.end < path.stat().st_size:
        result.cut.append(key)
        _cut(folder, path, whole.end, result.job)
    if whole.end:
        give_name(folder, key, whole.index)
    else:
        path.unlink()
        journal.unlink(missing_ok=True)


def _remember(
    warcs: dict[str, Whole], used: set[str], stored: Callable[[str], Stored | None], result: Salvaged
) -> None:
    """What the captures were, for the catalog: what to ask with next time, and which of them wait for a row.

    A WARC that was full has left, and the catalog had been told of its captures. A response at its end whose row was
    still being made when the job was killed does not wait: it is fetched again, and becomes a revisit.
    """
    pages = {answer.ref.record_id: answer.ref for whole in warcs.values() for answer in whole.answers}
    for whole in warcs.values():
        for answer in whole.answers:
            ref = answer.ref
            before = stored(ref.url) if answer.revisits is not None else None
            if memory := answer.memory(result.changes.stored.get(ref.url) or before):
                result.changes.stored[ref.url] = memory
            if not answer.lasting:
                continue
            if answer.revisits is not None:
                originals = {**pages, **({before.ref.record_id: before.ref} if before else {})}
                if answer.revisits not in originals:
                    continue
                ref = originals[answer.revisits]
            if ref.record_id not in used:
                result.changes.waiting.append(
                    Waiting(outlet=result.outlet, ref=ref, began=answer.began, job=result.job)
                )


def _tell(folder: Path, key: str, event: dict[str, Any]) -> None:
    """Add a line to a finished file of lines, whole or not at all; one that is not there begins with it."""
    packed = folder / key
    lines = gzip.decompress(packed.read_bytes()) if packed.exists() else b""
    write_file(folder / (key + layout.OPEN), lines + line_of(event))
    compress(folder, key)


def _lines(folder: Path, part: str, result: Salvaged) -> Iterator[dict[str, Any]]:
    """The objects of finished files. One that cannot be read to its end is set aside, and counts as not there."""
    # Rows that were made anew are other jobs'.
    own = (path for path in sorted((folder / part).rglob("*.jsonl.gz")) if part == "events" or folder.name in path.name)
    for path in own:
        try:
            with gzip.open(path, "rb") as file:
                for _ in file:
                    pass
                file.seek(0)
                yield from map(json.loads, file)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            key = _key(folder, path)
            result.cut.append(key)
            aside = folder / layout.damaged_key(key, result.job)
            make_folder(aside.parent)
            path.rename(aside)


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
