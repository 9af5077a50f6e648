"""An outlet that changes: the crawl says so, tells it, and marks the rows."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from archive.known import Ended
from archive.model import Article, Verdict
from archive.outcome import Outcome
from crawler import alarms
from pipelines.drift import DriftPipeline
from tests.fakesite import FakeSite, Reply
from tests.hooks import hooks
from tests.lives import on_disk
from tests.press import Press
from tests.runs import Run, scrapy
from tests.soak import many_articles


def remember(archive: Path, past: list[Ended]) -> None:
    """Give the archive of a crawl to come a past of its outlet."""
    job = on_disk(archive).job("tribun")
    job._changes.ended += [Ended(job=one.job, outlet="tribun", at=one.at, facts=one.facts) for one in past]
    job.finish({"arguments": {"url": "x"}})


def past_until_now() -> list[Ended]:
    """Healthy daily jobs of Tribun, the last of them a day ago."""
    past = list(Press(seed=4, a_day=60, every=timedelta(days=1)).jobs(30))
    days = [datetime.now(UTC) - timedelta(days=number) for number in range(len(past), 0, -1)]
    return [
        Ended(job=f"{day:%Y%m%d%H%M%S}-aaaaaa", outlet="tribun", at=day.isoformat(), facts=one.facts)
        for day, one in zip(days, past, strict=True)
    ]


def run(archive: Path, site: FakeSite, **settings: str) -> Run:
    given = {"ARCHIVE_URI": str(archive), "DOWNLOAD_DELAY": "0", **settings}
    options = (part for name, value in given.items() for part in ("-s", f"{name}={value}"))
    return Run(*scrapy("crawl", "tribun", *options, site=site, no_proxy="127.0.0.1"), archive)


def redesign(outlets: Path) -> None:
    """Give every page of Tribun another layout, without any date."""
    date = re.compile(r"\d{4}-\d\d-\d\d(?:T[^\"<]*)?|\d{1,2} November 2026|\d{1,2}/\d{1,2}/2026|\d\d[:.]\d\d WI\w+")
    for path in outlets.glob("tribun/8*/page.html"):
        text = path.read_text(encoding="utf-8").replace("side-article", "tulisan")
        path.write_text(date.sub("", text), encoding="utf-8")


def test_a_crawl_of_a_redesigned_outlet_with_a_huge_sitemap_says_so_and_marks_its_rows(tmp_path: Path) -> None:
    many_articles(tmp_path / "outlets", 10)
    redesign(tmp_path / "outlets")
    remember(tmp_path / "archive", past_until_now())
    entries = "".join(f"<url><loc>https://www.tribunnews.com/tag/{n}</loc></url>" for n in range(1_000_000))
    sitemap = gzip.compress(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode(), 1
    )
    site = FakeSite(
        outlets=tmp_path / "outlets",
        overrides={("www.tribunnews.com", "/sains/sitemap-news.xml"): Reply(body=sitemap)},
    )
    with site, hooks(200) as server:
        done = run(tmp_path / "archive", site, ALARM_WEBHOOK=server.url)
    assert done.status == 7, done.log
    found = {alarm["kind"]: alarm["sentence"] for alarm in done.manifest()["alarms"]}
    assert {"layout", "dates", "huge"} <= found.keys()
    assert "sains/sitemap-news.xml" in found["huge"]
    assert all(f"alarm      {sentence}" in done.out and sentence in done.log for sentence in found.values())
    assert "rahasia" not in done.log
    ((_, _, body),) = server.posted
    assert json.loads(body)["alarms"] == done.manifest()["alarms"]
    marked = {row["url"]: row["drift"] for row in done.rows() if "/800000" in row["url"]}
    assert len(marked) == 10
    assert all(marked.values())
    job = on_disk(tmp_path / "archive").job("tribun")
    last = max(job.catalog.ended("tribun", 9), key=lambda ended: ended.at)
    job.release()
    assert last.facts["alarms"] == done.manifest()["alarms"]
    assert last.facts["measures"] == done.manifest()["measures"]


def test_a_wall_is_told_once_and_the_status_stays_that_of_a_wall(tmp_path: Path) -> None:
    with FakeSite(wall=True) as site, hooks(500) as server:
        first = run(tmp_path, site, ALARM_WEBHOOK=server.url)
        again = run(tmp_path, site, ALARM_WEBHOOK=server.url)
    assert (first.status, again.status) == (4, 4)
    assert [alarm["kind"] for alarm in again.manifest()["alarms"]] == ["wall"]
    assert len(server.posted) == alarms.TRIES  # by the first, which was not heard; the second has no news
    assert json.loads(server.posted[0][2])["status"] == 4
    assert "could not be told to ALARM_WEBHOOK at 127.0.0.1 (HTTP 500)" in first.log


def test_after_an_alarm_all_rows_are_marked_until_a_job_is_healthy_again(tmp_path: Path) -> None:
    ill = {"arguments": {}, "measures": {"articles": 3}, "alarms": [{"kind": "layout", "sentence": ""}]}
    remember(tmp_path, [Ended(job="20261101000000-a", outlet="tribun", at="2026-11-01T00:00:00+00:00", facts=ill)])
    assert _marks(tmp_path) == {"rule": True, "visible": True}
    well = ill | {"alarms": []}
    remember(tmp_path, [Ended(job="20261101010000-a", outlet="tribun", at="2026-11-01T01:00:00+00:00", facts=well)])
    assert _marks(tmp_path) == {"rule": False, "visible": False}
    remember(tmp_path, past_until_now())
    assert _marks(tmp_path) == {"rule": False, "visible": True}


def _marks(archive: Path) -> dict[str, bool]:
    """Origin of the text -> mark of such a row in the next job."""
    job = on_disk(archive).job("tribun")
    crawler = SimpleNamespace(get_item_pipeline=lambda _: SimpleNamespace(job=job))
    pipeline = DriftPipeline.from_crawler(cast("Any", crawler))
    pipeline.open_spider()
    job.release()
    rows = {origin: Article(origins={"text": origin}) for origin in ("rule", "visible")}
    for row in rows.values():
        pipeline.process_item(Outcome(article=row, verdict=Verdict.ARTICLE))
    return {origin: row.drift for origin, row in rows.items()}
