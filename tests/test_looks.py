"""What a second look must not be taken for: a wall for an end, an end for a return, a part for the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ExitStatus
from tests.fakesite import FakeSite, Reply
from tests.runs import Run, crawl, read_lines, scrapy
from tests.test_again import DAY, HTML, WWW, Page, announce, known

GONE = b"<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>"
EMPTY = b"<html><head><title>Sebentar lagi</title></head><body></body></html>"

IN_PAGES = (
    "jogja.tribunnews.com",
    "/2026/11/17/menyusuri-lorong-kotagede-bengkel-perak-tua-disulap-jadi-museum-kampung",
)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def counts(run: Run) -> Any:
    return run.manifest()["counts"]


def test_a_wall_is_no_end_and_an_end_that_is_seen_again_is_no_return(tmp_path: Path, site: FakeSite) -> None:
    walled, empty, deleted, moved, there = pages = [Page(number, etag=False) for number in range(1, 6)]
    announce(site, *pages)
    assert len(crawl("tribun", tmp_path, site).rows()) == 5
    before = [known(tmp_path, page.url) for page in pages]
    walled.reply = Reply(status=403, headers=(HTML,), body=b"<html><body>Forbidden</body></html>")
    empty.reply = Reply(headers=(HTML,), body=EMPTY)
    deleted.reply = Reply(headers=(HTML,), body=GONE)
    moved.reply = Reply(status=301, headers=(HTML, ("Location", there.url)))
    second = crawl("tribun", tmp_path, site, ahead=timedelta(hours=7))
    assert counts(second)["revisited"] == {"failed": 2, "moved": 1, "taken-away": 1, "unchanged": 1}
    assert {row["url"]: row["verdict"] for row in second.rows("dropped")} == {
        deleted.url: "soft-404",
        moved.url: "duplicate",
    }
    assert [known(tmp_path, page.url).record for page in (walled, empty)] == [one.record for one in before[:2]]

    third = crawl("tribun", tmp_path, site, ahead=DAY + timedelta(hours=1))
    assert counts(third)["revisited"] == {"failed": 2, "taken-away": 1, "unchanged": 1}
    assert [known(tmp_path, page.url).ended for page in pages] == [None, None, "soft-404", "moved", None]
    assert len(third.rows("dropped")) == 2, "one row says it"

    walled.reply = empty.reply = deleted.reply = None
    last = crawl("tribun", tmp_path, site, ahead=8 * DAY)
    assert counts(last)["revisited"] == {"unchanged": 4}
    assert known(tmp_path, deleted.url).ended is None, "it is back"
    assert {row["version"] for row in last.rows()} == {1}


def test_an_article_that_still_lacks_a_page_is_counted_as_what_will_be_tried_again(
    tmp_path: Path, site: FakeSite
) -> None:
    host, path = (
        "jogja.tribunnews.com",
        "/2026/11/17/menyusuri-lorong-kotagede-bengkel-perak-tua-disulap-jadi-museum-kampung",
    )
    site.overrides[host, f"{path}?page=2"] = Reply(500)
    asked = f"url=https://{host}{path}"
    crawl("tribun", tmp_path, site, asked)
    again = crawl("tribun", tmp_path, site, asked, ahead=timedelta(hours=2))
    assert counts(again)["failed"] == {"incomplete": 1}
    assert counts(again)["dropped"] == {}
    assert len(again.rows()) == 1
    new = Page(7)
    site.overrides[WWW, new.path] = new
    site.overrides[host, path] = Reply(status=301, headers=(HTML, ("Location", new.url)))
    moved = counts(crawl("tribun", tmp_path, site, asked, ahead=DAY))
    assert (moved["announced"], moved["kept"], moved["left"], moved["revisited"]) == (1, 1, 0, {}), "it adds up"


def test_an_article_behind_a_redirect_that_lacks_a_page_is_tried_again_at_its_time_and_once_whole_no_more(
    tmp_path: Path, site: FakeSite
) -> None:
    host, path = (
        "jogja.tribunnews.com",
        "/2026/11/17/menyusuri-lorong-kotagede-bengkel-perak-tua-disulap-jadi-museum-kampung",
    )
    old, other = Page(1), Page(2)
    old.reply = Reply(status=301, headers=(HTML, ("Location", f"https://{host}{path}")))
    site.overrides[host, f"{path}?page=2"] = Reply(500)
    announce(site, old)
    crawl("tribun", tmp_path, site)
    assert len(old.answers) == 1
    early = counts(crawl("tribun", tmp_path, site, ahead=timedelta(minutes=10)))
    assert (len(old.answers), early["later"]) == (1, 1)
    announce(site, other)
    site.overrides[WWW, old.path] = old
    del site.overrides[host, f"{path}?page=2"]
    late = crawl("tribun", tmp_path, site, ahead=timedelta(hours=2))
    found = [(row["version"], row["complete"]) for row in late.rows() if host in row["url"]]
    assert sorted(found) == [(1, False), (1, True)], "nobody announced it any more"
    asked = len(old.answers)
    announce(site, old, other)
    last = counts(crawl("tribun", tmp_path, site, ahead=timedelta(hours=3)))
    assert (len(old.answers), last["already_there"], last["left"]) == (asked, 2, 0)


def test_a_look_at_fewer_pages_hides_none_that_the_archive_has_until_all_of_them_come(
    tmp_path: Path, site: FakeSite
) -> None:
    host, path = IN_PAGES
    url, uses = f"https://{host}{path}", ("-s", f"ARCHIVE_URI={tmp_path}")
    site.overrides[host, f"{path}?page=3"] = Reply(500)
    [two] = crawl("tribun", tmp_path, site, f"url={url}").rows()
    site.overrides[host, f"{path}?page=2"] = Reply(500)
    second = crawl("tribun", tmp_path, site, f"url={url}", ahead=timedelta(hours=2))
    [one] = [row for row in second.rows() if row != two]
    assert [len(row["captures"]) for row in (two, one)] == [2, 1]
    assert one["captured"] > two["captured"]
    third = crawl("tribun", tmp_path, site, f"url={url}", ahead=timedelta(hours=9))
    assert counts(third)["failed"] == {"incomplete": 1}
    assert len(third.rows()) == 2, "the same again is no row"

    def read(name: str) -> list[Any]:
        """What readers of the archive get, by the catalog as it is and as it is made anew."""
        told = [json.loads(scrapy("history", "--json", url, *uses)[1])["versions"]]
        assert scrapy("catalog", "rebuild", *uses)[0] == ExitStatus.DONE
        told.append(json.loads(scrapy("history", "--json", url, *uses)[1])["versions"])
        assert scrapy("dataset", name, "--format", "jsonl", *uses)[0] == ExitStatus.DONE
        rows = [version["row"] for versions in told for version in versions]
        return [row["text"] for row in (*rows, *read_lines(tmp_path, f"datasets/{name}/data/**/*.jsonl.gz"))]

    assert read("sebagian") == [two["text"]] * 3
    site.overrides.clear()
    last = crawl("tribun", tmp_path, site, f"url={url}", ahead=timedelta(days=2))
    [whole] = [row for row in last.rows() if row["complete"]]
    assert (whole["version"], len(whole["captures"])) == (1, 3)
    assert read("utuh") == [whole["text"]] * 3


def test_a_second_look_that_no_pipeline_can_keep_is_a_fault_and_no_count_is_lost(
    tmp_path: Path, site: FakeSite
) -> None:
    page = Page(1)
    announce(site, page)
    crawl("tribun", tmp_path, site)
    page.text = ["Ralat: pasar tetap tutup sampai pekan depan.", page.text[1]]
    pipelines = {"pipelines.warc.WarcPipeline": 1, "tests.broken.BrokenPipeline": 2, "pipelines.store.StorePipeline": 3}
    settings = (
        "-s",
        f"ARCHIVE_URI={tmp_path}",
        "-s",
        "DOWNLOAD_DELAY=0",
        "-s",
        f"ITEM_PIPELINES={json.dumps(pipelines)}",
    )
    status, out, log = scrapy("crawl", "tribun", *settings, site=site, ahead=DAY)
    assert status == 1, log
    assert "revisited  1  (failed 1)" in out
    assert "failed     0" in out
    done = counts(crawl("tribun", tmp_path, site, ahead=DAY + timedelta(minutes=1)))
    assert done["revisited"] == {"edited": 1}, "it is still due"


def test_an_address_keeps_its_article_whatever_number_its_page_gets(tmp_path: Path, site: FakeSite) -> None:
    page = Page(1, etag=False)
    page.path = "/2026/11/17/kabar-pasar"
    page.url = f"https://{WWW}{page.path}"
    announce(site, page)
    [row] = crawl("tribun", tmp_path, site).rows()
    page.text = ["<span data-content-id='7788999'></span>Ralat: pasar tetap tutup.", page.text[1]]
    done = crawl("tribun", tmp_path, site, ahead=DAY)
    assert counts(done)["revisited"] == {"edited": 1}
    assert [(one["id"], one["version"]) for one in done.rows()] == [(row["id"], 1), (row["id"], 2)]
    assert known(tmp_path, page.url).version == 2


def test_what_lay_outside_of_a_period_is_taken_by_the_next_run_that_asks_for_everything(
    tmp_path: Path, site: FakeSite
) -> None:
    undated, other = Page(1), Page(2)
    announce(site, undated)
    first = crawl("tribun", tmp_path, site, "since=2020-01-01", "until=2030-01-01", "limit=1")
    assert [row["verdict"] for row in first.rows("dropped") if row["url"] == undated.url] == ["not-asked"]
    announce(site, other)
    site.overrides[WWW, undated.path] = undated
    assert {row["url"] for row in crawl("tribun", tmp_path, site).rows()} >= {undated.url, other.url}
    assert undated.answers == [200, 304]


def test_a_redirect_that_came_before_its_article_makes_no_second_row(tmp_path: Path, site: FakeSite) -> None:
    there, leading = Page(1), Page(2)
    there.reply = Reply(headers=(HTML,), body=EMPTY)
    leading.reply = Reply(status=301, headers=(HTML, ("Location", there.url)))
    announce(site, there, leading)
    crawl("tribun", tmp_path, site)
    there.reply = None
    crawl("tribun", tmp_path, site, ahead=timedelta(hours=2))
    done = crawl("tribun", tmp_path, site, ahead=timedelta(hours=5))
    crawl("tribun", tmp_path, site, ahead=timedelta(hours=20))
    assert [row["url"] for row in done.rows()] == [there.url]
    assert known(tmp_path, leading.url).verdict == "duplicate"
    assert len(leading.answers) == 3, "once it is there, the redirect is settled"
