"""Many outlets at a time: what becomes of each, what is said of it, and the one status for all."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from archive.errors import ExitStatus
from archive.job import Job
from crawler import fleet
from crawler.fleet import End, Fleet, end_of, gravest
from crawler.logs import Style
from crawler.moment import PIPE, Moment
from crawler.telling import named, table
from tests.fakesite import FakeSite, Reply
from tests.runs import SCRAPY, environment, read_lines, scrapy
from tests.terminal import Terminal

DONE, FAULT, LEASED, INTERRUPTED = ExitStatus.DONE, ExitStatus.FAULT, ExitStatus.LEASED, ExitStatus.INTERRUPTED
IDLE = "import signal, sys, time; signal.signal(signal.SIGTERM, {}); print('begun', flush=True); time.sleep(90)"


class Notes:
    """Remembers what it is told, and presses Ctrl-C: when a program has begun, and whenever that was heard."""

    def __init__(self, presses: int = 0) -> None:
        self.lines: list[tuple[str, str, bool]] = []
        self.at_once = 0
        self.stops: list[tuple[int, bool]] = []
        self._presses = presses

    def line(self, outlet: str, text: str, *, result: bool) -> None:
        self.lines.append((outlet, text, result))
        if len(self.lines) == 1:
            self._press()

    def show(self, moments: Sequence[Moment], to_begin: int) -> None:  # noqa: ARG002
        self.at_once = max(self.at_once, len(moments))

    def ended(self, end: End) -> None:
        pass

    def stopping(self, running: int, *, at_once: bool) -> None:
        self.stops.append((running, at_once))
        self._press()

    def _press(self) -> None:
        if self._presses:
            self._presses -= 1
            os.kill(os.getpid(), signal.SIGINT)


class Gate(Notes):
    """Lets programs that wait for a file go on when two of them have been seen at once."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def show(self, moments: Sequence[Moment], to_begin: int) -> None:
        super().show(moments, to_begin)
        if self.at_once > 1:
            self._path.touch()


@pytest.mark.parametrize(
    ("statuses", "one"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 9], 0),
        ([9, 9], 9),
        ([9, 6], 6),
        ([0, 8, 6], 8),
        ([8, 7], 7),
        ([3, 7], 3),
        ([4, 3], 4),
        ([2, 4], 2),
        ([1, 2], 1),
        ([5, 1], 5),
        ([5, 130], 130),
    ],
)
def test_one_status_stands_for_all_and_it_is_the_gravest(statuses: list[int], one: int) -> None:
    assert gravest(map(ExitStatus, statuses)) == one
    assert gravest(map(ExitStatus, reversed(statuses))) == one


@pytest.mark.parametrize(
    ("code", "said", "last", "status", "words", "sentence"),
    [
        (0, "tribun: done.", "", DONE, "done", "tribun: done."),
        (9, "Another job has it.", "", LEASED, "another job is at work", "Another job has it."),
        (1, "", "ImportError: no", FAULT, "a fault of ours", "tribun: ImportError: no"),
        (127, "", "", FAULT, "ended with 127", "tribun: ended with 127"),
        (10, "", "", FAULT, "ended with 10", "tribun: ended with 10"),
        (-9, "", "", FAULT, "killed (SIGKILL)", "out of memory"),
        (-45, "", "", FAULT, "killed (signal 45)", "by signal 45"),
        (-15, "", "", INTERRUPTED, "interrupted", "Start again"),
    ],
)
def test_every_end_of_a_process_has_a_status_and_a_sentence(  # noqa: PLR0917
    code: int, said: str, last: str, status: ExitStatus, words: str, sentence: str
) -> None:
    end = end_of("tribun", code, Moment(outlet="tribun", sentence=said), last, 1.0)
    assert (end.status, end.words) == (status, words)
    assert sentence in end.sentence


