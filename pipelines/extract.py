"""A fetched page to an article: pure, deterministic, and safe to run on anything."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from lxml import etree
from lxml.etree import _Element as Element

from archive.model import Article, Verdict
from pipelines import blocks, boilerplate, facts, paging, verdicts
from pipelines.boilerplate import Body
from pipelines.document import Document
from pipelines.headline import headlines
from pipelines.markup import Limits, PageRefused, absolute, number, parse, select
from pipelines.rules import Layout, Rules
from pipelines.verdicts import Signs

__all__ = ["EXTRACTOR", "Limits", "Page", "PageRefused", "extract", "join"]

EXTRACTOR = "1"
"""Version of the extractor: it grows when the same bytes give another row."""

# A container with fewer words than this is not where the article is any more.
_IMPLAUSIBLE = 20
LIMITS = Limits()
_SENTENCE_END = re.compile(r"[.!?…:;\"”’)\]]$")
# Facts that stand below the body, so on the last page of several.
_BELOW = ("authors", "editors", "source_credit", "syndicated_from", "tags", "image_caption")
_elements = etree.XPath("count(//*)")
_links = etree.XPath("count(//a[@href])")
_figures = etree.XPath("count(.//figure | .//img[not(ancestor::figure)])")
_challenges = etree.XPath(
    "boolean(//form[@id='challenge-form'] | //*[@id='challenge-error-text' or @id='cf-wrapper']"
    " | //script[contains(@src, '/cdn-cgi/challenge-platform/')])"
)


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


def extract(
    html: bytes,
    url: str,
    rules: Rules,
    *,
    charset: str | None = None,
    captured: datetime,
    limits: Limits = LIMITS,
) -> Page:
    """Read one page.

    `html` is the payload after content decoding, `url` the address it came from (final, with its page number),
    `charset` the one of the HTTP header. Raises PageRefused for a page beyond `limits`, and nothing else, whatever the
    bytes.
    """
    article = Article(url=url, captured=captured, extractor=EXTRACTOR, rules=_digest(rules))
    root = parse(html, charset, limits)
    if root is None:
        return Page(Verdict.EMPTY, "no element on the page", article)
    layout, containers = _layout(root, rules, captured)
    document = Document(root, url, rules, layout)
    body = _body(document, containers, article, limits)
    facts.fill(article, document, body)
    page, pages = paging.find(root, url, layout.pager if layout else (), document.meta)
    article.pages, article.complete = pages, pages == 1
    article.set_text(body.paragraphs)
    verdict, reason = verdicts.decide(_signs(document, body, containers, article, page))
    canonical = next((one for one in select(root, "link[rel~='canonical']::attr(href)") if isinstance(one, str)), "")
    own = absolute(url, canonical) if canonical.strip() else None
    return Page(verdict, reason, article, body.paragraphs, page, pages, next(document.each("number"), None), own)


def join(pages: Iterable[Page]) -> Article:
    """One article out of its pages, in any order: the facts of the first, the text of all.

    Among them may be the answer to `page=all`. It stands for all pages when it says what page 1 says and more; then
    only its text counts. A page that repeats what is there already adds nothing, for some sites answer `?page=2` with
    everything. `complete` is True when every page from 1 to N is there. Raises ValueError without pages.
    """
    ordered = sorted(pages, key=lambda page: page.page)
    if not ordered:
        raise ValueError("join needs a page")
    total = max(page.pages for page in ordered)
    parts = [page for page in ordered if page.pages > 1 or total == 1]
    first = parts[0]
    article = copy.deepcopy(first.article)
    text: list[str] = []
    there = set()
    for page in parts:
        says_more = set(page.paragraphs) > set(first.paragraphs)
        if page.paragraphs[: len(text)] == text:
            fresh = page.paragraphs[len(text) :]
        else:
            fresh = [] if set(page.paragraphs) <= set(text) else page.paragraphs
        text += fresh
        # An outlet that answers page 1 for every page has not shown the others.
        if fresh or says_more:
            there.add(page.page)
    complete = total == 1 or there >= set(range(1, total + 1))
    whole = max((page for page in ordered if page.pages == 1), key=lambda page: len(page.paragraphs), default=first)
    if total > 1 and whole.pages == 1 and _continues(first.paragraphs, whole.paragraphs):
        text, complete = whole.paragraphs, True
    article.set_text(text)
    article.pages, article.complete = total, complete
    for page in ordered:
        for name in _BELOW:
            if not getattr(article, name) and getattr(page.article, name):
                setattr(article, name, getattr(page.article, name))
                article.origins[name] = page.article.origins[name]
    return article


def _continues(first: list[str], whole: list[str]) -> bool:
    """Is the whole more words than page 1, and most of page 1 in it? A line or two may differ between the two."""
    shared = len(set(first) & set(whole))
    return len(" ".join(whole).split()) > len(" ".join(first).split()) and 2 * shared >= len(set(first))


@lru_cache(maxsize=64)
def _digest(rules: Rules) -> str:
    return rules.digest


def _layout(root: Element, rules: Rules, captured: datetime) -> tuple[Layout | None, list[Element]]:
    """The layout whose container is on the page, and its containers; of several the one of the day of capture."""
    day = captured.date()

    def distance(layout: Layout) -> tuple[bool, float]:
        """Layouts that had ended by then come last; among the others the first to end is the one of its time."""
        return bool(layout.until and layout.until < day), layout.until.toordinal() if layout.until else float("inf")

    layouts = sorted(rules.layouts, key=distance)
    for layout in layouts:
        found = [one for one in select(root, layout.body) if not isinstance(one, str)]
        if found:
            return layout, blocks.outermost(root, found) if len(found) > 1 else found
    return (layouts[0] if layouts else None), []


def _body(document: Document, containers: list[Element], article: Article, limits: Limits) -> Body:
    """The text out of the outlet's containers or, where they hold no article, as trafilatura finds it."""
    title = next((title for _, title in headlines(document)), None)
    body = _ruled(document, containers, title)
    origin = "rule"
    if _words(body) < _IMPLAUSIBLE and not _says_it_is_none(document):
        if (elements := number(_elements, document.root)) > limits.fallback:
            raise PageRefused("fallback", f"{elements} elements, and none of them a container that we know")
        guessed = _guessed(document, title)
        if _words(guessed) > 2 * _IMPLAUSIBLE:
            body, origin = guessed, "trafilatura"
    if body.paragraphs:
        article.origins["text"] = origin
    return body


