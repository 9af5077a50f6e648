"""The nouns that are kept. The docstring under a field is its entry in the data dictionary."""

from __future__ import annotations

import copy
import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

SCHEMA = 2
"""Version of the row's shape; it grows when a field is added, changed or removed."""


class Verdict(StrEnum):
    """What a fetched page turned out to be."""

    ARTICLE = "article"
    LISTING = "listing"
    GALLERY = "gallery"
    VIDEO = "video"
    LIVE = "live"
    PAYWALL = "paywall"
    BLOCKED = "blocked"
    CONSENT = "consent"
    SOFT_404 = "soft-404"
    NOT_FOUND = "not-found"
    GONE = "gone"
    REDIRECTED_AWAY = "redirected-away"
    NOT_HTML = "not-html"
    EMPTY = "empty"
    OPTED_OUT = "opted-out"
    DUPLICATE = "duplicate"
    NOT_ASKED = "not-asked"
    TAKEN_DOWN = "taken-down"
    """Taken out of the archive by whoever keeps it: never asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """Where a capture comes from that another crawler made: all that leads back to its record."""

    source: str
    """Name of the WARC file, without its folder; of one in a WACZ `NAME.wacz/archive/NAME.warc.gz`."""
    offset: int
    """Byte of it where the record's gzip member, or the plain record, begins."""
    record_id: str
    """Its WARC-Record-ID, as written."""
    payload_digest: str = ""
    """Its WARC-Payload-Digest, as written; empty where it has none."""
    software: str = ""
    """What its warcinfo says of the crawler."""
    original: str = ""
    """Of a revisit: WARC-Record-ID of the record that the body is from."""
    changed: tuple[str, ...] = ()
    """What of the HTTP head is not as the record has it, because the body was not stored as it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One HTTP exchange as it crossed the wire. Bytes are never decoded, reordered or repaired."""

    url: str
    """Absolute URL that was requested, without fragment."""
    began: datetime
    """When the request was first written, UTC: WARC-Date (WARC 1.1, section 5.4)."""
    request: bytes
    """Request line, header fields and body, as sent; empty for one that was adopted and has none."""
    response: bytes
    """Status line, header fields and body of the final response, transfer coding included."""
    interim: bytes = b""
    """1xx heads that came before it (RFC 9110, section 15.2)."""
    surplus: int = 0
    """Bytes that came after the end of the response; they are no part of it."""
    truncated: str | None = None
    """Value of WARC-Truncated (`length`, `time`, `disconnect`, `unspecified`), or None when whole."""
    ip: str | None = None
    """Address of the outlet's server; None behind a proxy, whose address is not the server's."""
    protocols: tuple[str, ...] = ()
    """Values of WARC-Protocol, outermost last: `("http/1.1", "tls/1.3")`."""
    cipher: str | None = None
    """IANA name of the cipher suite, when there was one."""
    fetch_ms: int | None = None
    """Milliseconds from the first byte sent to the last received."""
    via: str | None = None
    """URL that led here: the source that announced it, the page before it, or the redirect; None for a beginning."""
    hops: str = ""
    """Steps from the beginning, one letter each as crawlers write them: L link, M manifest (a sitemap or feed),
    R redirect, P prerequisite (robots.txt)."""
    opt_out: tuple[str, ...] = ()
    """What the host's robots.txt says about reuse, as written: `robots.txt content-signal: ai-train=no`."""
    exact: bool = True
    """False when the bytes were put together again from what the crawler had parsed."""
    adopted: Adopted | None = None
    """Whose capture it was, if not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRef:
    """Where the response record of a capture lies: all that is needed to read it back."""

    url: str
    """URL that was fetched, with its page number or `page=all` where it had one."""
    warc: str
    """Key of the WARC file in the archive."""
    offset: int
    """Byte where the record's gzip member begins."""
    length: int
    """Bytes of that member."""
    record_id: str
    """WARC-Record-ID: `<urn:uuid:...>`."""
    payload_digest: str
    """`sha1:BASE32` of the payload, after transfer decoding and before content decoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A response that is in the archive with its payload: what a later revisit refers to."""

    ref: RecordRef
    began: datetime
    """Its WARC-Date, with microseconds."""
    etag: str | None = None
    """Its latest ETag, as written (RFC 9110, section 8.8.3)."""
    last_modified: str | None = None
    """Its latest Last-Modified, as written."""
    chunked: bool = False
    """Does its block have chunks (RFC 9112, section 7.1)?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A response whose row was never written, because its job was killed: the row is made from the WARC."""

    outlet: str
    ref: RecordRef
    began: datetime
    job: str
    """The job that captured it."""


class Pending(NamedTuple):
    """Files that are finished, and not where they belong yet."""

    files: int = 0
    size: int = 0
    """Bytes of all of them."""
    problem: str = ""
    """Why the last attempt to upload one failed, in words."""


