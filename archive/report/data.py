"""The numbers of a report, ready to be drawn: all of them bounded, none of them words of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from archive import layout
from archive.health import Alarm
from archive.ledger import Day, Line
from archive.measures import BOUNDS
from archive.model import RecordRef

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
BY_DAY = 186
"""Days up to which a chart tells of each; of longer periods it tells by the month."""
LAGS = (*(name for _, name in BOUNDS), ">7d", "unknown", "future")
"""From publication to the first capture: below an hour, up to 6 and 24 hours, up to 7 days, longer; not known; dated
later than its capture."""


class Part(NamedTuple):
    """Rows of one day of publication that lie in one file."""

    key: str
    """Its key; it has a `*` where the extractor, which is part of the name, is not known."""
    rows: int


class Missing(NamedTuple):
    """An announced address without a row, and where its last response lies."""

    line: Line
    proof: RecordRef | None
    """None when it was never captured, and where nobody looked for it."""
    part: str | None
    """Key of the part under `dropped/` whose row names it; None when there is no such row."""


class Median(NamedTuple):
    """How fresh the articles were that were first captured on a day, or in a month."""

    when: str
    """YYYY-MM-DD or YYYY-MM, UTC."""
    hours: float
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One job, as its manifest has it."""

    job: str
    outlet: str
    ended: str
    """ISO 8601, UTC."""
    finish: str
    status: int | None
    """None when it did not live to have one."""
    announced: int
    kept: int
    dropped: Mapping[str, int]
    failed: Mapping[str, int]
    warc_bytes: int | None
    """None when the job did not measure."""
    arguments: Mapping[str, str]
    alarms: Sequence[Alarm]

    @property
    def began(self) -> datetime:
        """When it began, UTC."""
        return layout.job_began(self.job)

    @property
    def manifest(self) -> str:
        """Key of its manifest."""
        return layout.manifest_key(self.outlet, self.job)


@dataclass(slots=True, kw_only=True)
class Sizes:
    """What jobs wrote, and what they did not have to."""

    jobs: int = 0
    warc_bytes: int = 0
    records: int = 0
    revisits: int = 0
    saved_bytes: int = 0

    def add(self, other: Sizes) -> None:
        """Count what others wrote too."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True, kw_only=True)
class Coverage:
    """In how many of the articles a field has a value."""

    articles: dict[str, int] = field(default_factory=dict)
    """Field -> articles that were looked at."""
    present: dict[str, float] = field(default_factory=dict)
    """Field -> articles that have it; it is made from shares, and no whole number."""

    def add(self, name: str, share: float, articles: int) -> None:
        """Count the articles of a job, of which `share` (0 to 1) have the field."""
        self.articles[name] = self.articles.get(name, 0) + articles
        self.present[name] = self.present.get(name, 0.0) + share * articles

    def share(self, name: str) -> float | None:
        """0 to 1; None where there was no article to look at."""
        return self.present[name] / self.articles[name] if self.articles.get(name) else None


@dataclass(slots=True, kw_only=True)
class History:
    """What the jobs of one outlet say, the newest of them one by one."""

    total: int = 0
    """Jobs of the period."""
    measured: int = 0
    """Of them those that measured their rows."""
    last: JobRun | None = None
    """The last one, whatever the period."""
    jobs: list[JobRun] = field(default_factory=list)
    """Newest first."""
    troubles: list[JobRun] = field(default_factory=list)
    """Those with an alarm, or a status other than 0; newest first."""
    troubled: int = 0
    """How many there are of them, listed or not."""
    sizes: dict[str, Sizes] = field(default_factory=dict)
    """Day (UTC) -> what the jobs that began on it wrote."""
    lately: Coverage = field(default_factory=Coverage)
    before: Coverage = field(default_factory=Coverage)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletReport:
    """All numbers of one outlet."""

    name: str
    title: str
    """As readers know it."""
    articles: int
    """Articles with a row, whenever they were published."""
    taken_away: int
    """Of them those that the outlet took away since."""
    days: Sequence[Day]
    """Days of publication with announced articles, the first one first."""
    earlier: Day | None
    """What was published before them; None when there is nothing, and nothing was left out."""
    later: Day | None
    """What claims to be published in the future, or on no day that there is."""
    lately: Day | None
    """The sum of the last 30 days; None when nothing was announced for them."""
    missing: Mapping[str, Sequence[Missing]]
    """Day -> missing addresses, no more than there is room for."""
    parts: Mapping[str, Sequence[Part]]
    """Day -> where the rows are, of the newest days."""
    lags: Mapping[str, int]
    """Key of LAGS -> articles."""
    medians: Sequence[Median]
    fresh: Median | None
    """The median of the last 30 days."""
    verdicts: Mapping[str, Mapping[str, int]]
    """Day of capture (UTC) -> verdict -> addresses."""
    history: History


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that the page shows."""

    archive: str
    """What a person calls the archive."""
    made: datetime
    since: date | None
    until: date | None
    outlets: Sequence[OutletReport]
    silent: Sequence[str]
    """Outlets of the project that never had a job."""
    problems: Sequence[str]
    """What could not be read, in sentences."""


def day_of(moment: str) -> date | None:
    """The day that a day, or an instant in ISO 8601, begins with; None for what is neither."""
    if not _DAY.match(moment):  # ISO 8601 has other forms, and none of them sorts with these
        return None
    try:
        return date.fromisoformat(moment[:10])
    except ValueError:
        return None
