"""The report in a browser: people read it by day and by night, on a phone, with a keyboard, without scripts."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from archive.catalog import open_catalog
from archive.files import OnDisk
from archive.ledger import Day
from archive.misses import Miss
from archive.report.data import Report
from archive.report.gather import gather
from archive.report.links import links_for
from archive.report.page import render
from tests.browser import LOOKS, Look, Scheme, browser, look
from tests.reported import DAY, NOW, Filled, fill

__all__ = ["browser"]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return fill(tmp_path_factory.mktemp("report") / "data", source="https://contoh.test/<b>\"'</script>")


@pytest.fixture(scope="session")
def report(filled: Filled) -> Report:
    with closing(open_catalog(filled.place.state / "catalog.sqlite3")) as catalog:
        return gather(catalog, OnDisk(filled.root), {"tribun": "Tribunnews", "tempo": "Tempo"}, now=NOW)


@pytest.fixture(scope="session")
def written(filled: Filled, report: Report) -> Path:
    """Three outlets, and of one so many days that there is more than one month."""
    (outlet,) = report.outlets
    days = [
        Day(outlet="tribun", day=(NOW - timedelta(days=ago)).date().isoformat(), announced=20, extracted=missed)
        for ago, missed in zip(range(40, 1, -1), [20, 19, 17, 12, 2] * 10, strict=False)
    ]
    days = [replace(day, misses={Miss.TIMEOUT: day.announced - day.extracted}) for day in days]
    more = replace(outlet, days=[*days, *outlet.days])
    others = [replace(outlet, name=name, title=name.title()) for name in ("kompas", "tempo")]
    path = filled.root / "report.html"
    page = render(replace(report, outlets=[more, *others]), links=links_for(filled.root, path))
    path.write_text(page, encoding="utf-8")
    return path


def opened(seen: Look, page: Path) -> None:
    seen.open(page.as_uri())
    seen.page.locator("#outlet-tribun > summary").click()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_everybody_can_read_it_and_it_asks_nobody_for_anything(
    browser: Browser, written: Path, width: int, scheme: Scheme
) -> None:
    with look(browser, width, scheme) as seen:
        opened(seen, written)
        assert seen.violations() == []
        seen.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert seen.overflows() <= 0, "the page moves sideways"
        assert seen.errors == []
        assert seen.requests == [written.as_uri()]
        assert seen.left == []


def test_a_day_is_opened_with_the_keyboard_and_says_what_is_missing(browser: Browser, written: Path) -> None:
    with look(browser) as seen:
        opened(seen, written)
        page = seen.page
        cells = page.locator("#calendar-tribun .cal .cell")
        assert [cell.get_attribute("tabindex") for cell in cells.all()].count("0") == 1, "one stop for the Tab key"
        page.locator('#calendar-tribun .cell[tabindex="0"]').focus()
        for key in ("ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowRight"):
            page.keyboard.press(key)
        assert page.evaluate("document.activeElement.getAttribute('href')") == f"#d-tribun-{DAY}"
        page.keyboard.press("Enter")
        day = page.get_by_role("dialog", name="Tribunnews, Saturday 21 November 2026")
        expect(day).to_be_visible()
        for text in ("not tried yet 1", "3 missing", "https://www.tribunnews.com/nasional/4/judul", "at byte"):
            expect(day).to_contain_text(text)
        expect(day).to_contain_text("https://contoh.test/<b>\"'</script>")
        assert seen.violations() == []
        page.keyboard.press("Escape")
        expect(day).to_be_hidden()
        assert page.evaluate("document.activeElement.getAttribute('href')") == f"#d-tribun-{DAY}"
        assert seen.errors == []


def test_a_table_is_sorted_by_its_headings_and_says_how(browser: Browser, written: Path) -> None:
    with look(browser) as seen:
        seen.open(written.as_uri())
        page = seen.page
        heading = page.locator("#overview th", has_text="Outlet").first
        names = page.locator("#overview tbody th")
        heading.get_by_role("button", name="Outlet", exact=True).focus()
        page.keyboard.press("Enter")
        assert (heading.get_attribute("aria-sort"), names.all_inner_texts()) == (
            "ascending",
            ["Kompas", "Tempo", "Tribunnews"],
        )
        page.keyboard.press("Enter")
        assert (heading.get_attribute("aria-sort"), names.all_inner_texts()) == (
            "descending",
            ["Tribunnews", "Tempo", "Kompas"],
        )
        page.evaluate("for (const one of document.querySelectorAll('#outlets details')) one.open = true")
        table = page.locator("#outlet-tribun table.days").first
        table.get_by_role("button", name="Missing").click()
        missing = [int(text) for text in table.locator("tbody > tr:first-child > td:nth-child(5)").all_inner_texts()]
        assert missing == sorted(missing)
        day = table.locator(f"#d-tribun-{DAY}")
        assert "3 missing" in day.inner_text(), "what is missing goes with its day"


def test_without_scripts_a_link_to_a_day_leads_to_its_numbers(browser: Browser, written: Path) -> None:
    with closing(browser.new_context(java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(written.as_uri())
        page.locator("#outlet-tribun > summary").click()
        page.locator(f'#calendar-tribun .cell[href="#d-tribun-{DAY}"]').click()
        expect(page.locator(f"#d-tribun-{DAY} th")).to_be_visible()
        assert page.locator("th button").count() == 0, "a button that does nothing"
