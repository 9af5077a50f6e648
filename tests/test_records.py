"""The records of one exchange: what each holds, what it names, and what stands in for what came before."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecord

from archive import records
from archive.model import Capture, RecordRef, Stored
from archive.whole import remember

Make = Callable[..., Capture]
INFO = "<urn:uuid:00000000-0000-4000-8000-000000000000>"


def parsed(event: records.Event) -> list[tuple[WarcRecord, bytes]]:
    stream = ArchiveIterator(BytesIO(event.data), parse_http=False, strict_mode=True)
    return [(record, record.reader.read()) for record in stream]


def fields(block: bytes) -> list[str]:
    return block.decode().splitlines()


def stored(capture: Capture) -> Stored:
    event = records.event(capture, INFO)
    ref = RecordRef(
        url=capture.url,
        warc="warc/contoh/a.warc.gz",
        offset=400,
        length=event.length,
        record_id=event.record_id,
        payload_digest=event.payload_digest,
    )
    found = remember(ref, capture.began, event.head, None)
    assert found is not None
    return found


def test_response_request_and_metadata_share_a_date_and_an_address(capture: Make) -> None:
    made = parsed(records.event(replace(capture(), fetch_ms=12, via="https://contoh.test/", hops="L"), INFO))
    assert [record.headers["WARC-Type"] for record, _ in made] == ["response", "request", "metadata"]
    assert len({(record.headers["WARC-Date"], record.headers["WARC-Target-URI"]) for record, _ in made}) == 1


def test_only_later_records_name_earlier_ones(capture: Make) -> None:
    made = parsed(records.event(replace(capture(), fetch_ms=12), INFO))
    (response, _), *others = made
    assert "WARC-Concurrent-To" not in response.headers
    assert {record.headers["WARC-Concurrent-To"] for record, _ in others} == {response.headers["WARC-Record-ID"]}


def test_metadata_says_how_the_exchange_came_about(capture: Make) -> None:
    given = replace(
        capture(),
        fetch_ms=12,
        via="https://contoh.test/sitemap.xml",
        hops="PM",
        surplus=7,
        opt_out=("robots.txt: content-signal: ai-train=no",),
    )
    *_, (metadata, block) = parsed(records.event(given, INFO))
    assert metadata.headers["Content-Type"] == "application/warc-fields"
    assert fields(block) == [
        "via: https://contoh.test/sitemap.xml",
        "hopsFromSeed: PM",
        "fetchTimeMs: 12",
        "surplusBytes: 7",
        "optOut: robots.txt: content-signal: ai-train=no",
    ]


def test_what_an_outlet_wrote_begins_no_line_of_its_own(capture: Make) -> None:
    given = replace(capture(), opt_out=("robots.txt: x\r\nvia: https://jahat.test/",))
    *_, (_, block) = parsed(records.event(given, INFO))
    assert fields(block) == ["optOut: robots.txt: x via: https://jahat.test/"]


def test_a_capture_that_is_not_exact_says_so(capture: Make) -> None:
    *_, (_, block) = parsed(records.event(replace(capture(), exact=False), INFO))
    assert fields(block) == ["capture: put together again from what the crawler had parsed"]


def test_heads_that_came_before_are_kept_as_they_were_and_apart(capture: Make) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLINK: </a\xe9.css>\r\n\r\n"
    made = parsed(records.event(replace(capture(), interim=early), INFO))
    assert made[0][1] == capture().response
    [field] = fields(made[-1][1])
    assert json.loads(field.removeprefix("interimHeads: ")).encode("latin-1") == early


@pytest.mark.parametrize(
    "answer", [b"HELLO\r\n", b"HTTP/1.1 200 OK\r\nContent-Ty", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 9]
)
def test_what_is_no_http_message_is_kept_but_not_called_a_response(capture: Make, answer: bytes) -> None:
    made = parsed(records.event(replace(capture(), response=answer, truncated="disconnect"), INFO))
    assert [record.headers["WARC-Type"] for record, _ in made] == ["request", "metadata"]
    assert made[1][1] == answer
    assert made[1][0].headers["WARC-Truncated"] == "disconnect"


def test_the_same_payload_is_a_revisit_that_says_of_what(capture: Make) -> None:
    first, again = capture(), replace(capture(), began=capture().began.replace(year=2027))
    before = stored(first)
    (revisit, block), *_ = parsed(records.event(again, INFO, before))
    assert revisit.headers["WARC-Type"] == "revisit"
    assert revisit.headers["WARC-Profile"] == records.IDENTICAL
    assert revisit.headers["WARC-Refers-To"] == before.ref.record_id
    assert revisit.headers["WARC-Refers-To-Target-URI"] == first.url
    assert revisit.headers["WARC-Refers-To-Date"] == records.warc_date(first.began)
    assert revisit.headers["WARC-Payload-Digest"] == before.ref.payload_digest
    assert again.response.startswith(block)
    assert block.endswith(b"\r\n\r\n")


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nHa\r\n2\r\nlo\r\n0\r\n\r\n"
ONE_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nHalo\r\n0\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHalo"


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        (CHUNKED, ONE_CHUNK, "revisit"),
        (PLAIN, PLAIN, "revisit"),
        (CHUNKED, PLAIN, "response"),
        (PLAIN, CHUNKED, "response"),
    ],
)
def test_a_revisit_has_a_head_that_fits_the_block_it_stands_for(
    capture: Make, first: bytes, second: bytes, kind: str
) -> None:
    before = stored(replace(capture(), response=first))
    assert records.event(replace(capture(), response=second), INFO, before).kind == kind


@pytest.mark.parametrize(
    "changes",
    [
        {"response": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nLain!"},
        {"response": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
        {"truncated": "disconnect"},
    ],
)
def test_another_an_empty_and_a_torn_payload_are_no_revisits(capture: Make, changes: dict[str, bytes]) -> None:
    before = stored(capture())
    assert records.event(replace(capture(), **changes), INFO, before).kind == "response"  # type: ignore[arg-type]


def test_not_modified_is_a_revisit_with_the_head_of_the_304(capture: Make) -> None:
    answer = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'
    before = stored(capture())
    (revisit, block), *_ = parsed(records.event(replace(capture(), response=answer), INFO, before))
    assert revisit.headers["WARC-Profile"] == records.NOT_MODIFIED
    assert revisit.headers["WARC-Refers-To-Target-URI"] == capture().url
    assert block == answer


def test_not_modified_without_anything_before_is_a_response(capture: Make) -> None:
    answer = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    assert records.event(replace(capture(), response=answer), INFO).kind == "response"


def test_a_member_is_the_record_and_nothing_else(capture: Make) -> None:
    event = records.event(capture(), INFO)
    inflater = zlib.decompressobj(31)
    plain = inflater.decompress(event.data)
    assert len(event.data) - len(inflater.unused_data) == event.length
    assert plain.endswith(capture().response + b"\r\n\r\n")
    assert gzip.decompress(event.data).count(b"WARC/1.1\r\n") == 2


def test_every_file_of_a_job_knows_what_made_it() -> None:
    name, data = records.warcinfo(
        "a.warc.gz", datetime(2026, 11, 22, tzinfo=UTC), {"software": "uji", "isPartOf": "contoh/1"}
    )
    stream = ArchiveIterator(BytesIO(data), parse_http=False, strict_mode=True)
    [(record, block)] = [(record, record.reader.read()) for record in stream]
    assert record.headers["WARC-Record-ID"] == name
    assert record.headers["WARC-Filename"] == "a.warc.gz"
    assert block == b"software: uji\r\nisPartOf: contoh/1\r\n"
