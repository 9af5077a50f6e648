"""`scrapy wacz` as a person types it: what it says, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.project import get_project_settings

from archive import wacz
from crawler.commands.wacz import Command
from tests.runs import ROOT, SCRAPY, environment, scrapy
from tests.shelf import Shelf, entries, index


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_the_verb_says_what_it_wrote_and_how_to_look_at_it(shelf: Shelf) -> None:
    shelf.pages(1, 1, 2)
    output = shelf.root / "minggu.wacz"
    period = ("--since", "2026-11-01", "--until", "2026-11-07")
    arguments = ("wacz", "tribun", *period, "--output", str(output), "-s", f"ARCHIVE_URI={shelf.root}")
    status, out, log = scrapy(*arguments)
    assert status == 0, log
    assert log == ""
    assert out.splitlines()[:4] == [
        "pages      2",
        "captures   2",
        f"bytes      {output.stat().st_size}",
        f"file       {output}",
    ]
    assert "replayweb.page" in out
    assert json.loads(entries(output)["datapackage.json"])["title"] == "Tribunnews, 2026-11-01 to 2026-11-07"
    status, _, log = scrapy(*arguments)
    assert status == 2
    assert "exists already" in log


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tribun", "--until", "2026-10-31"], "captures from 2026-11-01 to 2026-11-01"),
        (["intisari"], "no capture of intisari"),
        (["tribune"], "There is no outlet tribune"),
        ([], "Name one outlet"),
        (["tribun", "kompastv"], "One outlet a file: scrapy wacz tribun, then kompastv."),
        (["tribun", "--semua"], "There is no option --semua"),
        (["tribun", "-a", "since=2026-11-01"], "There is no option -a"),
        (["tribun", "--output", ""], "--output needs the name of a file"),
        (["tribun", "--output", "/tidak/ada/x.wacz"], "There is no folder /tidak/ada; make it"),
        (["tribun", "--output", "docs"], "docs is a folder"),
        (
            ["tribun", "-s", "ARCHIVE_URI=/tidak/ada"],
            "There is no archive at /tidak/ada: scrapy crawl OUTLET makes one",
        ),
        (["tribun", "--since", "kemarin"], "write it as YYYY-MM-DD"),
        (["tribun", "--since", "2026-11-02", "--until", "2026-11-01"], "must be the earlier day"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence_and_status_2(shelf: Shelf, arguments: list[str], said: str) -> None:
    shelf.pages(1, 1)
    status, out, log = scrapy("wacz", "-s", f"ARCHIVE_URI={shelf.root}", *arguments)
    assert status == 2
    assert said in out + log
    assert ".part" not in out + log


def test_damage_is_status_5(shelf: Shelf) -> None:
    shelf.pages(1, 1)
    next(shelf.root.rglob("*.warc.gz")).unlink()
    status, _, log = scrapy("wacz", "tribun", "-s", f"ARCHIVE_URI={shelf.root}", "--output", str(shelf.root / "a.wacz"))
    assert status == 5
    assert "is missing. scrapy verify tells more." in log


def packing(shelf: Shelf, output: Path, **opened: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*SCRAPY, "wacz", "tribun", "-s", f"ARCHIVE_URI={shelf.root}", "--output", str(output)],
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        **opened,
    )


def test_a_reader_that_left_changes_nothing_about_the_file(shelf: Shelf) -> None:
    shelf.pages(1, 1)
    read_end, write_end = os.pipe()
    os.close(read_end)
    with packing(shelf, shelf.root / "a.wacz", stdout=write_end) as done:
        os.close(write_end)
        assert done.communicate()[1] == ""
    assert done.returncode == 0
    assert index(shelf.root / "a.wacz")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this machine")
def test_lines_that_cannot_be_printed_change_nothing_about_the_file(shelf: Shelf) -> None:
    shelf.pages(1, 1)
    with Path("/dev/full").open("w") as full, packing(shelf, shelf.root / "a.wacz", stdout=full) as done:
        log = done.communicate()[1]
    assert log == (
        f"scrapy wacz: {shelf.root}/a.wacz was written, but what is in it cannot be printed: No space left on device.\n"
    )
    assert done.returncode == 0
    assert index(shelf.root / "a.wacz")


def test_an_interruption_is_a_sentence_and_leaves_no_file(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> Iterator[bytes]:
        raise KeyboardInterrupt

    shelf.pages(1, 1)
    monkeypatch.setattr(wacz, "_page_lines", interrupted)
    command = Command()
    command.settings = get_project_settings()
    command.settings.set("ARCHIVE_URI", str(shelf.root))
    command.run(["tribun"], Namespace(since=None, until=None, output=str(shelf.root / "a.wacz")))
    assert command.exitcode == 130
    assert capsys.readouterr() == ("", "scrapy wacz: Interrupted; no file was written.\n")
    assert not list(shelf.root.glob("*.wacz*"))
