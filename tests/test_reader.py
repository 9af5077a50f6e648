"""The reader gives every record that is whole and names every place where there is none, whatever the bytes."""

from __future__ import annotations

import gc
import gzip
import time
import zlib
from pathlib import Path

import pytest

from archive import reader
from archive.faults import Fault, Kind
from archive.reader import Record, read, read_at
from tests.warcs import event, name, packed, record

PARTS = [packed(record("metadata", f"via: {number}\r\n".encode(), number)) for number in range(3)]
STARTS = [0, len(PARTS[0]), len(PARTS[0] + PARTS[1]), len(b"".join(PARTS))]
Read = list[tuple[str, int]]


def found(path: Path, data: bytes) -> Read:
    """Ids of the records and kinds of the faults, each with its offset."""
    path.write_bytes(data)
    return [
        (str(one.kind), one.offset) if isinstance(one, Fault) else (one.get("WARC-Record-ID") or "", one.offset)
        for one in read(path)
    ]


def whole(*numbers: int) -> Read:
    return [(name(number), STARTS[number]) for number in numbers]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.warc.gz"


def test_records_come_with_their_bytes(path: Path) -> None:
    path.write_bytes(b"".join(PARTS))
    for number, one in enumerate(read(path)):
        assert isinstance(one, Record)
        assert (one.offset, one.length) == (STARTS[number], len(PARTS[number]))
        assert one.block() == f"via: {number}\r\n".encode()
        assert one.head + one.block() + b"\r\n\r\n" == gzip.decompress(PARTS[number])
        assert one.get("warc-type") == "metadata"


def test_plain_records_come_with_their_bytes(tmp_path: Path) -> None:
    records = event()
    path = tmp_path / "x.warc"
    path.write_bytes(b"".join(records))
    assert [(one.offset, one.length) for one in read(path)] == [  # type: ignore[union-attr]
        (0, len(records[0])),
        (len(records[0]), len(records[1])),
    ]


def test_a_cut_at_any_byte_of_a_member_is_one_torn_end(path: Path) -> None:
    # Magic, flags, time, deflate, each byte of CRC and size: every place where a member can end too early.
    for length in range(1, len(PARTS[2])):
        assert found(path, b"".join(PARTS[:2]) + PARTS[2][:length]) == [*whole(0, 1), ("torn", STARTS[2])], length
    assert found(path, b"".join(PARTS[:2])) == whole(0, 1)


def test_a_cut_at_any_byte_of_a_plain_record_is_one_torn_end(tmp_path: Path) -> None:
    path = tmp_path / "x.warc"
    first, second = record(number=1), record(number=2)
    for length in range(len("WARC/1.1\r\n"), len(second)):
        kinds = [kind for kind, offset in found(path, first + second[:length]) if offset == len(first)]
        assert "torn" in kinds, length
        assert len([kind for kind in kinds if kind in list(Kind)]) == 1


@pytest.mark.parametrize("position", range(len(PARTS[1])))
def test_a_byte_that_changed_costs_one_record_at_most(path: Path, position: int) -> None:
    member = bytearray(PARTS[1])
    member[position] ^= 0xFF
    result = found(path, PARTS[0] + bytes(member) + PARTS[2])
    assert set(whole(0, 2)) <= set(result)
    if position not in range(4, 10):  # time, flags of the packer and system: no checksum covers them
        assert [offset for kind, offset in result if kind in list(Kind)][:1] == [STARTS[1]]


