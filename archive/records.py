"""WARC records: one exchange in, the gzip members of all its records out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from isal import isal_zlib
from warcio.statusandheaders import StatusAndHeaders

import archive.brotli  # noqa: F401 - for everybody who reads with warcio next to us
from archive import message, optout
from archive.model import Adopted, Capture, Stored

# Of ISA-L: on pages of outlets a ninth of the time of zlib's usual level, for an eighth more bytes.
COMPRESSION = 2

IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
"""The profiles of WARC 1.1, section 6.7."""

Fields = list[tuple[str, str]]

_GZIP = 31
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


class Event(NamedTuple):
    """The records of one exchange, ready to be appended in one piece."""

    data: bytes
    kind: str
    """Type of the first record: `response`, `revisit`, or `request` when what came back was no HTTP message."""
    head: bytes
    """HTTP head of the response; b"" when there is none."""
    record_id: str
    """WARC-Record-ID of the first record."""
    length: int
    """Bytes of its member."""
    date: str
    """WARC-Date of all of them."""
    payload_digest: str
    """As the record has it; "" when it has none."""


def digest(data: bytes) -> str:
    """`sha1:BASE32`, the form that WARC readers agree on."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def record_id() -> str:
    """A new WARC-Record-ID."""
    return f"<urn:uuid:{uuid.uuid4()}>"


