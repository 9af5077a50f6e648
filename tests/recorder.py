"""A server on loopback that sends exactly what a script says, and records exactly what crossed each connection.

One port speaks plain HTTP, is a proxy for absolute-form requests, and opens tunnels for CONNECT, at whose end it waits
itself; another speaks TLS at once.
"""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme

HOST = "ganjil.test"
"""The host behind the proxy; no resolver knows it."""
CIPHER = "ECDHE-ECDSA-AES256-GCM-SHA384"
"""What tunnels agree on, in OpenSSL's words: TLS 1.2, so that its name has to be translated."""


class End(Enum):
    """How a script ends; without one of these, the connection stays for the next request."""

    CLOSE = auto()
    CUT = auto()  # on TLS without the closure alert; else like CLOSE
    RESET = auto()
    HANG = auto()  # until the client goes


@dataclass(frozen=True)
class Drip:
    """Bytes that are sent one by one."""

    data: bytes


@dataclass(frozen=True)
class Endless:
    """Bytes that are sent again and again, until the client goes or `limit` bytes are out."""

    data: bytes
    limit: int = 8_000_000


@dataclass(frozen=True)
class Stale:
    """Close a connection that was used before; on a fresh one, go on with the script."""


Step = bytes | float | Drip | Endless | Stale | End


@dataclass(frozen=True)
class Crossed:
    """One request as received, and all that was sent after it."""

    request: bytes
    tls: tuple[str, str] | None
    """Version and cipher suite, in OpenSSL's words."""
    sent: bytearray = field(default_factory=bytearray)


class Recorder:
    """`with Recorder({"a name": (b"HTTP/1.1 ...", End.CLOSE)}) as server`: each script has an address of its own."""

    def __init__(self, scripts: Mapping[str, Sequence[Step]], folder: Path) -> None:
        self._scripts = {_path(name): script for name, script in scripts.items()}
        self._crossed: defaultdict[str, list[Crossed]] = defaultdict(list)
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        certificate = authority.issue_cert("127.0.0.1", HOST)
        self._direct = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tunnel = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tunnel.maximum_version = ssl.TLSVersion.TLSv1_2
        self._tunnel.set_ciphers(CIPHER)
        for context in (self._direct, self._tunnel):
            certificate.configure_cert(context)
        self._listening = [socket.create_server(("127.0.0.1", 0), backlog=200) for _ in range(2)]
        self.port, self.tls_port = (listener.getsockname()[1] for listener in self._listening)
        self._open: list[socket.socket] = []

    def address(self, way: str, name: str) -> str:
        """Where a script is found: directly by `http` or `https`, through a `proxy` or by `connect`."""
        host = {"http": f"http://127.0.0.1:{self.port}", "https": f"https://127.0.0.1:{self.tls_port}"}.get(way)
        host = host or {"proxy": f"http://{HOST}", "connect": f"https://{HOST}"}[way]
        return f"{host}/{way}/{_path(name)}"

    def crossed(self, way: str, name: str) -> list[Crossed]:
        """What crossed the wire for a script, oldest first."""
        return self._crossed[f"{way}/{_path(name)}"]

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        for listener, context in zip(self._listening, (None, self._direct), strict=True):
            threading.Thread(target=self._accept, args=(listener, context), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in [*self._listening, *self._open]:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def _accept(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        with suppress(OSError):  # the end
            while True:
                client = listener.accept()[0]
                threading.Thread(target=self._talk, args=(client, context), daemon=True).start()

    def _talk(self, client: socket.socket, context: ssl.SSLContext | None) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.append(client)
        with suppress(OSError):  # a client that goes is its own affair
            if context:
                client = self._secure(client, context)
            request = _read(client)
            if request.startswith(b"CONNECT "):
                client.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: not the outlet's\r\n\r\n")
                client = self._secure(client, self._tunnel)
                request = _read(client)
            used = False
            while request and self._answer(client, request, used=used):
                used, request = True, _read(client)
        client.close()

    def _secure(self, client: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        secured = context.wrap_socket(client, server_side=True)
        self._open.append(secured)
        return secured

    def _answer(self, client: socket.socket, request: bytes, *, used: bool) -> bool:
        """Play the script, and say whether the connection stays."""
        way, name = request.split(b" ", 2)[1].decode().split("/")[-2:]
        tls = (client.version() or "", (client.cipher() or ("",))[0]) if isinstance(client, ssl.SSLSocket) else None
        crossed = Crossed(request, tls)
        self._crossed[f"{way}/{name}"].append(crossed)
        for step in self._scripts[name]:
            if isinstance(step, End) or (isinstance(step, Stale) and used):
                _end(client, step if isinstance(step, End) else End.CLOSE)
                return False
            _play(client, step, crossed.sent)
        return True


def _path(name: str) -> str:
    return re.sub(r"\W+", "-", name)


def _read(client: socket.socket) -> bytes:
    """One request with its body; empty when the client is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := client.recv(65536)):
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields.get(b"content-length", b"0")):
        if not (piece := client.recv(65536)):
            break
        data += piece
        body += piece
    return data


def _play(client: socket.socket, step: Step, sent: bytearray) -> None:
    match step:
        case bytes():
            sent += step
            client.sendall(step)
        case float():
            time.sleep(step)
        case Drip(data):
            sent += data
            for byte in data:
                client.sendall(bytes([byte]))
                time.sleep(0.0005)
        case Endless(data, limit):
            for _ in range(limit // len(data)):
                sent += data
                client.sendall(data)


def _end(client: socket.socket, end: End) -> None:
    match end:
        case End.CLOSE if isinstance(client, ssl.SSLSocket):
            client.settimeout(2)
            client.unwrap()
        case End.RESET:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        case End.HANG:
            client.settimeout(20)
            while client.recv(65536):
                pass
