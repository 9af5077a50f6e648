"""A record's block, read once and never kept: both digests, and what its HTTP message says of its own length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.faults import Fault, Kind, shown
from archive.reader import Record
from archive.verification import digests
from archive.verification.digests import Digest
from archive.verification.fields import Fields
from archive.verification.http import FieldLines, Message

_WITHOUT_BODY = {204, 304}
# How bodies in a content coding begin (RFC 1952, section 2.3.1; RFC 8878, section 3.1.1).
_MAGIC = {b"gzip": b"\x1f\x8b", b"x-gzip": b"\x1f\x8b", b"zstd": b"\x28\xb5\x2f\xfd"}


@dataclass(slots=True)
class Block:
    """What a block turned out to be."""

    faults: list[Fault]
    payload: Digest | None
    """Of a record that holds a payload; None for others, and where the block is not all there."""
    bodiless: Fault | None = None
    """A fault unless the request was a HEAD: the response has no body."""
    method: bytes = b""
    """Of a request."""


def check(record: Record, fields: Fields, *, own: bool) -> Block:
    """Read the block of a record. Raises OSError.

    In files of ours a body is also too long when it is longer than its Content-Length: the surplus is not kept.
    """
    if record.size != record.declared:  # the reader said so
        return Block([], None)
    block_text, payload_text = fields.get("WARC-Block-Digest"), fields.get("WARC-Payload-Digest")
    whole, payload, raw = digests.hasher(block_text), digests.hasher(payload_text), digests.hasher(payload_text)
    message = Message(payload.update, raw.update) if _is_http(fields) else None
    lines = FieldLines() if _media_type(fields) == "application/warc-fields" else None
    takers = [message.feed if message else payload.update, *([lines.feed] if lines else [])]
    takers += [whole.update] if block_text else []
    for piece in record.pieces():
        for take in takers:
            take(piece)
    found = Block([], digests.result(payload) if _holds_payload(fields) else None)
    if block_text and (detail := _differs("WARC-Block-Digest", block_text, digests.result(whole))):
        found.faults.append(Fault(Kind.BLOCK_DIGEST, record.offset, detail))
    if lines:
        found.faults += _of_lines(record, fields, lines)
    if message:
        found.method = bytes(message.head[:16]).partition(b" ")[0] if fields.kind == "request" else b""
        found.faults += _of_head(record, fields, message, own=own)
        _check_http(record, fields, message, found, own=own)
    if payload_text and found.payload:
        raw_digest = digests.result(raw) if message and message.chunks else None
        found.faults += _of_payload(record, payload_text, found.payload, raw_digest, message)
    return found


def _media_type(fields: Fields) -> str:
    return (fields.get("Content-Type") or "").partition(";")[0].strip().lower()


def _is_http(fields: Fields) -> bool:
    """Is the block an HTTP message? Without a Content-Type the target says so (WARC 1.1, section 6.3)."""
    if fields.kind not in {"response", "request", "revisit"}:
        return False
    if fields.get("Content-Type") is None:
        return fields.kind != "revisit" and fields.target.lower().startswith(("http:", "https:"))
    return _media_type(fields) == "application/http"


def _holds_payload(fields: Fields) -> bool:
    """A revisit holds none, and a segment a part of one."""
    return fields.kind not in {"warcinfo", "revisit", "continuation"} and fields.get("WARC-Segment-Number") is None


def _differs(name: str, text: str, actual: Digest) -> str | None:
    declared = digests.parse(text)
    if declared is None or not declared.value or declared == actual:
        return None
    return f"{name} is {declared}, and the bytes have {actual}"


def _of_payload(
    record: Record, text: str, actual: Digest, raw: Digest | None, message: Message | None
) -> Iterator[Fault]:
    detail = _differs("WARC-Payload-Digest", text, actual)
    if detail is None:
        return
    if raw is None or digests.parse(text) != raw:
        yield Fault(Kind.PAYLOAD_DIGEST, record.offset, detail)
    elif message and message.chunks and message.chunks.count:
        detail = "WARC-Payload-Digest is that of the body with its chunk sizes; the payload is without them"
        yield Fault(Kind.PAYLOAD_DIGEST_CHUNKED, record.offset, f"{detail}, and has {actual}")
    # Else the body was stored without chunks and is the payload: that is said of the chunks.


def _of_lines(record: Record, fields: Fields, lines: FieldLines) -> Iterator[Fault]:
    if not fields.values("WARC-Truncated") and fields.get("WARC-Segment-Number") is None:
        lines.end()
    if lines.wrong is not None:
        line = shown(lines.wrong.decode("utf-8", "replace"))
        yield Fault(Kind.WARC_FIELDS, record.offset, f"no name and value in the line {line} of the block")


def _of_head(record: Record, fields: Fields, message: Message, *, own: bool) -> Iterator[Fault]:
    """Is it HTTP at all? We label whole heads alone so; others label what came, and cut revisits to nothing."""
    may_be_cut = fields.kind == "revisit" or fields.values("WARC-Truncated")
    if not own and may_be_cut and b"\n" not in message.head:
        return
    if problem := message.problem(request=fields.kind == "request", whole=own):
        yield Fault(Kind.HTTP, record.offset, problem)


def _check_http(record: Record, fields: Fields, message: Message, found: Block, *, own: bool) -> None:
    """Is the body as long as the head says? Only of records that hold all of it."""
    if not message.has_body or fields.kind == "revisit" or fields.values("WARC-Truncated"):
        return
    if fields.get("WARC-Segment-Number") is not None:
        return
    if fields.kind == "response" and (
        message.status is None or message.status < 200 or message.status in _WITHOUT_BODY
    ):
        return
    coded = message.values("Transfer-Encoding")
    fault = _of_chunks(record, message) if coded else _of_length(record, message, own=own)
    if fault and fields.kind == "response" and not message.size:
        found.bodiless = fault
    elif fault:
        found.faults.append(fault)


def _of_chunks(record: Record, message: Message) -> Fault | None:
    chunks = message.chunks
    if chunks is None or (chunks.done and not chunks.problem):
        return None
    detail = chunks.problem or f"the body ends before its last chunk, after {chunks.count} chunks"
    if chunks.problem and not chunks.count:
        detail += "; the body seems to have been stored without its chunks"
    return Fault(Kind.CHUNKS, record.offset, detail)


def _of_length(record: Record, message: Message, *, own: bool) -> Fault | None:
    values = {value.strip() for text in message.values("Content-Length") for value in text.split(b",")}
    if len(values) != 1:  # none, or servers that contradict themselves
        return None
    text = values.pop()
    if not re.fullmatch(rb"[0-9]{1,18}", text) or int(text) == message.size:
        return None
    if int(text) < message.size and not own:  # crawlers may keep what servers sent after the end
        return None
    if not own and message.size and _seems_decoded(message):
        return None
    detail = f"Content-Length is {int(text)}, and the body has {message.size} bytes"
    return Fault(Kind.HTTP_LENGTH, record.offset, detail)


def _seems_decoded(message: Message) -> bool:
    """Was the body stored without the content coding that its length is of, as some crawlers do?"""
    coding = b",".join(message.values("Content-Encoding")).lower()
    if coding in {b"", b"identity"}:
        return False
    return coding not in _MAGIC or not message.start.startswith(_MAGIC[coding])
