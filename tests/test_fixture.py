"""`scrapy fixture` writes what tests/test_extract.py reads, and overwrites nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.commands.fixture import FIELDS, drafted
from crawler.given import Given
from crawler.spiders.tribun import TribunSpider
from tests import test_extract
from tests.fakesite import FakeSite, Reply
from tests.pages import PROSE
from tests.runs import ROOT, environment, scrapy

CASES = ROOT / "tests" / "outlets" / "tribun"
URL = "https://www.tribunnews.com/nasional/9900001/jembatan-baru-di-atas-sungai-lama"
STORY = "".join(f"<p>{PROSE} Ini alinea ke-{n}.</p>" for n in range(5))
PAGE = (
    f"<html><head><link rel='canonical' href='{URL}'></head><body><h1>Jembatan Baru</h1>"
    f"<div class='side-article txt-article'>{STORY}</div></body></html>"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project in which cases may be written."""
    for name in ("crawler", "pipelines", "archive", "scrapy.cfg"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "tests" / "outlets").mkdir(parents=True)
    (tmp_path / "halaman.html").write_text(PAGE)
    return tmp_path


def fixture(checkout: Path, *arguments: str, site: FakeSite | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "fixture", *arguments],
        cwd=checkout,
        env=environment(site) | {"PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def writes(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """`scrapy fixture` in this process, with files of the copy and into it."""
    monkeypatch.setattr("crawler.commands.fixture._FOLDER", checkout / "tests" / "outlets")

    def run(*arguments: str) -> tuple[int, str, str]:
        return scrapy("fixture", *(str(checkout / one) if (checkout / one).is_file() else one for one in arguments))

    return run


def written(checkout: Path) -> list[str]:
    folder = checkout / "tests" / "outlets"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def draft(html: bytes, url: str = URL, charset: str | None = None) -> tuple[bytes, dict[str, Any]]:
    given = Given(body=html, url=url, charset=charset, captured=datetime(2026, 11, 21, tzinfo=UTC))
    return drafted(given, TribunSpider.outlet)


def test_a_draft_has_the_fields_that_are_compared() -> None:
    assert FIELDS == test_extract.FIELDS


@pytest.mark.parametrize("case", ["nomor-nasional", "galeri"])
def test_a_draft_has_the_very_form_of_a_finished_case(case: str) -> None:
    wanted = (CASES / case / "article.json").read_text()
    html, expected = draft((CASES / case / "page.html").read_bytes(), f"{json.loads(wanted)['url']}?utm_source=x")
    assert json.dumps(expected, ensure_ascii=False, indent=2) == wanted.strip()
    assert html == (CASES / case / "page.html").read_bytes()


def test_a_page_in_the_charset_of_its_header_reads_the_same_without_one() -> None:
    body = PAGE.replace("Jembatan Baru", "Новый мост").encode("windows-1251")
    html, expected = draft(body, charset="windows-1251")
    assert expected["title"] == "Новый мост"
    assert draft(html) == (html, expected)


def test_a_case_is_a_folder_of_three_that_says_what_to_do_next(checkout: Path) -> None:
    status, out, log = fixture(checkout, "tribun", "halaman.html")
    assert (status, log) == (0, "")
    case = "tribun/jembatan-baru-di-atas-sungai"
    assert written(checkout) == [f"{case}/{name}" for name in ("article.json", "page.html", "why.md")]
    folder = checkout / "tests" / "outlets" / case
    expected = json.loads((folder / "article.json").read_text())
    assert (folder / "page.html").read_text() == PAGE
    assert list(expected) == ["url", "verdict", *FIELDS]
    assert (expected["url"], expected["verdict"], expected["title"]) == (URL, "article", "Jembatan Baru")
    assert "Proves: TO WRITE" in (folder / "why.md").read_text()
    assert f"written  {folder}\nverdict  article\nempty    description, authors" in out
    assert "Other people's texts must not be published" in out
    assert f"pytest tests/test_extract.py -k {case}" in out


def test_nothing_is_overwritten(checkout: Path) -> None:
    folder = checkout / "tests" / "outlets" / "tribun" / "sudah-ada"
    folder.mkdir(parents=True)
    (folder / "why.md").write_text("milik orang")
    status, out, log = fixture(checkout, "tribun", "halaman.html", "--case", "sudah-ada")
    assert (status, out) == (2, "")
    assert "exists already" in log
    assert written(checkout) == ["tribun/sudah-ada/why.md"]
    assert (folder / "why.md").read_text() == "milik orang"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("tribun",), "Name the outlet and one page"),
        (("tribune", "halaman.html"), "There is no outlet tribune"),
        (("kompastv", "halaman.html"), f"comes from {URL}: name its address on kompas.tv with --url"),
        (("tribun", "halaman.html", "--case", "../../../luar"), "name a case in lower-case letters"),
        (("tribun", "halaman.html", "--case", ""), "name a case in lower-case letters"),
        (("tribun", "scrapy.cfg"), "does not say where it comes from"),
        (("tribun", "scrapy.cfg", "--url", "https://www.tribunnews.com/"), "name it with --case"),
        (("tribun", "halaman.html", "--paksa"), "There is no option --paksa"),
    ],
)
def test_what_cannot_be_meant_writes_nothing(
    checkout: Path, writes: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], sentence: str
) -> None:
    status, out, log = writes(*arguments)
    assert (status, out) == (2, "")
    assert sentence in log
    assert "Traceback" not in log
    assert written(checkout) == []


def test_a_case_can_come_from_the_outlet(checkout: Path) -> None:
    with FakeSite() as site:
        site.overrides["www.tribunnews.com", "/nasional/9900001/jembatan"] = Reply(
            headers=(("Content-Type", "text/html"),), body=PAGE.encode(), gzip=True
        )
        status, _, log = fixture(
            checkout, "tribun", "https://www.tribunnews.com/nasional/9900001/jembatan", "--case", "jembatan", site=site
        )
        walled = fixture(checkout, "tribun", "https://www.tribunnews.com/nasional/1", site=site)
    assert (status, log) == (0, "")
    assert (checkout / "tests" / "outlets" / "tribun" / "jembatan" / "page.html").read_text() == PAGE
    assert walled[0] == 2
    assert "scrapy fixture: https://www.tribunnews.com/nasional/1 answered HTTP 404" in walled[2]


def test_the_folder_that_cannot_be_written_ends_with_5(checkout: Path) -> None:
    (checkout / "tests" / "outlets" / "tribun").write_text("sebuah berkas")
    status, out, log = fixture(checkout, "tribun", "halaman.html")
    assert (status, out) == (5, "")
    assert "cannot be written" in log