@dataclass(slots=True, kw_only=True)
class Article:
    """What a reader would call the article: one row of `articles/`. Unknown is None."""

    id: str = ""
    """`outlet:host:number`, number being the outlet's own; else `outlet:sha1-of-the-canonical-URL`."""
    version: int = 1
    """Counts the publisher's edits, from 1."""
    outlet: str = ""
    """Name of the spider: `tribun`."""
    url: str = ""
    """Canonical URL: https, no tracking, no page number, the host that readers see."""
    title: str | None = None
    """Headline, without the outlet's name around it."""
    text: str = ""
    """Paragraphs joined by one blank line, in reading order, all pages. NFC; quotes and typos untouched."""
    text_confidence: float | None = None
    """How far the extractors that looked for the text agree on it, 0 to 1; None where the outlet's rules found it."""
    description: str | None = None
    """Standfirst or summary as the outlet gives it."""
    authors: list[str] = field(default_factory=list)
    """People who wrote it, never the publisher."""
    editors: list[str] = field(default_factory=list)
    """People who edited it."""
    published: datetime | None = None
    """Instant of publication, with the offset of the outlet's clock (WIB +07:00, WITA +08:00, WIT +09:00)."""
    published_raw: str | None = None
    """The string that `published` was read from."""
    modified: datetime | None = None
    """Instant of the last edit that the outlet admits to."""
    section: str | None = None
    """The outlet's section, in its own words."""
    tags: list[str] = field(default_factory=list)
    """The outlet's tags, in its order."""
    image: str | None = None
    """URL of the lead image."""
    image_caption: str | None = None
    """Caption of the lead image, without its credit."""
    place: str | None = None
    """Place in the dateline, as written: `MINSK`. The dateline itself stays in the text."""
    source_credit: str | None = None
    """Agency or site that the outlet credits: `TASS`."""
    language: str | None = None
    """ISO 639-1 code that langdetect gives for the body."""
    language_confidence: float | None = None
    """Its probability, 0 to 1."""
    language_second: str | None = None
    """What CLD2 takes the body for, which also knows Malay (`ms`), Javanese (`jv`) and Sundanese (`su`); None when it
    is not sure."""
    pages: int = 1
    """Pages the outlet divided the article into, as far as its pages say."""
    complete: bool = True
    """False when a page of the article is missing, or what came of one ends before its content coding does. Of rows
    with one `id` and `version`, a complete one counts, else the one with more `captures`, else the one with the latest
    `captured`: `fullness`."""
    words: int = 0
    """Words in `text`: runs of characters between blanks."""
    free: bool | None = None
    """schema.org `isAccessibleForFree`; None when the outlet does not say."""
    syndicated_from: str | None = None
    """Site named in "Artikel ini telah tayang di ..."."""
    opt_out: list[str] = field(default_factory=list)
    """Signals against reuse found on the page, as written: `robots: noarchive`."""
    drift: bool = False
    """True when the outlet's layout seemed to have changed at the time of capture."""
    text_sha256: str = ""
    """SHA-256 of `text` in UTF-8, hexadecimal."""
    captured: datetime | None = None
    """When the first capture of the article began, UTC."""
    captures: list[RecordRef] = field(default_factory=list)
    """The response records it was made from, one a page, in reading order."""
    origins: dict[str, str] = field(default_factory=dict)
    """Field -> where its value came from: `jsonld`, `meta`, `rule`, `visible`, `script`, `trafilatura`, `readability`,
    `url`, `langdetect`, `cld2`, `guess`."""
    extractor: str = ""
    """Version of the extractor."""
    rules: str = ""
    """Hash of the rule set it used."""
    job: str = ""
    """The capturing job."""
    schema: int = SCHEMA
    """Version of this shape."""

    def set_text(self, paragraphs: list[str]) -> None:
        """Set the body and everything that is counted from it."""
        self.text = "\n\n".join(paragraphs)
        self.words = len(self.text.split())
        self.text_sha256 = hashlib.sha256(self.text.encode()).hexdigest()

    def facts_sha256(self) -> str:
        """`facts_sha256` of its row."""
        return facts_sha256(self.row())

    def row(self) -> dict[str, Any]:
        """The row as JSON holds it: instants as ISO 8601 with offset, in the order of the fields."""
        return {name: _as_json(getattr(self, name)) for name in self.__slots__}

    def copy(self) -> Article:
        """Another one of the same, which may be changed without this one."""
        other = copy.copy(self)
        for name in self.__slots__:
            if isinstance(value := getattr(self, name), list | dict):
                setattr(other, name, value.copy())
        return other


def _as_json(value: Any) -> Any:
    """What a field becomes in a row; it shares nothing that can be changed."""
    match value:
        case datetime():
            return value.isoformat()
        case dict():
            return value.copy()
        case list():
            return [_as_json(one) for one in value]
        case RecordRef():
            return {name: getattr(value, name) for name in value.__slots__}
        case _:
            return value


EDITED = (
    "title",
    "text",
    "description",
    "authors",
    "editors",
    "published",
    "section",
    "tags",
    "image_caption",
    "place",
    "source_credit",
    "syndicated_from",
    "free",
)
"""Fields that a publisher edits. Not among them: `modified`, which some sites set at every fetch; `image`, whose
address changes with its size; and what we say of the text ourselves."""


def facts_sha256(row: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of what a publisher edits in a row; blanks and normal forms do not count."""
    facts = [_plain(row[name]) for name in EDITED]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode(errors="replace")).hexdigest()


def fullness(row: Mapping[str, Any]) -> tuple[bool, int]:
    """What tells, before `captured`, which of two rows with one `id` and `version` counts: the one of which it is more.

    Is it complete? And of one that is not, how many captures it has: a later look to which fewer pages came would hide
    what the archive has. Of complete ones the number says nothing, and is 0: all pages at once may be one capture.
    """
    is_complete = row.get("complete") is not False
    return is_complete, 0 if is_complete else len(row["captures"])


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(unicodedata.normalize("NFC", value).split()) or None
    if isinstance(value, list):
        return list(dict.fromkeys(line for line in map(_plain, value) if line))
    return value
