"""The fake outlets do on the wire what their fixtures and overrides ask for."""

import gzip
import http.client
import json
import re
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.fakesite import FakeSite, Reply
from tests.fakesite.client import dial, fetch, send, tunnel

ROOT = Path(__file__).resolve().parent.parent
WWW = "https://www.tribunnews.com"
HOME = ("www.tribunnews.com", "/")
ASK_HOME = b"GET http://www.tribunnews.com/?a=b HTTP/1.1\r\nConnection: close\r\n\r\n"
NOMOR = "/nasional/7788101/warga-menanam-bakau"
SEMUA = "/sains/7788102/lumba-lumba-kembali"
MAKASSAR = "https://makassar.tribunnews.com/2026/11/18/ikan"
GEMPA = "https://www.kompas.tv/article/269901/gempa"
QUERY = "https://jatimcenter.com/berita/?nomor=123"


@pytest.fixture(scope="module")
def outlets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny set of outlets, with enough national articles of Tribun to fill three index pages."""
    root = tmp_path_factory.mktemp("outlets")
    write(root / "tribun/nomor-nasional", WWW + NOMOR, "2026-11-18T19:26:00+08:00")
    write(root / "tribun/halaman-semua", WWW + SEMUA, "2026-11-17T08:00:00+07:00", "2", "all")
    write(root / "tribun/wilayah", MAKASSAR, "2026-11-18T07:00:00+08:00")
    for number in range(45):
        write(root / f"tribun/banyak-{number}", many(number), "2026-11-16T07:00:00+07:00")
    write(root / "kompastv/lama", GEMPA, "2026-11-18T09:10:00+09:00")
    write(root / "intisari/lama", "https://intisari.grid.id/read/0359011/candi", "2026-11-12T08:00:00+07:00")
    write(root / "jatimcenter/nomor", QUERY, "2026-11-20T18:30:00+07:00")
    return root


def many(number: int) -> str:
    """The address of one of the many national articles."""
    return f"{WWW}/nasional/{7700000 + number}/berita-{number}"


def write(folder: Path, url: str, published: str, *pages: str) -> None:
    """One fixture: page.html and further pages, each saying which it is."""
    folder.mkdir(parents=True)
    title = f"Judul <{folder.name}> & lain"
    facts = {"url": url, "title": title, "published": published, "tags": ["laut", "ikan"]}
    (folder / "article.json").write_text(json.dumps(facts), encoding="utf-8")
    for name in ("page", *(f"page-{page}" for page in pages)):
        html = f"<h1>{folder.name} {name}</h1>" + "isi berita " * 500
        (folder / f"{name}.html").write_text(html, encoding="utf-8")


@pytest.fixture(scope="module")
def site(outlets: Path) -> Iterator[FakeSite]:
    """The plain site, shared by the tests that only read."""
    with FakeSite(outlets=outlets) as running:
        yield running


def test_https_is_served_under_the_true_name_over_one_kept_connection(site: FakeSite) -> None:
    bodies = []
    with closing(tunnel(site, HOME[0])) as connection:
        for path in (NOMOR, f"{NOMOR}?utm_source=rss"):
            connection.request("GET", path)
            bodies.append(connection.getresponse().read())
    assert bodies[0] == bodies[1]
    assert bodies[0].startswith(b"<h1>nomor-nasional page</h1>")


def test_an_unknown_host_is_dead_and_noted(site: FakeSite) -> None:
    with pytest.raises(OSError, match="502"):
        fetch(site, "https://www.kompas.com/read/1")
    assert fetch(site, "http://www.kompas.com/read/1").status == 502
    assert site.refused == ["www.kompas.com", "www.kompas.com"]


def test_requests_and_answers_are_kept_byte_for_byte_and_in_step(outlets: Path) -> None:
    line = b"GET http://jatimcenter.com/berita/?nomor=123 HTTP/1.1\r\n"
    question = line + b"hOsT: jatimcenter.com\r\nConnection: close\r\n\r\n"
    with FakeSite(outlets=outlets) as site:
        answer = send(site, question)
        send(site, question.replace(b"nomor=123", b"nomor=124"))
        requests, sent = site.requests, site.sent
    assert requests[0].raw == question
    assert requests[0][:2] == ("jatimcenter.com", "/berita/?nomor=123")
    assert requests[0].headers == [("hOsT", "jatimcenter.com"), ("Connection", "close")]
    assert sent[0] == answer
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.count(b"\r\nSet-Cookie: ") == 2
    assert sent[1].startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_an_override_is_written_exactly_as_asked(outlets: Path) -> None:
    reply = Reply(
        reason="Baik Sekali",
        headers=(("x-uji", "1"), ("X-Uji", "2"), ("Connection", "close")),
        body=b"abcdefgh",
        chunked=(3, 1, 2),
    )
    with FakeSite(outlets=outlets, overrides={HOME: reply}) as site:
        assert send(site, ASK_HOME) == (
            b"HTTP/1.1 200 Baik Sekali\r\nx-uji: 1\r\nX-Uji: 2\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n1\r\nd\r\n2\r\nef\r\n2\r\ngh\r\n0\r\n\r\n"
        )


def test_an_override_may_compute_its_answer_and_change_while_serving(outlets: Path) -> None:
    robots = (HOME[0], "/robots.txt")
    with FakeSite(outlets=outlets) as site:
        site.overrides[robots] = lambda request: Reply(503, body=request.host.encode())
        assert fetch(site, f"{WWW}/robots.txt").text == HOME[0]
        del site.overrides[robots]
        assert f"Sitemap: {WWW}/sitemap.xml" in fetch(site, f"{WWW}/robots.txt").text


def test_a_broken_override_fails_the_test_that_made_it(outlets: Path) -> None:
    def broken(_: object) -> Reply:
        raise LookupError("salah")

    with (
        pytest.raises(LookupError, match="salah"),
        FakeSite(outlets=outlets, overrides={HOME: broken}) as site,
    ):
        send(site, ASK_HOME)


def test_a_cut_answer_tears_the_body(outlets: Path) -> None:
    reply, torn = Reply(body=b"x" * 100, cut=40), pytest.raises(http.client.IncompleteRead)
    with FakeSite(outlets=outlets, overrides={HOME: reply}) as site, torn as error:
        fetch(site, f"{WWW}/")
    assert (len(error.value.partial), error.value.expected) == (40, 60)


def test_a_body_without_length_ends_with_the_connection(outlets: Path) -> None:
    reply = Reply(headers=(("Connection", "close"),), body=b"selesai")
    with FakeSite(outlets=outlets, overrides={HOME: reply}) as site:
        answer = fetch(site, f"{WWW}/")
    assert ("Content-Length" in answer.headers, answer.text) == (False, "selesai")


def test_articles_travel_in_all_four_framings(site: FakeSite) -> None:
    framings = set()
    for number in range(12):
        answer = fetch(site, many(number), Accept_Encoding="gzip")
        packed = answer.headers["Content-Encoding"] == "gzip"
        body = gzip.decompress(answer.body) if packed else answer.body
        assert body.startswith(f"<h1>banyak-{number} page</h1>".encode())
        framings.add((packed, answer.headers["Transfer-Encoding"]))
    assert framings == {(True, "chunked"), (False, "chunked"), (True, None), (False, None)}


def test_a_known_etag_is_answered_304_without_a_body(site: FakeSite) -> None:
    etag = fetch(site, WWW + NOMOR).headers["ETag"]
    assert fetch(site, WWW + NOMOR, If_None_Match=etag)[::2] == (304, b"")
    assert fetch(site, WWW + NOMOR, If_None_Match='"lain"').status == 200


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", "page"),
        ("?page=1", "page"),
        ("?page=2", "page-2"),
        ("?page=all&x=1", "page-all"),
        ("?page=9", "page"),
    ],
)
def test_a_page_number_chooses_the_page_file(site: FakeSite, query: str, shown: str) -> None:
    assert fetch(site, WWW + SEMUA + query).text.startswith(f"<h1>halaman-semua {shown}</h1>")


def index_links(site: FakeSite, query: str) -> list[str]:
    """The articles on a page of Tribun's index."""
    return re.findall(r'<h3 class="f16 fbo"><a href="(.*?)"', fetch(site, f"{WWW}/index-news?{query}").text)


