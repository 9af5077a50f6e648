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


@pytest.mark.parametrize(
    "field",
    [
        b"Transfer-Encoding: chunked",
        b"transfer-encoding:\r\n chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding: gzip,\r\n\tCHUNKED",
    ],
)
def test_chunks_are_joined_wherever_the_coding_is_named(field: bytes) -> None:
    assert message.payload(b"HTTP/1.1 200 OK\r\n" + field + b"\r\n\r\n4\r\nHalo\r\n0\r\n\r\n") == b"Halo"


def test_a_coding_whose_name_ends_like_another_is_another() -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: x-chunked\r\n\r\n4\r\nHalo\r\n"
    assert message.payload(answer) == b"4\r\nHalo\r\n"


@pytest.mark.parametrize(
    ("answer", "length"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nisi\n\n", 19),
        (b"HTTP/1.1 200 OK\n\nisi\r\n\r\n", 17),
        (b"HTTP/1.1 200 OK\r\n\nisi", 18),
        (b"HTTP/1.1 200 OK\n\r\nisi", 18),
        (b"HTTP/1.1 200 OK\r\n", 0),
    ],
)
def test_the_head_ends_with_the_first_blank_line_of_any_kind(answer: bytes, length: int) -> None:
    assert message.head_length(answer) == length
