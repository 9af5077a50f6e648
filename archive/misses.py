"""Why an announced article is not there: one reason for each verdict and each way to fail."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from archive.model import Verdict


class Miss(StrEnum):
    """Why an announced article is not there."""

    NOT_TRIED = "not tried yet"
    TIMEOUT = "time-out"
    UNREACHABLE = "unreachable"
    """No whole answer: DNS, connection, TLS, proxy, or a robots.txt that could not be had (RFC 9309, section 2.3.1)."""
    ERROR = "HTTP error"
    """An answer that is neither a page nor says what became of it: 500, 503, 400."""
    WALL = "wall"
    FAILED = "failed extraction"
    NOT_FOUND = "404"
    GONE = "gone"
    MOVED = "moved"
    """The address leads elsewhere, and not to an article that is there."""
    NOT_ASKED = "not asked for"
    """Fetched, and found to lie outside of the period or section that was asked for."""
    ROBOTS = "robots"
    OPT_OUT = "opt-out"
    PAYWALL = "paywall"
    NOT_ARTICLE = "not an article"
    TAKEN_DOWN = "taken down"
    """Taken out of the archive by whoever keeps it."""


FILLABLE = frozenset(
    (Miss.NOT_TRIED, Miss.TIMEOUT, Miss.UNREACHABLE, Miss.ERROR, Miss.WALL, Miss.FAILED, Miss.NOT_FOUND)
)
"""What another attempt may bring."""

VERDICTS: Mapping[str, Miss] = {
    Verdict.LISTING: Miss.NOT_ARTICLE,
    Verdict.GALLERY: Miss.NOT_ARTICLE,
    Verdict.VIDEO: Miss.NOT_ARTICLE,
    Verdict.LIVE: Miss.NOT_ARTICLE,
    Verdict.NOT_HTML: Miss.NOT_ARTICLE,
    Verdict.EMPTY: Miss.NOT_ARTICLE,
    Verdict.PAYWALL: Miss.PAYWALL,
    Verdict.BLOCKED: Miss.WALL,
    Verdict.CONSENT: Miss.WALL,
    Verdict.SOFT_404: Miss.NOT_FOUND,
    Verdict.NOT_FOUND: Miss.NOT_FOUND,
    Verdict.GONE: Miss.GONE,
    Verdict.REDIRECTED_AWAY: Miss.MOVED,
    Verdict.DUPLICATE: Miss.MOVED,
    Verdict.OPTED_OUT: Miss.OPT_OUT,
    Verdict.NOT_ASKED: Miss.NOT_ASKED,
    Verdict.TAKEN_DOWN: Miss.TAKEN_DOWN,
}
"""Every verdict but that of an article. A duplicate is a miss only when the article is not there."""

FAILURES: Mapping[str, Miss] = {
    "left-alone": Miss.NOT_TRIED,
    "storage": Miss.NOT_TRIED,
    "lease-lost": Miss.NOT_TRIED,
    "timeout": Miss.TIMEOUT,
    "dns": Miss.UNREACHABLE,
    "refused": Miss.UNREACHABLE,
    "connection": Miss.UNREACHABLE,
    "tls": Miss.UNREACHABLE,
    "proxy": Miss.UNREACHABLE,
    "torn": Miss.UNREACHABLE,
    "robots": Miss.ROBOTS,
    "too-many-redirects": Miss.MOVED,
    "refused-by-middleware": Miss.NOT_TRIED,
    "source-refused": Miss.FAILED,
    "too-large": Miss.FAILED,
    "not-http": Miss.FAILED,
    "bad-encoding": Miss.FAILED,
    "extraction-died": Miss.FAILED,
    "extraction-timeout": Miss.FAILED,
    "extraction-refused": Miss.FAILED,
    "fault": Miss.FAILED,
}
"""Every name of a failed attempt that has no number; a name that is not here is one of a page that made no row."""

NO_ANSWER = frozenset((Miss.NOT_TRIED, Miss.TIMEOUT, Miss.UNREACHABLE, Miss.ROBOTS, Miss.TAKEN_DOWN))
"""Of these the archive holds no response."""


def miss_of(name: str | None) -> Miss:
    """The reason that a verdict, or the name of a failed attempt, stands for; None is one that was not tried."""
    if not name:
        return Miss.NOT_TRIED
    if name.startswith("http-"):
        return Miss.ERROR
    if name.startswith("robots-"):
        return Miss.UNREACHABLE
    return FAILURES.get(name) or VERDICTS.get(name, Miss.FAILED)
