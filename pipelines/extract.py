"""A fetched page to an article: pure, deterministic, and safe to run on anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from archive.model import Article, Verdict
from pipelines import verdicts
from pipelines.facts.fill import fill
from pipelines.page import paging
from pipelines.page.blocks import Removed
from pipelines.page.document import Document
from pipelines.page.jsonld import ARTICLES
from pipelines.page.markup import Limits, PageRefused, absolute, number, parse
from pipelines.rules import Rules
from pipelines.text import layouts
from pipelines.text.layouts import Text
from pipelines.text.prose import SENTENCE_END
from pipelines.verdicts import Signs

__all__ = ["EXTRACTOR", "Limits", "Page", "PageRefused", "extract", "join", "left_out"]

EXTRACTOR = "3"
"""Version of the extractor: it grows when the same bytes give another row."""

LIMITS = Limits()
# Facts that stand below the body, so on the last page of several.
_BELOW = ("authors", "editors", "source_credit", "syndicated_from", "tags", "image_caption")
_links = etree.XPath("count(//a[@href])")
_figures = etree.XPath("count(.//figure | .//img[not(ancestor::figure)])")


@dataclass(frozen=True, slots=True)
class Page:
    """What one fetched page gave."""

    verdict: Verdict
    reason: str
    """Why this verdict, in words."""
    article: Article
    """The facts of this page; id, outlet, captures, job and language are the caller's to fill in."""
    paragraphs: list[str] = field(default_factory=list)
    """This page's part of the text."""
    page: int = 1
    """Which page of the article it is, from 1."""
    pages: int = 1
    """Pages the outlet divided the article into; 1 for the answer to `page=all`."""
    number: str | None = None
    """The outlet's own article number, where the page shows it."""
    canonical: str | None = None
    """Absolute address that the page calls its own (RFC 6596)."""
    is_cut: bool = False
    """Did its bytes end before they were all there?"""
    shown: int = 0
    """Characters in the outlet's container before site lines were taken out; 0 where no rule found the text."""
    removed: list[Removed] = field(default_factory=list)
    """What stood in the container and is not in the text, when `extract` was asked to explain."""


def extract(
    html: bytes,
    url: str,
    rules: Rules,
    *,
    charset: str | None = None,
    captured: datetime | None = None,
    is_cut: bool = False,
    limits: Limits = LIMITS,
    explain: bool = False,
) -> Page:
    """Read one page.

    `html` is the payload after content decoding, `url` the address it came from (final, with its page number),
    `charset` the one of the HTTP header. `captured` is when it was fetched: "1 jam yang lalu" counts from then, and the
    layout of that day goes first; without it, the layout of today. `is_cut`: the coding of the payload ended early, and
    more was to come. With `explain` the page also says what was left out of the text. Raises PageRefused for a page
    beyond `limits`, and nothing else, whatever the bytes.
    """
    article = Article(url=url, captured=captured, extractor=EXTRACTOR, rules=rules.digest)
    root = parse(html, charset, limits)
    if root is None:
        article.complete = not is_cut
        return Page(Verdict.EMPTY, "no element on the page", article, is_cut=is_cut)
    document = Document(root, url, rules)
    text = layouts.find(document, captured, limits, explain=explain)
    body = text.body
    if body.paragraphs:
        article.origins["text"] = text.origin
    article.text_confidence = text.confidence
    fill(article, document, body, text.headline)
    page, pages = paging.find(document)
    article.pages, article.complete = pages, pages == 1 and not is_cut
    article.set_text(body.paragraphs)
    verdict, reason = verdicts.decide(_signs(document, text, article, page))
    links = document.select("link[rel~='canonical']::attr(href)")
    canonical = next((one for one in links if isinstance(one, str)), "")
    own = absolute(url, canonical) if canonical.strip() else None
    return Page(
        verdict=verdict,
        reason=reason,
        article=article,
        paragraphs=body.paragraphs,
        page=page,
        pages=pages,
        number=next(document.each("number"), None),
        canonical=own,
        is_cut=is_cut,
        shown=text.shown if text.origin == "rule" else 0,
        removed=[*text.removed, *body.removed] if explain else [],
    )


