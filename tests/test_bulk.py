"""Rows made again by many workers: in their order, and what hangs or dies costs its own row."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.errors import StorageUnreachable
from archive.files import OnDisk
from crawler import bulk
from crawler.bulk import Bulk, Made, Origin, is_of_today
from crawler.rereading import Row, reread
from tests.lives import on_disk
from tests.remaking import NAME, OUTLET, Here, Kept, keep, page, rows, url_of

make = bulk._make


def odd(origin: Origin, found: list[Row], *, every: bool) -> list[Made]:
    """In a worker: what hangs, what dies, and what its storage refuses."""
    for row in found:
        if row["url"].endswith("/gantung"):
            time.sleep(600)
        if row["url"].endswith("/mati"):
            os.kill(os.getpid(), signal.SIGKILL)
        if row["url"].endswith("/putus"):
            raise StorageUnreachable("The bucket does not answer.")
    return make(origin, found, every=every)


class Hasty(Bulk):
    """Gives up soon on a page that hangs, and on no other one."""

    def _call(self, rows: list[Row], *, every: bool, seconds: float) -> list[Made]:
        hangs = any(row["url"].endswith("/gantung") for row in rows)
        return super()._call(rows, every=every, seconds=3 if hangs else seconds)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    keep(on_disk(tmp_path), *(Kept(url_of(n), page(n)) for n in range(12)))
    return tmp_path


def origin_of(archive: Path, **outlets: Any) -> Origin:
    return Origin.of(str(archive), None, outlets or {NAME: OUTLET}, respects_opt_out=True)


def renamed(row: Row, slug: str) -> Row:
    return row | {"url": row["url"].replace("kabar-pasar", slug)}


def test_a_page_on_which_a_worker_hangs_or_dies_costs_its_own_row_and_the_others_keep_their_order(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_make", odd)
    monkeypatch.setattr(bulk, "AT_ONCE", 4)
    found = rows(archive)[:8]
    found[6], found[7] = renamed(found[6], "gantung"), renamed(found[7], "mati")
    ticks = []
    with Hasty(origin_of(archive), 1) as making:
        made = list(making.reread(found, tick=lambda: ticks.append(time.monotonic())))
    assert [old["url"] for old, _ in made] == [row["url"] for row in found]
    assert [number for number, (old, new) in enumerate(made) if old != new] == [6, 7]
    assert [made[number][1] for number in (6, 7)] == [
        "its extraction came to no end: the worker hung",
        "its extraction came to no end: the worker died",
    ]
    assert len(ticks) > 2, "a lease is kept all the while"


def test_of_a_row_whose_warc_file_is_gone_it_is_said_which_and_what_tells_more(archive: Path) -> None:
    [warc] = archive.glob("warc/**/*.warc.gz")
    warc.unlink()
    with Bulk(origin_of(archive), 1) as making:
        [(_, made)] = making.reread(rows(archive)[:1])
    assert made == f"{warc} cannot be read: No such file or directory. scrapy verify --deep tells more."


def test_who_wants_no_more_rows_does_not_wait_for_a_page_that_hangs(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_make", odd)
    monkeypatch.setattr(bulk, "TIMEOUT_SECONDS", 600.0)  # who waits for it waits longer than a test may take
    began = time.monotonic()

    def interrupt() -> None:
        if time.monotonic() - began > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Bulk(origin_of(archive), 1) as making:
        list(making.reread([renamed(row, "gantung") for row in rows(archive)], tick=interrupt))


def test_a_storage_that_does_not_answer_ends_it(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_make", odd)
    with pytest.raises(StorageUnreachable, match="does not answer"), Here(origin_of(archive), 1) as making:
        list(making.reread([renamed(row, "putus") for row in rows(archive)]))


def test_rows_are_taken_as_they_are_needed_and_not_all_at_once(archive: Path) -> None:
    taken = []
    [row, *_] = rows(archive)

    def many() -> Iterator[Row]:
        for number in range(100_000):
            taken.append(number)
            yield row

    class Lazy(Bulk):
        def _call(self, found: list[Row], *, every: bool, seconds: float) -> list[Made]:  # noqa: ARG002
            return [*found]

    with Lazy(origin_of(archive), 2) as making:
        made = making.reread(many())
        for _ in range(5):
            next(made)
    assert len(taken) <= 5 * bulk.AT_ONCE


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"outlet": "tiada"}, "there is no outlet tiada any more"),
        ({"outlet": None}, "there is no outlet None any more"),
        ({"captures": []}, "The row points at no record"),
        ({"captures": [{}]}, "points at nothing that can be a record of an archive"),
    ],
)
def test_a_row_that_cannot_be_made_again_says_why(archive: Path, change: Row, sentence: str) -> None:
    [row, *_] = rows(archive)
    origin = origin_of(archive)
    [made] = make(origin, [row | change], every=True)
    assert isinstance(made, str)
    assert sentence in made


def test_a_row_that_points_elsewhere_is_not_made_of_what_is_there(archive: Path) -> None:
    first, second, *_ = rows(archive)
    [wrong], [right] = first["captures"], second["captures"]
    moved = {
        "offset": wrong | {"offset": right["offset"], "length": right["length"]},
        "middle": wrong | {"offset": wrong["offset"] + 9},
        "past the end": wrong | {"offset": 1 << 40},
        "file": wrong | {"warc": "warc/tiada.warc.gz"},
        "outside": wrong | {"warc": "../../../etc/passwd"},
        "huge": wrong | {"length": 1 << 62},
        "digest": wrong | {"payload_digest": right["payload_digest"]},
        "negative": wrong | {"offset": -1},
    }
    for name, ref in moved.items():
        [made] = make(origin_of(archive), [first | {"captures": [ref]}], every=True)
        assert isinstance(made, str), name
        assert "a fault of ours" not in made, name


def test_rows_of_today_s_rules_and_those_that_were_taken_down_are_asked_for_nothing(archive: Path) -> None:
    [row, *_] = rows(archive)
    assert is_of_today(row, OUTLET)
    assert not is_of_today(row | {"rules": "lain"}, OUTLET)
    assert not is_of_today(row | {"extractor": "0"}, OUTLET)
    down = row | {"extractor": "0", "verdict": "taken-down", "captures": []}
    assert is_of_today(down, OUTLET)
    assert reread(OnDisk(archive), down, OUTLET) == down
