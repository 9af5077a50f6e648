"""What a job says of itself: measured row by row, in memory that does not grow with the job."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.known import Announced
from archive.measures import SAMPLE, SHAPES, Document, Measures, shape
from archive.model import Article, Capture, RecordRef, Verdict
from archive.outcome import Outcome
from tests.lives import exchange, on_disk

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\n"


def row(number: int = 1, age: timedelta | None = timedelta(hours=2), **facts: object) -> Article:
    made = Article(
        url=f"https://contoh.test/{number}", captured=NOON, published=NOON - age if age is not None else None
    )
    made.set_text(["Satu dua tiga."] * number)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def measured(*articles: Article, removed: float | None = None) -> dict[str, object]:
    measures = Measures()
    for article in articles:
        measures.keep(Outcome(article=article, verdict=Verdict.ARTICLE, removed=removed))
    return measures.facts(0)


def test_a_job_without_articles_has_no_shares_and_is_ready_for_json() -> None:
    facts = Measures().facts(123)
    assert facts["articles"] == 0
    assert facts["fields"] == {}
    assert facts["text_by_rule"] is facts["words"] is facts["removed"] is facts["clock"] is None
    assert facts["warc_bytes"] == 123
    assert json.loads(json.dumps(facts)) == facts


def test_fields_text_and_languages_are_shares_and_counts_of_the_articles() -> None:
    facts = measured(
        row(1, title="Judul", authors=["Rina"], origins={"text": "rule"}, language="id"),
        row(2, title="Judul", origins={"text": "visible"}, language="id", complete=False),
        row(3, title="Judul", origins={"text": "rule"}, language="ms"),
        row(4, age=None, origins={"text": "rule"}),
        removed=0.25,
    )
    assert facts["fields"] == {
        "title": 0.75, "description": 0, "authors": 0.25, "editors": 0, "published": 0.75, "modified": 0, "section": 0,
        "tags": 0, "image": 0, "image_caption": 0, "place": 0, "source_credit": 0,
    }  # fmt: skip
    assert facts["text_by_rule"] == 0.75
    assert facts["removed"] == 0.25
    assert facts["languages"] == {"id": 2, "ms": 1, "unknown": 1}
    assert facts["incomplete"] == 1
    assert facts["words"] == [5.25, 7.5, 9.75]
    assert facts["paragraphs"] == [1.75, 2.5, 3.25]


def test_what_is_no_article_is_not_measured() -> None:
    measures = Measures()
    measures.keep(Outcome(article=row(), verdict=Verdict.VIDEO))
    assert measures.facts(0)["articles"] == 0


@pytest.mark.parametrize(
    ("hours", "name"),
    [
        (-7, "future"),
        (-0.1, "<1h"),
        (0.9, "<1h"),
        (1, "1-6h"),
        (23, "6-24h"),
        (24, "1-7d"),
        (200, ">7d"),
        (10_000_000, ">7d"),
    ],
)
def test_the_age_at_capture_has_its_place_and_clocks_may_differ_by_minutes(hours: float, name: str) -> None:
    facts = measured(row(age=timedelta(hours=hours)))
    assert {age: count for age, count in facts["lags"].items() if count} == {name: 1}  # type: ignore[attr-defined]


def test_an_edited_article_is_no_late_one() -> None:
    facts = measured(row(1), row(2, age=timedelta(days=7), version=2))
    assert facts["lag_hours"] == [2, 2, 2]
    assert sum(facts["lags"].values()) == 1  # type: ignore[attr-defined]


def test_the_sample_is_bounded_and_does_not_depend_on_the_order() -> None:
    rows = [replace(row(1), url=f"https://contoh.test/{n}", words=n) for n in range(3 * SAMPLE)]
    forth, back = measured(*rows), measured(*random.Random(1).sample(rows, len(rows)))
    assert forth == back
    assert forth["dated"] == SAMPLE
    assert forth["articles"] == 3 * SAMPLE
    assert forth["words"] == pytest.approx([750, 1500, 2250], rel=0.1)


def test_articles_of_one_instant_are_counted() -> None:
    assert measured(row(1), row(2), row(3, age=timedelta(hours=1)))["same_instant"] == 2


def test_documents_of_a_source_are_one_whatever_their_month_and_page_and_only_the_largest_are_told() -> None:
    assert shape("https://contoh.test/sitemap-2026-11.xml?page=2") == "https://contoh.test/sitemap-#-#.xml?page=#"
    measures = Measures()
    first = "https://contoh.test/sitemap-2026-11.xml"
    measures.announce(Announced(url="https://contoh.test/1", outlet="contoh", day="", at="", source=first))
    documents = [Document(first, 5, None), Document("https://contoh.test/sitemap-2026-10.xml", 0, "entries-limit: 9")]
    many = [Document(f"https://contoh.test/{'x' * number}", 0, None) for number in range(2 * SHAPES)]
    sources = measures.facts(0, [*documents, *many])["sources"]
    assert len(sources) == SHAPES
    found = {"documents": 2, "empty": 1, "announced": 5, "new": 1, "problem": "entries-limit"}
    assert sources["https://contoh.test/sitemap-#-#.xml"] == found


REF = RecordRef(url="", warc="w", offset=0, length=700, record_id="r", payload_digest="d")


def clock(*heads: bytes) -> dict[str, int] | None:
    measures = Measures()
    for head in heads:
        capture = Capture(url="https://contoh.test/", began=NOON, request=b"", response=HEAD + head, fetch_ms=1000)
        measures.capture(capture, HEAD + head, REF, None)
    found: dict[str, int] | None = measures.facts(0)["clock"]
    return found


def test_the_clock_is_compared_with_the_dates_of_answers() -> None:
    early, late = b"Date: Sun, 22 Nov 2026 11:30:01 GMT\r\n", b"Date: Sun, 22 Nov 2026 12:00:01 GMT\r\n"
    assert clock(early, late) == {"least": 0, "most": 1800, "answers": 2}
    assert clock(early + b"Age: 0\r\n") is not None
    assert clock(early + b"Age: 1799\r\n") is None


@pytest.mark.parametrize(
    "date", [b"", b"kemarin", b"Sun, 22 Nov 99999 12:00:00 GMT", b"Sun, 22 Nov 2026 12:00:00 -0000", b"\xff" * 90000]
)
def test_a_date_that_is_none_says_nothing_of_the_clock(date: bytes) -> None:
    assert clock(b"Date: " + date + b"\r\n") is None


def test_a_job_counts_its_records_revisits_and_what_they_saved(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    for revisits in (0, 1):
        job = place.job()
        ref = job.capture(exchange("https://contoh.test/a", b"<p>Halo</p>" * 50, etag='"1"'))
        facts = job.measured()
        job.finish({"measures": facts})
        assert (facts["records"], facts["revisits"]) == (1, revisits)
        assert facts["saved_bytes"] == (ref.length if revisits else 0)
        assert facts["warc_bytes"] == job.warc_bytes
    kept = place.job()
    assert [ended.facts["measures"]["revisits"] for ended in kept.catalog.ended("contoh", 9)] == [1, 0]
    kept.release()


def test_the_facts_of_a_large_job_are_small(article: Callable[..., Article]) -> None:
    measures, made = Measures(), article()
    for number in range(5000):
        measures.keep(Outcome(article=replace(made, url=str(number)), verdict=Verdict.ARTICLE))
    assert len(json.dumps(measures.facts(0))) < 2000
