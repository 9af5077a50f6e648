"""FakeSite: a proxy on loopback behind which the outlets live, with exact bytes and certificates."""

import asyncio
import ssl
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trustme

from tests.fakesite.reply import Reply, Request
from tests.fakesite.site import WALL, Site

OUTLETS = Path(__file__).resolve().parent.parent / "outlets"
Answer = Reply | Callable[[Request], Reply]

# A client that hangs up, resets or distrusts our certificate is its own affair.
_VANISHED = (OSError, asyncio.IncompleteReadError)

_PIECE = 65536
_LOOK_SECONDS = 0.02


class FakeSite:
    """All outlets behind one proxy, in a thread of its own, for as long as the `with` block lasts.

    `overrides` is looked up at each request, with the query first and then without, so a test may change
    `site.overrides` while a client is at work. A host is known if an outlet or an override has it; others
    are dead.
    """

    proxy: str
    """`http://127.0.0.1:PORT`"""
    ca_file: Path
    """The certificate authority to trust, as PEM."""

    def __init__(
        self,
        *,
        overrides: Mapping[tuple[str, str], Answer] | None = None,
        wall: bool = False,
        untrusted: bool = False,
        hostile: bool = False,
        outlets: Path = OUTLETS,
        port: int = 0,
    ) -> None:
        self.overrides: dict[tuple[str, str], Answer] = dict(overrides or {})
        self._site = Site(outlets, hostile=hostile)
        self._wall = wall
        self._port = port
        self._trusted = trustme.CA()
        self._issuer = trustme.CA() if untrusted else self._trusted
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self._exchanges: list[tuple[Request, bytes]] = []
        self._refused: list[str] = []
        self._faults: list[BaseException] = []
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def requests(self) -> list[Request]:
        """What was asked so far, oldest first; CONNECT is no request of its own."""
        with self._lock:
            return [request for request, _ in self._exchanges]

    @property
    def sent(self) -> list[bytes]:
        """The raw answers to `requests`, in the same order."""
        with self._lock:
            return [answer for _, answer in self._exchanges]

    @property
    def refused(self) -> list[str]:
        """The dead hosts that somebody tried to reach, as often as they tried."""
        with self._lock:
            return list(self._refused)

    def env(self) -> dict[str, str]:
        """The environment variables that lead a child process here."""
        # An inherited no_proxy could let a crawl out to the true outlets.
        return {
            "http_proxy": self.proxy,
            "https_proxy": self.proxy,
            "no_proxy": "",
            "SSL_CERT_FILE": str(self.ca_file),
        }

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="fakesite-")
        self.ca_file = Path(self._folder.name) / "ca.pem"
        self._trusted.cert_pem.write_to_path(self.ca_file)
        listening: Future[int] = Future()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(listening),), name="fakesite")
        self._thread.daemon = True
        self._thread.start()
        try:
            self.proxy = f"http://127.0.0.1:{listening.result(timeout=60)}"
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=60)
        self._folder.cleanup()
        # A broken override must not look like a flaw of the client; the first error of the test wins.
        if error is None and self._faults:
            raise self._faults[0]

    async def _serve(self, listening: Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._note_fault)
        self._stop = asyncio.Event()
        try:
            server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        except OSError as error:
            listening.set_exception(error)
            return
        listening.set_result(server.sockets[0].getsockname()[1])
        await self._stop.wait()
        server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _note_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(context["message"])
        if not isinstance(error, _VANISHED):
            self._faults.append(error)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = self._loop.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._end)

    def _end(self, talk: asyncio.Task[None]) -> None:
        self._talks.discard(talk)
        if not talk.cancelled() and (error := talk.exception()):
            self._faults.append(error)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(*_VANISHED):
                await self._converse(reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read(reader)
        tunnel = ""
        if request.method == "CONNECT":
            tunnel, _, port = request.host.partition(":")
            if port != "443" or not self._knows(tunnel):
                self._refuse(tunnel, writer)
                return
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.start_tls(self._context(tunnel))
            request = await _read(reader, tunnel)
        while self._knows(request.host):
            if not await self._respond(request, writer):
                return
            request = await _read(reader, tunnel)
        self._refuse(request.host, writer)

    async def _respond(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answer, and say whether the connection lives on."""
        try:
            reply = self._answer(request)
        except Exception as error:  # noqa: BLE001 - a test's own code may raise anything; it surfaces at the end
            self._faults.append(error)
            return False
        wire = reply.wire(request.method)
        with self._lock:
            self._exchanges.append((request, wire))
        while reply.held and not reply.held.is_set():  # noqa: ASYNC110 - whoever holds it lives in another thread
            await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.sleep(reply.delay)
        # By pieces: a large answer to a slow client must not hold up the others, nor the end.
        for start in range(0, len(wire), _PIECE):
            writer.write(wire[start : start + _PIECE])
            await writer.drain()
        return not reply.closes and request.header("Connection").lower() != "close"

    def _answer(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        for key in ((request.host, request.path), (request.host, path)):
            if override := self.overrides.get(key):
                return override if isinstance(override, Reply) else override(request)
        if self._wall and path != "/robots.txt":
            return WALL
        return self._site.answer(request)

    def _knows(self, host: str) -> bool:
        return host in self._site.hosts or any(host == known for known, _ in list(self.overrides))

    def _refuse(self, host: str, writer: asyncio.StreamWriter) -> None:
        with self._lock:
            self._refused.append(host)
        writer.write(Reply(502, headers=(("Connection", "close"), ("Content-Length", "0"))).wire())

    def _context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._issuer.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]


async def _read(reader: asyncio.StreamReader, tunnel: str = "") -> Request:
    """The next request: in origin form within a tunnel, in absolute or authority form to the proxy."""
    raw = await reader.readuntil(b"\r\n\r\n")
    line, *fields = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, _version = line.split(" ")
    pairs = (field.partition(":") for field in fields)
    headers = [(name, value.strip()) for name, _, value in pairs]
    scheme, host, path = "https", tunnel, target
    if method == "CONNECT":
        host, path = target, ""
    elif not tunnel:
        scheme, _, rest = target.partition("://")
        host, _, path = rest.partition("/")
        host, path = host.removesuffix(":80"), f"/{path}"
    request = Request(host.lower(), path, headers, scheme, raw)
    body = await reader.readexactly(int(request.header("Content-Length") or 0))
    return request._replace(raw=raw + body)
