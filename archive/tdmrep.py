"""`/.well-known/tdmrep.json`: what a host reserves against text and data mining, path by path.

TDM Reservation Protocol (W3C community group): an array of objects with `location`, `tdm-reservation` and `tdm-policy`.
"""

from __future__ import annotations

import json
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

PATH = "/.well-known/tdmrep.json"
MAX_BYTES = 500 * 1024
"""A longer file is not read: the protocol knows no limit, and robots.txt gets by with this one."""
MAX_RULES = 1000
MAX_PATTERN = 1000
"""Characters of a `location`."""
_LONGEST_POLICY = 200


class Rule(NamedTuple):
    """One object of the file."""

    location: str
    """Pattern for paths: `*` stands for anything, `$` at the end for the end, as in robots.txt."""
    reserved: bool
    policy: str | None
    """Address of the terms, as written."""


def parse(body: bytes) -> list[Rule]:
    """The rules of a file; none of what is no such file, whatever the bytes."""
    if len(body) > MAX_BYTES:
        return []
    try:
        items = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):  # ValueError: also a number of more digits than Python reads
        return []
    items = items if isinstance(items, list) else [items]  # some hosts forget the brackets around their one object
    rules = (_rule(item) for item in items[:MAX_RULES] if isinstance(item, dict))
    return [rule for rule in rules if rule]


def signals(rules: list[Rule], url: str) -> list[str]:
    """What the file reserves of an address: `tdmrep.json: tdm-reservation: 1`, and the policy if it names one.

    The longest location that fits counts, as in robots.txt (RFC 9309, section 2.2.2); of equals, one that reserves.
    """
    parts = urlsplit(url)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    fitting = [rule for rule in rules if covers(rule.location, path)]
    best = max(fitting, key=lambda rule: (len(rule.location), rule.reserved), default=None)
    if best is None or not best.reserved:
        return []
    policy = [f"tdmrep.json: tdm-policy: {best.policy}"] if best.policy else []
    return ["tdmrep.json: tdm-reservation: 1", *policy]


def covers(pattern: str, path: str) -> bool:
    """Does a path pattern of robots.txt fit a path (RFC 9309, sections 2.2.2 and 2.2.3)?

    Without regular expressions: a host's pattern must not be able to take more than linear steps for each of its parts.
    """
    path = unquote(path)
    first, *further = [unquote(part) for part in pattern.removesuffix("$").split("*")]
    if not path.startswith(first):
        return False
    position = len(first)
    last = further.pop() if further else None
    for part in further:
        found = path.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    if not pattern.endswith("$"):
        return last is None or path.find(last, position) >= 0
    if last is None:
        return position == len(path)
    return path.endswith(last) and len(path) - len(last) >= position


def _rule(item: dict[str, object]) -> Rule | None:
    location, policy = item.get("location"), item.get("tdm-policy")
    if not isinstance(location, str) or len(location) > MAX_PATTERN or not location.startswith(("/", "*")):
        return None
    terms = policy.strip()[:_LONGEST_POLICY] if isinstance(policy, str) else None
    return Rule(location, item.get("tdm-reservation") in (1, "1"), terms or None)
