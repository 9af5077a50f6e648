"""HTTP messages as bytes."""

import pytest

from archive import message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"4\r\nHalo\r\n0\r\n\r\n", b"Halo"),
        (b'4;ext="a;b"\r\nHalo\r\n3\r\n oi\r\n0\r\nTrailer: x\r\n\r\n', b"Halo oi"),
        (b"4\nHalo\n0\n\n", b"Halo"),
        (b"ff\r\nterputus", b"terputus"),
        (b"zz\r\nbukan ukuran", b""),
        (b"4\r\nHalo\r\n-1\r\nx", b"Halo"),
        (b"ffffffffffffffff\r\nterlalu besar", b"terlalu besar"),
        (b"", b""),
    ],
)
def test_chunks_are_joined_and_a_torn_or_lying_body_gives_what_came(body: bytes, expected: bytes) -> None:
    assert message.dechunk(body) == expected


def test_payload_keeps_the_content_coding_and_drops_the_transfer_coding() -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-ENCODING: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    assert message.payload(head + b"2\r\n\x1f\x8b\r\n0\r\n\r\n") == b"\x1f\x8b"


def test_payload_of_an_unchunked_message_is_everything_after_the_blank_line() -> None:
    assert message.payload(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n\r\n\r\nisi") == b"\r\n\r\nisi"


def test_a_message_without_a_blank_line_has_no_payload() -> None:
    assert message.payload(b"HTTP/1.1 200 OK\r\nA: b") == b""


def test_repeated_header_fields_are_all_found_whatever_their_case() -> None:
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie:b=2\r\nX-Set-Cookie: no\r\n\r\n"
    assert message.header_values(head, "Set-Cookie") == [b"a=1", b"b=2"]
