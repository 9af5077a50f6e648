"""A capture is held against its row, and whatever is not as it should be is said."""

from __future__ import annotations

import gzip
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from archive import proof
from archive.errors import Damaged
from archive.files import OnDisk
from archive.model import RecordRef
from archive.warc import WarcWriter
from tests.library import Library


@pytest.fixture
def refs(tmp_path: Path) -> list[RecordRef]:
    library = Library(tmp_path)
    writer = WarcWriter(tmp_path, "contoh", {})
    made = [writer.write(library.exchange(f"https://contoh.test/{n}", b"<p>%d</p>" % n), None) for n in range(2)]
    writer.close()
    return made


def test_a_record_that_is_as_its_row_says_has_no_difference(refs: list[RecordRef], tmp_path: Path) -> None:
    found = proof.examine(OnDisk(tmp_path), refs[1])
    assert found.differences == []
    assert found.payload == b"<p>1</p>"
    assert found.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert found.field("warc-type") == "response"


@pytest.mark.parametrize("field", ["url", "record_id", "payload_digest"])
def test_a_field_that_differs_is_named_with_both_values(refs: list[RecordRef], tmp_path: Path, field: str) -> None:
    other = RecordRef(**{**asdict(refs[0]), field: "lain"})
    [found] = proof.examine(OnDisk(tmp_path), other).differences
    assert (found.field, found.row, found.record) == (field, "'lain'", repr(getattr(refs[0], field)))


def test_another_record_at_that_place_differs(refs: list[RecordRef], tmp_path: Path) -> None:
    there = replace(refs[0], offset=refs[1].offset, length=refs[1].length)
    found = {one.field for one in proof.examine(OnDisk(tmp_path), there).differences}
    assert found == {"url", "record_id", "payload_digest"}


@pytest.mark.parametrize("change", [{"offset": 3}, {"length": 20}, {"length": 1 << 20}, {"offset": 1 << 40}])
def test_where_no_record_lies_that_is_said(refs: list[RecordRef], tmp_path: Path, change: dict[str, int]) -> None:
    with pytest.raises(Damaged, match="scrapy verify"):
        proof.examine(OnDisk(tmp_path), RecordRef(**{**asdict(refs[0]), **change}))


def test_a_member_that_unfolds_without_end_is_left_alone_early(
    refs: list[RecordRef], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = gzip.compress(b"WARC/1.1\r\nContent-Length: 60000000\r\n\r\n" + bytes(60_000_000), compresslevel=1)
    (tmp_path / refs[0].warc).write_bytes(bomb)
    monkeypatch.setattr(proof, "MAX_RECORD", 1 << 20)
    with pytest.raises(Damaged, match="unfolds to more than"):
        proof.examine(OnDisk(tmp_path), replace(refs[0], offset=0, length=len(bomb)))


@pytest.mark.parametrize(
    "change", [{"offset": 1.5}, {"length": 2.5}, {"offset": True}, {"warc": "warc/../../x.warc.gz"}]
)
def test_a_place_that_can_be_none_is_refused(refs: list[RecordRef], change: dict[str, Any]) -> None:
    with pytest.raises(Damaged, match="points at nothing"):
        proof.ref_of({**asdict(refs[0]), **change})


def test_a_file_that_is_gone_is_missing(refs: list[RecordRef], tmp_path: Path) -> None:
    (tmp_path / refs[0].warc).unlink()
    with pytest.raises(Damaged, match="is missing"):
        proof.examine(OnDisk(tmp_path), refs[0])


@pytest.mark.parametrize(
    "change",
    [
        {"warc": "../../etc/passwd"},
        {"warc": "warc/contoh/../../../etc/passwd.warc.gz"},
        {"warc": "/etc/hosts.warc.gz"},
        {"warc": "articles/outlet=contoh/part.jsonl.gz"},
        {"warc": None},
        {"offset": -1},
        {"offset": "0"},
        {"length": 0},
        {"length": proof.MAX_RECORD + 1},
        {"record_id": 7},
    ],
)
def test_a_row_leads_to_records_of_the_archive_alone(refs: list[RecordRef], change: dict[str, Any]) -> None:
    assert proof.ref_of(asdict(refs[0])) == refs[0]
    with pytest.raises(Damaged, match="nothing that can be a record"):
        proof.ref_of({**asdict(refs[0]), **change})


@pytest.mark.parametrize("capture", [{}, {"url": "x"}, [], None, "x"])
def test_what_is_no_capture_leads_nowhere(capture: Any) -> None:
    with pytest.raises(Damaged):
        proof.ref_of(capture)
