"""Texts as WARC `conversion` records (WARC 1.1, section 6.8), in files as Common Crawl's WET has them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from archive import records
from archive.dataset.plain import block

_ODD = re.compile(r"[\x00-\x20\x7f]")


class Writer:
    """One file. Every method raises OSError."""

    def __init__(self, where: Path, path: str) -> None:
        """`path` is that of the file in the dataset."""
        self._file = where.open("wb")
        self._path, self._offset, self._info = path, 0, ""

    def add(self, row: Mapping[str, Any], line: bytes) -> Mapping[str, Any]:  # noqa: ARG002 - other formats have use for it
        """Write the text of a row as a record; where it is."""
        date = records.warc_date(datetime.fromisoformat(row["captured"]))
        if not self._info:
            self._begin(date)
        content = block(row)
        name = _name(f"{row['id']} {row['version']} {records.digest(content)}")
        fields = [
            ("WARC-Type", "conversion"),
            ("WARC-Record-ID", name),
            ("WARC-Warcinfo-ID", self._info),
            ("WARC-Target-URI", _header(row["url"])),
            ("WARC-Date", date),
            ("WARC-Refers-To", _header(row["captures"][0]["record_id"])),
            ("WARC-Block-Digest", records.digest(content)),
            ("Content-Type", "text/plain"),
        ]
        place = {"file": self._path, "offset": self._offset}
        return {**place, "length": self._append(records.member(fields, content)), "record_id": name}

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def _begin(self, date: str) -> None:
        """A warcinfo record of the time of the first capture: no file says when it was made."""
        self._info = _name(f"{self._path} {date}")
        content = b"software: arsip-berita\r\nformat: WARC File Format 1.1\r\n"
        fields = [
            ("WARC-Type", "warcinfo"),
            ("WARC-Record-ID", self._info),
            ("WARC-Filename", Path(self._path).name),
            ("WARC-Date", date),
            ("WARC-Block-Digest", records.digest(content)),
            ("Content-Type", "application/warc-fields"),
        ]
        self._append(records.member(fields, content))

    def _append(self, data: bytes) -> int:
        self._offset += self._file.write(data)
        return len(data)


def _name(what: str) -> str:
    """A WARC-Record-ID that is the same whenever it is made (RFC 9562, section 5.5)."""
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'arsip-berita {what}')}>"


def _header(value: str) -> str:
    """Text that cannot begin another field."""
    return _ODD.sub(lambda found: f"%{ord(found[0]):02X}", value)
