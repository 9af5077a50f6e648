"""What a run came to: numbers that add up, one exit status, and plain lines for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.errors import ExitStatus
from archive.health import Alarm
from archive.model import Pending
from crawler import uploads, walls
from crawler.reasons import NETWORK

_FAULTS = ("arsip/failed/fault", "arsip/faults", "spider_exceptions/count")


_REQUESTS = {
    "article": "new articles",
    "page": "further pages",
    "revisit": "revisits",
    "source": "sources",
    "robots": "robots.txt and the like",
}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The counts of one job. `announced` = `there` + `later` + `not_asked` + `kept` + dropped + failed + `left`."""

    outlet: str
    finish: str
    """Scrapy's finish reason."""
    announced: int = 0
    """Different article addresses that sources announced or the user asked for."""
    there: int = 0
    """Of them in the archive already."""
    later: int = 0
    """Of them tried before in vain, and not due again yet."""
    not_asked: int = 0
    """Of them outside the period or section that was asked for, known without fetching."""
    kept: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Verdict -> pages."""
    failed: Mapping[str, int] = field(default_factory=dict)
    """Reason -> addresses that will be tried again."""
    revisits: int = 0
    """Articles of earlier jobs that were due to be looked at again."""
    revisited: Mapping[str, int] = field(default_factory=dict)
    """What became of them: `unchanged`, `edited`, `moved`, `taken-away`, `failed`."""
    asked: bool = True
    """Were the sources to be asked? A job that gets what the ledger lacks asks none."""
    walked: int = 0
    """Days or months of dated sources that earlier jobs walked to their end: nothing is announced of them again."""
    requests: Mapping[str, int] = field(default_factory=dict)
    """Requests that were sent, with their retries and redirects, by what they were for: `source`, `robots`, `article`,
    `page` for further pages of one, `revisit`."""
    source_failures: Mapping[str, int] = field(default_factory=dict)
    """Reason -> source documents that gave no answer."""
    ok: int = 0
    """Answers of the outlet with a status below 400, robots.txt aside."""
    refused: int = 0
    """Answers that keep us out."""
    walls: Mapping[str, int] = field(default_factory=dict)
    """Kind of wall -> answers of that kind."""
    left_alone: Mapping[str, float] = field(default_factory=dict)
    """Host that a job does not wait for -> seconds that it asked for."""
    faults: int = 0
    """Errors of our own."""
    recovered: int = 0
    """Responses that came from the WARC of a killed job, not from the outlet."""
    alarms: Sequence[Alarm] = ()
    """What has changed so much that a person should look."""
    storage: str | None = None
    """Why storage failed, if it did."""
    lease_lost: str | None = None
    """Why the outlet is another job's now, if it is."""
    pending: Pending = field(default_factory=Pending)
    """What waits for upload when the job ends."""
    outbox: Path = Path()
    """Where it waits."""

    @classmethod
    def of(cls, outlet: str, finish: str, stats: Mapping[str, Any], alarms: Sequence[Alarm] = ()) -> Summary:
        """Read the counts from Scrapy's stats."""

        def under(prefix: str) -> dict[str, int]:
            return {key.removeprefix(prefix): stats[key] for key in sorted(stats) if key.startswith(prefix)}

        return cls(
            outlet=outlet,
            finish=finish,
            announced=stats.get("arsip/announced", 0),
            there=stats.get("arsip/skipped/already-there", 0),
            later=stats.get("arsip/skipped/later", 0),
            not_asked=stats.get("arsip/skipped/not-asked", 0),
            kept=stats.get("arsip/kept", 0),
            dropped=under("arsip/dropped/"),
            failed=under("arsip/failed/"),
            revisits=stats.get("arsip/revisits", 0),
            revisited=under("arsip/revisited/"),
            asked=stats.get("arsip/asked", True),
            walked=stats.get("arsip/walked-before", 0),
            requests=under("arsip/requests/"),
            source_failures=under("arsip/source-failed/"),
            ok=stats.get("arsip/ok", 0),
            refused=stats.get("arsip/refused", 0),
            walls=under("arsip/wall/"),
            left_alone=under("arsip/left-alone/"),
            faults=sum(stats.get(name, 0) for name in _FAULTS),
            recovered=stats.get("arsip/recovered", 0),
            storage=stats.get("arsip/storage"),
            lease_lost=stats.get("arsip/lease-lost"),
            alarms=alarms,
        )

    @property
    def fetched(self) -> int:
        """Addresses that were tried."""
        return self.kept + sum(self.dropped.values()) + sum(self.failed.values())

    @property
    def left(self) -> int:
        """Addresses that were announced and not tried: the run ended before their turn."""
        return self.announced - self.there - self.later - self.not_asked - self.fetched

    @property
    def status(self) -> ExitStatus:
        """What a scheduler acts on; the gravest first."""
        failures = {**self.source_failures, **self.failed}
        unanswered = sum(count for name, count in failures.items() if _no_answer(name))
        ends = (
            (self.storage, ExitStatus.STORAGE),
            (self.lease_lost, ExitStatus.LEASED),
            (self.pending.files or self.finish == "spool-full", ExitStatus.UPLOADS_PENDING),
            (self.finish == "shutdown", ExitStatus.INTERRUPTED),
            (self.finish == "blocked" or self._is_walled, ExitStatus.BLOCKED),
            (not self.ok and unanswered, ExitStatus.UNREACHABLE),
            (self.faults, ExitStatus.FAULT),
            (self.asked and not self.announced and not self.walked, ExitStatus.SILENT),
            (self.alarms, ExitStatus.ALARM),
        )
        return next((status for is_so, status in ends if is_so), ExitStatus.DONE)

    @property
    def _is_walled(self) -> bool:
        """Did hardly anything come but refusals, of the sources or of the articles alone?"""
        of_articles = self.dropped.get("blocked", 0)
        return not self.kept and bool(
            (self.refused and self.refused >= self.ok) or (of_articles and 2 * of_articles >= self.fetched)
        )

    def sentence(self) -> str:
        """The exit status in words, with what a person can do about it."""
        outlet = self.outlet
        failures = ", ".join(sorted({**self.source_failures, **self.failed})) or "no answer"
        more = f" {len(self.alarms) - 1} more above." if len(self.alarms) > 1 else ""
        return {
            ExitStatus.DONE: f"{outlet}: done.",
            ExitStatus.FAULT: f"{outlet}: {self.faults} errors of our own, see the log. What was kept is safe.",
            ExitStatus.UNREACHABLE: (
                f"{outlet} could not be reached ({failures}). Check the network, DNS and the proxy settings of this "
                "machine, and whether the outlet is up; then start again."
            ),
            ExitStatus.BLOCKED: (
                f"{outlet} refuses us, and we leave it alone. {walls.sentence(self.walls)} "
                "The refusals are in the WARC."
            ),
            ExitStatus.STORAGE: f"{outlet}: {self.storage}",
            ExitStatus.LEASED: f"{outlet}: {self.lease_lost}",
            ExitStatus.UPLOADS_PENDING: f"{outlet}: {self._uploads()}",
            ExitStatus.SILENT: (
                f"{outlet}: no source announced anything. See the sources above; scrapy outlets --check "
                f"{outlet} tries each of them."
            ),
            ExitStatus.ALARM: f"{self.alarms[0].sentence}{more}" if self.alarms else "",
            ExitStatus.INTERRUPTED: f"{outlet}: interrupted; everything kept so far is safe. Start again to go on.",
        }[self.status]

    def _uploads(self) -> str:
        if self.finish != "spool-full":
            return uploads.left(self.pending, self.outbox)
        full = "stopped early, because no more may wait for upload (SPOOL_LIMIT_MB)"
        if self.pending.files:
            return f"{full}: {uploads.left(self.pending, self.outbox)}"
        return f"{full}; all is uploaded now. Start again to go on."

    def counts(self) -> dict[str, Any]:
        """The counts as the manifest holds them."""
        return {
            "announced": self.announced,
            "already_there": self.there,
            "later": self.later,
            "not_asked": self.not_asked,
            "fetched": self.fetched,
            "kept": self.kept,
            "dropped": dict(self.dropped),
            "failed": dict(self.failed),
            "left": self.left,
            "recovered": self.recovered,
            "walls": dict(self.walls),
            "left_alone": dict(self.left_alone),
            "revisits": self.revisits,
            "revisited": dict(self.revisited),
            "requests": dict(self.requests),
        }

    def lines(self, files: Iterable[str]) -> Iterator[str]:
        """What is printed at the end."""
        yield f"announced  {self.announced}" + _detail(
            {
                "already there": self.there,
                "not due again yet": self.later,
                "outside what you asked for": self.not_asked,
                "not tried yet": self.left,
            }
        )
        yield f"fetched    {self.fetched}" + _detail({"responses from the WARC of a killed job": self.recovered})
        yield f"kept       {self.kept}"
        yield f"dropped    {sum(self.dropped.values())}" + _detail(self.dropped)
        yield f"failed     {sum(self.failed.values())}" + _detail(self.failed)
        if self.revisits:
            yield f"revisited  {sum(self.revisited.values())}" + _detail(self.revisited)
        named = {_REQUESTS.get(kind, kind): count for kind, count in self.requests.items()}
        yield f"requests   {sum(named.values())}" + _detail(named)
        for host, seconds in self.left_alone.items():
            yield f"left alone {host}: it asks for {seconds:.0f} seconds; the next run tries it again"
        for file in files:
            yield f"file       {file}"
        for alarm in self.alarms:
            yield f"alarm      {alarm.sentence}"
        yield self.sentence()


def _no_answer(reason: str) -> bool:
    return reason in NETWORK or reason.startswith("robots-http-")


def _detail(counts: Mapping[str, int]) -> str:
    parts = [f"{name} {count}" for name, count in counts.items() if count]
    return f"  ({', '.join(parts)})" if parts else ""
