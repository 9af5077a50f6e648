"""An archive of invented articles of Tribun, and `scrapy rebuild` of it in this process."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import parts
from archive.catalog import open_catalog
from archive.job import Job
from archive.known import Announced, Known, Version
from archive.model import Verdict
from archive.outcome import Outcome
from archive.revising import Revising
from archive.spool import line_of
from crawler import bulk, rereading
from crawler.bulk import Bulk, Made, Origin
from crawler.judgement import OPEN_ENDED, Judgement, respect
from crawler.outlet import Outlet
from crawler.rebuilding import Count, Rebuilding
from crawler.rereading import Row, place, whole
from crawler.spiders.tribun import TribunSpider
from pipelines.clean import CleanPipeline
from pipelines.extract import Page, extract
from pipelines.language import tell
from tests.fakesite import daily
from tests.fakesite.cases import WIB
from tests.lives import Place, exchange

HOST = "https://www.tribunnews.com"
NAME, OUTLET = "tribun", TribunSpider.outlet
NOAI = b'<meta name="robots" content="noai">'
"""On a page: whether it becomes a row of `articles/` is for RESPECT_OPT_OUT to say."""

LISTING = b"<!-- indeks -->"
"""On a page: what `judges_anew` takes it for."""


def judges_anew(patch: pytest.MonkeyPatch) -> None:
    """Have today's rules take some pages for listings that those of the crawl did not."""

    def judged(body: bytes, *called: Any, **named: Any) -> Page:
        made = extract(body, *called, **named)
        return replace(made, verdict=Verdict.LISTING, reason="40 links") if LISTING in body else made

    patch.setattr(rereading, "extract", judged)


def ruled(body: str) -> Outlet:
    """Tribun with rules that find the text there."""
    [layout] = OUTLET.rules.layouts
    return replace(OUTLET, rules=replace(OUTLET.rules, layouts=(replace(layout, body=body),)))


def url_of(number: int, slug: str = "kabar-pasar") -> str:
    return f"{HOST}/nasional/{9_000_000 + number}/{slug}"


def page(number: int, lead: str = "Pedagang kembali ke tepi sungai.", head: bytes = b"") -> bytes:
    published = datetime(2026, 11, 20, 8, number % 60, tzinfo=WIB)
    body = daily.article(f"Pasar Apung Ramai Lagi pada Hari ke-{number}", published, lead).body
    assert isinstance(body, bytes)
    return body.replace(b"<head>", b"<head>" + head)


@dataclass
class Kept:
    """What a job is to keep of a page."""

    url: str
    body: bytes
    version: int = 1
    after: timedelta = timedelta()
    """How much later than the last one it was captured."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the row says in place of what its page does."""
    further: tuple[bytes, ...] = ()
    """Its further pages."""


def keep(place_: Place, *pages: Kept, outlet: Outlet = OUTLET, respects_opt_out: bool = True) -> str:
    """One job, as the crawl has it; its name."""
    running = place_.job(NAME)
    found = Counter(_keep(running, one, outlet, respects_opt_out=respects_opt_out) for one in pages)
    kept = found.pop(Verdict.ARTICLE, 0)
    running.finish({"finish": "finished", "counts": {"kept": kept, "dropped": dict(found)}})
    return running.id


def _keep(running: Job, one: Kept, outlet: Outlet, *, respects_opt_out: bool) -> Verdict:
    capture = exchange(one.url, one.body)
    capture = replace(capture, began=capture.began + one.after)
    refs = [running.capture(capture)]
    refs += [running.capture(exchange(f"{one.url}?page={at}", body)) for at, body in enumerate(one.further, 2)]
    pages = [
        extract(body, ref.url, outlet.rules, charset=None, captured=capture.began)
        for ref, body in zip(refs, (one.body, *one.further), strict=True)
    ]
    first, article, url = pages[0], whole(pages), one.url
    judgement = Judgement(first.verdict, first.reason)
    if first.verdict is Verdict.ARTICLE:
        url = place(article, NAME, outlet, one.url, first)
    if first.verdict is Verdict.ARTICLE and respects_opt_out:
        judgement = respect(article, judgement)
    article.outlet, article.url, article.version, article.job = NAME, url, one.version, running.id
    article.captured, article.captures = capture.began, refs
    outcome = Outcome(
        article=article,
        verdict=judgement.verdict,
        reason=judgement.reason,
        final=judgement.verdict not in OPEN_ENDED,
        before=running.catalog.known(url) if one.version > 1 else None,
    )
    CleanPipeline().process_item(outcome)
    tell(article)
    for name, value in one.facts.items():
        setattr(article, name, value)
    day = capture.began.date().isoformat()
    running.announce(Announced(url=url, outlet=NAME, day=day, at=capture.began.isoformat(), source=f"{HOST}/rss"))
    running.keep(outcome)
    return outcome.verdict


