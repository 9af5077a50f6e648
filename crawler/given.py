"""A page that a person names: an address, a file, a record of a WARC file, or standard input."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import DownloadCancelledError

from archive import message
from archive.errors import ArgumentError, StorageError
from archive.reader import Record, read
from archive.verification.files import WARC_SUFFIXES
from crawler.coding import CodingError, unpacked
from crawler.judgement import Judgement
from crawler.rereading import page_call, response_of
from pipelines.page.markup import Limits, absolute, parse
from pipelines.page.selectors import select

if TYPE_CHECKING:
    from scrapy.settings import Settings

_MOST = Limits().bytes + 1
"""Bytes of a page that are read: one more than may be extracted, so that a longer one is refused."""
_RECORD = 64 << 20
_NAMED = 10
"""Pages of a WARC file that a message names."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """A page, and what is known of how it came."""

    body: bytes
    """HTML, after content decoding."""
    url: str
    """Its address; empty when neither a person nor the page says it."""
    charset: str | None = None
    """The one of the HTTP header, where there was one."""
    captured: datetime
    is_cut: bool = False
    """Did what came end before its content coding did?"""


def is_address(name: str) -> bool:
    """Is it an address rather than a file?"""
    return re.match(r"https?:", name, re.IGNORECASE) is not None


def obtain(name: str, settings: Settings, *, url: str | None = None, record: str | None = None) -> Given:
    """The page that `name` means: an http(s) address, a file of HTML, a WARC file, or `-` for standard input.

    `url` says where a file comes from, else the page itself may; `record` chooses a record of a WARC file. Raises
    ArgumentError, NoPage, StorageError, PageRefused.
    """
    warc = name.endswith(WARC_SUFFIXES) and not is_address(name)
    if url is not None and (is_address(name) or warc):
        raise ArgumentError(f"--url says where a file comes from, and of {name} that is known.")
    if url is not None and not _is_sound(url):
        raise ArgumentError(f"--url={url} is no address: it begins with https:// or http://.")
    if record is not None and not warc:
        raise ArgumentError(f"--record chooses a record of a WARC file; {name} is none.")
    if is_address(name):
        from crawler.fetch import fetch  # noqa: PLC0415 - the network is not needed for a file

        page = fetch(name, settings)
        return Given(body=page.body, url=page.url, charset=page.charset, captured=page.began, is_cut=page.is_cut)
    try:
        if warc:
            return _of_warc(Path(name), record)
        body = sys.stdin.buffer.read(_MOST) if name == "-" else _of_file(name)
    except FileNotFoundError as error:
        raise ArgumentError(f"There is no file {name}; an address begins with https://.") from error
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        raise StorageError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    return Given(body=body, url=url or _own_address(body), captured=datetime.now(UTC))


def _is_sound(url: str) -> bool:
    """Is this an http(s) address, in characters that can be written?"""
    return absolute(url, url) is not None and not re.search("[\ud800-\udfff]", url)


def _of_file(name: str) -> bytes:
    if Path(name).is_dir():
        raise ArgumentError(f"{name} is a folder: name one file of it.")
    with Path(name).open("rb") as file:
        return file.read(_MOST)


def _own_address(body: bytes) -> str:
    """The address that a page calls its own; empty when it calls none."""
    root = parse(body, None, Limits())
    if root is None:
        return ""
    found = (
        *select(root, "link[rel~='canonical']::attr(href)"),
        *select(root, "meta[property='og:url']::attr(content)"),
    )
    own = (absolute("", one) for one in found if isinstance(one, str))
    return next((one for one in own if one), "")


def _of_warc(path: Path, wanted: str | None) -> Given:
    """The page of a response record: the one of that address, or the only one there is."""
    pages: list[Given] = []
    revisited = False
    for record in read(path):
        if not isinstance(record, Record):
            continue  # what is damaged is the matter of scrapy verify
        kind, url = (record.get("WARC-Type") or "").lower(), (record.get("WARC-Target-URI") or "").strip("<>")
        revisited = revisited or (kind == "revisit" and url == wanted)
        if kind == "response" and wanted in {None, url} and (page := _page(record, url)):
            if wanted is not None:
                return page
            pages.append(page)
        if len(pages) > _NAMED:
            break
    if revisited:
        raise ArgumentError(
            f"{path} has only a revisit record of {wanted}: it came again unchanged; its page is in an earlier file."
        )
    if wanted is not None or not pages:
        what = f"response record of {wanted} with an HTML page" if wanted else "response record with an HTML page"
        raise ArgumentError(f"{path} has no {what}.")
    if len(pages) > 1:
        names = ", ".join(page.url for page in pages[:_NAMED])
        more = ", and others" if len(pages) > _NAMED else ""
        raise ArgumentError(f"{path} has several pages; choose one with --record URL: {names}{more}.")
    return pages[0]


def _page(record: Record, url: str) -> Given | None:
    """The page in a response record; None for what is no HTML page that came whole."""
    if record.size > _RECORD:
        return None
    block = record.block()
    head = message.head_of(block)
    kinds = message.header_values(head, "Content-Type")
    if message.status(head) != 200 or not any(b"html" in kind.lower() for kind in kinds) or not _is_sound(url):
        return None
    try:
        call = page_call(unpacked(response_of(url, head, message.payload(block))))
    except (CodingError, DownloadCancelledError):
        return None
    if isinstance(call, Judgement) or not call.body:
        return None
    try:
        captured = datetime.fromisoformat(record.get("WARC-Date") or "")
    except ValueError:
        captured = datetime.now(UTC)
    return Given(body=call.body[:_MOST], url=url, charset=call.charset, captured=captured, is_cut=call.is_cut)
