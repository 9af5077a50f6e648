"""What an outlet is called: by its rules, by its page, by its address."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

# Second-level names under which registries give out domains: kontan.co.id.
_SECOND = frozenset(("ac", "biz", "co", "com", "desa", "go", "my", "net", "or", "org", "sch", "web"))


@lru_cache(maxsize=1024)
def domain(url: str) -> str:
    """The registered domain of an address, `kompas.com` or `kontan.co.id`; empty for a host without one."""
    try:
        parts = (urlsplit(url).hostname or "").split(".")
    except ValueError:
        return ""
    known = 3 if len(parts) > 2 and parts[-2] in _SECOND else 2
    return "" if len(parts) < 2 or parts[-1].isdecimal() else ".".join(parts[-known:])


def label(url: str) -> str:
    """The part of the domain that is the outlet's own: `kompas`, `kontan`."""
    return domain(url).partition(".")[0]
