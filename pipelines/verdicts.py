"""What a page is, from what was seen on it. HTTP statuses are the caller's business."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from archive.model import Verdict
from pipelines.jsonld import ARTICLES

# Fewer words of prose beside a film, or beside pictures, are its caption.
PROSE = 80
# Shorter texts are no article, whatever the page says of itself.
_SENTENCE = 8
_TEASER = 60
_PICTURES = 5
_LINKS = 30

_CHALLENGE = re.compile(
    r"(?:just a moment|attention required|checking your browser.{0,60}|access (?:is )?denied|akses ditolak"
    r"|(?:error )?403|(?:403 )?forbidden|are you (?:a )?(?:human|robot)|verify you are human|request unsuccessful"
    r"|pardon our interruption|ddos protection.{0,30}|please wait|security check)(?: ?[.!?|:–-].{0,60})?"
    r"|.{1,40} [-|] (?:error )?403",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"(?:error )?404(?: ?[.!|:–-].{0,60}| (?:error|not found|page|halaman|file)\b.{0,60})?|.{0,60}\berror 404"
    r"|.{0,60}\b404 not found|.{1,40} [-|] 404|(?:page |halaman |berita |artikel )?not found(?: ?[.!|:–-].{0,60})?"
    r"|.{0,40}\b(?:halaman|laman|berita|artikel|konten)\b.{0,40}\btidak (?:dapat )?(?:ditemukan|tersedia)\b.{0,40}"
    r"|tidak ditemukan",
    re.IGNORECASE,
)
_LISTING_TITLE = re.compile(
    r"indeks\b|kumpulan (?:berita|artikel)\b|topi[ck]s? ?:|tags? ?:|arsip (?:berita|artikel)\b|hasil pencarian\b"
    r"|berita (?:terbaru|terkini|harian|tentang)\b",
    re.IGNORECASE,
)
_LISTING_CATEGORIES = frozenset(("tag", "tags", "index", "indeks", "topik", "topic", "search", "author"))
_LISTINGS = frozenset(("CollectionPage", "ItemList", "SearchResultsPage", "ProfilePage"))
_GALLERIES = frozenset(("ImageGallery", "MediaGallery"))
_VIDEOS = frozenset(("VideoObject",))
_GALLERY_PATH = re.compile(r"^/(?:foto|photo|photos|galeri|gallery|images|foto-foto)(?:/|$)")
_VIDEO_PATH = re.compile(r"^/(?:video|videos|tv)(?:/|$)")
_VIDEO_HOST = re.compile(r"^(?:video|tv)\.")


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What `decide` goes by."""

    url: str
    titles: tuple[str, ...] = ()
    """<title> and h1, as they stand."""
    words: int = 0
    """Words of the body, site lines taken off. Without the outlet's container only those in sentences."""
    all_words: int = 0
    """The same, sentences or not."""
    ruled: bool = True
    """Do they come from the outlet's own container?"""
    page: int = 1
    """Which page of an article it would be: a last page may be short."""
    links: int = 0
    """Links on the page."""
    figures: int = 0
    """Pictures in the container."""
    types: set[str] = field(default_factory=set)
    """Types of the page's JSON-LD."""
    category: str | None = None
    """content_category of the KG data layer."""
    free: bool | None = None
    """isAccessibleForFree."""
    challenged: bool = False
    """Has the page the elements of a challenge?"""


def decide(signs: Signs) -> tuple[Verdict, str]:
    """The verdict, and the reason in words for whoever wonders."""
    for rule in (_wall, _soft_404, _listing, _gallery, _video, _paywall, _empty):
        if found := rule(signs):
            return found
    return Verdict.ARTICLE, f"{signs.words} words of prose"


def _wall(signs: Signs) -> tuple[Verdict, str] | None:
    if signs.words >= PROSE:
        return None
    title = _first(_CHALLENGE.fullmatch, signs.titles)
    if title or signs.challenged:
        return Verdict.BLOCKED, f"a challenge or a wall: {title or 'challenge form'}"
    return None


def _soft_404(signs: Signs) -> tuple[Verdict, str] | None:
    title = _first(_MISSING.fullmatch, signs.titles)
    return (Verdict.SOFT_404, f"titled {title!r}") if title and signs.words < PROSE else None


def _first(matches: Callable[[str], object], titles: tuple[str, ...]) -> str | None:
    return next((title for title in titles if matches(title)), None)


def _listing(signs: Signs) -> tuple[Verdict, str] | None:
    kinds = signs.types & _LISTINGS
    title = _first(_LISTING_TITLE.match, signs.titles)
    least = _SENTENCE if signs.ruled else _TEASER
    reason = None
    if (signs.category or "").lower() in _LISTING_CATEGORIES:
        reason = f"content_category is {signs.category}"
    elif kinds and not signs.types & ARTICLES and not (signs.ruled and signs.words >= PROSE):
        reason = f"JSON-LD is of type {', '.join(sorted(kinds))}"
    elif _is_film(signs) or signs.page > 1:
        pass
    elif signs.words < least and signs.links >= _LINKS:
        reason = f"{signs.links} links and {signs.words} words of prose"
    elif not signs.words and signs.all_words:
        reason = f"{signs.all_words} words, and no sentence among them"
    elif title and not signs.ruled and not signs.types & ARTICLES:
        reason = f"titled {title!r}"
    return (Verdict.LISTING, reason) if reason else None


def _gallery(signs: Signs) -> tuple[Verdict, str] | None:
    if signs.words >= PROSE:
        return None
    if signs.types & _GALLERIES:
        return Verdict.GALLERY, "JSON-LD is of a gallery"
    if signs.figures >= _PICTURES:
        return Verdict.GALLERY, f"{signs.figures} pictures and {signs.words} words of prose"
    if _GALLERY_PATH.match(urlsplit(signs.url).path):
        return Verdict.GALLERY, f"the address of a gallery and {signs.words} words of prose"
    return None


def _is_film(signs: Signs) -> bool:
    parts = urlsplit(signs.url)
    return bool(
        signs.types & (_VIDEOS | _GALLERIES)
        or _VIDEO_PATH.match(parts.path)
        or _GALLERY_PATH.match(parts.path)
        or _VIDEO_HOST.match(parts.netloc)
    )


def _video(signs: Signs) -> tuple[Verdict, str] | None:
    if signs.words < PROSE and _is_film(signs):
        return Verdict.VIDEO, f"a film and {signs.words} words of prose"
    return None


def _paywall(signs: Signs) -> tuple[Verdict, str] | None:
    if signs.free is False and signs.words < _TEASER:
        return Verdict.PAYWALL, f"not accessible for free, {signs.words} words shown"
    return None


def _empty(signs: Signs) -> tuple[Verdict, str] | None:
    least = _SENTENCE if signs.page == 1 else 1
    return (Verdict.EMPTY, f"{signs.words} words of prose") if signs.words < least else None
