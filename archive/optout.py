"""What a response says against being reused: stored with its capture, whatever is done about it later."""

from __future__ import annotations

import html
import re

from archive import message

READ = 128 * 1024
"""Bytes of a page in which its head is looked for."""

_HEADER = re.compile(
    rb"^(x-robots-tag|tdm-reservation|tdm-policy|content-signal|content-usage)[ \t]*:([^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD_END = re.compile(rb"</head\b|<body\b", re.IGNORECASE)
_META = re.compile(rb"<meta\b([^<>]{0,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([a-z:-]{1,40})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ROBOTS = frozenset(("robots", "googlebot", "googlebot-news", "bingbot", "arsip-berita"))
_TDM = frozenset(("tdm-reservation", "tdm-policy"))
_DIRECTIVES = frozenset(("noarchive", "noai", "noimageai", "noindex", "none"))
_MOST = 20
_LONGEST = 200


def signals(head: bytes, payload: bytes) -> list[str]:
    """`x-robots-tag: noarchive`, `robots: noai`, `tdm-reservation: 1`: each once, where it was and as written."""
    found = [f"{_text(name).lower()}: {_text(value)}" for name, value in _HEADER.findall(head)]
    if any(b"html" in value.lower() for value in message.header_values(head, "Content-Type")):
        found += _on_page(message.unfold(head, payload, READ))
    return list(dict.fromkeys(found))[:_MOST]


def _on_page(page: bytes) -> list[str]:
    found = []
    end = _HEAD_END.search(page)
    for meta in _META.findall(page, 0, end.start() if end else len(page)):
        pairs = _ATTRIBUTE.findall(meta)
        attributes = {name.lower(): b"".join(values) for name, *values in pairs}
        name = _text(attributes.get(b"name", b"")).lower()
        content = _text(attributes.get(b"content", b""))
        if name in _TDM:
            found.append(f"{name}: {content}")
        elif name in _ROBOTS:
            said = (directive for directive in re.split(r"[,;\s]+", content.lower()) if directive in _DIRECTIVES)
            found += [f"{name}: {directive}" for directive in said]
    return found


def _text(value: bytes) -> str:
    return html.unescape(value.decode("utf-8", "replace")).strip()[:_LONGEST]
