"""A job's manifest: what it was, what it came to, and the files that it made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive import layout
from archive.local import write_file
from archive.model import SCHEMA, Verdict
from archive.salvage import Salvaged
from archive.spool import finished


def write(folder: Path, outlet: str, began: datetime, facts: dict[str, Any], published: list[str]) -> str:
    """Write the manifest of the job whose spool folder this is; its key. Raises OSError.

    It is there before the first file leaves the folder, so that whoever finishes the job finds all of their names.
    `published` are the files that have left already.
    """
    job = folder.name
    key = layout.manifest_key(outlet, job)
    described = {
        "job": job,
        "outlet": outlet,
        "began": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "schema": SCHEMA,
        **facts,
        "files": [*dict.fromkeys((*published, *finished(folder), key))],
    }
    write_file(folder / key, (json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode())
    return key


def of_killed(folder: Path, salvaged: Salvaged) -> None:
    """The manifest of a job that did not live to write one, from what was salvaged of it. Raises OSError."""
    outlet, job = salvaged.outlet, salvaged.job
    if (folder / layout.manifest_key(outlet, job)).exists() or not next(finished(folder), None):
        return
    dropped = {verdict: lines for verdict, lines in sorted(salvaged.verdicts.items()) if verdict != Verdict.ARTICLE}
    facts = {
        "finish": "killed",
        "sentence": f"{outlet}: cut short; what it had is safe.",
        "counts": {"kept": salvaged.verdicts[Verdict.ARTICLE.value], "dropped": dropped},
    }
    write(folder, outlet, layout.job_began(job), facts, salvaged.full)
