"""The log of takedowns: who took down what, when and why; and what those who have a dataset must know of it.

Every takedown has two files under `takedowns/OUTLET/`, which nobody changes, on disk and in a bucket alike: the one is
there before anything is changed, the other when all of it is done. `takedowns/revocations.jsonl` is made from them.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from archive import cdxj
from archive.errors import ArsipError, Damaged, StorageError
from archive.files import Files
from archive.local import sha256, write_file
from archive.storage import Storage
from archive.takedown.found import Found
from archive.takedown.stub import public

FOLDER = "takedowns"
REVOCATIONS = f"{FOLDER}/revocations.jsonl"
_BEGAN = "-began.json"
_TRIES = 5

Entry = dict[str, Any]


def began_key(outlet: str, job: str) -> str:
    """Key of what a takedown was to do."""
    return f"{FOLDER}/{outlet}/{job}{_BEGAN}"


def done_key(outlet: str, job: str) -> str:
    """Key of what a takedown has done."""
    return f"{FOLDER}/{outlet}/{job}.json"


def began(found: Found, job: str, at: datetime, reason: str) -> Entry:
    """What is about to be done, by whom and why."""
    files = [*found.warcs, *map(cdxj.path_for, found.warcs), *dict.fromkeys(row.part for row in found.rows)]
    return {
        "job": job,
        "outlet": found.outlet,
        "id": found.article_id,
        "at": at.isoformat(timespec="seconds"),
        "by": f"{_user()}@{socket.gethostname()}",
        "reason": reason,
        "asked": found.url,
        "addresses": found.addresses,
        "rows": [asdict(row) for row in found.rows],
        "records": [asdict(record) for record in found.records],
        "datasets": sorted(found.datasets),
        "completes": sorted(found.unfinished),
        "files": files,
    }


def done(began: Entry, stubs: dict[str, str], files: dict[str, tuple[str, str]], ended: datetime) -> Entry:
    """What was done. `stubs`: `WARC:OFFSET` -> SHA-256 of what is there now.

    `files`: key -> SHA-256 before and after.
    """
    records = [{**one, "sha256_after": stubs[f"{one['warc']}:{one['offset']}"]} for one in began["records"]]
    changed = [{"key": key, "sha256_before": old, "sha256_after": new} for key, (old, new) in sorted(files.items())]
    return {**began, "done": ended.isoformat(timespec="milliseconds"), "records": records, "changed": changed}


def put(storage: Storage, scratch: Path, key: str, entry: Entry) -> None:
    """Publish an entry. Raises StorageError, OSError."""
    path = scratch / Path(key).name
    write_file(path, (json.dumps(entry, ensure_ascii=False, indent=2) + "\n").encode())
    storage.publish(path, key)


def unfinished(files: Files, outlet: str) -> Iterator[Entry]:
    """What takedowns of an outlet were to do that never came to their end. Raises Damaged, StorageError, OSError."""
    keys = list(files.keys(f"{FOLDER}/{outlet}", ".json"))
    over = {job for key in keys if not key.endswith(_BEGAN) for job in _jobs(_read(files, key))}
    for key in keys:
        if key.endswith(_BEGAN) and Path(key).name.removesuffix(_BEGAN) not in over:
            yield _read(files, key)


def of_article(files: Files, outlet: str, article_id: str) -> Entry | None:
    """The last takedown of an article that was done. Raises Damaged, StorageError, OSError."""
    for key in sorted(files.keys(f"{FOLDER}/{outlet}", ".json"), reverse=True):
        if not key.endswith(_BEGAN) and (entry := _read(files, key))["id"] == article_id:
            return entry
    return None


def revocations(files: Files) -> bytes:
    """Lines of all takedowns that were done, the oldest first: what a user of a dataset takes out of it.

    An address is there as its SHA-256, so that the list does not publish again what was taken down.
    """
    keys = (key for key in files.keys(FOLDER, ".json") if not key.endswith(_BEGAN))
    entries = sorted((_read(files, key) for key in keys), key=lambda entry: (entry["done"], entry["job"]))
    return b"".join(json.dumps(_revoked(entry), ensure_ascii=False).encode() + b"\n" for entry in entries)


def revoke(files: Files, storage: Storage, scratch: Path) -> None:
    """Write the list of revocations anew. Others may do so at the same time. Raises StorageError, OSError."""
    path = scratch / "revocations.jsonl"
    for number in range(1, _TRIES + 1):
        lines = revocations(files)
        write_file(path, lines)
        try:
            if not storage.exists(REVOCATIONS):
                storage.publish(path, REVOCATIONS)
            else:
                with files.held(REVOCATIONS) as old:
                    before = sha256(old)
                storage.replace(path, REVOCATIONS, before)
        except StorageError:
            if number == _TRIES:
                raise
            continue
        if revocations(files) == lines:
            return


def _revoked(entry: Entry) -> Entry:
    return {
        "id": entry["id"],
        "url_sha256": [hashlib.sha256(url.encode()).hexdigest() for url in entry["addresses"]],
        "datasets": entry["datasets"],
        "date": entry["done"][:10],
        "reason": public(entry["reason"]),
    }


def _jobs(entry: Entry) -> list[str]:
    return [entry["job"], *entry["completes"]]


def _read(files: Files, key: str) -> Entry:
    try:
        with files.held(key) as path:
            entry: Entry = json.loads(path.read_bytes())
        _ = entry["job"], entry["id"], entry["addresses"], entry["datasets"], entry["completes"], entry["files"]
    except (ValueError, LookupError, TypeError) as error:
        raise Damaged(
            f"{files.where(key)} is no entry of the log of takedowns: move it away, and start again."
        ) from error
    return entry


def _user() -> str:
    with suppress(OSError, KeyError, ArsipError):
        return getpass.getuser()
    return "unknown"
