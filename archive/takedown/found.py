"""What a takedown is about: an article, and all that an archive holds of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


class Addresses(Protocol):
    """What an outlet knows of its addresses."""

    def owns(self, url: str) -> bool:
        """Is this an address on one of its hosts?"""

    def canonical(self, url: str) -> str:
        """The one address of a page that it owns."""

    def is_article(self, url: str) -> bool:
        """Does a canonical address look like an article's?"""

    def same_article(self, url: str, other: str) -> bool:
        """May two canonical addresses be one article's?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A row of `articles/` or `dropped/`."""

    part: str
    """Key of its part."""
    line: int
    job: str
    """The job that wrote it."""
    counts: bool
    """False in a part that a rebuild has replaced."""
    id: str
    version: int
    url: str
    captured: str
    complete: bool
    text_sha256: str
    is_article: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecord:
    """A record of a WARC."""

    warc: str
    """Key of the file."""
    offset: int
    length: int
    kind: str
    """WARC-Type."""
    record_id: str
    url: str
    """WARC-Target-URI; empty where it has none."""
    date: str
    """WARC-Date."""
    sha256: str
    """Of its gzip member, hexadecimal."""


class Earlier(NamedTuple):
    """A takedown that left nothing to be changed, and of whose end no entry tells."""

    at: str
    """When it was: ISO 8601 with offset."""
    reason: str | None
    """None where nothing says it any more."""


@dataclass(slots=True, kw_only=True)
class Found:
    """All that an archive holds of an article."""

    outlet: str
    url: str
    """Canonical, as it was asked for."""
    article_id: str
    addresses: list[str] = field(default_factory=list)
    """All canonical addresses under which it is known, sorted."""
    published: str | None = None
    """ISO 8601 with offset, as the catalog has it."""
    taken_down: str | None = None
    """When it was taken down, by the catalog: ISO 8601 with offset."""
    told: dict[str, Any] | None = None
    """The last entry of the log that says that it was taken down."""
    listed: list[dict[str, Any]] = field(default_factory=list)
    """What the list of revocations says of it, where no entry of the log tells."""
    rows: list[FoundRow] = field(default_factory=list)
    records: list[FoundRecord] = field(default_factory=list)
    lines: dict[str, list[int]] = field(default_factory=dict)
    """Key of a WARC -> offsets that its index names for these addresses; of a takedown that was cut short, too."""
    captured: list[str] = field(default_factory=list)
    """Addresses as they were requested, with page numbers: what the catalog remembers responses by."""
    datasets: dict[str, int | None] = field(default_factory=dict)
    """Datasets that hold it -> rows; None of one that cannot be looked into."""
    unfinished: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Takedowns of it of whose end the log has no entry -> what the log has of them; the oldest first."""
    checks: list[str] = field(default_factory=list)
    """Keys of the folders under `checks/` that hold captures of it: archives of their own."""
    damaged: int = 0
    """Files of the outlet under `damaged/`, which nobody looks into."""

    @property
    def is_due(self) -> bool:
        """Is there anything to be taken out, or a takedown of whose end no entry tells?"""
        return bool(self.rows or self.warcs or self.unfinished or (self.taken_down and not self.told))

    @property
    def all_but_done(self) -> Earlier | None:
        """The earlier takedown, where there is one: by its beginning, else by the catalog and the list."""
        if self.rows or self.warcs:
            return None
        if changed := [one for one in self.unfinished.values() if one["files"]]:
            return Earlier(changed[-1]["at"], changed[-1]["reason"])
        if self.taken_down:
            return Earlier(self.taken_down, self.listed[-1]["reason"] if self.listed else None)
        return None

    @property
    def warcs(self) -> list[str]:
        """Keys of the WARC files that are to be changed, or whose index is, sorted."""
        return sorted({*(record.warc for record in self.records), *self.lines})
