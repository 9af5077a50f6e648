"""The list of revocations: what those who have a dataset must know of the log of takedowns, which it is made from."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from archive.errors import StorageError
from archive.files import Files
from archive.local import sha256, write_file
from archive.storage import Storage
from archive.takedown import log
from archive.takedown.log import Entry, Log
from archive.takedown.stub import public

REVOCATIONS = f"{log.FOLDER}/revocations.jsonl"
_TRIES = 5


def revoked(files: Files) -> list[Entry]:
    """What is to be taken out of datasets: what the log gives, and what the list has besides.

    Raises StorageError, OSError.
    """
    return [json.loads(line) for line in _wanted(_legible(_listed(files)), log.read(files))]


def of_article(files: Files, article_id: str) -> list[Entry]:
    """What the list says of an article. Raises StorageError, OSError."""
    return [entry for _, entry in _legible(_listed(files)) if entry["id"] == article_id]


class Listing(NamedTuple):
    """The list, held against the log."""

    is_right: bool
    """Would it be written as it is?"""
    unexplained: list[str]
    """Ids in it that no entry explains; none while a torn one may."""
    log: Log


def listing(files: Files) -> Listing:
    """What the list is. Raises StorageError, OSError."""
    listed, told = _listed(files), log.read(files)
    there = _legible(listed)
    known = {entry["id"] for entry in (*told.began.values(), *told.done.values())}
    unexplained = [] if told.is_partial() else [one["id"] for _, one in there if one["id"] not in known]
    return Listing(listed == b"".join(_wanted(there, told)), unexplained, told)


def revoke(files: Files, storage: Storage, scratch: Path) -> None:
    """Write the list anew. Others may do so at the same time. Raises StorageError, OSError."""
    path = scratch / "revocations.jsonl"
    for number in range(1, _TRIES + 1):
        told = log.read(files)
        write_file(path, b"".join(_wanted(_legible(_listed(files)), told)))
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
        if log.read(files) == told:
            return


def _listed(files: Files) -> bytes:
    if not files.exists(REVOCATIONS):
        return b""
    with files.held(REVOCATIONS) as path:
        return path.read_bytes()


def _wanted(there: list[tuple[bytes, Entry]], told: Log) -> list[bytes]:
    """Lines of the list as it is to be, given what it is.

    Of what it says, which may have been given out, a line goes only where the log is sound enough to give another one:
    every takedown of that article has its end, and no torn entry may be of one.
    """
    given = dict.fromkeys(json.dumps(_line(entry), ensure_ascii=False).encode() + b"\n" for entry in told.ended())
    sound = {entry["id"] for entry in told.done.values()} - {entry["id"] for entry in told.unfinished()}
    stays = told.is_partial()
    kept = [line for line, entry in there if stays or line in given or entry["id"] not in sound]
    there_already = set(kept)
    return [*kept, *(line for line in given if line not in there_already)]


def _legible(listed: bytes) -> list[tuple[bytes, Entry]]:
    """What of a list is a line of one, and what that says."""
    found = []
    for line in listed.splitlines(keepends=True):
        with suppress(ValueError, LookupError, TypeError, RecursionError):
            entry: Entry = json.loads(line)
            texts = [entry["id"], entry["date"], entry["reason"], *entry["datasets"]]
            "".join(texts).encode()  # half a character is none
            if isinstance(entry["datasets"], list) and line.endswith(b"\n"):
                found.append((line, entry))
    return found


def _line(entry: Entry) -> Entry:
    """What a user of a dataset takes out of it. An address is there as its SHA-256, and not published again."""
    return {
        "id": entry["id"],
        "url_sha256": [hashlib.sha256(url.encode()).hexdigest() for url in entry["addresses"]],
        "datasets": entry["datasets"],
        "date": entry["done"][:10],
        "reason": public(entry["reason"]),
    }