@pytest.mark.parametrize("position", range(3))
def test_a_damaged_beginning_does_not_hide_the_rest(path: Path, position: int) -> None:
    member = bytearray(PARTS[0])
    member[position] ^= 0xFF
    assert found(path, bytes(member) + PARTS[1] + PARTS[2]) == [("tail", 0), *whole(1, 2)]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\0",
        b"\0" * 4096,
        b"sampah",
        b"\x1f",
        b"\x1f\x8b\x08",
        b"\x1f\x8b\x08\xe0" + b"\xff" * 20,
        b"\x1f\x8b\x08" * 50,
        PARTS[0][:20],
        PARTS[0][:-8],
        PARTS[0][10:],
        PARTS[0][-1:],
        gzip.compress(b"bukan WARC", mtime=0)[:-3],
    ],
)
@pytest.mark.parametrize("behind", [0, 1])
def test_garbage_between_and_behind_members_is_named_once(path: Path, garbage: bytes, behind: int) -> None:
    result = found(path, PARTS[0] + PARTS[1] + garbage + PARTS[2] * behind)
    assert [place for place in result if place[0] not in list(Kind)] == [
        *whole(0, 1),
        *([(name(2), STARTS[2] + len(garbage))] * behind),
    ]
    assert [offset for kind, offset in result if kind in list(Kind)] == [STARTS[2]]


def test_a_whole_member_of_something_else_is_named(path: Path) -> None:
    other = gzip.compress(b"bukan WARC", mtime=0)
    assert found(path, PARTS[0] + other + PARTS[1]) == [
        *whole(0),
        ("no-record", STARTS[1]),
        (name(1), STARTS[1] + len(other)),
    ]


def test_a_tail_that_repeats_a_record_is_a_record_again(path: Path) -> None:
    assert found(path, PARTS[0] + PARTS[1] + PARTS[1]) == [*whole(0, 1), (name(1), STARTS[2])]


def test_garbage_longer_than_what_is_read_at_once_is_passed_over(path: Path) -> None:
    for length in ((1 << 20) - 2, (1 << 20) - 1, (1 << 20) + 1, (1 << 21) - 3):
        data = PARTS[0] + b"x" * length + PARTS[1]
        assert found(path, data) == [*whole(0), ("tail", STARTS[1]), (name(1), STARTS[1] + length)]


def test_a_member_behind_a_long_extra_field_is_found(path: Path) -> None:
    extra = b"ARSP" + b"x" * 60000
    member = PARTS[1][:3] + b"\x04" + PARTS[1][4:10] + len(extra).to_bytes(2, "little") + extra + PARTS[1][10:]
    garbage = b"sampah"
    assert found(path, PARTS[0] + garbage + member)[-1] == (name(1), STARTS[1] + len(garbage))


def test_many_records_in_one_member_are_one_fault_and_all_come(path: Path) -> None:
    member = packed(b"".join(record(number=number) for number in range(3)))
    assert found(path, PARTS[0] + member) == [*whole(0), ("members", STARTS[1])] + [
        (name(number), STARTS[1]) for number in range(3)
    ]


def test_a_record_across_members_is_torn_and_its_rest_no_record(path: Path) -> None:
    data = record(number=7)
    assert found(path, packed(data[:-20], data[-20:]) + PARTS[0]) == [
        ("torn", 0),
        (name(7), 0),
        ("no-record", len(packed(data[:-20]))),
        (name(0), len(packed(data[:-20], data[-20:]))),
    ]


def test_a_bomb_is_left_alone_and_what_follows_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_MEMBER", 1 << 20)
    monkeypatch.setattr(reader, "_IN_MEMORY", 1 << 16)
    bomb = packed(record(block=b"\0" * (1 << 22), number=8))
    assert found(path, bomb + PARTS[0]) == [("too-large", 0), (name(0), len(bomb))]


def test_a_record_larger_than_memory_is_read_without_filling_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_IN_MEMORY", 1 << 16)
    block = bytes(range(256)) * 8192
    path.write_bytes(packed(record(block=block, number=8)) + PARTS[0])
    first, second = read(path)
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert max(map(len, first.pieces())) <= 1 << 20
    assert first.block() == block  # a second time, from the beginning
    assert second.offset == first.length
    del first, second
    gc.collect()  # an open file would be a warning, which fails the test


def test_read_at_gives_the_record_at_a_byte_and_its_block(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"".join(PARTS))
    for size in (1 << 24, 1 << 4):
        monkeypatch.setattr(reader, "_IN_MEMORY", size)
        one = read_at(path, STARTS[1])
        assert isinstance(one, Record)
        assert (one.offset, one.length, one.block()) == (STARTS[1], len(PARTS[1]), b"via: 1\r\n")


