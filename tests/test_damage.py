"""A file that was torn at any structural place of a member: exactly its whole records are kept, and the rest is too."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator

from archive.model import Capture
from archive.salvage import Salvaged, salvage
from archive.warc import WarcWriter

Make = Callable[..., Capture]

# Of a gzip member (RFC 1952, section 2.3): magic, method, flags, time, extra flags and system, deflate, CRC-32, length.
INSIDE = {"magic": 1, "method": 2, "flags": 3, "time": 4, "system": 9, "first byte of deflate": 10, "in deflate": 60}
FROM_END = {"last byte of deflate": 9, "CRC": 8, "in CRC": 6, "length": 4, "in length": 1}
TAILS: dict[str, Callable[[bytes], bytes]] = {
    "zeros": lambda _: b"\0" * 4096,
    "one zero": lambda _: b"\0",
    "half of the last member again": lambda last: last[: len(last) // 2],
    "end of the last member again": lambda last: last[-30:],
    "the whole last member again": lambda last: last,
    "a member that is no record": lambda _: zlib.compress(b"bukan rekaman", wbits=31),
    "text": lambda _: b"sampah\r\n",
}


def left_open(spool: Path, capture: Make) -> tuple[Path, list[int]]:
    """An open file of two exchanges in the spool of a killed job, and where each of its members ends."""
    writer = WarcWriter(spool, "contoh", {"software": "uji"})
    for number in (1, 2):
        writer.write(capture(url=f"https://contoh.test/{number}", body=b"isi %d " % number * 50))
    writer.sync()
    [path] = spool.rglob("*.warc.gz.open")
    path.with_name(path.name + ".journal").unlink()  # nothing had been promised yet
    data, ends = path.read_bytes(), list[int]()
    while data[sum(ends) :]:
        inflater = zlib.decompressobj(31)
        inflater.decompress(data[sum(ends) :])
        ends.append(len(data) - sum(ends) - len(inflater.unused_data))
    return path, [sum(ends[: number + 1]) for number in range(len(ends))]


def after(spool: Path) -> tuple[Salvaged, list[str], bytes]:
    """What salvage says, the records that are left, and the bytes that were set aside."""
    result = salvage(spool, "contoh", lambda _: None)
    records = []
    for path in spool.glob("warc/**/*.warc.gz"):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False, strict_mode=True):
                assert record.verify_block_digest()
                records.append(str(record.record_id))
    return result, records, b"".join(path.read_bytes() for path in spool.glob("damaged/**/*.warc.gz"))


def ids(path: Path) -> list[str]:
    with path.open("rb") as file:
        return [str(record.record_id) for record in ArchiveIterator(file, parse_http=False)]


@pytest.mark.parametrize("member", range(5))
@pytest.mark.parametrize("place", [*INSIDE, *FROM_END, "between"])
def test_a_cut_anywhere_in_a_member_leaves_exactly_the_members_before_it(
    tmp_path: Path, capture: Make, member: int, place: str
) -> None:
    path, ends = left_open(tmp_path / "job", capture)
    begin, end = ([0, *ends][member], ends[member])
    cut = begin + INSIDE[place] if place in INSIDE else end - FROM_END.get(place, end - begin)
    data, names = path.read_bytes(), ids(path)
    path.write_bytes(data[:cut])
    result, records, aside = after(tmp_path / "job")
    assert records == names[:member]
    assert result.records == member
    assert aside == data[begin:cut]


@pytest.mark.parametrize("tail", TAILS)
def test_a_tail_that_is_no_record_is_set_aside_and_every_record_kept(tmp_path: Path, capture: Make, tail: str) -> None:
    path, ends = left_open(tmp_path / "job", capture)
    data, names = path.read_bytes(), ids(path)
    extra = TAILS[tail](data[ends[-2] :])
    path.write_bytes(data + extra)
    _, records, aside = after(tmp_path / "job")
    assert records == names
    assert aside == extra


def test_zeros_in_place_of_the_end_cost_the_records_that_they_cover(tmp_path: Path, capture: Make) -> None:
    path, ends = left_open(tmp_path / "job", capture)
    data, names = path.read_bytes(), ids(path)
    path.write_bytes(data[: ends[2] + 40] + b"\0" * (len(data) - ends[2] - 40))
    _, records, _ = after(tmp_path / "job")
    assert records == names[:3]


def test_the_index_of_a_salvaged_file_lists_what_is_left(tmp_path: Path, capture: Make) -> None:
    path, ends = left_open(tmp_path / "job", capture)
    path.write_bytes(path.read_bytes()[: ends[2] + 10])
    after(tmp_path / "job")
    [index] = tmp_path.rglob("*.cdxj")
    assert [line.split(" ")[0] for line in index.read_text().splitlines()] == ["test,contoh)/1"]
