"""Another try for what may pass; none for a certificate that will be as bad a second later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.utils.httpobj import urlparse_cached

from crawler import reasons

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

MAX_WAIT_SECONDS = 120.0


class PoliteRetryMiddleware(RetryMiddleware):
    """Scrapy's middleware, with Retry-After (RFC 9110, section 10.2.3) as the delay of the host's slot."""

    def process_response(  # type: ignore[override]  # the spider argument is on its way out
        self, request: Request, response: Response
    ) -> Request | Response:
        """The request again, or the response when there is nothing to retry."""
        wait = response.headers.get(b"Retry-After", b"") or b""
        slot = self.crawler.engine.downloader.slots.get(urlparse_cached(request).hostname or "")
        if response.status in {429, 503} and wait.isdigit() and slot:
            slot.delay = max(slot.delay, min(float(wait), MAX_WAIT_SECONDS))
        return super().process_response(request, response)

    def process_exception(  # type: ignore[override]  # the spider argument is on its way out
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        """The request again, or None when there is nothing to retry."""
        if reasons.of_exception(exception) in {"tls", "too-large"}:
            return None
        return super().process_exception(request, exception)
