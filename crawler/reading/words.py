"""How the pages say what a row holds."""

from __future__ import annotations

import re
import shlex
from calendar import month_name
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from archive.model import RecordRef
from archive.search.tables import BEGIN, END

_ZONES = {"+07:00": "WIB", "+08:00": "WITA", "+09:00": "WIT", "+00:00": "UTC"}
_NO_FACTS = {"text", "captures", "origins"}


def moment(text: str | None) -> str:
    """`22 November 2026, 09:15 WIB`, from ISO 8601; what is no moment stays as it is."""
    if not text:
        return "unknown"
    try:
        found = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return str(text)
    zone = str(found.tzinfo or "").removeprefix("UTC") or "+00:00"
    return f"{found.day} {month_name[found.month]} {found.year}, {found:%H:%M} {_ZONES.get(zone, zone)}".rstrip()


def marked(text: str) -> Markup:
    """A passage with what was asked for in `<mark>`. It is escaped first, and no row holds the characters of marks."""
    return Markup(str(escape(text)).replace(BEGIN, "<mark>").replace(END, "</mark>"))  # noqa: S704 - escaped


def beginning(text: str, most: int = 240) -> str:
    """The first words of a text."""
    flat = " ".join(text[: 2 * most].split())
    return flat if len(flat) <= most else f"{flat[:most].rpartition(' ')[0] or flat[:most]} …"


def place(row: Mapping[str, Any]) -> str:
    """Where the pages of an article lie: `OUTLET/ID`, the id without its outlet."""
    outlet = str(row["outlet"])
    return f"{outlet}/{quote(str(row['id']).removeprefix(f'{outlet}:'), safe=':')}"


def said(value: Any) -> str:
    """The value of a field."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def facts(row: Mapping[str, Any]) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Field, value and origin of what is known, and the fields of which nothing is."""
    origins = row.get("origins")
    origins = origins if isinstance(origins, dict) else {}
    names = [name for name in row if name not in _NO_FACTS]
    known = [(name, said(row[name]), str(origins.get(name, ""))) for name in names if row[name] not in (None, "", [])]
    return known, [name for name in names if row[name] in (None, "", [])]


def by_hand(where: str, ref: RecordRef) -> str:
    """A command that prints the record."""
    source = shlex.quote(where)
    cut = f"tail -c +{ref.offset + 1}"
    whole = f"aws s3 cp {source} - | {cut}" if where.startswith("s3://") else f"{cut} {source}"
    return f"{whole} | head -c {ref.length} | gunzip"


def media(content_type: str) -> tuple[str, str]:
    """Media type and charset of a Content-Type (RFC 9110, section 8.3); what is not named is empty."""
    kind = content_type.partition(";")[0].strip().lower()
    charset = re.search(r";\s*charset\s*=\s*\"?([A-Za-z0-9._:+-]{1,40})", content_type, re.IGNORECASE)
    return kind if re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}", kind) else "", charset[1] if charset else ""
