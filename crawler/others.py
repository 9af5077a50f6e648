"""The outlet of every host that no outlet has: the archive keeps under its name what was adopted from them."""

from __future__ import annotations

from urllib.parse import urlsplit

from crawler.outlet import Outlet
from pipelines.rules import NO_RULES

OTHERS = "others"
"""Its name."""


class _Others(Outlet):
    """Every host that no outlet has. A page is of the host where it was found, whatever it says."""

    def owns(self, url: str) -> bool:
        try:
            url.encode()
            parts = urlsplit(url)
            standard = parts.port in {None, 80, 443}
        except ValueError:
            return False
        return standard and parts.username is None and parts.scheme in {"http", "https"} and bool(parts.hostname)

    def own_address(self, url: str, claimed: str | None) -> str:
        own = super().own_address(url, claimed)
        return own if _host(own) == _host(url) else url


others = _Others(name="Others", hosts=(), sources=(), article=r"", evidence=(), rules=NO_RULES)
"""An outlet without rules."""


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
