"""The plainest client of a FakeSite: one GET through the proxy, a tunnel, or raw bytes."""

import http.client
import socket
import ssl
from contextlib import closing
from email.message import Message
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.fakesite.server import FakeSite


class Answer(NamedTuple):
    """A response that was read to its end."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()


def fetch(site: FakeSite, url: str, **headers: str) -> Answer:
    """GET, by tunnel or in absolute form as the scheme wants it; `If_None_Match=...` sets that header."""
    parts = urlsplit(url)
    target = url.removeprefix(f"https://{parts.netloc}")
    connection = tunnel(site, parts.netloc) if parts.scheme == "https" else proxied(site)
    with closing(connection):
        connection.request("GET", target, headers={name.replace("_", "-"): text for name, text in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def proxied(site: FakeSite) -> http.client.HTTPConnection:
    """A connection to the proxy for requests in absolute form."""
    return http.client.HTTPConnection(*_address(site), timeout=60)


def tunnel(site: FakeSite, host: str) -> http.client.HTTPConnection:
    """A TLS connection to a host through the proxy, trusting only the site's own authority."""
    context = ssl.create_default_context(cafile=str(site.ca_file))
    connection = http.client.HTTPSConnection(*_address(site), context=context, timeout=60)
    connection.set_tunnel(host)
    return connection


def send(site: FakeSite, request: bytes) -> bytes:
    """All bytes that come back for raw bytes sent to the proxy, until it hangs up."""
    with dial(site) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def dial(site: FakeSite) -> socket.socket:
    """A bare connection to the proxy."""
    return socket.create_connection(_address(site), timeout=60)


def _address(site: FakeSite) -> tuple[str, int]:
    parts = urlsplit(site.proxy)
    return str(parts.hostname), parts.port or 80
