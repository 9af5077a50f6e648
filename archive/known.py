"""What a catalog knows, in its own nouns: addresses, announcements, versions, walks, and jobs that ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from archive.model import Stored, Verdict, Waiting

AT_ONCE = 5000
"""Lines of one commit, where there are many: a few megabytes, and nobody else waits for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One address whose record and row are durable."""

    url: str
    """Canonical address; an alias of an article has a line of its own with the same `article_id`."""
    outlet: str
    article_id: str | None
    verdict: str
    final: bool
    """False when another attempt may bring more: an address not found yet, a page that timed out."""
    published: str | None
    """ISO 8601 with offset."""
    section: str | None
    captured: str | None
    """ISO 8601, UTC: the capture that the row was made from."""
    job: str
    version: int = 1
    """Of an article: the version of its last row."""
    facts: str | None = None
    """Of an article: `Article.facts_sha256` of its last row."""
    made: str | None = None
    """With which extractor and rules that was: `EXTRACTOR:RULES`. Of other ones it says nothing."""
    record: str | None = None
    """WARC-Record-ID of the response that the address was last judged by."""
    first: str | None = None
    """ISO 8601, UTC: the first capture of the article."""
    visited: str | None = None
    """ISO 8601, UTC: when the address was last asked for."""
    tries: int = 0
    """Attempts so far that brought nothing final."""
    due: str | None = None
    """ISO 8601, UTC: not asked for again before; None for never."""
    ended: str | None = None
    """Of an article: the verdict with which the outlet took it away; None as long as it is there."""

    @property
    def is_whole(self) -> bool:
        """Is it an article that the archive has, as whole as it gets?"""
        return self.final and self.verdict == Verdict.ARTICLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """An article's address that a source named: what should be in the archive."""

    url: str
    """Canonical address."""
    outlet: str
    day: str
    """YYYY-MM-DD in the outlet's zone: of publication as far as the source says, else of the announcement."""
    at: str
    """ISO 8601, UTC: when it was first announced."""
    source: str
    """URL of the document that named it; `argument` when a person did."""
    published: str | None = None
    """ISO 8601 with offset, as the source says."""
    fetch: str | None = None
    """The address to request, where it is not the canonical one."""
    reason: str | None = None
    """Why the last attempt brought no page: `timeout`, `robots`, `http-500`; None when none failed."""
    tries: int = 0
    """Attempts so far that brought no page."""
    tried: str | None = None
    """ISO 8601, UTC: the last of them."""
    due: str | None = None
    """ISO 8601, UTC: not tried again before; None for at any time, or for never once it was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One row of an article, and where it is to be found."""

    article_id: str
    version: int
    outlet: str
    url: str
    captured: str
    """ISO 8601, UTC; its day and `job` name the part."""
    job: str
    """The job that wrote the row."""
    complete: bool
    captures: int = 1
    """How many the row was made from; 1 where that was told before they were counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """One walk through the pages of an index, or through one of its days."""

    outlet: str
    source: str
    """Address of the index, with its placeholders."""
    day: str
    """YYYY-MM-DD; empty for the undated index."""
    done: bool
    """False from its first page on until its last was read."""
    at: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A job that ended, in numbers: what later ones are compared with."""

    job: str
    outlet: str
    at: str
    """ISO 8601, UTC."""
    facts: dict[str, Any]
    """What its manifest says: `finish`, `status`, `counts`, `measures`, `alarms`."""


@dataclass(slots=True)
class Changes:
    """What becomes true together."""

    known: list[Known] = field(default_factory=list)
    stored: dict[str, Stored] = field(default_factory=dict)
    """Address -> the response that later ones may be a revisit of."""
    announced: list[Announced] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    unmade: list[Version] = field(default_factory=list)
    """Rows that are no more. They go before `versions` come: another row may be that version of an article now."""
    unstored: list[str] = field(default_factory=list)
    """Addresses whose responses the archive holds no longer."""
    walked: list[Walked] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    """Names of the records that wait no more."""

    def __len__(self) -> int:
        return sum(len(getattr(self, one.name)) for one in fields(self))

    def add(self, others: Changes) -> None:
        """Take in what becomes true after these."""
        if others.unmade and self.versions:
            self.versions = _without(self.versions, others.unmade)
        for one in fields(self):
            mine, new = getattr(self, one.name), getattr(others, one.name)
            if new:
                mine.update(new) if isinstance(mine, dict) else mine.extend(new)

    def pieces(self) -> Iterator[Changes]:
        """The same in commits that keep nobody waiting for long; in their order, for one who can begin again."""
        for name in ("announced", "known", "unmade", "versions", "unstored", "walked", "ended"):
            lines = getattr(self, name)
            for first in range(0, len(lines), AT_ONCE):
                yield Changes(**{name: lines[first : first + AT_ONCE]})
        stored = list(self.stored.items())
        for first in range(0, len(stored), AT_ONCE):
            yield Changes(stored=dict(stored[first : first + AT_ONCE]))
        yield Changes(waiting=self.waiting, settled=self.settled)


def _without(rows: list[Version], others: list[Version]) -> list[Version]:
    taken = {(row.article_id, row.version, row.job) for row in others}
    return [row for row in rows if (row.article_id, row.version, row.job) not in taken]
