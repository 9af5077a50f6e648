"""Which announced addresses are still to be fetched: each article once, none that is already there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from archive.known import Announced, Known
from archive.model import Verdict
from archive.zones import OFFSETS

if TYPE_CHECKING:
    from crawler.arguments import Arguments
    from crawler.outlet import Outlet


UNSETTLED = frozenset((Verdict.BLOCKED, Verdict.NOT_FOUND, Verdict.SOFT_404, Verdict.EMPTY, Verdict.CONSENT))
"""Verdicts after which another attempt may bring more, if somebody asks for it."""


class Answer(StrEnum):
    """What the frontier makes of an announced address."""

    NEW = "new"
    REPEATED = "repeated"
    """Announced before in this job."""
    NO_ARTICLE = "no-article"
    """On the outlet, but not an article's address."""
    ELSEWHERE = "elsewhere"
    """Off the outlet's hosts."""
    NOT_ASKED = "not-asked"
    """Outside the period or section that was asked for."""
    THERE = "already-there"
    """In the archive since an earlier job."""
    LATER = "later"
    """Tried before, in vain, and its time has not come again."""


class Memory(Protocol):
    """The catalog, as far as the frontier needs it."""

    def known(self, url: str) -> Known | None: ...
    def article(self, article_id: str) -> Known | None: ...
    def announced(self, url: str) -> Announced | None: ...


@dataclass(slots=True)
class Target:
    """One address that is to be fetched."""

    url: str
    """Canonical."""
    fetch: str
    """As it is requested, without page parameter."""
    via: str | None = None
    """URL of the source that announced it."""
    hops: str = ""
    """Steps that led to it: `Capture.hops`."""
    line: Announced | None = None
    """Its announcement in the ledger."""
    before: Known | None = None
    """What earlier jobs made of it."""


class Twin(NamedTuple):
    """An address under which an article is kept."""

    url: str
    durable: bool
    """False while its row may still come to grief."""


