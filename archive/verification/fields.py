"""The named fields of a WARC record, held against WARC 1.0 and 1.1, sections 4 and 5."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from ipaddress import ip_address

from archive.faults import Fault, Kind, shown
from archive.reader import Record
from archive.verification import digests

TYPES = frozenset({"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"})
"""Other types are to be skipped (WARC 1.1, section 5.5)."""

_ALWAYS = ("WARC-Type", "WARC-Record-ID", "WARC-Date")  # Content-Length is the reader's
_NEED_TARGET = TYPES - {"warcinfo", "metadata"}
# Field -> types of record that must not have it. Fields that are not listed may be on any.
_NOT_ON = {
    "WARC-Target-URI": {"warcinfo"},
    "WARC-Concurrent-To": {"warcinfo", "conversion", "continuation"},
    "WARC-IP-Address": {"warcinfo", "conversion", "continuation"},
    "WARC-Refers-To": TYPES - {"metadata", "revisit", "conversion"},
    "WARC-Refers-To-Target-URI": TYPES - {"revisit"},
    "WARC-Refers-To-Date": TYPES - {"revisit"},
    "WARC-Payload-Digest": {"warcinfo"},
    "WARC-Filename": TYPES - {"warcinfo"},
    "WARC-Warcinfo-ID": {"warcinfo"},
    "WARC-Segment-Origin-ID": TYPES - {"continuation"},
    "WARC-Segment-Total-Length": TYPES - {"continuation"},
}
_VERSION = re.compile(rb"WARC/(1\.[01])\r?\n", re.IGNORECASE)
_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}[ \t]*(;.*)?")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\x00-\x1f\x7f]+")
_CLOCK = r"T([01]\d|2[0-3]):[0-5]\d"
_SECOND = re.compile(rf"\d{{4}}-\d\d-\d\d{_CLOCK}:[0-5]\dZ", re.ASCII | re.IGNORECASE)
# The levels of the W3C profile of ISO 8601, in UTC, with 1 to 9 digits of a second.
_LEVELS = re.compile(
    rf"\d{{4}}(-\d\d(-\d\d({_CLOCK}(:[0-5]\d(\.\d{{1,9}})?)?Z)?)?)?",
    re.ASCII | re.IGNORECASE,
)


class Fields:
    """The named fields of one record by their names, which do not mind case."""

    def __init__(self, record: Record) -> None:
        self.by_name: dict[str, list[str]] = {}
        """All values of each name, in lower case."""
        for name, value in record.fields:
            self.by_name.setdefault(name.lower(), []).append(value)
        match = _VERSION.match(record.head)
        self.version = match[1].decode() if match else "1.0"
        """`1.1`, else `1.0`, by whose rules older ones are read."""
        self.kind = (self.get("WARC-Type") or "").lower()
        self.date = instant(self.get("WARC-Date") or "", self.version)
        """WARC-Date in one way of writing it."""
        self.target = uri(self.get("WARC-Target-URI") or "")
        self.is_identical = uri(self.get("WARC-Profile") or "").endswith("/revisit/identical-payload-digest")
        """Is its profile that of revisits with an identical payload, of WARC 1.0 or 1.1?"""

    def get(self, name: str) -> str | None:
        """The first value of a field."""
        return next(iter(self.values(name)), None)

    def values(self, name: str) -> list[str]:
        """All values of a field."""
        return self.by_name.get(name.lower(), [])


def check(record: Record, fields: Fields) -> Iterator[Fault]:
    """What is wrong with a record's header."""
    found = (
        *_of_lines(record.head),
        *_missing(fields, has_block=record.size > 0),
        *_of_values(fields),
        *_of_segments(fields),
    )
    for kind, detail in found:
        yield Fault(kind, record.offset, detail)


def instant(value: str, version: str) -> str | None:
    """A WARC-Date in one way of writing it; None for what is none (WARC 1.1, section 5.4)."""
    if not (_LEVELS if version == "1.1" else _SECOND).fullmatch(value):
        return None
    whole, _, fraction = value.upper().removesuffix("Z").partition(".")
    try:
        datetime.fromisoformat(whole + "-01-01"[len(whole) - 10 :] if len(whole) < 10 else whole)
    except ValueError:
        return None
    return f"{whole}.{fraction}".rstrip("0").rstrip(".") if fraction else whole


def uri(value: str) -> str:
    """A URI without the angle brackets that are around it in WARC 1.0."""
    return value[1:-1] if value.startswith("<") and value.endswith(">") else value


