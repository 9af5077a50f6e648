"""The pages of `scrapy serve` in a browser: everybody can read them, and nothing that was captured does anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser import LOOKS, Outside, Scheme, look, program
from tests.library import fill
from tests.served import Served

ARTICLE = "/article/tribun/tribun.test:1"
HOSTILE = "/article/jahat/jahat.test:1"
PAGES = ("/search?q=pasar", ARTICLE, "/capture/tribun/tribun.test:1/2/1")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("arsip")
    fill(folder)
    with Served(folder) as started:
        yield started


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_can_be_read_by_everybody_and_ask_nobody(
    browser: Browser, served: Served, width: int, scheme: Scheme
) -> None:
    with look(browser, width, scheme) as seen:
        for address in PAGES:
            seen.open(served.address + address)
            assert seen.violations() == [], address
            assert seen.overflows() <= 0, address
        assert seen.errors == []
        assert {one.split("/")[2] for one in seen.requests if not one.startswith("data:")} == {served.address[7:]}
        assert seen.left == []


def test_pages_need_no_sideways_scrolling_at_four_times_their_size(browser: Browser, served: Served) -> None:
    with look(browser, 320) as seen:  # 1280 pixels at 400 %: WCAG 2.2, 1.4.10
        for address in PAGES:
            seen.open(served.address + address)
            assert seen.overflows() <= 0, address


def test_a_person_finds_an_article_and_sees_its_text_beside_its_capture(browser: Browser, served: Served) -> None:
    with look(browser) as seen:
        seen.open(served.address)
        seen.page.fill("input[name=q]", '"jumlah jukung" -dermaga')
        seen.page.click("button")
        seen.page.click("text=Kembali Ramai")
        assert seen.page.locator(".prose").first.inner_text().count("127") == 1
        assert "127" in seen.page.frame_locator("iframe").locator("body").inner_text()
        seen.page.click("text=Version 1")
        assert "112" in seen.page.frame_locator("iframe").locator("body").inner_text()
        with seen.page.expect_download() as kept:
            seen.page.click("text=Take it away as WACZ")
        assert Path(kept.value.path()).read_bytes().startswith(b"PK")
        assert seen.errors == []


def wait_for(page: Page, happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        page.wait_for_timeout(20)


def older(route: Route) -> None:
    """What a browser makes of an answer that knows no Connection-Allowlist."""
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "connection-allowlist"}
    assert len(headers) == len(answer.headers) - 1
    route.fulfill(response=answer, headers=headers)


@pytest.mark.parametrize("is_older", [False, True])
def test_a_capture_that_means_harm_does_none(browser: Browser, served: Served, *, is_older: bool) -> None:
    with look(browser) as seen:
        if is_older:
            seen.page.route("**/payload/**", older)
        seen.open(served.address + HOSTILE)
        title, frame = seen.page.title(), seen.page.frames[1]
        assert "Isi halaman jahat." in frame.locator("body").inner_text()
        for name in ("baru", "atas", "skrip", "kirim", "tautan"):  # the last one has nowhere to go but its own frame
            frame.click(f"#{name}", no_wait_after=True)
        wait_for(seen.page, lambda: frame.url.startswith("chrome-error:"))  # what stands where it would have led
        assert seen.page.url == served.address + HOSTILE
        assert seen.page.title() == title
        assert "document.title" in title
        assert len(seen.page.context.pages) == 1
        assert not any(one.url.endswith(".test/") for one in seen.page.frames)
        # An older browser connects in advance, and asks for nothing.
        assert [one for one in seen.left if one or not is_older] == []


@pytest.mark.parametrize(
    "path", ["/payload/jahat/jahat.test:1/1/1", '/search?q="><script>document.title="rusak"</script>']
)
def test_an_address_that_means_harm_does_none(browser: Browser, served: Served, path: str) -> None:
    with look(browser) as seen:
        seen.open(served.address + path)
        seen.page.wait_for_timeout(100)
        assert seen.page.url.startswith(served.address)
        assert seen.page.title() != "rusak"
        assert all(frame.url.startswith(served.address) for frame in seen.page.frames[:2])
        assert seen.left == []


def test_a_capture_connects_to_no_server_in_advance(browser: Browser, served: Served, tmp_path: Path) -> None:
    """No directive of a Content-Security-Policy governs `<link rel=preconnect>`; only a lasting profile does it."""
    outside = Outside()
    rules = f"MAP *.test 127.0.0.1:{outside.port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    profile = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=program(), args=["--no-sandbox", f"--host-resolver-rules={rules}"]
    )
    try:
        page = profile.new_page()
        page.goto(served.address + HOSTILE)
        page.wait_for_timeout(700)
        assert outside.reached == []
        page.set_content('<link rel="preconnect" href="http://sambung.test">')
        wait_for(page, lambda: bool(outside.reached))  # else the browser would not have done it anyway
    finally:
        profile.close()
        outside.close()
