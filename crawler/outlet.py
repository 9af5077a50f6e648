"""A publisher as frozen data: hosts, sources, addresses, rules, and how sure we are of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from hashlib import sha1
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from w3lib.url import safe_url_string

from pipelines.rules import Rules

# Parameters that campaigns and share buttons add; they never choose another text.
TRACKING = re.compile(
    r"(utm_\w+|fbclid|gclid|dclid|msclkid|igshid|mc_[ce]id|_ga|_gl|ref|ref_src|referer|"
    r"source|medium|so|program|share|amp|outputtype|fb_\w+|spm|yclid|at_\w+|cmpid)",
    re.IGNORECASE,
)


class Grade(StrEnum):
    """How sure we are of a fact."""

    LIVE = "live"
    """Somebody states, with a date, that it was so on the live site."""
    CODE = "code"
    """Used by public scrapers."""
    PAGE = "page"
    """Seen in a saved page."""
    GUESS = "guess"
    """Inferred from what most sites have."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a fact rests on."""

    grade: Grade
    what: str
    """The fact, and who says so, in one line."""
    seen: date | None = None
    """When it was so."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A place where an outlet announces articles."""

    url: str
    """Absolute; that of a dated one has `{date}` in it."""
    evidence: Evidence


@dataclass(frozen=True, kw_only=True)
class Dated(Source):
    """A source that can have an address for every day, or for every month."""

    date_format: str = "%Y-%m-%d"
    """How `{date}` is written, for `date.strftime`; `%-d` drops the zero."""
    every: Literal["day", "month"] = "day"
    """What one `{date}` stands for. What goes by the month is an archive: it is asked only for a period."""

    @property
    def is_dated(self) -> bool:
        """Has it `{date}` in its address?"""
        return "{date}" in self.url


@dataclass(frozen=True, kw_only=True)
class Robots(Source):
    """robots.txt, for its `Sitemap:` lines (RFC 9309, section 2.2.4)."""


@dataclass(frozen=True, kw_only=True)
class Sitemap(Dated):
    """A sitemap, a sitemap index or a news sitemap: the answer tells which."""


@dataclass(frozen=True, kw_only=True)
class Feed(Source):
    """RSS or Atom."""


@dataclass(frozen=True, kw_only=True)
class Index(Dated):
    """Index pages in HTML. `{page}` counts them from 1, `{offset}` their articles from 0."""

    links: str
    """CSS of the anchors that lead to articles."""
    step: int = 0
    """Articles on a page, by which `{offset}` counts."""
    latest: str | None = None
    """Address of the undated index, when no date is asked for."""
    max_pages: int = 50
    """Pages of the undated index that are read at most."""


