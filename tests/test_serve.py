"""`scrapy serve`: which page answers which address, and what is refused at the door."""

from __future__ import annotations

import gzip
import re
import socket
import subprocess
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings

from archive import proof
from archive.errors import ArgumentError
from archive.files import OnDisk
from archive.search.index import SearchIndex
from crawler.commands.serve import Command
from crawler.reading import web
from crawler.reading.answers import Answer, Asked
from crawler.reading.articles import Told
from crawler.reading.front import Front
from crawler.reading.room import Room
from crawler.reading.upkeep import Upkeep
from tests.library import CLEAN, EDITED, HOSTILE, HOSTILE_TITLE, PIXEL, Library, fill
from tests.lives import exchange, keep, on_disk
from tests.runs import scrapy
from tests.served import Served

MARKET = "tribun/tribun.test:1"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return fill(tmp_path_factory.mktemp("arsip"))


@pytest.fixture(scope="module")
def room(library: Library) -> Iterator[Room]:
    """A reading room without a server."""
    files = OnDisk(library.root)
    with closing(SearchIndex(library.root / "room.sqlite3")) as index:
        upkeep = Upkeep(index, files, print)
        upkeep.visit()
        upkeep.wait()
        yield Room(files, index, upkeep, lambda: "<p>Laporan")
        upkeep.stop()


def get(room: Room, address: str, destination: str = "") -> Answer:
    path, _, query = address.partition("?")
    fields = dict(field.split("=", 1) for field in query.split("&") if field)
    return room.answer(Asked(path=path, query=fields, destination=destination))


def text(answer: Answer) -> str:
    return re.sub(r"\s+", " ", answer.body.decode())


def test_a_search_shows_what_fits_and_leads_to_it(room: Room) -> None:
    page = text(get(room, "/search?q=dermaga"))
    assert "2 of 14 texts" in page
    assert '<a href="/article/tribun/tribun.test:1?version=2">Pasar Apung' in page
    assert "<mark>dermaga</mark>" in page


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/search?q=tidakada", 200, "Nothing fits"),
        ("/search?since=kemarin", 400, "A day is written YYYY-MM-DD"),
        ("/search?after=x", 400, "begin again at the first"),
        ("/search?q=" + "a" * 401, 400, "400 characters at most"),
        ("/article/tribun/tribun.test:9", 404, "no such article"),
        ("/article/tribun/..%2F..%2Fetc%2Fpasswd", 404, "no such article"),
        ("/article/tribun/tribun.test:1?version=9", 404, "no such version"),
        ("/article/tribun/tribun.test:1?version=x", 404, "no such version"),
        ("/payload/tribun/tribun.test:1/2/2", 404, "no such capture"),
        ("/payload/tribun/tribun.test:1/2/0", 404, "no such capture"),
        ("/payload/tribun/tribun.test:1/2/../../../warc", 404, "no such page"),
        ("/capture/rusak/rusak.test:1/1/1", 410, "is damaged"),
        ("/payload/rusak/rusak.test:1/1/1", 410, "is damaged"),
        ("/capture/hilang/hilang.test:1/1/1", 410, "is missing"),
        ("/record/hilang/hilang.test:1/1/1", 410, "is missing"),
        ("/wacz/hilang/hilang.test:1", 410, "is missing"),
        ("/payload/intisari/intisari.test:6/1/1", 410, "The body is application/pdf"),
        ("/payload/intisari/intisari.test:7/1/1", 410, "The answer had no body"),
        ("/payload/ulang/ulang.test:1/1/1", 410, "The record is a revisit"),
        ("//etc/passwd", 404, "no such page"),
        ("/templates/base.html", 404, "no such page"),
        ("/%00", 404, "no such page"),
    ],
)
def test_what_cannot_be_shown_is_said_on_a_page(room: Room, address: str, status: int, said: str) -> None:
    answer = get(room, address)
    assert answer.status == status
    assert said in text(answer)
    assert "Traceback" not in text(answer)


def test_the_report_comes_first(room: Room) -> None:
    assert "Laporan" in text(get(room, "/"))


