"""Outlets that publish day and night for months, as a seed has it, and the jobs that collect them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from archive.known import Announced, Ended
from archive.measures import Document, Measures
from archive.model import Article, Capture, RecordRef, Verdict
from archive.outcome import Outcome

START = datetime(2026, 1, 5, tzinfo=UTC)
HOLIDAYS = range(40, 44)
"""Days on which most of the newsroom is away."""
NEWS, INDEX = "https://contoh.test/sitemap-news.xml", "https://contoh.test/index?page=1"
REF = RecordRef(url=NEWS, warc="w", offset=0, length=1000, record_id="r", payload_digest="d")


@dataclass(kw_only=True)
class Haul:
    """What one job is about to bring: a fault changes it."""

    at: datetime
    articles: list[Article]
    dropped: dict[str, int]
    failed: dict[str, int]
    documents: list[Document]
    firsts: dict[str, str] = field(default_factory=dict)
    """Address -> document that named it first."""
    status: int = 0
    finish: str = "finished"
    clock: timedelta = timedelta(0)
    """How far the machine is ahead."""


Fault = Callable[[Haul], None]


@dataclass(kw_only=True)
class Press:
    """One outlet and its schedule."""

    seed: int
    a_day: float = 100.0
    every: timedelta = timedelta(hours=1)
    weekend: float = 0.5
    night: float = 0.05
    growth: float = 1.0
    """Of a year."""
    authors: float = 0.8
    announced: int = 100

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.number = 0
        self.now = START
        self.unseen: list[datetime] = []

    def jobs(self, count: int, fault: Fault = lambda _: None) -> Iterator[Ended]:
        """The next jobs, all of them with the fault; their alarms are the caller's to note."""
        for _ in range(count):
            jitter = timedelta(seconds=self.draw.uniform(-120, 120))
            before, self.now = self.now, self.now + self.every + jitter
            if self.draw.random() < 0.004:  # the machine was off
                self.now += self.draw.choice((1, 3, 12, 60)) * self.every
            self.unseen += self._published(before, self.now)
            haul = self._haul()
            fault(haul)
            yield self.ended(haul)

    def ended(self, haul: Haul) -> Ended:
        """What the catalog will know of the job."""
        measures = Measures()
        for article in haul.articles:
            measures.keep(Outcome(article=article, verdict=Verdict.ARTICLE, removed=self.draw.betavariate(2, 20)))
        for url, source in haul.firsts.items():
            measures.announce(Announced(url=url, outlet="contoh", day="", at="", source=source))
        for _ in range(6):
            date = (haul.at - haul.clock).strftime("%a, %d %b %Y %H:%M:%S GMT")
            head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\n\r\n".encode()
            made = Capture(url=NEWS, began=haul.at, request=b"", response=head)
            measures.capture(made, head, REF, None)
        kept = len(haul.articles)
        fetched = kept + sum(haul.dropped.values()) + sum(haul.failed.values())
        counts = {
            "announced": sum(document.announced for document in haul.documents),
            "kept": kept,
            "fetched": fetched,
            "dropped": haul.dropped,
            "failed": haul.failed,
        }
        self.number += 1
        began = haul.at - timedelta(seconds=90)
        facts = {"finish": haul.finish, "status": haul.status, "arguments": {}, "counts": counts}
        facts["measures"] = measures.facts(10_000 * kept, haul.documents)
        job = f"{began:%Y%m%d%H%M%S}-{self.number:06x}"
        return Ended(job=job, outlet="contoh", at=haul.at.isoformat(), facts=facts)

    def _rate(self, at: datetime) -> float:
        """Articles an hour, by the clock of Jakarta."""
        local = at + timedelta(hours=7)
        hour = self.night if local.hour < 5 else 0.4 if local.hour < 8 or local.hour >= 21 else 1.4
        day = self.weekend if local.weekday() >= 5 else 1.0
        holiday = 0.3 if (at - START).days % 90 in HOLIDAYS else 1.0
        return self.a_day / 24 * hour * day * holiday * float(self.growth ** ((at - START).days / 365))

    def _published(self, since: datetime, until: datetime) -> list[datetime]:
        at, found, step = since, [], timedelta(minutes=20)
        while at < until:
            rate = self._rate(at) / 3
            while rate > 0 and (rate := rate - self.draw.expovariate(1.0)) > 0:
                found.append(at + self.draw.random() * step)
            at += step
        return found

    def _haul(self) -> Haul:
        draw = self.draw
        news_fails = draw.random() < 0.02
        index_fails = draw.random() < 0.05  # the slow one
        due = [] if news_fails and index_fails else [at for at in self.unseen if at < self.now - timedelta(minutes=4)]
        self.unseen = [at for at in self.unseen if at not in set(due)]
        mood = draw.betavariate(12 * self.authors, 12 * (1 - self.authors))
        articles, dropped, failed = [], dict.fromkeys(("video", "gallery", "empty", "not-found"), 0), {"timeout": 0}
        firsts: dict[str, str] = {}
        for at in due:
            url = f"https://contoh.test/{len(firsts)}-{at.timestamp()}"
            firsts[url] = INDEX if news_fails else NEWS
            odd = draw.random()
            if odd < 0.08:
                dropped["video" if odd < 0.05 else "gallery" if odd < 0.07 else "empty"] += 1
            elif odd < 0.1:
                failed["timeout"] += 1
            else:
                articles.append(self._article(url, at, mood))
        dropped["not-found"] += draw.random() < 0.03
        documents = [
            Document(NEWS, 0, "timeout") if news_fails else Document(NEWS, self.announced, None),
            Document(INDEX, 0, "timeout") if index_fails else Document(INDEX, 20, None),
        ]
        return Haul(at=self.now, articles=articles, dropped=dropped, failed=failed, documents=documents, firsts=firsts)

    def _article(self, url: str, published: datetime, mood: float) -> Article:
        draw = self.draw
        article = Article(outlet="contoh", url=url, title="Judul", captured=self.now, published=published)
        article.words = max(25, round(draw.lognormvariate(5.6, 0.5)))
        article.text = "\n\n".join("." * max(1, round(article.words / draw.uniform(18, 32))))
        article.authors = ["Rina"] if draw.random() < mood else []
        article.tags = ["pasar"] if draw.random() < 0.9 else []
        article.image_caption = "Pasar" if draw.random() < 0.6 else None
        article.place = "SOLO" if draw.random() < 0.3 else None
        article.language = "id" if draw.random() < 0.99 else "ms"
        article.origins = {"text": "rule" if draw.random() < 0.99 else "visible"}
        if draw.random() < 0.002:
            article.published = None
        return article


def with_alarms(ended: Ended, found: list[Any]) -> Ended:
    """The job as it is remembered."""
    return replace(ended, facts=ended.facts | {"alarms": [alarm._asdict() for alarm in found]})
