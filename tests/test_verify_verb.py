"""`scrapy verify` as a person and a scheduler meet it."""

from __future__ import annotations

import errno
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ExitStatus
from archive.faults import Fault
from archive.job import Job
from archive.model import Article, Capture, Verdict
from archive.outcome import Outcome
from archive.verification.files import verify_file
from crawler import verification as verb
from tests.runs import ROOT, SCRAPY, environment, scrapy
from tests.warcs import event, packed, record, sha1

WRONG = record("metadata", b"via: x\r\n", 50, {"WARC-Block-Digest": sha1(b"lain")})


@pytest.fixture
def archive(tmp_path: Path, capture: Callable[..., Capture], article: Callable[..., Article]) -> Path:
    """An archive of two jobs: a page, and the same page a day later."""
    root = tmp_path / "data"
    for day in range(2):
        job = Job(outlet="contoh", archive_uri=str(root))
        made = article(1)
        page = capture(url=made.url)
        made.captures = [job.capture(replace(page, began=page.began + timedelta(days=day)))]
        job.keep(Outcome(article=made, verdict=Verdict.ARTICLE))
        job.finish({"counts": {"kept": 1, "dropped": {}}})
    return root


def verify(*arguments: str | Path, archive: Path | None = None, **extra: Any) -> tuple[int, list[str], str]:
    settings = ("-s", f"ARCHIVE_URI={archive}") if archive else ()
    status, out, log = scrapy("verify", *map(str, arguments), *settings, **extra)
    return status, out.splitlines(), log


def warcs(archive: Path) -> list[Path]:
    return sorted(archive.glob("warc/**/*.warc.gz"))


def spoil(path: Path, position: int = 60) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0xFF
    path.write_bytes(data)


def test_a_sound_archive_ends_with_0_and_one_line(archive: Path) -> None:
    assert verify(archive=archive) == (0, ["no faults in 2 files, 6 records"], "")
    assert verify("--deep", archive=archive) == (0, ["no faults in 2 files, 6 records"], "")


def test_faults_are_lines_with_file_and_byte_and_the_status_is_10(archive: Path) -> None:
    spoil(warcs(archive)[0])
    status, lines, log = verify(archive=archive)
    assert (status, log) == (10, "")
    assert lines[0].startswith(f"{warcs(archive)[0]}:0: gzip: ")
    assert lines[1].startswith(f"{warcs(archive)[0]}:0: file-digest: ")
    assert lines[2:] == ["2 faults in 2 files, 5 records"]


def test_deep_names_every_row_and_revisit_that_a_damaged_record_leaves_alone(archive: Path) -> None:
    path = warcs(archive)[0]
    spoil(path, path.stat().st_size // 3)
    status, lines, _ = verify("--deep", archive=archive)
    assert status == 10
    assert [line.split(": ")[1] for line in lines[:-1]] == [
        "gzip",
        "concurrent-missing",
        "index-extra",
        "revisit-missing",
        "row-record",
        "row-record",
        "file-digest",
    ]
    rows = [line.split(":")[:2] for line in lines if ": row-record: " in line]
    assert [line for _, line in rows] == ["1", "1"]
    assert all(path.startswith(f"{archive}/articles/") for path, _ in rows)


def test_a_file_that_is_gone_is_missed_by_its_index_and_by_everything_that_points_at_it(archive: Path) -> None:
    path = warcs(archive)[0]
    path.unlink()
    assert [line.split(": ")[1] for line in verify(archive=archive)[1][:-1]] == ["warc-missing"]
    path.with_name(path.name.replace(".warc.gz", ".cdxj")).unlink()
    assert verify(archive=archive)[0] == 0
    assert {line.split(": ")[1] for line in verify("--deep", archive=archive)[1][:-1]} == {
        "manifest-file",
        "revisit-missing",
        "row-record",
    }


def test_named_files_and_folders_are_checked_by_the_rules_for_everybody(tmp_path: Path, archive: Path) -> None:
    other = tmp_path / "lain"
    other.mkdir()
    (other / "a.warc.gz").write_bytes(packed(event(1)[1]))
    (other / "b.warc").write_bytes(WRONG)
    (other / "c.arc").write_bytes(b"filedesc://c.arc")
    status, lines, _ = verify(other, warcs(archive)[0], archive=archive)
    assert status == 10
    assert [line.split(":", 3)[:3] for line in lines[:-1]] == [[str(other / "b.warc"), "0", " block-digest"]]
    assert lines[-1] == "1 fault in 3 files, 5 records"


def test_a_named_file_of_the_archive_is_checked_by_its_rules(archive: Path) -> None:
    path = warcs(archive)[0]
    path.with_name(path.name.replace(".warc.gz", ".cdxj")).unlink()
    status, lines, _ = verify(path, archive=archive)
    assert status == 10
    assert ": index-missing: " in lines[0]


def test_reindex_writes_an_index_that_is_missing_and_nothing_else(tmp_path: Path, archive: Path) -> None:
    index = next(archive.glob("warc/**/*.cdxj"))
    before = index.read_bytes()
    index.unlink()
    status, lines, log = verify("--reindex", archive=archive)
    assert (status, lines) == (0, ["no faults in 2 files, 6 records"])
    assert f"{index} was written" in log
    assert index.read_bytes() == before

    index.write_bytes(b"")
    assert verify("--reindex", archive=archive)[0] == 10
    assert index.read_bytes() == b""

    wrong = tmp_path / "x.warc"
    wrong.write_bytes(WRONG)
    assert verify("--reindex", wrong)[0] == 10
    assert not wrong.with_name("x.cdxj").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("tidak-ada.warc",), "no regular file"),
        (("--dalam",), "There is no option --dalam"),
        (("--deep", "pyproject.toml"), "leave the files out"),
        (("docs",), "holds no .warc or .warc.gz"),
        (("",), "'' is no regular file"),
        (("-s", "ARCHIVE_URI="), "ARCHIVE_URI is empty"),
        ((), "There is no archive at"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_and_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    status, lines, log = verify(*arguments, archive=None if "-s" in arguments else tmp_path / "kosong")
    assert (status, lines) == (2, [])
    assert sentence in log
    assert "Traceback" not in log


def test_folders_on_other_disks_are_not_passed_over(tmp_path: Path, archive: Path) -> None:
    (archive / "warc" / "contoh").rename(tmp_path / "lain")
    (archive / "warc" / "contoh").symlink_to(tmp_path / "lain")
    (tmp_path / "lain" / "kembali").symlink_to(tmp_path / "lain")
    assert verify("--deep", archive=archive) == (0, ["no faults in 2 files, 6 records"], "")
    next(archive.glob("warc/contoh/*/*/*/*.cdxj")).unlink()
    assert ": index-missing: " in verify(archive=archive)[1][0]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.warc")
    assert verify(tmp_path / "x.warc")[0] == 2
    (tmp_path / "y.warc").write_bytes(record())
    assert verify(tmp_path) == (0, ["no faults in 1 file, 1 record"], "")


def test_a_file_that_cannot_be_read_ends_with_5_and_the_others_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / "a.warc", tmp_path / "b.warc"]
    for path in paths:
        path.write_bytes(WRONG)

    def failing(path: Path, **named: Any) -> Iterator[Fault]:
        if path == paths[0]:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return verify_file(path, **named)

    monkeypatch.setattr(verb, "verify_file", failing)
    status = verb.Verification(reindex=False).of_named([str(path) for path in paths], None)
    out, log = capsys.readouterr()
    assert status is ExitStatus.STORAGE
    assert (
        log
        == f"scrapy verify: {paths[0]} cannot be read: Input/output error. Check rights and disk, and verify again.\n"
    )
    assert out.splitlines()[-1] == "1 fault in 2 files, 1 record"


