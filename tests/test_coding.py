"""Content codings: what comes of a body, whether it ends before its coding does, and what is no coding at all."""

from __future__ import annotations

import gzip
import random
import sys
import time
import zlib
from functools import partial

import brotli
import pytest
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import HtmlResponse, Response

from crawler.coding import CUT_OFF, CodingError, unfold, unpacked
from crawler.rereading import Call, page_call

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

WORDS = [bytes(random.Random(seed).choices(range(97, 123), k=1 + seed % 9)) for seed in range(400)]
PAGE = b" ".join(random.Random(7).choices(WORDS, k=30_000))
GARBAGE = b"<!-- cache: HIT -->\r\n"


def raw(data: bytes) -> bytes:
    """Deflate without the format of zlib around it, as some servers send it."""
    return zlib.compress(data, wbits=-15)


CODED = {
    "gzip": (b"gzip", gzip.compress(PAGE, mtime=0)),
    "gzip of two members": (b"x-gzip", gzip.compress(PAGE[:70_000], mtime=0) + gzip.compress(PAGE[70_000:], mtime=0)),
    "deflate": (b"deflate", zlib.compress(PAGE)),
    "deflate without zlib": (b"deflate", raw(PAGE)),
    "br": (b"br", brotli.compress(PAGE, quality=5)),
    "zstd": (b"zstd", zstd.compress(PAGE)),
    "zstd of two frames": (b"zstd", zstd.compress(PAGE[:70_000]) + zstd.compress(PAGE[70_000:])),
}

CHECKSUMS = {"gzip": 8, "gzip of two members": 8, "deflate": 4}
"""Bytes behind the last block; the length is among gzip's."""


def unfinished(data: bytes, window: int = 31) -> bytes:
    """As a server sends it that flushes what it has and never ends."""
    coder = zlib.compressobj(wbits=window)
    return coder.compress(data) + coder.flush(zlib.Z_SYNC_FLUSH)


def response(body: bytes, *codings: str, flags: list[str] | None = None) -> Response:
    headers = {"Content-Type": "text/html", "Content-Encoding": list(codings)}
    return HtmlResponse("https://contoh.test/1", headers=headers, body=body, flags=flags)