@pytest.mark.parametrize(("offset", "kind"), [(5, Kind.TAIL), (STARTS[3], Kind.TORN), (STARTS[3] + 9, Kind.TORN)])
def test_read_at_says_what_is_wrong_where_no_record_begins(path: Path, offset: int, kind: Kind) -> None:
    path.write_bytes(b"".join(PARTS))
    one = read_at(path, offset)
    assert isinstance(one, Fault)
    assert one.kind is kind


def test_an_empty_file_is_a_fault(path: Path) -> None:
    assert found(path, b"") == [("empty", 0)]


LONG = record(block=b"x" * 300, number=2)


@pytest.mark.parametrize(
    ("second", "kind", "size"),
    [
        (LONG.replace(b"Length: 300", b"Length: 299"), "length", 299),
        (LONG.replace(b"Length: 300", b"Length: 30"), "length", 30),
        (LONG.replace(b"Length: 300", b"Length: 301"), "length", 301),
        (LONG.replace(b"Length: 300", b"Length: 310"), "length", 300),
        (LONG.replace(b"Length: 300", b"Length: 999"), "length", 300),
        (LONG.replace(b"Length: 300", b"Length: 99999999999999999"), "length", 300),
        (LONG.replace(b"Length: 300", b"Length: -1"), "length", 300),
        (LONG.replace(b"Length: 300", b"Length: 3e2"), "length", 300),
        (LONG.replace(b"Length: 300", b"Length: \xd9\xa3\xd9\xa0"), "length", 300),
        (LONG.replace(b"Content-Length: 300\r\n", b""), "length", 300),
        (LONG[:-4], "length", 300),
        (LONG[:-2], "length", 300),
        (LONG + b"\r\n", "tail", 300),
        (LONG[:-100], "length", 204),
    ],
)
def test_a_length_that_is_not_so_hides_no_record_behind_it(tmp_path: Path, second: bytes, kind: str, size: int) -> None:
    path = tmp_path / "x.warc"
    first, third = record(number=1), record(number=3)
    assert found(path, first + second + third)[-1] == (name(3), len(first + second))
    assert [place for place in found(path, first + second + third) if place[0] in list(Kind)] == [
        (kind, len(first + (LONG if kind == "tail" else b"")))
    ]
    reading = read(path)
    two = next(one for one in reading if isinstance(one, Record) and one.get("WARC-Record-ID") == name(2))
    assert two.size == len(two.block()) == size


def test_a_page_about_warc_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "x.warc"
    page = record(block=b"\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\nContent-Length: 0\r\n\r\n\r\n\r\n", number=1)
    assert found(path, page + record(number=2)) == [(name(1), 0), (name(2), len(page))]


def test_values_may_hold_what_python_calls_ends_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.warc"
    path.write_bytes(record(changes={"X-Uji": "a\u2028b\x85c"}))
    [one] = read(path)
    assert isinstance(one, Record)
    assert one.get("X-Uji") == "a\u2028b\x85c"


def test_a_header_without_end_is_no_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_HEAD", 1 << 16)
    path = tmp_path / "x.warc"
    endless = b"WARC/1.1\r\n" + b"X-Uji: " + b"y" * (1 << 17) + b"\r\n"
    assert found(path, record(number=1) + endless + record(number=2)) == [
        (name(1), 0),
        ("too-large", len(record(number=1))),
        (name(2), len(record(number=1) + endless)),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"WARC/1.0\r\nA: b\r\n" * 200_000,
        b"WARC/1.0\r\n\r\n" * 100_000,
        b"WARC/1.0\r\nContent-Length: 9999999\r\n\r\n" * 50_000,
        b"WARC/1.0\r\nContent-Length: 0\r\n\r\n" * 50_000,
        b"\x1f\x8b\x08\x00" * 100_000,
        b"\x1f\x8b\x08\x04\0\0\0\0\0\0\xff\xff" * 10_000,
        zlib.compress(b"") * 10_000,
    ],
)
def test_hostile_bytes_take_no_longer_than_there_are_of_them(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    began = time.process_time()
    for _ in read(path):
        pass
    assert time.process_time() - began < 30