def warc_date(moment: datetime) -> str:
    """An instant with its microseconds (WARC 1.1, section 5.4)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def member(fields: Fields, block: bytes) -> bytes:
    """One record as one gzip member. Its bytes depend on nothing but the record."""
    # warcio's own writer would parse the block, take digests of its own kind, and cut revisits: only its headers fit.
    head = StatusAndHeaders("", [*fields, ("Content-Length", str(len(block)))], protocol="WARC/1.1").to_bytes()
    return isal_zlib.compress(b"".join((head, block, b"\r\n\r\n")), COMPRESSION, _GZIP)


def warcinfo(filename: str, moment: datetime, info: dict[str, str]) -> tuple[str, bytes]:
    """The record that begins a file: its id and its member (WARC 1.1, section 6.2)."""
    name, block = record_id(), _warc_fields(info.items())
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", name),
        ("WARC-Filename", filename),
        ("WARC-Date", warc_date(moment)),
        ("WARC-Block-Digest", digest(block)),
        ("Content-Type", "application/warc-fields"),
    ]
    return name, member(fields, block)


def is_revisit(capture: Capture, earlier: Stored) -> bool:
    """Does this exchange say nothing new: "not modified", or the same payload, whole and not empty?

    Readers put this head before the earlier block, so one that has no chunks cannot stand before one that has.
    """
    if capture.truncated or not message.is_message(capture.response):
        return False
    if message.status(capture.response) == 304:
        return True
    payload = message.payload(capture.response)
    fits = message.is_chunked(message.head_of(capture.response)) == earlier.chunked
    return fits and bool(payload) and digest(payload) == earlier.ref.payload_digest


def event(capture: Capture, info_id: str, earlier: Stored | None = None) -> Event:
    """The records of one exchange: what came back, the request, and metadata records that name both.

    When this exchange is a revisit of `earlier`, which is in the archive already, a revisit record takes the place of
    the response. Only later records name earlier ones (WARC-Concurrent-To), so that a file that is cut after any
    record names none that is not there.
    """
    common = _common(capture, info_id)
    if not message.is_message(capture.response):
        return _without_message(capture, common)
    head, payload = message.head_of(capture.response), message.payload(capture.response)
    payload_digest = digest(payload)
    fields, block = [("WARC-Payload-Digest", payload_digest)], capture.response
    kind = "response"
    if earlier and is_revisit(capture, earlier):
        kind = "revisit"
        if message.status(head) == 304:
            fields, payload_digest = _revisit(NOT_MODIFIED, earlier), ""
        else:
            # The cut is said, as WARC 1.1 wants it (section 6.7.2).
            fields += [*_revisit(IDENTICAL, earlier), ("WARC-Truncated", "length")]
            block = head
    elif capture.truncated:
        fields.append(("WARC-Truncated", capture.truncated))
    name = record_id()
    concurrent = [*common, ("WARC-Concurrent-To", name)]
    members = [
        _record(kind, name, [*common, *_wire(capture), *fields], block, "application/http; msgtype=response"),
        _request(capture, concurrent) if capture.request else b"",
        _metadata(capture, concurrent, optout.signals(head, payload)),
    ]
    return Event(b"".join(members), kind, head, name, len(members[0]), warc_date(capture.began), payload_digest)


def _without_message(capture: Capture, common: Fields) -> Event:
    """What came back is no HTTP message, or only a part of a head: no reader could make a response of it."""
    name = record_id()
    concurrent = [*common, ("WARC-Concurrent-To", name)]
    truncated = [("WARC-Truncated", capture.truncated)] if capture.truncated else []
    members = [_request(capture, common, name)]
    if capture.response:
        # Without an address: indexers would take it for a page.
        fields = [field for field in (*concurrent, *truncated) if field[0] != "WARC-Target-URI"]
        members.append(_record("metadata", record_id(), fields, capture.response, "application/octet-stream"))
    members.append(_metadata(capture, concurrent, []))
    date = warc_date(capture.began)
    return Event(b"".join(members), "request", b"", name, len(members[0]), date, digest(capture.response))


def _common(capture: Capture, info_id: str) -> Fields:
    """Fields that all records of one capture share (WARC 1.1, section 5)."""
    fields = [
        ("WARC-Warcinfo-ID", info_id),
        ("WARC-Target-URI", capture.url),
        ("WARC-Date", warc_date(capture.began)),
    ]
    if capture.ip:
        fields.append(("WARC-IP-Address", capture.ip))
    return fields


def _record(kind: str, name: str, fields: Fields, block: bytes, content_type: str) -> bytes:
    first = [("WARC-Type", kind), ("WARC-Record-ID", name)]
    last = [("WARC-Block-Digest", digest(block)), ("Content-Type", content_type)]
    return member([*first, *fields, *last], block)


def _request(capture: Capture, fields: Fields, name: str | None = None) -> bytes:
    body = message.split_head(capture.request)[1]
    digests = [("WARC-Payload-Digest", digest(message.payload(capture.request)))] if body else []
    wire = _wire(capture)
    content_type = "application/http; msgtype=request"
    return _record("request", name or record_id(), [*fields, *wire, *digests], capture.request, content_type)


def _wire(capture: Capture) -> Fields:
    fields = [("WARC-Protocol", protocol) for protocol in capture.protocols]
    return [*fields, ("WARC-Cipher-Suite", capture.cipher)] if capture.cipher else fields


def _revisit(profile: str, earlier: Stored) -> Fields:
    """What a revisit must say for readers to find what it stands for (WARC 1.1, section 6.7)."""
    return [
        ("WARC-Profile", profile),
        ("WARC-Refers-To", earlier.ref.record_id),
        ("WARC-Refers-To-Target-URI", earlier.ref.url),
        ("WARC-Refers-To-Date", warc_date(earlier.began)),
    ]


def _metadata(capture: Capture, fields: Fields, signals: list[str]) -> bytes:
    """How the exchange came about, and what came around the response.

    1xx heads are a JSON string, one character a byte: a record of their own would be indexed, and replayed, as a page.
    """
    facts = [
        ("via", capture.via),
        ("hopsFromSeed", capture.hops),
        ("fetchTimeMs", capture.fetch_ms),
        ("surplusBytes", capture.surplus or None),
        ("interimHeads", json.dumps(capture.interim.decode("latin-1")) if capture.interim else None),
        ("capture", None if capture.exact else "put together again from what the crawler had parsed"),
        *(_provenance(capture.adopted) if capture.adopted else ()),
        *(("optOut", signal) for signal in (*capture.opt_out, *signals)),
    ]
    block = _warc_fields((name, str(value)) for name, value in facts if value not in (None, ""))
    return _record("metadata", record_id(), fields, block, "application/warc-fields") if block else b""


def _provenance(adopted: Adopted) -> Fields:
    return [
        ("adoptedFrom", adopted.source),
        ("adoptedOffset", str(adopted.offset)),
        ("adoptedRecord", adopted.record_id),
        ("adoptedPayloadDigest", adopted.payload_digest),
        ("adoptedSoftware", adopted.software),
        ("adoptedOriginal", adopted.original),
        *(("adoptedChanged", change) for change in adopted.changed),
    ]


def _warc_fields(pairs: Iterable[tuple[str, str]]) -> bytes:
    """A block of application/warc-fields. What outlets wrote must not begin a line of its own."""
    return "".join(f"{name}: {_CONTROLS.sub(' ', value)}\r\n" for name, value in pairs).encode()
