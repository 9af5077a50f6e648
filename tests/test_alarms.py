"""Who is told of an alarm, when, and that nobody who is told can do harm."""

from __future__ import annotations

import json
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from scrapy.settings import Settings

from archive.errors import ArgumentError
from archive.health import Alarm
from archive.known import Ended
from crawler import alarms
from crawler.alarms import News, Webhook
from tests.buckets import free_port
from tests.hooks import hooks

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEWS = News(
    outlet="contoh",
    job="20261122115900-abcdef",
    at=NOW.isoformat(),
    status=7,
    sentence="contoh: fields are no longer found: authors in 0 of 9 articles, before in 99 of 100.",
    alarms=[{"kind": "field-lost", "sentence": "contoh: fields are no longer found – “authors”."}],
)


def tell(*posts: alarms.Post) -> None:
    alarms.tell(NEWS, posts, wait=lambda _: None)


def test_a_webhook_is_posted_the_alarm_as_json() -> None:
    with hooks(200) as server:
        tell(Webhook(server.url))
    ((path, kind, body),) = server.posted
    assert (path, kind) == ("/hook/rahasia", "application/json")
    assert json.loads(body) == {
        "outlet": "contoh",
        "job": NEWS.job,
        "at": "2026-11-22T12:00:00+00:00",
        "status": 7,
        "sentence": NEWS.sentence,
        "alarms": NEWS.alarms,
    }


