"""What the user asked for with `-a NAME=VALUE`, checked before any request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from archive.errors import ArgumentError

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.outlet import Outlet

ACCEPTED = ("since", "until", "url", "section", "limit", "fill")
_OF_SCRAPYD = "_job"
"""Scrapyd tells every spider the name that its run has there."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """`scrapy crawl OUTLET -a since=2026-11-01 -a until=2026-11-30 -a section=nasional -a limit=100`."""

    since: date | None = None
    """First day of publication that is wanted, in the outlet's zone."""
    until: date | None = None
    """Last day, inclusive."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Only these articles, canonical address -> as it was given; no source is asked."""
    section: str | None = None
    """Only articles of this section, in lower case."""
    limit: int | None = None
    """Stop after this many articles were kept."""
    fill: bool = False
    """Only what the ledger lacks; no source is asked."""

    @classmethod
    def parse(cls, outlet: Outlet, given: dict[str, Any]) -> Arguments:
        """Read the arguments as the command line gives them. Raises ArgumentError with a sentence for a person."""
        if unknown := sorted(set(given) - {*ACCEPTED, _OF_SCRAPYD}):
            raise ArgumentError(f"There is no argument {', '.join(unknown)}; accepted are {', '.join(ACCEPTED)}.")
        if empty := sorted(name for name, value in given.items() if not str(value).strip()):
            raise ArgumentError(f"{', '.join(empty)} is empty; give it a value or leave it out.")
        since, until = _day("since", given.get("since")), _day("until", given.get("until"))
        if since and until and since > until:
            raise ArgumentError(f"since={since} is after until={until}; since must be the earlier day, or the same.")
        section = (given.get("section") or "").strip().lower() or None
        fill = str(given.get("fill", "no")).strip().lower()
        if fill not in {"1", "yes", "0", "no"}:
            raise ArgumentError(f"fill={given['fill']} says neither yes nor no: fill=yes gets what the ledger lacks.")
        if fill in {"1", "yes"} and given.get("url"):
            raise ArgumentError(
                "fill and url do not go together: one gets what the ledger lacks, the other what you name."
            )
        return cls(
            since=since,
            until=until,
            urls=_urls(outlet, given.get("url")),
            section=section,
            limit=_limit(given),
            fill=fill in {"1", "yes"},
        )

    @property
    def restricted(self) -> bool:
        """Was less asked for than all that is new?"""
        return bool(self.dated or self.urls or self.section or self.limit or self.fill)

    @property
    def dated(self) -> bool:
        """Was a period asked for?"""
        return self.since is not None or self.until is not None

    def wants_day(self, published: datetime | None) -> bool:
        """Is this instant of publication in the period? An unknown one is only when no period was asked for."""
        if not self.dated:
            return True
        if published is None:
            return False
        day = published.date()
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def wants_section(self, section: str | None) -> bool:
        """Is this section the one that was asked for, if one was?"""
        return self.section is None or (section or "").strip().lower() == self.section


def _day(name: str, value: str | None) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise ArgumentError(f"{name}={value} is no date; write it as YYYY-MM-DD, for example 2026-11-22.") from None


def _limit(given: dict[str, Any]) -> int | None:
    value = given.get("limit")
    if value is None:
        return None
    if not str(value).strip().isdecimal() or int(value) < 1:
        raise ArgumentError(f"limit={value} is no number of articles; write a whole number from 1.")
    return int(value)


def _urls(outlet: Outlet, value: str | None) -> dict[str, str]:
    urls = [part.strip() for part in (value or "").split(",") if part.strip()]
    for url in urls:
        if not outlet.owns(url):
            raise ArgumentError(
                f"url={url} is no address of {outlet.name}; accepted are http and https addresses on "
                f"{', '.join(outlet.hosts)} and their subdomains, several separated by commas."
            )
    return {outlet.canonical(url): url for url in urls}