def _words(body: Body) -> int:
    return sum(len(paragraph.split()) for paragraph in body.paragraphs)


def _ruled(document: Document, containers: list[Element], title: str | None) -> Body:
    read: list[blocks.Block] = []
    drop = document.layout.drop if document.layout else ()
    # On a page with many containers the selectors are run once, on the whole of it.
    scope = containers[0] if len(containers) == 1 else document.root
    dropped = {one for css in drop for one in select(scope, css) if not isinstance(one, str)}
    for container in containers:
        read += blocks.read(container, dropped)
    return boilerplate.strip(read, document.rules.boilerplate, title)


def _guessed(document: Document, title: str | None) -> Body:
    """The text as trafilatura finds it. `deduplicate` stays off: it remembers other documents."""
    # Imported only when needed: a second that outlets with rules need not pay.
    import lxml.html  # noqa: PLC0415
    from trafilatura import bare_extraction  # noqa: PLC0415

    # It warns of every page that it finds no article on, which is what we ask it about.
    logging.getLogger("trafilatura").setLevel(logging.ERROR)
    source = etree.tostring(document.root, encoding="utf-8", method="html")
    tree = lxml.html.document_fromstring(source, parser=lxml.html.HTMLParser(encoding="utf-8"))
    found = bare_extraction(tree, favor_precision=True, include_comments=False, include_tables=True)
    if found is None or isinstance(found, dict) or found.body is None:
        return Body()
    return boilerplate.strip(blocks.read(found.body), document.rules.boilerplate, title)


def _says_it_is_none(document: Document) -> bool:
    """Does the page say of itself that there is no article on it, so that guessing one would be wrong?"""
    verdict, _ = verdicts.decide(Signs(url=document.url, types=document.types, category=document.category))
    # Of an outlet without rules nobody knows yet whether there is prose beside its film.
    film = verdict in {Verdict.GALLERY, Verdict.VIDEO} and document.layout is not None
    return film or verdict is Verdict.LISTING


def _signs(document: Document, body: Body, containers: list[Element], article: Article, page: int) -> Signs:
    ruled = article.origins.get("text") != "trafilatura"
    prose = [one for one in body.paragraphs if ruled or _SENTENCE_END.search(one)]
    return Signs(
        url=document.url,
        titles=tuple(document.titles()),
        words=len(" ".join(prose).split()),
        all_words=article.words,
        ruled=ruled and bool(containers),
        page=page,
        links=number(_links, document.root),
        figures=sum(number(_figures, one) for one in containers),
        types=document.types,
        category=document.category,
        free=article.free,
        challenged=article.words < verdicts.PROSE and bool(_challenges(document.root)),
    )
