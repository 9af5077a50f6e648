"""Bodies whose coding is cut off inside right lengths: half a page is a row that says so, and is asked for again."""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.catalog import open_catalog
from archive.errors import ExitStatus
from archive.known import Known
from archive.local import LocalStorage
from archive.model import RecordRef
from archive.replay import response
from crawler import given, settings
from crawler.arguments import Arguments
from crawler.commands.crawlall import Command as CrawlAll
from crawler.frontier import Answer, Frontier
from crawler.preview import read
from crawler.rebuilding import _facts as facts_of
from crawler.rereading import reread
from crawler.spiders.tribun import TribunSpider
from tests.cached import (
    ADVERTISING,
    CLOSED,
    DAY,
    EDITED,
    REGIONAL,
    WWW,
    Cached,
    Outlet,
    outlet_of_a_broken_cache,
    paged,
    paragraph,
)
from tests.fakesite import FakeSite, Reply
from tests.foreign import bare, settings_of, sound, taken
from tests.runs import Run, crawl, scrapy

ROBOTS = b"User-agent: *\nDisallow: /admin\nDisallow: /99\n"
PIPELINES = json.dumps({**settings.ITEM_PIPELINES, "tests.killer.Killer": 350})


@pytest.fixture(scope="module")
def outlet() -> Outlet:
    return outlet_of_a_broken_cache()


@dataclass(frozen=True)
class Crawled:
    """An archive after a run that was killed and the next one, and seven hours later with most of the caches mended."""

    first: Run
    paths: list[str]
    """What was asked for until then."""
    second: Run
    filled: Run
    """An hour after that, when the last cache is mended, and somebody asks for what was given up."""


