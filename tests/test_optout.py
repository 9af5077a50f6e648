"""Signals against reuse, wherever an outlet puts them."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive import message, records, replay
from archive.local import LocalStorage
from archive.model import Capture, RecordRef
from archive.optout import all_signals, of_head, reserves, signals

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def page(*metas: str) -> bytes:
    return f"<html><head>{''.join(metas)}</head><body><p>Isi</p></body></html>".encode()


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        (b"X-Robots-Tag: noarchive, noai", "x-robots-tag: noarchive, noai"),
        (b"x-robots-tag:noindex", "x-robots-tag: noindex"),
        (b"TDM-Reservation: 1", "tdm-reservation: 1"),
        (b"Content-Signal: ai-train=no", "content-signal: ai-train=no"),
    ],
)
def test_header_fields_are_stored_as_written(line: bytes, signal: str) -> None:
    assert signals(HEAD + line + b"\r\n\r\n", b"") == [signal]


@pytest.mark.parametrize(
    ("meta", "found"),
    [
        ('<meta name="robots" content="index, NOARCHIVE">', ["robots: noarchive"]),
        ("<META CONTENT='noai,noimageai' NAME='Robots'>", ["robots: noai", "robots: noimageai"]),
        ("<meta name=tdm-reservation content=1>", ["tdm-reservation: 1"]),
        ('<meta name="robots" content="index, follow, max-image-preview:large">', []),
        ('<meta name="description" content="noarchive">', []),
    ],
)
def test_meta_elements_are_read_in_any_order_and_case(meta: str, found: list[str]) -> None:
    assert signals(HEAD + b"\r\n", page(meta)) == found


@pytest.mark.parametrize(
    ("coding", "pack"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress), (b"identity", bytes)]
)
def test_pages_are_read_through_their_content_coding(coding: bytes, pack: object) -> None:
    body = page('<meta name="robots" content="noai">')
    head = HEAD + b"Content-Encoding: " + coding + b"\r\n\r\n"
    assert signals(head, pack(body)) == ["robots: noai"]  # type: ignore[operator]


@pytest.mark.parametrize("body", [b"\x1f\x8b\x08garbage", b"", b"<meta " * 50_000])
def test_a_body_that_lies_gives_no_signal_and_costs_little(body: bytes) -> None:
    assert signals(HEAD + b"Content-Encoding: gzip\r\n\r\n", body) == []
    assert signals(HEAD + b"\r\n", body) == []


def test_what_stands_in_the_text_is_no_signal() -> None:
    assert signals(HEAD + b"\r\n", page() + b'<body><meta name="robots" content="noai">') == []


def test_there_is_an_end_to_signals() -> None:
    many = "".join(f'<meta name="tdm-policy" content="{number}">' for number in range(1000))
    assert len(signals(HEAD + b"\r\n", page(many))) == 20


@pytest.mark.parametrize(
    "value", ["index, follow", "max-image-preview:large", "unavailable_after: 25 Jun 2027 15:00:00"]
)
def test_an_x_robots_tag_that_closes_nothing_is_no_signal(value: str) -> None:
    assert of_head(f"X-Robots-Tag: {value}\r\n".encode()) == []


def test_a_folded_field_is_one_line() -> None:
    assert of_head(b"X-Robots-Tag: otherbot: nofollow,\r\n  noarchive\r\n") == [
        "x-robots-tag: otherbot: nofollow, noarchive"
    ]


@pytest.mark.parametrize(
    "signal",
    [
        "robots: noarchive",
        "robots: noai",
        "googlebot: noarchive",
        "arsip-berita: noai",
        "x-robots-tag: noarchive",
        "x-robots-tag: nofollow, NOAI",
        "x-robots-tag: googlebot: nofollow, noarchive",
        "x-robots-tag: otherbot: noindex, googlebot: noarchive",
        "x-robots-tag: arsip-berita: noai",
        "x-robots-tag: max-snippet: 20, noarchive",
        "x-robots-tag: unavailable_after: 25 Jun 2027 15:00:00 PST, noarchive",
        "tdm-reservation: 1",
        "tdmrep.json: tdm-reservation: 1",
        "content-signal: search=no",
        "content-usage: search=n, train-ai=n",
        "robots.txt: Content-Signal: ai-train=no, search = no",
        "robots.txt: Content-Usage: /opini/ search=n",
    ],
)
def test_who_closes_a_page_to_copies_mining_or_search_keeps_it_from_becoming_a_row(signal: str) -> None:
    assert reserves(["robots: noindex", signal, "robots: noai"]) == signal


@pytest.mark.parametrize(
    "signal",
    [
        "robots: noindex",
        "robots: none",
        "robots: noimageai",
        "bingbot: noarchive",
        "googlebot-news: noarchive",
        "x-robots-tag: noindex",
        "x-robots-tag: bingbot: noarchive, noai",
        "tdm-reservation: 0",
        "tdm-reservation: 10",
        "tdm-policy: https://contoh.test/1",
        "content-signal: search=yes, ai-train=no, ai-input=no",
        "content-usage: train-ai=n",
        "robots.txt: Content-Signal: search=yes,ai-train=no",
        "robots.txt (bingbot): Content-Signal: search=no",
        "robots.txt: disallow GPTBot",
        "content-signal: research=no",
    ],
)
def test_what_speaks_of_other_uses_or_to_others_is_recorded_only(signal: str) -> None:
    assert reserves([signal]) is None


def test_a_row_has_the_signals_of_page_head_and_host_each_once() -> None:
    head = b"Content-Type: text/html\r\nX-Robots-Tag: noai\r\nTDM-Reservation: 1\r\n"
    assert all_signals(["robots: noai", "tdm-reservation: 1"], head, ("robots.txt: disallow GPTBot",)) == [
        "robots: noai",
        "tdm-reservation: 1",
        "x-robots-tag: noai",
        "robots.txt: disallow GPTBot",
    ]


def test_the_signals_of_a_capture_are_read_back_from_its_metadata_record(
    capture: Callable[..., Capture], tmp_path: Path
) -> None:
    given = replace(
        capture(head=HEAD + b"X-Robots-Tag: noai\r\n"), opt_out=("tdmrep.json: tdm-reservation: 1", "robots.txt: ü")
    )
    plain = records.event(capture(), "<urn:uuid:1>")
    event = records.event(given, "<urn:uuid:1>")
    (tmp_path / "x.warc.gz").write_bytes(event.data + plain.data)
    ref = RecordRef(
        url=given.url, warc="x.warc.gz", offset=0, length=event.length, record_id=event.record_id, payload_digest=""
    )
    storage = LocalStorage(tmp_path)
    found = ["tdmrep.json: tdm-reservation: 1", "robots.txt: ü", "x-robots-tag: noai"]
    assert replay.opt_out(storage, ref) == found
    # Another's metadata record says nothing about this response, nor does a file that ends.
    assert replay.opt_out(storage, replace(ref, record_id="<urn:uuid:2>")) == []
    assert replay.opt_out(storage, replace(ref, offset=len(event.data), length=plain.length)) == []
    (tmp_path / "x.warc.gz").write_bytes(event.data[: event.length + 9])
    assert replay.opt_out(storage, ref) == []


@pytest.mark.parametrize("size", [0, 5_000, 60_000, 70_000])
@pytest.mark.parametrize("behind", ["nothing", "its metadata", "metadata that are cut off"])
def test_an_exchange_read_at_once_says_what_its_parts_say(
    capture: Callable[..., Capture], tmp_path: Path, size: int, behind: str
) -> None:
    odd = random.Random(size).randbytes(size).hex()[:size].encode()
    given = replace(capture(), request=b"GET / HTTP/1.1\r\nX-Odd: " + odd + b"\r\n\r\n")
    if behind != "nothing":
        given = replace(given, opt_out=("tdmrep.json: tdm-reservation: 1",))
    event = records.event(given, "<urn:uuid:1>")
    cut = 12 if behind == "metadata that are cut off" else 0
    (tmp_path / "x.warc.gz").write_bytes(event.data[: len(event.data) - cut])
    storage = LocalStorage(tmp_path)
    digest = records.digest(message.payload(given.response))
    ref = RecordRef(
        url=given.url, warc="x.warc.gz", offset=0, length=event.length, record_id=event.record_id, payload_digest=digest
    )
    read = replay.exchange(storage, ref)
    assert read == (*replay.response(storage, ref), replay.opt_out(storage, ref))
    assert bool(read[2]) == (behind != "nothing" and size < 70_000)
