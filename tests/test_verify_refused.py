"""What cannot be read or written is said, counted as no fault, and keeps nothing else from being checked."""

from __future__ import annotations

import errno
import gzip
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from archive import cdxj
from archive.errors import ExitStatus
from archive.files import OnDisk
from archive.verification.jobs import in_spool
from crawler import verification as verb
from crawler.findings import AGAIN
from tests.runs import ROOT, SCRAPY, environment
from tests.test_verify_verb import WRONG, archive, verify
from tests.warcs import record

__all__ = ["archive"]


def refusing(monkeypatch: pytest.MonkeyPatch, refused: Path) -> None:
    """That file or folder cannot be opened from now on, whoever runs the test."""

    def refuse(path: Any) -> None:
        if Path(path) == refused:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

    def opening(self: Path, *arguments: Any, **named: Any) -> Any:
        refuse(self)
        return opened(self, *arguments, **named)

    def scanning(path: Any) -> Any:
        refuse(path)
        return scanned(path)

    def packed_opening(path: Any, *arguments: Any) -> Any:
        refuse(path)
        return unpacked(path, *arguments)

    opened, scanned, unpacked = Path.open, os.scandir, gzip.open
    monkeypatch.setattr(Path, "open", opening)
    monkeypatch.setattr(os, "scandir", scanning)
    monkeypatch.setattr(gzip, "open", packed_opening)


@pytest.mark.parametrize(
    "pattern",
    [
        "warc/contoh/**/*.cdxj",
        "warc/contoh/*/*/*",
        "articles/**/*.gz",
        "articles",
        "jobs",
        "events/**/*.gz",
        "jobs/**/*.json",
    ],
)
def test_what_cannot_be_read_is_named_itself_and_the_rest_is_checked(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pattern: str
) -> None:
    path = min(archive.glob(pattern))
    refusing(monkeypatch, path)
    files, at_work = OnDisk(archive), in_spool(archive / "state" / "spool")
    status = verb.Verification(reindex=False).of_archive(files, at_work, deep=True, patience=0)
    assert status is ExitStatus.STORAGE
    out, log = capsys.readouterr()
    assert log.count("cannot be read") == 1
    assert log.startswith(f"scrapy verify: {path} cannot be read: Permission denied. ")
    assert " files, " in out.splitlines()[-1]


def test_an_index_that_cannot_be_written_is_said_and_the_rest_is_checked(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(path: Path, _: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    index = min(archive.glob("warc/**/*.cdxj"))
    index.unlink()
    monkeypatch.setattr(cdxj, "write", failing)
    status = verb.Verification(reindex=True).of_archive(OnDisk(archive), in_spool(archive), deep=False, patience=0)
    assert status is ExitStatus.STORAGE
    out, log = capsys.readouterr()
    assert log == f"scrapy verify: {index} cannot be written: Permission denied. {AGAIN}\n"
    assert out == "no faults in 2 files, 6 records\n"


def test_faults_that_are_only_counted_are_in_the_total(tmp_path: Path) -> None:
    (tmp_path / "x.warc").write_bytes(WRONG * 1500)
    assert verify(tmp_path)[1][-1] == "2,999 faults in 1 file, 1,500 records"


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("/dev/full", 5, "The result cannot be written: No space left on device. "),
        ("pipe", 0, ""),
        ("pipe of faults", 10, ""),
    ],
)
def test_output_that_goes_nowhere_is_no_fault_and_no_traceback(
    tmp_path: Path, name: str, status: int, sentence: str
) -> None:
    (tmp_path / "x.warc").write_bytes(WRONG if "faults" in name else record())
    ours, theirs = os.pipe()
    os.close(ours)
    if name == "/dev/full":
        os.close(theirs)
        theirs = os.open(name, os.O_WRONLY)
    done = subprocess.run(
        [*SCRAPY, "verify", str(tmp_path)],
        cwd=ROOT,
        env=environment(),
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(theirs)
    assert (done.returncode, done.stderr.startswith(f"scrapy verify: {sentence}" if sentence else "")) == (status, True)
    assert len(done.stderr.splitlines()) == bool(sentence)


def test_what_a_job_at_work_has_not_put_there_yet_is_not_missed(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = min(archive.glob("jobs/*/*"))
    earlier, later = sorted(archive.glob("warc/**/*.cdxj"))
    earlier.with_suffix(".warc.gz").unlink()
    later.unlink()

    def kinds(job: str) -> list[str]:
        verb.Verification(reindex=False).of_archive(OnDisk(archive), lambda _: [job], deep=False, patience=0)
        return [line.split(": ")[1] for line in capsys.readouterr().out.splitlines()[:-1]]

    assert kinds(first.stem) == []
    assert kinds("29990101000000-abc123") == ["index-missing", "warc-missing"]
