"""Odd exchanges, each met on the web or made up to hurt: what the server sends, and what a capture must hold."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field
from typing import Any

import brotli

from tests.recorder import Drip, End, Endless, Stale, Step

OK = b"HTTP/1.1 200 OK\r\n"
FIVE = b"Content-Length: 5\r\n\r\nSatu\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </gaya.css>; rel=preload\r\n\r\n"
HOP = b"HTTP/1.1 100 Continue\r\n\r\n"
SECONDS = 8.0
"""In which what is to come must have come, also through a client that stood still for a while."""


@dataclass(frozen=True)
class Case:
    """One exchange. What is sent is the interim heads, the response, and the surplus."""

    steps: tuple[Step, ...]
    interim: bytes = b""
    surplus: bytes = b""
    truncated: str | None = None
    error: str | None = None
    """Name of the exception with which Scrapy refuses the response; None when it gives one."""
    whole: bool = True
    """Is everything that was sent also received?"""
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)


def case(*steps: Step, **facts: Any) -> Case:
    return Case(steps, **facts)


def torn(*steps: Step, truncated: str = "disconnect", error: str = "DownloadFailedError", **facts: Any) -> Case:
    return Case(steps, truncated=truncated, error=error, **facts)


def length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


CASES: dict[str, Case] = {
    "plain": case(OK + FIVE),
    "repeated Set-Cookie": case(
        OK + b"Set-Cookie: a=1\r\nX-Between: 1\r\nset-cookie: b=2\r\nSet-Cookie: a=3\r\n" + FIVE
    ),
    "odd case": case(OK + b"eTaG: x\r\nDATE: y\r\nx-Both: 1\r\nX-bOTH: 2\r\n" + FIVE),
    "folded header line": case(OK + b"X-Long: one\r\n  two\r\n\tthree\r\n" + FIVE),
    "folded Set-Cookie": case(OK + b"Set-Cookie: a=1;\r\n path=/\r\nSet-Cookie: b=2\r\n" + FIVE),
    "header line without colon": case(OK + b"this is no header\r\nX-A: 1\r\n" + FIVE),
    "bare LF": case(b"HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 5\n\nSatu\n"),
    "empty header value": case(OK + b"X-Empty:\r\nX-Blank:   \r\n" + FIVE),
    "blanks around header values": case(OK + b"X-A:1\r\nX-B:\t 2 \t\r\n" + FIVE),
    "blank before the colon": torn(OK + b"X-C : 3\r\n" + FIVE, truncated="unspecified"),
    "bytes above ASCII in headers": case(OK + b"X-Kota: S\xe3o\r\nX-Judul: \xe2\x80\x9chalo\xe2\x80\x9d\r\n" + FIVE),
    "100 KB of headers": case(OK + b"".join(b"X-%04d: %s\r\n" % (n, b"v" * 92) for n in range(1000)) + FIVE),
    "head byte by byte": case(Drip(OK + b"X-A: 1\r\n"), Drip(FIVE)),
    "empty reason": case(b"HTTP/1.1 200 \r\n" + FIVE),
    "no reason": case(b"HTTP/1.1 200\r\n" + FIVE),
    "long reason above ASCII": case(b"HTTP/1.1 200 Baik sekali \xc3\xa9 \xff\r\n" + FIVE),
    "status 999": case(b"HTTP/1.1 999 Request denied\r\n" + FIVE),
    "lower-case protocol": case(b"http/1.1 200 ok\r\n" + FIVE),
    "protocol of long ago": case(b"ICY/1.0 200 OK\r\n" + FIVE),
    "HTTP/1.0 and close": case(b"HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nuntil the end", End.CLOSE),
    "HTTP/1.0 keep-alive": case(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + FIVE),
    "body until close": case(OK + b"\r\nhalf ", 0.05, b"and half", End.CLOSE),
    "103": case(EARLY + OK + FIVE, interim=EARLY),
    "103 in a segment of its own": case(EARLY, 0.05, OK + FIVE, interim=EARLY),
    "100, 102 and 103": case(
        HOP + b"HTTP/1.1 102 \r\n\r\n" + EARLY + OK + FIVE, interim=HOP + b"HTTP/1.1 102 \r\n\r\n" + EARLY
    ),
    "103 with bare LF": case(b"HTTP/1.1 103 x\nA: 1\n\n" + OK + FIVE, interim=b"HTTP/1.1 103 x\nA: 1\n\n"),
    "101 is no interim head": torn(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", End.CLOSE),
    "103 and then nothing": torn(EARLY, End.CLOSE, interim=EARLY),
    "204": case(b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"),
    "204 with a body": case(b"HTTP/1.1 204 No Content\r\n\r\nstowaway", surplus=b"stowaway"),
    "nothing of a known length": case(OK + b"Content-Length: 0\r\n\r\n"),
    "304": case(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 500\r\n\r\n'),
    "HEAD": case(OK + b"Content-Length: 500\r\n\r\n", method="HEAD"),
    "HEAD with a body": case(OK + FIVE, surplus=b"Satu\n", method="HEAD"),
    "POST": case(OK + FIVE, method="POST", body=b"a=1&b=2", headers=(("Content-Type", "text/x-odd"),)),
    "POST of nothing": case(OK + FIVE, method="POST"),
    "odd request headers": case(OK + FIVE, headers=(("x-lower", "1"), ("X-Twice", "a"), ("X-Twice", "b"))),
    "gzip": case(OK + b"Content-Encoding: gzip\r\n" + length(gzip.compress(b"Satu " * 100, mtime=0))),
    "gzip of nothing": case(OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"),
    "deflate": case(OK + b"Content-Encoding: deflate\r\n" + length(zlib.compress(b"Satu " * 100))),
    "br that nobody asked for": case(OK + b"Content-Encoding: br\r\n" + length(brotli.compress(b"Satu " * 100))),
    "chunks": case(CHUNKED + b"5\r\nSatu\n\r\n3\r\nDua\r\n0\r\n\r\n"),
    "chunk extensions": case(CHUNKED + b'5;a=1;b="x y"\r\nSatu\n\r\n0;last\r\n\r\n'),
    "trailers": case(CHUNKED + b"5\r\nSatu\n\r\n0\r\nExpires: 0\r\nx-Sum: 1\r\n\r\n"),
    "chunk sizes in odd hex": case(CHUNKED + b"0005\r\nSatu\n\r\nA\r\n0123456789\r\n00a\r\n0123456789\r\n000\r\n\r\n"),
    "chunks byte by byte": case(CHUNKED, Drip(b"5;x\r\nSatu\n\r\n1\r\n!\r\n0\r\nA: 1\r\n\r\n")),
    "chunked nothing": case(CHUNKED + b"0\r\n\r\n"),
    "chunked and a length": case(
        OK + b"Content-Length: 3\r\nTransfer-Encoding: CHUNKED\r\n\r\n5\r\nSatu\n\r\n0\r\n\r\n"
    ),
    "chunked gzip": case(
        CHUNKED[:-2] + b"Content-Encoding: gzip\r\n\r\n14\r\n" + gzip.compress(b"", mtime=0) + b"\r\n0\r\n\r\n"
    ),
    "1 MB": case(OK + length(b"0123456789abcdef" * 65536)),
    "equal lengths": case(OK + b"Content-Length: 5\r\nContent-Length: 05\r\n\r\nSatu\n"),
    "a list of lengths": case(OK + b"Content-Length: 5, 5\r\n\r\nSatu\n"),
    "length too small": case(OK + FIVE + b"and more", surplus=b"and more"),
    "two responses": case(OK + FIVE + OK + FIVE, surplus=OK + FIVE),
    "surplus after chunks": case(CHUNKED + b"1\r\n!\r\n0\r\n\r\n\r\n", surplus=b"\r\n"),
    "length too large": torn(OK + b"Content-Length: 50\r\n\r\nSatu\n", End.CLOSE, error="ResponseDataLossError"),
    "length too large and broken off": torn(
        OK + b"Content-Length: 50\r\n\r\nSatu\n", End.CUT, error="ResponseDataLossError"
    ),
    "length too large and accepted": case(
        OK + b"Content-Length: 50\r\n\r\nSatu\n",
        End.CLOSE,
        truncated="disconnect",
        meta={"download_fail_on_dataloss": False},
    ),
    "cut in a chunk": torn(CHUNKED + b"50\r\nSatu\n", End.CLOSE, error="ResponseDataLossError"),
    "cut in a chunk size": torn(CHUNKED + b"5\r\nSatu\n\r\n1", End.CLOSE, error="ResponseDataLossError"),
    "cut in the trailers": torn(CHUNKED + b"1\r\n!\r\n0\r\nX-Su", End.CLOSE, error="ResponseDataLossError"),
    "reset in the body": torn(OK + b"Content-Length: 50\r\n\r\nSatu\n", 0.3, End.RESET, error="ResponseDataLossError"),
    "reset of a body without length": case(OK + b"\r\nSatu\n", 0.3, End.RESET, truncated="disconnect"),
    "cut in a header line": torn(OK + b"Content-Type: te", End.CLOSE),
    "cut after the status line": torn(OK, End.CLOSE),
    "cut in the status line": torn(b"HTTP/1.1 20", End.CLOSE),
    "nothing at all": Case((End.CLOSE,), error="DownloadFailedError"),
    "bad status line": torn(b"HELLO\r\n\r\nSatu\n", truncated="unspecified"),
    "status that is no number": torn(b"HTTP/1.1 abc\r\n\r\n", truncated="unspecified"),
    "blank line first": torn(b"\r\n" + OK + FIVE, truncated="unspecified"),
    "lengths that differ": torn(
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nSatu\n\n", truncated="unspecified"
    ),
    "unknown transfer coding": torn(OK + b"Transfer-Encoding: gzip\r\n\r\nSatu\n", truncated="unspecified"),
    "bad chunk": torn(CHUNKED + b"5\r\nSatu\n\r\nxyz\r\n", truncated="unspecified", error="ResponseDataLossError"),
    "no end of the body": torn(
        OK + b"Content-Length: 50\r\n\r\nSatu\n",
        End.HANG,
        truncated="time",
        error="DownloadTimeoutError",
        meta={"download_timeout": SECONDS},
    ),
    "no end of the head": torn(
        OK + b"X-A: 1\r\n", End.HANG, truncated="time", error="DownloadTimeoutError", meta={"download_timeout": SECONDS}
    ),
    "announced too large": torn(
        OK + b"Content-Length: 50000\r\n\r\nSatu\n",
        End.HANG,
        truncated="length",
        error="DownloadCancelledError",
        meta={"download_maxsize": 1000},
    ),
    "became too large": torn(
        OK + b"\r\n",
        Endless(b"x" * 500),
        truncated="length",
        error="DownloadCancelledError",
        whole=False,
        meta={"download_maxsize": 1000},
    ),
    "endless head": torn(
        OK, Endless(b"X-A: 1\r\n" * 500), truncated="length", error="DownloadCancelledError", whole=False
    ),
    "endless interim heads": torn(
        Endless(EARLY * 100),
        truncated="length",
        error="DownloadCancelledError",
        whole=False,
    ),
    "endless header line": torn(
        OK + b"X-A: ", Endless(b"x" * 500), truncated="length", error="DownloadCancelledError", whole=False
    ),
    "endless chunk extensions": torn(
        CHUNKED,
        Endless(b"1;" + b"x" * 1000 + b"\r\n!\r\n"),
        truncated="length",
        error="DownloadCancelledError",
        whole=False,
        meta={"download_maxsize": 5000},
    ),
}

LATER: dict[str, Case] = {
    "connection that went stale": case(Stale(), OK + FIVE),
}
"""Asked for when all others are done, over connections that were used before."""
MOVED = b"HTTP/1.1 302 Found\r\nLocation: target\r\nContent-Length: 0\r\n\r\n"
"""A redirect from `moved` to `target`."""
