"""Bytes from strangers, made safe to parse: unpacked, decoded, mended and parsed within limits."""

from __future__ import annotations

import codecs
import re
import zlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from lxml import etree

from archive.errors import SourceRefused

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of one source document is read."""

    bytes: int = 52_428_800
    """Of a document, after decompression: the 50 MB of the sitemaps.org protocol."""
    page: int = 5_000_000
    """Bytes of a feed or an index page: they become trees of many times their size."""
    entries: int = 50_000
    """Entries of a document: the number of the sitemaps.org protocol."""
    children: int = 1_000
    """Sitemaps that an index or a robots.txt names. The protocol allows 50,000; each is a request of ours."""
    depth: int = 4
    """Indexes inside indexes. The protocol has one level, sites have more; the caller counts."""
    ratio: int = 200
    """Decompressed bytes for one compressed byte, once there are a million: XML reaches 50, a bomb 1000."""
    field: int = 4_096
    """Characters of one title, date or list of keywords."""


LIMITS = Limits()
"""What a source is held to unless the caller says otherwise."""

_GZIP = b"\x1f\x8b"  # RFC 1952, section 2.3.1
_BLOCK = 65_536
_RATIO_FROM = 1_000_000
_PIECE = 262_144
_MARK = 12  # Characters of the longest reference that is read, and more than a CDATA mark has.
_MARKS = (  # With a byte order mark, and without (XML 1.0, appendix F.1).
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
# Labels that browsers read as windows-1252 (WHATWG Encoding, section 4.2), and its near relative.
_LATIN = {"iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "iso-8859-15"}

# What may stand before the root element (XML 1.0, production 22); a DOCTYPE only without a subset of its own.
_PROLOG = re.compile(r"[\s\ufeff]+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^<>\[]*>", re.DOTALL | re.IGNORECASE)
_CDATA = "<![CDATA["
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")  # XML 1.0, production 2
# References to such characters: an escaped control, or half of an emoji.
_FORBIDDEN_REFERENCE = re.compile(
    r"""&\#(?: 0*(?:[0-8]|1[1245-9]|2\d|3[01]
                 |5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]|6553[45])
             | x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef]) );""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# The entities of XML as numbers: after a fault libxml2 drops the names, numbers it keeps.
_ENTITIES = {"&amp;": "&#38;", "&lt;": "&#60;", "&gt;": "&#62;", "&quot;": "&#34;", "&apos;": "&#39;"}
# No number: `?a=1&b=2` in an address, `&nbsp;` in a title.
_BARE_AMPERSAND = re.compile(r"&(?!#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6});)", re.ASCII)


xml_parser = partial(etree.XMLParser, encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False)


class Target(Protocol):
    """What `parse_xml` calls as it reads: lxml's target interface, and a reason to stop."""

    fault: str | None
    """Name of the limit that was reached."""

    def start(self, tag: str, attrib: dict[str, str]) -> None:
        """An element begins."""

    def data(self, text: str) -> None:
        """Some of the text of an element."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def close(self) -> None:
        """The document ends."""


def gunzip(data: bytes, limits: Limits = LIMITS) -> tuple[bytes, bool]:
    """The body, unpacked if it is a gzip file, and whether it was torn.

    A `.gz` sitemap is a gzip file of its own, whatever the HTTP layer decoded. A torn one (it ends early, or
    is damaged further on) gives what could be read; only when that is nothing is it refused.
    """
    if not data.startswith(_GZIP):
        if len(data) > limits.bytes:
            raise SourceRefused("too-large", f"{len(data)} bytes; {limits.bytes} are read")
        return data, False
    unpacked, torn = _inflate(memoryview(data), limits)
    if torn and not unpacked:
        raise SourceRefused("gzip-torn", f"nothing could be read from {len(data)} bytes")
    return unpacked, torn


def _inflate(data: memoryview, limits: Limits) -> tuple[bytes, bool]:
    unpacked = bytearray()
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    at = 0
    while True:
        block = data[at : at + _BLOCK]
        try:
            piece = member.decompress(block, _BLOCK)
        except zlib.error:
            return bytes(unpacked), True
        at += len(block) - len(member.unused_data if member.eof else member.unconsumed_tail)
        unpacked += piece
        if len(unpacked) > min(limits.bytes, max(_RATIO_FROM, limits.ratio * at)):
            raise SourceRefused("gzip-bomb", f"the first {at} of {len(data)} bytes made {len(unpacked)}")
        if member.eof:
            # RFC 1952, section 2.2: members follow one another. Anything else after one is padding.
            if data[at : at + 2] != _GZIP:
                return bytes(unpacked), False
            member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif not block:
            return bytes(unpacked), True


def decode(data: bytes, charset: str | None = None) -> str:
    """Text, never failing: by its mark, as UTF-8 if it is that, then as `charset` or the document says.

    Text that is neither is UTF-8 with U+FFFD for the damage: a title that a CMS cut in the middle of a
    character is more common than Latin-1 that calls itself UTF-8. Only windows-1252 is believed: among the
    codecs of Python are some (punycode, UTF-7) that a stranger must not choose.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        declared = _DECLARED.search(data, 0, 1024)
        label = charset or (declared.group(1).decode("ascii", "replace") if declared else "")
        return data.decode("cp1252" if label.lower() in _LATIN else "utf-8", "replace")


