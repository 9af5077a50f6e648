"""SURT keys of URLs: what CDXJ lines are sorted by, and what pywb looks captures up by.

Our own, so that whoever may not run the AGPL package can run an archive. Made from documents:

- the form `id,contoh)/jalan?a=1`: Heritrix 3, glossary, "SURT";
- percent-escapes, hosts and paths: Google Safe Browsing v4, "URLs and Hashing", section "Canonicalization";
- case, `www` and session ids: the javadoc of Heritrix's `LowercaseRule`, `StripWWWNRule`, `StripSessionIDs` and
  `StripSessionCFIDs`; the order of parameters: `QUERY_ALPHA_REORDER` of webarchive-commons' `CanonicalizeRules`.

pywb and cdxj-indexer compute their keys themselves. Where they do otherwise than a document says, they are followed,
because a key that is better than theirs finds nothing. What they do is known by asking them: see tests/test_surt.py.
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from itertools import product
from urllib.parse import quote

_MAX_HOST, _MAX_PATH = 1 << 10, 1 << 12
"""Bytes from which on Punycode and ASP sessions are left alone: their time grows with the square of the length."""

_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_SCHEMES_AGAIN = re.compile(rb"^(?:https?://)+(?=https?://)")
_PORTS = {b"http": 80, b"https": 443}
_WWW = re.compile(rb"^www[0-9]*\.")
# A first number that is octal wants octal ones behind it.
_ADDRESS = re.compile(rb"0[0-7.]*|[1-9][0-9.]*")

# Sessions are looked for in text that is in lower case already. Of each kind the last one goes.
_ASP_SESSIONS = [
    re.compile(rb"(.*/)\(" + session + rb"\)/([^?]+\.aspx.*)")
    for session in (rb"[0-9a-z]{24}", rb"(?:[a-z]\([0-9a-z]{24}\))+")
]
_SESSIONS = [
    re.compile(rb"(.*)" + session + rb"(?:&(.*))?")
    for session in (
        rb"jsessionid=[0-9a-z]{32}",
        rb"phpsessid=[0-9a-z]{32}",
        rb"sid=[0-9a-z]{32}",
        rb"aspsessionid[a-z]{8}=[a-z]{24}",
        # The lookahead keeps a thousand times `cfid=` from being read a thousand times to the end.
        rb"cfid=(?:(?!cfid=[^&])[^&])++&cftoken=[^&]+",
    )
]

_PERCENT = ord("%")
_HEX = "0123456789abcdefABCDEF"
_BYTES = {(low + high).encode(): int(high + low, 16) for high, low in product(_HEX, repeat=2)}
_TO_ESCAPE = re.compile(rb"[^!\"$&-~]")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def key(url: str) -> str:
    """The SURT of a URL: printable ASCII without spaces, for every string.

    What has no SURT because its port is none is its own key, escaped. No name server is asked, and the time grows with
    the length of the URL, not with the square of it.
    """
    text = url.encode(errors="surrogatepass").strip().translate(None, b"\t\r\n")
    if not text:
        return "-"
    if not text.startswith(b"filedesc"):  # what an ARC file begins with in place of a URL
        with suppress(ValueError):
            return _key(text).decode()
    return quote(url, safe=_PRINTABLE, errors="replace")


def _key(text: bytes) -> bytes:
    """Raises ValueError if the port is none."""
    text = _SCHEMES_AGAIN.sub(b"", text) if _SCHEME.match(text) else b"http://" + text
    scheme, _, rest = text.partition(b":")
    rest, _, query = rest.partition(b"#")[0].partition(b"?")
    host, port = b"", 0
    if rest.startswith(b"//"):
        authority, slash, path = rest[2:].partition(b"/")
        host, port = _authority(authority)
        rest = slash + path
    if not host and scheme in _PORTS:  # http:/contoh.test/jalan and http:contoh.test/jalan
        host, slash, path = rest.lstrip(b"/").partition(b"/")
        rest = (slash + path or b"/") if rest else b""
    host, path, query = _host(host), _unescaped(rest), _query(_plain(_unescaped(query)))
    if host:
        path = _resolved(path)
    path = _path(_plain(path))
    if host or query:
        path = path or b"/"
    return _place(scheme, host, port) + path + (b"?" + query if query else b"")


def _authority(text: bytes) -> tuple[bytes, int]:
    """Host and port (RFC 3986, section 3.2), 0 if there is none. Raises ValueError if the port is none."""
    text = text.rpartition(b"@")[2].rstrip(b":")
    _, bracket, literal = text.partition(b"[")
    if bracket:
        host, _, rest = literal.partition(b"]")
        port = rest.partition(b":")[2]
    else:
        host, _, port = text.partition(b":")
    digits = port.lstrip(b"0")
    if digits and (not digits.isdigit() or len(digits) > 5 or int(digits) >= 1 << 16):
        raise ValueError(text)
    return host, int(digits or b"0")


def _host(text: bytes) -> bytes:
    text = _unescaped(text)
    if not text.isascii() and len(text) < _MAX_HOST:
        with suppress(UnicodeError):
            text = text.decode(errors="ignore").encode("idna")
    text = text.strip(b".").replace(b"..", b".")
    if text.isdigit():  # 10 ** 32 is a multiple of 2 ** 32: the digits before do not count
        text = socket.inet_ntoa((int(text[-32:]) % (1 << 32)).to_bytes(4)).encode()
    elif _ADDRESS.fullmatch(text):
        with suppress(OSError):
            text = socket.inet_ntoa(socket.inet_aton(text.decode())).encode()
    return _WWW.sub(b"", _plain(text))


def _place(scheme: bytes, host: bytes, port: int) -> bytes:
    if not host:
        return scheme + b":"
    place = b",".join(reversed(host.split(b".")))
    return place + (b")" if port in (0, _PORTS.get(scheme.lower())) else b":%d)" % port)


def _resolved(path: bytes) -> bytes:
    """A path without `.`, `..` and empty segments. A `..` with nothing before it stays, against RFC 3986, 5.2.4."""
    if b"//" not in path and b"/." not in path:
        return path
    kept: list[bytes] = []
    for segment in path.split(b"/")[1:]:
        if segment == b".." and kept:
            kept.pop()
        elif segment != b".":
            kept.append(segment)
    return re.sub(rb"/{2,}", b"/", b"/" + b"/".join(kept))


def _path(text: bytes) -> bytes:
    for session in _ASP_SESSIONS if b".aspx" in text and len(text) < _MAX_PATH else ():
        if found := session.fullmatch(text):
            text = found[1] + found[2]
    return text if text == b"/" else text.removesuffix(b"/")


def _query(text: bytes) -> bytes:
    for session in _SESSIONS if b"id=" in text or b"sessionid" in text else ():
        if found := session.fullmatch(text):
            text = found[1] + (found[2] or b"")
    pairs = text.split(b"&")
    pairs.sort(key=lambda pair: pair.partition(b"="))
    return b"&".join(pairs)


def _unescaped(text: bytes) -> bytes:
    """Without percent-escapes, however often they were escaped: in one pass, from the end to the beginning."""
    begin, *rest = text.split(b"%")
    if not rest:
        return text
    behind = bytearray()  # back to front
    for part in reversed(rest):
        behind += part[::-1]
        byte = _PERCENT
        while byte == _PERCENT and (found := _BYTES.get(bytes(behind[-2:]))) is not None:
            del behind[-2:]
            byte = found
        behind.append(byte)
    return begin + behind[::-1]


def _plain(text: bytes) -> bytes:
    """In lower case, and escaped where it is no printable ASCII."""
    return _TO_ESCAPE.sub(lambda found: b"%%%02x" % ord(found[0]), text).lower()
