"""WARC records and files built by hand, sound or broken as a test wants them."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from archive import cdxj
from archive.faults import Fault, Kind
from archive.verification.files import verify_file

URL = "https://contoh.test/berita/1"
DATE = "2026-11-22T01:02:03.456789Z"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHalo"
ASKED = b"GET /berita/1 HTTP/1.1\r\nHost: contoh.test\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nHa\r\n2\r\nlo\r\n0\r\n\r\n"
IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"

Changes = Mapping[str, str | Sequence[str] | None]

_CONTENT_TYPES = {
    "response": "application/http; msgtype=response",
    "revisit": "application/http; msgtype=response",
    "request": "application/http; msgtype=request",
    "warcinfo": "application/warc-fields",
}


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def name(number: int) -> str:
    return f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>"


def record(
    kind: str = "response", block: bytes = PAGE, number: int = 1, changes: Changes | None = None, version: str = "1.1"
) -> bytes:
    """A record, plain. A change to None takes a field away, one to several values repeats it."""
    fields: dict[str, str | Sequence[str] | None] = {
        "WARC-Type": kind,
        "WARC-Record-ID": name(number),
        "WARC-Date": DATE if version == "1.1" else DATE[:19] + "Z",
        "WARC-Target-URI": None if kind == "warcinfo" else URL,
        "WARC-Block-Digest": sha1(block),
        "Content-Type": _CONTENT_TYPES.get(kind, "text/plain"),
        "Content-Length": str(len(block)),
        **(changes or {}),
    }
    pairs = ((field, [value] if isinstance(value, str) else value or ()) for field, value in fields.items())
    lines = [f"{field}: {value}" for field, values in pairs for value in values]
    return "\r\n".join([f"WARC/{version}", *lines, "", ""]).encode() + block + b"\r\n\r\n"


def packed(*records: bytes) -> bytes:
    """Records, each a gzip member."""
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def event(number: int = 1, block: bytes = PAGE, asked: bytes = ASKED, changes: Changes | None = None) -> list[bytes]:
    """The two records of a capture, plain."""
    return [
        record("response", block, number, changes),
        record("request", asked, number + 1, {"WARC-Concurrent-To": name(number)}),
    ]


def revisit(of: int, payload: bytes, number: int = 9, changes: Changes | None = None) -> bytes:
    """A revisit with an identical payload, plain."""
    head = PAGE.removesuffix(b"Halo")
    fields = {
        "WARC-Profile": IDENTICAL,
        "WARC-Payload-Digest": sha1(payload),
        "WARC-Refers-To": name(of),
        "WARC-Refers-To-Target-URI": URL,
        "WARC-Refers-To-Date": DATE,
        "WARC-Truncated": "length",
        **(changes or {}),
    }
    return record("revisit", head, number, fields)


def http(head: str, body: bytes, **changes: str) -> bytes:
    """A response of this status, header and body."""
    block = f"HTTP/1.1 {head}\r\n\r\n".encode() + body
    return record("response", block, 1, {field.replace("_", "-"): value for field, value in changes.items()})


def asked(response: bytes, request: bytes = ASKED) -> list[bytes]:
    """The member of a first record, and that of the request that names it."""
    return [packed(response), packed(record("request", request, 2, {"WARC-Concurrent-To": name(1)}))]


def faults(path: Path, *, own: bool = False, index: bool = True) -> list[Fault]:
    """What is wrong with a file; one of ours is given its index first."""
    if own and index:
        cdxj.write(path.with_name(cdxj.path_for(path.name)), cdxj.index(path))
    return list(verify_file(path, own=own))


def told(found: list[Fault]) -> list[tuple[Kind, int]]:
    """Kinds and offsets."""
    return [(fault.kind, fault.offset) for fault in found]
