"""robots.txt as RFC 9309 has it: fetched once a host, and kept for its `Sitemap:` lines too."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, cast

from protego import Protego
from scrapy import Request
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler import reasons

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)

MAX_BYTES = 500 * 1024
"""What a crawler must at least parse (RFC 9309, section 2.5); the rest is ignored."""
TIMEOUT_SECONDS = 12.0
"""robots.txt is small: a host that needs longer is as good as unreachable, and a person waits for the answer."""

_USES = re.compile(r"^[ \t]*(content-(?:signal|usage)[ \t]*:[^\r\n]{1,200})", re.IGNORECASE | re.MULTILINE)
# Who collects texts for models or for mining: to close a host to them is to say something about reuse.
_COLLECTORS = (
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


class RobotsRefused(IgnoreRequest):
    """The host's robots.txt keeps us out; `reason` says how."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Robots:
    """One host's robots.txt."""

    body: bytes = b""
    opt_out: tuple[str, ...] = ()
    """What it says against reuse."""
    rules: Protego | None = None
    refused: RobotsRefused | None = None


class RobotsMiddleware:
    """Keeps out of what robots.txt closes, with the specification's answers for what goes wrong.

    4xx: no rules (section 2.3.1.3). 5xx and no answer at all: stay out (section 2.3.1.4). Crawl-delay, which the RFC
    does not know but many outlets use, is kept too.
    """

    def __init__(self, crawler: Crawler, agent: str) -> None:
        self._crawler = crawler
        self._agent = agent
        self._hosts: dict[str, asyncio.Future[Robots]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the middleware. Raises NotConfigured without ROBOTSTXT_OBEY."""
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured("ROBOTSTXT_OBEY is off")
        return cls(crawler, crawler.settings["ROBOTSTXT_USER_AGENT"])

    async def process_request(self, request: Request) -> None:
        """Raise RobotsRefused when the host does not want this request."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        robots = await self.of(request)
        if robots.refused:
            raise robots.refused
        if robots.rules and not robots.rules.can_fetch(request.url, self._agent):
            raise RobotsRefused("robots", f"{request.url} is closed by robots.txt")
        request.meta["opt_out"] = robots.opt_out

    async def of(self, request: Request) -> Robots:
        """robots.txt of the request's host; the first who asks fetches it, the others wait."""
        parts = urlparse_cached(request)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._hosts:
            self._hosts[host] = asyncio.ensure_future(self._fetch(host, request.url))
        return await self._hosts[host]

    async def _fetch(self, host: str, via: str) -> Robots:
        request = Request(
            f"{host}/robots.txt",
            priority=1000,
            callback=NO_CALLBACK,
            meta={
                "dont_obey_robotstxt": True,
                "download_timeout": TIMEOUT_SECONDS,
                "via": via if via != f"{host}/robots.txt" else None,  # asked for as a source of its own
                "hops": "P",
            },
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except IgnoreRequest as error:  # redirects without end or off the outlet: as if there were none
            logger.info("%s: %s", request.url, error)
            return Robots()
        except Exception as error:  # noqa: BLE001 - every failure to get it means the same
            reason = reasons.of_exception(error)
            return Robots(refused=RobotsRefused(reason, f"{request.url}: {error}"))
        if response.status >= 500:
            detail = f"{request.url} answered {response.status}"
            return Robots(refused=RobotsRefused(f"robots-http-{response.status}", detail))
        if response.status >= 300:
            return Robots()
        body = response.body[:MAX_BYTES]
        rules = Protego.parse(body.decode("utf-8", "replace").lstrip("\ufeff"))
        if delay := rules.crawl_delay(self._agent):
            spider = cast("OutletSpider", self._crawler.spider)
            spider.pace.keep_apart(urlparse_cached(request).hostname or "", float(delay))
            logger.info("%s asks for %s s between requests", request.url, delay)
        return Robots(body, opt_out(body, rules, host), rules)


def opt_out(body: bytes, rules: Protego, host: str) -> tuple[str, ...]:
    """What robots.txt says against reuse: its lines on the use of content, and the collectors it closes the host to."""
    lines = (line.strip() for line in _USES.findall(body.decode("utf-8", "replace")))
    closed = (agent for agent in _COLLECTORS if not rules.can_fetch(f"{host}/", agent))
    said = (*(f"robots.txt: {line}" for line in lines), *(f"robots.txt: disallow {agent}" for agent in closed))
    return tuple(dict.fromkeys(said))