class Frontier:
    """Takes announcements, gives out targets, and never has more on the way than `limit` leaves room for."""

    def __init__(
        self,
        name: str,
        outlet: Outlet,
        arguments: Arguments,
        memory: Memory,
        *,
        most: int | None = None,
        respects_opt_out: bool = True,
    ) -> None:
        """`most`: targets that are given out at most, whatever is kept of them.

        Without `respects_opt_out` what was dropped for it is asked for again.
        """
        self._respects_opt_out = respects_opt_out
        self._name = name
        self._outlet = outlet
        self._arguments = arguments
        self._memory = memory
        self._left = most
        self._claimed: set[str] = set()
        self._articles: dict[str, str] = {}
        self._now = datetime.now(UTC).isoformat()
        self._waiting: deque[Target] = deque()
        self._older: deque[Target] = deque()
        self._on_the_way = 0
        self._kept = 0
        self.settled: list[Known] = []
        """Addresses that earlier jobs left, and whose articles are there by now under others: what is known of them."""

    def identify(self, canonical: str, number: str | None = None) -> str:
        """The article's id, by the outlet's own number where the page or the address has one."""
        return f"{self._name}:{self._outlet.article_id(canonical, number)}"

    @property
    def satisfied(self) -> bool:
        """Have as many articles been kept as were asked for?"""
        limit = self._arguments.limit
        return limit is not None and self._kept >= limit

    def announce(
        self,
        url: str,
        published: datetime | None = None,
        *,
        source: str = "",
        hops: str = "",
        day: date | None = None,
        note: Callable[[Announced], None] = lambda _: None,
        memory: Memory | None = None,
    ) -> Answer:
        """Take an announced address. `published` in the outlet's zone; `source` and `hops` say where it was found.

        `day` is the day of publication as far as `published` does not say. `note` is called with an address that
        nobody had announced before. `memory` is what `names` was asked for, else the whole one is asked.
        """
        memory = memory or self._memory
        if not self._outlet.owns(url):
            return Answer.ELSEWHERE
        canonical = self._outlet.canonical(url)
        by_name = canonical in self._arguments.urls
        if not by_name and not self._outlet.is_article(canonical):
            return Answer.NO_ARTICLE
        if not self.claim(canonical):
            return Answer.REPEATED
        fetch = self._outlet.address(url)
        line = memory.announced(canonical)
        known = self._article_of(canonical, memory.known(canonical), memory)
        if line is None and (known is None or known.url == canonical):  # of another address of an article it is a line
            line = self._line(canonical, fetch, published, source, day)
            note(line)
        if not by_name and not self._is_asked(canonical, published):
            return Answer.NOT_ASKED
        answer = self._remembered(known, line, eager=by_name)
        if answer is Answer.NEW:
            if not self._is_first(canonical, known):
                return Answer.REPEATED
            via = source if hops else None
            self._waiting.append(Target(canonical, fetch, via, hops, line, known))
        return answer

    def resume(self, line: Announced, known: Known | None = None) -> bool:
        """Take an address that an earlier job left; False when it is not its turn. New ones go first."""
        published = datetime.fromisoformat(line.published) if line.published else None
        known = self._article_of(line.url, known, self._memory)
        if known and known.is_whole:
            self.settled.append(replace(known, url=line.url, due=None))
            return False
        if not self._is_asked(line.url, published) or not self.claim(line.url):
            return False
        if self._remembered(known, line, eager=self._arguments.fill) is not Answer.NEW:
            return False
        if not self._is_first(line.url, known):
            return False
        self._older.append(Target(line.url, line.fetch or line.url, line=line, before=known))
        return True

    def follow(self, origin: str, target: str, before: Known | None = None) -> Answer:
        """May a redirect from one canonical address to another be followed? Claims the target if so.

        Only to another article it matters: what a consent or maintenance page is, its own answer tells. `before` is
        what earlier jobs made of the origin: they may have come to know both as one article's.
        """
        if self.identify(origin) == self.identify(target) or not self._outlet.is_article(target):
            return Answer.NEW
        known = self._memory.known(target)
        was_article = before is not None and before.verdict == Verdict.ARTICLE
        if before and was_article and known and known.article_id == before.article_id:
            return Answer.NEW
        if not self.claim(target):
            return Answer.REPEATED
        return self._remembered(self._article_of(target, known, self._memory), None)

    def claim(self, canonical: str) -> bool:
        """True for the first address of an article in this job."""
        key = self.identify(canonical)
        if key in self._claimed:
            return False
        self._claimed.add(key)
        return True

    def keep(self, article_id: str, url: str) -> None:
        """An article is kept under this address."""
        self._articles[article_id] = url

    def twin(self, article_id: str) -> Twin | None:
        """Where this article is kept already, in this job or in the archive."""
        known = self._memory.article(article_id)
        if known and known.final:
            return Twin(known.url, durable=True)
        first = self._articles.get(article_id)
        return Twin(first, durable=False) if first else None

    def is_taken_down(self, article_id: str) -> bool:
        """Was this article taken out of the archive?"""
        known = self._memory.article(article_id)
        return known is not None and known.verdict == Verdict.TAKEN_DOWN

    def take(self) -> Target | None:
        """The next target, if there is one and the limit leaves room for it."""
        limit = self._arguments.limit
        queue = self._waiting or self._older
        if not queue or self._left == 0 or (limit is not None and self._kept + self._on_the_way >= limit):
            return None
        if self._left is not None:
            self._left -= 1
        self._on_the_way += 1
        return queue.popleft()

    def done(self, *, kept: bool) -> None:
        """A target that was taken has come to its end."""
        self._on_the_way -= 1
        self._kept += kept

    def names(self, urls: Iterable[str]) -> dict[str, str]:
        """Of announced addresses those of articles, canonical, and their ids: what a memory is to be asked for."""
        canonical = {self._outlet.canonical(url) for url in urls if self._outlet.owns(url)}
        return {url: self.identify(url) for url in canonical if self._outlet.is_article(url)}

    def _article_of(self, canonical: str, known: Known | None, memory: Memory) -> Known | None:
        """What is known of the article of an address, where that is more than what is known of the address."""
        if known and known.final:
            return known
        is_alias = known is not None and known.verdict == Verdict.ARTICLE
        article_id = known.article_id if known and is_alias else self.identify(canonical)
        return (memory.article(article_id) if article_id else None) or known

    def _is_first(self, canonical: str, known: Known | None) -> bool:
        """True for the first address in this job of an article that was found to have several."""
        key = known.article_id if known and known.verdict == Verdict.ARTICLE else None
        if key is None or key == self.identify(canonical):
            return True
        is_first = key not in self._claimed
        self._claimed.add(key)
        return is_first

    def _is_asked(self, canonical: str, published: datetime | None) -> bool:
        """By what is known before fetching; what is not known yet is judged on the page."""
        section = self._outlet.section(canonical)
        return (published is None or self._arguments.wants_day(published)) and (
            section is None or self._arguments.wants_section(section)
        )

    def _line(self, canonical: str, fetch: str, published: datetime | None, source: str, day: date | None) -> Announced:
        zone = OFFSETS[self._outlet.rules.zone]
        of = published.date() if published else day or datetime.now(zone).date()
        return Announced(
            url=canonical,
            outlet=self._name,
            day=of.isoformat(),
            at=datetime.now(UTC).isoformat(),
            source=source,
            published=published.isoformat() if published else None,
            fetch=fetch if fetch != canonical else None,
        )

    def _remembered(self, known: Known | None, line: Announced | None, *, eager: bool = False) -> Answer:
        """What is to be done by what earlier jobs came to; who is eager waits for no due time, and gives nothing up."""
        tried = known or line
        if tried is None:
            return Answer.NEW
        if known is None or not known.final:
            is_early = tried.due > self._now if tried.due else tried.tries > 0
            return Answer.LATER if is_early and not eager else Answer.NEW
        if known.verdict == Verdict.NOT_ASKED:
            published = datetime.fromisoformat(known.published) if known.published else None
            asked = self._arguments.wants_day(published) and self._arguments.wants_section(known.section)
            return Answer.NEW if asked else Answer.NOT_ASKED
        if known.verdict == Verdict.OPTED_OUT and not self._respects_opt_out:
            return Answer.NEW
        return Answer.NEW if eager and known.verdict in UNSETTLED else Answer.THERE
