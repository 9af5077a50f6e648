"""`scrapy preview` as a person and a script meet it: which page it reads, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.project import get_project_settings

from archive.errors import ArgumentError
from crawler.given import Given, obtain
from tests.fakesite import FakeSite, Reply
from tests.runs import ROOT, SCRAPY, environment, scrapy
from tests.test_preview import HOST, PAGE, PATH, STORY, URL
from tests.warcs import IDENTICAL, packed, record

HTML = ("Content-Type", "text/html; charset=UTF-8")


def shown(path: Path | str, *arguments: str, **named: Any) -> tuple[int, str, str]:
    return scrapy("preview", "-s", "DOWNLOAD_DELAY=0", *arguments, str(path), **named)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "halaman.html"
    path.write_text(PAGE)
    return path


def html_record(url: str, body: str = PAGE, head: str = "Content-Type: text/html; charset=utf-8", **more: str) -> bytes:
    block = f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body.encode()
    return record("response", block, 1, {"WARC-Target-URI": url, **more})


def test_a_name_cannot_send_codes_to_the_terminal() -> None:
    status, out, log = shown("tidak\x1b[2Jada.html")
    assert (status, out) == (2, "")
    assert "There is no file tidak\\x1b[2Jada.html" in log


def test_a_script_gets_the_row_and_what_was_removed_in_one_object(saved: Path) -> None:
    status, out, log = shown(saved, "--json")
    assert (status, log, out.count("\n")) == (0, "", 1)
    said = json.loads(out)
    assert (said["verdict"], said["row"]["outlet"], said["row"]["url"]) == ("article", "tribun", URL)
    assert said["row"]["text"].count("\n\n") == 4
    assert said["removed"] == [{"text": "Baca juga: Kabar lain", "rule": "drop p.baca"}]


def test_a_page_that_is_no_article_says_what_it_is() -> None:
    status, out, _ = shown(ROOT / "tests" / "outlets" / "tribun" / "galeri" / "page.html")
    assert status == 0
    assert out.splitlines()[1].startswith("gallery: ")


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_a_person_who_wants_them(saved: Path, no_color: str, *, coloured: bool) -> None:
    ours, theirs = pty.openpty()
    env = environment() | {"NO_COLOR": no_color, "COLUMNS": "60"}
    with subprocess.Popen([*SCRAPY, "preview", str(saved)], cwd=ROOT, env=env, stdout=theirs) as running:
        os.close(theirs)
        out = b""
        with suppress(OSError):  # what Linux calls the end of a terminal
            while data := os.read(ours, 1 << 16):
                out += data
    os.close(ours)
    assert running.returncode == 0
    assert (b"\x1b[" in out) is coloured
    assert (b"\x1b[1mJembatan Baru\x1b[0m" in out) is coloured
    assert b"Ini alinea ke-4." not in b"".join(line for line in out.splitlines() if len(line) > 70)


def test_no_colours_for_a_file(saved: Path) -> None:
    assert "\x1b" not in shown(saved)[1]


def test_a_reader_who_has_read_enough_sees_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "panjang.html"
    path.write_text(PAGE.replace(STORY, STORY * 1000))
    with subprocess.Popen(
        [*SCRAPY, "preview", str(path)], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == b"Jembatan Baru\n"
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


def test_a_page_of_no_known_outlet_is_read_without_rules_and_says_so() -> None:
    nowhere = PAGE.replace(f"<link rel='canonical' href='{URL}'>", "")
    out = subprocess.run(
        [*SCRAPY, "preview", "-"], cwd=ROOT, env=environment(), input=nowhere.encode(), capture_output=True, check=True
    ).stdout.decode()
    assert "does not say where it comes from; --url URL does" in out.splitlines()[2]


def test_the_address_chooses_the_rules_unless_they_are_named(saved: Path) -> None:
    def row(*arguments: str) -> dict[str, Any]:
        return dict(json.loads(shown(saved, "--json", *arguments)[1])["row"])

    assert (row()["outlet"], row()["url"]) == ("tribun", URL)
    assert row("--url", "https://www.kompas.tv/x/12345/y")["outlet"] == "kompastv"
    assert row("--outlet", "jatimcenter")["outlet"] == "jatimcenter"
    assert row("--generic")["outlet"] == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Name one page"),
        (("",), "Name one page"),
        (("a.html", "b.html"), "Name one page"),
        (("--warna", "a.html"), "There is no option --warna"),
        (("docs",), "docs is a folder"),
        (("tidak-ada.html",), "There is no file tidak-ada.html; an address begins with https://"),
        (("pyproject.toml", "--url", "tribunnews.com"), "it begins with https:// or http://"),
        (("pyproject.toml", "--url", "https://[x"), "it begins with https:// or http://"),
        (("pyproject.toml", "--outlet", "tribune"), "There is no outlet tribune; there are "),
        (("pyproject.toml", "--outlet", "tribun", "--generic"), "not allowed with"),
        (("pyproject.toml", "--record", "https://a.test/"), "pyproject.toml is none"),
        ((URL, "--url", URL), "of https://www.tribunnews.com/nasional/9900001/jembatan-baru that is known"),
        (("https://siapa:rahasia@a.test/",), "cannot be fetched"),
        (("https://[x",), "cannot be fetched"),
        (("https://a.test:8443/",), "cannot be fetched"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_and_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    status, out, log = scrapy("preview", *arguments)
    assert (status, out) == (2, ""), log
    assert sentence in log
    assert "Traceback" not in log


def test_a_page_beyond_the_limits_ends_with_1_and_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "dalam.html"
    path.write_text("<b>" * 400_000)
    status, out, log = shown(path, "--url", URL)
    assert (status, out) == (1, "")
    assert "nodes: more than" in log
    assert "Traceback" not in log


def test_an_address_is_asked_for_once_and_nothing_is_archived(tmp_path: Path) -> None:
    with FakeSite() as site:
        site.overrides[HOST, PATH] = Reply(headers=(HTML,), body=PAGE.encode(), gzip=True, chunked=(100,))
        setting = ("-s", f"ARCHIVE_URI={tmp_path / 'data'}", "-s", f"STATE_DIR={tmp_path / 'state'}")
        status, out, log = shown(f"{URL}?page=2#atas", *setting, site=site)
        asked = [(one.host, one.path, one.header("User-Agent")[:44]) for one in site.requests]
    assert (status, log) == (0, "")
    assert out.startswith("Jembatan Baru\narticle: ")
    assert "by the rules of tribun\n" in out
    agent = "Mozilla/5.0 (compatible; arsip-berita/0.3.0;"
    assert asked == [(HOST, "/robots.txt", agent), (HOST, f"{PATH}?page=2", agent)]
    assert list(tmp_path.iterdir()) == []


def test_the_charset_of_the_header_is_the_one_that_counts() -> None:
    body = "<h1>Новости</h1><p>Тест.</p>".encode("windows-1251")
    with FakeSite() as site:
        site.overrides["asing.test", "/a"] = Reply(301, headers=(("Location", "https://www.asing.test/b"),))
        site.overrides["www.asing.test", "/b"] = Reply(
            headers=(("Content-Type", "text/html; charset=windows-1251"),), body=body
        )
        status, out, log = shown("https://asing.test/a", site=site)
    assert (status, log) == (0, "")
    assert out.startswith("Новости\n")
    assert "https://www.asing.test/b\n" in out


@pytest.mark.parametrize(
    ("reply", "status", "sentence"),
    [
        (Reply(403), 4, "refused to us (HTTP 403)"),
        (Reply(429), 4, "refused to us (HTTP 429)"),
        (Reply(404), 2, "HTTP 404: there is no page"),
        (Reply(410), 2, "HTTP 410: there is no page"),
        (Reply(503), 3, "HTTP 503: try again later"),
        (Reply(302, headers=(("Location", "https://lain.test/x"),)), 2, "leads to https://lain.test/x"),
        (Reply(headers=(("Content-Type", "application/pdf"),), body=b"%PDF"), 2, "is application/pdf"),
    ],
)
def test_an_answer_without_a_page_is_a_sentence_and_a_status(reply: Reply, status: int, sentence: str) -> None:
    with FakeSite() as site:
        site.overrides[HOST, PATH] = reply
        ended, out, log = shown(f"{URL}#atas", site=site)
        asked = [one for one in site.requests if one.path == PATH]
    assert (ended, out) == (status, ""), log
    assert sentence in log
    assert "#atas" not in log
    assert log.count("\n") == 1
    assert len(asked) == 1


def test_a_challenge_in_place_of_a_page_is_shown_and_ends_with_4() -> None:
    body = b"<html><title>Just a moment...</title><form id='challenge-form'></form><p>Tunggu.</p></html>"
    with FakeSite() as site:
        site.overrides[HOST, PATH] = Reply(headers=(HTML,), body=body)
        status, out, _ = shown(URL, site=site)
    assert status == 4
    assert "\nblocked: " in out


@pytest.mark.parametrize(
    ("robots", "status", "sentence"),
    [
        (Reply(body=b"User-agent: *\nDisallow: /"), 4, "is closed by robots.txt"),
        (Reply(500), 3, "could not be reached (robots-http-500)"),
    ],
)
def test_robots_txt_is_kept_to(robots: Reply, status: int, sentence: str) -> None:
    with FakeSite() as site:
        site.overrides[HOST, "/robots.txt"] = robots
        ended, out, log = shown(URL, site=site)
        asked = {one.path for one in site.requests}
    assert (ended, out) == (status, "")
    assert sentence in log
    assert asked == {"/robots.txt"}


def test_a_host_that_is_not_there_ends_with_3() -> None:
    with FakeSite() as site:
        status, out, log = shown("https://mati.test/x", site=site)
    assert (status, out) == (3, "")
    assert "could not be reached" in log


def test_ctrl_c_ends_a_slow_outlet_at_once_with_130() -> None:
    with FakeSite() as site:
        site.overrides[HOST, PATH] = Reply(headers=(HTML,), body=PAGE.encode(), delay=100)
        with subprocess.Popen(
            [*SCRAPY, "preview", URL],
            cwd=ROOT,
            env=environment(site),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            while not any(one.path == PATH for one in site.requests):
                assert running.poll() is None
                time.sleep(0.05)
            running.send_signal(signal.SIGINT)
            out, log = running.communicate(timeout=60)
    assert (running.returncode, out, log) == (130, "", "scrapy preview: Interrupted.\n")


def chosen(path: Path, record: str | None = None) -> Given:
    return obtain(str(path), get_project_settings(), record=record)


def test_a_page_of_a_warc_file_reads_as_it_was_captured(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    picture = html_record(f"https://{HOST}/x.png", head="Content-Type: image/png")
    path.write_bytes(packed(record("warcinfo"), picture, html_record(URL)))
    given = chosen(path)
    assert (given.body, given.url, given.charset) == (PAGE.encode(), URL, "utf-8")
    assert given.captured == datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
    assert "by the rules of tribun\n" in shown(path)[1]


def test_of_several_pages_of_a_warc_file_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(html_record(URL) + b"rusak" + html_record(f"{URL}-lain", "<h1>Lain</h1>"))
    with pytest.raises(ArgumentError, match=f"--record URL: {URL}, {URL}-lain"):
        chosen(path)
    assert chosen(path, f"{URL}-lain").body == b"<h1>Lain</h1>"
    with pytest.raises(ArgumentError, match="no response record of https"):
        chosen(path, "https://a.test/")


def test_a_revisit_record_says_that_the_page_is_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    fields = {"WARC-Target-URI": URL, "WARC-Profile": IDENTICAL}
    path.write_bytes(record("revisit", b"HTTP/1.1 200 OK\r\n\r\n", 1, fields))
    with pytest.raises(ArgumentError, match="only a revisit record"):
        chosen(path, URL)


@pytest.mark.parametrize("url", ["", "dns:contoh.test", "http://[x", "https://"])
def test_a_record_whose_address_is_none_is_no_page(tmp_path: Path, url: str) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(html_record(url))
    with pytest.raises(ArgumentError, match="no response record with an HTML page"):
        chosen(path)


def test_a_page_of_an_empty_file_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "kosong.html"
    path.write_bytes(b"")
    status, out, _ = shown(path)
    assert status == 0
    assert out.splitlines()[:2] == ["(no title)", "empty: no element on the page"]
