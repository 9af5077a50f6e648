"""What lies between the files of an archive is followed, and what leads nowhere is named."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.errors import StorageError
from archive.faults import Fault, Kind
from archive.files import OnDisk
from archive.model import SCHEMA, Article
from archive.scratch import Scratch
from archive.verification import rows as lines
from archive.verification.files import verify_file
from archive.verification.jobs import in_spool
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
    Kind.ROWS_LOST,
    Kind.UNCLAIMED,
}
JOB = "20261122000000-abc123"
ARTICLES = f"articles/outlet=contoh/date=2026-11-22/part-{JOB}-1.jsonl.gz"
DROPPED = ARTICLES.replace("articles", "dropped")
EVENTS = f"events/contoh/{JOB}.jsonl.gz"
FIRST, SECOND = (f"warc/contoh/contoh-2026112200000{n}-00000-uji.warc.gz" for n in (0, 1))
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
    article = Article(id="contoh:1", outlet="contoh", captured=datetime(2026, 11, 22, tzinfo=UTC), extractor="1")
    article.set_text([TEXT])
    captures = [{name: changes.pop(name, value) for name, value in capture.items()}]
    return {**article.row(), "captures": captures, **changes}


def rows(root: Path, *lines: Row | bytes, key: str = ARTICLES) -> Path:
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data, mtime=0))
    return path


def found(root: Path) -> list[tuple[str, Fault]]:
    """Faults between the files; those in them are no matter here."""
    files = OnDisk(root)
    with closing(Links(files, in_spool(root / "state" / "spool"))) as between:
        for key in files.keys("warc", ".warc.gz"):
            list(verify_file(root / key, own=True, seen=between.of(key)))
        return list(between.faults())


def told(root: Path) -> list[tuple[str, Kind, int]]:
    return [(path, fault.kind, fault.offset) for path, fault in found(root)]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two files with records, and a later job, after which nobody knows whose they were."""
    warc(tmp_path, FIRST, RESPONSE, OTHER)
    manifest(tmp_path, [], job="20261122000009-fff999")
    return tmp_path


def dropped(**changes: Any) -> Row:
    return row(**{"text": "", "text_sha256": "", "verdict": "gone", "reason": "HTTP 410"} | changes)


def event(**changes: Any) -> Row:
    return {"event": "announced", "at": "2026-11-22T00:00:00+00:00", "url": URL, **changes}


def test_an_archive_whose_files_fit_has_no_fault(archive: Path) -> None:
    warc(archive, SECOND, revisit(1, b"Halo"))
    rows(archive, row(), row())
    rows(archive, dropped(), key=DROPPED)
    rows(archive, event(), key=EVENTS)
    manifest(archive, [FIRST, SECOND, ARTICLES, DROPPED, EVENTS], kept=2, dropped={"gone": 1})
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
    (Kind.ROW, row(captures=[])),
    (Kind.ROW, row(complete="x")),
    (Kind.ROW, row(pages=True)),
    (Kind.ROW, row(text=None)),
    (Kind.ROW, row(tags="a, b")),
    (Kind.ROW, row(authors=[7])),
    (Kind.ROW, row(origins=[])),
    (Kind.ROW, row(captured="22 November")),
    (Kind.ROW, row(language_confidence="0.9")),
    (Kind.ROW, row(schema="1")),
    (Kind.ROW, {name: value for name, value in row().items() if name != "title"}),
    (Kind.ROW, b'{"text": "a"}\n'),
    (Kind.ROW_TEXT, row(text="Pedagang kembali ke sawah.")),
    (Kind.ROW, row(text_sha256=None)),
    (Kind.ROW_RECORD, row(warc="warc/contoh/tiga.warc.gz")),
    (Kind.ROW_RECORD, row(warc="../" + FIRST)),
    (Kind.ROW, row(warc=[FIRST])),
    (Kind.ROW_RECORD, row(offset=1)),
    (Kind.ROW_RECORD, row(offset=-1)),
    (Kind.ROW, row(offset="0")),
    (Kind.ROW_RECORD, row(offset=1 << 80)),
    (Kind.ROW_DIFFERS, row(length=7)),
    (Kind.ROW_DIFFERS, row(record_id=name(2))),
    (Kind.ROW_DIFFERS, row(url=URL + "?page=2")),
    (Kind.ROW_DIFFERS, row(payload_digest=sha1(b"lain"))),
    (Kind.ROW, row(payload_digest=None)),
    (Kind.ROW_DIFFERS, row(payload_digest="")),
]


