"""Whatever the bytes: no change of ours goes unnoticed, and nothing crashes, hangs or fills memory."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive import message
from archive.faults import Kind
from archive.model import Capture
from archive.reader import Record, read
from archive.verification.files import verify_file
from archive.verification.http import Message
from archive.warc import WarcWriter
from tests.warcs import ASKED, CHUNKED, PAGE, URL, event, packed, record, revisit

FLIPS = st.tuples(st.integers(0, 1 << 20), st.integers(1, 255))


@cache
def ours() -> tuple[bytes, bytes, list[tuple[int, int]]]:
    """A WARC of ours, its index, and where its members lie."""
    page = Capture(url=URL, began=datetime.now(UTC), request=ASKED, response=PAGE, ip="127.0.0.1", fetch_ms=7)
    with TemporaryDirectory() as folder:
        writer = WarcWriter(Path(folder), "contoh", {"software": "uji"})
        writer.write(page)
        writer.write(replace(page, url=f"{page.url}/2", response=CHUNKED, via=page.url))
        writer.close()
        path = Path(folder) / writer.finished[0]
        members = [(one.offset, one.length) for one in read(path) if isinstance(one, Record)]
        [index] = path.parent.glob("*.cdxj")
        return path.read_bytes(), index.read_bytes().replace(path.name.encode(), b"x.warc.gz"), members


def kinds(data: bytes, *, index: bytes | None = None, name: str = "x.warc.gz") -> list[Kind]:
    """Kinds of the faults of a file that holds these bytes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        if index is not None:
            path.with_name("x.cdxj").write_bytes(index)
        return [fault.kind for fault in verify_file(path, own=index is not None)]


def flipped(position: int, mask: int) -> bytes:
    data = bytearray(ours()[0])
    data[position] ^= mask
    return bytes(data)


def noticed(position: int, mask: int) -> bool:
    return kinds(flipped(position, mask), index=ours()[1]) != []


def changes_nothing(position: int, mask: int) -> bool:
    """Do the members hold the same bytes as before?

    No checksum covers the time, the packer's flags and the system in a gzip header, nor its flag for text (RFC 1952,
    section 2.3); and deflate has bits that say nothing, such as those after its end (RFC 1951, section 3.2).
    """
    return gzip.decompress(flipped(position, mask)) == gzip.decompress(ours()[0])


def test_the_file_has_no_fault_before_it_is_changed() -> None:
    data, index, _ = ours()
    assert kinds(data, index=index) == []


def test_no_byte_of_ours_can_be_another_one_without_a_fault() -> None:
    data, _, members = ours()
    silent = [position for position in range(len(data)) if not noticed(position, 0xFF)]
    assert [position for position in silent if not changes_nothing(position, 0xFF)] == []
    headers = {offset + within for offset, _ in members for within in range(4, 10)}
    assert len(set(silent) - headers) <= len(members)


@settings(max_examples=300, deadline=None)
@given(FLIPS)
@example((3, 1))  # the flag for text
def test_no_bit_of_ours_can_be_another_one_without_a_fault(flip: tuple[int, int]) -> None:
    position, mask = flip[0] % len(ours()[0]), flip[1]
    assert noticed(position, mask) or changes_nothing(position, mask)


def test_no_byte_of_our_index_can_be_another_one_without_a_fault() -> None:
    data, index, _ = ours()
    for position in range(len(index)):
        changed = bytearray(index)
        changed[position] ^= 0x15
        assert kinds(data, index=bytes(changed)) != []


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1 << 20))
def test_no_cut_of_ours_within_a_record_goes_unnoticed(length: int) -> None:
    data, _, members = ours()
    length %= len(data)
    ends = {sum(member) for member in members}
    assert (kinds(data[:length]) == []) == (length in ends)


PLAIN = b"".join([*event(block=CHUNKED), revisit(1, b"Halo"), record("metadata", b"via: x\r\n", 50)])
PIECES = st.sampled_from(
    [
        b"",
        b"\r\n",
        b"\r\n\r\n",
        b"WARC/1.1\r\n",
        b"Content-Length: ",
        b"\0",
        b"\xff",
        b"9" * 30,
        b"\x1f\x8b\x08",
        b"<>:",
    ]
)
EDITS = st.lists(st.tuples(st.integers(0, len(PLAIN)), st.integers(0, 40), PIECES | st.binary(max_size=20)), max_size=6)


def edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for position, length, put in edits:
        data = data[:position] + put + data[position + length :]
    return data


@settings(max_examples=300, deadline=None)
@given(EDITS)
def test_no_change_of_a_record_crashes_the_verifier(edits: list[tuple[int, int, bytes]]) -> None:
    data = edited(PLAIN, edits)
    for name, stored in (("x.warc", data), ("x.warc.gz", packed(data)), ("x.warc.gz", data)):
        assert all(isinstance(kind, Kind) for kind in kinds(stored, index=b"x y {}\n", name=name))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"WARC/1.1\r\n", b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x1c"]))
def test_no_bytes_at_all_crash_the_verifier(data: bytes, start: bytes) -> None:
    for name in ("x.warc", "x.warc.gz"):
        assert kinds(start + data, name=name) != []


BODIES = st.lists(
    st.sampled_from(
        [b"4\r\nHalo\r\n", b"2\nHa\n", b"0\r\n\r\n", b"4\r\nHaloX", b"A;x=y\r\n", b"\r", b"\n", b";", b"f" * 17]
    )
    | st.binary(max_size=6)
).map(b"".join)
HEADS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\nTRANSFER-encoding :\tgzip, Chunked \n\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"Transfer-Encoding: chunked",
        b"",
    ]
)


@settings(max_examples=500, deadline=None)
@given(HEADS, BODIES, st.integers(1, 9))
@example(b"Transfer-Encoding: chunked", b"\n\n\r\n", 1)
def test_a_payload_in_pieces_is_the_payload_that_the_writer_takes_the_digest_of(
    head: bytes, body: bytes, size: int
) -> None:
    parts: list[bytes] = []
    reading = Message(parts.append, lambda _: None)
    for start in range(0, len(head + body), size):
        reading.feed((head + body)[start : start + size])
    assert b"".join(parts) == message.payload(head + body)
    assert bytes(reading.head) == message.split_head(head + body)[0]


def test_header_values_are_found_as_the_writer_finds_them() -> None:
    head = b"HTTP/1.1 200 OK\r\nA: b \t\r\na:c\nX-A: d\r\n A: e\r\nA : f\r\nA\r\nA:\r\nA:\r\n f,\n\tg\r\n\r\n"
    reading = Message(lambda _: None, lambda _: None)
    reading.feed(head)
    assert reading.values("A") == message.header_values(head, "A")


@pytest.mark.parametrize(
    "data",
    [
        b"WARC/1.0\r\nContent-Length: 9999999\r\nWARC-Block-Digest: md5:0\r\n\r\n" * 5_000,
        b"".join(event(block=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked" + b" " * 500_000 + b"x\r\n\r\nHalo")),
        b"".join(event(block=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 100_000)),
        record(block=b"HTTP/1.1 200 OK\r\n" + b"Content-Length: 1\r\n" * 100_000 + b"\r\n"),
        record(changes={"WARC-Concurrent-To": [f"<urn:{n}>" for n in range(40_000)]}),
        record(changes={"Content-Type": "a/b" + " " * 900_000 + "c"}),
        record(changes={"WARC-Target-URI": "a:" + "b" * 900_000}),
    ],
)
def test_hostile_records_take_no_longer_than_there_are_of_them(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.warc"
    path.write_bytes(data)
    began = time.process_time()
    for _ in verify_file(path, own=True):
        pass
    assert time.process_time() - began < 30


def test_a_large_record_does_not_fill_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    zeros, packer = b"\0" * (1 << 20), zlib.compressobj(1, wbits=31)
    head = b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n" % (100 << 20)
    with path.open("wb") as file:
        file.write(packer.compress(head))
        for _ in range(100):
            file.write(packer.compress(zeros))
        file.write(packer.compress(b"\r\n\r\n") + packer.flush())
    tracemalloc.start()
    assert {fault.kind for fault in verify_file(path, own=False)} == {Kind.MISSING_FIELD}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20