@pytest.fixture(scope="module")
def crawled(outlet: Outlet, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    folder, then, later = (tmp_path_factory.mktemp(name) / "archive" for name in ("crawled", "then", "later"))
    with FakeSite() as site:
        site.overrides |= {(WWW, document.path): document for document in vars(outlet).values()}
        site.overrides[REGIONAL, "/robots.txt"] = Cached("/robots.txt", ROBOTS, b"Disallow: /99\n")
        uses = ("-s", f"ARCHIVE_URI={folder}", "-s", "DOWNLOAD_DELAY=0", "-s", f"ITEM_PIPELINES={PIPELINES}")
        killed, _, log = scrapy(
            "crawl", "tribun", *uses, site=site, KILL_AT=outlet.half.path, CONTACT="mailto:a@b.test"
        )
        assert killed == -9, log
        first = once(folder, site)
        paths = [request.path for request in site.requests]
        shutil.copytree(folder, then)
        outlet.spoil()
        outlet.mend()
        second = once(folder, site, ahead=timedelta(hours=7))
        shutil.copytree(folder, later)
        outlet.edited_second.until = None
        outlet.edited.body += ADVERTISING
        filled = crawl("tribun", folder, site, "fill=yes", f"since={DAY}", f"until={DAY}", ahead=timedelta(hours=8))
    return Crawled(replace(first, archive=then), paths, replace(second, archive=later), filled)


def once(folder: Path, site: FakeSite, ahead: timedelta | None = None) -> Run:
    """A run that gives up at the second attempt."""
    uses = ("-s", f"ARCHIVE_URI={folder}", "-s", "DOWNLOAD_DELAY=0", "-s", "CONTACT=mailto:a@b.test")
    return Run(*scrapy("crawl", "tribun", *uses, "-s", "RETRY_AFTER=3h", site=site, ahead=ahead), folder)


def known(run: Run, page: Cached) -> Known:
    with closing(open_catalog(run.archive / "state" / "catalog.sqlite3")) as opened:
        found = opened.known(page.url)
    assert found
    return found


def shown(run: Run, page: Cached) -> list[dict[str, Any]]:
    """The row of each version, as `scrapy history` has it."""
    status, out, log = scrapy("history", "--json", page.url, "-s", f"ARCHIVE_URI={run.archive}")
    assert status == ExitStatus.DONE, log
    return [version["row"] for version in json.loads(out)["versions"]]


def failed(run: Run) -> set[tuple[str, str]]:
    return {(event["url"], event["reason"]) for event in run.events("failed")}


def refs(row: dict[str, Any]) -> list[RecordRef]:
    return [RecordRef(**ref) for ref in row["captures"]]


def test_half_a_page_is_a_row_of_what_came_that_says_so_and_its_bytes_are_kept_as_they_came(
    crawled: Crawled, outlet: Outlet
) -> None:
    assert crawled.first.status == ExitStatus.DONE, crawled.first.log
    by_url = {row["url"]: row for row in crawled.first.rows()}
    row = by_url[outlet.half.url]
    assert outlet.half.asked[0] == ""
    assert crawled.paths.count(outlet.half.path) == 1, "its row came from the record of the killed job"
    assert (row["complete"], row["pages"], row["version"]) == (False, 1, 1)
    assert row["title"] == "Pasar Apung Ramai 1"
    assert row["text"].count("\n\n") == 7
    assert by_url[outlet.whole.url]["complete"]
    line = known(crawled.first, outlet.half)
    assert (line.final, bool(line.due)) == (False, True)
    [ref] = refs(row)
    payload = response(LocalStorage(crawled.first.archive), ref)[1]
    coded = gzip.compress(outlet.half.body, mtime=0)
    assert coded.startswith(payload)
    assert 200 < len(payload) < len(coded)


def test_what_is_dropped_by_half_a_page_is_asked_for_again(crawled: Crawled, outlet: Outlet) -> None:
    [row] = [row for row in crawled.first.rows("dropped") if row["url"] == outlet.film.url]
    assert row["verdict"] == "video"
    assert not row["complete"]
    line = known(crawled.first, outlet.film)
    assert (line.final, bool(line.due)) == (False, True)


def test_what_half_a_source_announced_is_used_and_it_is_said_to_be_torn(crawled: Crawled, outlet: Outlet) -> None:
    sources = crawled.first.manifest()["sources"]
    problems = {source["url"]: source["problem"] for source in sources if source["problem"]}
    assert set(problems.values()) == {"torn"}
    assert {f"https://{WWW}/sitemap.xml", f"https://{WWW}/index-news?page=1"} <= set(problems)
    assert {outlet.film.path, outlet.whole.path} <= set(crawled.paths)
    assert not [path for path in crawled.paths if path.startswith("/nasional/990004")], "half an address is none"
    assert {event["walk"]["done"] for event in crawled.first.events("walked")} == {False}


def test_when_the_cache_is_mended_all_is_had_whole_although_its_validators_are_the_same(
    crawled: Crawled, outlet: Outlet
) -> None:
    assert crawled.second.status == ExitStatus.DONE, crawled.second.log
    for document in (outlet.half, outlet.film, outlet.sitemap, outlet.index):
        assert set(document.asked) == {""}, f"{document.path}: 304 would bring back what is cut"
    rows = {(row["url"], row["complete"]): row for row in crawled.second.rows()}
    text = rows[outlet.half.url, True]["text"]
    assert text.startswith(rows[outlet.half.url, False]["text"][:-20])
    assert text.count("\n\n") == 9
    assert rows[outlet.half.url, True]["version"] == 1, "a cache that is mended is no edit"
    assert rows[outlet.film.url, True]["text"].count("\n\n") == 9
    assert rows[outlet.late.url, True]
    sound(crawled.filled.archive)


def test_a_second_look_that_is_cut_off_is_no_edit_and_the_next_one_is_on_the_schedule(
    crawled: Crawled, outlet: Outlet
) -> None:
    assert len(outlet.whole.asked) > 1
    assert [row["version"] for row in crawled.second.rows() if row["url"] == outlet.whole.url] == [1]
    counts = crawled.second.manifest()["counts"]
    assert counts["revisited"] == {"failed": 2, "unchanged": 1}
    looks = {(page.url, "torn") for page in (outlet.whole, outlet.walled, outlet.edited_second)}
    assert looks == failed(crawled.second) - failed(crawled.first)
    before, after = (known(run, outlet.whole) for run in (crawled.first, crawled.second))
    assert (after.final, after.version, after.facts) == (True, 1, before.facts)
    assert before.due
    assert after.due
    assert after.due > before.due


def test_half_a_wall_is_one_also_before_an_article_that_the_archive_has(crawled: Crawled, outlet: Outlet) -> None:
    assert [row["complete"] for row in crawled.second.rows() if row["url"] == outlet.walled.url] == [True]
    assert crawled.first.manifest()["counts"]["walls"] == {}
    assert crawled.second.manifest()["counts"]["walls"] == {"challenge": 1}


def test_half_of_all_pages_at_once_is_not_used_where_the_pages_are_had_one_by_one(
    crawled: Crawled, outlet: Outlet
) -> None:
    [row] = [row for row in crawled.filled.rows() if row["url"] == outlet.two.url]
    assert outlet.two_all.asked
    assert (row["complete"], row["pages"], row["text"].count("\n\n")) == (True, 2, 9)
    assert [ref.url for ref in refs(row)] == [outlet.two.url, outlet.two_second.url]
    assert known(crawled.first, outlet.two).final


def test_a_further_page_that_is_no_article_by_its_half_settles_nothing(crawled: Crawled, outlet: Outlet) -> None:
    assert (known(crawled.first, outlet.torn).final, known(crawled.second, outlet.torn).final) == (False, True)
    rows = {row["complete"]: row for row in crawled.second.rows() if row["url"] == outlet.torn.url}
    assert [len(rows[is_whole]["captures"]) for is_whole in (False, True)] == [1, 2]


def test_of_an_article_in_part_a_look_that_is_cut_off_hides_nothing_and_the_edit_comes_with_a_later_one(
    crawled: Crawled, outlet: Outlet
) -> None:
    [part] = [row for row in crawled.first.rows() if row["url"] == outlet.edited.url]
    assert (part["complete"], part["pages"], len(part["captures"])) == (False, 2, 2)
    assert part["text"].count("\n\n") > 5
    [less] = [row for row in crawled.second.rows() if row["url"] == outlet.edited.url and row != part]
    assert (less["complete"], less["title"], len(less["captures"])) == (False, f"{EDITED} 7", 1)
    assert shown(crawled.second, outlet.edited) == [part]
    assert f"{outlet.edited.path}?page=all" in crawled.paths, "which is page 1 again"
    [whole] = shown(crawled.filled, outlet.edited)
    assert (whole["complete"], whole["title"], whole["version"]) == (True, f"{EDITED} 7", 1)
    assert whole["text"].count("\n\n") == 9


def test_the_pages_before_one_that_is_cut_off_again_are_a_row_at_once_and_as_long_as_they_are_the_same_one_row(
    tmp_path: Path,
) -> None:
    first, second = paged(5, 1), paged(5, 2)
    first.until = paragraph(first, 3)
    archive = tmp_path / "crawled"
    with FakeSite() as site:
        site.overrides |= {(WWW, first.path): first, (WWW, second.path): Reply(500)}

        def look(hours: int) -> Run:
            first.body += ADVERTISING
            return crawl("tribun", archive, site, f"url={first.url}", ahead=timedelta(hours=hours))

        [half] = look(0).rows()
        first.until, second.until = None, paragraph(second, 4)
        site.overrides[WWW, second.path] = second
        more = look(1)
        [row] = [row for row in more.rows() if row != half]
        assert [len(one["captures"]) for one in (half, row)] == [1, 1]
        assert row["text"].startswith(half["text"][:-20])
        assert row["text"].count("\n\n") == 4
        assert shown(more, first) == [row]
        line = known(more, first)
        same = look(2)
        assert len(same.rows()) == 2
        assert same.manifest()["counts"]["failed"] == {"incomplete": 1}
        assert known(same, first).facts == line.facts
        assert (line.final, bool(line.due), known(same, first).tries) == (False, True, line.tries + 1)
        second.until = None
        whole = look(3)
    [row] = shown(whole, first)
    assert (row["complete"], row["version"], row["text"].count("\n\n")) == (True, 1, 9)
    assert known(whole, first).final
    status, adopted = taken(tmp_path / "adopted", *whole.warcs, SPIDER_MODULES=["crawler.spiders"])
    assert status == ExitStatus.DONE
    assert bare(adopted.rows()) == bare(whole.rows())
    assert shown(adopted, first)[0]["text"] == row["text"]


def test_what_was_given_up_in_part_is_asked_for_again_when_somebody_asks(crawled: Crawled, outlet: Outlet) -> None:
    line = known(crawled.second, outlet.edited)
    assert (line.final, line.due) == (False, None), "given up at the second attempt"
    assert crawled.filled.status == ExitStatus.DONE, crawled.filled.log
    assert known(crawled.filled, outlet.edited).final
    with closing(open_catalog(crawled.second.archive / "state" / "catalog.sqlite3")) as memory:
        announced = [
            Frontier("tribun", TribunSpider.outlet, Arguments(urls=urls), memory).announce(line.url)
            for urls in ({}, {line.url: line.url})
        ]
    assert announced == [Answer.LATER, Answer.NEW]


def test_the_ledger_is_filled_where_nothing_is_missing_but_a_page(
    crawled: Crawled, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[str], list[str]]] = []

    def act(_: CrawlAll, names: list[str], opts: argparse.Namespace) -> ExitStatus:
        asked.append((names, opts.spargs))
        return ExitStatus.DONE

    monkeypatch.setattr(CrawlAll, "act", act)
    for run in (crawled.second, crawled.filled):
        day = ("--since", DAY, "--until", DAY)
        assert scrapy("ledger", "tribun", "--fill", *day, "-s", f"ARCHIVE_URI={run.archive}")[0] == ExitStatus.DONE
    assert asked == [(["tribun"], ["fill=yes", f"since={DAY}", f"until={DAY}"])], "once, and then all is there"


