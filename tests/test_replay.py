"""What we archive replays: pywb serves it from our own indexes, and a browser shows it."""

from __future__ import annotations

import gzip
import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from archive import cdxj, message
from archive.model import Capture, Stored
from archive.reader import Record, read
from archive.warc import WarcWriter
from archive.whole import remember
from tests.fakesite import FakeSite
from tests.replay import Answer, Replay
from tests.runs import Run, crawl

BEGAN = datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)
PAGE = b"<html><title>T</title>" + b"<p>Halo dunia.</p>" * 50 + b"</html>"
FRAMINGS = [
    (first, second, coded) for first in ("length", "chunked") for second in ("length", "chunked") for coded in (0, 1)
]


def address(name: object) -> str:
    return "https://contoh.test/" + re.sub(r"[^a-z0-9]+", "-", str(name))


def timestamp(days: int) -> str:
    return f"{BEGAN + timedelta(days=days):%Y%m%d%H%M%S}"


def exchange(url: str, days: int, framing: str = "length", coded: int = 0, status: str = "200 OK") -> Capture:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nX-Hari: {days}\r\n".encode()
    body = gzip.compress(PAGE, mtime=0) if coded else PAGE
    if coded:
        head += b"Content-Encoding: gzip\r\n"
    if status.startswith("304"):
        body = b""
    elif framing == "chunked":
        head += b"Transfer-Encoding: chunked\r\n"
        pieces = (body[start : start + 100] for start in range(0, len(body), 100))
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    else:
        head += b"Content-Length: %d\r\n" % len(body)
    return Capture(
        url=url,
        began=BEGAN + timedelta(days=days),
        request=b"GET / HTTP/1.1\r\nHost: contoh.test\r\n\r\n",
        response=head + b"\r\n" + body,
        interim=b"HTTP/1.1 103 Early Hints\r\nLink: </gaya.css>\r\n\r\n" if url == address("petunjuk") else b"",
    )


