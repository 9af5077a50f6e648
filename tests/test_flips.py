"""One changed byte anywhere in an archive: verification names the file that it is in."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import manifest
from archive.errors import ExitStatus
from archive.files import OnDisk
from archive.holding import Holding
from archive.job import Job
from archive.model import Article, Capture, Verdict
from archive.outcome import Outcome
from archive.seal import sealed
from archive.takedown import log
from archive.verification.files import verify_file
from archive.verification.jobs import in_spool
from archive.warc import WarcWriter
from crawler.verification import Verification


@pytest.fixture
def archive(tmp_path: Path, capture: Callable[..., Capture], article: Callable[..., Article]) -> Path:
    """An archive of one job: a page, the same page again, and one that is gone."""
    root = tmp_path / "data"
    job = Job(outlet="contoh", archive_uri=str(root))
    made = article(1)
    page = capture(url=made.url, body=b"<p>Pasar ramai lagi.</p>     " * 3)
    made.captures = [job.capture(page)]
    job.capture(replace(page, began=page.began + timedelta(hours=6)))
    job.keep(Outcome(article=made, verdict=Verdict.ARTICLE))
    gone = replace(article(2), text="", words=0, text_sha256="")
    gone.captures = [job.capture(capture(url=gone.url, head=b"HTTP/1.1 410 Gone\r\n"))]
    job.keep(Outcome(article=gone, verdict=Verdict.GONE, reason="410"))
    job.finish({"finish": "finished", "counts": {"kept": 1, "dropped": {"gone": 1}}})
    return root


def verified(root: Path, *, deep: bool = False) -> tuple[ExitStatus, str]:
    """Status, and the lines without the last one."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        verification = Verification(reindex=False)
        status = verification.of_archive(OnDisk(root), in_spool(root / "state" / "spool"), deep=deep, patience=0)
    return status, out.getvalue().rpartition("\n")[0].rpartition("\n")[0]


SOUND = ExitStatus.DONE, ""


def flipped(path: Path, step: int) -> Iterator[None]:
    """Each time another byte of the file has one bit changed: every `step`th byte, each of the eight bits in turn."""
    sound = path.read_bytes()
    for number, position in enumerate(range(0, len(sound), step)):
        path.write_bytes(sound[:position] + bytes([sound[position] ^ 1 << number % 8]) + sound[position + 1 :])
        yield
    path.write_bytes(sound)


@pytest.mark.parametrize(
    ("pattern", "deep", "step"),
    [
        ("warc/**/*.warc.gz", False, 13),
        ("warc/**/*.cdxj", False, 7),
        ("jobs/**/*.json", False, 5),
        ("jobs/**/*.json", True, 11),
        ("articles/**/*.gz", True, 3),
        ("dropped/**/*.gz", True, 3),
        ("events/**/*.gz", True, 3),
    ],
)
def test_a_changed_bit_is_found_wherever_it_is_and_its_file_named(
    archive: Path, pattern: str, step: int, *, deep: bool
) -> None:
    """Of WARC files and their indexes tests/test_verify_hostile.py changes every byte."""
    assert verified(archive, deep=True) == SOUND
    [path] = archive.glob(pattern)
    for _ in flipped(path, step):
        status, lines = verified(archive, deep=deep)
        assert status == ExitStatus.VERIFICATION
        assert path.name in lines
    assert verified(archive, deep=True) == SOUND


