"""HTTP/1.x messages as bytes: where the head ends, and what the payload is."""

from __future__ import annotations

import re

_HEAD_END = re.compile(rb"\r?\n\r?\n")


def split_head(message: bytes) -> tuple[bytes, bytes]:
    """Head with its blank line, and the rest. A message without a blank line is all head."""
    end = _HEAD_END.search(message)
    return (message[: end.end()], message[end.end() :]) if end else (message, b"")


def header_values(head: bytes, name: str) -> list[bytes]:
    """Values of a header field, in order, folded lines not joined."""
    pattern = rb"^" + re.escape(name.encode()) + rb"[ \t]*:[ \t]*(.*?)[ \t]*\r?$"
    return re.findall(pattern, head, re.IGNORECASE | re.MULTILINE)


def payload(response: bytes) -> bytes:
    """The entity-body: after transfer decoding, content coding kept (WARC 1.1, section 5.9)."""
    head, body = split_head(response)
    codings = b",".join(header_values(head, "Transfer-Encoding")).lower()
    return dechunk(body) if codings.endswith(b"chunked") else body


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
