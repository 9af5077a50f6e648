"""What exact captures lean on inside Scrapy and Twisted. After an upgrade, what fails here says where to look."""

from __future__ import annotations

from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.core.downloader.handlers import http11
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS, Request, ResponseDone
from twisted.web.http_headers import Headers

from archive.model import Capture
from crawler import contract
from crawler.exchange import Exchange, Note, RecordingPool, WireProtocol
from tests.exchanges import CHUNKED, EARLY, FIVE, OK

CHECKED = "checked with Scrapy 2.19 and Twisted 26: read its source, then crawler/exchange.py"
TRAILED = CHUNKED + b"5;x=1\r\nSatu\n\r\n0\r\nX-Sum: 1\r\n\r\n"


class Body:
    """Takes a response and its body, as Scrapy does."""

    def __init__(self) -> None:
        self.data = b""
        self.reason: Any = None

    def deliver(self, response: Any) -> None:
        response.deliverBody(self)

    def makeConnection(self, transport: Any) -> None:  # noqa: N802 - Twisted's name
        """No use for it."""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self.data += data

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self.reason = reason


class Talk:
    """One connection that leads nowhere."""

    def __init__(self, kind: type[Any] = WireProtocol) -> None:
        self.returned: list[Any] = []
        self.transport: Any = StringTransport()  # type: ignore[no-untyped-call]
        self.protocol: Any = kind(self.returned.append)
        self.protocol.makeConnection(self.transport)
        headers = Headers({b"Host": [b"a"]})
        request: Any = Request(b"GET", b"/", headers, None, persistent=True)  # type: ignore[no-untyped-call]
        self.note = request.note = Note(10**6)
        self.request = request
        self.body = Body()
        self.failures: list[Failure] = []

    def ask(self, request: Any = None) -> None:
        self.protocol.request(request or self.request).addCallbacks(self.body.deliver, self.failures.append)

    def lose(self, reason: Exception) -> None:
        self.protocol.connectionLost(Failure(reason))  # type: ignore[no-untyped-call]

    @property
    def exchange(self) -> Exchange:
        assert self.note.exchange is not None
        return self.note.exchange

    @property
    def capture(self) -> Capture:
        return self.exchange.capture("http://a/")


def test_the_versions_are_those_that_were_checked() -> None:
    assert version("scrapy").startswith("2.19."), f"Scrapy {version('scrapy')}: captures were {CHECKED}"
    assert version("twisted").startswith("26."), f"Twisted {version('twisted')}: captures were {CHECKED}"


@pytest.mark.parametrize(("module", "name", "parameters"), contract.PARTS)
def test_a_private_part_takes_what_we_give_it(module: str, name: str, parameters: tuple[str, ...] | None) -> None:
    assert contract.fits(module, name, parameters), f"{module}.{name}{parameters or ''} was {CHECKED}"


def test_a_part_that_is_gone_or_changed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = SimpleNamespace(_pool=SimpleNamespace(maxPersistentPerHost=1))
    assert contract.missing(handler) == []
    monkeypatch.delattr(http11, "_LenientHTTP11ClientFactory")
    monkeypatch.setattr(Request, "writeTo", lambda self, transport, more: None)  # noqa: ARG005
    gone = contract.missing(SimpleNamespace())
    assert [name.rpartition(".")[2] for name in gone] == [
        "_LenientHTTP11ClientFactory",
        "buildProtocol",
        "writeTo",
        "_pool",
    ]


def test_the_pool_makes_connections_with_the_factory_that_it_has() -> None:
    class Endpoint:
        def connect(self, factory: Any) -> Any:
            return factory

    pool: Any = RecordingPool(None)  # type: ignore[no-untyped-call]
    factory = pool._newConnection("key", Endpoint())
    assert isinstance(factory.buildProtocol(None), WireProtocol), CHECKED


@pytest.mark.parametrize("kind", [http11._LenientHTTP11ClientProtocol, WireProtocol])
def test_the_parser_says_where_it_is_and_is_gone_when_the_response_is_over(kind: type[Any]) -> None:
    talk = Talk(kind)
    talk.ask()
    assert talk.protocol._parser.state == STATUS, CHECKED
    talk.protocol.dataReceived(OK + FIVE[:10])
    assert talk.protocol._parser.state == HEADER, CHECKED
    talk.protocol.dataReceived(FIVE[10:-5])
    assert talk.protocol._parser.state not in {STATUS, HEADER}, CHECKED
    talk.protocol.dataReceived(b"Satu\n")
    assert talk.protocol._parser is None, CHECKED
    assert talk.returned == [talk.protocol]
    assert talk.body.data == b"Satu\n"
    assert isinstance(talk.body.reason.value, ResponseDone)


