"""An index beside a WARC says what the WARC says, or its fault is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archive import cdxj
from archive.faults import Kind
from archive.files import OnDisk
from archive.verification import indexed
from archive.verification.files import orphans
from tests.warcs import URL, event, faults, packed, record, told

PARTS = [
    packed(record("warcinfo", b"software: uji\r\n", 90)),
    *(packed(*event(number, changes={"WARC-Target-URI": f"{URL}{number}"})[:1]) for number in (1, 2, 3)),
]
STARTS = [sum(map(len, PARTS[:number])) for number in range(4)]
Lines = list[bytes]

CASES: list[tuple[Kind, int, Callable[[Lines], Lines]]] = [
    (Kind.INDEX_LACKS, STARTS[2], lambda lines: [lines[0], lines[2]]),
    (Kind.INDEX_LACKS, STARTS[1], lambda lines: lines[1:]),
    (Kind.INDEX_EXTRA, STARTS[3], lambda lines: [*lines, lines[2]]),
    (Kind.INDEX_EXTRA, 77, lambda lines: [*lines, lines[2].replace(b'"offset": "%d"' % STARTS[3], b'"offset": "77"')]),
    (Kind.INDEX_EXTRA, 0, lambda lines: [*lines, b"zzz no JSON\n"]),
    (Kind.INDEX_EXTRA, 0, lambda lines: [*lines, b'zzz 2026 {"offset": "1e999"}\n']),
    (Kind.INDEX_EXTRA, 0, lambda lines: [*lines, b'zzz 2026 {"offset": Infinity}\n']),
    (Kind.INDEX_EXTRA, 0, lambda lines: [*lines, b"zzz 2026 " + b"[" * 5000 + b"\n"]),
    (Kind.INDEX_DIFFERS, STARTS[2], lambda lines: [lines[0], lines[1].replace(b"200", b"404"), lines[2]]),
    (Kind.INDEX_DIFFERS, STARTS[3], lambda lines: [*lines[:2], lines[2].rstrip(b"\n")]),
    (Kind.INDEX_ORDER, STARTS[1], lambda lines: [lines[1], lines[0], lines[2]]),
]
KINDS = {kind for kind, _, _ in CASES} | {Kind.INDEX_MISSING, Kind.WARC_MISSING}


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(b"".join(PARTS))
    return path


def test_an_index_made_from_the_file_has_no_fault(warc: Path) -> None:
    assert told(faults(warc, own=True)) == []


@pytest.mark.parametrize(("kind", "offset", "change"), CASES)
def test_a_line_that_is_not_the_records_is_named_at_the_record(
    warc: Path, kind: Kind, offset: int, change: Callable[[Lines], Lines]
) -> None:
    index = warc.with_name("x.cdxj")
    index.write_bytes(b"".join(change([line.encode() for line in cdxj.index(warc)])))
    assert told(faults(warc)) == [(kind, offset)]


def test_the_line_is_named_in_the_index(warc: Path) -> None:
    index = warc.with_name("x.cdxj")
    index.write_text("".join(cdxj.index(warc)).replace('"url": "h', '"url": "\u202e', 1))
    [fault] = faults(warc)
    assert "line 1 of x.cdxj" in fault.detail
    assert fault.detail.isprintable()


def test_a_file_of_ours_without_an_index_has_a_fault_and_others_have_none(warc: Path) -> None:
    assert told(faults(warc, own=True, index=False)) == [(Kind.INDEX_MISSING, 0)]
    assert told(faults(warc)) == []


def test_what_damage_took_out_of_a_file_is_named_from_its_index(warc: Path) -> None:
    faults(warc, own=True)
    data = bytearray(warc.read_bytes())
    data[STARTS[2] + 40] ^= 0x55
    warc.write_bytes(data)
    assert told(faults(warc)) == [(Kind.GZIP, STARTS[2]), (Kind.INDEX_EXTRA, STARTS[2])]


def test_a_line_without_end_does_not_fill_memory(warc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexed, "MAX_LINE", 1 << 10)
    with warc.with_name("x.cdxj").open("wb") as file:
        file.write("".join(cdxj.index(warc)).encode() + b"z" * (1 << 12))
    assert told(faults(warc)) == [(Kind.INDEX_EXTRA, 0)] * 4


def test_an_index_whose_file_is_gone_is_named(warc: Path) -> None:
    faults(warc, own=True)
    assert list(orphans(["x.cdxj"], [], OnDisk(warc.parent))) == []
    warc.unlink()
    assert list(orphans(["x.cdxj"], ["x.warc.gz"], OnDisk(warc.parent))) == []
    [(key, fault)] = orphans(["x.cdxj"], [], OnDisk(warc.parent))
    assert (key, fault.kind) == ("x.cdxj", Kind.WARC_MISSING)
