"""Which page of how many: what the address asks for and what the page's pager shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from urllib.parse import parse_qsl, urlsplit

from lxml.etree import _Element as Element

from pipelines.page import blocks
from pipelines.page.document import Document
from pipelines.page.markup import absolute

# Names of the parameter that counts pages, at the outlets that divide their articles.
_PARAMETERS = frozenset(("page", "showpage", "halaman", "hal", "page_num"))
_ALL = "all"
# An article of more pages than this is a listing's pager, or a hoax.
_MOST = 200
_OF = re.compile(
    r"\bhal(?:aman)? ?:? ?(\d{1,3}) ?(?:/|dari) ?(\d{1,3})\b|\b(\d{1,3}) dari (\d{1,3}) hal(?:aman)?\b", re.IGNORECASE
)
_RUN = re.compile(r"\bhal(?:aman)? ?:? ?(1(?: \d{1,3}){1,30})(?!\S)", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,3}")
_CURRENT = re.compile(r"(?:^|[\s_-])(?:active|current|pagecurrent|selected|aktif)(?:$|[\s_-])", re.IGNORECASE)
# Where pagers stand at outlets without rules. A listing's pager looks alike: a number counts there only when it is
# the page's own address with another page number.
_GENERIC = (
    ".paging",
    ".pagination-wrap",
    ".read__paging",
    ".page-links",
    ".pagination",
    ".pagination-article",
    ".article-pagination",
    ".post-pagination",
    ".pager",
    ".halaman",
    ".detail__anchor-numb",
)

Pages = tuple[int, int]


def asked(url: str) -> int | str:
    """The page that an address asks for: its number, 1 when it has none, or `all`."""
    for name, value in parse_qsl(urlsplit(url).query):
        if name in _PARAMETERS:
            if value.lower() == _ALL:
                return _ALL
            if _NUMBER.fullmatch(value) and int(value):
                return int(value)
        if name == "single" and value == "1":
            return _ALL
    return 1


def find(document: Document) -> Pages:
    """(page, pages), both from 1: the first pager that shows something, else the KG network's meta elements.

    `page=all` without a pager is the whole, (1, 1). With a pager it is whatever the pager marks, else page 1: a site
    that ignores `page=all` must not pass for complete.
    """
    wanted = asked(document.url)
    default = wanted if isinstance(wanted, int) else 1
    pagers = document.layout.pager if document.layout else ()
    ruled = ((element, None) for css in pagers for element in document.elements(css))
    guessed = ((element, document.url) for css in _GENERIC for element in document.elements(css))
    for element, base in chain(ruled, guessed):
        if shown := _shown(element, base):
            page, pages = shown
            return (page or min(default, pages)), pages
    total, current = (_int(document.meta.get(name)) for name in ("content_total_pages", "content_current_page"))
    if total and wanted != _ALL:
        return min(current or default, total), total
    return default, default


def _shown(element: Element, url: str | None) -> tuple[int | None, int] | None:
    """Current page, if it is marked, and number of pages in one pager; None when it shows no pages.

    With `url`, only links to other pages of that address count.
    """
    text = blocks.flat(element)
    if match := _OF.search(text):
        page, pages = (int(group) for group in match.groups() if group)
        return (page, pages) if 1 <= page <= pages <= _MOST else None
    entries = list(_entries(element, url))
    numbers = {number for number, _, _ in entries}
    if match := _RUN.search(text) if not numbers else None:
        numbers = {int(number) for number in match[1].split()}
    if not numbers or max(numbers) > _MOST or (url and not any(linked for _, linked, _ in entries)):
        return None
    marked = [number for number, _, current in entries if current]
    unlinked = [number for number, linked, _ in entries if not linked]
    if not marked and len(unlinked) == 1 and len(entries) > 1:
        marked = unlinked
    return (marked[0] if marked else None), max(numbers)


def _entries(pager: Element, url: str | None) -> Iterator[tuple[int, bool, bool]]:
    """(number, is a link, is marked as current) of everything in a pager that is only a number."""
    for element in pager.iter():
        if len(element) or not _NUMBER.fullmatch((element.text or "").strip()):
            continue
        number = int((element.text or "0").strip())
        line = [element]
        while (parent := line[-1].getparent()) is not None and line[-1] is not pager and len(line) < 4:
            line.append(parent)
        link = next((one for one in line if one.tag == "a" and one.get("href")), None)
        if url and link is not None and not _is_page_of(absolute(url, link.get("href", "")), url, number):
            continue
        current = any(
            one is not pager
            and (_CURRENT.search(one.get("class", "")) or _CURRENT.search(one.get("id", "")) or one.get("aria-current"))
            for one in line
        )
        if number:
            yield number, link is not None, current


def _is_page_of(link: str | None, url: str, number: int) -> bool:
    """Does a link lead to page `number` of the same article?"""
    if link is None:
        return False
    parts, own = urlsplit(link), urlsplit(url)
    same = parts.path.rstrip("/") == own.path.rstrip("/")
    behind = parts.path.rstrip("/") == f"{own.path.rstrip('/')}/{number}"  # WordPress
    return parts.netloc == own.netloc and ((same and asked(link) == number) or behind)


def _int(values: list[str] | None) -> int | None:
    value = values[0] if values else ""
    return int(value) if _NUMBER.fullmatch(value) and 0 < int(value) <= _MOST else None