@pytest.mark.parametrize("name", CODED)
def test_a_body_that_is_cut_anywhere_is_known_to_be_cut_and_gives_what_came(name: str) -> None:
    coding, coded = CODED[name]
    assert unfold(coded, coding, 0) == (PAGE, False)
    came, last = -1, len(coded) - CHECKSUMS.get(name, 0)
    for end in sorted((*range(last // 10, last, last // 10), last - 9, last - 5, last - 1)):
        try:
            body, is_cut = unfold(coded[:end], coding, 0)
        except CodingError:
            assert came < 0
            assert coding in {b"br", b"zstd"}, "only these unfold in large blocks, or not at all"
            continue
        assert is_cut, f"cut at {end} of {len(coded)}"
        assert PAGE.startswith(body)
        assert came <= len(body)
        came = len(body)
    assert came > len(PAGE) // 3
    for end in range(last, len(coded)):
        assert unfold(coded[:end], coding, 0) == (PAGE, False), "a checksum that does not come is no cut"


@pytest.mark.parametrize("name", [name for name in CODED if name != "br"])
def test_what_follows_a_coding_that_has_ended_is_no_cut(name: str) -> None:
    coding, coded = CODED[name]
    for behind in (GARBAGE, b"\0" * 512):
        assert unfold(coded + behind, coding, 0) == (PAGE, False)


@pytest.mark.parametrize("size", [1, 100_000])
def test_what_follows_brotli_makes_it_no_coding(size: int) -> None:
    with pytest.raises(CodingError):
        unfold(CODED["br"][1] + b"\0" * size, b"br", 0)


def test_a_gzip_header_with_all_that_it_may_have_is_read_over_and_nothing_comes_of_half_of_it() -> None:
    header = b"\x1f\x8b\x08\x1f" + b"\0" * 6 + b"\3\0abc" + b"halaman.html\0" + b"catatan\0" + b"12"
    assert unfold(header + raw(PAGE), b"gzip", 0) == (PAGE, False)
    for end in range(1, len(header)):
        with pytest.raises(CodingError, match="unfold to nothing"):
            unfold(header[:end], b"gzip", 0)


@pytest.mark.parametrize(("coding", "window"), [(b"gzip", 31), (b"deflate", 15), (b"deflate", -15)])
def test_a_coding_that_is_flushed_and_not_ended_is_cut_off(coding: bytes, window: int) -> None:
    assert unfold(unfinished(PAGE, window), coding, 0) == (PAGE, True)


@pytest.mark.parametrize(
    ("end", "is_cut"),
    [
        (b"</body></HTML>\n", False),
        (b"</html>" + b" " * 1000, False),
        (b"</html>" + b" " * 1100, True),
        (b"</body>", True),
    ],
)
def test_a_page_whose_coding_is_not_ended_is_whole_when_its_end_came(end: bytes, is_cut: bool) -> None:  # noqa: FBT001
    sloppy = page_call(unpacked(response(unfinished(PAGE + end), "gzip")))
    assert isinstance(sloppy, Call)
    assert (sloppy.body, sloppy.is_cut) == (PAGE + end, is_cut)
    usual = page_call(unpacked(response(gzip.compress(PAGE + end), "gzip")))
    assert isinstance(usual, Call)
    assert not usual.is_cut


def test_a_wrong_checksum_is_no_cut() -> None:
    coded = bytearray(CODED["gzip"][1])
    coded[-8] ^= 1
    assert unfold(bytes(coded), b"gzip", 0) == (PAGE, False)


@pytest.mark.parametrize("name", CODED)
def test_a_coding_of_nothing_is_whole_and_one_that_nothing_came_of_is_none(name: str) -> None:
    coding, coded = CODED[name]
    nothing = {
        b"gzip": gzip.compress(b""),
        b"x-gzip": gzip.compress(b""),
        b"deflate": zlib.compress(b""),
        b"br": brotli.compress(b""),
        b"zstd": zstd.compress(b""),
    }[coding]
    assert unfold(b"", coding, 0) == (b"", False)
    assert unfold(nothing, coding, 0) == (b"", False)
    for body in (coded[:1], b"<html>Bukan mampat</html>"):
        with pytest.raises(CodingError):
            unfold(body, coding, 0)


@pytest.mark.parametrize("name", CODED)
def test_damage_in_the_middle_is_no_page(name: str) -> None:
    coding, coded = CODED[name]
    middle = len(coded) // 2
    try:
        body, is_cut = unfold(coded[:middle] + b"\xff" * 64 + coded[middle + 64 :], coding, 0)
    except CodingError:
        return
    assert name.startswith("gzip"), "the others have a checksum that is heeded"
    assert not is_cut
    assert body != PAGE


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        (b"gzip", gzip.compress),
        (b"deflate", zlib.compress),
        (b"br", partial(brotli.compress, quality=1)),
        (b"zstd", zstd.compress),
    ],
    ids=["gzip", "deflate", "br", "zstd"],
)
def test_a_bomb_is_put_down_before_it_fills_memory(coding: bytes, bomb: object) -> None:
    assert callable(bomb)
    with pytest.raises(DownloadCancelledError, match="unfold to more than 1000000"):
        unfold(bomb(b"\0" * 40_000_000), coding, 1_000_000)


@pytest.mark.parametrize(
    ("coding", "stream", "gives"),
    [
        (b"gzip", gzip.compress(b"a", mtime=0), b"a"),
        (b"gzip", gzip.compress(b"", mtime=0), b""),
        (b"zstd", zstd.compress(b"a"), b"a"),
        (b"zstd", zstd.compress(b""), b""),
        (b"zstd", b"\x50\x2a\x4d\x18\0\0\0\0", b""),  # skippable
    ],
)
def test_thousands_of_tiny_streams_are_read_and_more_of_them_cost_no_time(
    coding: bytes, stream: bytes, gives: bytes
) -> None:
    assert unfold(stream * 9_000, coding, 0) == (gives * 9_000, False)
    began = time.process_time()
    with pytest.raises(CodingError, match="more than 10000"):
        unfold(stream * (2_000_000 // len(stream)), coding, 0)
    assert time.process_time() - began < 5


def test_brotli_of_what_cannot_be_made_smaller_takes_time_by_its_length() -> None:
    coded = brotli.compress(random.Random(7).randbytes(1 << 24) * 3, quality=0)
    assert len(coded) > 3 << 24
    began = time.process_time()
    assert len(unfold(coded, b"br", 0).body) == 3 << 24
    assert time.process_time() - began < 4


def test_codings_are_taken_off_in_turn_and_those_that_nobody_knows_stay_named() -> None:
    twice = gzip.compress(zlib.compress(PAGE))
    plain = unpacked(response(twice, "deflate, GZIP"))
    assert (plain.body, plain.flags, plain.headers.get("Content-Encoding")) == (PAGE, [], None)
    assert isinstance(plain, HtmlResponse)
    left = unpacked(response(gzip.compress(PAGE), "compress", "gzip"))
    assert (left.body, left.headers.getlist("Content-Encoding")) == (PAGE, [b"compress"])
    unknown = response(PAGE, "identity")
    assert unpacked(unknown) is unknown


def test_a_list_of_codings_may_have_empty_members_and_no_more_than_four_others() -> None:
    coded = PAGE
    for _ in range(4):
        coded = gzip.compress(coded)
    assert unpacked(response(coded, ",gzip,, gzip", "", "gzip,gzip,")).body == PAGE
    with pytest.raises(CodingError, match="5 codings"):
        unpacked(response(gzip.compress(coded), ", ".join(["gzip"] * 5)))


def test_a_response_that_is_cut_is_flagged_beside_what_else_is_said_of_it() -> None:
    coded = gzip.compress(PAGE)
    cut = unpacked(response(coded[: len(coded) // 2], "gzip", flags=["dataloss"]))
    assert PAGE.startswith(cut.body)
    assert cut.flags == [CUT_OFF, "dataloss"]
    assert unpacked(cut) is cut, "it is in no coding any more, and its flag stays"
