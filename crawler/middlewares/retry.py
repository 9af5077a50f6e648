"""Another try for what may pass; none for a certificate that will be as bad a second later."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, cast

from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.utils.httpobj import urlparse_cached

from crawler import reasons
from crawler.pace import MAX_SECONDS

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from crawler.spider import OutletSpider


class PoliteRetryMiddleware(RetryMiddleware):
    """Scrapy's middleware, which keeps to Retry-After (RFC 9110, section 10.2.3)."""

    def process_response(  # type: ignore[override]  # the spider argument is on its way out
        self, request: Request, response: Response
    ) -> Request | Response:
        """The request again, or the response when there is nothing to retry."""
        if response.status in {429, 503} and (wait := retry_after(response)):
            if wait > MAX_SECONDS:
                return response
            cast("OutletSpider", self.crawler.spider).pace.not_before(urlparse_cached(request).hostname or "", wait)
        return super().process_response(request, response)

    def process_exception(  # type: ignore[override]  # the spider argument is on its way out
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        """The request again, or None when there is nothing to retry."""
        if reasons.of_exception(exception) in {"tls", "too-large"}:
            return None
        return super().process_exception(request, exception)


def retry_after(response: Response) -> float | None:
    """Seconds that an answer asks to wait, given as a number or as a date; None when it does not."""
    value = (response.headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value).astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except ValueError:
        return None
