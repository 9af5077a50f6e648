"""A response read back from the archive, and checked against its digest before anybody uses it."""

from __future__ import annotations

import zlib
from typing import Protocol

from archive import message
from archive.errors import Damaged
from archive.model import RecordRef
from archive.records import digest

NEAR_BYTES = 64 << 10
"""Bytes behind a response in which the request and the metadata of its exchange are looked for."""
MAX_BYTES = 512 << 20
"""Bytes of one record that is read back into memory; a crawl keeps responses far smaller than that."""


class Readable(Protocol):
    """Files by key: an archive, or a spool."""

    def read(self, key: str, offset: int, length: int) -> bytes: ...


def response(files: Readable, ref: RecordRef) -> tuple[bytes, bytes]:
    """HTTP head and payload (content coding kept) of a response record. Raises Damaged, StorageError."""
    if not (0 <= ref.offset < 1 << 63 and 0 < ref.length <= MAX_BYTES):
        raise Damaged(
            f"{ref.warc} holds no record of {ref.length} bytes at byte {ref.offset}. scrapy verify tells more."
        )
    data = files.read(ref.warc, ref.offset, ref.length)
    try:
        record = zlib.decompressobj(31).decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise Damaged(f"{ref.warc} is damaged at byte {ref.offset}: {error}. scrapy verify tells more.") from error
    block = message.split_head(record)[1].removesuffix(b"\r\n\r\n")
    head, payload = message.split_head(block)[0], message.payload(block)
    if digest(payload) != ref.payload_digest:
        raise Damaged(f"{ref.warc} holds another response at byte {ref.offset}. scrapy verify tells more.")
    return head, payload


def opt_out(files: Readable, ref: RecordRef) -> list[str]:
    """The signals against reuse that were stored with a response: `optOut` of its metadata record; raises StorageError.

    None where that record is not the second one behind the response, as `archive.records.event` writes it.
    """
    data = files.read(ref.warc, ref.offset + ref.length, NEAR_BYTES)
    record = b""
    try:
        for _ in ("request", "metadata"):
            member = zlib.decompressobj(31)
            record, data = member.decompress(data, NEAR_BYTES), member.unused_data
    except zlib.error:
        return []
    head, block = message.split_head(record)
    if [ref.record_id.encode()] != message.header_values(head, "WARC-Concurrent-To"):
        return []
    return [value.decode("utf-8", "replace") for value in message.header_values(block, "optOut")]
