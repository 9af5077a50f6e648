"""A proxy on loopback that stands between a client and an S3 server, and does to them what networks do.

It knows of HTTP/1.1 just enough to find where a head ends. Every request gets a connection of its own, so that a rule
decides about each.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from tests.buckets import environment, free_port

CHUNK = 65536


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is done to one request. Without anything it passes."""

    delay: float = 0
    """Seconds before the request goes on."""
    status: int = 0
    """Answered by the proxy with this status; the server never hears of it."""
    code: str = "InternalError"
    """Error code of that answer."""
    cut_request: int | None = None
    """Both connections are reset after so many bytes of the request; what came so far reached the server."""
    cut_response: int | None = None
    """Both connections are reset after so many bytes of the answer."""
    stall: float = 0
    """Seconds of silence before the connections are cut."""
    flip: int | None = None
    """The byte of the request's body that is changed."""
    drop: tuple[str, ...] = ()
    """Fields of the request that the server never sees. They are signed: a server that verifies refuses it."""
    hide: str = ""
    """Fields of the answer whose name matches this expression never arrive."""


PASS = Fault()
Rule = Callable[[int, str], Fault]
"""Number of the request, from 1, and its head as text -> what is done to it."""


class Proxy:
    """Listens while it is entered; `requests` has the first line of everything that was asked."""

    def __init__(self, upstream: str, rule: Rule = lambda _n, _head: PASS) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.rule = rule
        self.requests: list[str] = []
        self.port = free_port()
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """What leads boto3 to the proxy."""
        return environment(self.endpoint)

    def count(self, pattern: str) -> int:
        """How many requests had a first line that matches."""
        return sum(1 for line in self.requests if re.search(pattern, line))

    def up(self) -> None:
        """Listen, again perhaps."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def down(self) -> None:
        """Be as a server that died: open connections are reset, new ones refused."""
        if self._listener:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that sits in accept
            self._listener.close()
            self._listener = None
        with self._lock:
            for connection in self._open:
                _reset(connection)

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), self._known(client):
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(CHUNK)
                if not data:
                    return
                head += data
            head, _, body = head.partition(b"\r\n\r\n")
            with self._lock:
                self.requests.append(head.split(b"\r\n")[0].decode("latin-1"))
                number = len(self.requests)
            fault = self.rule(number, head.decode("latin-1"))
            time.sleep(fault.delay)
            if not self._listener:
                return  # the test is over, and the next one may watch who asks for what
            if fault.status:
                _answer(client, fault)
            else:
                self._forward(client, head, body, fault)

    def _forward(self, client: socket.socket, head: bytes, body: bytes, fault: Fault) -> None:
        fields = head.split(b"\r\n")
        dropped = tuple(name.lower().encode() + b":" for name in (*fault.drop, "connection"))
        head = b"\r\n".join([field for field in fields if not field.lower().startswith(dropped)])
        head += b"\r\nConnection: close\r\n\r\n"
        with socket.create_connection(self._upstream) as server, self._known(server):
            flip = None if fault.flip is None else len(head) + fault.flip
            asked = Pipe(client, server, cut=fault.cut_request, flip=flip, stall=fault.stall)
            answered = Pipe(server, client, cut=fault.cut_response, hide=fault.hide, stall=fault.stall)
            sending = threading.Thread(target=asked.run, args=(head + body,), daemon=True)
            sending.start()
            answered.run(b"")
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)  # wakes the thread that sits in recv
            sending.join()

    @contextlib.contextmanager
    def _known(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)


class Pipe:
    """One direction of a connection."""

    def __init__(
        self,
        source: socket.socket,
        target: socket.socket,
        *,
        cut: int | None,
        stall: float,
        flip: int | None = None,
        hide: str = "",
    ) -> None:
        self._source, self._target = source, target
        self._cut, self._stall, self._flip = cut, stall, flip
        self._hide = re.compile(hide, re.IGNORECASE) if hide else None
        self._sent = 0

    def run(self, first: bytes) -> None:
        """Pass on what comes until there is no more, or it is cut. Interim answers pass as they are."""
        data = first
        with contextlib.suppress(OSError):
            while True:
                while not self._sent and data.startswith(b"HTTP/1.1 1"):
                    head, _, data = self._head(data).partition(b"\r\n\r\n")
                    self._target.sendall(head + b"\r\n\r\n")
                if data and not self._pass(data):
                    return
                data = self._source.recv(CHUNK)
                if not data:
                    self._target.shutdown(socket.SHUT_WR)
                    return

    def _pass(self, data: bytes) -> bool:
        if self._hide and not self._sent:
            head, _, body = self._head(data).partition(b"\r\n\r\n")
            kept = [field for field in head.split(b"\r\n") if not self._hide.match(field.decode("latin-1"))]
            data = b"\r\n".join(kept) + b"\r\n\r\n" + body
        if self._flip is not None and self._sent <= self._flip < self._sent + len(data):
            at = self._flip - self._sent
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        if self._cut is not None and self._sent + len(data) >= self._cut:
            self._target.sendall(data[: self._cut - self._sent])
            time.sleep(self._stall or 0.02)  # let what was sent arrive: a reset discards it
            _reset(self._source)
            _reset(self._target)
            return False
        self._target.sendall(data)
        self._sent += len(data)
        return True

    def _head(self, data: bytes) -> bytes:
        while b"\r\n\r\n" not in data:
            more = self._source.recv(CHUNK)
            if not more:
                raise ConnectionError
            data += more
        return data


def _answer(client: socket.socket, fault: Fault) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{fault.code}</Code><Message>m</Message></Error>".encode()
    head = f"HTTP/1.1 {fault.status} X\r\nContent-Length: {len(body)}\r\nContent-Type: application/xml\r\n"
    client.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)
    client.settimeout(30)
    while client.recv(CHUNK):  # or closing resets, and the answer is lost
        pass


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that sits in recv; close alone does not
        connection.close()
