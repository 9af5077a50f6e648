"""Bodies without their content coding, in the place of Scrapy's middleware, which takes half a body for a whole one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from crawler.coding import unpacked

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class UnpackingMiddleware:
    """Takes content codings off what comes; what is cut off is flagged so."""

    def __init__(self, limit: int) -> None:
        """`limit`: DOWNLOAD_MAXSIZE, bytes, 0 for none."""
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Wire the middleware."""
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002 - Scrapy passes it
        """The response as its reader wants it. Raises CodingError, DownloadCancelledError."""
        return unpacked(response, self._limit)
