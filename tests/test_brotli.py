"""WARC files of others have bodies in brotli; warcio reads them once our module is imported."""

from __future__ import annotations

from io import BytesIO

import brotli
import pytest
from warcio.archiveiterator import ArchiveIterator

import archive.brotli  # noqa: F401 - for its effect
from archive.records import member

BODY = bytes(range(256)) * 200 + b"Halo dunia. " * 9000
CODED = brotli.compress(BODY)


def read_back(coded: bytes, *, chunked: bool = False) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n"
    if chunked:
        head += b"Transfer-Encoding: chunked\r\n"
        pieces = (coded[start : start + 100] for start in range(0, len(coded), 100))
        coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    fields = [
        ("WARC-Type", "response"),
        ("WARC-Target-URI", "https://contoh.test/"),
        ("Content-Type", "application/http"),
    ]
    record = next(iter(ArchiveIterator(BytesIO(member(fields, head + b"\r\n" + coded)))))
    return bytes(record.content_stream().read())


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_in_brotli_is_read(*, chunked: bool) -> None:
    assert read_back(CODED, chunked=chunked) == BODY


@pytest.mark.parametrize("length", [0, 1, 10, len(CODED) // 2, len(CODED) - 1])
def test_a_torn_body_gives_what_had_come(length: int) -> None:
    assert BODY.startswith(read_back(CODED[:length]))


def test_what_is_no_brotli_is_read_as_it_is() -> None:
    assert read_back(b"<p>bukan brotli</p>") == b"<p>bukan brotli</p>"
