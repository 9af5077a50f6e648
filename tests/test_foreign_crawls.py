"""What other crawlers archived of pages gives the rows that our own crawl makes of them."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from archive import message
from archive.errors import ExitStatus
from archive.reader import Record, read
from archive.records import digest
from tests.fakesite import FakeSite
from tests.foreign import bare, later, news_crawl, sound, taken
from tests.runs import Run, crawl


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What our own crawl makes of the outlet: the measure of everything here."""
    folder = tmp_path_factory.mktemp("crawled")
    with FakeSite() as site:
        run = crawl("tribun", folder, site)
    assert run.status == 0
    assert len(run.rows()) > 3
    return run


def test_the_warc_of_a_crawl_gives_the_rows_that_the_crawl_made(tmp_path: Path, crawled: Run) -> None:
    status, run = taken(tmp_path, *crawled.warcs, SPIDER_MODULES=["crawler.spiders"])
    assert status == ExitStatus.DONE
    assert bare(run.rows()) == bare(crawled.rows())
    assert bare(run.rows("dropped")) == bare(crawled.rows("dropped"))
    sound(tmp_path)


def test_the_same_pages_in_a_news_crawl_give_the_same_rows(tmp_path: Path, crawled: Run) -> None:
    used = {ref["payload_digest"] for row in crawled.rows() for ref in row["captures"]}
    pages: list[tuple[str, datetime, bytes, bytes]] = []
    block = b""
    for found in read(crawled.warcs[0]):
        assert isinstance(found, Record)
        if found.get("WARC-Type") == "response":
            block = found.block()
        payload, head = message.payload(block), message.head_of(block)
        if found.get("WARC-Type") == "request" and digest(payload) in used:
            moment = later(seconds=len(pages))
            url = found.get("WARC-Target-URI") or ""
            pages.append((url, moment, found.block(), message.unfold(head, payload, 1 << 20)))
    news = news_crawl(tmp_path / "CC-NEWS-20240506.warc.gz", pages)
    status, run = taken(tmp_path / "a", news, SPIDER_MODULES=["crawler.spiders"])
    assert status == ExitStatus.DONE
    assert bare(run.rows(), "captured", "captures") == bare(crawled.rows(), "captured", "captures")
    assert {row["captured"] for row in run.rows()} <= {moment.isoformat() for _, moment, _, _ in pages}
    assert b"StormCrawler 2.10" in b"".join(one.block() for one in read(run.warcs[0]) if isinstance(one, Record))
    sound(tmp_path / "a")


@pytest.mark.skipif(shutil.which("wget") is None, reason="wget is not installed")
def test_what_wget_wrote_gives_the_rows_that_a_crawl_made(tmp_path: Path, crawled: Run) -> None:
    row = min(crawled.rows(), key=lambda row: len(row["captures"]))
    gone = next(row["url"] for row in crawled.rows("dropped") if row["verdict"] == "gone")
    with FakeSite() as site:
        flags = ["--quiet", f"--ca-certificate={site.ca_file}", "--output-document=/dev/null"]
        subprocess.run(
            ["wget", *flags, f"--warc-file={tmp_path / 'wget'}", row["url"], gone, "https://www.tribunnews.com/"],
            env=site.env(),
            check=False,
            timeout=30,
        )
    status, run = taken(tmp_path / "a", tmp_path / "wget.warc.gz", SPIDER_MODULES=["crawler.spiders"])
    assert status == ExitStatus.DONE
    assert bare(run.rows(), "captured", "captures") == bare([row], "captured", "captures")
    assert [row["verdict"] for row in run.rows("dropped")] == ["gone"]
    sound(tmp_path / "a")
