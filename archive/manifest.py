"""A job's manifest: what it was, what it came to, and the files that it made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive import layout, seal
from archive.local import sha256, write_file
from archive.model import SCHEMA, Verdict
from archive.salvage import Salvaged
from archive.spool import finished


def write(
    folder: Path,
    outlet: str,
    began: datetime,
    facts: dict[str, Any],
    published: list[str],
    *,
    digests: Mapping[str, str] | None = None,
) -> str:
    """Write the manifest of the job whose spool folder this is; its key. Raises OSError.

    It is there before the first file leaves the folder, so that whoever finishes the job finds all of their names.
    `published` are the files that have left already. `digests`: SHA-256, hexadecimal, of those of them that it is to
    state, and of files of other jobs that this one has changed; of one file the latest job's word counts.
    """
    job = folder.name
    key = layout.manifest_key(outlet, job)
    files = [*finished(folder)]
    described = {
        "job": job,
        "outlet": outlet,
        "began": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "schema": SCHEMA,
        **facts,
        "files": [*dict.fromkeys((*published, *files, key))],
        "sha256": {**(digests or {}), **digests_of(folder, files)},
    }
    write_file(folder / key, seal.sealed(described))
    return key


def of_killed(folder: Path, salvaged: Salvaged) -> None:
    """The manifest of a job that did not live to write one, from what was salvaged of it. Raises OSError."""
    outlet, job = salvaged.outlet, salvaged.job
    files = [*finished(folder)]
    path = folder / layout.manifest_key(outlet, job)
    if path.exists():
        _restate(path, digests_of(folder, files))
        return
    if not files:
        return
    dropped = {verdict: lines for verdict, lines in sorted(salvaged.verdicts.items()) if verdict != Verdict.ARTICLE}
    rows = salvaged.verdicts.total()
    facts = {
        "finish": "killed",
        "sentence": f"{outlet}: cut short; what it had is safe.",
        "counts": {"kept": salvaged.verdicts[Verdict.ARTICLE.value], "dropped": dropped, "rows": rows},
    }
    write(folder, outlet, layout.job_began(job), facts, salvaged.full, digests=salvaged.digests)


def digests_of(folder: Path, keys: Iterable[str]) -> dict[str, str]:
    """SHA-256, hexadecimal, of those files of a spool folder that a manifest states it of. Raises OSError.

    An index is held against its WARC, and the manifest has a digest of its own.
    """
    return {key: sha256(folder / key) for key in keys if not key.endswith((".cdxj", ".json"))}


def is_sealed(data: bytes) -> bool:
    """Are these the bytes of a manifest as they were written? Older ones do not say."""
    return seal.is_whole(data) or (b'"sha256": {' not in data and f'"{seal.OWN}": "'.encode() not in data)


def _restate(path: Path, digests: Mapping[str, str]) -> None:
    """Have a manifest speak of the files as they are, where its job was killed before the first of them left."""
    described = json.loads(path.read_bytes())
    if described.pop(seal.OWN, None) and digests.items() - described["sha256"].items():
        described["sha256"] |= digests
        write_file(path, seal.sealed(described))
