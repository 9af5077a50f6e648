"""CDXJ indexes: one sorted line for each response, revisit and resource of a WARC, as cdxj-indexer writes it."""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from archive.errors import Damaged
from archive.local import write_file
from archive.message import split_head
from archive.reader import Record, read
from archive.surt import key

_EARLIEST = "10000101000000"
_AT_ONCE = 1 << 13


def line(*, kind: str, url: str, date: str, head: bytes, digest: str, offset: int, length: int, filename: str) -> str:
    """The line of a response or a revisit, with its line feed. There is one for every URL and every head.

    `kind` is the WARC-Type, `date` the WARC-Date, `head` the HTTP head of the block (empty or unreadable when there is
    none), `digest` the WARC-Payload-Digest (empty when the record has none), `filename` the WARC's own name.
    """
    status, mime = _http(head)
    if kind == "revisit":
        mime = "warc/revisit"
    facts = {"mime": mime, "status": status, "digest": digest or None}
    return _line(url, date, facts, filename, offset=offset, length=length)


def of_record(record: Record, filename: str) -> str | None:
    """The line of a record that was read; None for what nobody replays.

    cdxj-indexer also lists metadata records that are no `application/warc-fields`. Here none is listed: what they hold,
    a 1xx head for example, would be served in place of the page.
    """
    kind, url = record.get("WARC-Type"), record.get("WARC-Target-URI")
    if url is None or kind not in {"response", "revisit", "resource"}:
        return None
    date, digest = record.get("WARC-Date") or "", record.get("WARC-Payload-Digest")
    place = {"offset": record.offset, "length": record.length}
    if kind == "resource":
        content_type = record.get("Content-Type")
        if content_type == "application/warc-fields":
            return None
        return _line(url, date, {"mime": _mime(content_type), "digest": digest}, filename, **place)
    head, _ = split_head(next(record.pieces(), b""))
    return line(kind=kind, url=url, date=date, head=head, digest=digest or "", filename=filename, **place)


def index(path: Path) -> list[str]:
    """Sorted lines of a WARC, made from its bytes alone. Records behind damage are listed too. Raises OSError."""
    found = (of_record(record, path.name) for record in read(path) if isinstance(record, Record))
    return sorted(filter(None, found))


def path_for(warc: str) -> str:
    """Where the index of a WARC lies: `NAME.cdxj` beside `NAME.warc.gz`, for keys and for file names."""
    return warc.removesuffix(".gz").removesuffix(".warc") + ".cdxj"


def write(path: Path, lines: Iterable[str]) -> None:
    """Write an index, sorted, whole or not at all. Raises OSError."""
    write_file(path, "".join(sorted(lines)).encode())


def merge(paths: Iterable[Path]) -> Iterator[str]:
    """The lines of sorted indexes as one sorted index; memory and open files do not grow with what they hold.

    Lines are compared as bytes, like `LC_ALL=C sort` does: UTF-8 keeps the order of code points. Raises OSError, and
    Damaged for an index that is not UTF-8.
    """
    return heapq.merge(*(_lines(path) for path in paths))


def place(url: str, date: str) -> str:
    """What a line begins with and is sorted by: SURT and timestamp, for a URL and a WARC-Date."""
    digits = re.sub(r"[^0-9]", "", date)[:14]
    # A WARC-Date may end with the year, the month or the day (WARC 1.1, section 5.4).
    return f"{key(url)} {digits}{_EARLIEST[len(digits) :]}"


def _line(url: str, date: str, facts: Mapping[str, str | None], filename: str, *, offset: int, length: int) -> str:
    if url.startswith("<") and url.endswith(">"):  # wget writes it so
        url = url[1:-1]
    url = url.replace(" ", "%20")
    fields = {"url": url, **{name: value for name, value in facts.items() if value is not None}}
    fields |= {"length": str(length), "offset": str(offset), "filename": filename}
    return f"{place(url, date)} {json.dumps(fields)}\n"


def _http(head: bytes) -> tuple[str | None, str | None]:
    """Status and media type of an HTTP head, both None when it is none."""
    first, *rest = (_decoded(text) for text in head.split(b"\n"))
    version, _, status_line = first.partition(" ")
    if not version.upper().startswith("HTTP/"):
        return None, None
    status = status_line.strip().partition(" ")[0]
    content_type: str | None = None
    for text in rest:
        if content_type is not None and text.startswith((" ", "\t")):
            content_type += text
        elif content_type is not None:
            break
        name, colon, value = text.partition(":")
        if colon and name.rstrip(" \t").lower() == "content-type":
            content_type = value.lstrip()
    return (status if re.fullmatch(r"[0-9]{3}", status) else None), _mime(content_type)


def _mime(content_type: str | None) -> str | None:
    return None if content_type is None else re.split(r"[;\s]", content_type, maxsplit=1)[0]


def _decoded(text: bytes) -> str:
    try:
        return text.decode().rstrip()
    except UnicodeDecodeError:
        return text.decode("latin-1").rstrip()


def _lines(path: Path) -> Iterator[str]:
    """Lines of a file that is open only while a few of them are read: there may be more files than may be open."""
    position, number = 0, 0
    while True:
        with path.open("rb") as file:
            file.seek(position)
            found = file.readlines(_AT_ONCE)
            position = file.tell()
        if not found:
            return
        for text in found:
            number += 1
            try:
                yield text.decode()
            except UnicodeDecodeError as error:
                raise Damaged(f"{path} is damaged: line {number} is not UTF-8. scrapy verify tells more.") from error