def test_the_parser_is_gone_when_it_refuses_a_response() -> None:
    talk = Talk(http11._LenientHTTP11ClientProtocol)
    talk.ask()
    talk.protocol.dataReceived(b"HELLO\r\n")
    assert talk.protocol._parser is None, CHECKED
    assert len(talk.failures) == 1


def test_a_head_line_that_is_too_long_is_given_to_a_method_of_its_own() -> None:
    talk = Talk(http11._LenientHTTP11ClientProtocol)
    lines: list[bytes] = []
    talk.ask()
    talk.protocol._parser.lineLengthExceeded = lines.append
    talk.protocol.dataReceived(OK + b"X-A: " + b"x" * 20_000)
    assert len(lines) == 1, CHECKED


def test_the_capture_does_not_depend_on_how_the_bytes_are_cut() -> None:
    message = EARLY + TRAILED
    for cut in range(1, len(message)):
        talk = Talk()
        talk.ask()
        talk.protocol.dataReceived(message[:cut])
        assert not talk.exchange.complete
        talk.protocol.dataReceived(message[cut:])
        assert (talk.capture.interim, talk.capture.response) == (EARLY, TRAILED)
        assert talk.capture.truncated is None
        assert talk.body.data == b"Satu\n"


def test_bytes_beyond_the_end_close_the_connection_and_are_nobodys_answer() -> None:
    talk = Talk()
    talk.ask()
    talk.protocol.dataReceived(OK + FIVE + OK + FIVE)
    assert talk.capture.response == OK + FIVE
    assert talk.capture.surplus == len(OK + FIVE)
    assert talk.returned == [], CHECKED
    assert talk.transport.disconnecting, CHECKED


def test_bytes_that_come_after_the_end_close_the_connection_and_change_nothing() -> None:
    talk = Talk()
    talk.ask()
    talk.protocol.dataReceived(OK + FIVE)
    talk.protocol.dataReceived(b"Palsu")
    assert talk.capture.response == OK + FIVE
    assert talk.transport.disconnecting, CHECKED


def test_a_connection_at_rest_does_not_hold_the_bytes_of_its_last_exchange() -> None:
    talk = Talk()
    talk.ask()
    talk.protocol.dataReceived(OK + FIVE)
    assert talk.protocol._exchange is None


def test_a_request_written_again_on_another_connection_is_recorded_once() -> None:
    stale, fresh = Talk(), Talk()
    stale.ask()
    stale.lose(ConnectionDone())
    fresh.note = stale.note
    fresh.ask(stale.request)
    fresh.protocol.dataReceived(OK + FIVE)
    assert bytes(fresh.exchange.sent) == fresh.transport.value() == b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    assert fresh.capture.response == OK + FIVE


def test_what_comes_after_an_unreadable_line_is_not_collected() -> None:
    talk = Talk()
    talk.ask()
    talk.protocol.dataReceived(b"HELLO\r\n")
    talk.protocol.dataReceived(b"x" * 1000)
    talk.lose(ConnectionDone())
    assert talk.capture.response == b"HELLO\r\n"
    assert talk.capture.truncated == "unspecified"


def test_what_comes_after_we_hung_up_is_not_collected() -> None:
    talk = Talk()
    talk.ask()
    line = OK + b"X-A: " + b"x" * 20_000
    talk.protocol.dataReceived(line)
    talk.protocol.dataReceived(b"\r\n" + FIVE)
    assert talk.capture.response == line
    assert talk.capture.truncated == "length"


def test_the_tls_of_a_proxy_is_not_the_outlets() -> None:
    talk = Talk()
    talk.ask()
    talk.protocol.dataReceived(OK + FIVE)
    talk.exchange.tls = ("TLSv1", "AES128-SHA")
    assert talk.exchange.capture("https://a/").protocols == ("http/1.1", "tls/1.0")
    plain = talk.exchange.capture("http://a/")
    assert (plain.protocols, plain.cipher) == (("http/1.1",), None)


@pytest.mark.parametrize(("reason", "truncated"), [(ConnectionDone(), None), (ConnectionLost(), "disconnect")])
def test_a_body_without_length_is_whole_only_when_the_connection_was_closed(
    reason: Exception, truncated: str | None
) -> None:
    talk = Talk()
    talk.ask()
    talk.protocol.dataReceived(OK + b"\r\nSatu")
    talk.lose(reason)
    assert talk.capture.truncated == truncated
    assert talk.body.data == b"Satu"