def test_the_name_stands_where_the_reader_of_the_log_expects_it() -> None:
    assert named("tribun", "12:00 INFO a\x1b[2J", Style.PLAIN) == "tribun: 12:00 INFO a\\x1b[2J"
    assert named("tribun", "tribun: done.", Style.PLAIN) == "tribun: done."
    assert named("tribun", "<4>slow", Style.JOURNAL) == "<4>tribun: slow"
    assert named("tribun", '{"message": "x"}', Style.JSON) == '{"message": "x"}'
    assert json.loads(named("tribun", "Traceback", Style.JSON)) == {"message": "Traceback", "outlet": "tribun"}
    assert named("", "Interrupted.", Style.PLAIN) == "Interrupted."


def test_the_table_has_a_line_for_each_and_a_sentence_for_those_that_are_not_done() -> None:
    far = Moment(outlet="tribun", announced=1_200, kept=1_000, dropped=150, failed=50)
    first = End(outlet="tribun", status=DONE, words="done", sentence="tribun: done.", moment=far, seconds=61.4)
    second = end_of("detik", -9, Moment(outlet="detik", kept=2), "", 0.0)
    ends = [first, replace(second, sentence="detik\x1b was killed.")]
    assert list(table(ends, FAULT)) == [
        "outlet  end               announced   kept  dropped  failed  alarms  seconds",
        "tribun  done                  1,200  1,000      150      50       0       61",
        "detik   killed (SIGKILL)          0      2        0       0       0        0",
        "detik\\x1b was killed.",
        "2 outlets, 1,002 articles kept. Exit status 1: a fault of ours.",
    ]


def test_whatever_becomes_of_one_outlet_the_others_go_on(tmp_path: Path) -> None:
    moment, notes = Moment(outlet="tells", kept=3, sentence="tells: done."), Gate(tmp_path / "gate")
    wait = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'gate')!r}): time.sleep(0.01)\n"
    programs = {
        "killed": f"{wait}print('x', flush=True); os.kill(os.getpid(), 9)",
        "broken": f"{wait}raise RuntimeError('no such module')",
        "long": "print('y' * 200_000)",
        "holds": "import os, time; child = os.fork(); print(child) if child else time.sleep(90)",
        "tells": f"import os; os.write(int(os.environ['{PIPE}']), b'torn' + bytes([10]) + {moment.dump()!r})",
    }
    crew = Fleet(lambda name: [sys.executable, "-S", "-c", programs[name]], notes, 2)
    ends = {end.outlet: end for end in crew.run(programs)}
    assert {name: (end.status, end.words) for name, end in ends.items()} == {
        "killed": (FAULT, "killed (SIGKILL)"),
        "broken": (FAULT, "a fault of ours"),
        "long": (DONE, "done"),
        "holds": (DONE, "done"),
        "tells": (DONE, "done"),
    }
    assert ends["broken"].sentence == "broken: RuntimeError: no such module"
    assert ends["tells"].moment == moment
    [child] = [int(text) for name, text, _ in notes.lines if name == "holds"]
    os.kill(child, signal.SIGKILL)  # which still had the pipes open
    assert sum(len(text) for name, text, _ in notes.lines if name == "long") == 200_000
    assert ("killed", "x", True) in notes.lines
    assert notes.at_once == 2


def test_an_outlet_that_cannot_be_begun_is_a_line_with_its_reason() -> None:
    [end] = Fleet(lambda _: ["/nowhere/scrapy"], Notes(), 1).run(["tribun"])
    assert (end.status, end.words) == (FAULT, "could not begin")
    assert "No such file" in end.sentence


def test_after_ctrl_c_nothing_is_begun_and_what_runs_is_asked_once() -> None:
    notes = Notes(presses=1)
    asked = IDLE.format("lambda *_: sys.exit(130)")
    crew = Fleet(lambda _: [sys.executable, "-S", "-c", asked], notes, 1)
    ends = crew.run(["tribun", "detik"])
    assert crew.is_interrupted
    assert notes.stops == [(1, False)]
    assert {end.outlet: (end.status, end.words) for end in ends} == {
        "tribun": (INTERRUPTED, "interrupted"),
        "detik": (INTERRUPTED, "not begun"),
    }