def test_no_bit_of_a_manifest_can_change(archive: Path) -> None:
    [path] = archive.glob("jobs/**/*.json")
    sound = path.read_bytes()
    assert manifest.is_sealed(sound)
    for bit in range(8 * len(sound)):
        changed = bytearray(sound)
        changed[bit // 8] ^= 1 << bit % 8
        assert not manifest.is_sealed(bytes(changed)), bit


@given(st.binary(max_size=200))
@settings(max_examples=50)
def test_what_was_never_sealed_is_read_as_ever(data: bytes) -> None:
    assert manifest.is_sealed(b'{\n  "job": "' + data.hex().encode() + b'"\n}\n')


def changed(path: Path, **facts: object) -> None:
    """Write a manifest anew, as the program would."""
    described = json.loads(path.read_bytes()) | facts
    del described["own_sha256"]
    data = json.dumps(described, indent=2).encode() + b"\n"
    seal = b',\n  "own_sha256": "%s"\n}\n' % hashlib.sha256(data).hexdigest().encode()
    path.write_bytes(data.removesuffix(b"\n}\n") + seal)


def test_bits_that_no_checksum_covers_are_found_by_the_digest_alone(archive: Path) -> None:
    [path] = archive.glob("warc/**/*.warc.gz")
    data = bytearray(path.read_bytes())
    data[4] ^= 1  # the time in the header of the first gzip member (RFC 1952, section 2.3.1)
    path.write_bytes(data)
    assert list(verify_file(path, own=True)) == []
    status, lines = verified(archive)
    assert status == ExitStatus.VERIFICATION
    assert lines.startswith(f"{path}:0: file-digest: ")


def test_the_latest_job_that_changed_a_file_says_what_it_is(archive: Path) -> None:
    [path], [first] = archive.glob("warc/**/*.warc.gz"), archive.glob("jobs/**/*.json")
    data = bytearray(path.read_bytes())
    data[4] ^= 1
    path.write_bytes(data)
    key = path.relative_to(archive).as_posix()
    later = first.with_name("29991231235959-abc123.json")
    later.write_bytes(first.read_bytes())
    stated = {key: manifest.digests_of(archive, [key])[key]}
    changed(later, files=[], counts={"kept": 0, "dropped": {}}, sha256=stated)
    assert verified(archive) == SOUND
    later = later.rename(first.with_name("19991231235959-abc123.json"))
    assert verified(archive) == SOUND, "the clock of the one who changes it may be behind"
    last = first.with_name("20001231235959-abc123.json")
    last.write_bytes(later.read_bytes())
    changed(last, sha256={key: "0" * 64})
    status, lines = verified(archive)
    assert status == ExitStatus.VERIFICATION
    assert f"/{key}:0: file-digest: " in lines
    assert "\n" not in lines


@pytest.mark.parametrize("stated", [[], "x", {"warc/x": 7}, {"warc/x": "00"}, {"warc/x": None}])
def test_digests_that_are_none_are_a_fault_of_the_manifest(archive: Path, stated: object) -> None:
    [path] = archive.glob("jobs/**/*.json")
    changed(path, sha256=stated)
    for deep in (False, True):
        status, lines = verified(archive, deep=deep)
        assert status == ExitStatus.VERIFICATION
        assert lines.startswith(f"{path}:0: manifest: sha256 of files cannot be ")
        assert "\n" not in lines


def test_a_file_that_a_takedown_is_changing_is_said_to_be_that(archive: Path) -> None:
    [path] = archive.glob("warc/**/*.warc.gz")
    data = bytearray(path.read_bytes())
    data[4] ^= 1
    path.write_bytes(data)
    begun = archive / log.began_key("contoh", "20261122000000-abc123")
    begun.parent.mkdir(parents=True)
    entry = {"job": "20261122000000-abc123", "outlet": "contoh", "id": "contoh:1", "at": "2026-11-22", "reason": "uji"}
    nothing = dict.fromkeys(("addresses", "rows", "datasets", "completes"), ())
    begun.write_bytes(sealed(entry | nothing | {"files": [path.relative_to(archive).as_posix()]}))
    assert ":0: file-digest: a takedown is changing it, or was cut short" in verified(archive)[1]


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[]", b"7", b"\xff", b"[" * 100000])
def test_a_manifest_that_is_none_is_one_fault(archive: Path, data: bytes) -> None:
    [path] = archive.glob("jobs/**/*.json")
    path.write_bytes(data)
    for deep in (False, True):
        assert verified(archive, deep=deep)[1].count(f"{path}:0: manifest: this is no manifest: ") == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b", "\ud800", "x" * 5000, ""])
def test_digests_of_files_that_are_not_there_are_nothing_to_hold_against(archive: Path, name: str) -> None:
    [path] = archive.glob("jobs/**/*.json")
    described = json.loads(path.read_bytes())
    changed(path, sha256=described["sha256"] | {name: "0" * 64})
    assert verified(archive, deep=True) == SOUND


@pytest.mark.parametrize("killed", [False, True])
def test_files_that_left_while_their_job_was_at_work_are_stated_too(
    tmp_path: Path,
    capture: Callable[..., Capture],
    article: Callable[..., Article],
    monkeypatch: pytest.MonkeyPatch,
    *,
    killed: bool,
) -> None:
    monkeypatch.setitem(WarcWriter.__init__.__kwdefaults__ or {}, "max_bytes", 1)
    job = Job(outlet="contoh", archive_uri=str(tmp_path))
    for number in (1, 2):
        made = article(number)
        made.captures = [job.capture(capture(url=made.url))]
        job.keep(Outcome(article=made, verdict=Verdict.ARTICLE))
        job.commit()
    assert len([*tmp_path.glob("warc/**/*.warc.gz")]) == 1
    if killed:
        job.release()
        [torn] = tmp_path.glob("state/**/*.warc.gz.open")
        torn.write_bytes(torn.read_bytes() + b"\x1f\x8b")
        job = Job(outlet="contoh", archive_uri=str(tmp_path))
    job.finish({"counts": {"kept": 0 if killed else 2, "dropped": {}}})
    assert verified(tmp_path, deep=True) == SOUND
    files = [path for folder in ("warc", "damaged") for path in tmp_path.glob(f"{folder}/**/*.gz")]
    assert len(files) == 2 + killed
    for path in files:
        for _ in flipped(path, path.stat().st_size):
            assert f"{path.name}:0: file-digest: " in verified(tmp_path, deep=True)[1]


def test_a_manifest_that_was_written_before_the_last_event_is_written_anew(
    tmp_path: Path, capture: Callable[..., Capture], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError

    job = Job(outlet="contoh", archive_uri=str(tmp_path))
    job.capture(capture())  # a response without a row: whoever finishes the job notes that it waits
    with monkeypatch.context() as patched:
        patched.setattr(Holding, "publish", die)
        with pytest.raises(RuntimeError):
            job.finish({"counts": {"kept": 0, "dropped": {}}})
    job.release()
    Job(outlet="contoh", archive_uri=str(tmp_path)).finish({"counts": {"kept": 0, "dropped": {}}})
    assert b"cut-short" in b"".join(gzip.decompress(path.read_bytes()) for path in tmp_path.glob("events/**/*.gz"))
    assert verified(tmp_path, deep=True) == SOUND
