"""One article on its way: the pages that have come, the one to ask for next, and where a redirect leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

from archive.known import Known
from archive.model import RecordRef, Stored, Verdict
from crawler.frontier import Target
from pipelines.extract import Page

if TYPE_CHECKING:
    from scrapy.http import Response

MAX_PAGES = 60
"""Pages of one article that are walked at most; a pager that promises more is not believed."""


@dataclass(slots=True, eq=False)
class Visit:
    """First the plain address, whose capture replays; then `page=all` where the outlet has it; else page by page."""

    target: Target
    all_pages: str | None
    """The outlet's query for all pages at once, as long as it is worth asking."""
    page_param: str
    url: str
    """Canonical address of where redirects led."""
    query: str | None = None
    """What is added to the address: `page=all`, `page=2`, or nothing."""
    began: datetime | None = None
    """When the capture of the first page began."""
    pages: list[Page] = field(default_factory=list)
    records: list[RecordRef] = field(default_factory=list)
    """Where the responses lie that the article is made from."""
    number: int = 1
    recovered: tuple[str, ...] = ()
    """Names of the records of a killed job that wait for this article's row."""
    job: str = ""
    """The job that captured its first page."""
    is_cut: bool = False
    """Was the body of one of its pages cut off?"""
    lacks_all: bool = False
    """Did the answer to `page=all` not come, or half of it? The outlet may have no other further pages."""
    earlier: Stored | None = None
    """Of an address that is visited again: the response that is in the archive."""

    @property
    def before(self) -> Known | None:
        """What earlier jobs made of it."""
        return self.target.before

    @property
    def is_revisit(self) -> bool:
        """Is it an article that the archive has whole?"""
        return self.before is not None and self.before.is_whole

    @property
    def has_part(self) -> bool:
        """Is it an article of which the archive lacks something?"""
        return self.before is not None and self.before.verdict == Verdict.ARTICLE and not self.is_revisit

    @property
    def kind(self) -> str:
        """What the page to ask for is asked for: `article`, `page` for a further one, `revisit`."""
        return "page" if self.query is not None else "revisit" if self.is_revisit else "article"

    @property
    def address(self) -> str:
        """Address of the page to ask for."""
        scheme, netloc, path, query, _ = urlsplit(self.target.fetch)
        return urlunsplit((scheme, netloc, path, "&".join(filter(None, (query, self.query))), ""))

    @property
    def provenance(self) -> dict[str, str | None]:
        """What led to the page to ask for: the source that announced the article, or its first page."""
        target = self.target
        if self.query is None:
            return {"via": target.via, "hops": target.hops}
        return {"via": self.records[0].url if self.records else target.fetch, "hops": f"{target.hops}L"}

    @property
    def asks_all(self) -> bool:
        """Is the answer to `page=all` on its way?"""
        return self.query is not None and self.query == self.all_pages

    def take(self, page: Page | None, record: RecordRef) -> bool:
        """Take what was answered, None if it was no page; True when another page is to be asked for.

        The first page counts whatever it is. An answer to `page=all` counts when it shows no pages any more and all of
        it came; if it is page 1 again or cut off, the rest is walked. A numbered page that is no article ends the walk.
        """
        good = page is not None and page.verdict is Verdict.ARTICLE
        self.lacks_all = self.lacks_all or (self.asks_all and page is not None and page.is_cut)
        if page is not None and (not self.pages or (good and not (self.asks_all and (page.pages > 1 or page.is_cut)))):
            self.pages.append(page)
            self.is_cut = self.is_cut or page.is_cut
            self.records.append(record)
            if self.asks_all:
                return False
        elif not self.asks_all:
            return False
        return self.advance()

    def advance(self) -> bool:
        """Turn to the next page; False when there is none."""
        first = self.pages[0]
        if first.verdict is not Verdict.ARTICLE or first.pages <= 1:
            return False
        if self.all_pages and self.query is None:
            self.query = self.all_pages
            return True
        if self.number >= min(first.pages, MAX_PAGES):
            return False
        self.number += 1
        self.query = f"{self.page_param}={self.number}"
        return True


def location(response: Response) -> str | None:
    """Absolute address that a redirect points at, or None (RFC 9110, section 15.4)."""
    if response.status not in {301, 302, 303, 307, 308} or b"Location" not in response.headers:
        return None
    try:
        return urljoin(response.url, safe_url_string(response.headers[b"Location"] or b""))
    except ValueError:  # no address at all, such as `http://[::1`
        return None
