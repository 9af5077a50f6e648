"""The stub of a record: of exactly the length that is asked for, and a record to everybody who reads WARC files."""

from __future__ import annotations

import gzip
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from hypothesis import example, given
from hypothesis import strategies as some
from warcio.archiveiterator import ArchiveIterator

from archive import cdxj
from archive.faults import Fault
from archive.reader import Record, read
from archive.records import event, warcinfo
from archive.takedown.stub import SMALLEST, Replaced, public, stub, stub_id
from archive.verification.files import verify_file
from tests.lives import exchange
from tests.replay import judge

AT = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
OF = Replaced("<urn:uuid:12345678-1234-1234-1234-123456789abc>", "response")
ROOMY = 400
"""Bytes in which everything can be said."""
FAST = (WarcRecordType.warcinfo, WarcRecordType.metadata, WarcRecordType.response)


@given(some.integers(SMALLEST, 3000) | some.integers(65_000, 67_000) | some.integers(SMALLEST, 400_000))
@example(SMALLEST)
@example(65_535 + 20)
def test_a_stub_has_exactly_the_length_and_is_one_whole_gzip_member(length: int) -> None:
    made = stub(length, OF, AT, "court order")
    assert len(made) == length
    record = gzip.decompress(made)  # checks CRC and size, and that nothing follows
    assert record.startswith(b"WARC/1.1\r\n") or (not record and length < 160)


def test_a_stub_says_as_much_as_there_is_room_for(tmp_path: Path) -> None:
    said = []
    for length in range(SMALLEST, ROOMY):
        path = tmp_path / f"{length}.warc.gz"
        path.write_bytes(stub(length, OF, AT, "court order: rahasia"))
        [found] = read(path)
        if isinstance(found, Fault):
            assert length < 160
            continue
        said.append(len(found.head) + found.size)
        assert (found.get("WARC-Type"), found.get("WARC-Record-ID")) == ("metadata", stub_id(OF.record_id))
        assert b"rahasia" not in found.head + found.block()
    assert said == sorted(said)
    assert isinstance(found, Record)
    assert found.get("WARC-Refers-To") == OF.record_id
    assert found.block() == (
        b"takenDown: 2026-11-22T03:04:05Z\r\nreason: court order\r\nreplaces: response "
        + OF.record_id.encode()
        + b"\r\n"
    )


@pytest.mark.parametrize("length", [160, 200, ROOMY, 66_000, 70_001, 3 << 20])
def test_every_reader_takes_a_file_with_a_stub_for_sound(tmp_path: Path, length: int) -> None:
    path = tmp_path / "contoh-20261122000000-00000-vm.warc.gz"
    info, first = warcinfo(path.name, AT, {"software": "uji"})
    last = event(exchange("https://contoh.test/1"), info).data
    path.write_bytes(first + stub(length, OF, AT, "court order") + last)
    cdxj.write(path.with_suffix("").with_suffix(".cdxj"), cdxj.index(path))
    assert list(verify_file(path, own=True)) == []
    ours = [(found.offset, found.length) for found in read(path) if isinstance(found, Record)]
    assert ours[:3] == [(0, len(first)), (len(first), length), (len(first) + length, ours[2][1])]
    with path.open("rb") as file:
        assert [one.rec_type for one in ArchiveIterator(file, check_digests="raise")][1:3] == ["metadata", "response"]
    with path.open("rb") as file:
        for one, kind in zip(FastIterator(file, parse_http=False), FAST, strict=False):
            assert one.record_type == kind
            assert one.verify_block_digest() is ("WARC-Block-Digest" in one.headers)
    [line] = cdxj.index(path)
    assert f'"offset": "{len(first) + length}"' in line


def test_the_indexers_of_others_list_no_stub(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    info, first = warcinfo(path.name, AT, {"software": "uji"})
    stubs = b"".join(stub(length, OF, AT, "court order") for length in (190, ROOMY, 70_001))
    path.write_bytes(first + stubs + event(exchange("https://contoh.test/1"), info).data)
    for program in ("cdxj-indexer", "cdx-indexer"):
        done = subprocess.run([judge(program), str(path)], capture_output=True, text=True, check=True)
        lines = [line for line in done.stdout.splitlines() if not line.startswith(" CDX")]
        assert len(lines) == 1, done.stdout
        assert "contoh.test/1" in lines[0] or "test,contoh)/1" in lines[0]
        assert not done.stderr


def test_less_than_a_gzip_member_cannot_be_filled() -> None:
    with pytest.raises(ValueError, match="19 bytes"):
        stub(SMALLEST - 1, OF, AT, "court order")


def test_what_follows_a_colon_is_not_for_everybody_and_a_reason_stays_one_line() -> None:
    assert public("court order: Nama Orang") == "court order"
    assert public("permintaan\r\nWARC-Type: response\x00") == "permintaan WARC-Type"
    assert len(public("x" * 9000)) == 500
