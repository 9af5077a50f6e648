"""Every path and key of an archive is made here, the same on disk and in a bucket."""

from __future__ import annotations

import re
import secrets
import socket
from datetime import UTC, date, datetime

OPEN = ".open"
"""Suffix of a file that is still being written; no reader should touch it."""
MADE = ".made.part"
"""Suffix of a part that is made anew, until an event has said of all parts of its unit that they are whole."""
ROWS = ARTICLES, DROPPED = ("articles", "dropped")
"""Folders of rows."""
JOURNAL = ".journal"
"""Suffix, after `.open`, of the file that says how many bytes of it are durable."""


def timestamp14(moment: datetime) -> str:
    """`20261122001500`: UTC, as WARC file names have it (WARC 1.1, annex C)."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def job_id(moment: datetime) -> str:
    """A name for one run of one outlet; sorts by time, unique without asking anybody."""
    return f"{timestamp14(moment)}-{secrets.token_hex(3)}"


def job_began(job: str) -> datetime:
    """When a job began, by its name."""
    return datetime.strptime(job[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def host_name() -> str:
    """Name of the machine, with only the characters that are safe in a file name."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", socket.gethostname()).strip("-.") or "localhost"


def warc_key(outlet: str, opened: datetime, serial: int, host: str) -> str:
    """Key of a WARC file: Prefix-Timestamp-Serial-Crawlhost (WARC 1.1, annex C)."""
    return f"warc/{outlet}/{opened:%Y/%m/%d}/{outlet}-{timestamp14(opened)}-{serial:05d}-{host}.warc.gz"


def rows_key(folder: str, outlet: str, day: date, job: str, extractor: str, *, revision: str = "") -> str:
    """Key of one part of `articles/` or `dropped/`; `day` is the day of capture, UTC.

    `revision` is when a rebuild wrote it, 14 digits: what was made anew lies beside what it replaces.
    """
    made = "-".join(filter(None, (job, extractor, revision)))
    return f"{folder}/outlet={outlet}/date={day:%Y-%m-%d}/part-{made}.jsonl.gz"


def row_folders(outlet: str) -> list[str]:
    """The folders of an outlet's parts of rows, that of `articles/` first."""
    return [f"{folder}/outlet={outlet}" for folder in ROWS]


def events_key(outlet: str, job: str) -> str:
    """Key of a job's events: what no WARC holds."""
    return f"events/{outlet}/{job}.jsonl.gz"


def manifest_key(outlet: str, job: str) -> str:
    """Key of a job's manifest, written last: a job without one did not finish."""
    return f"jobs/{outlet}/{job}.json"


def dataset_key(name: str, path: str) -> str:
    """Key of a file of a dataset."""
    return f"datasets/{name}/{path}"


def damaged_key(key: str, job: str) -> str:
    """Key of what was cut off a file that a killed job left."""
    return f"damaged/{job}/{key}"


def outlet_of(key: str) -> str:
    """The outlet that a file belongs to; of what lies under `damaged/` the job."""
    return key.split("/")[1].removeprefix("outlet=") if "/" in key else ""


def rank(key: str) -> int:
    """Files of an outlet become part of the archive in this order, so that none points at what is not there yet.

    WARCs, their indexes, rows and events, the manifest. Of a dataset what describes it goes last.
    """
    folder = key.partition("/")[0]
    if folder == "warc":
        return int(key.endswith(".cdxj"))
    return 3 if folder == "jobs" or key.endswith("/datapackage.json") else 2
