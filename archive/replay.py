"""A response read back from the archive, and checked against its digest before anybody uses it."""

from __future__ import annotations

import zlib
from typing import Protocol

from isal import isal_zlib

from archive import message
from archive.errors import Damaged
from archive.model import RecordRef
from archive.records import digest

NEAR_BYTES = 64 << 10
"""Bytes behind a response in which the request and the metadata of its exchange are looked for."""
USUAL_BYTES = 4 << 10
"""Bytes of them that both seldom exceed."""
MAX_BYTES = 512 << 20
"""Bytes of one record that is read back into memory; a crawl keeps responses far smaller than that."""


class Readable(Protocol):
    """Files by key: an archive, or a spool."""

    def read(self, key: str, offset: int, length: int) -> bytes: ...


def response(files: Readable, ref: RecordRef) -> tuple[bytes, bytes]:
    """HTTP head and payload (content coding kept) of a response record. Raises Damaged, StorageError."""
    return _response(_read(files, ref), ref)


def exchange(files: Readable, ref: RecordRef) -> tuple[bytes, bytes, list[str]]:
    """`response` and `opt_out`, mostly in one read: from a bucket, each is a request."""
    data = _read(files, ref, USUAL_BYTES)
    head, payload = _response(data[: ref.length], ref)
    signals, is_all = _signals(data[ref.length :], ref)
    return head, payload, signals if is_all else opt_out(files, ref)


def opt_out(files: Readable, ref: RecordRef) -> list[str]:
    """The signals against reuse that were stored with a response: `optOut` of its metadata record; raises StorageError.

    None where that record is not the second one behind the response, as `archive.records.event` writes it.
    """
    return _signals(files.read(ref.warc, ref.offset + ref.length, NEAR_BYTES), ref)[0]


def _read(files: Readable, ref: RecordRef, more: int = 0) -> bytes:
    if not (0 <= ref.offset < 1 << 63 and 0 < ref.length <= MAX_BYTES):
        raise Damaged(
            f"{ref.warc} holds no record of {ref.length} bytes at byte {ref.offset}. scrapy verify tells more."
        )
    return files.read(ref.warc, ref.offset, ref.length + more)


def _response(data: bytes, ref: RecordRef) -> tuple[bytes, bytes]:
    try:
        record = isal_zlib.decompressobj(31).decompress(data, MAX_BYTES)
    except isal_zlib.error as error:  # type: ignore[misc]  # a class, whatever its stub says
        raise Damaged(f"{ref.warc} is damaged at byte {ref.offset}: {error}. scrapy verify tells more.") from error
    block = message.split_head(record)[1].removesuffix(b"\r\n\r\n")
    head, payload = message.split_head(block)[0], message.payload(block)
    if digest(payload) != ref.payload_digest:
        raise Damaged(f"{ref.warc} holds another response at byte {ref.offset}. scrapy verify tells more.")
    return head, payload


def _signals(data: bytes, ref: RecordRef) -> tuple[list[str], bool]:
    """What stands in the second gzip member, if it is of this response, and whether the data were enough to tell."""
    request, metadata = zlib.decompressobj(31), zlib.decompressobj(31)
    try:
        request.decompress(data, NEAR_BYTES)
        record = metadata.decompress(request.unused_data, USUAL_BYTES)
        if (head := message.head_of(record)) and not _is_beside(head, ref):  # another response, which may be long
            return [], True
        record += metadata.decompress(metadata.unconsumed_tail, NEAR_BYTES)
    except zlib.error:
        return [], False
    head, block = message.split_head(record)
    found = message.header_values(block, "optOut") if _is_beside(head, ref) else []
    return [value.decode("utf-8", "replace") for value in found], metadata.eof


def _is_beside(head: bytes, ref: RecordRef) -> bool:
    return [ref.record_id.encode()] == message.header_values(head, "WARC-Concurrent-To")