def _of_lines(head: bytes) -> Iterator[tuple[Kind, str]]:
    first, *lines = re.sub(rb"\r?\n[ \t]+", b" ", head).rstrip(b"\r\n").split(b"\n")
    if not _VERSION.match(head):
        yield Kind.VERSION, f"the version is {shown(first.decode('latin-1').strip())}, not WARC/1.0 or WARC/1.1"
    if head.count(b"\n") != head.count(b"\r\n"):
        yield Kind.LINE_END, "a header line ends in LF alone"
    try:
        head.decode()
    except UnicodeDecodeError as error:
        yield Kind.ENCODING, f"the header is not UTF-8 at its byte {error.start}"
    wrong = next((line for line in lines if not _LINE.fullmatch(line.removesuffix(b"\r"))), None)
    if wrong is not None:
        yield Kind.FIELD_LINE, f"no name and value in the header line {shown(wrong.decode('utf-8', 'replace'))}"


def _missing(fields: Fields, *, has_block: bool) -> Iterator[tuple[Kind, str]]:
    needed = [*_ALWAYS]
    if fields.kind in _NEED_TARGET:
        needed.append("WARC-Target-URI")
    if fields.kind in TYPES - {"continuation"} and has_block:
        needed.append("Content-Type")
    if fields.kind == "revisit":
        needed += ["WARC-Profile", *(["WARC-Payload-Digest"] if fields.is_identical else [])]
    for name in needed:
        if not fields.values(name):
            yield Kind.MISSING_FIELD, f"{name} is missing"


def _of_values(fields: Fields) -> Iterator[tuple[Kind, str]]:
    for lower, values in fields.by_name.items():
        name, form = _KNOWN.get(lower, ("", None))
        if form is None:  # an extension of somebody (WARC 1.1, section 4)
            continue
        if len(values) > 1 and name != "WARC-Concurrent-To":
            yield Kind.REPEATED_FIELD, f"{name} is there {len(values)} times"
        if fields.kind in _NOT_ON.get(name, ()):
            yield Kind.FIELD_NOT_ALLOWED, f"a record of type {fields.kind} must not have {name}"
        wrong = next((value for value in values if not form(value, fields.version)), None)
        if wrong is not None:
            yield Kind.FIELD_VALUE, f"{name} cannot be {shown(wrong)}"


def _of_segments(fields: Fields) -> Iterator[tuple[Kind, str]]:
    """WARC 1.1, section 7."""
    number = fields.get("WARC-Segment-Number") or ""
    if fields.kind != "continuation":
        if number not in {"", "1"}:
            yield Kind.SEGMENT, f"WARC-Segment-Number of a first segment is 1, not {shown(number)}"
        return
    if number in {"", "0", "1"}:
        yield Kind.SEGMENT, f"WARC-Segment-Number of a continuation is 2 or more, not {shown(number)}"
    if not fields.values("WARC-Segment-Origin-ID"):
        yield Kind.SEGMENT, "a continuation must have WARC-Segment-Origin-ID"


def _is_id(value: str, _: str) -> bool:
    return value.startswith("<") and value.endswith(">") and _URI.fullmatch(value[1:-1]) is not None


def _is_uri(value: str, version: str) -> bool:
    return _URI.fullmatch(uri(value) if version == "1.0" else value) is not None


def _is_date(value: str, version: str) -> bool:
    return instant(value, version) is not None


def _is_digest(value: str, _: str) -> bool:
    return digests.parse(value) is not None


def _is_token(value: str, _: str) -> bool:
    return re.fullmatch(_WORD, value) is not None


def _is_number(value: str, _: str) -> bool:
    return re.fullmatch(r"[0-9]+", value, re.ASCII) is not None


def _is_media_type(value: str, _: str) -> bool:
    return _MEDIA_TYPE.fullmatch(value) is not None


def _is_address(value: str, _: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _is_filled(value: str, _: str) -> bool:
    return bool(value)


def _is_for_the_reader(_: str, __: str) -> bool:
    return True


# Every field of section 5, and what its value must be.
_FORMS: dict[str, Callable[[str, str], bool]] = {
    "WARC-Type": _is_token,
    "WARC-Record-ID": _is_id,
    "WARC-Date": _is_date,
    "Content-Length": _is_for_the_reader,
    "Content-Type": _is_media_type,
    "WARC-Concurrent-To": _is_id,
    "WARC-Block-Digest": _is_digest,
    "WARC-Payload-Digest": _is_digest,
    "WARC-IP-Address": _is_address,
    "WARC-Refers-To": _is_id,
    "WARC-Refers-To-Target-URI": _is_uri,
    "WARC-Refers-To-Date": _is_date,
    "WARC-Target-URI": _is_uri,
    "WARC-Truncated": _is_token,
    "WARC-Warcinfo-ID": _is_id,
    "WARC-Filename": _is_filled,
    "WARC-Profile": _is_uri,
    "WARC-Identified-Payload-Type": _is_media_type,
    "WARC-Segment-Number": _is_number,
    "WARC-Segment-Origin-ID": _is_id,
    "WARC-Segment-Total-Length": _is_number,
}
_KNOWN = {name.lower(): (name, form) for name, form in _FORMS.items()}
