"""Lines that no reader calls the article's: a judge of its own, which shares nothing with the extractor's rules."""

from __future__ import annotations

import re

_SHORT = 200
_CHROME = re.compile(
    r"baca (?:juga|selengkapnya)\b|baca\s*[:：]|(?:simak|tonton|saksikan) (?:juga )?video\b|lihat juga\b|klik di sini\b"
    r"|advertisement\b|iklan$|scroll (?:to continue|ke bawah)|gulir untuk|promoted content|dengarkan artikel"
    r"|artikel ini (?:telah|sudah) tayang|lihat artikel asli|pilihan editor\b|ringkasan berita\b|jangan lewatkan video"
    r"|(?:penulis|editor|reporter|pewarta|kontributor|redaktur|sumber|source)\s*[:|]\s*(?:[|:]\s*)?[\w.'’-]+"
    r"(?: [A-Z][\w.'’-]*){0,4}$"
    r"|cek berita dan artikel yang lain|dapatkan update berita|gabung di (?:channel|grup)|(?:ikuti|follow) kami di\b"
    r"|halaman\s*[:：]|halaman \d+|halaman selanjutnya|\d+ dari \d+ halaman|(?:share|bagikan)\s*[:：]|tags?\s*[:：]"
    r"|berita rekomendasi|rekomendasi untuk|\[gambas|copyright ?[(©]|©|zoom-in\b|terbaru$|terkini$|berita terkini$"
    r"|komentar$|wiki terkait|foto\s*:|\([a-z]{2,5}/[a-z]{2,5}\)$|\(\*\)$|text sizes?$|aa$|\d{1,2}(?: \d{1,2})*$"
    r"|show all$|silakan baca konten|pastikan (?:kamu|anda) sudah install|baca berita tanpa iklan",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\((?:[a-z]{2,5}/[a-z]{2,6})\)$|\bbaca juga\s*[:：] ?\S.{10,150}$", re.IGNORECASE)


def lines(text: str) -> list[str]:
    """The short lines of a text that begin as the site's do, and those that end so."""
    return [
        line
        for line in map(str.strip, text.split("\n"))
        if (len(line) <= _SHORT and _CHROME.match(line)) or _TAIL.search(line)
    ]