def test_a_second_ctrl_c_ends_what_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "MERCY_SECONDS", 0.3)
    notes = Notes(presses=3)
    crew = Fleet(lambda _: [sys.executable, "-S", "-c", IDLE.format("signal.SIG_IGN")], notes, 1)
    [end] = crew.run(["tribun"])
    assert notes.stops == [(1, False), (1, True)]
    assert end.words == "killed (SIGKILL)"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tribunn",), "There is no outlet tribunn; there are antaranews, "),
        (("-a", "url=https://www.tribunnews.com/x"), "An address belongs to one outlet"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_before_anything_begins(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    status, _, log = scrapy("crawlall", *arguments, "-s", f"ARCHIVE_URI={tmp_path / 'new'}")
    assert status == 2
    assert words in log
    assert not (tmp_path / "new").exists()


def test_all_outlets_run_and_one_at_which_another_job_is_at_work_spoils_nothing(tmp_path: Path) -> None:
    holder = Job(outlet="tribun", archive_uri=str(tmp_path))
    settings = ("-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0")
    try:
        with FakeSite() as site:
            status, out, log = scrapy("crawlall", "-j", "2", *settings, site=site, OUTLETS="tribun, intisari,kompastv")
    finally:
        holder.release()
    assert status == 0, log
    ends = {
        line.split()[0]: line.split()
        for line in out.splitlines()
        if line.split()[0] in {"tribun", "intisari", "kompastv"}
    }
    assert ends["tribun"][1:6] == ["another", "job", "is", "at", "work"]
    assert ends["intisari"][1:6] == ["done", "4", "3", "1", "0"]
    assert ends["kompastv"][1:6] == ["done", "3", "3", "0", "0"]
    assert "Another job is at work on tribun" in out
    assert "6 articles kept. Exit status 0: done." in out
    assert "intisari: kept       3" in out
    assert log.count("CONTACT is not set") == 1
    assert {row["outlet"] for row in read_lines(tmp_path, "articles/**/*.jsonl.gz")} == {"intisari", "kompastv"}


def test_ctrl_c_on_a_terminal_ends_all_with_130_and_leaves_the_table_alone(tmp_path: Path) -> None:
    settings = ("-s", f"ARCHIVE_URI={tmp_path}", "-s", "CONTACT=mailto:uji@contoh.test")
    is_pressed = threading.Event()
    late = Reply(404, held=is_pressed, delay=4)  # when the crawls have long heard of it
    with FakeSite() as site:
        for host in ("www.tribunnews.com", "www.kompas.tv"):
            site.overrides[host, "/robots.txt"] = late
        command = [*SCRAPY, "crawlall", "tribun", "kompastv", "intisari", "-j", "2", *settings]
        with Terminal(command, environment(site) | {"TERM": "xterm"}) as terminal:
            terminal.wait_for("tribun: waits for www.tribunnews.com")
            terminal.wait_for("kompastv: waits for www.kompas.tv")
            assert "0 of 3 ended, 1 not begun yet" in terminal.wait_for("not begun yet")
            while len(site.requests) < 2:
                time.sleep(0.02)
            terminal.press("\x03")
            terminal.wait_for("Interrupted: what runs (2) finishes")
            is_pressed.set()
            assert terminal.wait() == 130
            seen = terminal.seen()
            asked = [request.path for request in site.requests]
    assert asked == ["/robots.txt", "/robots.txt"]
    assert seen[0].startswith("Interrupted: what runs (2) finishes")
    assert not [line for line in seen if "waits for" in line or "/min" in line]
    assert "tribun: interrupted; everything kept so far is safe. Start again to go on." in seen
    assert "intisari  not begun" in "\n".join(seen)
    assert seen[-1] == "3 outlets, 0 articles kept. Exit status 130: interrupted."
    assert not terminal.screen.cursor.hidden
