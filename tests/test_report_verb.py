"""`scrapy report` as a person types it: what it writes, and how it ends."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from archive.errors import ExitStatus
from crawler.commands.report import Command
from tests.reported import ALARM, SITEMAP, Filled, fill, text_of
from tests.runs import scrapy


@pytest.fixture
def filled(tmp_path: Path) -> Filled:
    return fill(tmp_path / "data")


def test_the_verb_writes_the_page_and_replaces_an_older_one(filled: Filled) -> None:
    output = filled.root / "report.html"
    output.write_text("lama")
    status, out, log = scrapy("report", "tribun", "--output", str(output), "-s", f"ARCHIVE_URI={filled.root}")
    assert (status, log) == (0, "")
    html = output.read_text()
    assert out.splitlines() == ["outlets    1", f"bytes      {len(html.encode())}", f"file       {output}"]
    assert "Tribunnews" in html
    assert ALARM["sentence"] in text_of(html)
    assert SITEMAP in html
    assert [one.name for one in filled.root.iterdir() if "report" in one.name] == ["report.html"]


def run(folder: Path, *args: str, **options: str | None) -> int:
    """The verb in this process; its exit status, 2 for what Scrapy would say of the arguments."""
    verb = Command()
    verb.settings = get_project_settings()
    verb.settings.set("ARCHIVE_URI", str(folder))
    verb.settings.set("STATE_DIR", None)
    verb.settings.set("CATALOG_URI", None)
    given = {"since": None, "until": None, "output": str(folder.parent / "report.html")} | options
    verb.run([*args], Namespace(**given))
    return verb.exitcode or 0


def test_an_archive_where_nothing_is_yet_gives_a_page_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert run(tmp_path / "data") == 0
    html = text_of((tmp_path / "report.html").read_text())
    assert "Nothing is here yet" in html
    assert "tribun" in html, "which outlets there could be"
    assert not [*(tmp_path / "data").iterdir()]


def test_an_archive_that_is_not_there_is_named_and_an_older_page_stays(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("older")
    with pytest.raises(UsageError, match="There is no archive at"):
        run(tmp_path / "adta")
    assert (tmp_path / "report.html").read_text() == "older"


@pytest.mark.parametrize(
    ("args", "options", "said"),
    [
        (["tribune"], {}, "There is no outlet tribune"),
        (["--semua"], {}, "There is no option --semua"),
        ([], {"since": "kemarin"}, "since"),
        ([], {"output": ""}, "--output needs the name of a file"),
        ([], {"output": "/tidak/ada/report.html"}, "There is no folder /tidak/ada"),
        ([], {"output": "docs"}, "docs is a folder"),
    ],
)
def test_what_cannot_be_meant_is_said(filled: Filled, args: list[str], options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        run(filled.root, *args, **options)


def test_files_without_a_catalog_are_no_empty_archive(filled: Filled) -> None:
    for path in filled.place.state.glob("catalog*"):
        path.unlink()
    with pytest.raises(UsageError, match="scrapy catalog rebuild"):
        run(filled.root)


def test_a_page_that_cannot_be_written_leaves_the_older_one(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    older = filled.root.parent / "report.html"
    older.write_text("lama")

    def full(path: Path, _: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("crawler.commands.report.write_file", full)
    assert run(filled.root) == ExitStatus.STORAGE
    assert older.read_text() == "lama"
    assert "Make room or name another file" in capsys.readouterr().err
