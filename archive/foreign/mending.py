"""Responses that were not stored as they were sent: their heads are made to say what the body is.

Many crawlers take chunks and content coding off before they write, and leave the head as it was. No reader could tell
the payload of such a block. The fields that the body does not bear out are renamed as Common Crawl does it, and
nothing else is touched: `X-Crawler-Transfer-Encoding`, `X-Crawler-Content-Encoding`, `X-Crawler-Content-Length`.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

import brotli

from archive import message
from archive.verification.http import Chunks

_HTTP_2 = re.compile(rb"\AHTTP/[23](?:\.0)?(?=[ \t]+\d{3}[ \t\r\n])")
_MAGIC = {b"gzip": b"\x1f\x8b", b"x-gzip": b"\x1f\x8b", b"zstd": b"\x28\xb5\x2f\xfd"}
_PLAIN = b"\xef\xbb\xbf \t\r\n\f"
_ENOUGH = 1 << 16
"""Bytes that what is no compressed data hardly ever unfolds to without an error."""
_LENGTH = re.compile(rb"[0-9]{1,18}")


class Mended(NamedTuple):
    """A response whose head fits its body."""

    block: bytes
    payload: bytes
    """After transfer decoding, content coding kept."""
    changed: tuple[str, ...]
    """What the head has otherwise than it was given, in words."""


class CutShort(ValueError):
    """The body ends before its end."""


def mend(block: bytes) -> Mended | None:
    """The response of a record; None for what is no HTTP response with a whole head. Raises CutShort."""
    changed: list[str] = []
    if found := _HTTP_2.match(block):
        # Heads of HTTP/2 are binary: its status line is the crawler's own, and readers know HTTP/1 alone.
        changed.append(f"{found[0].decode()} is HTTP/1.1")
        block = b"HTTP/1.1" + block[found.end() :]
    if not message.is_message(block):
        return None
    head, body = message.split_head(block)
    coded = message.header_values(head, "Transfer-Encoding")
    if coded and not _is_chunked(head, body):
        head = _renamed(head, "Transfer-Encoding", changed)
    payload = message.payload(head + body)
    is_decoded = _was_decoded(head, payload)
    if is_decoded:
        head = _renamed(head, "Content-Encoding", changed)
    if not message.is_chunked(head) and _is_longer(head, body, is_decoded=is_decoded):
        head = _renamed(head, "Content-Length", changed)
    return Mended(head + body, payload, tuple(changed))


def _is_chunked(head: bytes, body: bytes) -> bool:
    """Does the body come in the chunks that the head tells of, to the last one? Raises CutShort."""
    if not message.is_chunked(head):
        return False
    chunks = Chunks(lambda _: None)
    chunks.feed(body)
    if chunks.done and not chunks.problem:
        return True
    if chunks.count:
        raise CutShort("the body ends before its last chunk")
    return False


def _was_decoded(head: bytes, payload: bytes) -> bool:
    """Was the content coding taken off that the head tells of?"""
    coding = b",".join(message.header_values(head, "Content-Encoding")).strip().lower()
    if not payload or coding in {b"", b"identity"}:
        return False
    if coding in _MAGIC:
        return not payload.startswith(_MAGIC[coding])
    # These have no mark of their own: a page begins with an element, and they hardly ever do.
    return payload.lstrip(_PLAIN).startswith(b"<") and not _unfolds(coding, payload)


def _unfolds(coding: bytes, payload: bytes) -> bool:
    try:
        match coding:
            case b"br":
                return bool(brotli.Decompressor().process(payload, output_buffer_limit=_ENOUGH))
            case b"deflate":
                return bool(zlib.decompressobj(-15).decompress(payload, _ENOUGH))
    except (zlib.error, brotli.error):
        pass
    return False


def _is_longer(head: bytes, body: bytes, *, is_decoded: bool) -> bool:
    """Is the body not as long as the head says, and yet whole? Raises CutShort."""
    values = {value.strip() for text in message.header_values(head, "Content-Length") for value in text.split(b",")}
    text = values.pop() if len(values) == 1 else b""
    if not _LENGTH.fullmatch(text) or int(text) == len(body):
        return False
    if len(body) < int(text) and not is_decoded:
        raise CutShort(f"Content-Length is {int(text)}, and the body has {len(body)} bytes")
    return True


def _renamed(head: bytes, name: str, changed: list[str]) -> bytes:
    field = re.compile(rb"^" + name.encode() + rb"(?=[ \t]*:)", re.IGNORECASE | re.MULTILINE)
    changed.append(f"{name} is X-Crawler-{name}")
    return field.sub(rb"X-Crawler-\g<0>", head)
