"""Lines of the log: one record is one line, whatever is in it, in the style of whoever reads."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest
from scrapy.settings import Settings

from archive.errors import ArgumentError
from archive.job import Job
from crawler import logs
from tests.fakesite import FakeSite, Reply
from tests.runs import scrapy

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def record(text: str, level: int = logging.INFO, fault: ExcInfo | None = None) -> logging.LogRecord:
    made = logging.LogRecord("crawler.uji", level, __file__, 1, text, (), fault)
    made.created = 1_795_350_000.25
    return made


def fault(text: str) -> ExcInfo:
    try:
        raise ValueError(text)  # noqa: TRY301 - a traceback is what is wanted
    except ValueError as error:
        return type(error), error, error.__traceback__


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.DEBUG, 7), (logging.INFO, 6), (logging.WARNING, 4), (logging.ERROR, 3), (logging.CRITICAL, 2), (25, 6)],
)
def test_journald_learns_the_priority_from_the_line(level: int, priority: int) -> None:
    assert logs.JournalFormatter().format(record("kabar", level)) == f"<{priority}>kabar"


def test_a_traceback_and_a_text_of_several_lines_are_one_line_in_the_journal() -> None:
    line = logs.JournalFormatter().format(record("satu\ndua\r\n<0>tiga\u2028\x1b[2J", fault=fault("empat\nlima")))
    assert len(line.splitlines()) == 1
    assert line.startswith("<6>satu\\ndua\\r\\n<0>tiga\\u2028\\x1b[2J\\nTraceback")
    assert line.endswith("ValueError: empat\\nlima")


def test_a_plain_log_moves_no_cursor_and_has_no_line_but_its_own(tmp_path: Path) -> None:
    settings = Settings({"LOG_FILE": str(tmp_path / "log"), "LOG_FORMAT": "%(levelname)s %(message)s"})
    before = [*logging.root.handlers]
    logs.install(settings)
    [handler] = [one for one in logging.root.handlers if one not in before]
    try:
        handler.handle(
            record("source https://x.test/\x1b[2J\u202ea.xml\nERROR palsu", fault=fault("tiga\x1b[31m\nempat"))
        )
    finally:
        logging.root.removeHandler(handler)
        handler.close()
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "INFO source https://x.test/\\x1b[2J\\u202ea.xml\\nERROR palsu"
    assert lines[1].startswith("Traceback")
    assert lines[-2:] == ["ValueError: tiga\\x1b[31m", "empat"]


def test_a_log_that_nobody_wants_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = [*logging.root.handlers]
    logs.install(Settings({"LOG_ENABLED": False}))
    [handler] = [one for one in logging.root.handlers if one not in before]
    logging.root.removeHandler(handler)
    handler.handle(record("kabar", logging.ERROR))
    assert capsys.readouterr() == ("", "")


def test_a_line_that_journald_would_split_is_cut_in_its_middle() -> None:
    line = logs.JournalFormatter().format(record("a" + "é" * 100_000 + "z"))
    assert line.startswith("<6>aé")
    assert line.endswith("éz")
    assert "90002 characters cut" in line
    assert len(line.encode()) < 48 * 1024


def test_a_record_is_one_json_object_with_time_and_what_it_is_about() -> None:
    formatter = logs.JsonFormatter(outlet="tribun")
    formatter.about["job"] = "j1"
    given = record('satu\n"dua"\u2028\ud800', logging.ERROR, fault("tiga\nempat"))
    given.facts = {"kept": 3, "dropped": {"video": 1}, "where": Path("data")}
    line = formatter.format(given)
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert told.pop("exception").endswith("ValueError: tiga\nempat")
    assert told == {
        "time": "2026-11-22T12:20:00.250Z",
        "level": "ERROR",
        "logger": "crawler.uji",
        "message": 'satu\n"dua"\u2028\ud800',
        "outlet": "tribun",
        "job": "j1",
        "kept": 3,
        "dropped": {"video": 1},
        "where": "data",
    }


def test_a_json_line_stays_short_enough_to_be_passed_on_whole() -> None:
    line = logs.JsonFormatter().format(record("é" * 100_000, fault=fault("é" * 100_000)))
    assert len(line.encode()) < 64 * 1024
    assert json.loads(line)["exception"].startswith("Traceback")


def test_a_journal_at_standard_error_is_noticed_and_a_setting_or_a_file_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "journal").open("w", encoding="utf-8") as stream:
        there = os.fstat(stream.fileno())
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino}")
        assert logs.style_of(Settings()) is logs.Style.JOURNAL
        assert logs.style_of(Settings({"LOG_STYLE": "json"})) is logs.Style.JSON
        assert logs.style_of(Settings({"LOG_FILE": "log"})) is logs.Style.PLAIN
        for other in (f"{there.st_dev}:{there.st_ino + 1}", f"{there.st_ino}:{there.st_dev}", "", "x", ":"):
            monkeypatch.setenv("JOURNAL_STREAM", other)
            assert logs.style_of(Settings()) is logs.Style.PLAIN


def test_an_unknown_style_is_refused_in_a_sentence() -> None:
    with pytest.raises(ArgumentError, match="LOG_STYLE=xml is not possible: give plain, journal, json"):
        logs.style_of(Settings({"LOG_STYLE": "xml"}))


def test_a_crawl_logs_json_from_first_to_last_with_the_counts_as_fields(tmp_path: Path, site: FakeSite) -> None:
    settings = (f"ARCHIVE_URI={tmp_path}", "DOWNLOAD_DELAY=0", "LOG_LEVEL=DEBUG")
    given = (part for setting in settings for part in ("-s", setting))
    status, out, log = scrapy("crawl", "tribun", *given, "-a", "limit=1", site=site, LOG_STYLE="json")
    assert status == 0, log
    told = [json.loads(line) for line in log.splitlines()]
    [last] = [line for line in told if "Exit status" in line["message"]]
    assert last["kept"] == 1
    assert last["status"] == 0
    assert last["announced"] == last["kept"] + last["left"]
    assert (last["outlet"], len(last["job"])) == ("tribun", 21)
    assert "kept       1\n" in out
    assert not any(line.startswith("{") for line in out.splitlines())


def test_a_run_that_finds_another_one_at_work_says_one_quiet_line(tmp_path: Path, site: FakeSite) -> None:
    holder = Job(outlet="tribun", archive_uri=str(tmp_path))
    try:
        status, out, log = scrapy(
            "crawl", "tribun", "-s", f"ARCHIVE_URI={tmp_path}", site=site, LOG_STYLE="journal", CONTACT="uji"
        )
    finally:
        holder.release()
    assert status == 9
    assert out == ""
    [line] = log.splitlines()
    assert line.startswith("<6>scrapy crawl: Another job is at work on tribun (process ")


def test_two_timers_at_once_are_one_crawl_and_one_that_leaves(tmp_path: Path, site: FakeSite) -> None:
    from concurrent.futures import ThreadPoolExecutor

    one_has_left = threading.Event()

    def run(_: int) -> tuple[int, str, str]:
        settings = ("-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0", "-s", "DOWNLOAD_TIMEOUT=100")
        try:
            return scrapy("crawl", "tribun", *settings, "-a", "limit=2", site=site, CONTACT="uji")
        finally:
            one_has_left.set()

    site.overrides["www.tribunnews.com", "/sitemap.xml"] = Reply(404, held=one_has_left)
    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(run, range(2)))
    assert [status for status, _, _ in done] == [0, 9]
    assert len(done[1][2].splitlines()) == 1
