"""What adopting goes by, and what it comes to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from crawler.schedule import Schedule


@dataclass(slots=True)
class Count:
    """What became of captures."""

    adopted: Counter[str] = field(default_factory=Counter)
    """Outlet -> captures that are in the archive now and were not before."""
    kept: int = 0
    """Rows of articles."""
    edited: int = 0
    """Of them those of a version that is not the first."""
    unchanged: int = 0
    """Looks at an article that tell nothing new."""
    dropped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason in words -> captures of which nothing was made and nothing is kept."""

    def add(self, other: Count) -> None:
        """Take in another outlet's."""
        for name in ("adopted", "kept", "edited", "unchanged", "dropped", "failed", "skipped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the settings say."""

    archive_uri: str
    state_dir: str | None
    catalog_uri: str | None
    schedule: Schedule
    respects_opt_out: bool
    patience: float
    """Seconds without progress after which uploads are left to the next job."""
    spool_limit: float
    """Bytes that may wait for upload."""
    info: dict[str, str]
    """For the warcinfo records."""
    jobs: int
    """Worker processes."""


class Read(NamedTuple):
    """One file of others, as it was read."""

    name: str
    size: int
    sha256: str
