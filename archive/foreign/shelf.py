"""What was found in the files of others, put aside until all are read: their order must not count."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive import message
from archive.errors import StorageError
from archive.foreign.mending import CutShort, mend
from archive.foreign.pairing import Exchange
from archive.foreign.there import Mark
from archive.layout import timestamp14
from archive.model import Adopted, Capture
from archive.scratch import Scratch
from archive.verification import digests

_TABLES = """
PRAGMA cache_size = -65536;
CREATE TABLE answers (
    number INTEGER PRIMARY KEY, outlet TEXT, key TEXT, url TEXT, began TEXT, second TEXT, status INTEGER, digest TEXT,
    source TEXT, offset INTEGER, sha TEXT, at INTEGER, packed INTEGER, request INTEGER, facts TEXT, record TEXT,
    refers TEXT, refers_url TEXT, refers_second TEXT, refers_digest TEXT, original INTEGER,
    there INTEGER DEFAULT 0
);
"""
_INSERT = f"INSERT INTO answers VALUES (NULL, {'?, ' * 19}NULL, 0)"  # noqa: S608 - nothing from outside
_INDEXES = """
CREATE INDEX by_record ON answers (record, began) WHERE refers IS NULL;
CREATE INDEX by_place ON answers (url, second, began) WHERE refers IS NULL;
CREATE INDEX by_digest ON answers (digest, began) WHERE refers IS NULL;
CREATE INDEX by_capture ON answers (url, second, digest);
"""
# Of one capture in several files the one with its request counts, then what is the same in any order of files.
_ONCE = """
DELETE FROM answers WHERE number NOT IN (
    SELECT first_value(number) OVER (
        PARTITION BY outlet, url, second, digest ORDER BY began, request = 0, original NOT NULL, sha, source, offset
    ) FROM answers
);
CREATE INDEX by_key ON answers (outlet, key, began);
CREATE TABLE visits (outlet TEXT, is_redirect INTEGER, began TEXT, url TEXT, numbers TEXT);
"""
_STANDS_FOR = """
UPDATE answers SET original = ?, digest = ?, status = CASE status WHEN 0 THEN ? ELSE status END WHERE number = ?
"""
_RESPONSE = "SELECT number, digest, status, facts FROM answers WHERE refers IS NULL"
_LOOKED_AT = 16
"""Responses of one name, or of one address and second, that a revisit is held against; an honest file has one."""
_PUT = "SELECT number, key, url, began, second, status, digest, source, there FROM answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A capture that was put aside, without its bytes."""

    number: int
    key: str
    url: str
    began: datetime
    second: str
    status: int
    digest: str
    """`sha1:BASE32` of the payload."""
    source: str
    """Name of the file where it was found."""
    there: bool
    """Is this capture in the archive already?"""

    @property
    def mark(self) -> Mark:
        """What tells it from other captures."""
        return self.url, self.second, self.digest

    @property
    def is_redirect(self) -> bool:
        """Does it lead to another address?"""
        return 300 <= self.status < 400