def join(pages: Iterable[Page]) -> Article:
    """One article out of its pages, in any order: the facts of the first, the text of all.

    Among them may be the answer to `page=all`. It stands for all pages when it says what page 1 says and more; then
    only its text counts. A page that repeats what is there already adds nothing, for some sites answer `?page=2` with
    everything. `complete` is True when every page from 1 to N is there, and none is cut off. Raises ValueError without
    pages.
    """
    ordered = sorted(pages, key=lambda page: page.page)
    if not ordered:
        raise ValueError("join needs a page")
    total = max(page.pages for page in ordered)
    parts = [page for page in ordered if page.pages > 1 or total == 1]
    first = parts[0]
    article = first.article.copy()
    text: list[str] = []
    there = set()
    used: list[Page] = []
    for page in parts:
        says_more = set(page.paragraphs) > set(first.paragraphs)
        if page.paragraphs[: len(text)] == text:
            fresh = page.paragraphs[len(text) :]
        else:
            fresh = [] if set(page.paragraphs) <= set(text) else page.paragraphs
        text += fresh
        used += [page] if fresh else []
        # An outlet that answers page 1 for every page has not shown the others.
        if fresh or says_more:
            there.add(page.page)
    complete = total == 1 or there >= set(range(1, total + 1))
    whole = max((page for page in ordered if page.pages == 1), key=lambda page: len(page.paragraphs), default=first)
    if total > 1 and whole.pages == 1 and _continues(first.paragraphs, whole.paragraphs):
        text, complete, used = whole.paragraphs, True, [whole]
    article.set_text(text)
    _vouch(article, used)
    article.pages, article.complete = total, complete and not any(page.is_cut for page in ordered)
    for page in ordered:
        for name in _BELOW:
            if not getattr(article, name) and getattr(page.article, name):
                setattr(article, name, getattr(page.article, name))
                article.origins[name] = page.article.origins[name]
    return article


def left_out(pages: Iterable[Page]) -> float | None:
    """Part of the outlet's containers that is not in the text, by characters, 0 to 1; None where no rule found it."""
    ruled = [page for page in pages if page.shown]
    shown = sum(page.shown for page in ruled)
    kept = sum(len(paragraph) for page in ruled for paragraph in page.paragraphs)
    return max(0.0, 1 - kept / shown) if shown else None


def _vouch(article: Article, used: list[Page]) -> None:
    """Say of a text of several pages what is true of all: the origin of the page that is least sure of its part."""
    unsure = [page for page in used if page.article.text_confidence is not None]
    least = min(unsure or used, key=lambda page: page.article.text_confidence or 0.0, default=None)
    if least:
        article.text_confidence = least.article.text_confidence
        if origin := least.article.origins.get("text"):
            article.origins["text"] = origin


def _continues(first: list[str], whole: list[str]) -> bool:
    """Is the whole more words than page 1, and most of page 1 in it? A line or two may differ between the two."""
    shared = len(set(first) & set(whole))
    return len(" ".join(whole).split()) > len(" ".join(first).split()) and 2 * shared >= len(set(first))


def _signs(document: Document, text: Text, article: Article, page: int) -> Signs:
    ruled = text.origin == "rule"
    contained = ruled and bool(text.containers)
    short = article.words < verdicts.PROSE
    sentences = (one for one in text.body.paragraphs if SENTENCE_END.search(one))
    return Signs(
        url=document.url,
        titles=document.titles,
        words=article.words if ruled else sum(len(one.split()) for one in sentences),
        all_words=article.words,
        ruled=contained,
        page=page,
        links=number(_links, document.root),
        figures=sum(number(_figures, one) for one in text.containers),
        # Of related articles' nodes alone, the page is none.
        types=document.types if document.node else document.types - ARTICLES,
        category=document.category,
        free=article.free,
        challenged=short and verdicts.is_challenge(document.root),
        login=short and verdicts.is_login(document.root, document.titles),
        asked=short and verdicts.is_consent(document.root),
        listed=not contained and verdicts.is_archive(document.root),
    )