def test_the_report_is_that_of_the_catalog_and_leads_to_the_search(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    running = place.job("tribun")
    keep(running, "https://contoh.test/1", [running.capture(exchange("https://contoh.test/1"))])
    running.finish({})
    settings = get_project_settings().copy()
    settings.update({"ARCHIVE_URI": str(tmp_path), "STATE_DIR": str(place.state), "CATALOG_URI": None}, "cmdline")
    front = Front(settings, OnDisk(tmp_path))
    page = front.page()
    assert "Tribunnews" in page
    assert '<a href="/search">Search the texts</a>' in page
    assert front.page() is page


def test_without_a_report_the_search_comes_first_and_says_why(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise ArgumentError("There is no catalog.")

    monkeypatch.setattr(room, "_report", missing)
    page = text(get(room, "/"))
    assert "There is no report: There is no catalog." in page
    assert "14 versions" in page


def test_an_article_shows_text_capture_proof_and_facts(room: Room, library: Library) -> None:
    page = text(get(room, f"/article/{MARKET}"))
    assert all(f"<p>{paragraph}</p>" in page for paragraph in EDITED)
    assert '<iframe sandbox referrerpolicy="no-referrer" title="The capture, page 1" src="/payload/' in page
    assert page.count("it matches") == 2
    assert "Not proved" not in page
    [command] = re.findall(r"<code>(tail [^<]*gunzip)</code>", page)
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, cwd=library.root)
    assert done.stdout.startswith(b"WARC/1.1\r\nWARC-Type: response")
    assert EDITED[-2].encode() in done.stdout
    assert '<th scope="row">published</th><td>2026-11-20T07:28:00+07:00</td><td>meta</td>' in page


def test_a_version_shows_what_it_changed(room: Room) -> None:
    page = text(get(room, f"/article/{MARKET}?version=2"))
    assert "<del>112.</del> <ins>127.</ins>" in page.replace("</del><ins>", "</del> <ins>")
    assert f"<ins>{EDITED[-2]}</ins>" in page
    assert "<del>unknown</del> <ins>B. Hidayat</ins>" in page
    first = text(get(room, f"/article/{MARKET}?version=1"))
    assert "What changed" not in first
    assert CLEAN[1] in first


@pytest.mark.parametrize(("outlet", "said"), [("rusak", "is damaged: "), ("hilang", "is missing")])
def test_a_capture_that_is_not_as_it_was_is_not_called_proved(room: Room, outlet: str, said: str) -> None:
    answer = get(room, f"/article/{outlet}/{outlet}.test:1")
    assert answer.status == 200
    assert "Not proved." in text(answer)
    assert said in text(answer)
    assert "it matches" not in text(answer)
    assert "<iframe" not in text(answer)


def test_the_bytes_of_a_capture_are_the_outlet_s_without_their_coding(room: Room, library: Library) -> None:
    assert get(room, "/payload/jahat/jahat.test:1/1/1").body == HOSTILE
    first, second = (get(room, f"/payload/intisari/intisari.test:{n}/1/1") for n in (2, 3))
    assert first.body == second.body != b""
    record = get(room, "/record/intisari/intisari.test:3/1/1")
    assert record.body in b"".join(path.read_bytes() for path in library.root.rglob("intisari*.warc.gz"))
    assert b"Content-Encoding: gzip" in gzip.decompress(record.body)


@pytest.mark.parametrize(
    ("number", "content_type", "body"),
    [
        (4, "text/html; charset=ISO-8859-1", "<p>Kafé</p>".encode("latin-1")),
        (5, "image/png", PIXEL),
        (8, "text/html", b"<p>Gangguan</p>"),
        (9, "text/plain; charset=utf-8", b"<script>1</script>"),
    ],
)
def test_a_capture_is_shown_as_what_the_outlet_called_it_if_that_is_harmless(
    room: Room, number: int, content_type: str, body: bytes
) -> None:
    answer = get(room, f"/payload/intisari/intisari.test:{number}/1/1")
    assert (answer.headers["Content-Type"], answer.body) == (content_type, body)


def test_a_capture_that_unfolds_without_end_is_cut(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.reading.room.MAX_SHOWN", 50)
    assert len(get(room, "/payload/intisari/intisari.test:3/1/1").body) == 50
    monkeypatch.setattr(proof, "MAX_RECORD", 100)
    assert get(room, "/payload/intisari/intisari.test:3/1/1").status == 410


def test_captures_are_fenced_in_and_pages_run_no_script(room: Room) -> None:
    captured = get(room, "/payload/jahat/jahat.test:1/1/1", "iframe").headers
    policy = captured["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "form-action 'none'", "base-uri 'none'", "img-src data:"} < {*policy}
    assert captured["Connection-Allowlist"] == "()"
    for address in ("/search", f"/article/{MARKET}", f"/capture/{MARKET}/2/1", "/x", "/style.css"):
        headers = get(room, address).headers
        assert "default-src 'none'; style-src 'self'; img-src data:;" in headers["Content-Security-Policy"]
        assert "frame-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == captured["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == captured["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_capture_that_is_opened_by_itself_is_put_into_its_frame(room: Room) -> None:
    answer = get(room, f"/payload/{MARKET}/2/1", "document")
    assert (answer.status, answer.headers["Location"]) == (303, f"/capture/{MARKET}/2/1")


def test_whatever_came_from_outside_is_escaped(room: Room) -> None:
    pages = [
        text(get(room, address))
        for address in ("/article/jahat/jahat.test:1", "/capture/jahat/jahat.test:1/1/1", "/search?q=jahat", "/search")
    ]
    pages.append(text(get(room, '/search?q="><script>alert(1)</script>&outlet="><b>&order="><b>')))
    for page in pages:
        assert "<script" not in page
        assert "<img" not in page
        assert "<b>" not in page
        assert 'href="javascript' not in page
    assert HOSTILE_TITLE.split("<")[0] in pages[0]


def test_a_row_with_little_in_it_is_a_page_too(tmp_path: Path) -> None:
    library = Library(tmp_path)
    odd = {"origins": {}, "words": None, "authors": 5, "language": {"x": 1}, "section": ["x"], "title": None}
    library.part("aneh", [library.row("aneh", 1, [], **odd)])
    files = OnDisk(tmp_path)
    with closing(SearchIndex(tmp_path / "aneh.sqlite3")) as index:
        index.refresh(files, lambda *_: None, print)
        bare = Room(files, index, Upkeep(index, files, print), lambda: "")
        page = get(bare, "/article/aneh/aneh.test:1")
    assert page.status == 200
    assert "The row names no record." in text(page)


def test_payloads_are_not_kept_while_a_page_is_made(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Told] = []
    render = room._render

    def note(name: str, **facts: Any) -> str:
        told.extend(facts["captures"])
        return render(name, **facts)

    monkeypatch.setattr(room, "_render", note)
    get(room, f"/article/{MARKET}")
    assert [(one.proof.payload, one.size > 0) for one in told if one.proof] == [(b"", True)]


def test_a_folder_whose_name_is_no_text_is_shown_all_the_same(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(room._pages.globals, "archive", "/srv/arsip\udcff")
    assert "/srv/arsip?" in text(get(room, "/search"))
    assert get(room, "/nowhere").status == 404


def test_a_fault_of_ours_is_a_page_without_its_inside(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SearchIndex, "ask", lambda *_: 1 / 0)
    answer = get(room, "/search")
    assert answer.status == 500
    assert "fault of ours" in text(answer)
    assert "ZeroDivision" not in text(answer)


@pytest.mark.parametrize(
    ("host", "listening", "welcome"),
    [
        ("127.0.0.1:8080", "127.0.0.1", True),
        ("localhost:8080", "127.0.0.1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("[::1]:8080", "::1", True),
        ("jahat.test:8080", "127.0.0.1", False),
        ("localhost.jahat.test", "127.0.0.1", False),
        ("127.0.0.1.jahat.test", "127.0.0.1", False),
        (socket.gethostname(), "127.0.0.1", False),
        (socket.gethostname(), "0.0.0.0", True),
        ("192.168.7.1:8080", "0.0.0.0", True),
        ("arsip.test:80", "arsip.test", True),
        ("", "127.0.0.1", False),
        (None, "127.0.0.1", False),
    ],
)
def test_a_name_that_was_made_to_lead_here_is_not_answered(host: str | None, listening: str, *, welcome: bool) -> None:
    assert web.is_welcome(host.encode() if host is not None else None, listening) == welcome


def test_it_serves_until_ctrl_c(library: Library) -> None:
    with Served(library.root) as served:
        assert served.line == f"http://127.0.0.1:{served.port}/  (Ctrl-C ends it)\n"
        page, body = served.ask("GET", "/search?q=")
        assert (page.status, page.getheader("Server")) == (200, "arsip-berita")
        assert page.getheader("Content-Length") == str(len(body))
        head, body = served.ask("HEAD", "/search?q=")
        assert (head.status, body) == (200, b"")
        until = time.monotonic() + 60
        file, body = served.ask("GET", f"/wacz/{MARKET}")
        while file.status == 404 and time.monotonic() < until:  # the search is still reading the rows
            time.sleep(0.05)
            file, body = served.ask("GET", f"/wacz/{MARKET}")
        assert body.startswith(b"PK")
        assert file.getheader("Content-Disposition") == 'attachment; filename="tribun-tribun.test-1.wacz"'
        assert served.ask("HEAD", f"/wacz/{MARKET}")[0].getheader("Content-Length") == str(len(body))
        posted, _ = served.ask("POST", "/search", b"q=" + b"x" * 100_000)
        assert (posted.status, posted.getheader("Allow")) == (405, "GET, HEAD")
        assert served.ask("GET", "/", Host="jahat.test")[0].status == 421
        assert served.ask("GET", "/search?q=" + "x" * 5000)[0].status == 414
        assert served.ask("GET", "/search?q=%FF%00%ED%A0%80&since=%E2%88%9E")[0].status == 400
        taken = ("serve", "--port", str(served.port), "-s", f"ARCHIVE_URI={library.root}")
        status, _, log = scrapy(*taken)
        assert (status, "Choose another one with --port" in log) == (2, True)
        status, log = served.end()
        assert status == 0
        assert "rusak" not in log


@pytest.mark.parametrize(
    ("arguments", "port", "said"),
    [
        ([], "70000", "a number from 0 to 65535"),
        ([], "x", "a number from 0 to 65535"),
        (["tribun"], "0", "takes no names"),
        (["--semua"], "0", "There is no option --semua"),
        ([], "0", "There is no archive at"),
    ],
)
def test_what_cannot_be_served_is_said(arguments: list[str], port: str, said: str, tmp_path: Path) -> None:
    verb = Command()
    verb.settings = Settings({"ARCHIVE_URI": str(tmp_path), "STATE_DIR": None})
    with pytest.raises(UsageError, match=said):
        verb.run(arguments, Namespace(host="127.0.0.1", port=port))
    assert list(tmp_path.iterdir()) == []