@dataclass(frozen=True, kw_only=True)
class Outlet:
    """A publisher brand. Everything an outlet file says; an oddity is an overridden method of the spider."""

    name: str
    """As readers know it: Tribunnews."""
    hosts: tuple[str, ...]
    """Registrable hosts; their subdomains belong to the outlet too."""
    sources: tuple[Source, ...]
    article: str
    """Regular expression on the path of an article's address; a group `number` is the outlet's own number and
    a group `section` its section."""
    rules: Rules
    evidence: tuple[Evidence, ...]
    """What the addresses and the rules rest on."""
    exclude: str = r"(?!)"
    """Regular expression on the path of addresses that look like an article's and are none."""
    same_host: dict[str, str] = field(default_factory=dict)
    """Host -> host that readers see, for mobile, AMP and former addresses."""
    keep_params: frozenset[str] = frozenset()
    """Parameters that choose the article although their name looks like tracking."""
    all_pages: str | None = None
    """Query that asks for all pages at once: `page=all`."""
    page_param: str = "page"
    """Parameter that counts the pages of an article."""

    @cached_property
    def _article(self) -> re.Pattern[str]:
        return re.compile(self.article)

    @cached_property
    def _secure_hosts(self) -> tuple[str, ...]:
        parts = (urlsplit(source.url) for source in self.sources)
        return tuple(part.hostname or "" for part in parts if part.scheme == "https")

    @cached_property
    def _exclude(self) -> re.Pattern[str]:
        return re.compile(self.exclude)

    def owns(self, url: str) -> bool:
        """Is this an http(s) address on one of the outlet's hosts?"""
        try:
            url.encode()  # half a surrogate pair is no character of an address
            parts = urlsplit(url)
            host = parts.hostname or ""
            standard = parts.port in {None, 80, 443}  # what answers elsewhere on the host is not the outlet
        except ValueError:  # a broken IPv6 literal or port, say
            return False
        return (
            standard
            and parts.username is None  # a password is nothing to send on, nor to keep
            and parts.scheme in {"http", "https"}
            and any(_within(host, own) for own in (*self.hosts, *self.same_host))
        )

    def canonical(self, url: str) -> str:
        """The one address of a page that the outlet `owns`: https, no fragment, tracking, AMP or page number."""
        parts = urlsplit(safe_url_string(url.strip()))
        host = (parts.hostname or "").lower().rstrip(".")
        host = self.same_host.get(host, host)
        path = re.sub(r"/{2,}", "/", _upper_escapes(parts.path)) or "/"
        path = re.sub(r"^(?:/amp)+(?=/)", "", path)
        path = re.sub(r"(?:/amp)+(/?)$", r"\1", path) or "/"
        # Parameters stay as they are written: decoded and encoded again, two articles could become one.
        wanted = (part for part in _upper_escapes(parts.query).split("&") if part and self._chooses(part))
        query = "&".join(sorted(wanted))
        return urlunsplit(("https", f"[{host}]" if ":" in host else host, path, query, ""))

    def address(self, url: str) -> str:
        """What is requested for an announced address: the canonical one.

        By https wherever the outlet is known to have it; an old host that is announced by http is asked by http, and
        its redirect leads on.
        """
        canonical = self.canonical(url)
        host = urlsplit(canonical).hostname or ""
        secure = any(_within(host, own) and _within(known, own) for own in self.hosts for known in self._secure_hosts)
        return canonical if secure or not url.startswith("http:") else canonical.replace("https", "http", 1)

    def is_article(self, url: str) -> bool:
        """Does the address (canonical) look like an article's?"""
        path = urlsplit(url).path
        return self.owns(url) and bool(self._article.search(path)) and not self._exclude.search(path)

    def section(self, url: str) -> str | None:
        """The section that the address names, if addresses name one."""
        return self._group("section", url)

    def same_article(self, url: str, other: str) -> bool:
        """May two canonical addresses be one article's? Not when each has a number of its own."""
        numbers = {self._group("number", url), self._group("number", other)} - {None}
        return len(numbers) < 2

    def own_address(self, url: str, claimed: str | None) -> str:
        """The canonical address of an article: the one that its page calls its own, where that may be, else `url`.

        A page that calls itself by another article's number has a faulty template, or is a copy: it stays itself.
        """
        if claimed and self.owns(claimed):
            own = self.canonical(claimed)
            if self.is_article(own) and self.same_article(url, own):
                return own
        return url

    def article_id(self, url: str, number: str | None = None) -> str:
        """`host:number` by the outlet's own number (from the page or the address), else a digest of the address."""
        number = number or self._group("number", url)
        parts = urlsplit(url)
        return f"{parts.hostname}:{number}" if number else sha1(url.encode(), usedforsecurity=False).hexdigest()

    def _chooses(self, parameter: str) -> bool:
        name = parameter.partition("=")[0]
        return name in self.keep_params or not (name == self.page_param or TRACKING.fullmatch(name))

    def _group(self, name: str, url: str) -> str | None:
        match = self._article.search(urlsplit(url).path)
        return match.groupdict().get(name) if match else None


def _within(host: str, own: str) -> bool:
    return host == own or host.endswith("." + own)


def _upper_escapes(text: str) -> str:
    """`%2f` and `%2F` are the same (RFC 3986, section 6.2.2.1)."""
    return re.sub(r"%[0-9a-f]{2}", lambda match: match[0].upper(), text, flags=re.IGNORECASE)
