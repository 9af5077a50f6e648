"""Bytes of a page to a tree that is safe to walk: limits, charset, parsing."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import cast
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.etree import _Element as Element

from archive.errors import ArsipError

# Invisible and never meant: zero-width space, word joiner, byte order mark, soft hyphen. The joiners U+200C and
# U+200D stay, for they change how letters and emoji are drawn.
_JUNK = re.compile("[\u200b\u2060\ufeff\u00ad]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Control characters but for tab, line feed, form feed and carriage return: no text is made of them, and the block
# reader uses three of them as marks of its own.
_CONTROLS = bytes(n for n in range(0x20) if n not in b"\t\n\f\r")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w:.-]{2,40})", re.IGNORECASE)
# Python also calls zip and punycode codecs; a page may choose only among charsets.
_CHARSET = re.compile(
    r"utf-?8|utf-?16-?(le|be)?|us-ascii|ascii|iso-?8859-\d{1,2}|latin-?\d|(windows-|cp)-?125\d|gb\w{4,6}|big5"
    r"|shift_jis|euc-(jp|kr)|koi8-[ru]|tis-620"
)
_LATIN = re.compile(r"us-ascii|ascii|iso-?8859-1|latin-?1|(windows-|cp)-?1252")
# A start tag with its attributes. Scripts, styles and comments are swallowed whole, so that markup quoted in them
# is not counted. Every loop is possessive: the scan is linear. Case is ignored only where it must be: it costs double.
_TAG = re.compile(
    rb"<(?:(?i:script|style)\b[^<]*+(?:<(?!/(?i:script|style))[^<]*+)*+|!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+"
    rb"|(?P<tag>[a-zA-Z][^>=]*+(?:=\s*+(?:\"[^\"]*+\"|'[^']*+')?+[^>=]*+)*+))"
)
_VALUE = re.compile(rb"(?<!\s)\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')?+")


class PageRefused(ArsipError):
    """A page beyond a limit: nothing is extracted from it. The caller counts it as failed, under `reason`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}; raise the limit to extract the page from its WARC record")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[PageRefused], tuple[str, str]]:
        """Errors are unpickled by their message unless they say otherwise, and this one has two."""
        return type(self), (self.reason, self.detail)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a page may cost. Counted and not timed, so that the same bytes always get the same answer."""

    bytes: int = 10_000_000
    """Length of the decoded content."""
    nodes: int = 300_000
    """Start tags."""
    depth: int = 250
    """Elements inside one another. libxml2 without `huge_tree` cuts a page off, silently, below 255."""
    attributes: int = 500
    """Attributes of one element: libxml2 takes quadratic time for them, 12 s for 40,000."""
    fallback: int = 10_000
    """Elements of a page that trafilatura is asked to read: it takes quadratic time for tables, 250 s for 30,000.
    Real pages have up to 3,000."""


def guard(html: bytes, limits: Limits) -> None:
    """Raise PageRefused for a page that would cost too much to parse."""
    if len(html) > limits.bytes:
        raise PageRefused("bytes", f"{len(html)} of {limits.bytes} allowed")
    # Of the pages with too many angle brackets, some have most of them in scripts.
    tags = (match["tag"] for match in _TAG.finditer(html)) if html.count(b"<") > limits.nodes else ()
    if sum(1 for _ in islice(filter(None, tags), limits.nodes + 1)) > limits.nodes:
        raise PageRefused("nodes", f"more than {limits.nodes} elements")
    for tag in _TAG.findall(html):
        if len(tag) > 2 * limits.attributes:
            # Attributes are parted by blanks, slashes, or nothing but the quote that ends a value.
            attributes = len(_VALUE.sub(b" ", tag).replace(b"/", b" ").split()) - 1
            if attributes > 2 * limits.attributes:
                raise PageRefused("attributes", f"an element with more than {limits.attributes}")


def decode(html: bytes, charset: str | None = None) -> str:
    """Text of a page: BOM, then the HTTP charset, the meta element, UTF-8, windows-1252; never an error.

    A page that calls itself Latin and is valid UTF-8 is UTF-8 (tempo.co, 2015); a UTF-8 page with a few broken bytes
    stays UTF-8, with U+FFFD in their place.
    """
    for bom, name in _BOMS:
        if html.startswith(bom):
            return html.decode(name, "replace")
    declared = _META_CHARSET.search(html[:4096])
    labels = [charset or "", declared[1].decode("ascii", "replace") if declared else "", "utf-8"]
    for label in (label.strip().lower() for label in labels):
        if not _CHARSET.fullmatch(label):
            continue
        for codec in ("utf-8", "cp1252") if _LATIN.fullmatch(label) else (label,):
            try:
                return html.decode(codec)
            except (LookupError, UnicodeError):
                continue
    text = html.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(1 for char in text if char > "\x7f") - broken if broken else 0
    return text if whole > broken else html.decode("cp1252", "replace")


def parse(html: bytes, charset: str | None, limits: Limits) -> Element | None:
    """Root of the page, or None for a page without an element. Raises PageRefused beyond a limit."""
    guard(html, limits)
    source = decode(html, charset).encode("utf-8", "replace").translate(None, delete=_CONTROLS)
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
    root = etree.fromstring(source, parser)
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise PageRefused("depth", "the parser stopped at a resource limit of its own")
    if root is not None and _deeper(limits.depth)(root):
        raise PageRefused("depth", f"more than {limits.depth} elements inside one another")
    return root


@lru_cache(maxsize=8)
def _deeper(depth: int) -> etree.XPath:
    return etree.XPath("boolean(" + "/*" * (depth + 1) + ")")


def clean(text: str) -> str:
    """NFC, every run of blanks one space, trimmed, invisible junk gone."""
    if text.isascii():
        return " ".join(text.split())
    text = _JUNK.sub("", _SURROGATE.sub("\ufffd", text))
    return unicodedata.normalize("NFC", " ".join(text.split()))


def elements(path: etree.XPath, root: Element) -> list[Element]:
    """What a compiled XPath finds, when it finds elements."""
    return cast("list[Element]", path(root))


def number(path: etree.XPath, root: Element) -> int:
    """What a compiled XPath counts."""
    return int(cast("float", path(root)))


def absolute(base: str, reference: str) -> str | None:
    """The http(s) address that a reference on a page leads to; None for none, and for a blank one."""
    try:
        url = urljoin(base, reference.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname and reference.strip() else None
