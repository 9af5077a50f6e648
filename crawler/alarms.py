"""What an alarm is told to: an address that takes JSON, and mailboxes. Neither can make a job fail."""

from __future__ import annotations

import contextlib
import json
import logging
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from archive import layout
from archive.errors import ArgumentError, ExitStatus
from archive.health import Alarm
from archive.health.past import Run
from archive.known import Ended
from crawler.progress import plain

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

TRIES = 2
AGAIN_SECONDS = 2.0
"""Between two attempts."""
PATIENCE = 10.0
"""Seconds that somebody who is told may take for an answer."""
TOLD = frozenset((ExitStatus.FAULT, ExitStatus.UNREACHABLE, ExitStatus.BLOCKED, ExitStatus.SILENT))
"""Ends of a job that are told as alarms are."""
_SUBJECT = 150
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_SMTPS = 465


@dataclass(frozen=True, kw_only=True)
class News:
    """What is told of a job."""

    outlet: str
    job: str
    at: str
    """ISO 8601, UTC."""
    status: int
    sentence: str
    """What the job came to."""
    alarms: list[dict[str, str]]
    """All of the job: `kind` and `sentence`."""


class Post(Protocol):
    """A way to tell somebody."""

    @property
    def name(self) -> str:
        """For the log; without anything secret."""

    def send(self, news: News) -> None:
        """Tell it, in a thread of its own. Raises OSError, HTTPException, SMTPException."""


class Webhook:
    """An address that is sent JSON by POST."""

    def __init__(self, url: str) -> None:
        """Raises ArgumentError for what is no http(s) address."""
        try:
            parts = urlsplit(url)
            fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
            fits = fits and url.isascii() and url.isprintable() and " " not in url and parts.username is None
        except ValueError:
            fits = False
        if not fits:
            raise ArgumentError(
                "ALARM_WEBHOOK is no address that can be posted to: give one such as https://alarm.example.org/hook, "
                "without a user name in it."
            )
        self._url = url
        self.name = f"ALARM_WEBHOOK at {parts.hostname}"  # the path often is the secret

    def send(self, news: News) -> None:
        data = json.dumps(asdict(news), ensure_ascii=False).encode(errors="replace")
        headers = {"Content-Type": "application/json", "User-Agent": "arsip-berita"}
        request = urllib.request.Request(self._url, data, headers, method="POST")  # noqa: S310 - http(s), as was checked
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=PATIENCE):
            pass


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET that says nothing; it is an error instead."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Mailboxes behind one SMTP server (RFC 5321)."""

    to: tuple[Address, ...]
    sender: Address
    host: str
    port: int
    starttls: bool
    user: str | None = None
    password: str | None = None

    @property
    def name(self) -> str:
        return f"ALARM_EMAIL by {self.host}:{self.port}"

    def send(self, news: News) -> None:
        message = EmailMessage()
        kinds = ", ".join(dict.fromkeys(alarm["kind"] for alarm in news.alarms)) or f"status {news.status}"
        message["Subject"] = _line(f"arsip-berita: {news.outlet}: {kinds}")
        message["From"], message["To"] = self.sender, self.to
        message["Date"] = format_datetime(datetime.fromisoformat(news.at))
        message["Message-ID"] = make_msgid(domain=layout.host_name())
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers of holidays, please
        said = dict.fromkeys([*(alarm["sentence"] for alarm in news.alarms), news.sentence])
        body = [*map(plain, said), f"Job {news.job}, ended {news.at} with status {news.status}."]
        message.set_content("\n\n".join(body) + "\n", cte="quoted-printable")
        with self._connected() as server:
            if self.user is not None:
                server.login(self.user, self.password or "")
            server.send_message(message)

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.port == _SMTPS:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        if self.starttls:
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server


def posts(settings: BaseSettings) -> list[Post]:
    """Whom the settings want to be told. Raises ArgumentError."""
    found: list[Post] = []
    if url := settings["ALARM_WEBHOOK"]:
        found.append(Webhook(url))
    if addresses := settings["ALARM_EMAIL"]:
        found.append(_mailbox(settings, addresses))
    return found


def is_new(kinds: Sequence[str], past: Sequence[Ended], at: datetime, arguments: dict[str, Any]) -> bool:
    """Is there one that neither the last job of these arguments had, nor any of the last day?"""
    runs = sorted(map(Run.of, past), key=lambda run: run.at)
    last = [run for run in runs if run.arguments == arguments][-1:]
    lately = last + [run for run in runs if run.at >= at - timedelta(days=1)]
    return bool(set(kinds) - {kind for run in lately for kind in (*run.alarmed, f"status {run.status}")})


def kinds_of(alarms: Sequence[Alarm], status: int) -> list[str]:
    """What a job is told for: its alarms, and its end where that is one of `TOLD`."""
    return [alarm.kind for alarm in alarms] + ([f"status {status}"] if status in TOLD else [])


def tell(news: News, everybody: Sequence[Post], wait: Callable[[float], None] = time.sleep) -> None:
    """Tell everybody, each in at most `TRIES` attempts; who cannot be told is a line of the log."""
    for post in everybody:
        for left in reversed(range(TRIES)):
            try:
                post.send(news)
                break
            except (OSError, HTTPException, smtplib.SMTPException, HeaderParseError, ValueError) as error:
                if left:
                    wait(AGAIN_SECONDS)
                else:
                    logger.warning("%s: the alarm could not be told to %s (%s).", news.outlet, post.name, _why(error))


def _mailbox(settings: BaseSettings, addresses: str) -> Mailbox:
    host, user = settings["SMTP_HOST"] or "localhost", settings["SMTP_USER"] or None
    try:
        port, starttls = settings.getint("SMTP_PORT"), settings.getbool("SMTP_STARTTLS")
    except (TypeError, ValueError):
        port = -1
    if not 0 < port < 65536:
        raise ArgumentError("SMTP_PORT or SMTP_STARTTLS is not possible: give the number of a port, and 1 or 0.")
    if user and not starttls and port != _SMTPS and host not in _LOOPBACK:
        raise ArgumentError(f"SMTP_USER would be sent to {host} for all to read: set SMTP_STARTTLS=1 or SMTP_PORT=465.")
    return Mailbox(
        to=tuple(_address("ALARM_EMAIL", one) for one in addresses.split(",")),
        sender=_address("SMTP_FROM", settings["SMTP_FROM"] or f"arsip-berita@{layout.host_name()}"),
        host=host,
        port=port,
        starttls=starttls,
        user=user,
        password=settings["SMTP_PASSWORD"],
    )


def _address(setting: str, text: str) -> Address:
    with contextlib.suppress(ValueError, IndexError, HeaderParseError):
        if text.isascii() and text.isprintable() and (address := Address(addr_spec=text.strip())).domain:
            return address
    raise ArgumentError(f"{setting} has {plain(text)!r}, which is no address of a mailbox: give one such as a@b.org.")


def _line(text: str) -> str:
    return " ".join(plain(text).split())[:_SUBJECT]


def _why(error: Exception) -> str:
    """The reason without what the other side wrote, which may repeat what is secret."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"SMTP {error.smtp_code}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return (reason.strerror if isinstance(reason, OSError) else None) or type(reason).__name__
