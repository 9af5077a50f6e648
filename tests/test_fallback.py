"""A Scrapy whose private parts have other names: the crawl goes on, says so, and keeps what the public API shows."""

from __future__ import annotations

import gzip
import http.client
import io
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, cast

import pytest
from scrapy import Request
from scrapy.http import Response

from archive.message import payload
from crawler.fallback import request_message, response_message
from tests.exchanges import CASES
from tests.recorder import Recorder
from tests.wirecrawl import WAYS, Crawl, crawl

NAMES = (
    "plain",
    "repeated Set-Cookie",
    "103",
    "204",
    "HEAD",
    "POST",
    "POST of nothing",
    "odd request headers",
    "gzip",
    "trailers",
    "chunked gzip",
    "body until close",
    "length too small",
    "length too large",
    "length too large and accepted",
)
FAILING = ("cut in a header line", "no end of the body", "bad status line")
FRAMING = {b"transfer-encoding", b"connection"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    folder = tmp_path_factory.mktemp("fallback")
    cases = {name: CASES[name] for name in NAMES + FAILING}
    with Recorder({name: case.steps for name, case in cases.items()}, folder) as server:
        yield crawl(server, folder, [cases], "other")


def fields(message: bytes) -> list[tuple[bytes, bytes]]:
    """Header fields without their case and order."""
    lines = message.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    split = (line.split(b":", 1) for line in lines)
    return sorted((name.lower(), value.strip()) for name, value in split if name.lower() not in FRAMING)


def parsed(message: bytes, method: str) -> http.client.HTTPResponse:
    class Socket:
        def makefile(self, *_: Any) -> io.BytesIO:
            return io.BytesIO(message)

    response = http.client.HTTPResponse(cast("Any", Socket()), method=method)
    response.begin()
    return response


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_a_rebuilt_capture_says_what_the_exchange_said(run: Crawl, way: str, name: str) -> None:
    case, capture, crossed = CASES[name], run.capture(way, name), run.server.crossed(way, name)[-1]
    assert not capture.exact
    assert capture.truncated == case.truncated
    assert capture.request.partition(b"\r\n")[0] == crossed.request.partition(b"\r\n")[0]
    assert fields(capture.request) == fields(crossed.request)
    assert capture.request.partition(b"\r\n\r\n")[2] == case.body
    sent = bytes(crossed.sent[len(case.interim) : len(crossed.sent) - len(case.surplus)])
    assert fields(capture.response) == fields(sent)
    response = parsed(capture.response, case.method)
    assert response.status == int(sent.split(b" ")[1])
    if case.truncated:
        with pytest.raises(http.client.IncompleteRead):
            response.read()
    else:
        assert response.read() == payload(sent)


@pytest.mark.parametrize("way", WAYS)
def test_scrapy_gives_and_refuses_as_ever(run: Crawl, way: str) -> None:
    errors = {name: run.got[f"{way} {name}"].error for name in NAMES + FAILING}
    assert errors == {name: CASES[name].error for name in NAMES + FAILING}


def test_content_coding_is_kept(run: Crawl) -> None:
    body = run.capture("https", "gzip").response.partition(b"\r\n\r\n")[2]
    assert gzip.decompress(body) == b"Satu " * 100


def test_a_download_that_fails_leaves_nothing(run: Crawl) -> None:
    assert all(not run.got[f"{way} {name}"].captures for way in WAYS for name in FAILING)


def test_the_loss_is_told_once_with_the_versions_that_are_needed(run: Crawl) -> None:
    (warning,) = (line for line in run.log.splitlines() if "not exact" in line)
    assert " WARNING " in warning
    assert f"Scrapy {version('scrapy')}" in warning
    assert "_LenientHTTP11ClientProtocol" in warning
    assert "scrapy<2.20,>=2.19 and twisted<27,>=26.4" in warning


def test_the_password_for_the_proxy_is_not_rebuilt() -> None:
    request = Request(
        "http://a.test/x?y#z", headers={"Proxy-Authorization": "Basic c2VjcmV0"}, meta={"proxy": "http://127.0.0.1:1"}
    )
    assert request_message(request) == b"GET http://a.test/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n"


def test_a_length_that_no_longer_fits_is_left_out() -> None:
    request, response = (
        Request("http://a.test/"),
        Response("http://a.test/", body=b"Satu", headers={"Content-Length": 9}),
    )
    assert response_message(request, response, "HTTP/1.1", short=False) == b"HTTP/1.1 200 OK\r\n\r\nSatu"


def test_a_status_without_a_usual_phrase_has_none() -> None:
    response = Response("http://a.test/", status=999)
    assert response_message(Request("http://a.test/"), response, "HTTP/1.1", short=False).startswith(
        b"HTTP/1.1 999 \r\n"
    )
