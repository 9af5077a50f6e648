"""What a rebuild finds in an archive that is damaged, or that others wrote to; and how its verb ends."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from archive.errors import Damaged, LeaseHeld
from archive.model import SCHEMA
from archive.parts import part_of
from crawler import rebuilding
from crawler.bulk import Bulk
from crawler.commands import rebuild
from pipelines.extract import EXTRACTOR
from tests.lives import Place, on_disk
from tests.remaking import Here, Kept, edit, files, keep, page, remake, revise, rows, ruled, url_of
from tests.runs import ROOT, SCRAPY, environment, scrapy

ELSEWHERE = ruled("div.tulisan")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Two days of one job, by rules that found nothing."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    place = on_disk(tmp_path)
    pages = (Kept(url_of(n), page(n), after=timedelta(days=n // 3)) for n in range(6))
    keep(place, *pages, outlet=ELSEWHERE)
    return place


def part(root: Path) -> Path:
    """The rows of the first day."""
    return min(root.glob("articles/**/*.jsonl.gz"))


def without_warc(root: Path) -> None:
    [path] = root.glob("warc/**/*.warc.gz")
    path.unlink()


def flipped(root: Path) -> None:
    """A byte of the second record is another."""
    [ref] = rows(root)[1]["captures"]
    path = root / ref["warc"]
    data = bytearray(path.read_bytes())
    data[ref["offset"] + ref["length"] // 2] ^= 1
    path.write_bytes(data)


def pointing_elsewhere(root: Path) -> None:
    [other] = rows(root)[0]["captures"]

    def change(row: dict[str, Any]) -> dict[str, Any]:
        [ref] = row["captures"]
        return row | ({"captures": [ref | {"offset": other["offset"]}]} if row["url"] == url_of(1) else {})

    edit(root, change)


@pytest.mark.parametrize(
    ("harm", "stuck", "sentence"),
    [
        (without_warc, 6, "No such file or directory"),
        (flipped, 1, "is damaged at byte"),
        (pointing_elsewhere, 1, "holds another response at byte"),
    ],
)
def test_a_row_whose_capture_cannot_be_had_stays_as_it_was_and_the_others_are_made_again(
    place: Place, tmp_path: Path, harm: Callable[[Path], None], stuck: int, sentence: str
) -> None:
    harm(tmp_path)
    before = {row["url"]: row for row in rows(tmp_path)}
    done = remake(place)
    assert (done.count.stuck, done.count.rows) == (stuck, 6 - stuck)
    assert len(done.said) == stuck
    assert all(sentence in said and "stays as it was" in said for said in done.said)
    after = {row["url"]: row for row in rows(tmp_path)}
    kept = [url for url in before if after[url] == before[url]]
    assert len(kept) == stuck
    assert {row["origins"]["text"] for url, row in after.items() if url not in kept} <= {"rule"}
    again = files(tmp_path)
    assert remake(place).count.stuck == stuck
    assert files(tmp_path) == again, "and are tried again by each rebuild, which writes nothing then"


def test_of_a_file_that_is_gone_no_more_is_said_than_a_person_reads(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "MOST_SAID", 2)
    without_warc(tmp_path)
    done = remake(place)
    assert done.count.stuck == 6
    assert len(done.said) == 6  # three of each day
    assert [said for said in done.said if "And 1 more rows" in said] == done.said[2::3]


def broken_line(root: Path) -> None:
    part(root).write_bytes(gzip.compress(b'{"id": \n'))


def torn(root: Path) -> None:
    path = part(root)
    path.write_bytes(path.read_bytes()[:-20])


def newer(root: Path) -> None:
    edit(root, lambda row: row | ({"schema": SCHEMA + 1, "mood": "x"} if row["url"] == url_of(1) else {}))


def of_another_program(root: Path) -> None:
    edit(root, lambda row: row if row["url"] != url_of(1) else {"schema": 0, "text": "", "text_sha256": "", "a": 1})


def empty(root: Path) -> None:
    part(root).write_bytes(b"")


@pytest.mark.parametrize("harm", [broken_line, torn, newer, of_another_program, empty])
def test_a_part_with_a_line_that_is_no_row_of_ours_stays_and_the_other_days_are_made_again(
    place: Place, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    harm(tmp_path)
    path = part(tmp_path)
    before = path.read_bytes()
    done = remake(place)
    assert (done.count.stuck, done.count.rows) == (1, 3)
    [said] = done.said
    assert path.name in said
    assert "The rows stay as they are" in said
    assert path.read_bytes() == before
    assert len(list(path.parent.iterdir())) == 1


def test_no_name_of_an_extractor_leads_out_of_its_folder(place: Place, tmp_path: Path) -> None:
    def change(row: dict[str, Any]) -> dict[str, Any]:
        [ref] = row["captures"]
        wrong = {"extractor": "../../../../luar-2", "captures": [ref | {"offset": ref["offset"] + 1}]}
        return row | (wrong if row["url"] == url_of(1) else {})

    edit(tmp_path, change)
    assert (remake(place).count.stuck, len(rows(tmp_path))) == (1, 6)
    found = list(filter(None, (part_of(path.relative_to(tmp_path).as_posix()) for path in tmp_path.rglob("part-*"))))
    assert [part.extractor for part in found] == [EXTRACTOR] * 2
    assert not list(tmp_path.parent.rglob("luar*"))


def test_no_part_is_written_that_would_not_count(place: Place, tmp_path: Path) -> None:
    path = part(tmp_path)
    path.rename(path.with_name(path.name.replace(".jsonl", "-99999999999999.jsonl")))
    before = files(tmp_path)
    with pytest.raises(Damaged, match="No part can be later than"):
        remake(place)
    assert files(tmp_path) == before


def test_rows_of_an_outlet_that_is_no_more_stay_as_they_are(place: Place, tmp_path: Path) -> None:
    edit(tmp_path, lambda row: row | {"outlet": "tiada"})
    before = files(tmp_path)
    done = remake(place)
    assert done.count.stuck == 6
    assert "there is no outlet tiada any more" in done.said[0]
    assert files(tmp_path) == before


def test_an_outlet_at_work_is_left_alone_and_the_verb_says_9(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(tmp_path)
    running = place.job("tribun")
    with pytest.raises(LeaseHeld):
        revise(place)
    status, _, err = act(place, capsys, "tribun")
    running.release()
    assert status == 9
    assert "at work on tribun" in err
    assert files(tmp_path) == before


def act(place: Place, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The verb, in this process."""
    command, parser = rebuild.Command(), ArgumentParser()
    command.settings = get_project_settings()
    command.add_options(parser)
    command.settings.setdict({"ARCHIVE_URI": place.uri, "STATE_DIR": None, "CATALOG_URI": None})
    options, args = parser.parse_known_args([*arguments, "--jobs=1"] if "--jobs" not in arguments else arguments)
    command.run(args, options)
    return int(command.exitcode), *capsys.readouterr()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bulk, "_call", Here._call)


