"""How the page says numbers, moments and statuses."""

from __future__ import annotations

import re
import unicodedata
from calendar import month_name
from datetime import date, datetime, timedelta
from math import floor

from archive.errors import WORDS, ExitStatus
from archive.report.data import JobRun

_GRAVE = {ExitStatus.FAULT, ExitStatus.UNREACHABLE, ExitStatus.BLOCKED, ExitStatus.STORAGE}
_UNITS = ("kB", "MB", "GB", "TB", "PB")
_LONGEST = 300


def status(run: JobRun) -> str:
    """How a job ended."""
    if run.status is None:
        return legible(run.finish) or "unknown"
    return WORDS[ExitStatus(run.status)] if run.status in WORDS else f"status {run.status}"


def level(run: JobRun) -> str:
    """Class of the style sheet for how a job ended: `ok`, `odd`, `bad`."""
    if run.status in _GRAVE:
        return "bad"
    return "ok" if run.status == ExitStatus.DONE and not run.alarms else "odd"


def number(value: float | None) -> str:
    """`12,345`."""
    return "–" if value is None else f"{value:,.0f}"


def percent(part: float, whole: float) -> str:
    """`97.3 %`; 100 only when nothing is missing, 0 only when everything is."""
    if not whole:
        return "–"
    if part in (0, whole):
        return "100 %" if part else "0 %"
    return f"{min(99.9, max(0.1, 100 * part / whole)):.1f} %"


def floored(share: float) -> str:
    """`97` for a share of 0.979; 100 only for all."""
    return f"{floor(100 * share + 1e-9)}"


def size(value: float | None) -> str:
    """`1.2 MB`, a thousand bytes to the kilobyte."""
    if value is None:
        return "–"
    if value < 1000:
        return f"{value:.0f} B"
    for unit in _UNITS:
        value /= 1000
        if value < 999.5 or unit == _UNITS[-1]:
            break
    return f"{value:,.{0 if value >= 99.5 else 1}f} {unit}"


def hours(value: float | None) -> str:
    """`35 min`, `4.2 h`, `3.5 days`."""
    if value is None:
        return "–"
    if value < 1:
        return f"{60 * value:.0f} min"
    return f"{value:.1f} h" if value < 48 else f"{value / 24:,.1f} days"


def took(run: JobRun) -> float | None:
    """Seconds that a job took; None when it did not say when it ended."""
    try:
        ended = datetime.fromisoformat(run.ended)
        return max(0.0, (ended - run.began) / timedelta(seconds=1))
    except (ValueError, TypeError):
        return None


def seconds(value: float | None) -> str:
    """`45 s`, `12 min`, `3.1 h`."""
    if value is None:
        return "–"
    if value < 120:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def moment(value: datetime) -> str:
    """`22 Nov 2026, 09:15`."""
    return f"{value.day} {month_name[value.month][:3]} {value.year}, {value:%H:%M}"


def when(value: str) -> str:
    """`22 Nov 2026` for a day, `Nov 2026` for a month; what is neither stays as it is."""
    found = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", value)
    if not found or not 1 <= int(found[2]) <= 12:
        return value
    month = f"{month_name[int(found[2])][:3]} {found[1]}"
    return f"{int(found[3])} {month}" if found[3] else month


def month(value: date) -> str:
    """`November 2026`."""
    return f"{month_name[value.month]} {value.year}"


def legible(text: str) -> str:
    """Text from outside without what would turn or hide other text, and no longer than a reader would read."""
    shown = "".join(char if unicodedata.category(char)[0] != "C" else "�" for char in text[:_LONGEST])
    return shown + "…" if len(text) > _LONGEST else shown


def ending(key: str) -> str:
    """The end of a key that tells it from others of its outlet: the day of rows and their file, else the file."""
    parts = key.rstrip("/").split("/")
    return "/".join(parts[2:] if parts[0] in {"articles", "dropped"} else parts[-1:])


def slug(text: str) -> str:
    """Text as part of an id."""
    return re.sub(r"[^a-z0-9-]", "-", text.lower())
