"""A small archive of which a test knows all that its report must say."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lxml.html

from archive.catalog import open_catalog
from archive.files import OnDisk
from archive.known import Announced
from archive.model import Article, RecordRef, Verdict
from archive.outcome import Outcome
from archive.report.data import Report
from archive.report.gather import gather
from tests.lives import Place, exchange, on_disk

NOW = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
DAY = "2026-11-21"
SITEMAP = "https://www.tribunnews.com/sitemap.xml"
MEASURES: dict[str, Any] = {
    "articles": 3,
    "fields": {"title": 1, "authors": 2 / 3},
    "warc_bytes": 4200,
    "records": 9,
    "revisits": 2,
    "saved_bytes": 1300,
}
ALARM = {
    "kind": "layout",
    "sentence": "tribun: the text is no longer where it was. Mend the rules. One of them: "
    "https://www.tribunnews.com/nasional/7788101/sebuah-alamat-yang-panjang-tanpa-tempat-untuk-memotongnya",
}


@dataclass
class Filled:
    """Three articles, and three addresses that are missing for three reasons."""

    root: Path
    place: Place
    job: str
    dropped: RecordRef
    """The response of the one that was not found."""


def address(number: int, host: str = "www.tribunnews.com") -> str:
    return f"https://{host}/nasional/{number}/judul"


def announced(number: int, day: str = DAY, outlet: str = "tribun", **facts: Any) -> Announced:
    line = Announced(url=address(number), outlet=outlet, day=day, at=f"{day}T01:00:00+00:00", source=SITEMAP)
    return replace(line, **facts)


def fill(root: Path, url: str = address(5), source: str = SITEMAP, **facts: Any) -> Filled:
    """Numbers 1 to 3 are there, 4 was not found, 5 (`url`) timed out, 6 was not tried. `facts` go into the manifest."""
    place = on_disk(root)
    job = place.job("tribun")
    for number in range(1, 7):
        line = announced(number, source=source)
        job.announce(replace(line, url=url) if number == 5 else line)
    lags = iter((timedelta(minutes=30), timedelta(hours=5), timedelta(hours=5, minutes=30)))
    for number in range(1, 4):
        ref = job.capture(exchange(address(number)))
        captured = datetime(2026, 11, 21, 12, tzinfo=UTC)
        article = Article(
            id=f"tribun:www.tribunnews.com:{number}",
            outlet="tribun",
            url=address(number),
            title="Pasar Apung",
            captured=captured,
            published=captured - next(lags),
            captures=[ref],
            extractor="1",
        )
        job.keep(Outcome(article=article, verdict=Verdict.ARTICLE))
    dropped = job.capture(exchange(address(4), status=404))
    lost = Article(outlet="tribun", url=address(4), captured=NOW, captures=[dropped], extractor="1")
    job.keep(Outcome(article=lost, verdict=Verdict.NOT_FOUND, reason="404"))
    failed = replace(announced(5), url=url, source=source, reason="timeout", tries=2, tried="2026-11-22T01:00:00+00:00")
    job.fail(url, "timeout", "", failed)
    counts = {"announced": 6, "kept": 3, "dropped": {"not-found": 1}, "failed": {"timeout": 1}}
    manifest = {"finish": "finished", "status": 7, "counts": counts, "measures": MEASURES, "alarms": [ALARM]}
    job.finish(manifest | facts)
    return Filled(root, place, job.id, dropped)


def report_of(filled: Filled, **choice: Any) -> Report:
    with closing(open_catalog(filled.place.state / "catalog.sqlite3")) as catalog:
        return gather(catalog, OnDisk(filled.root), {"tribun": "Tribunnews"}, now=NOW, **choice)


def hrefs_of(html: str) -> list[str]:
    return [str(one.get("href")) for one in lxml.html.fromstring(html).iter("a")]


def text_of(html: str) -> str:
    main = lxml.html.fromstring(html).find(".//main")
    assert main is not None
    return " ".join("".join(str(text) for text in main.itertext()).split())