@pytest.mark.parametrize(("kind", "line"), ROWS)
def test_a_row_that_does_not_lead_to_its_record_is_named_with_its_line(
    archive: Path, kind: Kind, line: Row | bytes
) -> None:
    path = rows(archive, row(), row(), line)
    assert set(told(archive)) == {(path.relative_to(archive).as_posix(), kind, 3)}


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


@pytest.mark.parametrize("wrong", [{"verdict": "article"}, {"verdict": None}, {"reason": 7}, {"captures": []}])
def test_a_dropped_row_has_a_verdict_a_reason_and_a_record(archive: Path, wrong: Row) -> None:
    rows(archive, dropped(), dropped(**wrong), key=DROPPED)
    assert told(archive) == [(DROPPED, Kind.ROW, 2)]


def test_a_row_of_another_schema_is_asked_for_no_more_than_its_text_and_records(archive: Path) -> None:
    rows(archive, row(schema=SCHEMA + 1, complete="mostly"), row(schema=SCHEMA + 1, text="lain"))
    assert told(archive) == [(ARTICLES, Kind.ROW_TEXT, 2)]


@pytest.mark.parametrize("line", [b"[]\n", b"{\n", b"{}\n", event(event=7), json.dumps(event()).encode()])
def test_an_event_that_is_none_is_named_with_its_line(archive: Path, line: Row | bytes) -> None:
    rows(archive, event(), line, key=EVENTS)
    assert set(told(archive)) == {(EVENTS, Kind.ROW, 2)}


@pytest.mark.parametrize("key", [ARTICLES, DROPPED, EVENTS])
@pytest.mark.parametrize("cut", [slice(-1), slice(-12), slice(30), slice(0, 0)])
def test_lines_that_cannot_be_read_to_their_end_are_named(archive: Path, cut: slice, key: str) -> None:
    path = rows(archive, *[event() if key == EVENTS else row() if key == ARTICLES else dropped()] * 2, key=key)
    manifest(archive, [key], kept=0 if key == EVENTS else 2)
    path.write_bytes(path.read_bytes()[cut])
    assert {(place, kind) for place, kind, _ in told(archive)} == {(key, Kind.ROW)}


def test_a_bomb_of_rows_is_left_alone(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_MEMBER", 1 << 20)
    monkeypatch.setattr(lines, "MAX_ROW", 1 << 16)
    rows(archive, b" " * (1 << 21))
    assert {kind for _, kind, _ in told(archive)} == {Kind.ROW}
    assert len(told(archive)) == 18


def manifest(root: Path, files: Any, *, job: str = JOB, kept: Any = 0, dropped: Any = None, **more: Any) -> Path:
    path = root / "jobs" / "contoh" / f"{job}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"files": files, "counts": {"kept": kept, "dropped": dropped or {}, **more}}))
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
    folder = ARTICLES.rpartition("/")[0]
    rows(archive, row(), key=f"{folder}/part-20261122000000-abc123-2.jsonl.gz")
    manifest(archive, [f"{folder}/part-20261122000000-abc123-1.jsonl.gz"], kept=5)
    assert told(archive) == []
    manifest(archive, [f"{folder}/part-20261122000000-def456-1.jsonl.gz"])
    assert [kind for _, kind, _ in told(archive)] == [Kind.MANIFEST_FILE]


def test_a_temporary_file_that_cannot_be_written_is_a_sentence() -> None:
    with closing(Scratch("")) as scratch:
        scratch.script("PRAGMA max_page_count = 1")
        with pytest.raises(StorageError, match=r"database or disk is full. Make room in TMPDIR"):
            scratch.script("CREATE TABLE x (a)")
