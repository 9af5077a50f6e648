"""A capture as the archive holds it now, held against what its row says of it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from archive import message
from archive.errors import Damaged, StorageError
from archive.faults import shown
from archive.files import Files
from archive.model import RecordRef
from archive.reader import MAX_HEAD, Fault, Record, read_at
from archive.records import digest
from archive.takedown.stub import stub_id
from archive.verification import digests

MAX_RECORD = 160 << 20
"""Bytes of a record, packed or not, beyond which it is not looked at; a crawl keeps responses of 64 MiB at most."""

_KEY = re.compile(r"warc/(?:\w[\w.-]*/)+\w[\w.-]*\.warc\.gz", re.ASCII)


class Difference(NamedTuple):
    """A field that the row and the record do not agree on."""

    field: str
    row: str
    record: str


class Proof(NamedTuple):
    """A record that was read just now."""

    fields: tuple[tuple[str, str], ...]
    """Named fields of the record, in their order."""
    head: bytes
    """HTTP head, with its blank line; b"" when there is none."""
    payload: bytes
    """The body after transfer decoding, content coding kept; b"" in a revisit."""
    differences: list[Difference]
    """None when every field and both digests, taken anew, are what row and record say."""

    def field(self, name: str) -> str | None:
        """The first value of a named field."""
        return next((value for field, value in self.fields if field.lower() == name.lower()), None)


def ref_of(capture: Mapping[str, Any]) -> RecordRef:
    """What a row says of a capture. Raises Damaged for what can be no record of an archive."""
    try:
        ref = RecordRef(**{name: capture[name] for name in RecordRef.__slots__})
        texts = (ref.url, ref.warc, ref.record_id, ref.payload_digest)
        is_place = {type(ref.offset), type(ref.length)} == {int} and 0 <= ref.offset < 1 << 60
        is_place = is_place and 0 < ref.length <= MAX_RECORD
        if all(isinstance(one, str) for one in texts) and is_place and _KEY.fullmatch(ref.warc):
            return ref
    except (LookupError, TypeError):
        pass
    raise Damaged("The row points at nothing that can be a record of an archive. scrapy verify --deep tells more.")


def member(files: Files, ref: RecordRef) -> bytes:
    """The gzip member of a record, as it lies in its file. Raises Damaged, StorageError."""
    try:
        if not files.exists(ref.warc):
            raise Damaged(f"{files.where(ref.warc)} is missing. scrapy verify --deep tells what else is.")
        data = files.read(ref.warc, ref.offset, ref.length)
    except OSError as error:
        raise StorageError(f"{files.where(ref.warc)} cannot be read: {error.strerror or error}.") from error
    if len(data) < ref.length:
        raise Damaged(f"{files.where(ref.warc)} ends before byte {ref.offset + ref.length}. scrapy verify tells more.")
    return data


def examine(files: Files, ref: RecordRef) -> Proof:
    """Read a record and take its digests anew. Raises Damaged where there is none, StorageError."""
    where = f"{files.where(ref.warc)} at byte {ref.offset}"
    with tempfile.NamedTemporaryFile(prefix="arsip-") as file:
        file.write(member(files, ref))
        file.flush()
        found = read_at(Path(file.name), 0, MAX_RECORD + MAX_HEAD)
        if isinstance(found, Fault):
            raise Damaged(f"{where} is damaged: {found.detail}. scrapy verify tells more.")
        if found.get("WARC-Record-ID") == stub_id(ref.record_id):
            raise Damaged(f"{where} was taken down; a stub says so in its place.")
        if found.size > MAX_RECORD:
            raise Damaged(f"{where} holds a record of {found.size} bytes, which is too large to be shown.")
        block = found.block()
    head = message.head_of(block)
    payload = message.payload(block) if head else b""
    return Proof(found.fields, head, payload, _differences(ref, found, block, payload))


def _differences(ref: RecordRef, record: Record, block: bytes, payload: bytes) -> list[Difference]:
    compared = [
        ("record_id", ref.record_id, record.get("WARC-Record-ID")),
        ("url", ref.url, record.get("WARC-Target-URI")),
        ("length", str(ref.length), str(record.length)),
    ]
    if record.get("WARC-Type") == "revisit":
        compared.append(("payload_digest", ref.payload_digest, record.get("WARC-Payload-Digest")))
    else:
        compared.append(("payload_digest", ref.payload_digest, digest(payload)))
    if promised := record.get("WARC-Block-Digest"):
        hashed = digests.hasher(promised)
        hashed.update(block)
        parsed = digests.parse(promised)
        compared.append(("WARC-Block-Digest", str(parsed or promised), str(digests.result(hashed))))
    return [Difference(name, shown(said), shown(found or "")) for name, said, found in compared if said != found]
