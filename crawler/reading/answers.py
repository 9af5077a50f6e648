"""What the server sends, and the fences around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from archive.report.page import policy

HTML = "text/html; charset=utf-8"

_SECURE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
}
_PAGE = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
_CAPTURED = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request, as far as an answer depends on it."""

    path: str
    """Percent-encoded, from the first slash on."""
    query: Mapping[str, str] = field(default_factory=dict)
    destination: str = ""
    """Sec-Fetch-Dest: what the browser wants it for; empty where it does not say."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response, with all of its header fields but Content-Length."""

    status: int = 200
    headers: Mapping[str, str]
    body: bytes = b""
    file: IO[bytes] | None = None
    """Is sent in place of `body`, and closed then."""


def page(text: str, status: int = 200) -> Answer:
    """A page of ours: it runs no script, and loads nothing that is not ours."""
    return Answer(status=status, headers=_headers(HTML, _PAGE), body=text.encode(errors="replace"))


def style(text: str) -> Answer:
    """A style sheet of ours."""
    return Answer(headers=_headers("text/css; charset=utf-8", _PAGE), body=text.encode())


def report(text: str) -> Answer:
    """The report, which brings its own style and script."""
    return Answer(headers=_headers(HTML, f"{policy()}; frame-ancestors 'self'"), body=text.encode(errors="replace"))


def captured(body: bytes, content_type: str) -> Answer:
    """The bytes of an outlet: no script runs, nothing is loaded, and no server is called for what it may load later.

    The sandbox and the Content-Security-Policy keep a page from everything but `<link rel=preconnect>`, which no
    directive governs: Connection-Allowlist does, in browsers that know it.
    """
    fences = {"Connection-Allowlist": "()", "Vary": "Sec-Fetch-Dest"}
    return Answer(headers=_headers(content_type, _CAPTURED) | fences, body=body)


def download(name: str, content_type: str, body: bytes = b"", file: IO[bytes] | None = None) -> Answer:
    """A file to keep. Its name is ours: letters, digits, points, dashes and underscores."""
    attached = {"Content-Disposition": f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]+", "-", name)}"'}
    return Answer(headers=_headers(content_type, "sandbox; default-src 'none'") | attached, body=body, file=file)


def redirect(path: str) -> Answer:
    """See there."""
    return Answer(status=303, headers=_headers(HTML, _PAGE) | {"Location": path})


def _headers(content_type: str, fence: str) -> dict[str, str]:
    return {**_SECURE, "Content-Type": content_type, "Content-Security-Policy": fence}
