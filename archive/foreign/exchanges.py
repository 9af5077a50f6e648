"""The answers in a WARC file of any make, each with what proves it; and a reason for each that is left."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from archive import message, records
from archive.faults import Fault, Kind, shown
from archive.foreign.found import Answer, Asked, Found, Place, Refers, Said, Skipped, Sort
from archive.foreign.mending import CutShort, mend
from archive.layout import timestamp14
from archive.reader import Record, read
from archive.verification import digests
from archive.verification.fields import TYPES, uri

MAX_BLOCK = 64 << 20
"""Bytes of a response that is adopted: as many as a crawl takes."""
MAX_HTTP_HEAD = 1 << 20
"""Bytes of the head of one, which every reader takes apart line by line."""
MAX_REQUEST = 1 << 16
"""Bytes of a request that is kept beside its response."""
AHEAD = timedelta(days=1)
"""What another machine's clock may be ahead of ours before a capture is of the future."""

_LASTING = frozenset((200, 301, 302, 303, 307, 308, 404, 410))
"""Statuses that say something lasting of an address; the others are a matter of the crawler that met them."""
_PAGE = frozenset((200,))
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(?:Z|\+00:?00)", re.ASCII | re.IGNORECASE)
_FIRST = datetime(1991, 8, 6, tzinfo=UTC)  # the first page of the web
_SOFTWARE = re.compile(rb"^software[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_LONGEST = 200
_LONGEST_URL = 2000
_CONCURRENT = 8
_INFO = 1 << 16
_TOKEN = re.compile(r"[a-z0-9]+/[0-9.]+", re.ASCII)


def answers(
    path: Path, sort: Sort, now: datetime, seen: Callable[[Record | Fault], None] = lambda _: None
) -> Iterator[Found]:
    """Every record of a file: an answer that somebody wants, a request, or what is left and why; and every fault.

    `seen` is told of each before it is looked at. Raises OSError.
    """
    software = ""
    for record in read(path):
        seen(record)
        if isinstance(record, Fault):
            yield record
            continue
        kind = (record.get("WARC-Type") or "").lower()
        if kind == "warcinfo":
            software = _software(record) or software
        if kind == "request":
            yield _asked(record)
        elif kind in {"response", "revisit"}:
            yield _answer(record, sort, now, software)
        else:
            yield Skipped(f"{kind} record" if kind in TYPES else "record of an unknown type")


class _Left(Exception):
    """Why nothing is made of a record."""

    def __init__(self, found: str | Fault) -> None:
        super().__init__(found)
        self.found = Skipped(found) if isinstance(found, str) else found


def _answer(record: Record, sort: Sort, now: datetime, software: str) -> Found:
    try:
        place = _place(record, sort)
        began = _began(record, now)
        is_revisit = (record.get("WARC-Type") or "").lower() == "revisit"
        said = (_revisit if is_revisit else _response)(record, _block(record), place)
    except _Left as left:
        return left.found
    return Answer(
        place=place,
        began=began,
        said=said,
        offset=record.offset,
        record_id=_short(record.get("WARC-Record-ID")),
        concurrent=_concurrent(record),
        payload_digest=_short(record.get("WARC-Payload-Digest")),
        ip=_address(record.get("WARC-IP-Address") or ""),
        protocols=tuple(value for value in record.values("WARC-Protocol") if _TOKEN.fullmatch(value)),
        software=software,
    )


def _place(record: Record, sort: Sort) -> Place:
    content_type = (record.get("Content-Type") or "application/http").partition(";")[0].strip().lower()
    target = uri(record.get("WARC-Target-URI") or "")
    if content_type != "application/http" or not target.lower().startswith(("http:", "https:")):
        raise _Left("no HTTP")
    found = sort(target)
    if isinstance(found, str):
        raise _Left(found)
    return found


def _began(record: Record, now: datetime) -> datetime:
    began = instant(record.get("WARC-Date") or "")
    if began is None:
        raise _Left("no date")
    if began > now + AHEAD:
        raise _Left("date in the future")
    return began


def _block(record: Record) -> bytes:
    if record.size > MAX_BLOCK:
        raise _Left("too large")
    if record.values("WARC-Segment-Number"):
        raise _Left("in segments")
    if record.size != record.declared:  # the reader has said so
        raise _Left("damaged")
    return record.block()


def _response(record: Record, block: bytes, place: Place) -> Said:
    if record.values("WARC-Truncated"):
        raise _Left("cut short")
    try:
        mended = mend(block)
    except CutShort as error:
        raise _Left("cut short") from error
    if mended is None:
        raise _Left("no HTTP")
    if message.head_length(mended.block) > MAX_HTTP_HEAD:
        raise _Left("header too large")
    # Of the payload; of the body with its chunks, as many crawlers take it; or of the block, as some did. Where that
    # is right, a head that was changed after its digest was taken does no harm.
    if not _is_proven(record, "WARC-Payload-Digest", mended.payload, message.split_head(block)[1], block):
        _is_proven(record, "WARC-Block-Digest", block)
    head = message.head_of(mended.block)
    status = message.status(head) or 0
    if status not in _statuses(place):
        raise _Left(f"HTTP {status}")
    if not place.errors and not _may_be_page(head):
        raise _Left("no HTML")
    return Said(status, mended.block, records.digest(mended.payload), mended.changed)


def _statuses(place: Place) -> frozenset[int]:
    return _LASTING if place.errors else _PAGE


def _revisit(record: Record, block: bytes, place: Place) -> Said:
    if not uri(record.get("WARC-Profile") or "").endswith("identical-payload-digest"):
        raise _Left("not modified")
    head = message.head_of(block)
    if len(head) > MAX_HTTP_HEAD:
        raise _Left("header too large")
    status = message.status(head) or 0
    if status not in {0, *_statuses(place)}:
        raise _Left(f"HTTP {status}")
    date = instant(record.get("WARC-Refers-To-Date") or "")
    refers = Refers(
        record_id=_short(record.get("WARC-Refers-To")),
        url=uri(record.get("WARC-Refers-To-Target-URI") or "")[:_LONGEST_URL],
        second=timestamp14(date) if date else "",
        payload_digest=_short(record.get("WARC-Payload-Digest")),
    )
    return Said(status, head, "", (), refers)


def _asked(record: Record) -> Asked | Skipped:
    if not 0 < record.size <= MAX_REQUEST or record.size != record.declared:
        return Skipped("request record that is damaged or too large")
    block = record.block()
    return Asked(
        record_id=_short(record.get("WARC-Record-ID")),
        concurrent=_concurrent(record),
        block=block,
    )


def instant(text: str) -> datetime | None:
    """A WARC-Date to the second or finer, in UTC; None for any other, and for one before there were pages."""
    found = _INSTANT.fullmatch(text.strip())
    try:
        moment = datetime.fromisoformat(f"{found[1]}.{(found[2] or '0').ljust(6, '0')}+00:00") if found else None
    except ValueError:
        return None
    return moment if moment and moment >= _FIRST else None


def _short(text: str | None) -> str:
    """A name or a digest; empty for one that is longer than any."""
    return text if text and len(text) <= _LONGEST else ""


def _concurrent(record: Record) -> tuple[str, ...]:
    return tuple(filter(None, map(_short, record.values("WARC-Concurrent-To")[:_CONCURRENT])))


def _software(record: Record) -> str:
    if not 0 < record.size <= _INFO:
        return ""
    found = _SOFTWARE.search(record.block())
    return found[1].decode("utf-8", "replace").strip()[:_LONGEST] if found else ""


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None


def _may_be_page(head: bytes) -> bool:
    kinds = message.header_values(head, "Content-Type")
    return not kinds or any(b"html" in kind.lower() for kind in kinds)


def _is_proven(record: Record, name: str, *parts: bytes) -> bool:
    """Is a digest there, and of one of these? Raises _Left when it is of none."""
    text = record.get(name) or ""
    declared = digests.parse(text)
    if declared is None or not declared.value:  # none, or of an algorithm that nobody can check
        return False
    if any(declared.value == hashlib.new(declared.algorithm, part, usedforsecurity=False).digest() for part in parts):
        return True
    kind = Kind.BLOCK_DIGEST if name == "WARC-Block-Digest" else Kind.PAYLOAD_DIGEST
    raise _Left(Fault(kind, record.offset, f"{name} is {shown(text)}, and that is not what the bytes have"))
