"""What an outlet says against reuse: read where it stands, stored with the capture and the row, whatever is done later.

Who closes a page to copies or to mining (`reserves`) keeps it from becoming a row, if the archive is run that way.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from archive import message

READ = 128 * 1024
"""Bytes of a page in which its head is looked for."""

US = "arsip-berita"
"""The name by which robots.txt, meta elements and headers speak to us alone."""

_HEADER = re.compile(
    rb"(x-robots-tag|tdm-reservation|tdm-policy|content-signal|content-usage)[ \t]*:(.*)", re.IGNORECASE | re.DOTALL
)
_HEAD_END = re.compile(rb"</head\b|<body\b", re.IGNORECASE)
_META = re.compile(rb"<meta\b([^<>]{0,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([a-z:-]{1,40})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ROBOTS = ("robots", "googlebot", "googlebot-news", "bingbot", US)
_TDM = ("tdm-reservation", "tdm-policy")
METAS = (*_ROBOTS, *_TDM)
"""Names of meta elements that may have a signal."""
_DIRECTIVES = frozenset(("noarchive", "noai", "noimageai", "noindex", "none"))
_MOST = 20
_LONGEST = 200

# Who is told by a robots directive that the archive heeds: everybody, us, and the one crawler that all outlets know.
_HEEDED = frozenset(("", "*", "robots", "googlebot", US))
_CLOSING = frozenset(("noarchive", "noai"))
_AGENT = re.compile(r"[a-z*][\w.*-]*")
# Of X-Robots-Tag, what has a colon and names no agent.
_VALUED = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))
_USE = re.compile(r"(?:robots\.txt: )?content-(?:signal|usage)[ \t]*:(.*)", re.IGNORECASE)
_NO_SEARCH = re.compile(r"\bsearch[ \t]*=[ \t]*(?:no?\b|\?0)", re.IGNORECASE)
_RESERVED = re.compile(r"(?:tdmrep\.json: )?tdm-reservation: 1\b")


def signals(head: bytes, payload: bytes) -> list[str]:
    """`x-robots-tag: noarchive`, `robots: noai`, `tdm-reservation: 1`: each once, where it was and as written."""
    found = of_head(head)
    if any(b"html" in value.lower() for value in message.header_values(head, "Content-Type")):
        found += _on_page(message.unfold(head, payload, READ))
    return list(dict.fromkeys(found))[:_MOST]


def of_head(head: bytes) -> list[str]:
    """The signals among the header fields of a response."""
    found = []
    for line in message.unfold_lines(head):
        if field := _HEADER.match(line):
            name, value = _text(field[1]).lower(), _text(field[2])
            if name != "x-robots-tag" or any(said in _DIRECTIVES for _, said in _robots_tag(value)):
                found.append(f"{name}: {value}")
    return list(dict.fromkeys(found))[:_MOST]


def of_meta(name: str, content: str) -> list[str]:
    """The signals of one meta element: `robots: noarchive` for each directive, `tdm-reservation: 1`."""
    name = name.strip().lower()
    if name in _TDM:
        return [f"{name}: {content.strip()[:_LONGEST]}"]
    if name not in _ROBOTS:
        return []
    said = dict.fromkeys(re.split(r"[,;\s]+", content.lower()))
    return [f"{name}: {directive}" for directive in said if directive in _DIRECTIVES]


def all_signals(of_page: Iterable[str], head: bytes, of_host: Iterable[str]) -> list[str]:
    """What the page, its response head and its host (robots.txt, tdmrep.json) say, each once."""
    return list(dict.fromkeys((*of_page, *of_head(head), *of_host)))


def reserves(found: Iterable[str]) -> str | None:
    """The first signal that closes a page to copies, mining or search; None when there is none.

    Others speak of other uses and are recorded only: `noindex`, `ai-train=no`, `ai-input=no`, collectors that
    robots.txt keeps out.
    """
    return next((signal for signal in found if _closes(signal)), None)


def _closes(signal: str) -> bool:
    if _RESERVED.match(signal):
        return True
    if use := _USE.match(signal):
        return bool(_NO_SEARCH.search(use[1]))
    name, _, value = signal.partition(": ")
    said = _robots_tag(value) if name == "x-robots-tag" else iter([(name, value)])
    return any(agent in _HEEDED and directive in _CLOSING for agent, directive in said)


def _robots_tag(value: str) -> Iterator[tuple[str, str]]:
    """Agent ("" for all) and directive; an agent holds until the next one is named: `googlebot: noarchive, noai`."""
    agent = ""
    for part in value.lower().split(","):
        name, colon, rest = (piece.strip() for piece in part.partition(":"))
        if colon and name not in _VALUED and _AGENT.fullmatch(name):
            agent = name
            yield agent, rest
        else:
            yield agent, part.strip()


def _on_page(page: bytes) -> list[str]:
    found: list[str] = []
    end = _HEAD_END.search(page)
    for meta in _META.findall(page, 0, end.start() if end else len(page)):
        attributes = {name.lower(): b"".join(values) for name, *values in _ATTRIBUTE.findall(meta)}
        found += of_meta(_text(attributes.get(b"name", b"")), _text(attributes.get(b"content", b"")))
    return found


def _text(value: bytes) -> str:
    return html.unescape(value.decode("utf-8", "replace")).strip()[:_LONGEST]
