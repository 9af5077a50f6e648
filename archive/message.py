"""HTTP/1.x messages as bytes: where the head ends, and what the payload is."""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

_FOLD = re.compile(rb"\r?\n[ \t]+")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01][ \t]+(\d{3})(?=[ \t\r\n])")
_UNFOLDED = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def is_message(response: bytes) -> bool:
    """Is this a response with a whole head, whatever became of its body (RFC 9112, section 2.1)?"""
    return _STATUS_LINE.match(response) is not None and head_length(response) > 0


def status(head: bytes) -> int | None:
    """The status code of a response's head; None when its first line is no status line."""
    match = _STATUS_LINE.match(head)
    return int(match[1]) if match else None


def split_head(message: bytes) -> tuple[bytes, bytes]:
    """Head with its blank line, and the rest. A message without a blank line is all head."""
    end = head_length(message)
    return (message[:end], message[end:]) if end else (message, b"")


def head_length(message: bytes) -> int:
    """Bytes of the head with its blank line; 0 when there is none."""
    usual = message.find(b"\n\r\n")
    bare = message.find(b"\n\n", 0, usual + 1 if usual >= 0 else len(message))
    if bare >= 0:
        return bare + 2
    return usual + 3 if usual >= 0 else 0


def unfold_lines(head: bytes) -> list[bytes]:
    """Lines of a head, folded ones joined (RFC 9112, section 5.2), without their ends."""
    return _FOLD.sub(b" ", head).splitlines()


def header_values(head: bytes, name: str) -> list[bytes]:
    """Values of a header field, in order, folded lines joined."""
    if b"\n " in head or b"\n\t" in head:
        head = _FOLD.sub(b" ", head)
    return [value.strip(b" \t\r") for value in _field(name).findall(head)]


@lru_cache(maxsize=64)
def _field(name: str) -> re.Pattern[bytes]:
    pattern = rb"^" + re.escape(name.encode()) + rb"[ \t]*:([^\n]*)"
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def head_of(message: bytes) -> bytes:
    """The head with its blank line; b"" when it does not end."""
    return message[: head_length(message)]


def payload(message: bytes) -> bytes:
    """The entity-body: after transfer decoding, content coding kept (WARC 1.1, section 5.9)."""
    head, body = split_head(message)
    return dechunk(body) if is_chunked(head) else body


def is_chunked(head: bytes) -> bool:
    """Does the body come in chunks (RFC 9112, section 6.1)? As clients read it: wherever the coding is named."""
    codings = b",".join(header_values(head, "Transfer-Encoding")).lower().split(b",")
    return any(coding.strip() == b"chunked" for coding in codings)


def dechunk(body: bytes) -> bytes:
    """Chunks joined (RFC 9112, section 7.1). A torn body gives what had come; the rest is no payload."""
    parts: list[bytes] = []
    position = 0
    while True:
        line_end = body.find(b"\n", position)
        if line_end < 0:
            break
        size_text = body[position:line_end].split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", size_text):
            break
        size = int(size_text, 16)
        if size == 0:
            break
        parts.append(body[line_end + 1 : line_end + 1 + size])
        position = line_end + 1 + size
        position += 2 if body[position : position + 2] == b"\r\n" else 1
    return b"".join(parts)


def unfold(head: bytes, payload: bytes, limit: int) -> bytes:
    """The first `limit` bytes of a payload without its content coding; b"" where that is not to be had."""
    coding = b",".join(header_values(head, "Content-Encoding")).decode("latin-1").strip().lower()
    if coding in {"", "identity"}:
        return payload[:limit]
    if coding not in _UNFOLDED:
        return b""
    try:
        return zlib.decompressobj(_UNFOLDED[coding]).decompress(payload, limit)
    except zlib.error:
        return b""
