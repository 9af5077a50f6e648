"""What can become of an outlet: each changes what the next job brings."""

from __future__ import annotations

from datetime import timedelta

from archive.measures import Document
from tests.press import INDEX, NEWS, START, Fault, Haul

_ZONE = timedelta(hours=7)


def layout_changed(haul: Haul) -> None:
    """The generic path finds an article where the container was."""
    for article in haul.articles:
        article.origins = {"text": "visible"}


def text_collapsed(haul: Haul) -> None:
    """The container now holds a teaser of one paragraph."""
    for article in haul.articles:
        article.words, article.text = max(20, article.words // 6), "."


def authors_lost(haul: Haul) -> None:
    for article in haul.articles:
        article.authors = []


def dates_lost(haul: Haul) -> None:
    for article in haul.articles:
        article.published = None


def dates_of_one_instant(haul: Haul) -> None:
    for article in haul.articles:
        article.published = haul.at


def dates_of_long_ago(haul: Haul) -> None:
    for article in haul.articles:
        article.published = START - timedelta(days=9000)


def zone_ahead(haul: Haul) -> None:
    for article in haul.articles:
        article.published = article.published and article.published + _ZONE


def zone_behind(haul: Haul) -> None:
    for article in haul.articles:
        article.published = article.published and article.published - _ZONE


def frozen(haul: Haul) -> None:
    """Every source shows what it showed yesterday."""
    haul.articles, haul.dropped, haul.failed, haul.firsts = [], {}, {}, {}


def source_frozen(haul: Haul) -> None:
    haul.firsts = dict.fromkeys(haul.firsts, INDEX)


def source_gone(haul: Haul) -> None:
    source_frozen(haul)
    haul.documents[0] = Document(NEWS, 0, "answered HTTP 404")


def half_refused(haul: Haul) -> None:
    half = len(haul.articles) // 2
    haul.dropped["blocked"], haul.articles = len(haul.articles) - half, haul.articles[:half]


def walled(haul: Haul) -> None:
    haul.status, haul.finish, haul.articles, haul.dropped = 4, "blocked", [], {"blocked": 5}


def clock_ahead(haul: Haul) -> None:
    haul.clock = timedelta(minutes=30)


def clock_behind(haul: Haul) -> None:
    haul.clock = -timedelta(minutes=30)


def huge(haul: Haul) -> None:
    haul.documents[0] = Document(NEWS, 50_000, "entries-limit")


def hostile(haul: Haul) -> None:
    haul.documents[0] = Document(NEWS, 0, "gzip-bomb: the first 300000 of 300000 bytes made 60000001")


def pages_empty(haul: Haul) -> None:
    haul.dropped["empty"] += len(haul.articles)
    haul.articles = []


def all_kept_at_once(haul: Haul) -> None:
    """A hundred times as many as there were."""
    haul.articles = haul.articles * 100


FAULTS: tuple[tuple[Fault, str, int, int], ...] = (
    (layout_changed, "layout", 8, 4),
    (text_collapsed, "layout", 8, 4),
    (authors_lost, "field-lost", 12, 4),
    (dates_lost, "dates", 8, 3),
    (dates_of_one_instant, "dates", 12, 3),
    (dates_of_long_ago, "dates", 8, 3),
    (zone_ahead, "dates", 8, 0),
    (zone_behind, "dates", 12, 0),
    (frozen, "silent", 24, 2),
    (source_frozen, "source-lost", 24, 3),
    (source_gone, "source-lost", 6, 5),
    (half_refused, "wall", 8, 3),
    (walled, "wall", 1, 1),
    (clock_ahead, "clock", 1, 1),
    (clock_behind, "clock", 1, 1),
    (huge, "huge", 1, 1),
    (hostile, "huge", 1, 1),
    (pages_empty, "verdicts", 8, 3),
    (all_kept_at_once, "volume", 24, 2),
)
"""Fault, the alarm that it raises, and within how many hourly and daily jobs; 0 where no number of them would."""
