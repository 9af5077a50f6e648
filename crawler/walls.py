"""Walls: answers that keep us out, told apart so that a person knows what to do. We report them and leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from crawler.visit import location
from pipelines import verdicts
from pipelines.page.document import Document
from pipelines.page.markup import Limits, PageRefused, parse
from pipelines.rules import NO_RULES

if TYPE_CHECKING:
    from scrapy.http import Response

AFTER = 5
"""Refusals in a row after which the outlet is left alone."""
READ = 64 * 1024
"""Bytes of the longest page that is looked at: walls are short."""


class Wall(StrEnum):
    """What kind of wall an answer is."""

    CHALLENGE = "challenge"
    LOGIN = "login"
    RATE_LIMIT = "rate-limit"
    FILTER = "filter"
    LEGAL = "legal"
    REFUSED = "refused"


ADVICE: Mapping[str, str] = {
    Wall.CHALLENGE: "it wants proof that a browser is asking; ask it to let your User-Agent or your address pass",
    Wall.LOGIN: "it wants a login, which we do not have; ask it for access to its articles",
    Wall.RATE_LIMIT: (
        "we are too fast for it, or too many come from your address; try again later with a longer pause, "
        "-s DOWNLOAD_DELAY=10"
    ),
    Wall.FILTER: (
        "it turns away programs like ours, or your network; ask it for access, and set CONTACT so that it can write to "
        "you"
    ),
    Wall.LEGAL: "it must not show this, maybe only where you are; its page may say who demands that",
    Wall.REFUSED: "it does not say why; ask it for access, and set CONTACT so that it can write to you",
}
"""What a person can do about each kind."""

STATUSES = {
    401: Wall.LOGIN,
    403: Wall.REFUSED,
    406: Wall.FILTER,
    429: Wall.RATE_LIMIT,
    451: Wall.LEGAL,
}
"""Statuses that are a wall whatever the page says."""

# Cloudflare, Vercel and Amazon say so in the head.
_CHALLENGES = {
    "cf-mitigated": ("challenge",),
    "x-vercel-mitigated": ("challenge",),
    "x-amzn-waf-action": ("challenge", "captcha"),
}
# Who stands before the outlet's own server and turns clients away by their name or network.
_GUARDS = re.compile(
    r"cloudfront|akamai|sucuri|cloudflare|imperva|incapsula|ddos-guard|awselb|qrator|edgio|bunnycdn", re.IGNORECASE
)
_GUARD_FIELDS = ("x-sucuri-id", "x-sucuri-block", "x-iinfo", "x-datadome", "x-akamai-request-id", "x-amz-cf-id")
_LOGIN_SEGMENT = re.compile(
    r"(?:user-?|member-?)?(?:log-?in|sign-?in|masuk|auth|oauth2?|sso)(?:\.\w{2,5})?", re.IGNORECASE
)
_LOGIN_HOST = re.compile(r"(?:sso|login|signin|auth|accounts?)\.", re.IGNORECASE)
_LIMITS = Limits(nodes=10_000)


def kind(response: Response) -> Wall | None:
    """What kind of wall this answer is; None when it is none. A consent page is no wall."""
    if any(_says(response, name, values) for name, values in _CHALLENGES.items()):
        return Wall.CHALLENGE
    if (target := location(response)) is not None:
        return Wall.LOGIN if is_login(target) else None
    status = response.status
    found = _of_page(response) if status in {200, 403, 429, 503} else None
    if found or status == 200:
        return found
    wall = STATUSES.get(status)
    return Wall.FILTER if wall is Wall.REFUSED and _is_guarded(response) else wall


def of_blocked(response: Response) -> Wall:
    """The kind of a page that the extraction found to be a wall."""
    return kind(response) or (Wall.FILTER if _is_guarded(response) else Wall.REFUSED)


def is_login(url: str) -> bool:
    """Is this the address of a login page? An article about logins has more than that word in its last part."""
    parts = urlsplit(url)
    if _LOGIN_HOST.match(parts.hostname or ""):
        return True
    return any(_LOGIN_SEGMENT.fullmatch(part) for part in parts.path.split("/"))


def sentence(counts: Mapping[str, int]) -> str:
    """The kinds that were met, and what a person can do about each: `login (2 answers): it wants a login, ...`."""
    met = counts or {Wall.REFUSED.value: 0}
    said = (f"{name}{_amount(count)}: {ADVICE[name]}." for name, count in met.items())
    return " ".join(said)


class _Said(Enum):
    """What one answer says of a wall before the outlet."""

    ARTICLE = auto()
    SOURCE = auto()
    NO_ARTICLE = auto()
    NO_SOURCE = auto()
    NOTHING = auto()


class Refusals:
    """How often an outlet refused us in a row, of its sources and of its articles.

    An article that came ends both rows, a source that answered only that of sources: there are outlets whose sources
    are open and whose articles are not. Anything else between them says nothing: some answer 403 for what was removed.

    Answers count in the order in which they came. What a page of an article says is known only when it has been read:
    until then it is taken for an article, which it may be.
    """

    def __init__(self, after: int = AFTER) -> None:
        self._after = after
        self._row = _Row(0, 0)
        self._is_known = False
        self._answers: dict[object, _Said | None] = {}

    @property
    def are_enough(self) -> bool:
        """Is it time to leave?"""
        row = self._row
        for said in self._answers.values():
            row = _after(row, said or _Said.ARTICLE)
        return sum(row) >= self._after

    def refuse(self, wall: Wall, *, of_article: bool) -> Wall:
        """Count a refusal; its kind, which may be told from there having been no good answer before."""
        self._add(object(), _Said.NO_ARTICLE if of_article else _Said.NO_SOURCE)
        return self._named(wall)

    def answer(self, *, of_article: bool) -> None:
        """An answer that is no refusal: a source is there, an article is elsewhere."""
        self._is_known = True
        self._add(object(), _Said.NOTHING if of_article else _Said.SOURCE)

    def article(self) -> None:
        """An article is there, unchanged."""
        self._is_known = True
        self._add(object(), _Said.ARTICLE)

    def page(self, page: object) -> None:
        """An article's page came, which is still to be read."""
        self._is_known = True
        self._add(page, None)

    def read(self, page: object, *, is_article: bool = False) -> None:
        """A page was read, and was an article or said nothing; of no effect when it has been told what it was."""
        if page in self._answers and self._answers[page] is None:
            self._add(page, _Said.ARTICLE if is_article else _Said.NOTHING)

    def blocked(self, page: object, wall: Wall) -> Wall:
        """A page was read, and was a wall; its kind."""
        self._add(page, _Said.NO_ARTICLE)
        return self._named(wall)

    def _named(self, wall: Wall) -> Wall:
        return Wall.FILTER if wall is Wall.REFUSED and not self._is_known else wall

    def _add(self, answer: object, said: _Said | None) -> None:
        self._answers[answer] = said
        while self._answers:
            oldest, known = next(iter(self._answers.items()))
            if known is None:
                return
            del self._answers[oldest]
            self._row = _after(self._row, known)