@pytest.mark.parametrize(
    ("answers", "times", "why"), [((500, 204), 2, ""), ((503,), 2, "HTTP 503"), ((302,), 2, "302")]
)
def test_a_webhook_gets_a_second_chance_and_no_third(
    answers: tuple[int, ...], times: int, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    with hooks(*answers) as server:
        tell(Webhook(server.url))
    assert len(server.posted) == times
    assert ("GET", "", b"") not in server.posted
    assert why in caplog.text
    assert bool(caplog.text) == bool(why)
    assert "rahasia" not in caplog.text


def test_a_webhook_that_is_dead_or_mute_costs_a_line_of_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alarms, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute, socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))  # nobody else gets the port, and nobody listens
        for server in (mute, dead):
            tell(Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/rahasia"))
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "ALARM_WEBHOOK at 127.0.0.1 (Connection refused)" in caplog.text
    assert "rahasia" not in caplog.text


class Desk:
    """A mail server's clerk: notes what is handed in."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.users: list[bytes] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        return "250 OK"

    def let_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, who: Any) -> AuthResult:
        assert isinstance(who, LoginPassword)
        self.users.append(who.login)
        return AuthResult(success=who.password == b"sandi", handled=False)


@contextmanager
def desk(**options: Any) -> Iterator[tuple[Desk, int]]:
    clerk = Desk()
    given = {"authenticator": clerk.let_in, "ready_timeout": 60.0, **options}
    server = Controller(clerk, hostname="127.0.0.1", port=free_port(), **given)
    server.start()
    try:
        yield clerk, server.port
    finally:
        server.stop()


def mailbox(port: int, **given: object) -> alarms.Post:
    settings = {"ALARM_EMAIL": "a@contoh.test, b@contoh.test", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": port}
    defaults = {"SMTP_STARTTLS": False, "SMTP_FROM": "arsip@contoh.test"}
    (post,) = alarms.posts(Settings(defaults | settings | given))
    return post


def test_an_email_says_what_is_wrong_to_everybody() -> None:
    with desk() as (clerk, port):
        tell(mailbox(port))
    (taken,) = clerk.taken
    assert taken.rcpt_tos == ["a@contoh.test", "b@contoh.test"]
    assert taken.mail_from == "arsip@contoh.test"
    assert isinstance(taken.content, bytes)
    message = message_from_bytes(taken.content, policy=policy.default)
    assert message["Subject"] == "arsip-berita: contoh: field-lost"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    text = message.get_content()
    assert "fields are no longer found – “authors”." in text
    assert NEWS.job in text


def test_nothing_that_an_outlet_wrote_becomes_a_header() -> None:
    evil = "x\r\nBcc: korban@contoh.test\r\n\r\n\x1b[2J<b>"
    news = News(outlet=evil, job=evil, at=NOW.isoformat(), status=7, sentence=evil, alarms=[
        {"kind": evil, "sentence": evil}
    ])  # fmt: skip
    with desk() as (clerk, port), hooks(200) as server:
        alarms.tell(news, [mailbox(port), Webhook(server.url)], wait=lambda _: None)
    (taken,) = clerk.taken
    assert isinstance(taken.content, bytes)
    message = message_from_bytes(taken.content, policy=policy.default)
    assert message["Bcc"] is None
    assert taken.rcpt_tos == ["a@contoh.test", "b@contoh.test"]
    assert b"\x1b" not in taken.content
    assert json.loads(server.posted[0][2])["outlet"] == evil


def test_a_password_is_sent_by_tls_and_a_certificate_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with desk(tls_context=context, require_starttls=True) as (clerk, port):
        box = mailbox(port, SMTP_STARTTLS="1", SMTP_USER="arsip", SMTP_PASSWORD="sandi")
        tell(box)
        assert not clerk.taken
        assert "ALARM_EMAIL by 127.0.0.1" in caplog.text
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        tell(box)
        assert clerk.users == [b"arsip"]
        assert len(clerk.taken) == 1
        caplog.clear()
        tell(mailbox(port, SMTP_STARTTLS="1", SMTP_USER="arsip", SMTP_PASSWORD="salah"))
    assert "(SMTP 535)" in caplog.text
    assert "salah" not in caplog.text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ALARM_WEBHOOK": "ftp://contoh.test/"}, "no address that can be posted to"),
        ({"ALARM_WEBHOOK": "https://"}, "no address"),
        ({"ALARM_WEBHOOK": "https://contoh.test:99999/"}, "no address"),
        ({"ALARM_WEBHOOK": "https://u:rahasia@contoh.test/"}, "without a user name"),
        ({"ALARM_WEBHOOK": "https://contoh.test/a b\r\nX: y"}, "no address"),
        ({"ALARM_EMAIL": "a@contoh.test,b"}, "ALARM_EMAIL has 'b'"),
        ({"ALARM_EMAIL": " , "}, "no address of a mailbox"),
        ({"ALARM_EMAIL": "a@contoh.test\r\nBcc: c@contoh.test"}, "no address of a mailbox"),
        ({"ALARM_EMAIL": "a@contoh.test", "SMTP_FROM": "<>"}, "SMTP_FROM has"),
        ({"ALARM_EMAIL": "a@contoh.test", "SMTP_PORT": "mail"}, "SMTP_PORT"),
        ({"ALARM_EMAIL": "a@contoh.test", "SMTP_HOST": "mail.contoh.test", "SMTP_USER": "a"}, "for all to read"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_a_sentence_before_anything_is_fetched(
    given: dict[str, str], words: str
) -> None:
    defaults = {"SMTP_PORT": 25, "SMTP_STARTTLS": False}
    with pytest.raises(ArgumentError, match=words) as caught:
        alarms.posts(Settings(defaults | given))
    assert "rahasia" not in str(caught.value)


def test_nobody_is_told_without_settings() -> None:
    assert alarms.posts(Settings()) == []


def ended(hours: float, *kinds: str, status: int = 0, **arguments: str) -> Ended:
    facts = {"status": status, "arguments": arguments, "alarms": [{"kind": kind, "sentence": ""} for kind in kinds]}
    return Ended(job=f"{hours}", outlet="contoh", at=(NOW - timedelta(hours=hours)).isoformat(), facts=facts)


@pytest.mark.parametrize(
    ("past", "told"),
    [
        ([], True),
        ([ended(1)], True),
        ([ended(1, "layout")], False),
        ([ended(1), ended(5, "layout")], False),
        ([ended(1), ended(30, "layout")], True),
        ([ended(1, "dates")], True),
        ([ended(100, "layout")], False),
        ([ended(30, "layout", since="2020-01-01"), ended(40)], True),
        ([ended(2, "layout", since="2020-01-01"), ended(40)], False),
        ([Ended(job="", outlet="contoh", at=NOW.isoformat(), facts={"alarms": "x"})], True),
        ([Ended(job="", outlet="contoh", at="gestern", facts={})], True),
    ],
)
def test_an_alarm_that_stays_is_told_once_and_again_after_a_day_without_it(past: list[Ended], told: bool) -> None:  # noqa: FBT001
    assert alarms.is_new(["layout"], past, NOW, {}) is told


@pytest.mark.parametrize(("status", "kinds"), [(0, []), (130, []), (7, []), (1, ["status 1"]), (4, ["status 4"])])
def test_a_fault_a_wall_and_an_outlet_that_is_away_are_told_too(status: int, kinds: list[str]) -> None:
    assert alarms.kinds_of([], status) == kinds
    assert alarms.kinds_of([Alarm("wall", "")], status) == ["wall", *kinds]
