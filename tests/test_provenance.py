"""Each exchange says how it came about, and each file what made it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator

from tests.fakesite import FakeSite
from tests.fakesite.reply import Reply
from tests.runs import Run, crawl

HOST = "https://www.tribunnews.com"
ROBOTS = b"User-agent: *\nContent-Signal: ai-train=no\nDisallow: /search\n\nUser-agent: CCBot\nDisallow: /\n"
MOVED = "/nasional/7788192/alamat-berubah"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    robots = Reply(headers=(("Content-Type", "text/plain"),), body=ROBOTS + f"Sitemap: {HOST}/sitemap.xml\n".encode())
    with FakeSite(overrides={("www.tribunnews.com", "/robots.txt"): robots}) as site:
        yield crawl("tribun", tmp_path_factory.mktemp("asal"), site)


def notes(run: Run) -> dict[str, list[str]]:
    """Address -> lines of its metadata record."""
    return {uri: block.decode().splitlines() for kind, uri, block in records(run.warcs[0]) if kind == "metadata"}


def records(path: Path) -> Iterator[tuple[str, str, bytes]]:
    with path.open("rb") as file:
        for record in ArchiveIterator(file, parse_http=False, strict_mode=True):
            uri = record.headers.get("WARC-Target-URI") or ""
            yield record.headers["WARC-Type"], uri, record.reader.read()


def test_robots_txt_is_a_prerequisite_of_what_asked_for_it(run: Run) -> None:
    assert "hopsFromSeed: P" in notes(run)[f"{HOST}/robots.txt"]


def test_a_sitemap_is_there_because_of_robots_txt_and_its_children_because_of_it(run: Run) -> None:
    found = notes(run)
    assert found[f"{HOST}/sitemap.xml"][:2] == [f"via: {HOST}/robots.txt", "hopsFromSeed: M"]
    assert found[f"{HOST}/nasional/sitemap-news.xml"][:2] == [f"via: {HOST}/sitemap.xml", "hopsFromSeed: MM"]


def test_an_article_is_there_because_of_the_source_that_announced_it(run: Run) -> None:
    events = run.events("announced")
    announced = {event["url"].partition("?")[0]: event["ledger"]["source"] for event in events}
    found = notes(run)
    urls = {*announced} & {*found}
    assert len(urls) > 5
    for url in urls:
        via, hops = found[url][:2]
        assert via == f"via: {announced[url]}"
        assert hops.removeprefix("hopsFromSeed: ").rstrip("ML") == ""


def test_a_later_page_is_there_because_of_the_first(run: Run) -> None:
    [row] = [row for row in run.rows() if row["pages"] > 1][:1]
    later = [uri for uri in notes(run) if uri.startswith(row["url"] + "?")]
    assert later
    for uri in later:
        via, hops = notes(run)[uri][:2]
        assert via == f"via: {row['url']}"
        assert hops == notes(run)[row["url"]][1] + "L"


def test_what_a_host_says_against_reuse_is_with_every_page_of_it(run: Run) -> None:
    signals = ["optOut: robots.txt: Content-Signal: ai-train=no", "optOut: robots.txt: disallow CCBot"]
    pages = [lines for uri, lines in notes(run).items() if uri.startswith(HOST) and not uri.endswith("/robots.txt")]
    assert len(pages) > 5
    assert all(lines[-2:] == signals for lines in pages)


def test_every_exchange_says_how_long_it_took(run: Run) -> None:
    assert all(any(line.startswith("fetchTimeMs: ") for line in lines) for lines in notes(run).values())


def test_a_file_says_which_versions_made_it_for_which_job_and_under_which_manners(run: Run) -> None:
    [(kind, _, block), *_] = records(run.warcs[0])
    assert kind == "warcinfo"
    lines = dict(line.split(": ", 1) for line in block.decode().splitlines())
    assert lines["isPartOf"] == f"tribun/{run.manifest()['job']}"
    assert lines["robots"] == "obey"
    assert lines["operator"] == "mailto:uji@contoh.test"
    assert f"Python/{platform.python_version()}" in lines["software"]
    assert {"arsip-berita", "Scrapy", "Twisted"} < {part.partition("/")[0] for part in lines["software"].split()}