def xml_body(text: str) -> str | None:
    """The text from its root element on, or None when it is not XML.

    A DOCTYPE with a subset of its own is refused unread: entities and default attributes live there, and no
    sitemap or feed needs them. Without it nothing is left that could expand or be fetched.
    """
    at = 0
    while match := _PROLOG.match(text, at):
        at = match.end()
    if text[at : at + 9].upper() == "<!DOCTYPE":
        raise SourceRefused("xml-entities", "the DOCTYPE has a subset of its own, for entities")
    return text[at:] if text.startswith("<", at) else None


def parse_html(data: bytes, charset: str | None = None, limits: Limits = LIMITS) -> etree._Element | None:
    """The tree of an HTML page; None when there is nothing on it."""
    if len(data) > limits.page:
        raise SourceRefused("too-large", f"{len(data)} bytes of HTML; {limits.page} are read")
    # `huge_tree` is a depth of 2048. Without it, it is 256: an unclosed <div> in each row would cut the page.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    text = _FORBIDDEN.sub("", decode(data, charset))
    page = etree.fromstring(text.strip().encode() or b"<html/>", parser)
    for entry in parser.error_log:
        if "XML_PARSE_HUGE" in entry.message:
            raise SourceRefused("html-depth", entry.message)
    return page


def parse_xml(body: str, target: Target) -> str | None:
    """Read `body` into `target` until it ends, breaks, or `target` has a fault; what broke it, if it broke.

    No tree is built: memory holds what the target keeps, and no more.
    """
    parser = xml_parser(target=target)  # type: ignore[arg-type]  # the stubs want comments and bytes
    try:
        for piece in pieces(body):
            parser.feed(piece)
            if target.fault:
                return None
        parser.close()
    except etree.XMLSyntaxError as error:
        return " ".join(error.msg.split())
    return None


def local_name(tag: str) -> str:
    """Name of an element, lower-case and without namespace: sites get both wrong."""
    return tag.rpartition("}")[2].lower()


def pieces(body: str) -> Iterator[bytes]:
    """The document in pieces, without characters that XML forbids, and with bare ampersands escaped.

    These are the faults that sites have, and each would cost all entries after it. Inside CDATA an ampersand
    is itself. No piece ends inside a reference or the mark of a CDATA section.
    """
    at = 0
    while at < len(body):
        if body.startswith(_CDATA, at):
            end = body.find("]]>", at)
            end = len(body) if end < 0 else end + 3
            yield _FORBIDDEN.sub("", body[at:end]).encode()
        else:
            end = min(at + _PIECE, len(body))
            cdata = body.find(_CDATA, at, end)
            mark = max(body.rfind("<", end - _MARK, end), body.rfind("&", end - _MARK, end))
            if cdata > 0:
                end = cdata
            elif mark > at and end < len(body):
                end = mark
            yield _mended(body[at:end]).encode()
        at = end


def _mended(text: str) -> str:
    text = _FORBIDDEN_REFERENCE.sub("", _FORBIDDEN.sub("", text))
    for name, number in _ENTITIES.items():
        text = text.replace(name, number)
    return _BARE_AMPERSAND.sub("&#38;", text)