class _Row(NamedTuple):
    """Refusals in a row."""

    sources: int
    articles: int


def _after(row: _Row, said: _Said) -> _Row:
    match said:
        case _Said.ARTICLE:
            return _Row(0, 0)
        case _Said.SOURCE:
            return row._replace(sources=0)
        case _Said.NO_ARTICLE:
            return row._replace(articles=row.articles + 1)
        case _Said.NO_SOURCE:
            return row._replace(sources=row.sources + 1)
        case _Said.NOTHING:
            return row


def _says(response: Response, name: str, values: tuple[str, ...]) -> bool:
    return _field(response, name).lower() in values


def _field(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1").strip()


def _is_guarded(response: Response) -> bool:
    if any(name in response.headers for name in _GUARD_FIELDS):
        return True
    return bool(_GUARDS.search(f"{_field(response, 'Server')} {_field(response, 'Via')} {_field(response, 'X-Cache')}"))


def _of_page(response: Response) -> Wall | None:
    """What the page says. It is short and of few elements, or not looked at: this runs in the reactor."""
    if len(response.body) > READ or "html" not in _field(response, "Content-Type").lower():
        return None
    try:
        root = parse(response.body, None, _LIMITS)
    except PageRefused:
        return None
    if root is None:
        return None
    titles = Document(root, response.url, NO_RULES).titles
    if verdicts.asks_proof(root, titles):
        return Wall.CHALLENGE
    return Wall.LOGIN if verdicts.is_login(root, titles) else None


def _amount(count: int) -> str:
    return f" ({count} answer{'' if count == 1 else 's'})" if count else ""