def write_revisits(archive: Path) -> None:
    """A page of each framing, the same again in each other framing, and not modified."""
    writer = WarcWriter(archive, "contoh", {})
    for framing in FRAMINGS:
        first, second, coded = framing
        original = exchange(address(framing), 0, first, coded)
        stored = remember(writer.write(original), BEGAN, message.split_head(original.response)[0], None)
        writer.write(exchange(address(framing), 1, second, coded), stored)
        writer.write(exchange(address(framing), 2, status="304 Not Modified"), stored)
    stored = Stored(ref=writer.write(exchange(address("asli"), 0)), began=BEGAN)
    writer.write(exchange(address("petunjuk"), 0))
    writer.write(exchange(address("salinan"), 1), stored)
    writer.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An archive of two crawls, so that there are revisits, and of what an outlet seldom does."""
    folder = tmp_path_factory.mktemp("arsip")
    with FakeSite() as site:
        crawl("tribun", folder, site)
        done = crawl("tribun", folder, site)
    write_revisits(folder)
    return done


@pytest.fixture(scope="module")
def replay(run: Run) -> Iterator[Replay]:
    with Replay(run.archive) as started:
        yield started


def responses(archive: Path, kind: str = "response") -> Iterator[tuple[str, str, bytes]]:
    """Timestamp, address and block of every response."""
    for path in sorted(archive.rglob("*.warc.gz")):
        for record in read(path):
            assert isinstance(record, Record)
            if record.get("WARC-Type") == kind:
                url = record.get("WARC-Target-URI") or ""
                yield cdxj.place(url, record.get("WARC-Date") or "").split(" ")[1], url, record.block()


def plain(answer: Answer) -> bytes:
    return gzip.decompress(answer.body) if answer.header("Content-Encoding") == "gzip" else answer.body


def test_every_response_comes_back_with_its_payload_and_status(run: Run, replay: Replay) -> None:
    seen = 0
    for ts, url, block in responses(run.archive):
        answer = replay.get(ts, url)
        assert (answer.status, answer.body) == (message.status(block), message.payload(block)), url
        seen += 1
    assert seen > 30


def test_every_response_comes_back_with_its_header_fields(run: Run, replay: Replay) -> None:
    for ts, url, block in responses(run.archive):
        answer = replay.get(ts, url)
        # What would disturb the replay has another name there.
        got = {(name.lower().removeprefix("x-archive-orig-"), value) for name, value in answer.headers}
        for line in message.unfold_lines(message.split_head(block)[0])[1:-1]:
            name, _, value = line.decode("latin-1").partition(":")
            assert (name.lower(), value.strip()) in got, url


def test_every_capture_of_every_row_comes_back_as_the_page_it_was_made_from(run: Run, replay: Replay) -> None:
    rows = run.rows()
    assert len(rows) == 4
    blocks = {(url, ts): block for ts, url, block in responses(run.archive)}
    for row in rows:
        for ref in row["captures"]:
            [(_, ts)] = [found for found in blocks if found[0] == ref["url"]]
            assert replay.get(ts, ref["url"]).body == message.payload(blocks[ref["url"], ts])


def test_a_second_crawl_replays_the_pages_that_it_did_not_store_again(run: Run, replay: Replay) -> None:
    first = {url: message.payload(block) for _, url, block in responses(run.archive)}
    again = [(ts, url) for ts, url, _ in responses(run.archive, "revisit") if "tribunnews.com" in url]
    assert again
    for ts, url in again:
        answer = replay.get(ts, url)
        assert (answer.status, answer.body) == (200, first[url])


@pytest.mark.parametrize("framing", FRAMINGS)
def test_the_same_payload_replays_as_the_page_however_it_travelled(
    replay: Replay, framing: tuple[str, str, int]
) -> None:
    answer = replay.get(timestamp(1), address(framing))
    assert (answer.status, plain(answer)) == (200, PAGE)
    assert ("X-Archive-Orig-X-Hari", "1") in answer.headers or ("X-Hari", "1") in answer.headers


def test_the_same_payload_replays_at_another_address(replay: Replay) -> None:
    assert plain(replay.get(timestamp(1), address("salinan"))) == PAGE


@pytest.mark.parametrize("framing", FRAMINGS)
def test_not_modified_replays_as_what_it_was(replay: Replay, framing: tuple[str, str, int]) -> None:
    answer = replay.get(timestamp(2), address(framing))
    assert (answer.status, answer.body) == (304, b"")


def test_interim_heads_do_not_stand_before_the_page(replay: Replay) -> None:
    answer = replay.get(timestamp(0), address("petunjuk"))
    assert (answer.status, answer.body) == (200, PAGE)


def test_the_index_that_pywb_reads_is_what_we_merge(run: Run, replay: Replay) -> None:
    assert (replay.folder / "index.cdxj").read_text() == "".join(cdxj.merge(run.archive.rglob("*.cdxj")))


def test_other_readers_accept_every_record(run: Run) -> None:
    for path in sorted(run.archive.rglob("*.warc.gz")):
        ours = [record.get("WARC-Record-ID") for record in read(path) if isinstance(record, Record)]
        with path.open("rb") as file:
            assert [record.record_id for record in FastIterator(file, strict_mode=True, parse_http=False)] == ours
        with path.open("rb") as file:
            ids = [record.rec_headers.get_header("WARC-Record-ID") for record in WarcioIterator(file)]
        assert ids == ours


def test_a_browser_shows_an_article(run: Run, replay: Replay, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        pytest.skip("there is no Chromium on this machine")
    row = next(row for row in run.rows() if row["pages"] == 1)
    ts = f"{datetime.fromisoformat(row['captured']):%Y%m%d%H%M%S}"
    done = subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",  # root may not have one
            "--disable-gpu",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--user-data-dir={tmp_path}",
            "--virtual-time-budget=8000",
            "--dump-dom",
            replay.url(ts, row["captures"][0]["url"]),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    shown = unspaced(html.unescape(re.sub(r"<[^>]*>", "", done.stdout)))
    for passage in (row["title"], *row["text"].split("\n\n")):
        assert unspaced(passage) in shown


def unspaced(text: str) -> str:
    return "".join(text.split())
