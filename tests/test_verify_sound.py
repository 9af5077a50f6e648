"""What is allowed is no fault: odd servers, cut bodies that say so, other people's files, everything that we write."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive import reader
from archive.faults import Kind
from archive.model import Capture, Stored
from archive.verification.files import verify_file
from archive.warc import WarcWriter
from tests.warcs import CHUNKED, DATE, PAGE, URL, asked, event, faults, http, name, packed, record, revisit, sha1, told

Make = Callable[..., Capture]

HEAD = b"HEAD /berita/1 HTTP/1.1\r\nHost: contoh.test\r\n\r\n"
POST = b"POST /berita/1 HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b"
ZIPPED = gzip.compress(b"Halo " * 50, mtime=0)
DNS = b"20261122010203\ncontoh.test.\t1\tIN\tA\t127.0.0.1\n"
CHUNKS = "200 OK\r\nTransfer-Encoding: chunked"
LENGTH = "200 OK\r\nContent-Length: 9000"
WARC_FIELDS = "application/warc-fields"
MD5, SHA256, SHA512 = (getattr(hashlib, algorithm)(PAGE) for algorithm in ("md5", "sha256", "sha512"))


def changed(what: str = "response", block: bytes = PAGE, version: str = "1.1", **changes: str | None) -> list[bytes]:
    return [
        packed(record(what, block, 1, {field.replace("_", "-"): value for field, value in changes.items()}, version))
    ]


FILES = {
    "both records of a capture": asked(record()),
    "plain records": [record("warcinfo", b"software: uji\r\n", 90), *event()],
    "both names in both records": [
        packed(record(changes={"WARC-Concurrent-To": name(2)})),
        packed(record("request", POST, 2, {"WARC-Concurrent-To": name(1)})),
    ],
    "a record that is named and lies in another file": [packed(event(1)[1])],
    # Payloads
    "chunks": asked(record(block=CHUNKED, changes={"WARC-Payload-Digest": sha1(b"Halo")})),
    "chunks with extensions and trailers": asked(
        http(CHUNKS, b'4;a="b"\r\nHalo\r\n0\r\nX: y\r\n\r\n', WARC_Payload_Digest=sha1(b"Halo"))
    ),
    "chunks with bare line feeds": asked(http(CHUNKS, b"4\nHalo\n0\n\n", WARC_Payload_Digest=sha1(b"Halo"))),
    "chunks of gzip": asked(
        http(
            f"{CHUNKS}\r\nContent-Encoding: gzip",
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(ZIPPED), ZIPPED),
            WARC_Payload_Digest=sha1(ZIPPED),
        )
    ),
    "gzip": asked(
        http(
            f"200 OK\r\nContent-Length: {len(ZIPPED)}\r\nContent-Encoding: gzip",
            ZIPPED,
            WARC_Payload_Digest=sha1(ZIPPED),
        )
    ),
    "a resource": changed(
        "resource", b"HTTP/1.1 200 OK\r\n\r\nHalo", WARC_Payload_Digest=sha1(b"HTTP/1.1 200 OK\r\n\r\nHalo")
    ),
    "a name that was looked up": changed(
        block=DNS, WARC_Target_URI="dns:contoh.test", Content_Type="text/dns", WARC_Payload_Digest=sha1(DNS)
    ),
    "a head without an end": changed(block=b"HTTP/1.1 200 OK\r\nContent-Length: 9", WARC_Payload_Digest=sha1(b"")),
    "nothing in a response, and said so": changed(block=b"", WARC_Truncated="disconnect"),
    "a status line that is cut, and said so": changed(block=b"HTTP/1", WARC_Truncated="disconnect"),
    "no reason": changed(block=b"HTTP/1.1 200\r\n\r\n"),
    "HTTP/2 as some write it": changed(block=b"HTTP/2 200 \r\n\r\n"),
    "an odd head": changed(block=b"HTTP/1.0  200\tOK\nA\n b\nno colon here\nC : d\n\nHalo"),
    "a folded coding": changed(
        block=b"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n4\r\nHalo\r\n0\r\n\r\n",
        WARC_Payload_Digest=sha1(b"Halo"),
    ),
    "chunks, then nothing else": asked(
        http("200 OK\r\nTransfer-Encoding: chunked, identity", CHUNKED[-19:], WARC_Payload_Digest=sha1(b"Halo"))
    ),
    "blanks in what was asked for": [packed(record("request", b"GET /dua kata HTTP/1.1\r\n\r\n"))],
    "fields in a block": [
        packed(
            record("metadata", b"#a comment\nvia: x\r\n folded\r\n\r\noutlink : y", 3, {"Content-Type": WARC_FIELDS})
        )
    ],
    "fields that are cut, and said so": [
        packed(record("metadata", b"via: x\r\nout", 3, {"Content-Type": WARC_FIELDS, "WARC-Truncated": "length"}))
    ],
    "a revisit without a head": [
        packed(record()),
        packed(
            record(
                "revisit",
                b"",
                9,
                {"WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/server-not-modified"},
            )
        ),
    ],
    # Lengths
    "to the end of the connection": asked(http("200 OK", b"Halo", WARC_Payload_Digest=sha1(b"Halo"))),
    "cut, and said so": asked(http(LENGTH, b"Halo", WARC_Truncated="disconnect")),
    "cut before the body, and said so": asked(http(LENGTH, b"", WARC_Truncated="disconnect")),
    "cut in a chunk, and said so": asked(
        http(CHUNKS, b"9\r\nHalo", WARC_Truncated="time", WARC_Payload_Digest=sha1(b"Halo"))
    ),
    "cut for a reason that nobody has thought of yet": asked(http(LENGTH, b"Halo", WARC_Truncated="bosan")),
    "HEAD": asked(http(LENGTH, b"", WARC_Payload_Digest=sha1(b"")), HEAD),
    "HEAD of chunks": asked(http(CHUNKS, b""), HEAD),
    "HEAD, and the request first": [
        packed(record("request", HEAD, 2)),
        packed(http(LENGTH, b"", WARC_Concurrent_To=name(2))),
    ],
    "no body, and nobody knows what was asked": [packed(http(LENGTH, b""))],
    "not modified": asked(http("304 Not Modified\r\nContent-Length: 9000", b"")),
    "no content": asked(http("204 No Content\r\nContent-Length: 9000", b"")),
    "early hints in the place of the response": asked(http("103 Early Hints\r\nContent-Length: 9000", b"")),
    "lengths that contradict each other": asked(http("200 OK\r\nContent-Length: 4\r\nContent-Length: 5", b"Halo")),
    "one length three times": asked(http("200 OK\r\nContent-Length: 4, 4\r\ncontent-length:4", b"Halo")),
    "a length that is none": asked(http("200 OK\r\nContent-Length: empat", b"Halo")),
    "a form that was sent": [packed(record("request", POST, 1, {"WARC-Payload-Digest": sha1(b"a=b")}))],
    # Revisits
    "a revisit": [packed(record()), packed(revisit(1, b"Halo"))],
    "a revisit before its original": [packed(revisit(1, b"Halo")), packed(record())],
    "a revisit of another file": [packed(revisit(77, b"Halo"))],
    "a revisit that was asked for": [
        packed(revisit(1, b"Halo", 9)),
        packed(record("request", POST, 10, {"WARC-Concurrent-To": name(9)})),
    ],
    "a server that says: not modified": [
        packed(
            record(
                "revisit",
                b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n",
                9,
                {
                    "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/server-not-modified",
                    "WARC-Refers-To": name(1),
                },
            )
        ),
    ],
    # Headers
    "names in any case": [packed(record().replace(b"WARC-Type: response", b"warc-TYPE: RESPONSE"))],
    "folded lines": [packed(record().replace(b"WARC-Type: response", b"WARC-Type:\r\n\tresponse"))],
    "fields of others, repeated": [
        packed(
            record(changes={"WARC-Protocol": ["http/1.1", "tls/1.3"], "X-Uji": ["a", "b"], "WARC-Cipher-Suite": "X"})
        )
    ],
    "letters of the world": changed(X_Uji="Ngày 22 tháng 11, 二〇二六年"),
    "a type that nobody knows": changed("monyet", WARC_Target_URI=None, Content_Type=None),
    "a metadata record without a target": changed("metadata", b"via: x\r\n", WARC_Target_URI=None),
    "a second": changed(WARC_Date="2026-11-22T01:02:03Z"),
    "a nanosecond": changed(WARC_Date="2026-11-22T01:02:03.123456789Z"),
    "a day": changed(WARC_Date="2026-11-22"),
    "a year": changed(WARC_Date="2026"),
    "one instant in two ways of writing it": asked(record(changes={"WARC-Date": DATE.replace("456789", "456789000")})),
    "an address of version 6": changed(WARC_IP_Address="2001:db8::1"),
    "angle brackets in WARC 1.0": changed(version="1.0", WARC_Target_URI=f"<{URL}>"),
    "an algorithm that nobody knows": changed(WARC_Block_Digest="blake3:0a", WARC_Payload_Digest="sha-256:xyz"),
    "MD5": changed(WARC_Block_Digest=f"md5:{MD5.hexdigest()}"),
    "SHA-1 in hexadecimal": changed(WARC_Block_Digest=f"sha1:{hashlib.sha1(PAGE).hexdigest()}"),
    "SHA-256": changed(WARC_Block_Digest=f"sha256:{SHA256.hexdigest().upper()}"),
    "SHA-512": changed(WARC_Block_Digest=f"SHA512:{SHA512.hexdigest()}"),
    "segments": [
        packed(record(changes={"WARC-Segment-Number": "1", "WARC-Payload-Digest": sha1(b"of them all")})),
        packed(
            record(
                "continuation",
                b"lagi",
                2,
                {
                    "WARC-Segment-Number": "2",
                    "WARC-Segment-Origin-ID": name(1),
                    "WARC-Segment-Total-Length": "46",
                    "Content-Type": None,
                },
            )
        ),
    ],
}


@pytest.mark.parametrize("parts", FILES.values(), ids=FILES)
def test_it_has_no_fault(tmp_path: Path, parts: list[bytes]) -> None:
    path = tmp_path / "x.warc"
    path.write_bytes(b"".join(parts))
    assert faults(path) == []


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_bodies_that_others_stored_decoded_are_no_cuts_but_in_our_files_they_are(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(b"".join(asked(http(f"200 OK\r\nContent-Length: 90\r\nContent-Encoding: {coding}", b"Halo"))))
    assert faults(path) == []
    assert told(faults(path, own=True)) == [(Kind.HTTP_LENGTH, 0)]


def test_bodies_that_others_stored_with_what_came_after_them_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(b"".join(asked(http("200 OK\r\nContent-Length: 3", b"Halo"))))
    assert faults(path) == []


def test_a_record_too_large_for_memory_is_read_again_from_its_member(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.warc.gz"
    body = bytes(range(256)) * 20000
    large = http(f"200 OK\r\nContent-Length: {len(body)}", body, WARC_Payload_Digest=sha1(body))
    path.write_bytes(b"".join(asked(large)))
    monkeypatch.setattr(reader, "_IN_MEMORY", 1 << 16)
    assert faults(path, own=True) == []
    other = tmp_path / "y.warc.gz"
    other.write_bytes(packed(large.replace(sha1(body).encode(), sha1(b"lain").encode())))
    assert told(faults(other)) == [(Kind.PAYLOAD_DIGEST, 0)]


def written(folder: Path, *captures: tuple[Capture, bool]) -> list[Path]:
    """The files of our writer; those that say so are offered the first capture to be a revisit of."""
    writer = WarcWriter(folder, "contoh", {"software": "uji"})
    first: Stored | None = None
    for capture, again in captures:
        ref = writer.write(capture, first if again else None)
        first = first or Stored(ref=ref, began=capture.began)
    writer.close()
    return [folder / key for key in writer.finished]


def test_nothing_that_we_write_has_a_fault(tmp_path: Path, capture: Make) -> None:
    page = capture()
    later = page.began + timedelta(days=1)
    blocks = {
        "chunks": CHUNKED,
        "gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED) + ZIPPED,
        "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
        "nothing": b"",
        "a head without an end": b"HTTP/1.1 200 OK\r\nA: b",
        "no body": b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n",
        "to the end": b"HTTP/1.0 200 OK\r\n\r\nHalo",
    }
    torn = replace(page, response=page.response[:-2], truncated="disconnect", url=f"{page.url}/torn")
    head = replace(page, request=HEAD, response=b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", url=f"{page.url}/head")
    sent = replace(page, request=POST, url=f"{page.url}/sent", interim=b"HTTP/1.1 103 Early Hints\r\n\r\n", surplus=7)
    odd = [replace(page, response=block, url=f"{page.url}/{number}") for number, block in enumerate(blocks.values())]
    [path] = written(
        tmp_path,
        (page, False),
        *((one, False) for one in (torn, head, sent, *odd)),
        (replace(page, began=later), True),
        (replace(page, began=later, url=f"{page.url}?baru"), True),
    )
    assert list(verify_file(path, own=True)) == []


def test_a_page_that_was_not_modified_has_no_fault(tmp_path: Path, capture: Make) -> None:
    page = capture()
    answer = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n"
    again = replace(page, began=page.began + timedelta(days=1), response=answer)
    [path] = written(tmp_path, (page, False), (again, True))
    assert list(verify_file(path, own=True)) == []
