"""A run that is a fork is what a process of its own is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.forks import Zygote
from tests.runs import ROOT, environment


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    running = Zygote(ROOT, environment())
    yield running
    running.close()


def mirror(*arguments: str) -> tuple[str, ...]:
    return ("tests.mirror", *arguments)


def process(*arguments: str, **extra: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment() | extra,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_fork_finds_what_a_process_finds_and_no_settings_are_read(zygote: Zygote) -> None:
    extra = {"ARCHIVE_URI": "halo", "KOSONG": ""}
    zygote.run(mirror("0", "before"), environment() | {"SEBELUM": "1"}, 100)
    assert zygote.run(mirror("0", "-s", "é"), environment() | extra, 100) == process(*mirror("0", "-s", "é"), **extra)


def test_a_fork_reads_the_settings_of_its_own_environment(zygote: Zygote) -> None:
    for place in ("satu", "dua"):
        asked = ("scrapy", "settings", "--get", "ARCHIVE_URI")
        assert zygote.run(asked, environment() | {"ARCHIVE_URI": place}, 100) == (0, f"{place}\n", "")


def test_workers_of_a_fork_find_what_those_of_a_process_find(zygote: Zygote) -> None:
    done = zygote.run(mirror("worker"), environment(), 100)
    assert done == process(*mirror("worker"))
    assert len(done[1].splitlines()) == 2


@pytest.mark.parametrize("end", ["3", "kill", "raise"])
def test_a_fork_ends_as_a_process_ends(zygote: Zygote, end: str) -> None:
    status, out, log = zygote.run(mirror(end), environment(), 100)
    expected, text, error = process(*mirror(end))
    assert (status, out) == (expected, text)
    assert log.splitlines()[-1:] == error.splitlines()[-1:]


def test_a_run_is_over_when_the_last_of_its_processes_is(zygote: Zygote) -> None:
    assert zygote.run(mirror("child"), environment(), 100)[1].endswith("the child, too\n")


def test_a_run_that_takes_too_long_is_killed(zygote: Zygote) -> None:
    with pytest.raises(TimeoutError):
        zygote.run(mirror("sleep"), environment(), 0.5)


@pytest.mark.parametrize("name", ["PYTHONHASHSEED", "PYTHONPATH", "LC_ALL", "TZ"])
def test_what_counts_when_a_process_starts_is_not_left_to_a_fork(zygote: Zygote, name: str) -> None:
    assert zygote.can_run(environment() | {"ARCHIVE_URI": "halo"})
    assert not zygote.can_run(environment() | {name: "1"})
