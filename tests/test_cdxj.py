"""Our CDXJ, held against cdxj-indexer's."""

from __future__ import annotations

import dataclasses
import gzip
import json
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cdxj_indexer.main import CDXJIndexer
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive import cdxj
from archive.errors import Damaged
from archive.model import Capture, Stored
from archive.records import IDENTICAL, digest, member
from archive.warc import WarcWriter
from tests.fakesite import FakeSite
from tests.runs import crawl

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Halo</p>"
Odd = tuple[str, str, str, bytes, list[tuple[str, str]]]

HTTP = "application/http; msgtype=response"


def response(url: str, block: bytes = PAGE) -> Odd:
    return ("response", url, HTTP, block, [])


# WARC-Type, target, Content-Type, block, further fields
ODD: list[Odd] = [
    response("https://contoh.test/"),
    ("request", "https://contoh.test/", "application/http; msgtype=request", b"POST / HTTP/1.1\r\n\r\na=1", []),
    response("https://contoh.test/tanpa-alasan", b"HTTP/1.1 404\r\ncontent-type:\r\n\r\n"),
    response("https://contoh.test/lipat", b"HTTP/1.1 200 OK\r\nContent-Type:\r\n a/b;\r\n c=d\r\n\r\n"),
    response("https://contoh.test/dua", b"HTTP/1.1 200 OK\r\nContent-type: a/a\r\nContent-Type: b/b\r\n\r\n"),
    response("https://contoh.test/latin", b"HTTP/1.0  301  Pindah\nX: \xe9\nContent-Type: t/\xe9 x\n\n"),
    response("https://contoh.test/tanpa-jenis", b"HTTP/1.1 204 No Content\r\n\r\n"),
    response("https://contoh.test/kosong", b""),
    response("https://contoh.test/baris-kosong", b"\r\n\r\nisi"),
    ("response", "dns:contoh.test", "text/dns", b"20261122\r\ncontoh.test. 60 IN A 127.0.0.1\r\n", []),
    response("https://www.contoh.test/Jalan/Ñandú é.html?B=2&a=1"),
    response("https://xn--e1afmkfd.test:8080/a/../b//c/"),
    response("<https://contoh.test/kurung>"),
    ("revisit", "https://contoh.test/", HTTP, PAGE[: PAGE.index(b"<p>")], [("WARC-Profile", IDENTICAL)]),
    ("revisit", "https://contoh.test/tanpa-kepala", HTTP, b"", [("WARC-Profile", IDENTICAL)]),
    ("resource", "https://contoh.test/gambar", "image/png; x=y", b"PNG", []),
    ("resource", "https://contoh.test/keterangan", "application/warc-fields", b"a: b\r\n", []),
    ("metadata", "https://contoh.test/", "application/warc-fields", b"via: x\r\n", []),
    ("conversion", "https://contoh.test/", "text/plain", b"Halo", []),
    ("warcinfo", "", "application/warc-fields", b"software: uji\r\n", []),
]


def warc(path: Path, records: list[Odd], date: str = "2026-11-22T01:02:03.456789Z") -> Path:
    with path.open("wb") as file:
        for kind, url, content_type, block, further in records:
            fields = [("WARC-Type", kind), ("WARC-Record-ID", f"<urn:uuid:{file.tell()}>"), ("WARC-Date", date)]
            fields += [("WARC-Target-URI", url)] if url else []
            fields += [] if kind == "warcinfo" else [("WARC-Payload-Digest", digest(block))]
            file.write(member([*fields, *further, ("Content-Type", content_type)], block))
    return path


def judged(path: Path) -> list[str]:
    """cdxj-indexer's lines."""
    index = path.with_suffix(".judged")
    CDXJIndexer(str(index), [str(path)]).process_all()
    return sorted(index.read_text().splitlines(keepends=True))


def facts(line: str) -> dict[str, str]:
    return dict(json.loads(line.split(" ", 2)[2]))


