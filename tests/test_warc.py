"""WARC files, judged by readers that others wrote."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cdxj_indexer.main import CDXJIndexer
from fastwarc.warc import ArchiveIterator, WarcRecord
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from archive.model import Capture
from archive.records import digest
from archive.warc import WarcWriter

Make = Callable[..., Capture]


def records(path: Path) -> list[tuple[WarcRecord, bytes]]:
    with path.open("rb") as file:
        found = []
        for record in ArchiveIterator(file, parse_http=False, strict_mode=True):
            block_ok = record.verify_block_digest()
            assert block_ok or record.headers.get("WARC-Block-Digest") is None
            found.append((record, record.reader.read()))
        return found


def write(folder: Path, captures: list[Capture], max_bytes: int = 10**9) -> tuple[list[Path], list[int]]:
    writer = WarcWriter(folder, "contoh", {"software": "uji"}, max_bytes=max_bytes)
    offsets = [writer.write(capture).offset for capture in captures]
    writer.close()
    return [folder / key for key in writer.finished], offsets


def test_blocks_are_the_bytes_of_the_wire_with_case_order_and_repetitions(tmp_path: Path, capture: Make) -> None:
    made = capture()
    [path], _ = write(tmp_path, [made])
    [(info, _), (response, response_block), (request, request_block)] = records(path)
    assert response_block == made.response
    assert request_block == made.request
    assert [record.headers["WARC-Type"] for record in (info, response, request)] == ["warcinfo", "response", "request"]


def test_every_record_is_one_gzip_member_at_the_offset_that_was_said(tmp_path: Path, capture: Make) -> None:
    writer = WarcWriter(tmp_path, "contoh", {})
    refs = [writer.write(capture(url=f"https://contoh.test/{n}", body=b"x" * n)) for n in range(5)]
    writer.close()
    data = (tmp_path / writer.finished[0]).read_bytes()
    for ref in refs:
        member = gzip.decompress(data[ref.offset : ref.offset + ref.length])
        assert member.startswith(b"WARC/1.1\r\n")
        assert f"WARC-Target-URI: {ref.url}\r\n".encode() in member
        assert f"WARC-Record-ID: {ref.record_id}\r\n".encode() in member


def test_one_event_has_one_date_and_later_records_name_the_first(tmp_path: Path, capture: Make) -> None:
    [path], _ = write(tmp_path, [capture()])
    (info, _), (response, _), (request, _) = records(path)
    assert response.headers["WARC-Date"] == request.headers["WARC-Date"] == "2026-11-22T01:02:03.456789Z"
    assert request.headers["WARC-Concurrent-To"] == response.headers["WARC-Record-ID"]
    assert response.headers["WARC-Warcinfo-ID"] == info.headers["WARC-Record-ID"]
    assert response.headers["WARC-IP-Address"] == "127.0.0.1"


def test_payload_digest_is_over_the_dechunked_payload(tmp_path: Path, capture: Make) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nHalo\r\n0\r\n\r\n"
    made = capture()
    made = Capture(url=made.url, began=made.began, request=made.request, response=chunked)
    [path], _ = write(tmp_path, [made])
    _, (response, _), _ = records(path)
    assert response.headers["WARC-Payload-Digest"] == digest(b"Halo")


def test_fastwarc_agrees_with_both_digests(tmp_path: Path, capture: Make) -> None:
    [path], _ = write(tmp_path, [capture(body=b"isi " * 1000)])
    with path.open("rb") as file:
        checked = 0
        for record in ArchiveIterator(file, parse_http=False, strict_mode=True):
            assert record.verify_block_digest()
            if record.headers["WARC-Type"] == "response":
                record.parse_http()
                assert record.verify_payload_digest()
                checked += 1
    assert checked == 1


def test_a_changed_byte_is_noticed_by_fastwarc(tmp_path: Path, capture: Make) -> None:
    [path], offsets = write(tmp_path, [capture()])
    data = bytearray(gzip.decompress(path.read_bytes()))
    data[data.index(b"Halo")] ^= 1
    path.write_bytes(gzip.compress(bytes(data)))
    with path.open("rb") as file:
        verdicts = [record.verify_block_digest() for record in ArchiveIterator(file, parse_http=False)]
    assert verdicts.count(False) == 1
    assert offsets


def test_a_torn_response_says_so(tmp_path: Path, capture: Make) -> None:
    [path], _ = write(tmp_path, [capture(truncated="disconnect")])
    _, (response, _), (request, _) = records(path)
    assert response.headers["WARC-Truncated"] == "disconnect"
    assert "WARC-Truncated" not in request.headers


def test_cdxj_indexer_and_warcio_read_every_record(tmp_path: Path, capture: Make) -> None:
    [path], offsets = write(tmp_path, [capture(url=f"https://contoh.test/{n}") for n in range(3)])
    with path.open("rb") as file:
        assert [record.rec_type for record in WarcioIterator(file)].count("response") == 3
    index = tmp_path / "index.cdxj"
    CDXJIndexer(str(index), [str(path)]).process_all()
    lines = [json.loads(line.split(" ", 2)[2]) for line in index.read_text().splitlines()]
    assert [int(line["offset"]) for line in lines] == offsets


def test_a_file_that_is_being_written_ends_in_open(tmp_path: Path, capture: Make) -> None:
    writer = WarcWriter(tmp_path, "contoh", {})
    writer.write(capture())
    [path] = (path for path in tmp_path.rglob("*.warc*") if path.suffix != ".journal")
    assert path.name.endswith(".warc.gz.open")
    writer.close()
    assert sorted(path.suffix for path in tmp_path.rglob("*.*")) == [".cdxj", ".gz"]


def test_a_full_file_is_followed_by_another_with_a_warcinfo_of_its_own(tmp_path: Path, capture: Make) -> None:
    paths, _ = write(tmp_path, [capture(), capture()], max_bytes=1)
    assert len(paths) == 2
    assert [records(path)[0][0].headers["WARC-Type"] for path in paths] == ["warcinfo", "warcinfo"]


@pytest.mark.parametrize("body", [b"", b"\r\n\r\n", b"\x00" * 100, bytes(range(256)) * 40])
def test_any_body_comes_back_byte_for_byte(tmp_path: Path, capture: Make, body: bytes) -> None:
    made = capture(body=body)
    [path], _ = write(tmp_path, [made])
    assert records(path)[1][1] == made.response


def test_an_old_file_is_followed_by_another(tmp_path: Path, capture: Make) -> None:
    writer = WarcWriter(tmp_path, "contoh", {}, max_seconds=0)
    for _ in range(2):
        writer.write(capture())
    writer.close()
    assert len(writer.finished) == 2


def test_the_journal_says_how_much_is_durable_and_goes_with_the_open_file(tmp_path: Path, capture: Make) -> None:
    writer = WarcWriter(tmp_path, "contoh", {})
    writer.write(capture())
    writer.sync()
    [path] = tmp_path.rglob("*.warc.gz.open")
    [journal] = tmp_path.rglob("*.journal")
    assert int(journal.read_bytes()) == path.stat().st_size
    writer.write(capture())
    assert int(journal.read_bytes()) < path.stat().st_size
    writer.close()
    assert not list(tmp_path.rglob("*.journal"))


@pytest.mark.parametrize("change", ["flip", "cut"])
def test_a_file_that_does_not_read_back_as_written_is_not_finished(tmp_path: Path, capture: Make, change: str) -> None:
    writer = WarcWriter(tmp_path, "contoh", {})
    writer.write(capture())
    [path] = tmp_path.rglob("*.warc.gz.open")
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data if change == "flip" else data[:-1])
    with pytest.raises(OSError, match="does not read back"):
        writer.close()
    assert not list(tmp_path.rglob("*.warc.gz"))


def test_an_exchange_goes_to_the_disk_in_one_write(
    tmp_path: Path, capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = WarcWriter(tmp_path, "contoh", {})
    writer.write(capture())
    writes = 0
    write = os.write

    def counted(handle: int, data: bytes) -> int:
        nonlocal writes
        writes += 1
        return write(handle, data)

    monkeypatch.setattr(os, "write", counted)
    writer.write(capture())
    monkeypatch.undo()
    writer.close()
    assert writes == 1
