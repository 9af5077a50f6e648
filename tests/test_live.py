"""How far a job is: what is told of it, to whom, and what is left of that on a terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyte import modes
from rich.console import Console

from crawler.live import picture
from crawler.moment import PIPE, Moment, Pipe, Rate
from crawler.progress import is_watched
from tests.fakesite import FakeSite, Reply, Request
from tests.runs import ROOT, SCRAPY, environment, scrapy
from tests.terminal import Terminal

ONE = Moment(
    outlet="tribun",
    announced=12_345,
    fetched=1_200,
    revisited=70,
    kept=1_000,
    dropped=150,
    failed=50,
    left=11_145,
    rate=58,
    waits="waits for www.tribunnews.com 3 s (Crawl-delay)",
    estimate="2022-03-05, about 3 hours to go",
)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        try:
            os.close(end)
        except OSError:
            continue


def drawn(width: int, *shown: Moment, foot: str = "") -> list[str]:
    console = Console(width=width, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(picture(shown, foot, width))
    return capture.get().splitlines()


def test_a_moment_survives_its_way_through_a_pipe_and_other_lines_are_none() -> None:
    assert Moment.parse(ONE.dump()) == ONE
    told = json.loads(ONE.dump())
    for line in (
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        ONE.dump()[:-9],
        json.dumps({**told, "kept": "9"}).encode(),
    ):
        assert Moment.parse(line) is None


def test_a_pipe_that_nobody_empties_stops_nobody_and_tears_no_line(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    teller = Pipe(writing)
    for count in range(500):
        teller.tell(Moment(outlet="tribun", kept=count, sentence="s" * 600))
    first = os.read(reading, 1_000_000)
    for count in range(500, 502):
        teller.tell(Moment(outlet="tribun", kept=count))
    *lines, rest = (first + os.read(reading, 1_000_000)).split(b"\n")
    read = [Moment.parse(line) for line in lines]
    assert rest == b""
    assert [moment.kept for moment in read if moment][:3] == [0, 1, 2]
    assert None not in read
    assert read[-1] == Moment(outlet="tribun", kept=501)


def test_a_pipe_is_taken_once_and_only_when_it_is_one(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    os.set_inheritable(pipe[1], True)  # noqa: FBT003
    monkeypatch.setenv(PIPE, str(pipe[1]))
    assert Pipe.inherited() is not None
    assert PIPE not in os.environ
    assert not os.get_inheritable(pipe[1])
    with Path(os.devnull).open("wb") as file:
        for wrong in ("", "neun", "-1", "99999", str(file.fileno())):
            monkeypatch.setenv(PIPE, wrong)
            assert Pipe.inherited() is None


def test_the_rate_is_of_the_last_minute() -> None:
    rate = Rate()
    counts = ((0.0, 0), (2.0, 10), (30.0, 30), (60.0, 60), (120.0, 90))
    assert [rate.note(kept, now) for now, kept in counts] == [0, 0, 60, 60, 30]


def test_a_wide_terminal_shows_all_counts_and_whom_an_outlet_waits_for() -> None:
    head, row, wait, foot = drawn(90, ONE, foot="1 of 2 ended")
    assert head.split() == [
        "outlet",
        "announced",
        "fetched",
        "revisited",
        "kept",
        "dropped",
        "failed",
        "to",
        "go",
        "/min",
    ]
    assert row.split() == ["tribun", "12,345", "1,200", "70", "1,000", "150", "50", "11,145", "58"]
    assert wait == f"tribun: {ONE.estimate}; {ONE.waits}"
    assert foot == "1 of 2 ended"


@pytest.mark.parametrize("width", [20, 40, 79, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = Moment(outlet="mediaindonesia" * 3, kept=10**9, left=10**9, waits="waits for " + "w" * 300)
    lines = drawn(width, ONE, long, foot="f" * 300)
    assert max(map(len, lines)) <= width
    assert (len(lines) == 6) is (width >= 80)  # head, two rows, two waits, foot


def test_a_narrow_terminal_shows_the_counts_that_matter() -> None:
    head, row, *wait = drawn(40, ONE)
    assert head.split() == ["outlet", "kept", "failed", "to", "go", "/min"]
    assert row.split() == ["tribun", "1,000", "50", "11,145", "58"]
    assert " ".join(" ".join(wait).split()) == f"tribun: {ONE.estimate}; {ONE.waits}"


def test_what_an_outlet_wrote_moves_no_cursor_and_is_no_markup() -> None:
    lines = drawn(90, Moment(outlet="a\x1b[2J", waits="waits for \r\x1b]0;x\x07 [bold]b[/bold]\u202e"))
    ours = re.compile(r"\x1b\[[012]m")  # bold, dim, neither
    assert all(char.isprintable() for line in lines for char in ours.sub("", line))
    assert "[bold]b[/bold]" in lines[-1]


@pytest.mark.parametrize(("term", "watched"), [("xterm", True), ("dumb", False), ("unknown", False)])
def test_a_terminal_without_a_cursor_gets_lines(term: str, watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert is_watched() is watched


def test_a_crawl_on_a_terminal_shows_where_it_is_and_leaves_a_clean_screen(tmp_path: Path) -> None:
    slow, is_seen = "/nasional/9900001/lambat", threading.Event()

    def answer(_: Request) -> Reply:
        is_seen.wait(40)
        return Reply(404)

    settings = ("-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0")
    with FakeSite() as site:
        site.overrides["www.tribunnews.com", slow] = answer
        command = [*SCRAPY, "crawl", "tribun", *settings, "-a", f"url=https://www.tribunnews.com{slow}"]
        with Terminal(command, environment(site) | {"TERM": "xterm", "NO_COLOR": "1"}) as terminal:
            shown = terminal.wait_for("waits for www.tribunnews.com")
            assert "announced" in shown
            assert modes.DECTCEM not in terminal.screen.mode  # no cursor
            terminal.resize(30, 40)
            terminal.wait_for("outlet kept failed to go")
            terminal.resize(30, 90)
            is_seen.set()
            assert terminal.wait() == 0
            left = "\n".join(terminal.seen())
            assert "/min" not in left
            assert "waits for" not in left
            assert left.count("CONTACT is not set") == 1
            assert "announced  1\nfetched    1\n" in left
            assert modes.DECTCEM in terminal.screen.mode


def test_a_crawl_whose_parent_is_gone_ends_as_after_ctrl_c_and_waits_no_delay_for_what_it_does_not_send(
    tmp_path: Path,
) -> None:
    reading, writing = os.pipe()

    def end(_: Request) -> Reply:
        os.close(reading)
        return Reply(404)

    with FakeSite(overrides={("www.tribunnews.com", "/robots.txt"): end}) as site:
        done = subprocess.run(
            [*SCRAPY, "crawl", "tribun", "-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=200"],
            cwd=ROOT,
            env=environment(site) | {PIPE: str(writing)},
            pass_fds=(writing,),
            capture_output=True,
            text=True,
            timeout=60,  # the first delay alone is at least 100 seconds
            check=False,
        )
        asked = [request.path for request in site.requests]
    os.close(writing)
    assert done.returncode == 130, done.stderr
    assert "whoever began this job is gone" in done.stderr
    assert asked == ["/robots.txt"]


def test_a_crawl_that_is_refused_before_anything_could_be_shown_says_why(tmp_path: Path) -> None:
    status, _, log = scrapy("crawl", "tribun", "-s", "ARCHIVE_URI=s3://", "-s", f"STATE_DIR={tmp_path}")
    assert status == 2
    assert "names no bucket" in log
    assert "Traceback" not in log