@pytest.fixture(scope="module", params=("intisari", "jatimcenter", "kompastv", "tribun"))
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of a run; of tribun of two, so that the second has revisits."""
    folder = tmp_path_factory.mktemp("arsip")
    with FakeSite() as site:
        for _ in range(2 if request.param == "tribun" else 1):
            crawl(request.param, folder, site)
    return folder


def test_the_index_of_every_warc_of_a_crawl_is_what_cdxj_indexer_writes(archive: Path) -> None:
    warcs = sorted(archive.glob("warc/**/*.warc.gz"))
    assert warcs
    for path in warcs:
        beside = path.with_name(cdxj.path_for(path.name)).read_text()
        assert beside.splitlines(keepends=True) == judged(path) == cdxj.index(path)
    assert [any('"warc/revisit"' in line for line in cdxj.index(path)) for path in warcs[1:]] in ([], [True])


def test_odd_records_have_the_lines_that_cdxj_indexer_gives_them(tmp_path: Path) -> None:
    path = warc(tmp_path / "ganjil.warc.gz", ODD)
    assert cdxj.index(path) == judged(path)
    assert len(cdxj.index(path)) == 15


@pytest.mark.parametrize("kind", ["warcinfo", "request", "metadata", "conversion", "continuation"])
def test_what_nobody_replays_has_no_line(tmp_path: Path, kind: str) -> None:
    assert cdxj.index(warc(tmp_path / "a.warc.gz", [(kind, "https://contoh.test/", "text/plain", PAGE, [])])) == []


def test_interim_heads_are_not_listed_as_if_they_were_the_page(tmp_path: Path) -> None:
    # cdxj-indexer lists such a metadata record: this is where it is wrong.
    interim: Odd = ("metadata", "https://contoh.test/", HTTP, b"HTTP/1.1 103\r\n\r\n", [])
    path = warc(tmp_path / "a.warc.gz", [interim, ODD[0]])
    assert [facts(line)["mime"] for line in cdxj.index(path)] == ["text/html"]
    assert cdxj.index(path) == [line for line in judged(path) if '"application/http"' not in line]


def test_a_record_without_an_http_head_gets_no_word_of_it_for_a_status(tmp_path: Path) -> None:
    # cdxj-indexer takes the second word of the block for one.
    path = warc(tmp_path / "a.warc.gz", [response("https://contoh.test/", b"bukan HTTP sama")])
    assert set(facts(cdxj.index(path)[0])) == {"url", "digest", "length", "offset", "filename"}
    assert facts(judged(path)[0])["status"] == "HTTP"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # cdxj-indexer leaves a file open
def test_what_the_writer_indexes_as_it_goes_is_what_the_file_gives(
    tmp_path: Path, capture: Callable[..., Capture]
) -> None:
    writer = WarcWriter(tmp_path, "contoh", {})
    first = capture()
    earlier = Stored(ref=writer.write(first), began=first.began)
    writer.write(dataclasses.replace(first, interim=b"HTTP/1.1 103 Early Hints\r\n\r\n"), earlier)
    writer.write(dataclasses.replace(first, response=b"HTTP/1.1 304 Not Modified\r\n\r\n"), earlier)
    writer.write(dataclasses.replace(first, response=b"bukan HTTP"))
    writer.close()
    path = tmp_path / writer.finished[0]
    beside = path.with_name(cdxj.path_for(path.name)).read_text().splitlines(keepends=True)
    assert beside == cdxj.index(path)
    assert beside == [line for line in judged(path) if '"application/octet-stream"' not in line]
    assert sorted(facts(line)["status"] for line in beside) == ["200", "200", "304"]


def test_a_date_that_ends_with_the_month_still_gives_fourteen_digits(tmp_path: Path) -> None:
    [line] = cdxj.index(warc(tmp_path / "a.warc.gz", ODD[:1], date="2026-11"))
    assert line.split(" ")[1] == "20261101000000"


def test_records_behind_damage_are_listed(tmp_path: Path) -> None:
    path = warc(tmp_path / "rusak.warc.gz", [response(f"https://{name}.test/") for name in "abc"])
    whole = cdxj.index(path)
    data = bytearray(path.read_bytes())
    data[int(facts(whole[1])["offset"]) + 30] ^= 0xFF
    path.write_bytes(data)
    assert cdxj.index(path) == [whole[0], whole[2]]


@settings(deadline=None)  # the longest address takes its time when every core is busy
@example("http://999.1.1.1/")
@example("http://１.２.３/")
@example("http://[::1/")
@example("http://a:99999/")
@example("filedesc x\ny")
@example("http://contoh.test/\ud800")
@example("http://contoh.test/%" + "25" * 300_000)
@given(st.one_of(st.text(), st.text().map("https://{}".format), st.text().map("http://contoh.test/{}".format)))
def test_there_is_a_line_for_every_url_and_no_name_server_is_asked(url: str) -> None:
    asked: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("gethostbyname_ex", "gethostbyname", "getaddrinfo"):
            patch.setattr(socket, name, lambda *given: asked.append(given))
        line = cdxj.line(
            kind="response", url=url, date="2026-11-22T01:02:03Z", head=PAGE, digest="sha1:A", offset=0, length=1,
            filename="a.warc.gz",
        )  # fmt: skip
    key, date, rest = line.split(" ", 2)
    assert key.isascii()
    assert key.isprintable()
    assert date == "20261122010203"
    assert line.count("\n") == 1
    assert json.loads(rest)["mime"] == "text/html"
    assert asked == []


def test_an_index_is_written_sorted_or_not_at_all(tmp_path: Path) -> None:
    def lines() -> Iterator[str]:
        yield "b 1 {}\n"
        raise OSError

    path = tmp_path / cdxj.path_for("x.warc.gz")
    with pytest.raises(OSError):
        cdxj.write(path, lines())
    assert list(tmp_path.iterdir()) == []
    cdxj.write(path, ["b 1 {}\n", "a 1 {}\n"])
    assert path.read_bytes() == b"a 1 {}\nb 1 {}\n"


def test_the_index_lies_beside_its_warc_for_keys_and_for_names() -> None:
    assert cdxj.path_for("warc/tribun/2026/11/22/a.warc.gz") == "warc/tribun/2026/11/22/a.cdxj"
    assert cdxj.path_for("a.b.warc") == "a.b.cdxj"


def test_more_indexes_are_merged_than_files_may_be_open(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.cdxj" for number in range(100)]
    for number, path in enumerate(paths):
        cdxj.write(path, [f"com,é{step * 7919 % 997})/ {number:014} {{}}\n" for step in range(300)])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(fd.name) for fd in Path("/dev/fd").iterdir())  # tests before this one leave files open
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + len(paths) // 2, hard))
    try:
        merged = list(cdxj.merge(paths))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    lines = b"".join(path.read_bytes() for path in paths).splitlines(keepends=True)
    assert [line.encode() for line in merged] == sorted(lines)


def test_a_plain_warc_is_indexed_too(tmp_path: Path) -> None:
    packed = warc(tmp_path / "a.warc.gz", ODD[:2])
    plain = tmp_path / "a.warc"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    assert [facts(line)["url"] for line in cdxj.index(plain)] == ["https://contoh.test/"]


def test_an_index_that_is_no_text_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.cdxj"
    path.write_bytes(b"a 1 {}\n\xff\n")
    with pytest.raises(Damaged, match=f"^{path} is damaged: line 2 is not UTF-8"):
        list(cdxj.merge([path]))
