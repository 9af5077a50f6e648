"""What a page is, from what was seen on it. HTTP statuses are the caller's business."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lxml import etree
from lxml.etree import _Element as Element

from archive.model import Verdict
from pipelines.page.jsonld import ARTICLES

# Fewer words of prose beside a film, or beside pictures, are its caption; in front of a paywall, its teaser.
PROSE = 80
# Shorter texts are no article, whatever the page says of itself.
_SENTENCE = 8
_TEASER = 60
_PICTURES = 5
_LINKS = 30

_TAIL = r"(?: ?[.!?|:–-].{0,60})?"
# Walls that open to whoever proves something, and walls that do not.
_CHALLENGE = re.compile(
    r"(?:just a moment|one moment, please|checking your browser.{0,60}|are you (?:a )?(?:human|robot)"
    r"|verify you are human|human verification|robot check|access to this page has been denied|pardon our interruption"
    rf"|ddos-guard|ddos protection.{{0,30}}|please wait|security check|.{{1,20}} security checkpoint){_TAIL}",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"(?:attention required|access (?:is )?denied|akses ditolak|(?:error )?403(?: error)?|(?:403 )?forbidden"
    r"|request unsuccessful|request (?:blocked|rejected)|(?:error: )?the request could not be satisfied"
    r"|your access to this (?:site|service) has been limited.{0,40}|(?:sorry, )?you have been blocked"
    rf"|internet positif|trust ?positif){_TAIL}|.{{1,40}} [-|] (?:error )?403",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:.{1,40} ?[-|–:] ?)?(?:silakan |please )?(?:log ?in|sign ?in|masuk)"
    rf"(?: (?:to|ke|untuk|dulu|dahulu|akun|your|with|dengan)\b.{{0,40}})?{_TAIL}",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"(?:error )?404(?: ?[.!|:–-].{0,60}| \(?(?:error|not found|page|halaman|file)\b.{0,60})?|.{0,60}\berror 404"
    r"|.{0,60}\b404 not found|.{1,40} [-|] 404|(?:page |halaman |berita |artikel )?not found(?: ?[.!|:–-].{0,60})?"
    r"|.{0,40}\b(?:halaman|laman|berita|artikel|konten)\b.{0,40}\btidak (?:dapat )?(?:ditemukan|tersedia)\b.{0,40}"
    r"|(?:(?:maaf|oops|ups|waduh)\W{1,4})?(?:halaman|laman|berita|artikel|konten)"
    r"(?: (?:ini|yang (?:anda|kamu) \w{2,12}))? (?:(?:sudah |telah )?(?:tidak ada|dihapus)|hilang)(?: ?[.!|–-].{0,60})?"
    r"|nothing found(?: ?[.!|–-].{0,60})?"
    r"|tidak ditemukan",
    re.IGNORECASE,
)
_LISTING_TITLE = re.compile(
    r"indeks\b|kumpulan (?:berita|artikel)\b|topi[ck]s? ?:|tags? ?:|arsip (?:berita|artikel)\b|hasil pencarian\b"
    r"|berita (?:terbaru|terkini|harian|tentang)\b",
    re.IGNORECASE,
)
_LISTING_PATH = re.compile(
    r"^/(?:[a-z]+/)?(?:tags?|topi[ck]s?|label|kategori|category|author|penulis|search|cari|indeks|index-news)(?:/|$)"
)
# No article has one of these, whatever its metadata say: a home page, and what is searched or signed.
_NEVER_ARTICLE_PATH = re.compile(r"^/?$|^/(?:tags?|author|penulis|search|cari|indeks|index-news)(?:/|$)")
# A section's, of plain words: /nasional, /olahraga/sepakbola.
_SECTION_PATH = re.compile(r"^(?:/[a-z]{2,15}){1,2}/?$")
_LISTING_CATEGORIES = frozenset(("tag", "tags", "index", "indeks", "topik", "topic", "search", "author"))
_LISTINGS = frozenset(("CollectionPage", "ItemList", "SearchResultsPage", "ProfilePage"))
_GALLERIES = frozenset(("ImageGallery", "MediaGallery"))
_VIDEOS = frozenset(("VideoObject",))
_GALLERY_PATH = re.compile(
    r"^/(?:[a-z]+/)?(?:foto|photo|photos|galeri|gallery|images|foto-foto|infoto|in-?picture|photostory)(?:/|$)"
)
_VIDEO_PATH = re.compile(r"^/(?:video|videos|tv)(?:/|$)")
_VIDEO_HOST = re.compile(r"^(?:video|tv)\.")
_GALLERY_HOST = re.compile(r"^(?:foto|photo)\.")
_GALLERY_TITLE = re.compile(r"\W*(?:foto(?:[ -]foto)?|galeri foto|in picture|potret)s? ?[:|\]]", re.IGNORECASE)
_VIDEO_TITLE = re.compile(r"\W*(?:video|vidio)s? ?[:|\]]", re.IGNORECASE)
_LIVE = re.compile(
    r"(?:\W*(?:breaking news|update)\W+)?(?:live(?:[ -]?(?:report|update|blog|streaming|stream|score|now))?s?\b *[:|–-]"
    r"|live[ -]?(?:report|update|blog|streaming)s?\b|link live streaming\b)",
    re.IGNORECASE,
)
_LIVE_PATH = re.compile(r"^/(?:live|live-?(?:report|blog|update|streaming)s?)(?:/|$)")
_CONSENT = re.compile(
    r"before you continue\b.{0,60}|(?:manage )?(?:your )?(?:cookie|privacy|consent) (?:consent|settings|preferences"
    r"|choices)\b.{0,60}|(?:we|this site) (?:value|use|care)\b.{0,30}\b(?:privacy|cookies)\b.{0,40}"
    r"|(?:persetujuan|pengaturan) (?:penggunaan )?(?:cookies?|kuki|privasi)\b.{0,60}"
    r"|sebelum (?:anda )?melanjutkan\b.{0,60}|(?:kami|situs ini) menggunakan (?:cookies?|kuki)\b.{0,60}",
    re.IGNORECASE,
)
_CONSENT_HOST = re.compile(r"^(?:consent|cmp|privacy)\.")
# Guards put scripts on the pages that they let through, too: Cloudflare's is another one (`jsd`), the others' are the
# same, and a wall has no links.
_challenges = etree.XPath(
    "boolean(//form[@id='challenge-form'] | //*[@id='challenge-error-text' or @id='cf-wrapper' or @id='px-captcha']"
    " | //script[contains(@src, '/cdn-cgi/challenge-platform/') and not(contains(@src, '/jsd/'))]"
    " | //iframe[contains(@src, '/_Incapsula_Resource') or contains(@src, 'captcha-delivery.com')]"
    " | //script[contains(@src, 'captcha-delivery.com') or contains(@src, '/_Incapsula_Resource')"
    " or contains(@src, 'awswaf.com')][count(//a[@href]) < 5])"
)
_passwords = etree.XPath(f"boolean(//form//input[@type='password']) and count(//a[@href]) < {_LINKS}")
# The forms of the platforms that ask for consent.
_consents = etree.XPath(
    "boolean(//*[@id='onetrust-consent-sdk' or @id='didomi-host' or @id='qc-cmp2-container'"
    " or @id='CybotCookiebotDialog' or @id='usercentrics-root' or starts-with(@id, 'sp_message_container')]"
    " | //form[contains(@action, 'consent')])"
)
# WordPress says in the body's class what it lists.
_ARCHIVE = frozenset(("archive", "search-results", "blog"))
_FEEDS = ("rss", "feed", "urlset", "sitemapindex")
_SINGLE = frozenset(("single", "single-post", "page"))


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
    """Has the page the elements of a challenge? See `is_challenge`."""
    login: bool = False
    """Is it a login page? See `is_login`."""
    asked: bool = False
    """Has it the form of a consent platform? See `is_consent`."""
    listed: bool = False
    """Does its markup say that it is a list? See `is_archive`."""


def is_challenge(root: Element) -> bool:
    """Has the page the elements of a challenge?"""
    return bool(_challenges(root))


def asks_proof(root: Element, titles: tuple[str, ...]) -> bool:
    """Is this short page a challenge, and not a wall that nobody can open?"""
    return bool(_first(_CHALLENGE.fullmatch, titles)) or (is_challenge(root) and not _first(_REFUSAL.fullmatch, titles))


def is_login(root: Element, titles: tuple[str, ...]) -> bool:
    """Is this short page nothing but a login form, by its title too? Many pages have such a form in a corner."""
    return bool(_passwords(root)) and bool(_first(_LOGIN.fullmatch, titles))


def is_consent(root: Element) -> bool:
    """Has the page the form of a consent platform?"""
    return bool(_consents(root))


def is_archive(root: Element) -> bool:
    """Does the markup say that it is a list: the archive of a blog, or a feed?"""
    if next(root.iter(*_FEEDS), None) is not None:
        return True
    body = root.find("body")
    names = set() if body is None else set(body.get("class", "").split())
    return bool(names & _ARCHIVE) and not names & _SINGLE


def decide(signs: Signs) -> tuple[Verdict, str]:
    """The verdict, and the reason in words for whoever wonders."""
    for rule in (_wall, _soft_404, _consent, _listing, _live, _gallery, _video, _paywall, _empty):
        if found := rule(signs):
            return found
    return Verdict.ARTICLE, f"{signs.words} words of prose"


def _wall(signs: Signs) -> tuple[Verdict, str] | None:
    if signs.words >= PROSE:
        return None
    title = _first(_CHALLENGE.fullmatch, signs.titles) or _first(_REFUSAL.fullmatch, signs.titles)
    if title or signs.challenged:
        return Verdict.BLOCKED, f"a challenge or a wall: {title or 'challenge form'}"
    if signs.login and signs.words < _SENTENCE and not signs.types & ARTICLES:
        return Verdict.BLOCKED, "a login form, and no prose"
    return None


def _soft_404(signs: Signs) -> tuple[Verdict, str] | None:
    # With an article's metadata and a sentence it is news: "Konten Lama Tidak Ditemukan".
    if signs.words >= (_SENTENCE if signs.types & ARTICLES else PROSE):
        return None
    title = _first(_MISSING.fullmatch, signs.titles)
    return (Verdict.SOFT_404, f"titled {title!r}") if title else None


def _consent(signs: Signs) -> tuple[Verdict, str] | None:
    # With links all around it is an article about privacy, or the form is a banner.
    if signs.words >= PROSE or signs.links >= _LINKS or signs.types & ARTICLES:
        return None
    title = _first(_CONSENT.fullmatch, signs.titles)
    if title or _CONSENT_HOST.match(urlsplit(signs.url).netloc):
        return Verdict.CONSENT, f"asks for consent: {title or signs.url}"
    if signs.asked and signs.words < _SENTENCE:
        return Verdict.CONSENT, "the form of a consent platform, and no prose"
    return None


def _first(matches: Callable[[str], object], titles: tuple[str, ...]) -> str | None:
    return next((title for title in titles if matches(title)), None)


def _listing(signs: Signs) -> tuple[Verdict, str] | None:
    kinds = signs.types & _LISTINGS
    title = _first(_LISTING_TITLE.match, signs.titles)
    least = _SENTENCE if signs.ruled or signs.types & ARTICLES else _TEASER
    reason = None
    if (signs.category or "").lower() in _LISTING_CATEGORIES:
        reason = f"content_category is {signs.category}"
    elif kinds and not signs.types & ARTICLES and not (signs.ruled and signs.words >= PROSE):
        reason = f"JSON-LD is of type {', '.join(sorted(kinds))}"
    elif _is_film(signs) or _is_live(signs) or signs.page > 1 or signs.free is False:
        pass
    elif signs.words < least and signs.links >= _LINKS:
        reason = f"{signs.links} links and {signs.words} words of prose"
    elif not signs.words and signs.all_words:
        reason = f"{signs.all_words} words, and no sentence among them"
    elif title and not signs.ruled and not signs.types & ARTICLES:
        reason = f"titled {title!r}"
    elif not signs.ruled and _is_address_of_list(signs):
        reason = "the address of a list"
    elif not signs.ruled and signs.listed:
        reason = "the markup of a list"
    return (Verdict.LISTING, reason) if reason else None


def _is_address_of_list(signs: Signs) -> bool:
    """Is it the address of a list? Where an article may have one like it, its metadata decide."""
    parts = urlsplit(signs.url)
    if _NEVER_ARTICLE_PATH.match(parts.path) and not parts.query:
        return True
    section = _SECTION_PATH.match(parts.path) and not parts.query and signs.links >= _LINKS
    return not signs.types & ARTICLES and bool(_LISTING_PATH.match(parts.path) or section)


def _is_live(signs: Signs) -> bool:
    """Does the page call itself live? A report that has ended is an article by its prose."""
    return bool(
        "LiveBlogPosting" in signs.types
        or _LIVE_PATH.match(urlsplit(signs.url).path)
        or _first(_LIVE.match, signs.titles)
    )


def _live(signs: Signs) -> tuple[Verdict, str] | None:
    # A last page may be short.
    if signs.words < PROSE and signs.page == 1 and _is_live(signs):
        return Verdict.LIVE, f"calls itself live, and {signs.words} words of prose"
    return None


def _gallery(signs: Signs) -> tuple[Verdict, str] | None:
    if signs.words >= PROSE:
        return None
    if signs.types & _GALLERIES:
        return Verdict.GALLERY, "JSON-LD is of a gallery"
    if signs.figures >= _PICTURES:
        return Verdict.GALLERY, f"{signs.figures} pictures and {signs.words} words of prose"
    if _has_pictures(signs.url) or _first(_GALLERY_TITLE.match, signs.titles):
        return Verdict.GALLERY, f"called a gallery and {signs.words} words of prose"
    return None


def _has_pictures(url: str) -> bool:
    """Is it the address of a gallery?"""
    parts = urlsplit(url)
    return bool(_GALLERY_PATH.match(parts.path) or _GALLERY_HOST.match(parts.netloc))


def _is_film(signs: Signs) -> bool:
    parts = urlsplit(signs.url)
    return bool(
        signs.types & (_VIDEOS | _GALLERIES)
        or _VIDEO_PATH.match(parts.path)
        or _has_pictures(signs.url)
        or _VIDEO_HOST.match(parts.netloc)
        or _first(_VIDEO_TITLE.match, signs.titles)
        or _first(_GALLERY_TITLE.match, signs.titles)
    )


def _video(signs: Signs) -> tuple[Verdict, str] | None:
    if signs.words < PROSE and _is_film(signs):
        return Verdict.VIDEO, f"a film and {signs.words} words of prose"
    return None


def _paywall(signs: Signs) -> tuple[Verdict, str] | None:
    if signs.free is False and signs.words < PROSE:
        return Verdict.PAYWALL, f"not accessible for free, {signs.words} words shown"
    return None


def _empty(signs: Signs) -> tuple[Verdict, str] | None:
    least = _SENTENCE if signs.page == 1 else 1
    return (Verdict.EMPTY, f"{signs.words} words of prose") if signs.words < least else None
