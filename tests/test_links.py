"""What lies between the files of an archive is followed, and what leads nowhere is named."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from archive.errors import StorageError
from archive.faults import Fault, Kind
from archive.verification import links
from archive.verification.files import files_in, verify_file
from archive.verification.links import Links
from tests.warcs import IDENTICAL, URL, name, packed, record, revisit, sha1

KINDS = {
    Kind.REVISIT_MISSING,
    Kind.ROW,
    Kind.ROW_TEXT,
    Kind.ROW_RECORD,
    Kind.ROW_DIFFERS,
    Kind.MANIFEST,
    Kind.MANIFEST_FILE,
}
FIRST, SECOND = "warc/contoh/satu.warc.gz", "warc/contoh/dua.warc.gz"
RESPONSE = record(changes={"WARC-Payload-Digest": sha1(b"Halo")})
OTHER = record(number=5, changes={"WARC-Target-URI": f"{URL}?page=2"})
TEXT = "Pedagang kembali ke sungai."
Row = dict[str, Any]


def warc(root: Path, key: str, *records: bytes) -> None:
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed(*records))


def row(**changes: Any) -> Row:
    """A row on the response of the first file."""
    capture = {
        "url": URL,
        "warc": FIRST,
        "offset": 0,
        "length": len(packed(RESPONSE)),
        "record_id": name(1),
        "payload_digest": sha1(b"Halo"),
    }
    text = {"text": TEXT, "text_sha256": hashlib.sha256(TEXT.encode()).hexdigest()}
    own = {key: value for key, value in changes.items() if key in text or key == "captures"}
    return {**text, "captures": [{**capture, **{k: v for k, v in changes.items() if k not in own}}], **own}


def rows(
    root: Path, *lines: Row | bytes, key: str = "articles/outlet=contoh/date=2026-11-22/part-1-a-1.jsonl.gz"
) -> Path:
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data, mtime=0))
    return path


def found(root: Path) -> list[tuple[str, Fault]]:
    """Faults between the files; those in them are no matter here."""
    between = Links(root)
    for path in files_in(root / "warc", ".warc.gz"):
        list(verify_file(path, own=True, seen=between.of(path.relative_to(root).as_posix())))
    named = [(path.relative_to(root).as_posix(), fault) for path, fault in between.faults()]
    between.close()
    return named


def told(root: Path) -> list[tuple[str, Kind, int]]:
    return [(path, fault.kind, fault.offset) for path, fault in found(root)]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    warc(tmp_path, FIRST, RESPONSE, OTHER)
    return tmp_path


def test_an_archive_whose_files_fit_has_no_fault(archive: Path) -> None:
    warc(archive, SECOND, revisit(1, b"Halo"))
    rows(archive, row(), row(text="", text_sha256="", captures=[]))
    rows(archive, row(), key="dropped/outlet=contoh/date=2026-11-22/part-1-a-1.jsonl.gz")
    manifest(archive, [FIRST, SECOND])
    assert told(archive) == []


NOT_MODIFIED = {
    "WARC-Profile": IDENTICAL.replace("identical-payload-digest", "server-not-modified"),
    "WARC-Payload-Digest": None,
    "WARC-Truncated": None,
}
MOVED = {"WARC-Refers-To": None, "WARC-Refers-To-Target-URI": URL + "/lain"}
REVISITS = [
    (Kind.REVISIT_MISSING, revisit(77, b"Halo", changes=MOVED | {"WARC-Refers-To": name(77)})),
    (Kind.REVISIT_MISSING, revisit(77, b"Halo", changes=MOVED)),
    (Kind.REVISIT_MISSING, revisit(1, b"Halo", changes={"WARC-Refers-To": None, "WARC-Refers-To-Date": None})),
    (Kind.REVISIT_MISSING, revisit(1, b"Halo", changes={"WARC-Refers-To-Target-URI": URL + "/lain"})),
    (Kind.REVISIT_MISSING, revisit(1, b"Halo", changes={"WARC-Refers-To-Date": "2026-11-22T01:02:03Z"})),
    (Kind.REVISIT_MISSING, revisit(9, b"Halo")),  # itself
    (Kind.REVISIT_MISSING, revisit(77, b"", changes=NOT_MODIFIED | MOVED)),
    (Kind.REVISIT_DIGEST, revisit(1, b"lain")),
    (Kind.REVISIT_DIGEST, revisit(1, b"lain", changes={"WARC-Refers-To": None})),
]


@pytest.mark.parametrize(("kind", "made"), REVISITS)
def test_a_revisit_that_leads_to_no_such_payload_is_named(archive: Path, kind: Kind, made: bytes) -> None:
    before = record("metadata", b"via: x\r\n", 50)
    warc(archive, SECOND, before, made)
    assert told(archive) == [(SECOND, kind, len(packed(before)))]


@pytest.mark.parametrize(
    "made",
    [
        revisit(1, b"Halo", changes={"WARC-Refers-To": None}),
        revisit(1, b"Halo", changes={"WARC-Refers-To-Target-URI": None, "WARC-Refers-To-Date": None}),
        revisit(1, b"", changes=NOT_MODIFIED),
    ],
)
def test_one_of_both_ways_to_the_payload_is_enough(archive: Path, made: bytes) -> None:
    warc(archive, SECOND, made)
    assert told(archive) == []


def test_a_revisit_of_a_damaged_payload_is_named_too(archive: Path) -> None:
    warc(archive, SECOND, revisit(1, b"Halo"))
    path = archive / FIRST
    path.write_bytes(packed(RESPONSE.replace(b"Halo", b"Hilo"), OTHER))
    assert told(archive) == [(SECOND, Kind.REVISIT_DIGEST, 0)]
    path.write_bytes(path.read_bytes()[1:])
    assert told(archive) == [(SECOND, Kind.REVISIT_MISSING, 0)]


ROWS: list[tuple[Kind, Row | bytes]] = [
    (Kind.ROW, b"{torn\n"),
    (Kind.ROW, b"[]\n"),
    (Kind.ROW, b"[" * 100000 + b"\n"),
    (Kind.ROW, b'{"text": "\\ud800", "text_sha256": "", "captures": []}\n'),
    (Kind.ROW, json.dumps(row(captures=[7])).encode() + b"\n"),
    (Kind.ROW, json.dumps(row(captures=None)).encode() + b"\n"),
    (Kind.ROW, json.dumps(row()).encode()),
    (Kind.ROW, b'{"text": "a"}\n'),
    (Kind.ROW_TEXT, row(text="Pedagang kembali ke sawah.")),
    (Kind.ROW_TEXT, row(text_sha256=None)),
    (Kind.ROW_RECORD, row(warc="warc/contoh/tiga.warc.gz")),
    (Kind.ROW_RECORD, row(warc="../" + FIRST)),
    (Kind.ROW_RECORD, row(warc=[FIRST])),
    (Kind.ROW_RECORD, row(offset=1)),
    (Kind.ROW_RECORD, row(offset=-1)),
    (Kind.ROW_RECORD, row(offset="0")),
    (Kind.ROW_RECORD, row(offset=1 << 80)),
    (Kind.ROW_DIFFERS, row(length=7)),
    (Kind.ROW_DIFFERS, row(record_id=name(2))),
    (Kind.ROW_DIFFERS, row(url=URL + "?page=2")),
    (Kind.ROW_DIFFERS, row(payload_digest=sha1(b"lain"))),
    (Kind.ROW_DIFFERS, row(payload_digest=None)),
]


@pytest.mark.parametrize(("kind", "line"), ROWS)
def test_a_row_that_does_not_lead_to_its_record_is_named_with_its_line(
    archive: Path, kind: Kind, line: Row | bytes
) -> None:
    path = rows(archive, row(), row(), line)
    assert told(archive) == [(path.relative_to(archive).as_posix(), kind, 3)]


def test_a_row_says_what_is_another(archive: Path) -> None:
    rows(archive, row(length=7, url=URL + "?page=2"))
    [(_, fault)] = found(archive)
    assert "another length, url than the row" in fault.detail


def test_a_row_that_points_at_a_revisit_is_named(archive: Path) -> None:
    made = revisit(1, b"Halo")
    warc(archive, SECOND, made)
    rows(archive, row(warc=SECOND, length=len(packed(made)), record_id=name(9)))
    assert [kind for _, kind, _ in told(archive)] == [Kind.ROW_DIFFERS]


def test_a_row_whose_payload_was_damaged_is_named(archive: Path) -> None:
    changed = RESPONSE.replace(b"Halo", b"Hilo")
    warc(archive, FIRST, changed)
    rows(archive, row(length=len(packed(changed))))
    assert [kind for _, kind, _ in told(archive)] == [Kind.ROW_DIFFERS]


@pytest.mark.parametrize("cut", [slice(-1), slice(-12), slice(30), slice(0, 0)])
def test_rows_that_cannot_be_read_to_their_end_are_named(archive: Path, cut: slice) -> None:
    path = rows(archive, row(), row())
    path.write_bytes(path.read_bytes()[cut])
    assert {kind for _, kind, _ in told(archive)} == ({Kind.ROW} if path.stat().st_size else set())


def test_a_bomb_of_rows_is_left_alone(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MAX_MEMBER", 1 << 20)
    monkeypatch.setattr(links, "MAX_ROW", 1 << 16)
    rows(archive, b" " * (1 << 21))
    assert {kind for _, kind, _ in told(archive)} == {Kind.ROW}
    assert len(told(archive)) == 17


def manifest(root: Path, files: Any) -> Path:
    path = root / "jobs" / "contoh" / "20261122000000-abc123.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"files": files}))
    return path


@pytest.mark.parametrize(
    "missing", ["warc/contoh/tiga.warc.gz", "/etc/passwd", "../warc", "", "a\0b", "x" * 5000, "\ud800", "warc", 7]
)
def test_a_file_that_a_manifest_names_and_is_not_there_is_named(archive: Path, missing: Any) -> None:
    path = manifest(archive, [FIRST, missing])
    assert told(archive) == [(path.relative_to(archive).as_posix(), Kind.MANIFEST_FILE, 0)]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"job": 1}', "[" * 100000, "\ud800"])
def test_a_manifest_that_cannot_be_read_is_named(archive: Path, text: str) -> None:
    path = manifest(archive, [])
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert [kind for _, kind, _ in told(archive)] == [Kind.MANIFEST]


def test_rows_that_were_extracted_again_are_there_under_the_new_extractor(archive: Path) -> None:
    folder = "articles/outlet=contoh/date=2026-11-22"
    rows(archive, row(), key=f"{folder}/part-20261122000000-abc123-2.jsonl.gz")
    manifest(archive, [f"{folder}/part-20261122000000-abc123-1.jsonl.gz"])
    assert told(archive) == []
    manifest(archive, [f"{folder}/part-20261122000000-def456-1.jsonl.gz"])
    assert [kind for _, kind, _ in told(archive)] == [Kind.MANIFEST_FILE]


def test_a_temporary_file_that_cannot_be_written_is_a_sentence(archive: Path) -> None:
    between = Links(archive)
    between.close()

    def full() -> sqlite3.Cursor:
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(StorageError, match="Make room in TMPDIR"):
        between._run(full)
