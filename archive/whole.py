"""The responses of a WARC that rows are made from and revisits refer to; and what is whole of a file that was cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from archive import cdxj, message, records
from archive.model import RecordRef, Stored
from archive.reader import Fault, Record, read

_LASTING = frozenset((200, 301, 302, 303, 307, 308, 404, 410))

Validators = tuple[str | None, str | None]
"""ETag and Last-Modified, as written: what a later request may ask with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response to a GET, or the revisit of one."""

    ref: RecordRef
    began: datetime
    revisits: str | None
    """Record that holds the payload of a revisit."""
    stored: Stored | None
    """What is to be remembered of a response."""
    renewed: Validators | None
    """What came with the same page again; None for a response, and for "not modified", which says nothing new."""
    lasting: bool
    """Would a row be made of it? Not of what was cut short, refused, or a passing error: that is asked for again."""

    def memory(self, earlier: Stored | None) -> Stored | None:
        """What is to be remembered of its address from now on, `earlier` until now; None when nothing changes."""
        if self.renewed and earlier and earlier.ref.record_id == self.revisits:
            return _renew(earlier, self.renewed)
        return self.stored


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

    def counted() -> Iterator[Record]:
        for record in whole_records(path):
            whole.records, whole.end = whole.records + 1, record.offset + record.length
            if line := cdxj.of_record(record, Path(key).name):
                whole.index.append(line)
            yield record

    whole.answers += answers(counted(), key)
    return whole


def answers(records: Iterable[Record], key: str) -> Iterator[Answer]:
    """The responses to GET in the file that is `key`, each as soon as its request is read. Raises OSError."""
    unasked: dict[str, Answer] = {}
    for record in records:
        kind = record.get("WARC-Type")
        if kind in {"response", "revisit"}:
            yield from unasked.values()  # what was adopted without its request; ours comes right behind the response
            unasked.clear()
            answer = _answer(record, key)
            unasked[answer.ref.record_id] = answer
        elif kind == "request":
            asked = unasked.pop(record.get("WARC-Concurrent-To") or "", None)
            if asked and next(record.pieces(), b"").startswith(b"GET "):
                yield asked
    # The request of the last one may have been torn off; crawls ask with GET alone.
    yield from unasked.values()


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
    return _renew(earlier, _validators(head))


def _renew(earlier: Stored, validators: Validators) -> Stored:
    etag, last_modified = validators
    return replace(earlier, etag=etag or earlier.etag, last_modified=last_modified or earlier.last_modified)


def _validators(head: bytes) -> Validators:
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
        return Answer(ref, began, None, remember(ref, began, head, truncated), None, lasting and not truncated)
    identical = record.get("WARC-Profile") == records.IDENTICAL
    renewed = _validators(head) if message.status(head) == 200 else None
    return Answer(ref, began, record.get("WARC-Refers-To"), None, renewed, lasting and identical)
