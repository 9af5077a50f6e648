"""Records of other crawlers, sound and odd: each is an exchange with its proof, or left for a reason that is said."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest

from archive.errors import ExitStatus
from archive.faults import Fault
from archive.foreign import exchanges
from archive.foreign.exchanges import instant
from archive.foreign.found import Place, Skipped
from archive.foreign.mending import CutShort, mend
from archive.foreign.pairing import Exchange
from archive.message import head_of, payload
from archive.verification.files import verify_file
from crawler.others import OTHERS, others
from tests.foreign import HTML, MOMENT, NOW, Book, address, bare, found, http, owners, page, taken
from tests.warcs import ASKED, IDENTICAL, name, record, sha1

GZIPPED = zlib.compressobj(wbits=31)
PACKED = GZIPPED.compress(page(1)) + GZIPPED.flush()
CHUNKED = b"5\r\n<p>Ha\r\n4\r\n</p>\r\n0\r\n\r\n".replace(b"<p>Ha", b"<p>Ha"[:5])


def of(tmp_path: Path, block: bytes, url: str = address(1), **changes: Any) -> Exchange | Skipped | Fault:
    """What becomes of one response."""
    book = Book()
    book.response(url, block, **changes)
    [one] = found(book.write(tmp_path / "x.warc"))
    return one


def reason(one: Exchange | Skipped | Fault) -> str:
    """Why nothing is made of it."""
    assert not isinstance(one, Exchange), one
    return one.reason if isinstance(one, Skipped) else str(one.kind)


MENDED: dict[str, tuple[bytes, tuple[str, ...], bytes]] = {
    "as it was sent": (http(page(1)), (), page(1)),
    "chunked as it was sent": (http(CHUNKED, HTML, "Transfer-Encoding: chunked"), (), b"<p>Ha</p>"),
    "chunks taken off": (
        http(page(1), HTML, "Transfer-Encoding: chunked"),
        ("Transfer-Encoding is X-Crawler-Transfer-Encoding",),
        page(1),
    ),
    "nothing but the header of chunks": (
        http(b"", HTML, "Transfer-Encoding: chunked"),
        ("Transfer-Encoding is X-Crawler-Transfer-Encoding",),
        b"",
    ),
    "gzip as it was sent": (http(PACKED, HTML, "Content-Encoding: gzip", f"Content-Length: {len(PACKED)}"), (), PACKED),
    "gzip taken off": (
        http(page(1), HTML, "content-encoding: gzip", f"Content-Length: {len(PACKED)}"),
        ("Content-Encoding is X-Crawler-Content-Encoding", "Content-Length is X-Crawler-Content-Length"),
        page(1),
    ),
    "brotli as it was sent": (
        http(brotli.compress(page(1)), HTML, "Content-Encoding: br"),
        (),
        brotli.compress(page(1)),
    ),
    "brotli taken off": (
        http(page(1), HTML, "Content-Encoding: br"),
        ("Content-Encoding is X-Crawler-Content-Encoding",),
        page(1),
    ),
    "deflate taken off": (
        http(b"\n" + page(1), HTML, "Content-Encoding: deflate"),
        ("Content-Encoding is X-Crawler-Content-Encoding",),
        b"\n" + page(1),
    ),
    "a length that lies": (
        http(page(1), HTML, "Content-Length: 7"),
        ("Content-Length is X-Crawler-Content-Length",),
        page(1),
    ),
    "a status line of HTTP/2": (
        http(page(1), protocol="HTTP/2"),
        ("HTTP/2 is HTTP/1.1",),
        page(1),
    ),
}


@pytest.mark.parametrize("case", MENDED)
def test_a_head_says_what_the_body_is_and_nothing_else_is_touched(tmp_path: Path, case: str) -> None:
    block, changed, body = MENDED[case]
    mended = mend(block)
    assert mended is not None
    assert (mended.changed, mended.payload, payload(mended.block)) == (changed, body, body)
    assert mended.block.endswith(block.partition(b"\r\n\r\n")[2])
    back = head_of(mended.block).replace(b"X-Crawler-", b"").partition(b"\r\n")[2]
    assert back == head_of(block).partition(b"\r\n")[2]
    one = of(tmp_path, block)
    assert isinstance(one, Exchange)
    assert one.answer.said.digest == sha1(body)


@pytest.mark.parametrize(
    "block",
    [
        http(page(1), HTML, "Content-Length: 999999"),
        http(CHUNKED[:12], HTML, "Transfer-Encoding: chunked"),
        http(b"", HTML, "Content-Length: 5"),
    ],
)
def test_a_body_that_ends_before_its_end_is_no_page(tmp_path: Path, block: bytes) -> None:
    with pytest.raises(CutShort):
        mend(block)
    assert reason(of(tmp_path, block)) == "cut short"


LEFT: dict[str, tuple[str, dict[str, Any]]] = {
    "an error that passes": ("HTTP 503", {"block": http(page(1), status="503 Busy")}),
    "a wall that another met": ("HTTP 403", {"block": http(page(1), status="403 No")}),
    "a date of the future": ("date in the future", {"WARC_Date": f"{NOW + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"}),
    "a date that is none": ("no date", {"WARC_Date": "kemarin"}),
    "the year 9999": ("date in the future", {"WARC_Date": "9999-12-31T23:59:59Z"}),
    "the thirteenth month": ("no date", {"WARC_Date": "2024-13-01T00:00:00Z"}),
    "before there were pages": ("no date", {"WARC_Date": "1970-01-01T00:00:00Z"}),
    "a body that was cut": ("cut short", {"WARC_Truncated": "length"}),
    "one of several segments": ("in segments", {"WARC_Segment_Number": "1"}),
    "HTTP/0.9": ("no HTTP", {"block": b"<html><body>Halo</body></html>"}),
    "a head without an end": ("no HTTP", {"block": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"}),
    "another protocol": ("no HTTP", {"url": "dns:contoh.test"}),
    "a screenshot": ("no HTTP", {"Content_Type": "image/png"}),
    "a resource": ("resource record", {"WARC_Type": "resource"}),
    "a conversion": ("conversion record", {"WARC_Type": "conversion"}),
    "a type of nobody": ("record of an unknown type", {"WARC_Type": "monyet"}),
    "a list of articles": ("no article's address", {"url": "https://contoh.test/terbaru"}),
    "an address without a host": ("no address of a site", {"url": "http://[::1"}),
    "a password": ("no address of a site", {"url": "http://a:b@lain.test/"}),
    "another port": ("no address of a site", {"url": "http://lain.test:8080/"}),
    "an address without an end": ("address too long", {"url": "http://lain.test/" + "a" * 3000}),
    "a picture elsewhere": (
        "no HTML",
        {"url": "http://lain.test/a.jpg", "block": http(b"x", "Content-Type: image/jpeg")},
    ),
    "an error elsewhere": ("HTTP 404", {"url": "http://lain.test/", "block": http(page(1), status="404 Not Found")}),
    "another payload": ("payload-digest", {"WARC_Payload_Digest": sha1(b"lain")}),
    "another block": ("block-digest", {"WARC_Block_Digest": sha1(b"lain")}),
    "a page that did not change": (
        "not modified",
        {"WARC_Type": "revisit", "WARC_Profile": IDENTICAL.replace("identical-payload-digest", "server-not-modified")},
    ),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_is_left_is_left_for_a_reason(tmp_path: Path, case: str) -> None:
    wanted, given = LEFT[case]
    assert reason(of(tmp_path, **{"block": http(page(1)), **given})) == wanted


@pytest.mark.parametrize(
    "declared",
    [
        {"WARC_Payload_Digest": sha1(b"<p>Ha</p>")},
        {"WARC_Payload_Digest": sha1(CHUNKED)},  # wget and others take it before the chunks are joined
        {"WARC_Payload_Digest": sha1(b"<p>Ha</p>"), "WARC_Block_Digest": sha1(b"lain")},  # the head was changed later
        {"WARC_Payload_Digest": "xxh3:123", "WARC_Block_Digest": "sha1:"},
        {},
    ],
)
def test_a_digest_is_right_in_each_way_in_which_crawlers_take_it(tmp_path: Path, declared: dict[str, str]) -> None:
    assert isinstance(of(tmp_path, http(CHUNKED, HTML, "Transfer-Encoding: chunked"), **declared), Exchange)


def test_a_block_is_no_larger_than_a_crawl_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "MAX_BLOCK", 100)
    assert reason(of(tmp_path, http(page(1)))) == "too large"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-06T07:08:09Z", MOMENT),
        ("2024-05-06T07:08:09.5Z", MOMENT + timedelta(seconds=0.5)),
        ("2024-05-06T07:08:09.123456789Z", MOMENT + timedelta(microseconds=123456)),
        ("2024-05-06T07:08:09+00:00", MOMENT),
        ("2024-05-06", None),
        ("20240506070809", None),
    ],
)
def test_a_date_is_an_instant_to_the_second_or_finer(text: str, moment: datetime | None) -> None:
    assert instant(text) == moment


def test_a_request_is_found_before_and_behind_its_answer_and_on_either_side_of_the_link(tmp_path: Path) -> None:
    book = Book()
    book.ask(address(1), name(2))
    book.page(1)
    date = {"WARC-Date": "2024-05-06T07:08:09Z"}
    for number, (mine, other, more) in enumerate(
        (
            ("response", "request", {"WARC-Concurrent-To": name(3)}),  # as Heritrix and we write it
            ("request", "response", {"WARC-Concurrent-To": name(5)}),  # as wget does
        ),
        2,
    ):
        for kind, given in ((mine, {}), (other, more)):
            block = ASKED if kind == "request" else http(page(number))
            told = {"WARC-Target-URI": address(number), **date, **given}
            book.records.append(record(kind, block, len(book.records) + 1, told))
    book.page(4)
    one, two, three, four = found(book.write(tmp_path / "x.warc"))
    assert [one.request, two.request, three.request, four.request] == [ASKED, ASKED, ASKED, b""]  # type: ignore[union-attr]


@pytest.mark.parametrize(("method", "said"), [(b"POST", "answer to POST"), (b"HEAD", "answer to HEAD")])
def test_only_answers_to_get_are_adopted(tmp_path: Path, method: bytes, said: str) -> None:
    book = Book()
    book.ask(address(1), name(2), block=ASKED.replace(b"GET", method))
    book.page(1)
    assert [reason(one) for one in found(book.write(tmp_path / "x.warc"))] == [said]


def test_a_page_of_no_outlet_stays_where_it_was_found() -> None:
    here = "https://lain.test/cerita?id=7"
    assert others.own_address(here, "https://www.lain.test/cerita") == "https://www.lain.test/cerita"
    assert others.own_address(here, "https://contoh.test/berita/1") == here
    assert others.canonical("http://[2001:DB8::1]:80/cerita") == "https://[2001:db8::1]/cerita"
    assert owners.sort(here) == Place(OTHERS, others.article_id(here), here, errors=False)
    assert owners.sort("http://contoh.test/berita/1?utm_source=x#atas") == Place(
        "contoh", "contoh.test:1", "http://contoh.test/berita/1?utm_source=x", errors=True
    )


def test_a_head_of_more_than_a_megabyte_is_left(tmp_path: Path) -> None:
    block = b"HTTP/1.1 301 Moved\r\n" + b"a: b\r\n" * 200_000 + b"\r\n"
    assert reason(of(tmp_path, block)) == "header too large"
    head = {"WARC_Type": "revisit", "WARC_Profile": IDENTICAL}
    assert reason(of(tmp_path, block.replace(b"301 Moved", b"200 OK"), **head)) == "header too large"


def test_a_record_that_ends_before_its_length_is_left_and_what_is_no_protocol_is_not_kept(tmp_path: Path) -> None:
    block = http(page(1))
    odd = of(tmp_path, block, WARC_Protocol="http/1.1\x07 x")
    assert isinstance(odd, Exchange)
    assert odd.answer.protocols == ()
    # Nothing but the length of the record tells that something is missing.
    book = Book()
    book.response(address(1), block.replace(b"Content-Length", b"X-Length"))
    (tmp_path / "torn.warc").write_bytes(book.records[0][:-50])
    assert [reason(one) for one in found(tmp_path / "torn.warc")] == ["torn", "damaged"]


def test_the_samples_of_other_projects_give_rows_and_verdicts_and_faults(corpus: Path, tmp_path: Path) -> None:
    status, run = taken(tmp_path / "a", corpus / "warc-samples")
    assert status == ExitStatus.VERIFICATION  # some are broken, and that is said
    assert [row["url"] for row in run.rows()] == ["https://0900-hovenier.nl/gelderland/oosterbeek/"]
    assert len(run.rows("dropped")) > 30
    assert all(list(verify_file(path, own=True)) == [] for path in run.warcs)
    again, same = taken(tmp_path / "a", corpus / "warc-samples")
    assert again == ExitStatus.VERIFICATION
    assert bare(same.rows()) == bare(run.rows())
    assert len(same.warcs) == len(run.warcs) == 1
