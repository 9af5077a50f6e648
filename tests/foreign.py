"""Archives as other crawlers write them, and what comes of them."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings

from archive.errors import ExitStatus
from archive.faults import Fault
from archive.foreign.exchanges import answers
from archive.foreign.found import Skipped, Sort
from archive.foreign.pairing import Exchange, paired
from crawler.foreign.adopt import adopt
from crawler.foreign.owners import Owners
from tests.runs import Run, scrapy
from tests.spiders.contoh import ContohSpider
from tests.warcs import ASKED, name, packed, record, sha1

MOMENT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
NOW = MOMENT + timedelta(days=30)
owners = Owners({"contoh": ContohSpider.outlet}, [])
PROSE = (
    "Warga {} berkumpul di balai desa sejak pagi untuk mendengarkan penjelasan petugas tentang jembatan yang baru.",
    "Petugas kecamatan mengatakan bahwa pekerjaan itu akan selesai sebelum musim hujan tiba di daerah {} tersebut.",
    "Anak-anak sekolah selama ini menyeberang dengan rakit, dan orang tua mereka cemas setiap kali air sungai naik.",
)
HTML = "Content-Type: text/html; charset=UTF-8"
# Of a row what names this archive, this job and the records that they wrote.
_OURS = ("warc", "offset", "length", "record_id")


def page(number: int, words: str = "Sukamaju", more: str = "") -> bytes:
    """An article of the outlet that is invented for tests."""
    text = "".join(f"<p>{one.format(words)}</p>" for one in PROSE)
    return (
        f"<html><head><title>Jembatan {number} Dibangun</title>{more}</head><body><h1>Jembatan {number} Dibangun</h1>"
        f"<div class='side-article txt-article'>{text}</div></body></html>"
    ).encode()


def address(number: int) -> str:
    """Address of such an article."""
    return f"https://contoh.test/berita/{number}"


def http(body: bytes, *lines: str, status: str = "200 OK", protocol: str = "HTTP/1.1") -> bytes:
    """A response; with its Content-Length, unless a line says how long it is."""
    told = any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines)
    heads = [f"{protocol} {status}", *(lines or (HTML,)), *([] if told else [f"Content-Length: {len(body)}"])]
    return "\r\n".join([*heads, "", ""]).encode() + body


@dataclass
class Book:
    """Records, one after the other, each with the next name."""

    records: list[bytes] = field(default_factory=list)

    def response(self, url: str, block: bytes, at: datetime = MOMENT, **changes: str | None) -> str:
        """A response without a request; its name."""
        mine = name(len(self.records) + 1)
        fields = {"WARC-Target-URI": url, "WARC-Date": f"{at:%Y-%m-%dT%H:%M:%SZ}", "WARC-Block-Digest": None}
        given = {field.replace("_", "-"): value for field, value in changes.items()}
        kind = given.pop("WARC-Type", None) or "response"
        self.records.append(record(kind, block, len(self.records) + 1, fields | given, "1.0"))
        return mine

    def ask(self, url: str, of: str, at: datetime = MOMENT, block: bytes = ASKED) -> None:
        """The request of a response."""
        fields = {"WARC-Target-URI": url, "WARC-Date": f"{at:%Y-%m-%dT%H:%M:%SZ}", "WARC-Concurrent-To": of}
        self.records.append(record("request", block, len(self.records) + 1, fields, "1.0"))

    def page(self, number: int, at: datetime = MOMENT, words: str = "Sukamaju") -> str:
        """An article."""
        return self.response(address(number), http(page(number, words)), at)

    def write(self, path: Path) -> Path:
        """The file, packed if its name says so."""
        path.write_bytes(packed(*self.records) if path.suffix == ".gz" else b"".join(self.records))
        return path


def news_crawl(path: Path, pages: Sequence[tuple[str, datetime, bytes, bytes]]) -> Path:
    """A file as Common Crawl's CC-NEWS has them: requests first, bodies decoded, fields renamed, dates in seconds.

    A page is its address, its instant, its request, and its body without any coding.
    """
    crawler = b"software: StormCrawler 2.10 http://stormcrawler.net/\r\nformat: WARC File Format 1.0\r\n"
    book = Book([record("warcinfo", crawler, 1, {"WARC-Filename": path.name}, "1.0")])
    for url, at, asked, body in pages:
        answer = name(len(book.records) + 2)
        book.ask(url, answer, at, block=asked)
        coded = ("X-Crawler-Transfer-Encoding: chunked", "X-Crawler-Content-Encoding: gzip")
        digest = {"WARC_Payload_Digest": sha1(body), "WARC_IP_Address": "192.0.2.7"}
        book.response(url, http(body, HTML, *coded, f"Content-Length: {len(body)}"), at, **digest)
    return book.write(path)


def wacz(path: Path, *warcs: Path, packing: int = zipfile.ZIP_STORED) -> Path:
    """A file as Browsertrix has them."""
    with zipfile.ZipFile(path, "w", packing) as opened:
        for warc in warcs:
            opened.write(warc, f"archive/{warc.name}")
        opened.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}\n')
        opened.writestr("datapackage.json", json.dumps({"profile": "data-package", "wacz_version": "1.1.1"}))
    return path


def found(path: Path, sort: Sort = owners.sort) -> list[Exchange | Skipped | Fault]:
    """Everything in a file."""
    return list(paired(answers(path, sort, NOW)))


def settings_of(archive: Path | str, **more: Any) -> Settings:
    """Settings of an archive of the outlet `contoh`, and of whatever other hosts there are."""
    settings = get_project_settings()
    settings.set("SPIDER_MODULES", ["tests.spiders"], 100)
    for key, value in {"ARCHIVE_URI": str(archive), **more}.items():
        settings.set(key, value, 100)
    return settings


def taken(archive: Path, *places: Path, only: Sequence[str] = (), **more: Any) -> tuple[ExitStatus, Run]:
    """What an archive has when these were adopted."""
    status = adopt([str(place) for place in places], only, settings_of(archive, **more), 1)
    return status, Run(status, "", "", archive)


def sound(archive: Path) -> None:
    """Nothing in an archive is at fault."""
    status, out, _ = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={archive}")
    assert (status, out.partition(" in ")[0]) == (0, "no faults")


def bare(rows: list[dict[str, Any]], *without: str) -> list[dict[str, Any]]:
    """Rows without what names this archive and its jobs, in one order."""
    found = []
    for row in rows:
        captures = [{name: ref[name] for name in ref if name not in _OURS} for ref in row["captures"]]
        kept = {name: value for name, value in row.items() if name not in {"job", *without}}
        found.append(kept | {"captures": captures} if "captures" not in without else kept)
    return sorted(found, key=lambda row: (row["url"], row["version"], str(row.get("captured"))))


def later(**time: float) -> datetime:
    """Some time after the usual moment."""
    return MOMENT + timedelta(**time)


def member(data: bytes) -> bytes:
    """Bytes as one gzip member, whatever they hold."""
    return gzip.compress(data, mtime=0)
