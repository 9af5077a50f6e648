"""What is whole of a WARC from its beginning: its records, its index, and the responses that rows are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from archive import cdxj, message, records
from archive.model import RecordRef, Stored
from archive.reader import Fault, Record, read

_LASTING = frozenset((200, 301, 302, 303, 307, 308, 404, 410))


@dataclass(frozen=True, slots=True)
class Answer:
    """One response to a GET, or the revisit of one."""

    ref: RecordRef
    began: datetime
    revisits: str | None
    """Record that holds the payload of a revisit."""
    stored: Stored | None
    """What is to be remembered of it."""
    lasting: bool
    """Would a row be made of it? Not of what was cut short, refused, or a passing error: that is asked for again."""


@dataclass(slots=True)
class Whole:
    """The part of a file that can be trusted."""

    records: int = 0
    end: int = 0
    """Byte where the last whole record ends."""
    index: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


def whole_records(path: Path) -> Iterator[Record]:
    """The records before the first fault. Raises OSError."""
    seen: set[str] = set()
    for found in read(path):
        # A tail that repeats a record is no record: its name was given before.
        if isinstance(found, Fault) or (name := found.get("WARC-Record-ID") or "") in seen:
            return
        seen.add(name)
        yield found


def read_whole(path: Path, key: str) -> Whole:
    """Everything before the first fault of the file that is, or will be, `key`. Raises OSError."""
    whole = Whole()
    unasked: dict[str, Answer] = {}
    for record in whole_records(path):
        whole.records, whole.end = whole.records + 1, record.offset + record.length
        if line := cdxj.of_record(record, Path(key).name):
            whole.index.append(line)
        kind = record.get("WARC-Type")
        if kind in {"response", "revisit"}:
            answer = _answer(record, key)
            unasked[answer.ref.record_id] = answer
        elif kind == "request":
            asked = unasked.pop(record.get("WARC-Concurrent-To") or "", None)
            if asked and next(record.pieces(), b"").startswith(b"GET "):
                whole.answers.append(asked)
    # The request of the last one may have been torn off; crawls ask with GET alone.
    whole.answers += unasked.values()
    return whole


def remember(ref: RecordRef, began: datetime, head: bytes, truncated: str | None) -> Stored | None:
    """What later exchanges may be a revisit of: a page that came whole."""
    if message.status(head) != 200 or truncated:
        return None
    chunked = message.is_chunked(head)
    # Where nothing says how long the body is, it may have been cut; and the whole one has the same ETag.
    measured = chunked or message.header_values(head, "Content-Length")
    etag, last_modified = _validators(head) if measured else (None, None)
    return Stored(ref=ref, began=began, etag=etag, last_modified=last_modified, chunked=chunked)


def remember_again(earlier: Stored, head: bytes) -> Stored:
    """The same page, with what a revisit of it said to ask with."""
    etag, last_modified = _validators(head)
    return replace(earlier, etag=etag or earlier.etag, last_modified=last_modified or earlier.last_modified)


def _validators(head: bytes) -> tuple[str | None, str | None]:
    """ETag and Last-Modified, as written: what a later request may ask with."""
    etag, last_modified = (message.header_values(head, name)[:1] for name in ("ETag", "Last-Modified"))
    return etag[0].decode("latin-1") if etag else None, last_modified[0].decode("latin-1") if last_modified else None


def _answer(record: Record, key: str) -> Answer:
    head = message.head_of(next(record.pieces(), b""))
    began = datetime.fromisoformat(record.get("WARC-Date") or "")
    ref = RecordRef(
        url=record.get("WARC-Target-URI") or "",
        warc=key,
        offset=record.offset,
        length=record.length,
        record_id=record.get("WARC-Record-ID") or "",
        payload_digest=record.get("WARC-Payload-Digest") or "",
    )
    truncated, lasting = record.get("WARC-Truncated"), message.status(head) in _LASTING
    if record.get("WARC-Type") == "response":
        return Answer(ref, began, None, remember(ref, began, head, truncated), lasting and not truncated)
    identical = record.get("WARC-Profile") == records.IDENTICAL
    return Answer(ref, began, record.get("WARC-Refers-To"), None, lasting and identical)
