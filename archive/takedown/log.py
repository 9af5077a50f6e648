"""The log of takedowns: who took down what, when and why.

Every takedown has two files under `takedowns/OUTLET/`, which nobody changes, on disk and in a bucket alike: the one is
there before anything is changed, the other when all of it is done.
"""

from __future__ import annotations

import getpass
import json
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from archive import cdxj, seal
from archive.errors import ArsipError
from archive.files import Files
from archive.layout import outlet_of
from archive.local import write_file
from archive.storage import Storage
from archive.takedown.found import Earlier, Found

FOLDER = "takedowns"
_BEGAN = "-began.json"
_FACTS = {"job", "outlet", "id", "at", "reason", "addresses", "rows", "datasets", "completes", "files"}
"""What is read of an entry."""

Entry = dict[str, Any]


def began_key(outlet: str, job: str) -> str:
    """Key of what a takedown was to do."""
    return f"{FOLDER}/{outlet}/{job}{_BEGAN}"


def done_key(outlet: str, job: str) -> str:
    """Key of what a takedown has done."""
    return f"{FOLDER}/{outlet}/{job}.json"


def is_beginning(key: str) -> bool:
    """Is it the key of what a takedown was to do, or of what it has done?"""
    return key.endswith(_BEGAN)


def job_of(key: str) -> str:
    """The job of an entry, by its key."""
    return Path(key).name.removesuffix(_BEGAN).removesuffix(".json")


def began(found: Found, job: str, at: datetime, reason: str) -> Entry:
    """What is about to be done, by whom and why; and what was told already of takedowns that it brings to their end."""
    earlier = list(found.unfinished.values())
    addresses = {*found.addresses, *(url for one in earlier for url in one["addresses"])}
    datasets = {*found.datasets, *(name for one in (*earlier, *found.listed) for name in one["datasets"])}
    files = [*found.warcs, *map(cdxj.path_for, found.warcs), *dict.fromkeys(row.part for row in found.rows)]
    return {
        "job": job,
        "outlet": found.outlet,
        "id": found.article_id,
        "at": at.isoformat(timespec="seconds"),
        "by": f"{_user()}@{socket.gethostname()}",
        "reason": reason,
        "asked": found.url,
        "addresses": sorted(addresses),
        "rows": [asdict(row) for row in found.rows],
        "records": [asdict(record) for record in found.records],
        "datasets": sorted(datasets),
        "completes": sorted(found.unfinished),
        "files": files,
    }


def done(
    began: Entry, stubs: dict[str, str], files: dict[str, tuple[str, str]], ended: datetime, earlier: Earlier | None
) -> Entry:
    """What was done. `stubs`: `WARC:OFFSET` -> SHA-256 of what is there now.

    `files`: key -> SHA-256 before and after. The day and the reason of `earlier` stay: the stubs have them, and those
    who have a dataset were told them.
    """
    records = [{**one, "sha256_after": stubs[f"{one['warc']}:{one['offset']}"]} for one in began["records"]]
    changed = [{"key": key, "sha256_before": old, "sha256_after": new} for key, (old, new) in sorted(files.items())]
    at, reason = earlier or (ended.isoformat(timespec="milliseconds"), None)
    told = {"done": at, "reason": reason or began["reason"]}
    return {**began, **told, "records": records, "changed": changed}


def put(storage: Storage, scratch: Path, key: str, entry: Entry) -> None:
    """Publish an entry. Raises StorageError, OSError."""
    path = scratch / Path(key).name
    write_file(path, seal.sealed(entry))
    storage.publish(path, key)


@dataclass(frozen=True, slots=True)
class Log:
    """The entries that are as they were written, by job, and the keys of those that are not.

    An entry that is torn, or of which a byte was changed, says nothing, as if it were gone: the others stand.
    """

    began: dict[str, Entry] = field(default_factory=dict)
    done: dict[str, Entry] = field(default_factory=dict)
    torn: list[str] = field(default_factory=list)
    misnamed: set[str] = field(default_factory=set)
    """Those of `torn` that hold a whole entry, which has another name."""

    def unfinished(self) -> list[Entry]:
        """What takedowns were to do of which no entry says that it is done."""
        over = self._over(self.done)
        return [entry for job, entry in self.began.items() if job not in over]

    def untold(self) -> list[str]:
        """Keys of torn beginnings of which there is no end, be it torn or not."""
        ends = {job_of(key) for key in self.torn if not is_beginning(key) and key not in self.misnamed}
        over = self._over({*self.done, *ends})
        return [key for key in self.torn if is_beginning(key) and job_of(key) not in over]

    def is_partial(self) -> bool:
        """Is there a torn entry of a takedown that nothing else explains: which article was it about?"""
        over = self._over({*self.done, *self.began})
        return any(job_of(key) not in over for key in self.torn)

    def ended(self) -> list[Entry]:
        """Takedowns that were done, the oldest first."""
        return sorted(self.done.values(), key=lambda entry: (entry["done"], entry["job"]))

    def of_article(self, article_id: str) -> Entry | None:
        """The last takedown of an article that was done."""
        return next((entry for entry in reversed(self.ended()) if entry["id"] == article_id), None)

    def _over(self, ended: Iterable[str]) -> set[str]:
        """These jobs, and those that they brought to their end, and so on."""
        over, left = set[str](), list(ended)
        while left:
            if (job := left.pop()) not in over:
                over.add(job)
                left += [
                    one for entries in (self.began, self.done) if job in entries for one in entries[job]["completes"]
                ]
        return over


def read(files: Files, outlet: str = "") -> Log:
    """The log of an outlet, of all without one. Raises StorageError, OSError."""
    found = Log()
    for key in files.keys(f"{FOLDER}/{outlet}".rstrip("/"), ".json"):
        with files.held(key) as path:
            data = path.read_bytes()
        if entry := entry_of(key, data):
            (found.began if is_beginning(key) else found.done)[entry["job"]] = entry
            continue
        found.torn.append(key)
        if seal.is_whole(data):
            found.misnamed.add(key)
    return found


def entry_of(key: str, data: bytes) -> Entry | None:
    """What an entry says; None of what is not as it was written, or is another one's."""
    if not seal.is_whole(data):
        return None
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        entry: Entry = json.loads(data)
        named = entry.keys() >= _FACTS and (entry["outlet"], entry["job"]) == (outlet_of(key), job_of(key))
        return entry if named and ("done" in entry) is not is_beginning(key) else None
    return None


def unfinished(files: Files, outlet: str) -> list[Entry]:
    """What takedowns of an outlet were to do that never came to their end. Raises StorageError, OSError."""
    return read(files, outlet).unfinished()


def of_article(files: Files, outlet: str, article_id: str) -> Entry | None:
    """The last takedown of an article that was done. Raises StorageError, OSError."""
    return read(files, outlet).of_article(article_id)


def _user() -> str:
    with suppress(OSError, KeyError, ArsipError):
        return getpass.getuser()
    return "unknown"
