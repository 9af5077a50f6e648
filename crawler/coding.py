"""Content codings taken off bodies, and whether a body ends before its coding does (RFC 9110, section 8.4).

A cache that kept half a file sends it with a length that is right: nothing but the coding tells that it is cut off. All
that reads bodies as a crawl does reads them here.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import brotli
from scrapy.exceptions import DownloadCancelledError
from scrapy.responsetypes import responsetypes

from archive.errors import ArsipError
from crawler.settings import DOWNLOAD_MAXSIZE

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from scrapy.http import Response

CUT_OFF = "cut-off"
"""Among the flags of a response: its body ends before its coding does, and is what came until then."""

_CODINGS = 4
"""What names more is refused."""
_STREAMS = 10_000
"""Members or frames of a body; one of more is refused. Each costs time, also where nothing comes of it."""
_BLOCK = 16 * 1024
"""Bytes that a decoder is given at once: where a stream ends, what it has of the next one is given again."""
_PIECE = 64 * 1024
"""Bytes that a decoder is asked for at once, where one can ask."""
_MEMBER = b"\x1f\x8b\x08"  # RFC 1952, section 2.3.1.
# RFC 8878, sections 3.1.1 and 3.1.2.
_FRAMES = (b"\x28\xb5\x2f\xfd", *(b"%c\x2a\x4d\x18" % first for first in range(0x50, 0x60)))


class CodingError(ArsipError):
    """A body that is not in the coding that its head names, or has too many codings or parts, or gave nothing."""


class Unfolded(NamedTuple):
    """A body without a content coding."""

    body: bytes
    is_cut: bool
    """Does it end before its coding does? Of deflate that is the final block: some servers send no checksum after it.
    What follows a coding that has ended is none of it, and no cut."""


def unpacked(response: Response, limit: int = DOWNLOAD_MAXSIZE) -> Response:
    """The response without its content codings, flagged with CUT_OFF where they end early.

    Of codings that are not known, the header field keeps the names. Raises CodingError, and DownloadCancelledError for
    a body beyond `limit` bytes, 0 for none.
    """
    fields = b",".join(response.headers.getlist("Content-Encoding"))
    names = [name.strip().lower() for name in fields.split(b",") if name.strip()]
    if not names or names[-1] not in _PIECES:
        return response
    if len(names) > _CODINGS:
        raise CodingError(f"{len(names)} codings; {_CODINGS} at most are taken off")
    body, flags = response.body, set(response.flags)
    while names and names[-1] in _PIECES:
        body, is_cut = unfold(body, names.pop(), limit)
        flags |= {CUT_OFF} if is_cut else set()
    headers = response.headers.copy()
    del headers["Content-Encoding"]
    if names:
        headers["Content-Encoding"] = b", ".join(names)
    kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
    return kind(
        response.url,
        status=response.status,
        headers=headers,
        body=body,
        flags=sorted(flags),
        request=response.request,
        certificate=response.certificate,
        ip_address=response.ip_address,
        protocol=response.protocol,
    )


def unfold(data: bytes, coding: bytes, limit: int) -> Unfolded:
    """A body without one of its codings. Raises what `unpacked` does."""
    pieces: list[bytes] = []
    size, is_cut = 0, False
    try:
        for piece in _PIECES[coding](data) if data else ():  # no bytes are in no coding
            size += len(piece)
            if limit and size > limit:
                raise DownloadCancelledError(f"{len(data)} bytes of {coding.decode()} unfold to more than {limit}")
            pieces.append(piece)
    except EOFError as error:
        if not size:
            raise CodingError(f"{len(data)} bytes of {coding.decode()} unfold to nothing") from error
        is_cut = True
    except (zlib.error, brotli.error, zstd.ZstdError) as error:
        raise CodingError(f"the body is not in the coding {coding.decode()}: {error}") from error
    return Unfolded(b"".join(pieces), is_cut)


# Each yields what a body of some bytes unfolds to, in pieces that a bomb does not fill memory with; EOFError where it
# ends early. The time that each takes grows with the bytes and no faster, whatever they are made of.


def _gzip(data: bytes) -> Iterator[bytes]:
    """Members one after another (RFC 1952, section 2.2). Checksums are not looked at."""
    if not data.startswith(_MEMBER[: len(data)]):
        raise zlib.error("no header of gzip")
    at = 0
    for _ in range(_STREAMS):
        at = yield from _inflated(data, _behind_header(data, at), -zlib.MAX_WBITS)
        at += 8  # checksum and length
        if not data.startswith(_MEMBER, at):
            return
    raise zlib.error(f"more than {_STREAMS} members")


def _behind_header(data: bytes, at: int) -> int:
    """Where the header of a gzip member ends (RFC 1952, section 2.3)."""
    if len(data) < at + 10:
        raise EOFError
    flags = data[at + 3]
    at += 10
    if flags & 0b100:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for has_text in (flags & 0b1000, flags & 0b10000):  # a name, a comment
        if has_text:
            at = data.find(b"\0", at) + 1
            if not at:
                raise EOFError
    return at + (2 if flags & 0b10 else 0)


def _deflate(data: bytes) -> Iterator[bytes]:
    """In zlib's format, or as some servers send it, without (RFC 9110, section 8.4.1.2)."""
    is_zlib = len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0  # RFC 1950, section 2.2
    if not is_zlib:
        yield from _inflated(data, 0, -zlib.MAX_WBITS)
        return
    try:
        yield from _inflated(data, 0, zlib.MAX_WBITS)
    except EOFError:
        for _ in _inflated(data, 2, -zlib.MAX_WBITS):  # EOFError again, unless nothing but the checksum is missing
            pass


def _inflated(data: bytes, at: int, window: int) -> Generator[bytes, None, int]:
    """What a deflate stream that begins `at` unfolds to; where it ends. EOFError without the end of a final block."""
    inflater = zlib.decompressobj(window)
    while not inflater.eof:
        block = data[at : at + _BLOCK]
        if not block:
            raise EOFError
        yield inflater.decompress(block)  # a thousand times as much may come of it
        at += len(block)
    return at - len(inflater.unused_data)


def _brotli(data: bytes) -> Iterator[bytes]:
    """One stream (RFC 7932), with nothing behind it: the reader says nothing of what came before that."""
    reader, at = brotli.Decompressor(), 0
    while not reader.is_finished():
        block = data[at : at + _BLOCK] if reader.can_accept_more_data() else b""
        at += len(block)
        piece = reader.process(block, output_buffer_limit=_PIECE)
        if not (block or piece or reader.is_finished()):
            raise EOFError
        yield piece
    if at < len(data):
        raise brotli.error("bytes behind its end")


def _zstd(data: bytes) -> Iterator[bytes]:
    """Frames one after another (RFC 8878, section 3)."""
    at = 0
    for _ in range(_STREAMS):
        reader = zstd.ZstdDecompressor()
        while not reader.eof:
            block = data[at : at + _BLOCK] if reader.needs_input else b""
            if reader.needs_input and not block:
                raise EOFError
            at += len(block)
            yield reader.decompress(block, _PIECE)
        at -= len(reader.unused_data)
        if not data.startswith(_FRAMES, at):
            return
    raise zstd.ZstdError(f"more than {_STREAMS} frames")


_PIECES: Mapping[bytes, Callable[[bytes], Iterator[bytes]]] = {
    b"gzip": _gzip,
    b"x-gzip": _gzip,
    b"deflate": _deflate,
    b"br": _brotli,
    b"zstd": _zstd,
}