def test_every_row_is_made_again_as_the_crawl_made_it(crawled: Crawled) -> None:
    files = LocalStorage(crawled.filled.archive)
    for row in (*crawled.filled.rows(), *crawled.filled.rows("dropped")):
        assert reread(files, row, TribunSpider.outlet) == row


def test_adopted_from_its_warcs_the_archive_has_the_same_rows(tmp_path: Path, crawled: Crawled) -> None:
    status, run = taken(tmp_path, *crawled.filled.warcs, SPIDER_MODULES=["crawler.spiders"])
    assert status == ExitStatus.DONE
    assert bare(run.rows()) == bare(crawled.filled.rows())
    assert bare(run.rows("dropped")) == bare(crawled.filled.rows("dropped"))
    sound(tmp_path)


def test_a_preview_of_half_a_page_says_that_it_is_not_complete(crawled: Crawled, outlet: Outlet) -> None:
    [ref] = [ref for row in crawled.first.rows() if row["url"] == outlet.half.url for ref in refs(row)]
    page = given.obtain(str(crawled.first.archive / ref.warc), settings_of(crawled.first.archive), record=ref.url)
    made = read(page, "tribun", TribunSpider.outlet).row
    assert (made["complete"], made["text"].count("\n\n")) == (False, 7)


def test_a_robots_txt_that_is_cut_off_keeps_us_out_as_one_that_did_not_come(crawled: Crawled) -> None:
    assert CLOSED not in crawled.paths
    assert (f"https://{REGIONAL}{CLOSED}", "torn") in failed(crawled.first)


def test_by_half_a_page_no_rebuild_settles_an_address_either(crawled: Crawled, outlet: Outlet) -> None:
    [row] = [row for row in crawled.first.rows("dropped") if row["url"] == outlet.film.url]
    line = known(crawled.first, outlet.film)
    assert [facts_of(row | {"complete": whole}, line, was_whole=False)["final"] for whole in (False, True)] == [
        False,
        True,
    ]
