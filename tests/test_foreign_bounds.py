"""Files of other crawlers that are large, damaged or many in one: what it takes to read them has a bound."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive import spool as spooling
from archive.faults import Fault
from archive.foreign.exchanges import answers
from archive.foreign.found import Asked, Found
from archive.foreign.pairing import NEAR, Exchange, paired
from archive.foreign.places import Source
from archive.foreign.shelf import Shelf
from crawler.foreign.gathering import NAMED, Gathering
from crawler.rereading import response_of
from tests.foreign import NOW, Book, address, found, http, member, owners, page
from tests.runs import read_lines
from tests.warcs import packed, sha1


def test_answers_without_requests_do_not_pile_up(tmp_path: Path) -> None:
    book = Book()
    for number in range(200):
        book.page(number)
    seen, given = 0, 0

    def counted() -> Iterator[Found]:
        nonlocal seen
        for one in answers(book.write(tmp_path / "x.warc"), owners.sort, NOW):
            seen += 1
            yield one

    for _ in paired(counted()):
        given += 1
        assert seen - given <= 64
    assert given == 200


def test_requests_without_answers_do_not_pile_up() -> None:
    def asked() -> Iterator[Found]:
        for number in range(50 * NEAR):
            yield Asked(record_id=f"<{number}>", concurrent=(), block=bytes(1000))

    tracemalloc.start()
    try:
        assert list(paired(asked())) == []
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_of_a_file_full_of_faults_no_more_are_named_than_a_person_reads(tmp_path: Path) -> None:
    book, said = Book(), list[str]()
    for number in range(NAMED + 15):
        book.response(address(number), http(page(number)), WARC_Payload_Digest=sha1(b"lain"))
    path = book.write(tmp_path / "x\x1b.warc")
    with closing(Shelf()) as shelf:
        gathering = Gathering(owners.sort, shelf, lambda _: None, said.append)
        gathering.all([Source(str(path), 1)])
    assert gathering.came.faults == NAMED + 15
    assert len(said) == NAMED + 1
    assert said[-1].endswith("more faults follow, which are only counted")


def test_any_number_of_lines_of_a_head_take_little_time() -> None:
    began = time.process_time()
    answer = response_of(address(1), b"HTTP/1.1 301 Moved\r\n" + b"a: b\r\nA: c\r\n" * 100_000 + b"\r\n", b"")
    assert time.process_time() - began < 5  # it took minutes
    assert len(answer.headers.getlist("a")) == 200_000
    assert answer.headers.getlist("A")[:3] == [b"b", b"c", b"b"]


def test_many_records_in_one_member_are_read(tmp_path: Path) -> None:
    book = Book()
    for number in range(3):
        book.page(number)
    (tmp_path / "x.warc.gz").write_bytes(member(b"".join(book.records)))
    told = found(tmp_path / "x.warc.gz")
    assert [one.answer.place.key for one in told if isinstance(one, Exchange)] == [f"contoh.test:{n}" for n in range(3)]


def test_behind_damage_the_reading_goes_on(tmp_path: Path) -> None:
    book = Book()
    for number in range(3):
        book.page(number)
    whole = bytearray(packed(*book.records))
    whole[len(packed(book.records[0])) + 40] ^= 255
    (tmp_path / "x.warc.gz").write_bytes(whole)
    told = found(tmp_path / "x.warc.gz")
    assert [one.answer.place.key for one in told if isinstance(one, Exchange)] == ["contoh.test:0", "contoh.test:2"]
    assert [str(one.kind) for one in told if isinstance(one, Fault)] == ["gzip"]


def test_rows_of_any_number_of_days_need_few_open_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "OPEN_AT_MOST", 4)
    made = spooling.Spool(tmp_path, "contoh", {})
    before = len(list(Path("/dev/fd").iterdir()))
    for turn in range(2):
        for day in range(9):
            made.line(f"articles/{day}.jsonl.gz", {"day": day, "turn": turn})
            assert len(list(Path("/dev/fd").iterdir())) <= before + 4
    made.close()
    lines = read_lines(tmp_path, "articles/*.jsonl.gz")
    assert [(line["day"], line["turn"]) for line in lines] == [(day, turn) for day in range(9) for turn in range(2)]