def test_an_archive_without_a_warc_is_no_sound_one(tmp_path: Path, archive: Path) -> None:
    (tmp_path / "kosong" / "warc").mkdir(parents=True)
    status, lines, log = verify(archive=tmp_path / "kosong")
    assert (status, lines) == (2, [])
    assert "is its disk mounted?" in log
    for path in warcs(archive):
        path.unlink()
    assert [line.split(": ")[1] for line in verify(archive=archive)[1][:-1]] == ["warc-missing"] * 2


def test_names_cannot_move_the_cursor(tmp_path: Path) -> None:
    path = tmp_path / "x\x1b[2J\udcff.warc"
    path.write_bytes(WRONG)
    _, lines, _ = verify(tmp_path)
    assert "/x\\x1b[2J\\udcff.warc:0: block-digest: " in lines[0]
    _, lines, _ = verify(tmp_path, PYTHONIOENCODING="ascii")
    assert ":0: block-digest: " in lines[0]


def test_a_reader_who_has_read_enough_sees_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "x.warc").write_bytes(WRONG * 5000)
    (tmp_path / "y.warc").write_bytes(WRONG * 5000)
    with subprocess.Popen(
        [*SCRAPY, "verify", str(tmp_path)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(str(tmp_path).encode())
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 10


@contextmanager
def watched(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A verification, and the terminal that its standard error is."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*SCRAPY, "verify", str(folder)], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=theirs
    ) as running:
        os.close(theirs)
        yield running, ours
    os.close(ours)


def rest(terminal: int) -> bytes:
    """What else appears on a terminal until its program ends, which Linux calls an error."""
    shown = b""
    with suppress(OSError):
        while data := os.read(terminal, 1 << 16):
            shown += data
    return shown


def test_progress_is_one_line_for_a_person_and_nothing_for_a_log(tmp_path: Path) -> None:
    (tmp_path / "x.warc").write_bytes(b"".join(record("metadata", b"via: x\r\n", number) for number in range(9000)))
    with watched(tmp_path) as (running, terminal):
        shown = rest(terminal)
        assert running.stdout is not None
        assert running.stdout.read() == b"no faults in 1 file, 9,000 records\n"
    assert b" % of 3 MB" in shown
    assert b"\n" not in shown
    assert shown.endswith(b"\r\x1b[K")


def test_ctrl_c_ends_with_130_and_a_sentence(tmp_path: Path) -> None:
    head, _, _ = record("metadata", b"", 2, {"Content-Length": f"{1 << 37}"}).partition(b"\r\n\r\n")
    with (tmp_path / "x.warc").open("wb") as file:
        file.write(record() + head + b"\r\n\r\n")
        file.truncate(1 << 38)  # zeros, which take no room on the disk, and minutes to read
    with watched(tmp_path) as (running, terminal):
        os.read(terminal, 1)  # it is at work
        running.send_signal(signal.SIGINT)
        shown = rest(terminal)
    assert running.returncode == 130
    assert b"Interrupted" in shown
    assert b"Traceback" not in shown
