"""What a job came to, measured while it goes on: counters and one sample, whatever its size."""

from __future__ import annotations

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from statistics import quantiles
from typing import Any, NamedTuple

from archive import message
from archive.known import Announced
from archive.model import Article, Capture, RecordRef, Verdict
from archive.outcome import Outcome

FIELDS = (
    "title",
    "description",
    "authors",
    "editors",
    "published",
    "modified",
    "section",
    "tags",
    "image",
    "image_caption",
    "place",
    "source_credit",
)
"""Of which of them a job is asked how often they are there."""
SAMPLE = 1000
"""Articles that quartiles are made of: those whose addresses have the smallest digests, in whatever order they came."""
SHAPES = 40
"""Kinds of source documents that are told apart; those that announce most."""
_SLACK = 1 / 6
"""Hours that a clock may be ahead of ours before what it says is the future."""
BOUNDS = ((1, "<1h"), (6, "1-6h"), (24, "6-24h"), (7 * 24, "1-7d"))
"""Hours from publication to capture, and what is below them and not below the ones before."""
_AGES = ("future", *(name for _, name in BOUNDS), ">7d", "unknown")


class Document(NamedTuple):
    """What one document of a source brought."""

    url: str
    announced: int
    """Addresses on it."""
    problem: str | None
    """Why it brought less than it could, if so; a name, or a name and a colon before the rest."""


class _Read(NamedTuple):
    """One article of the sample."""

    words: int
    paragraphs: int
    lag: float | None
    """Hours from publication to capture."""
    published: str | None


class Measures:
    """The measures of one job, as later jobs are compared with them. Not safe for threads."""

    def __init__(self) -> None:
        self._articles = 0
        self._sample: list[tuple[int, int, _Read]] = []
        self._present: Counter[str] = Counter()
        self._ruled = self._incomplete = 0
        self._removed: tuple[float, int] = (0.0, 0)
        self._lags: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._new: Counter[str] = Counter()
        self._records = self._revisits = self._saved = self._bytes = 0
        self._clock: tuple[float, float, int] | None = None

    def keep(self, outcome: Outcome) -> None:
        """Measure a row that is kept; only articles count."""
        if outcome.verdict is not Verdict.ARTICLE:
            return
        article = outcome.article
        self._articles += 1
        self._present.update(name for name in FIELDS if getattr(article, name))
        self._ruled += article.origins.get("text") == "rule"
        self._incomplete += not article.complete
        self._languages[article.language or "unknown"] += 1
        if outcome.removed is not None:
            self._removed = (self._removed[0] + outcome.removed, self._removed[1] + 1)
        lag = _lag(article)
        if article.version == 1:  # a later one was captured long after the article appeared
            self._lags[_age(lag)] += 1
        self._draw(article, lag if article.version == 1 else None)

    def announce(self, announced: Announced) -> None:
        """Count an address that nobody had announced before."""
        self._new[shape(announced.source)] += 1

    def capture(self, capture: Capture, head: bytes, ref: RecordRef, earlier: RecordRef | None) -> None:
        """Count an exchange that is kept; `ref` is where its payload lies, `earlier` where it could have lain."""
        self._records += 1
        self._bytes += len(capture.response)
        if earlier is not None and ref == earlier:
            self._revisits += 1
            self._saved += earlier.length
        if (ahead := _ahead(capture, head)) is not None:
            least, most, answers = self._clock or (ahead, ahead, 0)
            self._clock = (min(least, ahead), max(most, ahead), answers + 1)

    def facts(self, warc_bytes: int, documents: Iterable[Document] = ()) -> dict[str, Any]:
        """Everything, ready for JSON; shares are 0 to 1, and null where there is nothing to have a share of."""
        sample = [read for _, _, read in self._sample]
        dated = [read for read in sample if read.published]
        lags = [read.lag for read in sample if read.lag is not None]
        one = max(Counter(read.published for read in dated).values(), default=0)
        removed, told = self._removed
        clock = self._clock
        return {
            "articles": self._articles,
            "fields": {name: _share(self._present[name], self._articles) for name in FIELDS if self._articles},
            "text_by_rule": _share(self._ruled, self._articles),
            "words": _quartiles([read.words for read in sample]),
            "paragraphs": _quartiles([read.paragraphs for read in sample]),
            "removed": _share(removed, told),
            "lag_hours": _quartiles(lags),
            "youngest_hours": round(min(lags), 3) if lags else None,
            "lags": {name: self._lags[name] for name in _AGES},
            "dated": len(dated),
            "same_instant": one,
            "languages": dict(sorted(self._languages.items())),
            "incomplete": self._incomplete,
            "new": sum(self._new.values()),
            "sources": self._sources(documents),
            "clock": {"least": round(clock[0]), "most": round(clock[1]), "answers": clock[2]} if clock else None,
            "warc_bytes": warc_bytes,
            "bytes": self._bytes,
            "records": self._records,
            "revisits": self._revisits,
            "saved_bytes": self._saved,
        }

    def _draw(self, article: Article, lag: float | None) -> None:
        digest = hashlib.sha256(f"{article.url} {article.version}".encode(errors="replace")).digest()
        order = -int.from_bytes(digest[:8], "big")
        published = article.published.isoformat() if article.published else None
        read = _Read(article.words, article.text.count("\n\n") + bool(article.text), lag, published)
        put = heapq.heappush if len(self._sample) < SAMPLE else heapq.heappushpop
        put(self._sample, (order, self._articles, read))

    def _sources(self, documents: Iterable[Document]) -> dict[str, dict[str, Any]]:
        """Shape of address -> documents, those of them that gave nothing, addresses, new ones, and a problem."""
        found: dict[str, dict[str, Any]] = {}
        for document in documents:
            name = shape(document.url)
            entry = found.setdefault(name, {"documents": 0, "empty": 0, "announced": 0, "new": 0, "problem": None})
            entry["documents"] += 1
            entry["empty"] += not document.announced
            entry["announced"] += document.announced
            if document.problem:
                entry["problem"] = document.problem.partition(":")[0][:80]
        for name, entry in found.items():
            entry["new"] = self._new[name]
        most = sorted(found.items(), key=lambda item: (-item[1]["announced"], item[0]))
        return dict(most[:SHAPES])


def shape(url: str) -> str:
    """The address of a source's document without its numbers: that of every month, day and page is the same."""
    return re.sub(r"[0-9]+", "#", url)[:200]


def _lag(article: Article) -> float | None:
    if article.published is None or article.captured is None:
        return None
    return (article.captured - article.published) / timedelta(hours=1)


def _age(lag: float | None) -> str:
    if lag is None:
        return "unknown"
    if lag < -_SLACK:
        return "future"
    return next((name for hours, name in BOUNDS if lag < hours), ">7d")


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _quartiles(values: list[Any]) -> list[float] | None:
    if not values:
        return None
    return [round(value, 2) for value in (quantiles(values, method="inclusive") if len(values) > 1 else values * 3)]


def _ahead(capture: Capture, head: bytes) -> float | None:
    """Seconds that our clock is ahead of the Date of an answer (RFC 9110, section 6.6.1).

    None for an answer without one, and for one that a cache says to have had for a while (RFC 9111, section 5.1).
    """
    if any(age.strip(b"0") for age in message.header_values(head, "Age")):
        return None
    for value in message.header_values(head, "Date")[:1]:
        try:
            said = parsedate_to_datetime(value.decode("latin-1"))
            return (capture.began - said).total_seconds() + (capture.fetch_ms or 0) / 1000
        except (ValueError, TypeError, OverflowError):  # a date without a zone, of a month 13, of the year 99999
            return None
    return None
