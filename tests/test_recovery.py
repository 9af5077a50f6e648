"""What a killed crawl had fetched becomes rows from its WARC, and what has not changed is not sent again."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from archive.catalog import open_catalog
from archive.job import Job
from archive.local import LocalStorage
from archive.model import RecordRef
from archive.replay import response
from crawler import settings
from tests.fakesite import FakeSite
from tests.fakesite.reply import Reply, Request
from tests.runs import Run, crawl, scrapy

FIXTURES = Path(__file__).parent / "outlets"
ONE_PAGE = "nasional/7788101"
PIPELINES = json.dumps({**settings.ITEM_PIPELINES, "tests.killer.Killer": 350})


def killed_at(part: str, archive: Path, site: FakeSite) -> None:
    """A crawl that dies of SIGKILL when the row of an article is about to be written."""
    given = ("-s", f"ARCHIVE_URI={archive}", "-s", "DOWNLOAD_DELAY=0", "-s", f"ITEM_PIPELINES={PIPELINES}")
    status, _, log = scrapy("crawl", "tribun", *given, site=site, KILL_AT=part, CONTACT="mailto:uji@contoh.test")
    assert status == -9, log


def cases() -> dict[str, dict[str, Any]]:
    """Address -> what the fixture says of it."""
    found = (json.loads(path.read_text(encoding="utf-8")) for path in FIXTURES.glob("tribun/*/article.json"))
    return {case["url"]: case for case in found}


def many_pages() -> str:
    """Part of the address of a Tribun article that has several pages."""
    return next(url.split("tribunnews.com/")[1] for url, case in cases().items() if case.get("pages", 1) > 1)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Archives of crawls that died at an article of one page, and at one of several."""
    archives = {}
    for part in (ONE_PAGE, many_pages()):
        archives[part] = tmp_path_factory.mktemp("killed") / "archive"
        with FakeSite() as site:
            killed_at(part, archives[part], site)
    return archives


@pytest.mark.parametrize("part", [ONE_PAGE, many_pages()])
def test_a_record_without_a_row_gets_it_from_the_warc_and_not_from_the_network(
    tmp_path: Path, killed: dict[str, Path], part: str
) -> None:
    shutil.copytree(killed[part], tmp_path, dirs_exist_ok=True)
    with FakeSite() as site:
        done = crawl("tribun", tmp_path, site)
        again = [request.path for request in site.requests if part in request.path]
    assert done.status == 0, done.log
    assert again == []
    [row] = [row for row in done.rows() if part in row["url"]]
    assert row["text"] == cases()[row["url"]]["text"]
    [job] = killed[part].glob("state/spool/tribun/*")
    assert row["job"] == job.name != done.manifest()["job"]
    assert len({row["id"] for row in done.rows()}) == len(done.rows())
    for ref in row["captures"]:
        response(LocalStorage(tmp_path), RecordRef(**ref))  # raises when its digest is another


def test_a_row_that_waited_is_made_whatever_the_next_run_asks_for(tmp_path: Path, killed: dict[str, Path]) -> None:
    shutil.copytree(killed[ONE_PAGE], tmp_path, dirs_exist_ok=True)
    with FakeSite() as site:
        done = crawl("tribun", tmp_path, site, "since=2001-01-01", "until=2001-01-02")
    assert [row["url"] for row in done.rows() if ONE_PAGE in row["url"]]


def test_what_waits_is_settled_once(tmp_path: Path, killed: dict[str, Path]) -> None:
    shutil.copytree(killed[ONE_PAGE], tmp_path, dirs_exist_ok=True)
    with FakeSite() as site:
        first = crawl("tribun", tmp_path, site)
        second = crawl("tribun", tmp_path, site)
    assert Counter(row["id"] for row in second.rows()) == Counter(row["id"] for row in first.rows())
    assert second.manifest()["counts"]["kept"] == 0


