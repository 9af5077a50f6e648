"""A takedown, step by step, so that one that was cut short at any moment can be begun again and comes to its end.

The catalog first, so that nothing comes back. A WARC file before its index: as long as the index names the records,
they are found again. Rows last, in parts that take the place of the old ones.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from archive import cdxj, parts
from archive.account import TAKEN_DOWN
from archive.errors import Damaged, UploadsWait
from archive.faults import Fault
from archive.files import Files
from archive.indexes import Indexes
from archive.known import Changes, Known
from archive.layout import manifest_key, row_folders
from archive.lease import kept_alive
from archive.local import make_folder, sha256, write_file
from archive.model import Verdict
from archive.outcome import utc_text
from archive.reader import read_at
from archive.revising import Placed, Revising, Unit
from archive.takedown import log, revocations
from archive.takedown.found import Found, FoundRecord
from archive.takedown.stub import Replaced, stub

_HOLD_SECONDS = 30.0


class Doing:
    """The takedown of what was found, as the job that `revising` is."""

    def __init__(self, revising: Revising, files: Files, scratch: Path, found: Found, reason: str) -> None:
        """`scratch` is a folder of its own, whose content does not outlive the takedown."""
        self._revising, self._files, self._scratch = revising, files, scratch
        self._found, self._reason = found, reason
        self._at = datetime.now(UTC)
        self._stubs: dict[str, str] = {}
        """`WARC:OFFSET` -> SHA-256 of the member that is there now."""
        self._changed: dict[str, tuple[str, str]] = {}
        """Key -> SHA-256 before and after."""

    def check(self) -> None:
        """Can the parts that hold its rows be written anew? Raises Damaged, StorageError, OSError."""
        for unit in self._units(self._gone()):
            for _ in self._revising.rows(unit):
                pass

    def all(self, tell: Callable[[str], None]) -> None:
        """Do it; `tell` is told how far it is.

        Raises UploadsWait when something is not in the bucket yet, and the takedown has to be begun again; LeaseLost,
        Damaged, StorageError, OSError.
        """
        with self._working(), kept_alive(self._revising.hold, _HOLD_SECONDS):  # however long a file takes
            self._do(tell)

    def enlist(self) -> None:
        """Write the list of revocations, if one was killed before he did. Raises what `all` does."""
        if not revocations.listing(self._files).is_right:
            with self._working():
                revocations.revoke(self._files, self._revising.storage, self._scratch)
                self._settle()

    @contextmanager
    def _working(self) -> Iterator[None]:
        """With a folder that is empty, and gone afterwards."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        make_folder(self._scratch)
        try:
            yield
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _do(self, tell: Callable[[str], None]) -> None:
        found, job, storage = self._found, self._revising.id, self._revising.storage
        entry = log.began(found, job, self._at, self._reason)
        log.put(storage, self._scratch, log.began_key(found.outlet, job), entry)
        self._settle()
        self._tombstone()
        unclaimed = self._unclaimed()
        for key in sorted({*found.warcs, *unclaimed}):
            tell(f"records  {key}")
            records = [record for record in found.records if record.warc == key]
            if records or key in unclaimed:
                self._change_warc(key, records)
            self._change_index(key)
        tell("rows")
        self._change_rows()
        counts = {"rows": len(found.rows), "records": len(found.records)}
        if self._revising.finish({"takedown": {"id": found.article_id, **counts}}, keep=True):
            raise _waits()
        self._remove_replaced({key for one in (entry, *found.unfinished.values()) for key in one["files"]})
        done = log.done(entry, self._stubs, self._changed, datetime.now(UTC), found.all_but_done)
        log.put(storage, self._scratch, log.done_key(found.outlet, job), done)
        self._settle()
        revocations.revoke(self._files, storage, self._scratch)
        self._settle()

    def _tombstone(self) -> None:
        """Have the catalog know its addresses as those of an article that was taken down."""
        found = self._found
        at = datetime.fromisoformat(found.all_but_done.at) if found.all_but_done else self._at
        known = [
            Known(
                url=url,
                outlet=found.outlet,
                article_id=found.article_id,
                verdict=Verdict.TAKEN_DOWN.value,
                final=True,
                published=found.published,
                section=None,
                captured=None,
                job=self._revising.id,
                visited=utc_text(at),
            )
            for url in found.addresses
        ]
        unmade = self._revising.catalog.versions(found.article_id)
        records = [record.record_id for record in found.records]
        changes = Changes(known=known, unmade=unmade, unstored=found.captured, settled=records)
        told = {"known": [asdict(line) for line in known], "unmade": [asdict(line) for line in unmade]}
        self._revising.tell(changes, TAKEN_DOWN, **told, unstored=found.captured, records=records)

    def _change_warc(self, key: str, records: list[FoundRecord]) -> None:
        """Put a copy with stubs in the place of a file: at no moment is there a torn one. Our manifest speaks for it.

        Without records the stubs are there already.
        """
        copy, where = self._scratch / Path(key).name, self._files.where(key)
        with self._files.held(key) as path:
            before = sha256(path)
            shutil.copyfile(path, copy)
        with copy.open("r+b") as file:
            for record in records:
                file.seek(record.offset)
                if hashlib.sha256(file.read(record.length)).hexdigest() != record.sha256:
                    raise Damaged(f"{where} was changed while it was read: nothing was overwritten. Start again.")
                name = record.record_id or f"<urn:sha256:{record.sha256}>"  # which every record has, and some lack
                member = stub(record.length, Replaced(name, record.kind), self._at, self._reason)
                file.seek(record.offset)
                file.write(member)
                self._stubs[f"{key}:{record.offset}"] = hashlib.sha256(member).hexdigest()
        for record in records:
            now = read_at(copy, record.offset)
            if isinstance(now, Fault) or now.length != record.length:
                raise Damaged(f"A stub does not fit into {where} at byte {record.offset}; the file is as it was.")
        self._changed[key] = before, sha256(copy)
        self._revising.change(copy, key, before)

    def _unclaimed(self) -> set[str]:
        """WARC files that takedowns may have changed of which, their machine being lost, no manifest says so."""
        began = self._found.unfinished.values()
        lost = [one for one in began if not self._files.exists(manifest_key(one["outlet"], one["job"]))]
        return {key for one in lost for key in one["files"] if key.endswith(".warc.gz") and self._files.exists(key)}

    def _change_index(self, key: str) -> None:
        """Take the lines of what is not there any more out of an index."""
        found, index = self._found, cdxj.path_for(key)
        if not self._files.exists(index):
            return
        gone = {*found.lines.get(key, ()), *(record.offset for record in found.records if record.warc == key)}
        with closing(Indexes(self._files)) as indexes:
            before = sha256(indexes.path(key))
            kept = [line.whole for line in indexes.lines(key) if line.offset not in gone]
        copy = self._scratch / Path(index).name
        write_file(copy, "".join(kept).encode())
        after = sha256(copy)
        if after != before:
            self._changed[index] = before, after
            self._revising.storage.replace(copy, index, before)

    def _change_rows(self) -> None:
        """Write the parts that hold its rows without them."""
        gone = self._gone()
        for unit in self._units(gone):
            self._revising.replace(unit, self._rest(unit, gone))

    def _gone(self) -> dict[str, set[int]]:
        """Part that counts -> lines that go."""
        gone: dict[str, set[int]] = {}
        for row in self._found.rows:
            if row.counts:
                gone.setdefault(row.part, set()).add(row.line)
        return gone

    def _units(self, gone: dict[str, set[int]]) -> list[Unit]:
        return [unit for unit in self._revising.units() if gone.keys() & set(unit.keys)]

    def _rest(self, unit: Unit, gone: dict[str, set[int]]) -> Iterator[Placed]:
        keys, numbers = {key.partition("/")[0]: key for key in unit.keys}, Counter[str]()
        for folder, row in self._revising.rows(unit):
            numbers[folder] += 1
            if numbers[folder] not in gone.get(keys[folder], ()):
                yield folder, row

    def _remove_replaced(self, keys: set[str]) -> None:
        """Take away the parts that held its rows, and what a bucket keeps of these or other files of the takedown."""
        storage = self._revising.storage
        units = {part.unit for part in map(parts.part_of, keys) if part}
        folders = row_folders(self._found.outlet)
        there = [key for folder in folders for key in storage.keys(folder, ".jsonl.gz")]
        for key in parts.replaced(there):
            if (part := parts.part_of(key)) and part.unit in units:
                storage.remove(key, versions=True)
        for prefix in _prefixes(keys):
            storage.purge(prefix)

    def _settle(self) -> None:
        """Wait until the bucket has what was published. Raises UploadsWait."""
        if self._revising.settle():
            raise _waits()


def _prefixes(keys: Iterable[str]) -> list[str]:
    """What is to be purged: files, and all parts of a job and day, those that a rebuild has removed included."""
    found = set()
    for key in keys:
        if part := parts.part_of(key):
            found |= {f"{folder}/date={part.day}/part-{part.job}-" for folder in row_folders(part.outlet)}
        else:
            found.add(key)
    return sorted(found)


def _waits() -> UploadsWait:
    return UploadsWait(
        "Files of the takedown are not in the bucket yet, and it is not over: let scrapy upload send them, and give "
        "the same scrapy takedown again."
    )
