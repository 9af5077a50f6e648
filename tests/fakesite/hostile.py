"""Sources that attack their reader, under https://www.tribunnews.com/hostile/."""

import re
import struct
import zlib
from functools import cache

from tests.fakesite import feeds
from tests.fakesite.listings import page
from tests.fakesite.reply import Reply

ROOT = "https://www.tribunnews.com/hostile"
SITEMAPS = tuple(f"{ROOT}/{name}" for name in ("bomb.xml.gz", "entities.xml", "chain/1.xml", "deep.xml", "notxml.xml"))

_XML = (("Content-Type", "application/xml"),)
_URLSET = b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'


def answer(path: str) -> Reply | None:
    """The hostile source at a path of www.tribunnews.com, if there is one."""
    if link := re.fullmatch(r"/hostile/chain/(\d+)\.xml", path):
        return Reply(headers=_XML, body=feeds.sitemap_index([f"{ROOT}/chain/{int(link[1]) + 1}.xml"]))
    match path:
        case "/hostile/bomb.xml.gz":
            return Reply(headers=(("Content-Type", "application/x-gzip"),), body=_bomb())
        case "/hostile/entities.xml":
            return Reply(headers=_XML, body=_entities())
        case "/hostile/deep.xml":
            return Reply(headers=_XML, body=_URLSET + b"<url>" * 200_000 + b"</url>" * 200_000 + b"</urlset>")
        case "/hostile/notxml.xml":
            body = page("Tribunnews.com", "<p>Halaman sedang diperbaiki.<br>Silakan kembali nanti.</p>")
            return Reply(headers=(("Content-Type", "text/html; charset=UTF-8"),), body=body)
    return None


@cache
def _bomb() -> bytes:
    """A sitemap of 300 MB in a gzip file of about 300 kB."""
    # A full flush makes the compressed blanks independent of what came before: their bytes can be repeated.
    blanks, times = b" " * 10_000_000, 30
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = squeeze.compress(_URLSET) + squeeze.flush(zlib.Z_FULL_FLUSH)
    middle = squeeze.compress(blanks) + squeeze.flush(zlib.Z_FULL_FLUSH)
    tail = squeeze.compress(b"</urlset>") + squeeze.flush(zlib.Z_FINISH)
    checksum = zlib.crc32(_URLSET)
    for _ in range(times):
        checksum = zlib.crc32(blanks, checksum)
    size = len(_URLSET) + len(blanks) * times + len(b"</urlset>")
    trailer = struct.pack("<II", zlib.crc32(b"</urlset>", checksum), size)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03" + head + middle * times + tail + trailer


def _entities() -> bytes:
    """Ten entities, each ten times the one before it."""
    layers = "\n".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 11))
    return (
        f'<?xml version="1.0"?>\n<!DOCTYPE urlset [\n<!ENTITY e0 "berita">\n{layers}\n]>\n'
        f"{_URLSET.decode()}<url><loc>https://www.tribunnews.com/&e10;</loc></url></urlset>"
    ).encode()
