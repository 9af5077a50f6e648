"""The reading room on the web: connections, what is refused at the door, and work in threads."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from twisted.internet.threads import deferToThreadPool
from twisted.protocols.basic import FileSender
from twisted.web import http

from crawler.reading.answers import Answer, Asked
from crawler.reading.room import OURS, Room

logger = logging.getLogger(__name__)

MAX_ADDRESS = 4096
"""Bytes of an address with its query."""
MAX_FIELDS = 20


class Site(http.HTTPFactory):
    """Twisted's HTTP server before a reading room."""

    def __init__(self, room: Room, reactor: Any, host: str) -> None:
        super().__init__(timeout=30, reactor=reactor)
        self.room, self.loop, self.host = room, reactor, host

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
        channel: Any = super().buildProtocol(addr)
        channel.requestFactory = partial(_Visit, self)
        return channel

    def log(self, request: Any) -> None:
        """Who reads what is nobody's business."""


class _Visit(http.Request):
    """One request."""

    def __init__(self, site: Site, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._site = site

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """A body is not kept: nothing here needs one."""
        visit: Any = super()
        visit.gotLength(0)
        self._has_body = length != 0

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Let it pass."""

    def process(self) -> None:
        """Answer, at once or from a thread."""
        _receive(self, self._site, has_body=self._has_body)


def _receive(visit: Any, site: Site, *, has_body: bool) -> None:
    gone: list[Any] = []
    visit.notifyFinish().addErrback(gone.append)

    def send(answer: Answer) -> None:
        if gone:
            if answer.file:
                answer.file.close()
        else:
            _send(visit, answer)

    def fail(failure: Any) -> None:
        logger.error("A page could not be shown: %s", failure.getTraceback())
        send(site.room.apology(500, OURS))

    refused = _refusal(visit, site)
    if has_body or refused:
        visit.setHeader(b"connection", b"close")
    if refused:
        send(site.room.apology(*refused))
    else:
        working = deferToThreadPool(site.loop, site.loop.getThreadPool(), site.room.answer, _asked(visit))
        working.addCallbacks(send, fail)


def _refusal(visit: Any, site: Site) -> tuple[int, str] | None:
    if visit.method not in {b"GET", b"HEAD"}:
        visit.setHeader(b"allow", b"GET, HEAD")
        return 405, "This server only shows: it takes GET and HEAD."
    if not is_welcome(visit.getHeader(b"host"), site.host):
        return 421, "This server answers to the address that it listens on, and to no other name."
    if len(visit.uri) > MAX_ADDRESS:
        return 414, f"An address has {MAX_ADDRESS} characters at most."
    return None


def _send(visit: Any, answer: Answer) -> None:
    visit.setResponseCode(answer.status, HTTPStatus(answer.status).phrase.encode())
    visit.setHeader(b"server", b"arsip-berita")
    for name, value in answer.headers.items():
        visit.setHeader(name.encode(), value.encode("latin-1", "replace"))
    length = answer.file.seek(0, 2) if answer.file else len(answer.body)
    visit.setHeader(b"content-length", str(length).encode())
    if answer.file and visit.method != b"HEAD":
        answer.file.seek(0)
        sender: Any = FileSender()
        sending = sender.beginFileTransfer(answer.file, visit)
        visit.notifyFinish().addErrback(lambda _: sender.stopProducing())  # the reader is gone
        sending.addCallbacks(lambda _: visit.finish(), lambda _: None)
        sending.addBoth(lambda _, file=answer.file: file.close())
        return
    if answer.file:
        answer.file.close()
    visit.write(answer.body)
    visit.finish()


def is_welcome(host: bytes | None, listening: str) -> bool:
    """Is a Host field one of this server's own? A page elsewhere can make its own name lead here, but no address."""
    name, _, port = (host or b"").decode("latin-1").lower().rpartition(":")
    if not port.isdecimal():
        name = (host or b"").decode("latin-1").lower()
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return name in {"localhost", listening.lower()} or (not is_loopback(listening) and name == _own_name())
    return True


def is_loopback(host: str) -> bool:
    """Can nobody but this machine reach an address?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _own_name() -> str:
    return socket.gethostname().lower()


def _asked(visit: Any) -> Asked:
    path, _, query = visit.uri.decode("latin-1").partition("?")
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        fields = []
    destination = (visit.getHeader(b"sec-fetch-dest") or b"").decode("latin-1")
    return Asked(path=path, query=dict(reversed(fields)), destination=destination)


def listen(room: Room, reactor: Any, host: str, port: int) -> Callable[[], int]:
    """Begin to listen; what gives the port. Raises OSError."""
    listening = reactor.listenTCP(port, Site(room, reactor, host), interface=host)
    return lambda: int(listening.getHost().port)
