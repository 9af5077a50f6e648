"""A rebuild that is killed at any of its steps: the next job finishes what it was at, and no row is lost or doubled."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from archive import manifest, revising
from archive.holding import Holding
from archive.layout import MADE
from archive.local import LocalStorage
from archive.revising import Revising, _Fresh
from archive.salvage import finish_revised
from archive.spool import Spool
from archive.warc import WarcWriter
from crawler.bulk import AT_ONCE
from tests.lives import Place, on_disk
from tests.remaking import NOAI, Kept, content, keep, page, remake, revisions, rows, ruled, url_of
from tests.runs import ROOT, SCRAPY, environment, scrapy

ELSEWHERE = ruled("div.tulisan")
Child = subprocess.Popen[str]


class Killed(BaseException):
    """What nobody expects, as a SIGKILL is not expected."""


class Death:
    """A function in whose place it stands is the last one that is called, at the so manyth call."""

    def __init__(self, owner: Any, name: str, at: int = 1, *, done: bool = False) -> None:
        self.owner, self.name, self.at, self.done = owner, name, at, done

    def __str__(self) -> str:
        named = getattr(self.owner, "__name__", "").rpartition(".")[2]
        return f"{named}.{self.name}-{self.at}{'-done' if self.done else ''}"

    def prepare(self, patch: pytest.MonkeyPatch, wanted: Callable[..., bool] = lambda *_, **__: True) -> None:
        act, calls = getattr(self.owner, self.name), Counter[str]()

        def dying(*arguments: Any, **named: Any) -> Any:
            if not wanted(*arguments, **named):
                return act(*arguments, **named)
            calls["all"] += 1
            if calls["all"] > self.at:  # the dead do nothing any more, not even what they would do at their end
                raise Killed
            if calls["all"] == self.at:
                if self.done:
                    act(*arguments, **named)
                raise Killed
            return act(*arguments, **named)

        patch.setattr(self.owner, self.name, dying)


def half_renamed(folder: Path, keys: list[str]) -> None:
    finish_revised(folder, keys[:1])
    raise Killed


STEPS = [
    Death(_Fresh, "add", 3),  # amid the rows of the first unit
    Death(_Fresh, "add", 7),  # amid those of the second
    Death(Revising, "event", 2),  # the rows were written
    Death(Revising, "event", 2, done=True),  # the addresses were told
    Death(Revising, "event", 3, done=True),  # and that the rows are whole
    Death(Spool, "sync", 1),
    Death(revising, "finish_revised"),
    Death(revising, "finish_revised", done=True),  # the parts have their names
    Death(Holding, "publish"),  # the catalog knows
    Death(LocalStorage, "publish", 1, done=True),  # of two parts one is there
    Death(LocalStorage, "publish", 2, done=True),
    Death(Revising, "event", 5),  # amid the second unit
    Death(manifest, "write"),
    Death(manifest, "write", done=True),
    Death(LocalStorage, "publish", 6),  # amid events and manifest
    Death(LocalStorage, "remove", 1),
    Death(LocalStorage, "remove", 2),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two jobs with rows in both folders, of which a rebuild moves some."""
    folder = tmp_path_factory.mktemp("base")
    place = on_disk(folder)
    for first in (0, 4):
        pages = [Kept(url_of(n), page(n, head=NOAI if n % 2 else b"")) for n in range(first, first + 4)]
        keep(place, *pages, outlet=ELSEWHERE)
    return folder


@pytest.fixture(scope="module")
def undisturbed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[bytes]], Any]:
    """What a rebuild makes of it, and what the catalog knows then."""
    place = on_disk(shutil.copytree(base, tmp_path_factory.mktemp("undisturbed") / "archive"))
    remake(place, respects_opt_out=False)
    return content(Path(place.uri)), told(place)


def told(place: Place) -> Any:
    found = place.content()
    return {name: found[name] for name in ("known", "versions", "announced", "captures", "waiting")}


