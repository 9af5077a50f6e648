"""Every kind of fault that lies in a file: named at its record, and nothing else is."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.faults import Kind
from archive.verification import files
from tests import test_dataset_proof, test_indexed, test_links
from tests.warcs import (
    ASKED,
    CHUNKED,
    DATE,
    PAGE,
    URL,
    asked,
    event,
    faults,
    http,
    name,
    packed,
    record,
    revisit,
    sha1,
    told,
)

ZIPPED = gzip.compress(b"Halo " * 50, mtime=0)
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
SOUND = record("metadata", b"via: x\r\n", 99)


class Case(NamedTuple):
    """Bytes of a file in parts, the kind of its one fault, and the part that has it."""

    kind: Kind
    parts: list[bytes]
    faulty: int = 0
    own: bool = False


def changed(
    kind: Kind, what: str = "response", block: bytes = PAGE, version: str = "1.1", **changes: str | None
) -> Case:
    """A record with other fields, between two sound ones."""
    fields = {field.replace("_", "-"): value for field, value in changes.items()}
    return Case(kind, [packed(SOUND), packed(record(what, block, 1, fields, version)), packed(*event(5))], 1)


def twice(field: str, value: str) -> Case:
    return Case(Kind.REPEATED_FIELD, [packed(SOUND), packed(record(changes={field: [value, value]}))], 1)


def no_head(block: bytes) -> bytes:
    """A revisit that has this instead of a head."""
    return record("revisit", block, 9, {"WARC-Profile": NOT_MODIFIED, "WARC-Refers-To": name(1)})


def fields_of(block: bytes) -> bytes:
    return record("metadata", block, 3, {"Content-Type": "application/warc-fields"})


def spoilt(member: bytes, position: int) -> bytes:
    data = bytearray(member)
    data[position] ^= 0x55
    return bytes(data)


CASES = [
    # What lies in the file
    Case(Kind.EMPTY, [b""]),
    Case(Kind.EMPTY, [packed(SOUND), packed(b""), packed(record())], 1),
    Case(Kind.GZIP, [packed(SOUND), spoilt(packed(record()), -8), packed(*event(5))], 1),
    Case(Kind.GZIP, [spoilt(packed(SOUND), -1), packed(record())]),
    Case(Kind.TORN, [packed(SOUND), packed(record())[:-1]], 1),
    Case(Kind.TORN, [packed(SOUND), packed(record()[:-10])], 1),
    Case(Kind.TORN, [SOUND, record()[:-1]], 1),
    Case(Kind.TAIL, [packed(SOUND), b"\0" * 4096], 1),
    Case(Kind.TAIL, [packed(SOUND), b"sampah" * 9, packed(record())], 1),
    Case(Kind.TAIL, [SOUND, b"\r\nThe monkeys are coming!\r\n", record()], 1),
    Case(Kind.NO_RECORD, [packed(SOUND), packed(b"Halo"), packed(record())], 1),
    Case(Kind.NO_RECORD, [b"Halo\r\n\r\n", record()]),
    Case(Kind.MEMBERS, [packed(SOUND), packed(record() + record(number=2))], 1),
    Case(Kind.LENGTH, [packed(SOUND), packed(record(changes={"Content-Length": None}))], 1),
    Case(Kind.LENGTH, [SOUND, record(changes={"Content-Length": "sepuluh"}), *event(5)], 1),
    Case(Kind.LENGTH, [SOUND, record()[:-4], *event(5)], 1),
    Case(Kind.LENGTH, [SOUND, record(changes={"Content-Length": "60"}), *event(5)], 1),
    # The header of a record
    changed(Kind.VERSION, version="0.18"),
    changed(Kind.VERSION, version="1.2", WARC_Date="2026-11-22T01:02:03Z"),
    Case(Kind.LINE_END, [packed(SOUND), packed(record().replace(b"\r\nWARC-Date", b"\nWARC-Date"))], 1),
    Case(Kind.ENCODING, [packed(SOUND), packed(record().replace(b"/berita/", b"/b\xffrita/"))], 1),
    Case(Kind.FIELD_LINE, [packed(SOUND), packed(record().replace(b"WARC-Date", b"tanpa titik dua\r\nWARC-Date"))], 1),
    Case(Kind.FIELD_LINE, [packed(SOUND), packed(record().replace(b"WARC-Date", b"X Y: z\r\nWARC-Date"))], 1),
    Case(Kind.FIELD_LINE, [packed(SOUND), packed(record().replace(b"WARC-Date", b"X: \x1b[2J\r\nWARC-Date"))], 1),
    changed(Kind.MISSING_FIELD, WARC_Type=None),
    changed(Kind.MISSING_FIELD, WARC_Record_ID=None),
    changed(Kind.MISSING_FIELD, WARC_Date=None),
    changed(Kind.MISSING_FIELD, WARC_Target_URI=None),
    changed(Kind.MISSING_FIELD, "resource", Content_Type=None),
    Case(Kind.MISSING_FIELD, [packed(record()), packed(revisit(1, b"Halo", changes={"WARC-Profile": None}))], 1),
    Case(Kind.MISSING_FIELD, [packed(record()), packed(revisit(1, b"Halo", changes={"WARC-Payload-Digest": None}))], 1),
    twice("WARC-Type", "response"),
    twice("WARC-Target-URI", URL),
    twice("Content-Length", str(len(PAGE))),
    changed(Kind.FIELD_VALUE, WARC_Date="2026-11-22T01:02:03"),
    changed(Kind.FIELD_VALUE, WARC_Date="2026-11-22T01:02:03.1234567890Z"),
    changed(Kind.FIELD_VALUE, WARC_Date="2026-02-30T01:02:03Z"),
    changed(Kind.FIELD_VALUE, WARC_Date="2026-11-22T01:02:03+07:00"),
    changed(Kind.FIELD_VALUE, WARC_Date="2026-11-22T24:00:00Z"),
    changed(Kind.FIELD_VALUE, WARC_Date="2026-11-22T23:59:60Z"),
    changed(Kind.FIELD_VALUE, WARC_Date="٢٠٢٦-11-22T01:02:03Z"),
    changed(Kind.FIELD_VALUE, version="1.0", WARC_Date="2026-11-22T01:02:03.5Z"),
    changed(Kind.FIELD_VALUE, WARC_Record_ID="urn:uuid:00000000-0000-4000-8000-000000000001"),
    changed(Kind.FIELD_VALUE, WARC_Record_ID="<zaphod>"),
    changed(Kind.FIELD_VALUE, WARC_Target_URI="berita/1"),
    changed(Kind.FIELD_VALUE, WARC_Target_URI="https://contoh.test/dua kata"),
    changed(Kind.FIELD_VALUE, WARC_Target_URI=f"<{URL}>"),
    changed(Kind.FIELD_VALUE, WARC_Target_URI=""),
    changed(Kind.FIELD_VALUE, WARC_Block_Digest="sha1:pendek"),
    changed(Kind.FIELD_VALUE, WARC_Payload_Digest="sharif-1; omar"),
    changed(Kind.FIELD_VALUE, WARC_IP_Address="127.0.0.256"),
    changed(Kind.FIELD_VALUE, WARC_Truncated="too long"),
    changed(Kind.FIELD_VALUE, Content_Type="gif\\image", WARC_Truncated="length"),
    changed(Kind.FIELD_NOT_ALLOWED, "warcinfo", b"software: uji", WARC_Target_URI=URL),
    changed(Kind.FIELD_NOT_ALLOWED, "warcinfo", b"software: uji", WARC_Payload_Digest=sha1(PAGE)),
    changed(Kind.FIELD_NOT_ALLOWED, "warcinfo", b"software: uji", WARC_IP_Address="127.0.0.1"),
    changed(Kind.FIELD_NOT_ALLOWED, "conversion", WARC_Concurrent_To=name(5)),
    changed(Kind.FIELD_NOT_ALLOWED, WARC_Refers_To=name(5)),
    changed(Kind.FIELD_NOT_ALLOWED, "metadata", WARC_Refers_To_Date=DATE),
    changed(Kind.FIELD_NOT_ALLOWED, WARC_Filename="contoh.warc.gz"),
    changed(Kind.SEGMENT, WARC_Segment_Number="2"),
    changed(Kind.SEGMENT, "continuation", WARC_Segment_Number="2"),
    changed(Kind.SEGMENT, "continuation", WARC_Segment_Number="1", WARC_Segment_Origin_ID=name(1)),
    Case(Kind.DUPLICATE_ID, [packed(SOUND, record()), packed(record())], 1),
    # The block of a record
    changed(Kind.BLOCK_DIGEST, WARC_Block_Digest=sha1(b"lain")),
    changed(Kind.BLOCK_DIGEST, WARC_Block_Digest="md5:" + "0" * 32),
    changed(Kind.BLOCK_DIGEST, WARC_Block_Digest="sha256:" + "A" * 52),
    changed(Kind.PAYLOAD_DIGEST, WARC_Payload_Digest=sha1(PAGE)),
    changed(Kind.PAYLOAD_DIGEST, "resource", b"Halo", WARC_Payload_Digest=sha1(b"")),
    changed(Kind.PAYLOAD_DIGEST, block=CHUNKED, WARC_Payload_Digest=sha1(b"lain")),
    changed(Kind.PAYLOAD_DIGEST_CHUNKED, block=CHUNKED, WARC_Payload_Digest=sha1(CHUNKED.split(b"\r\n\r\n", 1)[1])),
    Case(Kind.HTTP_LENGTH, asked(http("200 OK\r\nContent-Length: 5", b"Halo"))),
    Case(Kind.HTTP_LENGTH, asked(http("200 OK\r\nContent-Length: 5", b""))),
    Case(Kind.HTTP_LENGTH, asked(http("200 OK\r\nContent-Length: 500\r\nContent-Encoding: gzip", ZIPPED))),
    Case(Kind.HTTP_LENGTH, asked(http("200 OK\r\nContent-Length: 3", b"Halo")), own=True),
    Case(Kind.HTTP_LENGTH, [packed(record("request", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na=b"))]),
    Case(Kind.CHUNKS, asked(http("200 OK\r\nTransfer-Encoding: chunked", b"4\r\nHalo\r\n"))),
    Case(Kind.CHUNKS, asked(http("200 OK\r\nTransfer-Encoding: chunked", b"5\r\nHalo"))),
    Case(Kind.CHUNKS, asked(http("200 OK\r\nTransfer-Encoding: chunked", b"4\r\nHaloX\r\n0\r\n\r\n"))),
    Case(Kind.CHUNKS, asked(http("200 OK\r\nTransfer-Encoding: chunked", b"fffffffffffffffff\r\nHalo"))),
    Case(Kind.CHUNKS, asked(http("200 OK\r\nTransfer-Encoding: chunked", b"ffffffffffffffff\r\nHalo"))),
    Case(
        Kind.CHUNKS,
        asked(http("200 OK\r\nTransfer-Encoding: chunked", b"4;" + b"x" * 70000 + b"\r\nHalo\r\n0\r\n\r\n")),
    ),
    Case(Kind.CHUNKS, asked(http("200 OK\r\nTransfer-Encoding: chunked", b""))),
    Case(
        Kind.CHUNKS,
        asked(http("200 OK\r\nTransfer-Encoding: chunked", b"Halo", WARC_Payload_Digest=sha1(b"Halo"))),
    ),
    changed(Kind.HTTP, block=b"garbage, no http at all"),
    changed(Kind.HTTP, block=b""),
    changed(Kind.HTTP, block=b"HTTP/1.1 2000 OK\r\n\r\n"),
    changed(Kind.HTTP, "request", b"\0\1"),
    changed(Kind.HTTP, "request", PAGE),
    changed(Kind.HTTP, "request", b"GET /berita/1\r\n\r\n"),
    Case(Kind.HTTP, [packed(record(block=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"))], own=True),
    Case(Kind.HTTP, [packed(record(block=b"HTTP/1.1 200", changes={"WARC-Truncated": "length"}))], own=True),
    Case(Kind.HTTP, [packed(record("request", b"GET / HTTP/1.1\r\nHost: x\r\n"))], own=True),
    Case(Kind.HTTP, [packed(record()), packed(no_head(b""))], 1, own=True),
    Case(Kind.HTTP, [packed(record()), packed(no_head(b"sampah\r\n\r\n"))], 1),
    Case(Kind.WARC_FIELDS, [packed(fields_of(b"no colon here\r\nbad name: x"))]),
    Case(Kind.WARC_FIELDS, [packed(fields_of(b"via: x\r\nbad name: x\r\n"))]),
    Case(Kind.WARC_FIELDS, [packed(fields_of(b"via: x\r\n: x\r\n"))]),
    Case(Kind.WARC_FIELDS, [packed(fields_of(b"via"))]),
    # Between the records of a file
    Case(Kind.CONCURRENT_MISSING, [packed(SOUND), packed(event(1)[1]), packed(*event(5))], 1, own=True),
    Case(Kind.CONCURRENT_DIFFERS, [packed(SOUND), *asked(record(changes={"WARC-Date": "2026-11-22T01:02:03.45Z"}))], 2),
    Case(Kind.CONCURRENT_DIFFERS, [packed(SOUND), *asked(record(changes={"WARC-Target-URI": URL + "/"}))], 2),
    Case(
        Kind.CONCURRENT_DIFFERS,
        [
            packed(record(changes={"WARC-Concurrent-To": name(2), "WARC-Date": "2026-11-22T01:02:04Z"})),
            packed(record("request", ASKED, 2)),
        ],
    ),
    Case(
        Kind.REVISIT_DIGEST,
        [packed(record(changes={"WARC-Payload-Digest": sha1(b"Halo")})), packed(revisit(1, b"lain"))],
        1,
    ),
    Case(Kind.REVISIT_DIGEST, [packed(record()), packed(revisit(1, b"lain"))], 1),
    Case(Kind.REVISIT_DIGEST, [packed(revisit(1, b"lain", changes={"WARC-Refers-To": None})), packed(record())]),
    Case(Kind.REVISIT_DIGEST, [packed(revisit(1, b"lain", changes={"WARC-Refers-To-Date": None})), packed(record())]),
]


def label(case: Case) -> str:
    return str(case.kind)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_the_fault_is_named_at_its_record_and_nothing_else_is(tmp_path: Path, case: Case) -> None:
    path = tmp_path / ("x.warc.gz" if any(part.startswith(b"\x1f\x8b") for part in case.parts) else "x.warc")
    path.write_bytes(b"".join(case.parts))
    found = faults(path, own=case.own)
    assert told(found) == [(case.kind, sum(map(len, case.parts[: case.faulty])))], found


def test_every_kind_of_fault_is_made_by_a_test() -> None:
    elsewhere = {Kind.TOO_LARGE, Kind.TOO_MANY}  # their limits are moved for the test, here and in test_reader.py
    elsewhere |= {Kind.FILE_DIGEST, Kind.TAKEDOWN}  # in test_flips.py and test_takedown_log.py
    elsewhere |= test_dataset_proof.KINDS
    assert {case.kind for case in CASES} | test_indexed.KINDS | test_links.KINDS | elsewhere == set(Kind)


def test_every_kind_of_fault_is_explained_in_the_documentation() -> None:
    page = (Path(__file__).parent.parent / "docs" / "verifying.md").read_text(encoding="utf-8")
    assert [kind for kind in Kind if f"\n| `{kind}` |" not in page] == []


def test_a_file_of_faults_ends_with_their_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FAULTS", 3)
    path = tmp_path / "x.warc.gz"
    member = packed(record(changes={"WARC-Block-Digest": sha1(b"lain"), "WARC-Record-ID": None}))
    path.write_bytes(member * 5)
    found = faults(path)
    assert [fault.kind for fault in found[3:]] == [Kind.TOO_MANY]
    assert found[3].offset == 4 * len(member)
    assert found[3].detail.startswith("7 more faults")
    assert sum(fault.times for fault in found) == 10


def test_the_line_of_a_block_that_is_no_field_is_quoted_wherever_the_pieces_end(tmp_path: Path) -> None:
    path = tmp_path / "x.warc"
    for before in (b"", b"via: " + b"x" * (1 << 20) + b"\r\n", b"a: b\r\n" * 200_000):
        path.write_bytes(fields_of(before + b"no colon here\r\nvia: x\r\n"))
        [fault] = faults(path)
        assert "'no colon here\\r'" in fault.detail


def test_one_fault_does_not_hide_the_others(tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    parts = [
        spoilt(packed(SOUND), -8),
        packed(record(changes={"WARC-Block-Digest": sha1(b"lain"), "WARC-IP-Address": "di sana"})),
        b"sampah",
        packed(record(number=2, version="0.18")),
        packed(record(number=3))[:-1],
    ]
    path.write_bytes(b"".join(parts))
    starts = [sum(map(len, parts[:number])) for number in range(len(parts))]
    assert told(faults(path)) == [
        (Kind.GZIP, 0),
        (Kind.FIELD_VALUE, starts[1]),
        (Kind.BLOCK_DIGEST, starts[1]),
        (Kind.TAIL, starts[2]),
        (Kind.VERSION, starts[3]),
        (Kind.TORN, starts[4]),
    ]


def test_values_are_quoted_short_and_without_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "x.warc"
    path.write_bytes(record(changes={"WARC-IP-Address": "\x1b[31m" + "9" * 5000}))
    for fault in faults(path):
        assert fault.detail.isprintable()
        assert len(fault.detail) < 300


def test_a_header_of_a_hundred_thousand_fields_is_read_in_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "x.warc"
    path.write_bytes(record(changes={"WARC-IP-Address": ["127.0.0.1"] * 30000}))
    assert {kind for kind, _ in told(faults(path))} == {Kind.REPEATED_FIELD}
    path.write_bytes(record(changes={f"X-{number}": "" for number in range(80000)}))
    assert told(faults(path)) == []
