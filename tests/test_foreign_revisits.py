"""Captures of others on their shelf: a revisit has the body that it stands for, and a capture is there once."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from archive.foreign.pairing import Exchange
from archive.foreign.shelf import Shelf
from archive.message import head_of, payload
from archive.model import Capture
from tests.foreign import HTML, MOMENT, Book, address, found, http, later, page
from tests.warcs import ASKED, IDENTICAL, name, sha1


def shelved(tmp_path: Path, *books: Book) -> Shelf:
    shelf = Shelf()
    for number, book in enumerate(books):
        for one in found(book.write(tmp_path / f"{number}.warc")):
            assert isinstance(one, Exchange)
            shelf.put(one, f"{number}.warc")
    return shelf


def captures(shelf: Shelf) -> list[Capture]:
    return [shelf.capture(put.number) for put in shelf.all_of("contoh")]


def revisit(book: Book, at: datetime, head: bytes, **refers: str) -> None:
    given = {"WARC_Type": "revisit", "WARC_Profile": IDENTICAL, "WARC_Payload_Digest": sha1(page(1))}
    book.response(address(1), head, at, **{**given, **refers})


@pytest.mark.parametrize(
    "refers",
    [
        {"WARC_Refers_To": name(1)},
        {"WARC_Refers_To_Target_URI": address(1), "WARC_Refers_To_Date": "2024-05-06T07:08:09Z"},
        {},  # wget says neither
    ],
)
def test_a_revisit_is_its_own_head_before_the_body_that_it_stands_for(tmp_path: Path, refers: dict[str, str]) -> None:
    first, second = Book(), Book()
    first.page(1)
    second.records.append(b"")  # names begin at 2
    revisit(second, later(days=1), http(b"", HTML, "X-Hari: 2", f"Content-Length: {len(page(1))}"), **refers)
    with closing(shelved(tmp_path, second, first)) as shelf:
        assert not +shelf.settle()
        old, new = captures(shelf)
    assert (old.response, payload(new.response)) == (http(page(1)), page(1))
    assert b"X-Hari: 2" in head_of(new.response)
    assert new.adopted is not None
    assert new.adopted.original == name(1)


def test_a_revisit_whose_head_does_not_fit_has_the_one_of_its_original(tmp_path: Path) -> None:
    book = Book()
    book.page(1)
    revisit(book, later(days=1), http(b"", HTML, "Transfer-Encoding: chunked"))
    with closing(shelved(tmp_path, book)) as shelf:
        shelf.settle()
        assert [capture.response for capture in captures(shelf)] == [http(page(1))] * 2


def test_a_revisit_of_what_nobody_has_is_left(tmp_path: Path) -> None:
    book = Book()
    book.page(2)
    revisit(book, later(days=1), b"", WARC_Refers_To=name(1))
    with closing(shelved(tmp_path, book)) as shelf:
        assert shelf.settle() == {"revisit without its original": 1, "the same capture again": 0}


def test_of_one_capture_in_two_files_the_one_with_its_request_is_kept(tmp_path: Path) -> None:
    bare_one, whole = Book(), Book()
    bare_one.page(1)
    whole.ask(address(1), name(2))
    whole.page(1)
    for books in ((bare_one, whole), (whole, bare_one)):
        with closing(shelved(tmp_path, *books)) as shelf:
            assert shelf.settle()["the same capture again"] == 1
            assert [capture.request for capture in captures(shelf)] == [ASKED]


def test_many_revisits_of_one_digest_are_held_against_few_responses(tmp_path: Path) -> None:
    book, other = Book(), "sha1:" + "A" * 32
    for number in range(1200):
        book.page(1)
        fields = {"WARC_Type": "revisit", "WARC_Profile": IDENTICAL, "WARC_Payload_Digest": other}
        place = {"WARC_Refers_To_Target_URI": address(1), "WARC_Refers_To_Date": f"{MOMENT:%Y-%m-%dT%H:%M:%SZ}"}
        book.response(address(number), b"HTTP/1.1 200 OK\r\n\r\n", later(days=1), **fields, **place)
    with closing(shelved(tmp_path, book)) as shelf:
        began = time.process_time()
        assert shelf.settle()["revisit without its original"] == 1200
        assert time.process_time() - began < 6  # it took fifteen seconds, and four times that of twice as many