@pytest.mark.usefixtures("here")
def test_the_verb_says_what_it_made_and_what_it_left(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flipped(tmp_path)
    status, out, err = act(place, capsys, "--keep")
    assert status == 10
    assert out.splitlines() == [
        "days of jobs       2, of which 2 had rows to be made again",
        "rows made again    5",
        "changed            5",
        "left as they were  1",
        "the old parts were kept: scrapy diff before archive compares, and a rebuild without --keep removes them",
    ]
    assert f"{url_of(1)} of job" in err
    assert act(place, capsys)[0] == 10
    manifests = [json.loads(path.read_bytes()) for path in tmp_path.glob("jobs/tribun/*.json")]
    [ours] = [one for one in manifests if one["finish"] == "rebuild"]
    assert (ours["rows"], ours["extractor"]) == (5, EXTRACTOR)
    assert "were kept" not in act(place, capsys, "--all", "--keep")[1]  # nothing came out otherwise


@pytest.mark.usefixtures("here")
def test_ctrl_c_leaves_what_was_made_and_the_next_run_goes_on(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, count = Here._call, []

    def interrupted(self: Here, *found: Any, **named: Any) -> Any:
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt
        return made(self, *found, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Bulk, "_call", interrupted)
        status, _, err = act(place, capsys, "tribun")
    assert status == 130
    assert "the next run goes on from there" in err
    assert sorted(row["origins"]["text"] for row in rows(tmp_path)) == ["rule"] * 3 + ["visible"] * 3
    assert scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={tmp_path}")[0] == 0
    status, out, _ = act(place, capsys, "tribun")
    assert status == 0
    assert "of which 1 had rows" in out
    assert {row["origins"]["text"] for row in rows(tmp_path)} == {"rule"}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("tidakada", "There is no outlet tidakada"),
        ("\x1b[2J", r"There is no outlet \\x1b\[2J"),
        ("--tidakada", "There is no option --tidakada"),
        ("--jobs 0", "--jobs 0 is not possible"),
        ("--jobs -3", "--jobs -3 is not possible"),
        ("--since kemarin", "kemarin"),
        ("--since 2026-11-22 --until 2026-11-21", "2026-11-2"),
        ("kompas", "has no rows of kompas"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence_and_changes_nothing(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: str, sentence: str
) -> None:
    before = files(tmp_path)
    with pytest.raises(UsageError, match=sentence):
        act(place, capsys, *asked.split())
    assert files(tmp_path) == before


def test_without_an_archive_there_is_nothing_to_make_and_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match="has no rows of any outlet of ours"):
        act(on_disk(tmp_path / "tiada"), capsys)
    assert not (tmp_path / "tiada").exists()


def test_a_full_disk_ends_with_5_and_once_there_is_room_the_next_run_makes_the_rest(tmp_path: Path) -> None:
    keep(on_disk(tmp_path / "archive"), *(Kept(url_of(n), page(n)) for n in range(12)), outlet=ELSEWHERE)
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", disk], check=False).returncode:
        pytest.skip("no right to mount a file system of its own: neither root nor user namespaces")
    again = " ".join([*SCRAPY, 'rebuild --jobs 1; echo "status $?"'])
    script = (
        "set -u; mount -t tmpfs -o size=1500k tmpfs $DISK; cp -r $FROM $DISK/archive; head -c 2m /dev/zero > $DISK/x; "
        f"{again}; rm $DISK/x; {again}; cp -r $DISK/archive $OUT"
    )
    env = environment() | {"DISK": str(disk), "ARCHIVE_URI": str(disk / "archive"), "OUT": str(tmp_path / "out")}
    shell = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        cwd=ROOT,
        env=env | {"FROM": str(tmp_path / "archive")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    said = (shell.stdout + shell.stderr).splitlines()
    assert [line for line in said if line.startswith("status")] == ["status 5", "status 0"], "\n".join(said)
    found = rows(tmp_path / "out")
    assert len(found) == 12
    assert {row["origins"]["text"] for row in found} == {"rule"}
    assert "Traceback" not in shell.stderr
