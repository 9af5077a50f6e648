"""Members too large for memory are read from checkpoints: every place is found, and little is unfolded again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from archive import reader, unfold
from archive.reader import Record, read
from archive.unfold import Unfolded
from tests.warcs import packed, record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.warc.gz"


def test_going_back_in_a_member_of_many_records_unfolds_little_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfolded, original = 0, Unfolded._unfold

    def counting(self: Unfolded, limit: int) -> bytes:
        nonlocal unfolded
        plain = original(self, limit)
        unfolded += len(plain)
        return plain

    monkeypatch.setattr(Unfolded, "_unfold", counting)
    monkeypatch.setattr(reader, "_IN_MEMORY", 1 << 16)
    blocks = [bytes([number]) * 100_000 for number in range(200)]
    plain = b"".join(record("resource", block, number) for number, block in enumerate(blocks))
    path.write_bytes(packed(plain))
    one_by_one = (one for one in read(path) if isinstance(one, Record))
    for one, block in zip(one_by_one, blocks, strict=True):
        assert one.block() == block
        assert one.block() == block
    assert unfolded < 6 * len(plain)


def test_any_place_of_a_large_member_is_found_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfold, "_APART", 1 << 10)
    monkeypatch.setattr(unfold, "_AT_MOST", 8)
    draw = random.Random(7)
    plain = draw.randbytes(300_000) + b"Halo " * 60_000
    path.write_bytes(b"before" + packed(plain))
    with Unfolded(path, 6) as member:
        for _ in range(300):
            position = draw.randrange(len(plain) + 9)
            assert member.seek(position) == min(position, len(plain))
            assert member.read(20) == plain[position : position + 20]
        assert len(member._spread) <= 8
