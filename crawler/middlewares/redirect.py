"""Redirects that stay on the outlet; one that leads away is recorded where it pointed, and not followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from scrapy.downloadermiddlewares.redirect import RedirectMiddleware

from crawler.frontier import Answer
from crawler.visit import location

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from crawler.spider import OutletSpider


class OutletRedirectMiddleware(RedirectMiddleware):
    """Scrapy's middleware for the redirects that the spider wants to follow; it gets the others as they are."""

    def process_response(  # type: ignore[override]  # the spider argument is on its way out
        self, request: Request, response: Response
    ) -> Request | Response:
        """The redirected request, or the response itself when it is none or must not be followed."""
        target = location(response)
        spider = cast("OutletSpider", self.crawler.spider)
        if target is None or spider.follow(request, target) is not Answer.NEW:
            return response
        return super().process_response(request, response)
