"""An archive that a test fills, and a WACZ taken apart."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from archive import layout, wacz
from archive.files import OnDisk
from archive.model import Article, Capture, RecordRef, Stored
from archive.warc import WarcWriter


def moment(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, 30, 15, 250000, tzinfo=UTC)


class Shelf:
    """An archive that a test fills."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def warc(self, *captures: tuple[str, datetime, bytes, Stored | None]) -> list[Stored]:
        """One WARC file with its index."""
        writer = WarcWriter(self.root, "tribun", {}, taken=lambda key: (self.root / key).exists())
        stored = []
        for url, began, body, earlier in captures:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
            made = Capture(url=url, began=began, request=b"GET / HTTP/1.1\r\n\r\n", response=head + body)
            stored.append(Stored(ref=writer.write(made, earlier), began=began))
        writer.close()
        return stored

    def pages(self, day: int, *numbers: int) -> list[Stored]:
        """A WARC file of articles with their rows."""
        stored = self.warc(*((f"https://contoh.test/{n}", moment(day), b"<p>isi %d</p>" % n, None) for n in numbers))
        for number, found in zip(numbers, stored, strict=True):
            self.row(number, found.ref, found.began)
        return stored

    def row(self, number: int, ref: RecordRef, captured: datetime, job: str = "job", **facts: Any) -> None:
        """One row, in a part of its own."""
        article = Article(id=f"tribun:contoh.test:{number}", outlet="tribun", captured=captured, captures=[ref])
        article.set_text([f"Isi {number}."])
        row = {**article.row(), "title": f"Judul {number}", **facts}
        path = self.root / layout.rows_key("articles", "tribun", captured.date(), f"{job}-{number}", "1")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(json.dumps(row).encode() + b"\n"))

    def write(self, name: str = "a.wacz", since: date | None = None, until: date | None = None) -> wacz.Written:
        return wacz.write(OnDisk(self.root), "tribun", since, until, title="Tribunnews", output=self.root / name)


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def index(path: Path) -> list[str]:
    return gzip.decompress(entries(path)["indexes/index.cdx.gz"]).decode().splitlines(keepends=True)


def facts(line: str) -> dict[str, str]:
    return dict(json.loads(line.split(" ", 2)[2]))


def pages(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in entries(path)["pages/pages.jsonl"].splitlines()[1:]]


def warcs(path: Path) -> set[str]:
    return {name.removeprefix("archive/") for name in entries(path) if name.startswith("archive/")}
