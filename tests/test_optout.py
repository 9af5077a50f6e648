"""Signals against reuse, wherever an outlet puts them."""

from __future__ import annotations

import gzip
import zlib

import pytest
from protego import Protego

from archive.optout import signals
from crawler.middlewares.robots import opt_out

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


def test_robots_txt_speaks_of_reuse_by_signals_and_by_whom_it_keeps_out() -> None:
    body = b"User-agent: *\nContent-Signal: search=yes,ai-train=no\nDisallow:\n\nUser-agent: GPTBot\nDisallow: /\n"
    assert opt_out(body, Protego.parse(body.decode()), "https://contoh.test") == (
        "robots.txt: Content-Signal: search=yes,ai-train=no",
        "robots.txt: disallow GPTBot",
    )


def test_a_robots_txt_that_lets_everybody_in_says_nothing_against_reuse() -> None:
    body = b"User-agent: *\nDisallow: /search\n"
    assert opt_out(body, Protego.parse(body.decode()), "https://contoh.test") == ()
