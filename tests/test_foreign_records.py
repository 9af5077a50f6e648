"""Records of other crawlers, sound and odd: each is an exchange with its proof, or left for a reason that is said."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest

from archive import spool as spooling
from archive.errors import ArgumentError, ExitStatus
from archive.faults import Fault
from archive.foreign import exchanges
from archive.foreign.exchanges import Place, Skipped, answers, instant
from archive.foreign.mending import CutShort, mend
from archive.foreign.pairing import Exchange, paired
from archive.foreign.places import MAX_GROWTH, NotReadable, sources, warcs
from archive.foreign.shelf import Shelf
from archive.message import head_of, payload
from archive.model import Capture
from archive.verification.files import verify_file
from crawler.foreign.owners import OTHERS, Owners, others
from tests.foreign import HTML, MOMENT, Book, address, bare, http, later, member, page, taken, wacz
from tests.runs import read_lines
from tests.spiders.contoh import ContohSpider
from tests.warcs import ASKED, IDENTICAL, name, packed, record, sha1

NOW = MOMENT + timedelta(days=30)
GZIPPED = zlib.compressobj(wbits=31)
PACKED = GZIPPED.compress(page(1)) + GZIPPED.flush()
CHUNKED = b"5\r\n<p>Ha\r\n4\r\n</p>\r\n0\r\n\r\n".replace(b"<p>Ha", b"<p>Ha"[:5])
owners = Owners({"contoh": ContohSpider.outlet}, [])


def found(path: Path, sort: exchanges.Sort = owners.sort) -> list[Exchange | Skipped | Fault]:
    """Everything in a file."""
    return list(paired(answers(path, sort, NOW)))


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


def test_answers_without_requests_do_not_pile_up(tmp_path: Path) -> None:
    book = Book()
    for number in range(200):
        book.page(number)
    seen, given = 0, 0

    def counted() -> Iterator[exchanges.Found]:
        nonlocal seen
        for one in answers(book.write(tmp_path / "x.warc"), owners.sort, NOW):
            seen += 1
            yield one

    for _ in paired(counted()):
        given += 1
        assert seen - given <= 64
    assert given == 200


def shelved(tmp_path: Path, *books: Book) -> Shelf:
    shelf = Shelf()
    for number, book in enumerate(books):
        for one in found(book.write(tmp_path / f"{number}.warc")):
            assert isinstance(one, Exchange)
            shelf.put(one, f"{number}.warc")
    return shelf


def captures(shelf: Shelf) -> list[Capture]:
    return [shelf.capture(put.number) for put in shelf.all_of("contoh")]


def revisit(book: Book, at: datetime, head: bytes, **refers: str) -> None:
    given = {"WARC_Type": "revisit", "WARC_Profile": IDENTICAL, "WARC_Payload_Digest": sha1(page(1))}
    book.response(address(1), head, at, **{**given, **refers})


@pytest.mark.parametrize(
    "refers",
    [
        {"WARC_Refers_To": name(1)},
        {"WARC_Refers_To_Target_URI": address(1), "WARC_Refers_To_Date": "2024-05-06T07:08:09Z"},
        {},  # wget says neither
    ],
)
def test_a_revisit_is_its_own_head_before_the_body_that_it_stands_for(tmp_path: Path, refers: dict[str, str]) -> None:
    first, second = Book(), Book()
    first.page(1)
    second.records.append(b"")  # names begin at 2
    revisit(second, later(days=1), http(b"", HTML, "X-Hari: 2", f"Content-Length: {len(page(1))}"), **refers)
    with closing(shelved(tmp_path, second, first)) as shelf:
        assert not +shelf.settle()
        old, new = captures(shelf)
    assert (old.response, payload(new.response)) == (http(page(1)), page(1))
    assert b"X-Hari: 2" in head_of(new.response)
    assert new.adopted is not None
    assert new.adopted.original == name(1)


def test_a_revisit_whose_head_does_not_fit_has_the_one_of_its_original(tmp_path: Path) -> None:
    book = Book()
    book.page(1)
    revisit(book, later(days=1), http(b"", HTML, "Transfer-Encoding: chunked"))
    with closing(shelved(tmp_path, book)) as shelf:
        shelf.settle()
        assert [capture.response for capture in captures(shelf)] == [http(page(1))] * 2


def test_a_revisit_of_what_nobody_has_is_left(tmp_path: Path) -> None:
    book = Book()
    book.page(2)
    revisit(book, later(days=1), b"", WARC_Refers_To=name(1))
    with closing(shelved(tmp_path, book)) as shelf:
        assert shelf.settle() == {"revisit without its original": 1, "the same capture again": 0}


def test_of_one_capture_in_two_files_the_one_with_its_request_is_kept(tmp_path: Path) -> None:
    bare_one, whole = Book(), Book()
    bare_one.page(1)
    whole.ask(address(1), name(2))
    whole.page(1)
    for books in ((bare_one, whole), (whole, bare_one)):
        with closing(shelved(tmp_path, *books)) as shelf:
            assert shelf.settle()["the same capture again"] == 1
            assert [capture.request for capture in captures(shelf)] == [ASKED]


def test_a_page_of_no_outlet_stays_where_it_was_found() -> None:
    here = "https://lain.test/cerita?id=7"
    assert others.own_address(here, "https://www.lain.test/cerita") == "https://www.lain.test/cerita"
    assert others.own_address(here, "https://contoh.test/berita/1") == here
    assert owners.sort(here) == Place(OTHERS, others.article_id(here), here, errors=False)
    assert owners.sort("http://contoh.test/berita/1?utm_source=x#atas") == Place(
        "contoh", "contoh.test:1", "http://contoh.test/berita/1?utm_source=x", errors=True
    )


def bomb(path: Path) -> Path:
    inner = path.with_suffix(".warc")
    inner.write_bytes(bytes(12_000_000))
    return wacz(path, inner, packing=zipfile.ZIP_DEFLATED)


def torn(path: Path) -> Path:
    inner = Book()
    inner.page(1)
    whole = wacz(path, inner.write(path.with_suffix(".warc"))).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def spoiled(path: Path) -> Path:
    inner = Book()
    inner.page(1)
    whole = bytearray(wacz(path, inner.write(path.with_suffix(".warc"))).read_bytes())
    whole[200] ^= 1
    path.write_bytes(whole)
    return path


def empty(path: Path) -> Path:
    return wacz(path)


@pytest.mark.parametrize(
    ("make", "said"),
    [(bomb, f"more than {MAX_GROWTH} times"), (torn, "cannot be read"), (spoiled, "CRC-32"), (empty, "no WACZ")],
)
def test_a_wacz_that_is_broken_or_a_bomb_is_refused(tmp_path: Path, make: Any, said: str) -> None:
    path = make(tmp_path / "x.wacz")
    with pytest.raises(NotReadable, match=said):
        list(warcs(path, path.name))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("lama.arc", b"filedesc://lama.arc 0.0.0.0 19960923142103 text/plain 76\n1 0 Alexa\n", "warcio recompress"),
        ("lama.arc.gz", member(b"filedesc://lama.arc 0.0.0.0 19960923142103 text/plain 76\n"), "warcio recompress"),
        ("rusak.arc", b"\x00\x00", "warcio recompress"),
        ("x.warc.zst", b"\x28\xb5\x2f\xfd", "unpacked first"),
        ("catatan.txt", b"bukan apa-apa", "no WARC file begins so"),
    ],
)
def test_what_is_no_warc_is_refused_with_what_to_do(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(NotReadable, match=said):
        list(warcs(tmp_path / name, name))


def test_a_folder_has_its_warcs_and_waczs_each_once(tmp_path: Path) -> None:
    book = Book()
    book.page(1)
    (tmp_path / "dalam").mkdir()
    files = [book.write(tmp_path / "dalam" / "a.warc.gz"), book.write(tmp_path / "b.warc")]
    (tmp_path / "catatan.txt").write_text("bukan")
    listed = sources([str(tmp_path), str(files[1]), files[0].as_uri()], lambda error: pytest.fail(str(error)))
    assert [source.name for source in listed] == [str(tmp_path / "b.warc"), str(files[0])]
    assert {source.size for source in listed} == {path.stat().st_size for path in files}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("{}/tidak-ada.warc", "There is no file"),
        ("{}", "holds no .warc"),
        ("https://lain.test/a.warc.gz", "download it first"),
        ("s3://", "names no file of a bucket"),
        ("", "no name"),
    ],
)
def test_a_place_where_nothing_can_be_is_said_before_anything_is_read(tmp_path: Path, place: str, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        sources([place.format(tmp_path)], lambda _: None)


def test_many_records_in_one_member_are_read(tmp_path: Path) -> None:
    book = Book()
    for number in range(3):
        book.page(number)
    (tmp_path / "x.warc.gz").write_bytes(member(b"".join(book.records)))
    told = found(tmp_path / "x.warc.gz")
    assert [one.answer.place.key for one in told if isinstance(one, Exchange)] == [f"contoh.test:{n}" for n in range(3)]


def test_behind_damage_the_reading_goes_on(tmp_path: Path) -> None:
    book = Book()
    for number in range(3):
        book.page(number)
    whole = bytearray(packed(*book.records))
    whole[len(packed(book.records[0])) + 40] ^= 255
    (tmp_path / "x.warc.gz").write_bytes(whole)
    told = found(tmp_path / "x.warc.gz")
    assert [one.answer.place.key for one in told if isinstance(one, Exchange)] == ["contoh.test:0", "contoh.test:2"]
    assert [str(one.kind) for one in told if isinstance(one, Fault)] == ["gzip"]


def test_rows_of_any_number_of_days_need_few_open_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "OPEN_AT_MOST", 4)
    made = spooling.Spool(tmp_path, "contoh", {})
    before = len(list(Path("/dev/fd").iterdir()))
    for turn in range(2):
        for day in range(9):
            made.line(f"articles/{day}.jsonl.gz", {"day": day, "turn": turn})
            assert len(list(Path("/dev/fd").iterdir())) <= before + 4
    made.close()
    lines = read_lines(tmp_path, "articles/*.jsonl.gz")
    assert [(line["day"], line["turn"]) for line in lines] == [(day, turn) for day in range(9) for turn in range(2)]


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
