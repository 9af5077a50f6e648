"""What is found in a WARC file of any make: answers, what they were asked with, and what is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from archive.faults import Fault


class Place(NamedTuple):
    """Whose an address is."""

    outlet: str
    key: str
    """Name of the article that it is a page of, as far as the address tells."""
    url: str
    """The address, in characters that an address may have."""
    errors: bool
    """Does an error, a redirect or what is no HTML say something of an article there?"""


Sort = Callable[[str], Place | str]
"""Whose an address is, or why nobody wants it, in words."""


class Skipped(NamedTuple):
    """A record of which nothing is made, and why, in words."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request."""

    record_id: str
    concurrent: tuple[str, ...]
    block: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Refers:
    """What a revisit stands for."""

    record_id: str
    url: str
    second: str
    """The instant without its fraction, 14 digits; empty when it is not said."""
    payload_digest: str


class Said(NamedTuple):
    """What an answer says."""

    status: int
    """0 for a revisit without a head."""
    block: bytes
    """The whole message; of a revisit its head, or nothing."""
    digest: str
    """`sha1:BASE32` of the payload; empty for a revisit."""
    changed: tuple[str, ...] = ()
    """See `Mended`."""
    refers: Refers | None = None
    """Of a revisit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response, or the revisit of one."""

    place: Place
    began: datetime
    said: Said
    offset: int
    record_id: str
    concurrent: tuple[str, ...]
    payload_digest: str
    """As declared."""
    ip: str | None
    protocols: tuple[str, ...]
    software: str
    """What the warcinfo before it says of the crawler."""


Found = Answer | Asked | Skipped | Fault