class Here(Bulk):
    """Workers that are threads of this process."""

    def _call(self, rows: list[Row], *, every: bool, seconds: float) -> list[Made]:  # noqa: ARG002 - nothing here hangs
        return bulk._make(self._origin, rows, every=every)

    def __exit__(self, *raised: object) -> None:
        super().__exit__(*raised)
        bulk._files(self._origin.uri, self._origin.state_dir).close()
        bulk._files.cache_clear()


@dataclass
class Rebuilt:
    """What a rebuild came to."""

    count: Count
    said: list[str]
    """Complaints."""
    left: list[str]
    """Keys that wait for upload."""


def revise(place_: Place, **named: Any) -> Revising:
    return Revising(
        outlet=NAME,
        archive_uri=place_.uri,
        state_dir=str(place_.state),
        catalog_uri=place_.catalog,
        kind="rebuild",
        **named,
    )


def remake(
    place_: Place,
    outlet: Outlet = OUTLET,
    *,
    every: bool = False,
    keeps: bool = False,
    respects_opt_out: bool = True,
    since: date | None = None,
    until: date | None = None,
    jobs: int = 1,
    patience: float = 60.0,
    workers: type[Bulk] = Here,
) -> Rebuilt:
    """`scrapy rebuild tribun`, with the rules of an outlet."""
    origin = Origin.of(place_.uri, str(place_.state), {NAME: outlet}, respects_opt_out=respects_opt_out)
    said: list[str] = []
    with revise(place_, patience=patience) as revising, workers(origin, jobs) as making:
        work = Rebuilding(revising, outlet, making, every=every, tell=lambda _: None, complain=said.append)
        work.run(since, until)
        left = revising.finish({"sentence": "tribun: rebuilt.", "rows": work.count.rows}, keep=keeps)
    return Rebuilt(work.count, said, left)


def files(root: Path, *folders: str) -> dict[str, bytes]:
    """Files of an archive, those of the state folder aside."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in folders or ("articles", "dropped", "warc", "events", "jobs")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def rows(root: Path, folder: str = "articles") -> list[Row]:
    """Rows of the parts that count, in their order."""
    keys = (path.relative_to(root).as_posix() for path in (root / folder).rglob("*.jsonl.gz"))
    return [json.loads(line) for key in parts.current(keys) for line in lines_of(root / key)]


def revisions(root: Path) -> list[str]:
    """Folder and revision of every part there is."""
    keys = (path.relative_to(root).as_posix() for path in root.rglob("part-*.jsonl.gz"))
    found = filter(None, map(parts.part_of, keys))
    return sorted(f"{part.folder} {part.job} {part.extractor} {part.revision}".strip() for part in found)


def lines_of(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines()


def edit(root: Path, change: Any, folder: str = "articles") -> None:
    """Change the rows of all parts, as another program would."""
    for path in sorted((root / folder).rglob("*.jsonl.gz")):
        changed = [change(json.loads(line)) for line in lines_of(path)]
        path.write_bytes(gzip.compress(b"".join(map(line_of, changed))))


def ask(place_: Place, url: str) -> tuple[Known | None, list[Version]]:
    """What the catalog knows of an address, and of its article."""
    with closing(open_catalog(place_.state / "catalog.sqlite3", place_.catalog)) as catalog:
        found = catalog.known(url)
        return found, catalog.versions(found.article_id) if found and found.article_id else []


def content(root: Path) -> dict[str, list[bytes]]:
    """Uncompressed lines of the parts that count, by folder, day and job."""
    keys = (path.relative_to(root).as_posix() for path in root.rglob("part-*.jsonl.gz"))
    found = {}
    for key in parts.current(keys):
        part = parts.part_of(key)
        assert part
        if lines := lines_of(root / key):
            found[" ".join((part.folder, *part.unit))] = lines
    return dict(sorted(found.items()))
