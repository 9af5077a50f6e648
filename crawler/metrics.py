"""What a job came to, as a file for the textfile collector of Prometheus' node_exporter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile
from prometheus_client.parser import text_string_to_metric_families

from archive.errors import ExitStatus
from crawler.summary import Summary

SUCCESS = "arsip_job_last_success_timestamp_seconds"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What is known of a job beside its summary."""

    status: ExitStatus
    began: datetime
    ended: datetime
    warc_bytes: int
    alarms: int


def write(folder: Path, summary: Summary, measured: Measured) -> Path:
    """Write `arsip_OUTLET.prom`, whole or not at all. Raises OSError.

    All are gauges: they say what the last job came to, and a job begins at nothing. The time of the last success is
    that of the file before when this job was none.
    """
    path = folder / f"arsip_{summary.outlet}.prom"
    ended = measured.ended.timestamp()
    success = ended if measured.status is ExitStatus.DONE else _last_success(path)
    values = {
        "last_run_timestamp_seconds": ("When the last job of the outlet ended.", ended),
        "last_success_timestamp_seconds": ("When a job of the outlet last ended with status 0.", success),
        "duration_seconds": ("How long the last job took.", (measured.ended - measured.began).total_seconds()),
        "exit_status": ("Exit status of the last job; docs/running.md has them.", measured.status),
        "announced": ("Articles that were announced or asked for.", summary.announced),
        "already_there": ("Of them in the archive before.", summary.there),
        "later": ("Of them tried before in vain, and not due again yet.", summary.later),
        "not_asked": ("Of them outside the period or section that was asked for.", summary.not_asked),
        "kept": ("Of them kept as rows.", summary.kept),
        "left": ("Of them not tried before the job ended.", summary.left),
        "warc_bytes": ("Size of the WARC files that were finished, compressed.", measured.warc_bytes),
        "pending_uploads": ("Files that wait for upload.", summary.pending.files),
        "pending_upload_bytes": ("Size of the files that wait for upload.", summary.pending.size),
        "alarms": ("Alarms of the last job.", measured.alarms),
    }
    registry = CollectorRegistry()
    for name, (meaning, value) in values.items():
        if value is not None:
            gauge = Gauge(f"arsip_job_{name}", meaning, ["outlet"], registry=registry)
            gauge.labels(summary.outlet).set(value)
    for name, (label, meaning, counts) in {
        "dropped": ("verdict", "Of them dropped, by verdict.", summary.dropped),
        "failed": ("reason", "Of them failed, by reason.", summary.failed),
        "requests": ("kind", "Requests that were sent, by what they were for.", summary.requests),
        "revisited": ("end", "Articles that were looked at again, by what became of them.", summary.revisited),
    }.items():
        gauge = Gauge(f"arsip_job_{name}", meaning, ["outlet", label], registry=registry)
        for of, count in counts.items():
            gauge.labels(summary.outlet, of).set(count)
    write_to_textfile(str(path), registry)
    return path


def _last_success(path: Path) -> float | None:
    """What an earlier job wrote; a file that cannot be read knows of none."""
    try:
        families = list(text_string_to_metric_families(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    return next((sample.value for family in families if family.name == SUCCESS for sample in family.samples), None)