def test_a_record_that_was_damaged_while_it_waited_is_fetched_again_and_said(
    tmp_path: Path, killed: dict[str, Path]
) -> None:
    shutil.copytree(killed[ONE_PAGE], tmp_path, dirs_exist_ok=True)
    with FakeSite() as site:
        Job(outlet="tribun", archive_uri=str(tmp_path)).release()  # salvages, and makes no row
        [warc] = tmp_path.glob("warc/**/*.warc.gz")
        catalog = open_catalog(tmp_path / "state" / "catalog.sqlite3")
        [waiting] = [entry for entry in catalog.waiting("tribun") if ONE_PAGE in entry.ref.url]
        catalog.close()
        with warc.open("r+b") as file:
            file.seek(waiting.ref.offset + waiting.ref.length // 2)
            file.write(b"\0" * 40)
        done = crawl("tribun", tmp_path, site)
    assert "is damaged at byte" in done.log
    [row] = [row for row in done.rows() if ONE_PAGE in row["url"]]
    assert row["captures"][0]["warc"] != warc.relative_to(tmp_path).as_posix()


class LowerCase(Reply):
    """A status line that clients take and the standard does not know (RFC 9112, section 2.3)."""

    def wire(self, method: str = "GET") -> bytes:
        return super().wire(method).replace(b"HTTP/1.1", b"http/1.1", 1)


class Changing:
    """A document with an ETag that follows its content, and a server that knows If-None-Match."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.answers: list[int] = []

    def __call__(self, request: Request) -> Reply:
        etag = f'"{len(self.body)}"'
        headers = (("Content-Type", "application/xml"), ("ETag", etag))
        same = request.header("If-None-Match") == etag
        self.answers.append(304 if same else 200)
        return Reply(status=304, headers=headers) if same else Reply(headers=headers, body=self.body)


def sitemap(*paths: str) -> bytes:
    places = "".join(f"<url><loc>https://www.tribunnews.com/{path}</loc></url>" for path in paths)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'.encode()


def announced(run: Run) -> list[str]:
    """Last parts of the addresses that the sitemap announced so far."""
    events = (event for event in run.events("announced") if event["ledger"]["source"].endswith("/sitemap.xml"))
    return sorted(event["url"].rpartition("/")[2] for event in events)


def revisits(run: Run) -> list[dict[str, Any]]:
    lines = (line for path in run.archive.glob("warc/**/*.cdxj") for line in path.read_text().splitlines())
    entries = (json.loads(line.split(" ", 2)[2]) for line in lines)
    return [entry for entry in entries if entry["mime"] == "warc/revisit"]


def test_a_source_that_has_not_changed_is_not_sent_again_and_still_read(tmp_path: Path) -> None:
    document = Changing(sitemap("nasional/7788997/lama", "nasional/7788999/baru"))
    key = ("www.tribunnews.com", "/sitemap.xml")
    with FakeSite(overrides={key: document}) as site:
        first = announced(crawl("tribun", tmp_path, site))
        again = crawl("tribun", tmp_path, site)
        second, sources = announced(again), again.manifest()["sources"]
        document.body = sitemap("nasional/7788997/lama", "nasional/7788999/baru", "nasional/7788998/lain")
        third = crawl("tribun", tmp_path, site)
    assert document.answers == [200, 304, 200]
    assert first == second == ["baru", "lama"]
    assert [source["announced"] for source in sources if source["url"].endswith("/sitemap.xml")] == [2]
    assert announced(third) == ["baru", "lain", "lama"], "each when it was announced first"
    assert [entry["status"] for entry in revisits(third) if entry["url"].endswith("sitemap.xml")] == ["304"]


def test_a_source_that_moves_is_read_where_it_went(tmp_path: Path) -> None:
    document = Changing(sitemap("nasional/7788999/baru"))
    old, new = ("www.tribunnews.com", "/sitemap.xml"), ("www.tribunnews.com", "/sitemap-baru.xml")
    moved = Reply(status=301, headers=(("Location", "https://www.tribunnews.com/sitemap-baru.xml"),))
    with FakeSite(overrides={old: document}) as site:
        crawl("tribun", tmp_path, site, "limit=1")
        site.overrides |= {old: moved, new: Changing(document.body)}
        crawl("tribun", tmp_path, site)
        site.overrides[new] = Changing(sitemap("nasional/7788999/baru", "nasional/7788998/lain"))
        done = crawl("tribun", tmp_path, site)
    urls = {event["url"] for event in done.events("announced") if event["ledger"]["source"].endswith("-baru.xml")}
    assert "https://www.tribunnews.com/nasional/7788998/lain" in urls


def test_a_page_that_no_reader_of_an_archive_could_replay_is_no_row(tmp_path: Path) -> None:
    page = next(url for url in cases() if ONE_PAGE in url)
    path = page.removeprefix("https://www.tribunnews.com")
    body = next(FIXTURES.glob("tribun/nomor-nasional/page.html")).read_bytes()
    answer = LowerCase(headers=(("Content-Type", "text/html; charset=UTF-8"),), body=body)
    with FakeSite(overrides={("www.tribunnews.com", path): answer}) as site:
        done = crawl("tribun", tmp_path, site, f"url={page}")
    assert done.rows() == []
    assert done.manifest()["counts"]["failed"] == {"not-http": 1}


def test_a_document_that_comes_again_the_same_is_a_revisit_of_the_first(tmp_path: Path) -> None:
    with FakeSite() as site:
        crawl("tribun", tmp_path, site, "limit=1")
        done = crawl("tribun", tmp_path, site, "limit=1")
    urls = {entry["url"] for entry in revisits(done)}
    assert "https://www.tribunnews.com/robots.txt" in urls
    assert {entry["status"] for entry in revisits(done)} == {"200"}
