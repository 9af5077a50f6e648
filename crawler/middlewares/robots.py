"""robots.txt as RFC 9309 has it: fetched once a host, and kept for its `Sitemap:` lines too."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple, Self, cast

from scrapy import Request
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler import reasons
from crawler.coding import CUT_OFF
from crawler.robotstxt import MAX_BYTES, RobotsTxt

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spider import OutletSpider

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 12.0
"""robots.txt is small: a host that needs longer is as good as unreachable, and a person waits for the answer."""

HOPS = 5
"""Redirects that are followed, to other hosts too (RFC 9309, section 2.3.1.2)."""


class RobotsRefused(IgnoreRequest):
    """The host's robots.txt keeps us out; `reason` says how."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Robots(NamedTuple):
    """What came of asking for one host's robots.txt."""

    body: bytes = b""
    said: RobotsTxt | None = None
    """None when there are no rules."""
    refused: RobotsRefused | None = None


class RobotsMiddleware:
    """Keeps out of what robots.txt closes, with the specification's answers for what goes wrong.

    4xx: no rules (section 2.3.1.3). 5xx and no answer at all: stay out (section 2.3.1.4), and so after 429, for who is
    asked too much already does not mean that everything is open. Crawl-delay, which the RFC does not know but many
    outlets use, is kept too.
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
        if robots.said is None:
            request.meta["opt_out"] = ()
            return
        if not robots.said.allows(request.url):
            raise RobotsRefused("robots", f"{request.url} is closed by robots.txt")
        request.meta["opt_out"] = tuple(robots.said.opt_out(urlparse_cached(request).path or "/"))

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
                "kind": "robots",
                "dont_obey_robotstxt": True,
                "download_timeout": TIMEOUT_SECONDS,
                "redirect_ttl": HOPS,
                "via": via if via != f"{host}/robots.txt" else None,  # asked for as a source of its own
                "hops": "P",
            },
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except IgnoreRequest as error:  # redirects without end: as if there were none
            logger.info("%s: %s", request.url, error)
            return Robots()
        except Exception as error:  # noqa: BLE001 - every failure to get it means the same
            reason = reasons.of_exception(error)
            return Robots(refused=RobotsRefused(reason, f"{request.url}: {error}"))
        if response.status >= 500 or response.status == 429:
            detail = f"{request.url} answered {response.status}"
            return Robots(refused=RobotsRefused(f"robots-http-{response.status}", detail))
        if response.status >= 300:
            return Robots()
        if CUT_OFF in response.flags:  # what it closes may stand in the rest, as when the connection breaks
            return Robots(refused=RobotsRefused("torn", f"{request.url} is cut off"))
        said = await asyncio.to_thread(RobotsTxt, response.body, self._agent)
        if said.crawl_delay:
            spider = cast("OutletSpider", self._crawler.spider)
            spider.pace.keep_apart(urlparse_cached(request).hostname or "", said.crawl_delay)
            logger.info("%s asks for %s s between requests", request.url, said.crawl_delay)
        return Robots(response.body[:MAX_BYTES], said)
