"""Another try for what may pass; none for a certificate that will be as bad a second later."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.utils.httpobj import urlparse_cached

from crawler import reasons, walls

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from crawler.spider import OutletSpider


class PoliteRetryMiddleware(RetryMiddleware):
    """Scrapy's middleware, which leaves alone a host that asked for it, and does not try a challenge again."""

    def process_response(  # type: ignore[override]  # the spider argument is on its way out
        self, request: Request, response: Response
    ) -> Request | Response:
        """The request again, or the response when there is nothing to retry."""
        spider = cast("OutletSpider", self.crawler.spider)
        if spider.pace.is_closed(urlparse_cached(request).hostname or ""):
            return response
        if response.status in self.retry_http_codes and walls.kind(response) is walls.Wall.CHALLENGE:
            return response
        return super().process_response(request, response)

    def process_exception(  # type: ignore[override]  # the spider argument is on its way out
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        """The request again, or None when there is nothing to retry."""
        if reasons.of_exception(exception) in {"tls", "too-large"}:
            return None
        return super().process_exception(request, exception)
