"""Pages as a reader's browser shows them: what they ask for, what they complain of, and who could not read them."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

Scheme = Literal["light", "dark"]
LOOKS: tuple[tuple[int, Scheme], ...] = ((390, "light"), (390, "dark"), (1440, "light"), (1440, "dark"))
"""Widths in pixels and colour schemes in which every page must hold: a phone and a desktop, by day and by night."""
ITS_OWN = "content-autofill.googleapis.com"
"""Whom Chromium asks, of its own accord, about any page with a form."""
SILENCE = 3.0
"""Seconds after which a connection is taken for one that nothing is sent through."""
PATIENCE = 60_000
"""Milliseconds that a page may take for what is expected of it."""
HEIGHTS = {390: 844, 1440: 900}
SERIOUS = {"serious", "critical"}


class Outside:
    """Everything that is not this machine: a proxy that notes who came, and answers nobody."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.reached: list[str] = []
        """What was sent here first, one for each connection; "" where nothing was so far."""
        self._talks: list[threading.Thread] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hear(self) -> list[str]:
        """The same, when everybody has had the time to speak."""
        for talk in self._talks:
            talk.join()
        return self.reached

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes who waits for the next
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the end
            while True:
                client, _ = self._listening.accept()
                talk = threading.Thread(target=self._listen, args=(client, len(self.reached)), daemon=True)
                self.reached.append("")
                talk.start()
                self._talks.append(talk)

    def _listen(self, client: socket.socket, number: int) -> None:
        with client, suppress(OSError):
            client.settimeout(SILENCE)
            self.reached[number] = client.recv(200).decode("latin-1").partition("\r\n")[0]


@dataclass
class Look:
    """One page in one browser window, and all that it did."""

    page: Page
    outside: Outside
    errors: list[str] = field(default_factory=list)
    """What the console calls errors or warnings, and exceptions of scripts."""
    requests: list[str] = field(default_factory=list)
    """Addresses that the page asked for, whether or not something stopped it."""

    def open(self, address: str) -> None:
        """Load a page, frames included, and wait until it is at rest."""
        self.page.goto(address, wait_until="load")

    @property
    def left(self) -> list[str]:
        """What reached for something that is not on this machine."""
        return [one for one in self.outside.hear() if ITS_OWN not in one]

    def violations(self) -> list[str]:
        """What keeps people from reading the page, as axe-core finds it: rule, severity, and the first places."""
        found: dict[str, Any] = Axe().run(self.page).response
        return [
            f"{one['id']} ({one['impact']}): {[node['html'][:200] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in SERIOUS
        ]

    def overflows(self) -> int:
        """Pixels by which the page is wider than its window: who reads it on a phone must move it sideways."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def picture(self, path: Path) -> None:
        """Save what a person sees, from the top of the page to its end."""
        self.page.screenshot(path=path, full_page=True)


def program() -> str:
    """Where Debian's Chromium is; the test is skipped without it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("there is no Chromium on this machine")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without a window. Not for the session: while it runs, no other test can run an asyncio loop."""
    path = program()
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])  # root may not have one
        yield started
        started.close()


@contextmanager
def look(browser: Browser, width: int = 1440, scheme: Scheme = "light") -> Iterator[Look]:
    """A window of its own, without a memory of other windows. Whatever is not on this machine lies behind a proxy."""
    with ExitStack() as opened:
        outside = Outside()
        opened.callback(outside.close)
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            color_scheme=scheme,
            locale="id-ID",
            reduced_motion="reduce",
            proxy={"server": f"http://127.0.0.1:{outside.port}", "bypass": "127.0.0.1,localhost"},
        )
        opened.callback(context.close)
        seen = Look(context.new_page(), outside)
        context.on("request", lambda request: seen.requests.append(request.url))
        context.on("console", lambda said: seen.errors.append(said.text) if said.type in {"error", "warning"} else None)
        context.on("weberror", lambda error: seen.errors.append(str(error.error)))
        yield seen