@pytest.fixture
def place(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return on_disk(shutil.copytree(base, tmp_path / "archive"))


def addresses(root: Path) -> Counter[str]:
    return Counter(row["url"] for folder in ("articles", "dropped") for row in rows(root, folder))


def crawled(place: Place) -> None:
    place.job("tribun").finish({"finish": "finished", "counts": {"kept": 0, "dropped": {}}})


def rebuilt(place: Place) -> None:
    remake(place, respects_opt_out=False)


def kill(place: Place, step: Death) -> None:
    with pytest.MonkeyPatch.context() as patch:
        step.prepare(patch)
        with pytest.raises(Killed):
            rebuilt(place)


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_after_a_rebuild_was_killed_every_row_is_there_once_and_the_next_one_ends_where_it_would_have(
    place: Place, undisturbed: tuple[dict[str, list[bytes]], Any], step: Death
) -> None:
    root = Path(place.uri)
    before = addresses(root)
    kill(place, step)
    crawled(place)
    assert addresses(root) == before
    assert not list((root / "state" / "spool").rglob(f"*{MADE}"))
    rebuilt(place)
    assert (content(root), told(place)) == undisturbed
    assert len(revisions(root)) == 4, "nothing is left of what was replaced"
    status, out, log = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={root}")
    assert status == 0, out + log
    place.rebuild()
    assert (place.complaints, told(place)) == ([], undisturbed[1])


def test_a_rebuild_that_is_killed_again_and_again_comes_to_its_end(
    place: Place, undisturbed: tuple[dict[str, list[bytes]], Any]
) -> None:
    root = Path(place.uri)
    before = addresses(root)
    for at in (3, 1, 4):
        kill(place, Death(_Fresh, "add", at))
        assert addresses(root) == before
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(revising, "finish_revised", half_renamed)
        for _ in range(2):  # each time one of the two units is made anew, for whoever comes next finishes it
            with pytest.raises(Killed):
                rebuilt(place)
            crawled(place)
            assert addresses(root) == before
    assert (content(root), told(place)) == undisturbed
    rebuilt(place)
    assert (content(root), told(place)) == undisturbed


def being_made(root: Path) -> Iterator[Path]:
    return (root / "state" / "spool" / "tribun").glob(f"*/articles{MADE}")


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[Child]]:
    """Starts `scrapy rebuild tribun`, and waits until it writes rows; to read its last page takes it for ever."""
    root, aside = tmp_path / "archive", tmp_path / "aside"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        patch.setitem(WarcWriter.__init__.__kwdefaults__ or {}, "max_bytes", 1)  # a file for each page
        keep(on_disk(root), *(Kept(url_of(n), page(n)) for n in range(2 * AT_ONCE)), outlet=ELSEWHERE)
    last = max(root.glob("warc/**/*.warc.gz"))

    @contextmanager
    def start() -> Iterator[Child]:
        before = set(being_made(root))
        last.rename(aside)
        os.mkfifo(last)
        command = [*SCRAPY, "rebuild", "tribun", "--jobs", "1", "-s", f"ARCHIVE_URI={root}"]
        child = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            while not set(being_made(root)) - before:
                assert child.poll() is None, child.communicate()
                time.sleep(0.002)
            yield child
        finally:
            child.kill()
            held = os.open(last, os.O_RDWR)  # a worker that waits for its page waits no more
            aside.rename(last)
            os.close(held)
            child.communicate()

    return start


def test_the_verb_can_be_killed_and_interrupted_and_the_next_run_goes_on(
    begun: Callable[[], AbstractContextManager[Child]], tmp_path: Path
) -> None:
    root = tmp_path / "archive"
    before = addresses(root)
    with begun() as killed:
        killed.kill()
        assert killed.wait() == -signal.SIGKILL
        assert addresses(root) == before
    with begun() as stopped:
        stopped.send_signal(signal.SIGINT)
        _, log = stopped.communicate(timeout=30)
    assert stopped.returncode == 130, log
    assert "the next run goes on from there" in log
    assert "Traceback" not in log
    assert addresses(root) == before
    done = remake(on_disk(root))
    assert done.said == []
    assert {row["origins"]["text"] for row in rows(root)} == {"rule"}
    assert addresses(root) == before
    assert remake(on_disk(root)).count.todo == 0