def test_the_index_repeats_its_last_page(site: FakeSite) -> None:
    pages = [index_links(site, f"page={number}") for number in range(1, 6)]
    assert [len(links) for links in pages] == [20, 20, 8, 8, 8]
    assert pages[2] == pages[3] == pages[4]


def test_a_dated_index_holds_only_that_day(site: FakeSite) -> None:
    tagged = [f"{url}?utm_source=rss" for url in (WWW + NOMOR, MAKASSAR)]
    assert index_links(site, "date=2026-11-18&page=1") == tagged
    assert index_links(site, "date=2026-11-9&page=1") == []
    assert "Rabu, 18 November 2026 19:26 WITA" in fetch(site, f"{WWW}/index-news").text


def test_robots_leads_to_every_national_article_and_the_special_addresses(site: FakeSite) -> None:
    found: set[str] = set()
    waiting = re.findall("Sitemap: (.*)", fetch(site, f"{WWW}/robots.txt").text)
    while waiting:
        body = fetch(site, waiting.pop()).body
        tree = ET.fromstring(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        locs = [str(node.text) for node in tree.iterfind("{*}*/{*}loc")]
        (waiting.extend if tree.tag.endswith("sitemapindex") else found.update)(locs)
    mobile = f"http://m.tribunnews.com{NOMOR}"
    assert {WWW + NOMOR, WWW + SEMUA, mobile, f"https://m.tribunnews.com/amp{SEMUA}"} < found
    assert fetch(site, mobile).body == fetch(site, WWW + NOMOR).body
    special = [fetch(site, url) for url in sorted(found) if "/nasional/778819" in url]
    assert [answer.status for answer in special] == [302, 404, 301, 410]
    assert special[2].headers["Location"] == WWW + NOMOR


def test_feeds_and_lists_announce_their_outlet(site: FakeSite) -> None:
    rss = ET.fromstring(fetch(site, "https://www.kompas.tv/rss").text)
    assert [node.text for node in rss.iter("pubDate")] == ["Wed, 18 Nov 2026 07:10:00 +0700"]
    rss = ET.fromstring(fetch(site, f"{WWW}/rss").text)
    assert {node.text for node in rss.iterfind("channel/item/link")} == {f"{WWW}/"}
    atom = ET.fromstring(fetch(site, "https://jatimcenter.com/feed/").text)
    assert [node.get("href") for node in atom.iterfind("{*}entry/{*}link")] == [QUERY]
    assert QUERY in fetch(site, "https://jatimcenter.com/wp-sitemap-posts-post-1.xml").text
    assert GEMPA in fetch(site, "https://www.kompas.tv/nasional").text
    assert MAKASSAR in fetch(site, "https://makassar.tribunnews.com/sitemap-news.xml").text


def test_an_outlet_without_an_announcer_is_announced_by_every_robots_txt_of_its_own(tmp_path: Path) -> None:
    url = "https://travel.detik.com/domestic-destination/d-8213377/pasar"
    write(tmp_path / "detik/pasar", url, "2026-11-15T07:30:00+07:00", "all")
    with FakeSite(outlets=tmp_path) as site:
        for host in ("www", "travel", "finance"):
            robots = fetch(site, f"https://{host}.detik.com/robots.txt").text
            assert "Sitemap: https://travel.detik.com/sitemap-news.xml\n" in robots
        assert url in fetch(site, "https://travel.detik.com/sitemap-news.xml").text
        assert fetch(site, "https://news.detik.com/rss").status == 404
        assert fetch(site, f"{url}?single=1").text.startswith("<h1>pasar page-all</h1>")


def test_the_former_address_redirects_to_the_present_one(site: FakeSite) -> None:
    old = "http://intisari-online.com/read/0359011/candi"
    assert old in fetch(site, "https://intisari.grid.id/").text
    assert old in fetch(site, "https://intisari.grid.id/sitemap/news/sitemap.xml").text
    answer = fetch(site, old)
    assert (answer.status, answer.headers["Location"]) == (301, "https://intisari.grid.id/read/0359011/candi")


def test_the_wall_refuses_everything_but_robots(outlets: Path) -> None:
    with FakeSite(outlets=outlets, wall=True) as site:
        assert fetch(site, f"{WWW}/robots.txt").status == 200
        for path in ("/sitemap.xml", NOMOR):
            answer = fetch(site, WWW + path)
            assert (answer.status, answer.headers["x-cache"]) == (403, "Error from cloudfront")
            assert 'var statusCode = "403"' in answer.text


def test_an_untrusted_certificate_fails_the_handshake(outlets: Path) -> None:
    with FakeSite(outlets=outlets, untrusted=True) as site:
        with pytest.raises(ssl.SSLCertVerificationError):
            fetch(site, f"{WWW}/")
        assert not site.requests


def test_hostile_sources_stand_before_the_good_one(outlets: Path) -> None:
    with FakeSite(outlets=outlets, hostile=True) as site:
        listed = re.findall("Sitemap: (.*)", fetch(site, f"{WWW}/robots.txt").text)
        assert [fetch(site, url).status for url in listed] == [200] * 6
        assert listed[-1] == f"{WWW}/sitemap.xml"
        assert "/hostile/chain/8.xml" in fetch(site, f"{WWW}/hostile/chain/7.xml").text
        bomb = fetch(site, listed[0]).body
    assert len(bomb) < 1_000_000
    # Only a whole stream with a true checksum is a bomb for every reader.
    inflate, size = zlib.decompressobj(31), 0
    while not inflate.eof:
        size += len(inflate.decompress(bomb, 10_000_000))
        bomb = inflate.unconsumed_tail
    assert 300_000_000 < size < 301_000_000


def test_vanishing_clients_leave_no_thread_and_no_delay(outlets: Path) -> None:
    before = {*threading.enumerate()}
    huge, never = Reply(body=b"x" * 50_000_000, delay=0.1), Reply(delay=600)
    overrides = {HOME: huge, (HOME[0], "/never"): never}
    with ExitStack() as clients, FakeSite(outlets=outlets, overrides=overrides) as site:
        clients.enter_context(dial(site))
        for start in (b"", b"GET http://www.tri", b"CONNECT www.kompas.tv:443 HTTP/1.1\r\n\r\n\x16\x03"):
            with dial(site) as connection:
                connection.sendall(start)
        hanging = [clients.enter_context(closing(tunnel(site, HOME[0]))) for _ in range(3)]
        for client, path in zip(hanging, ("/", "/", "/never"), strict=True):
            client.request("GET", path)
        hanging[0].close()
        assert "Disallow" in fetch(site, "https://www.kompas.tv/robots.txt").text
        time.sleep(0.3)
    left = {*threading.enumerate()} - before  # others may be those of tests before this one
    assert [thread for thread in left if thread.name == "fakesite"] == []


def test_the_command_line_hands_on_environment_and_exit_status() -> None:
    script = "import os, sys; sys.exit(40 + os.environ['https_proxy'].startswith('http://127.0.0.1:'))"
    command = [sys.executable, "-m", "tests.fakesite", "--", sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (41, "", "")
