"""An invented archive to read: edits, pages, odd answers, damage, and a page that means harm."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from archive import layout
from archive.model import Article, Capture, RecordRef, Stored
from archive.warc import WarcWriter

WIB = timezone(timedelta(hours=7))
CLEAN = [
    "Pedagang kembali memenuhi Pasar Apung Lok Baintan sejak Sabtu dini hari, setelah tiga bulan air surut.",
    "Menurut Kepala Desa Rusmini, jumlah jukung naik dari 40 menjadi 112. Sebagian besar menjual jeruk dan kue basah.",
    "“Kami menunggu air naik sejak Agustus,” kata Halimah, pedagang yang sudah 30 tahun berjualan di sungai itu.",
    "Pemerintah kabupaten menyiapkan dua dermaga baru dan lampu di tikungan sungai yang gelap.",
    "Wisatawan dapat berangkat dari Banjarmasin pada pukul lima pagi; perjalanan memakan waktu sekitar 45 menit.",
]
EDITED = [CLEAN[0], CLEAN[1].replace("112", "127"), *CLEAN[2:4], "Dermaga pertama dibuka pada 1 Desember.", CLEAN[4]]
HOSTILE_TITLE = 'Judul </title><script>document.title="rusak"</script> & "kutip"'
HOSTILE = b"""<!doctype html><html><head><title>Jahat</title><base href="http://alas.test/" target="_top">
<meta http-equiv="refresh" content="0;url=http://segar.test/">
<link rel="stylesheet" href="http://gaya.test/a.css"><link rel="icon" href="http://ikon.test/i.ico">
<link rel="preconnect" href="http://sambung.test"><link rel="dns-prefetch" href="//nama.test">
<link rel="prefetch" href="http://ambil.test/"><link rel="preload" as="image" href="http://muat.test/a.png">
<style>@import url(http://impor.test/a.css); @font-face { font-family: x; src: url(http://huruf.test/x.woff) }
p { font-family: x; background: url(http://latar.test/a.png) }</style></head>
<body onload="document.title='rusak'"><p id="isi">Isi halaman jahat.</p><script>document.title = "rusak"</script>
<img src="http://gambar.test/a.png" onerror="document.title='rusak'"><iframe src="http://bingkai.test"></iframe>
<video src="http://video.test/a.mp4" poster="http://poster.test/a.png" autoplay></video>
<object data="http://benda.test/a"></object><svg><image href="http://lukis.test/a.png"/></svg>
<a id="tautan" target="_self" href="http://tautan.test/">tautan</a> <a id="atas" href="http://atas.test/">atas</a>
<a id="baru" target="_blank" href="http://baru.test/" ping="http://ping.test/">baru</a>
<a id="skrip" href="javascript:document.title='rusak'">skrip</a>
<form action="http://kirim.test/"><button id="kirim">kirim</button></form></body></html>"""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccfc0f01f00050501ff"
    "a7a5d3f50000000049454e44ae426082"
)


def html(title: str, paragraphs: list[str]) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return f"<!doctype html><html lang=id><title>{title}</title><h1>{title}</h1>{body}</html>".encode()


class Library:
    """An archive under a folder, filled one job at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._moments = (datetime(2026, 11, 20, 1, tzinfo=UTC) + timedelta(minutes=7 * n) for n in range(10**6))

    def keep(self, outlet: str, *kept: tuple[int, dict[str, Any], list[tuple[bytes, str]]]) -> list[list[RecordRef]]:
        """One WARC file and one part: number, facts and answers (body, head) of each article."""
        writer = WarcWriter(self.root, outlet, {"isPartOf": outlet}, taken=lambda key: (self.root / key).exists())
        rows, found = [], []
        for number, facts, answers in kept:
            refs = [writer.write(self.exchange(f"https://{outlet}.test/{number}", *answer), None) for answer in answers]
            rows.append(self.row(outlet, number, refs, **facts))
            found.append(refs)
        writer.close()
        self.part(outlet, rows)
        return found

    def exchange(self, url: str, body: bytes, head: str = "") -> Capture:
        head = head or "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
        response = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        return Capture(url=url, began=next(self._moments), request=b"GET / HTTP/1.1\r\n\r\n", response=response)

    def row(self, outlet: str, number: int, refs: list[RecordRef], /, **facts: Any) -> dict[str, Any]:
        article = Article(
            id=f"{outlet}:{outlet}.test:{number}", outlet=outlet, url=f"https://{outlet}.test/{number}", language="id"
        )
        article.captured = next(self._moments)
        article.published = (article.captured - timedelta(hours=1)).astimezone(WIB)
        article.captures, article.extractor, article.job = refs, "2", "20261122000000-abc"
        article.set_text(facts.pop("paragraphs", [f"Isi berita nomor {number}."]))
        article.origins = {"title": "jsonld", "published": "meta", "text": "rule"}
        return {**article.row(), "title": f"Berita nomor {number}", **facts}

    def part(self, outlet: str, rows: list[dict[str, Any]], name: str = "") -> Path:
        """Rows in a part of their own."""
        name = name or f"{next(self._moments):%Y%m%d%H%M%S}-abc"
        path = self.root / layout.rows_key("articles", outlet, datetime(2026, 11, 20, tzinfo=UTC).date(), name, "2")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
        return path


def fill(root: Path) -> Library:
    """The archive of the tests of `scrapy serve`."""
    library = Library(root)
    market: dict[str, Any] = {
        "title": "Pasar Apung Lok Baintan Ramai Lagi",
        "section": "Nusantara",
        "authors": ["Siti Rahmah"],
    }
    market |= {"tags": ["pasar apung", "Banjar"], "place": "MARTAPURA"}
    library.keep("tribun", (1, {**market, "paragraphs": CLEAN}, [(html(market["title"], CLEAN), "")]))
    market |= {"title": "Pasar Apung Lok Baintan Kembali Ramai", "version": 2, "editors": ["B. Hidayat"]}
    library.keep("tribun", (1, {**market, "paragraphs": EDITED}, [(html(market["title"], EDITED), "")]))
    pages = [html("Resep, halaman 1", ["Bahan: beras."]), html("Resep, halaman 2", ["Cara: kukus."])]
    zipped = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
    library.keep(
        "intisari",
        (
            2,
            {"title": "Resep lontong", "paragraphs": ["Bahan: beras.", "Cara: kukus."], "pages": 2},
            [(page, "") for page in pages],
        ),
        (3, {"title": "Termampatkan"}, [(gzip.compress(pages[0], mtime=0), zipped)]),
        (
            4,
            {"title": "Kafe di Surabaya"},
            [("<p>Kafé</p>".encode("latin-1"), "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=ISO-8859-1\r\n")],
        ),
        (5, {"title": "Gambar"}, [(PIXEL, "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n")]),
        (6, {"title": "Berkas"}, [(b"%PDF-1.4", "HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n")]),
        (7, {"title": "Pindah"}, [(b"", "HTTP/1.1 301 Moved\r\nLocation: https://lain.test/\r\n")]),
        (8, {"title": "Galat"}, [(b"<p>Gangguan</p>", "HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\n")]),
        (9, {"title": "Data"}, [(b"<script>1</script>", "HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml\r\n")]),
    )
    library.keep(
        "jahat",
        (
            1,
            {
                "title": HOSTILE_TITLE,
                "paragraphs": ["<script>rusak()</script> isi jahat", "\x02x\x03"],
                "url": "javascript:alert(1)",
                "tags": ['"><img src=x onerror=alert(1)>'],
            },
            [(HOSTILE, "")],
        ),
    )
    [[whole]] = library.keep("rusak", (1, {"title": "Rekaman rusak"}, [(html("Rusak", CLEAN), "")]))
    path = root / whole.warc
    data = bytearray(path.read_bytes())
    data[whole.offset + whole.length // 2] ^= 0xFF
    path.write_bytes(data)
    [[gone]] = library.keep("hilang", (1, {"title": "Berkas hilang"}, [(html("Hilang", CLEAN), "")]))
    (root / gone.warc).unlink()
    _revisit(library)
    return library


def _revisit(library: Library) -> None:
    """A row that points at a revisit, as other programs' rows may."""
    writer = WarcWriter(library.root, "ulang", {}, taken=lambda key: (library.root / key).exists())
    first = library.exchange("https://ulang.test/1", b"<p>sama</p>")
    stored = Stored(ref=writer.write(first, None), began=first.began)
    writer.write(library.exchange("https://ulang.test/1", b"<p>sama</p>"), stored)
    writer.close()
    [(revisit, *_)] = list(_revisits(library.root / stored.ref.warc, stored.ref.warc))
    library.part("ulang", [library.row("ulang", 1, [revisit], title="Kunjungan ulang")])


def _revisits(path: Path, key: str) -> Iterator[tuple[RecordRef]]:
    from archive.reader import Record, read

    for record in read(path):
        if isinstance(record, Record) and record.get("WARC-Type") == "revisit":
            fields = {name: record.get(header) or "" for name, header in _HEADERS.items()}
            yield (RecordRef(warc=key, offset=record.offset, length=record.length, **fields),)


_HEADERS = {"url": "WARC-Target-URI", "record_id": "WARC-Record-ID", "payload_digest": "WARC-Payload-Digest"}
