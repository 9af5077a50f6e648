"""`scrapy rebuild` after crawls of the outlets: by the same rules every row comes out as the crawl made it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.fakesite import FakeSite, Reply, Request, daily
from tests.fakesite.cases import WIB
from tests.remaking import content, edit, files, rows
from tests.runs import crawl, scrapy
from tests.test_recovery import ONE_PAGE, killed_at

WWW = "www.tribunnews.com"
NOW = datetime.now(WIB).replace(microsecond=0)
CLOSED, MARKED, EDITED, EARLY = (f"/nasional/99000{number}/kabar-pasar" for number in range(1, 5))


def add_articles(site: FakeSite) -> None:
    """Four more articles: two that are closed to copies, one that is edited later, and an older one."""
    for at, path in enumerate((CLOSED, MARKED, EDITED, EARLY)):
        published = NOW - timedelta(days=40 if path == EARLY else 0, minutes=at)
        reply = daily.article(f"Pasar Apung Ramai Lagi {at}", published, "Pedagang kembali ke tepi sungai.")
        site.overrides[WWW, path] = reply
    closed, marked = (site.overrides[WWW, path] for path in (CLOSED, MARKED))
    assert isinstance(closed, Reply)
    assert isinstance(marked, Reply)
    assert isinstance(marked.body, bytes)
    site.overrides[WWW, CLOSED] = Reply(headers=(*closed.headers, ("X-Robots-Tag", "noai")), body=closed.body)
    head = b'<head><meta name="robots" content="noai">'
    site.overrides[WWW, MARKED] = Reply(headers=marked.headers, body=marked.body.replace(b"<head>", head), gzip=True)


def edited(_: Request) -> Reply:
    return daily.article(
        "Pasar Apung Ramai Lagi 2", NOW - timedelta(minutes=2), "Pedagang belum kembali, kata camat dalam ralatnya."
    )


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two outlets: one of them with a killed job, a job for a period, and a second look a day later."""
    root = tmp_path_factory.mktemp("crawled") / "archive"
    with FakeSite() as site:
        killed_at(ONE_PAGE, root, site)
        add_articles(site)
        urls = ",".join(f"https://{WWW}{path}" for path in (CLOSED, MARKED, EDITED, EARLY))
        crawl("tribun", root, site, f"url={urls}", f"since={NOW - timedelta(days=9):%Y-%m-%d}")
        site.overrides[WWW, EDITED] = edited
        crawl("tribun", root, site, ahead=timedelta(days=1))
        crawl("intisari", root, site)
    return root


def test_rebuilds_by_the_rules_of_the_crawl_leave_every_row_as_the_crawl_made_it(crawled: Path) -> None:
    verdicts = Counter(row["verdict"] for row in rows(crawled, "dropped"))
    wanted = {"opted-out", "duplicate", "redirected-away", "not-found", "gone", "gallery", "video", "listing"}
    assert wanted | {"not-asked"} <= verdicts.keys()
    articles = rows(crawled)
    assert {row["version"] for row in articles} == {1, 2}
    assert {len(row["captures"]) for row in articles} == {1, 2, 3}
    truth = content(crawled)
    made = [(key.rpartition(" ")[2], json.loads(line)["job"]) for key, lines in truth.items() for line in lines]
    assert any(writer != job for writer, job in made), "one was recovered"
    before = files(crawled)
    nothing = scrapy("rebuild", "-s", f"ARCHIVE_URI={crawled}")
    assert (nothing[0], nothing[2]) == (0, "")
    assert "of which 0 had rows to be made again" in nothing[1]
    assert files(crawled) == before
    every = scrapy("rebuild", "--all", "--jobs", "2", "-s", f"ARCHIVE_URI={crawled}")
    assert (every[0], every[2]) == (0, "")
    assert f"rows made again    {len(articles) + verdicts.total()}" in every[1]
    assert files(crawled) == before
    # Of other rules, all of them are made again, and nothing that the crawl had said is missing.
    for folder in ("articles", "dropped"):
        edit(crawled, lambda row: row | {"extractor": "0", "title": None, "words": 0}, folder)
    assert content(crawled) != truth
    again = scrapy("rebuild", "--jobs", "1", "-s", f"ARCHIVE_URI={crawled}")
    assert again[0] == 0
    assert content(crawled) == truth
