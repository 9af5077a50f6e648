"""`scrapy ledger`: what a person and a script are told, and what it goes and gets."""

from __future__ import annotations

import csv
import json
from argparse import Namespace
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from archive.catalog import open_catalog
from archive.errors import ExitStatus
from archive.known import Changes
from archive.ledger import Day, Miss
from archive.state import Places
from crawler.commands import crawlall
from crawler.commands.ledger import Command, table
from tests.lives import on_disk
from tests.test_ledger import HOST, became, named


def verb(folder: Path, *words: str, **given: Any) -> int:
    """The verb, in this process."""
    command = Command()
    command.settings = get_project_settings()
    command.settings.setdict({"ARCHIVE_URI": str(folder), "STATE_DIR": None, "CATALOG_URI": None})
    options = {
        "misses": False,
        "reason": None,
        "since": None,
        "until": None,
        "fill": False,
        "json": False,
        "csv": False,
    }
    command.run(list(words), Namespace(**options | given))
    return int(command.exitcode)


def filled(folder: Path, *changes: Changes) -> Path:
    with closing(open_catalog(Places(folder=folder / "state").catalog)) as catalog:
        for one in changes:
            catalog.commit(one)
    return folder


SOME = Changes(
    announced=[named(1), named(2, reason="timeout", tries=2), named(3), named(4, "2026-11-21")],
    known=[became(1, version=2), became(3, "gone", day=None)],
)


def test_the_ledger_is_a_table_that_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(filled(tmp_path, SOME)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "tribun  Tribunnews",
        "day         announced  captured  extracted  edited  deleted  missing   there  why",
        "2026-11-20          3         2          1       1        0        2  33.3 %  time-out 1, gone 1",
        "2026-11-21          1         0          0       0        0        1   0.0 %  not tried yet 1",
        "total               4         2          1       1        0        3  25.0 %  not tried yet 1, time-out 1, gone 1",  # noqa: E501 - as it is printed
        "",
    ]


def test_a_long_period_is_told_by_months_and_nothing_that_lacks_an_article_is_whole() -> None:
    days = [Day(outlet="tribun", day=f"2026-{month:02}-{day:02}") for month in (1, 2, 3) for day in range(1, 22)]
    days[0] = replace(days[0], announced=10_000, captured=9_999, extracted=9_999, misses={Miss.GONE: 1})
    lines = list(table("Tribunnews", days))
    assert [line.split()[0] for line in lines[1:-1]] == ["month", "2026-01", "2026-02", "2026-03", "total"]
    assert "99.9 %" in lines[2]


def test_the_misses_are_listed_and_nothing_from_outside_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = replace(named(5), source="https://www.tribunnews.com/\x1b[2J")
    filled(tmp_path, SOME, Changes(announced=[odd]))
    assert verb(tmp_path, "tribun", misses=True, reason="time-out,not-tried-yet") == 0
    out = capsys.readouterr().out
    assert [line.split()[1:3] for line in out.splitlines()] == [
        ["2026-11-20", "time-out"],
        ["2026-11-21", "not"],
        ["2026-11-20", "not"],
    ]
    assert f"{named(2).url}  (timeout; tried 2 times; announced by {HOST}/sitemap.xml)" in out
    assert "\x1b" not in out


def test_scripts_get_the_ledger_as_json_and_as_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    formula = replace(named(6), source="=HYPERLINK(1)")
    filled(tmp_path, SOME, Changes(announced=[formula]))
    assert verb(tmp_path, json=True) == 0
    days = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (days[0]["announced"], days[0]["misses"]) == (4, {"not tried yet": 1, "time-out": 1, "gone": 1})
    assert verb(tmp_path, csv=True, until="2026-11-20") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines[0].split(",")) == len({*lines[0].split(",")}), "each column has a name of its own"
    [row] = csv.DictReader(lines)
    assert (row["day"], row["announced"], row["missing-time-out"], row["missing-wall"]) == ("2026-11-20", "4", "1", "0")
    assert verb(tmp_path, csv=True, misses=True) == 0
    assert [row["source"] for row in csv.DictReader(capsys.readouterr().out.splitlines())][-1] == "'=HYPERLINK(1)"
    assert verb(tmp_path, json=True, misses=True, reason="gone") == 0
    assert json.loads(capsys.readouterr().out)["miss"] == "gone"


def test_where_no_announcement_is_known_the_ledger_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(filled(tmp_path, Changes(known=[became(1)]))) == 0
    out, err = capsys.readouterr()
    assert "1 articles are there that nobody announced" in out
    assert "the catalog knows of no announcement" in err


@pytest.mark.parametrize(
    ("words", "options", "sentence"),
    [
        (("tidakada",), {}, "There is no outlet tidakada"),
        (("--tidakada",), {}, "There is no option"),
        ((), {"reason": "gone"}, "give both"),
        ((), {"reason": "hilang", "misses": True}, "There is no reason hilang"),
        ((), {"fill": True, "csv": True}, "when it is done"),
        ((), {"since": "kemarin"}, "is no date"),
        ((), {}, "There is no catalog"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(tmp_path: Path, words: Any, options: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        verb(tmp_path, *words, **options)
    assert list(tmp_path.iterdir()) == [], "who only reads makes nothing"


def test_the_ledger_is_read_while_a_job_is_at_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running = on_disk(tmp_path).job("tribun")
    running.announce(named(1))
    running.commit()
    assert verb(tmp_path) == 0
    running.finish({})
    assert "not tried yet 1" in capsys.readouterr().out


def test_the_catalog_of_another_archive_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path, SOME)
    with closing(open_catalog(Places(folder=tmp_path / "state").catalog)) as catalog:
        catalog.belong_to("s3://lain")
    assert verb(tmp_path) == 5
    assert "is that of s3://lain, not of this archive" in capsys.readouterr().err


def test_filling_crawls_the_outlets_that_lack_what_can_be_had_and_prints_what_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = replace(named(8), url="https://nasional.kompas.com/read/8", outlet="kompas")
    done = replace(became(8, "gone"), url=gone.url, outlet="kompas")
    filled(tmp_path, SOME, Changes(announced=[gone], known=[done]))
    begun = []

    def crawl(_: crawlall.Command, names: list[str], opts: Namespace) -> ExitStatus:
        begun.append((names, opts.spargs, opts.jobs))
        filled(tmp_path, Changes(known=[became(2), became(4, day="2026-11-21")]))
        return ExitStatus.ALARM

    monkeypatch.setattr(crawlall.Command, "act", crawl)
    assert verb(tmp_path, fill=True, since="2026-11-20") == ExitStatus.ALARM
    assert begun == [(["tribun"], ["fill=yes", "since=2026-11-20"], crawlall.JOBS)]
    totals = [line.split()[1:4] for line in capsys.readouterr().out.splitlines() if line.startswith("total")]
    assert totals == [["1", "1", "0"], ["4", "2", "1"], ["1", "1", "0"], ["4", "4", "3"]]
    assert verb(tmp_path, fill=True) == 0
    assert "Nothing is missing that could still be had" in capsys.readouterr().err
    assert len(begun) == 1
