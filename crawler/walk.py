"""The walk through the pages of an index, day after day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from archive.zones import OFFSETS

if TYPE_CHECKING:
    from crawler.arguments import Arguments
    from crawler.outlet import Index


@dataclass(slots=True)
class Run:
    """One walk through the pages of an index."""

    source: Index
    day: date | None
    further: Iterator[date]
    page: int = 1
    seen: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Address of the page at hand."""
        template = self.source.url if self.day else self.source.latest or self.source.url
        day = self.day.strftime(self.source.date_format) if self.day else ""
        return template.format(date=day, page=self.page)


def first_run(source: Index, arguments: Arguments, zone: str) -> Run:
    """The walk through the days that were asked for, the latest first; through no day where the index has none."""
    if "{date}" not in source.url or (not arguments.dated and source.latest):
        return Run(source, None, iter(()))
    today = datetime.now(OFFSETS[zone]).date()
    last = min(arguments.until or today, today)
    first = arguments.since or last
    days = (last - timedelta(days=back) for back in range(max(0, (last - first).days) + 1))
    return Run(source, next(days), days)
