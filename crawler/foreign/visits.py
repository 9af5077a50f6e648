"""Captures of others as visits: which pages belong to one look at an article, and what they make together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive import optout
from archive.model import Article, RecordRef, Verdict
from archive.outcome import Outcome
from crawler.coding import unpacked
from crawler.frontier import Target
from crawler.judgement import CUT_SHORT, Judgement, by_pages, respect
from crawler.rereading import finished, page_call, place, response_of, whole
from crawler.visit import Visit
from pipelines.extract import EXTRACTOR, Page, extract, left_out

if TYPE_CHECKING:
    from datetime import datetime

    from archive.foreign.shelf import Put
    from crawler.outlet import Outlet

PLAIN, ALL = 0, -1
"""Labels of the page without a page number, and of the one that is to show all pages; others are their numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """One answer, as a worker is given it."""

    url: str
    label: int
    head: bytes
    payload: bytes
    """Content coding kept."""
    began: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a visit came to, as far as its own pages tell."""

    article: Article
    judgement: Judgement
    used: tuple[int, ...]
    """Of its answers those that the article is made from, in reading order."""
    address: str
    """Canonical address of the article; of what is none, that of its first page."""
    removed: float | None
    """`Outcome.removed`."""
    is_cut: bool = False
    """Does something of it lack because the body of a page was cut off?"""
    uncut: Made | None = None
    """Of one that is cut: what the whole pages before the half one make; None where the first page is that one."""


def label_of(outlet: Outlet, url: str) -> int:
    """Which page of its article an address asks for."""
    parts = urlsplit(url).query.split("&")
    if outlet.all_pages and outlet.all_pages in parts:
        return ALL
    for part in parts:
        name, _, value = part.partition("=")
        if name == outlet.page_param and value.isascii() and value.isdecimal():
            number = int(value[:6])
            return number if number > 1 else PLAIN
    return PLAIN


def visits(outlet: Outlet, puts: Iterable[Put]) -> Iterator[list[Put]]:
    """The captures of an outlet by visits, each begun by its first page; `puts` has those of one key together.

    A further page belongs to the first page that was captured last before it; of the same page captured twice in
    between, the first counts. Errors and redirects stand alone, and those of a further page say nothing.
    """
    for _, group in groupby(puts, key=lambda put: put.key):
        pages = []
        for put in group:
            label = label_of(outlet, put.url)
            if put.status == 200:
                pages.append((label, put))
            elif label == PLAIN:
                yield [put]
        if pages:
            yield from _windows(pages)


def _windows(pages: list[tuple[int, Put]]) -> Iterator[list[Put]]:
    labels = {label for label, _ in pages}
    first = PLAIN if PLAIN in labels else min(labels)  # the one with all pages, or the lowest number
    heads = [at for at, (label, _) in enumerate(pages) if label == first]
    for begin, end in pairwise([0, *heads[1:], len(pages)]):
        window = dict(reversed(pages[begin:end]))
        yield [window.pop(first), *(window[label] for label in sorted(window))]


def read(answers: Sequence[Bytes], name: str, outlet: Outlet, *, respects_opt_out: bool) -> Made:
    """What the answers of a visit make, the first page first, as a crawl makes it.

    Raises PageRefused, CodingError, DownloadCancelledError.
    """
    made, halves = _read(answers, name, outlet, respects_opt_out=respects_opt_out)
    if made.article.complete or not halves:
        return made
    if 0 in halves:
        return replace(made, is_cut=True)
    sound = [at for at in range(len(answers)) if at not in halves]
    some = [answers[at] for at in sound]
    uncut, _ = _read(some, name, outlet, respects_opt_out=respects_opt_out, is_over=False)
    return replace(made, is_cut=True, uncut=replace(uncut, used=tuple(sound[at] for at in uncut.used)))


def _read(
    answers: Sequence[Bytes], name: str, outlet: Outlet, *, respects_opt_out: bool, is_over: bool = True
) -> tuple[Made, set[int]]:
    """What they make, halves included, and which of those that are asked for are halves.

    `is_over` is false where another look may bring more, whatever they say.
    """
    head, by_label = answers[0], {answer.label: at for at, answer in enumerate(answers)}
    canonical = outlet.canonical(head.url)
    visit = Visit(Target(canonical, head.url), outlet.all_pages, outlet.page_param, canonical)
    visit.query = outlet.all_pages if head.label == ALL else None
    at: int | None = 0
    halves: set[int] = set()
    while True:
        page = _page(answers[at], head.began, outlet) if at is not None else None
        is_half = isinstance(page, Page) and page.is_cut
        if at is not None and is_half:
            halves.add(at)
        if isinstance(page, Judgement) and not visit.pages:
            article = Article(extractor=EXTRACTOR, rules=outlet.rules.digest)
            return Made(article=article, judgement=page, used=(0,), address=canonical, removed=None), halves
        if not visit.take(page if isinstance(page, Page) else None, _numbered(at)):
            break
        at = by_label.get(ALL if visit.asks_all else visit.number)
    is_final = is_over and page is not None and page.verdict not in CUT_SHORT and not is_half
    return _assembled(visit, name, outlet, final=is_final, respects_opt_out=respects_opt_out), halves


def _page(answer: Bytes, captured: datetime, outlet: Outlet) -> Page | Judgement:
    call = page_call(unpacked(response_of(answer.url, answer.head, answer.payload)))
    if isinstance(call, Judgement):
        return call
    page = extract(call.body, call.url, outlet.rules, charset=call.charset, captured=captured, is_cut=call.is_cut)
    page.article.opt_out = optout.all_signals(page.article.opt_out, answer.head, ())
    return page


def _numbered(at: int | None) -> RecordRef:
    """Stands for the record of an answer, which is not written yet."""
    return RecordRef(url="", warc="", offset=at or 0, length=0, record_id="", payload_digest="")


def _assembled(visit: Visit, name: str, outlet: Outlet, *, final: bool, respects_opt_out: bool) -> Made:
    first, article = visit.pages[0], whole(visit.pages)
    judgement, address = by_pages(visit, article, final=final), visit.url
    if judgement.verdict is Verdict.ARTICLE:
        address = place(article, name, outlet, visit.url, first)
        if respects_opt_out:
            judgement = respect(article, judgement)
    finished(Outcome(article=article, verdict=judgement.verdict, reason=judgement.reason))
    used = tuple(record.offset for record in visit.records)
    return Made(article=article, judgement=judgement, used=used, address=address, removed=left_out(visit.pages))
