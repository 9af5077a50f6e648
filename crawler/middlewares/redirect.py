"""Redirects that stay on the outlet; one that leads away is recorded where it pointed, and not followed."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.redirect import RedirectMiddleware

from crawler import walls
from crawler.frontier import Answer
from crawler.visit import location

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from crawler.spider import OutletSpider


class OutletRedirectMiddleware(RedirectMiddleware):
    """Scrapy's middleware for the redirects that the spider wants to follow; it gets the others as they are.

    robots.txt may lie on another host (RFC 9309, section 2.3.1.2). A login page is where an article ends.
    """

    def process_response(  # type: ignore[override]  # the spider argument is on its way out
        self, request: Request, response: Response
    ) -> Request | Response:
        """The redirected request, or the response itself when it is none or must not be followed."""
        target = location(response)
        if target is None or not self._follows(request, target):
            return response
        return super().process_response(request, response)

    def _follows(self, request: Request, target: str) -> bool:
        if request.meta.get("kind") == "robots":
            return _is_public(target)
        if walls.is_login(target):
            return False
        spider = cast("OutletSpider", self.crawler.spider)
        return spider.follow(request, target) is Answer.NEW


def _is_public(url: str) -> bool:
    """Is this a host of the web by its name, and not a machine of our own network or somebody's port?"""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host.strip(".") and port in {None, 80, 443} and parts.username is None
    return False
