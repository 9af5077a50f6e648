"""robots.txt, group by group (RFC 9309, section 2.2): what is said to whom.

Protego decides what a rule closes. It gets only the groups of those whom we ask about: for each User-agent line it
would repeat all rules of the group, and half a megabyte of such lines would fill the memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from protego import Protego

from archive.tdmrep import covers

MAX_BYTES = 500 * 1024
"""What a crawler must at least parse (RFC 9309, section 2.5); the rest is ignored."""

# Who collects texts for models or for mining: to close a host to them is to say something about reuse.
COLLECTORS = (
    "GPTBot",
    "CCBot",
    "Google-Extended",
    "ClaudeBot",
    "anthropic-ai",
    "Bytespider",
    "PerplexityBot",
    "Applebot-Extended",
    "meta-externalagent",
)

_AGENT = re.compile(r"user[ -]?agent[ \t]*[: \t][ \t]*([^ \t/]*)", re.IGNORECASE)
# With the slips of the pen that Protego forgives. Other lines, Sitemap above all, do not end a group (section 2.2.4).
_RULE = re.compile(
    r"(?:dis?s?all?[ao]w|diasllow|allow|crawl[ -]delay|(content-(?:signal|usage)))[ \t]*[: \t](.*)", re.IGNORECASE
)
_MOST = 20
_LONGEST = 200


class Use(NamedTuple):
    """A line on the use of content."""

    text: str
    """As written, after `robots.txt: `; after `robots.txt (GPTBot): ` where it is said to others than us."""
    path: str | None = None
    """Pattern of the paths that it speaks of; None for all."""


class RobotsTxt:
    """What one robots.txt says to us, and to those who collect texts."""

    def __init__(self, body: bytes, agent: str) -> None:
        """Whatever the bytes: lines that mean nothing are overlooked (section 2.2)."""
        groups = list(_groups(_lines(body)))
        self._agent = agent
        self._rules = _protego(groups, (agent, "*"))
        self.uses = _uses(groups, agent.lower())
        self._closed = _closed(groups)

    @property
    def crawl_delay(self) -> float:
        """Seconds that it wants between requests; 0 when it does not say."""
        return float(self._rules.crawl_delay(self._agent) or 0.0)

    def allows(self, url: str) -> bool:
        """May we fetch this?"""
        return self._rules.can_fetch(url, self._agent)

    def opt_out(self, path: str) -> list[str]:
        """What it says against the reuse of a path: lines on the use of content, collectors that are kept out."""
        said = (use.text for use in self.uses if use.path is None or covers(use.path, path))
        return [*dict.fromkeys(said), *self._closed][:_MOST]


class _Group(NamedTuple):
    agents: list[str]
    """Product tokens in lower case (section 2.2.1); none for lines before the first group."""
    lines: list[re.Match[str]]


def _lines(body: bytes) -> list[str]:
    """Lines without comments. Of a file that is too long, the line at the cut is no line."""
    text = body[:MAX_BYTES].decode("utf-8-sig", "replace")
    lines = text.splitlines()
    if len(body) > MAX_BYTES:
        lines = lines[:-1]
    return [line.partition("#")[0].strip() for line in lines]


def _groups(lines: Iterable[str]) -> Iterator[_Group]:
    group = _Group([], [])
    for line in lines:
        if named := _AGENT.match(line):
            if group.lines:
                yield group
                group = _Group([], [])
            name = named[1].lower()
            group.agents.append(name if name == "*" else name.replace("*", ""))
        elif rule := _RULE.fullmatch(line):
            group.lines.append(rule)
    yield group


def _protego(groups: list[_Group], agents: Iterable[str]) -> Protego:
    """Rules for these agents; groups of the same name are one (section 2.2.1)."""
    lines: list[str] = []
    for group in groups:
        named = [f"User-agent: {agent}" for agent in agents if agent.lower() in group.agents]
        if named:
            lines += [*named, *(line[0] for line in group.lines if not line[1])]
    return Protego.parse("\n".join(lines))


def _uses(groups: list[_Group], agent: str) -> list[Use]:
    """Lines on the use of content; the group of our name, where there is one, speaks to us in place of `*`."""
    own = agent if any(agent in group.agents for group in groups) else "*"
    found: dict[Use, None] = {}
    for group in groups:
        to = "" if not group.agents or own in group.agents else f" ({', '.join(group.agents[:3])})"
        for line in group.lines:
            if line[1] and len(found) < _MOST:
                first = line[2].split(maxsplit=1)[:1]
                path = first[0] if first and first[0].startswith("/") else None
                found[Use(f"robots.txt{to}: {line[0][:_LONGEST]}", path)] = None
    return list(found)


def _closed(groups: list[_Group]) -> list[str]:
    """The collectors that may not even fetch the home page."""
    named = {agent for group in groups for agent in group.agents}
    closed = {
        agent: not _protego(groups, (agent, "*")).can_fetch("https://host.invalid/", agent)
        for agent in ("*", *(collector for collector in COLLECTORS if collector.lower() in named))
    }
    return [f"robots.txt: disallow {collector}" for collector in COLLECTORS if closed.get(collector, closed["*"])]