class Shelf:
    """Captures in temporary files, which go with the process. Every method raises StorageError when the disk does."""

    def __init__(self) -> None:
        self._scratch = Scratch(_TABLES)
        self._blobs = tempfile.TemporaryFile(prefix="arsip-")  # noqa: SIM115 - it is closed with the shelf
        self._end = 0

    def close(self) -> None:
        """Let go of everything."""
        self._scratch.close()
        self._blobs.close()

    def put(self, exchange: Exchange, source: str) -> None:
        """Put an exchange aside; `source` is the name of its file."""
        answer, request = exchange
        place, said, refers = answer.place, answer.said, answer.said.refers
        at, packed = self._write(said.block + request)
        facts = {
            "ip": answer.ip,
            "protocols": answer.protocols,
            "software": answer.software,
            "payload_digest": answer.payload_digest,
            "changed": said.changed,
        }
        values = (
            *(place.outlet, place.key, place.url),
            *(_text(answer.began), timestamp14(answer.began), said.status, said.digest),
            *(source, answer.offset, hashlib.sha256(said.block).hexdigest()),
            *(at, packed, len(request), json.dumps(facts), answer.record_id),
            *((refers.record_id, refers.url, refers.second, refers.payload_digest) if refers else (None,) * 4),
        )
        self._scratch.run(_INSERT, *values)

    def settle(self) -> Counter[str]:
        """Find what revisits stand for, and keep of each capture one; how many were left, by the reason in words."""
        self._scratch.script(_INDEXES)
        left: Counter[str] = Counter()
        revisits = list(
            self._scratch.select(
                "SELECT number, refers, refers_url, refers_second, refers_digest, began FROM answers "
                "WHERE refers NOT NULL ORDER BY number"
            )
        )
        for number, *refers in revisits:
            original = self._original(*refers)
            if original is None:
                left["revisit without its original"] += 1
                self._scratch.run("DELETE FROM answers WHERE number = ?", number)
            else:
                self._scratch.run(_STANDS_FOR, *original, number)
        before = self._count()
        # An original must stay as long as a revisit needs its bytes.
        self._scratch.script("CREATE TABLE bodies AS SELECT * FROM answers WHERE original IS NULL;")
        self._scratch.script("CREATE UNIQUE INDEX bodies_by_number ON bodies (number);")
        self._scratch.script(_ONCE)
        left["the same capture again"] += before - self._count()
        return left

    def outlets(self) -> list[str]:
        """Whose captures there are, sorted."""
        return [outlet for (outlet,) in self._scratch.select("SELECT DISTINCT outlet FROM answers ORDER BY outlet")]

    def all_of(self, outlet: str) -> Iterator[Put]:
        """The captures of an outlet, those of one key together, oldest first."""
        yield from map(_put, self._scratch.select(f"{_PUT} WHERE outlet = ? ORDER BY key, began, url, digest", outlet))

    def mark(self, outlet: str, there: Iterable[Mark]) -> None:
        """Note which captures of an outlet the archive has."""
        update = "UPDATE answers SET there = 1 WHERE url = ? AND second = ? AND digest = ? AND outlet = ?"
        self._scratch.many(update, ((*capture, outlet) for capture in there))

    def has_new(self, outlet: str) -> bool:
        """Is there a capture of the outlet that the archive does not have?"""
        query = "SELECT 1 FROM answers WHERE outlet = ? AND NOT there LIMIT 1"
        return next(self._scratch.select(query, outlet), None) is not None

    def has_any(self, captures: Iterable[Mark]) -> bool:
        """Is one of these put aside?"""
        query = "SELECT 1 FROM answers WHERE url = ? AND second = ? AND digest = ?"
        return any(next(self._scratch.select(query, *capture), None) for capture in captures)

    def count(self, outlet: str) -> int:
        """Captures of an outlet."""
        [(number,)] = self._scratch.select("SELECT count(*) FROM answers WHERE outlet = ?", outlet)
        return int(number)

    def arrange(self, outlet: str, visits: Iterable[list[Put]]) -> None:
        """Note which captures of an outlet belong together, the first page of each visit first."""
        for visit in visits:
            numbers = json.dumps([put.number for put in visit])
            head = visit[0]
            values = outlet, head.is_redirect, _text(head.began), head.url, numbers
            self._scratch.run("INSERT INTO visits VALUES (?, ?, ?, ?, ?)", *values)

    def visits(self, outlet: str) -> Iterator[list[Put]]:
        """What was noted, oldest visits first, and redirects when it is known where they lead."""
        visits = self._scratch.select(
            "SELECT numbers FROM visits WHERE outlet = ? ORDER BY is_redirect, began, url, numbers", outlet
        )
        for (numbers,) in visits:
            yield [self._of(number) for number in json.loads(numbers)]

    def capture(self, number: int) -> Capture:
        """A capture with its bytes, ready to be kept."""
        [(url, began, source, offset, facts, record, at, packed, request, original)] = self._scratch.select(
            "SELECT url, began, source, offset, facts, record, at, packed, request, original FROM answers "
            "WHERE number = ?",
            number,
        )
        told = json.loads(facts)
        data = self._read(at, packed)
        block, asked = data[: len(data) - request], data[len(data) - request :]
        changed, name = tuple(told["changed"]), ""
        if original is not None:
            block, changed, name = self._with_body(block, original)
        return Capture(
            url=url,
            began=datetime.fromisoformat(began),
            request=asked,
            response=block,
            ip=told["ip"],
            protocols=tuple(told["protocols"]),
            adopted=Adopted(
                source=source,
                offset=offset,
                record_id=record,
                payload_digest=told["payload_digest"],
                software=told["software"],
                original=name,
                changed=changed,
            ),
        )

    def _original(self, name: str, url: str, moment: str, digest: str, began: str) -> tuple[int, str, int] | None:
        """Number, digest and status of the response that a revisit stands for: by name, by place, by what it holds."""
        said = str(digests.parse(digest) or digest)
        for where, *values in (
            ("record = ? AND record != ''", name),
            ("url = ? AND second = ?", url, moment),
            ("digest = ? AND began <= ?", said, began),
        ):
            query = f"{_RESPONSE} AND {where} ORDER BY began DESC, sha, source LIMIT {_LOOKED_AT}"
            for number, actual, status, facts in self._scratch.select(query, *values):
                declared = json.loads(facts)["payload_digest"]
                if not said or said in {actual, str(digests.parse(declared) or declared)}:
                    return number, actual, status
        return None

    def _with_body(self, head: bytes, original: int) -> tuple[bytes, tuple[str, ...], str]:
        """The answer of a revisit: its own head where it fits the body, else that of its original."""
        [(at, packed, request, record, facts)] = self._scratch.select(
            "SELECT at, packed, request, record, facts FROM bodies WHERE number = ?", original
        )
        data = self._read(at, packed)
        whole = data[: len(data) - request]
        there, body = message.split_head(whole)
        try:
            mended = mend(head + body) if message.is_chunked(head) == message.is_chunked(there) else None
        except CutShort:
            mended = None
        if mended is None:
            return whole, tuple(json.loads(facts)["changed"]), record
        return mended.block, mended.changed, record

    def _of(self, number: int) -> Put:
        [put] = map(_put, self._scratch.select(f"{_PUT} WHERE number = ?", number))
        return put

    def _count(self) -> int:
        [(number,)] = self._scratch.select("SELECT count(*) FROM answers")
        return int(number)

    def _write(self, data: bytes) -> tuple[int, int]:
        packed = zlib.compress(data, 1)
        at = self._end
        self._act(self._blobs.seek, at)
        self._act(self._blobs.write, packed)
        self._end += len(packed)
        return at, len(packed)

    def _read(self, at: int, packed: int) -> bytes:
        self._act(self._blobs.seek, at)
        return zlib.decompress(self._act(self._blobs.read, packed))

    @staticmethod
    def _act(act: Any, argument: Any) -> Any:
        try:
            return act(argument)
        except OSError as error:
            raise StorageError(f"A temporary file failed: {error.strerror}. Make room in TMPDIR.") from error


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _put(row: tuple[Any, ...]) -> Put:
    number, key, url, began, moment, status, digest, source, there = row
    return Put(
        number=number,
        key=key,
        url=url,
        began=datetime.fromisoformat(began),
        second=moment,
        status=status,
        digest=digest,
        source=source,
        there=bool(there),
    )
