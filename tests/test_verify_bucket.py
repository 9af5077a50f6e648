"""`scrapy verify` on a bucket: what it says of a folder, with other names, and what only a bucket can do to it."""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from scrapy.exceptions import UsageError

from archive.catalog import open_catalog
from archive.errors import ExitStatus, StorageError
from archive.faults import Fault
from archive.files import Files, OnDisk, files_of
from archive.state import open_state
from archive.storage import open_storage
from archive.verification.files import verify_file
from archive.verification.jobs import in_spool
from crawler import verification as verb
from tests.buckets import Place
from tests.proxy import PASS, Proxy
from tests.proxy import Fault as Mishap
from tests.runs import scrapy
from tests.test_verify_verb import archive, spoil, warcs

__all__ = ["archive"]

Verified = tuple[ExitStatus, list[str], str]
Run = Callable[..., Verified]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], state: Path) -> Run:
    """Verify an archive in this process: status, lines, log."""

    def verified(archive: Path | Place, *, deep: bool = True, reindex: bool = False, patience: float = 60) -> Verified:
        with closing(OnDisk(archive) if isinstance(archive, Path) else bucket_files(archive, state)) as files:
            verification = verb.Verification(reindex=reindex)
            status = verification.of_archive(files, in_spool(state / "spool"), deep=deep, patience=patience)
        out, log = capsys.readouterr()
        return status, out.splitlines(), log

    return verified


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "keadaan"


def keys_of(archive: Path) -> list[str]:
    """Keys of an archive on disk, without its state folder."""
    keys = sorted(path.relative_to(archive).as_posix() for path in archive.rglob("*") if path.is_file())
    return [key for key in keys if not key.startswith("state/")]


def put(archive: Path, place: Place, *keys: str) -> None:
    """Copy an archive on disk, or these files of it, into the bucket."""
    client = place.server.client()
    for key in keys or keys_of(archive):
        client.put_object(Bucket=place.name, Key=f"arsip/{key}", Body=(archive / key).read_bytes())
    client.close()


def bucket_files(place: Place, state: Path) -> Files:
    return files_of(place.uri, str(state))


def test_a_sound_archive_is_sound_in_a_bucket_and_nothing_of_it_stays_on_this_disk(
    archive: Path, bucket: Place, state: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(archive, bucket)
    room, most = state.parent / "tempat", 0
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))

    def watching(path: Path, **named: Any) -> Iterator[Fault]:
        nonlocal most
        most = max(most, sum(1 for one in room.rglob("*") if one.is_file() and not one.is_symlink()))
        return verify_file(path, **named)

    monkeypatch.setattr(verb, "verify_file", watching)
    assert run(bucket) == (ExitStatus.DONE, ["no faults in 2 files, 6 records"], "")
    assert most == 2  # a WARC and its index
    assert list(room.iterdir()) == []
    assert not state.exists()


def without_its_index(archive: Path) -> None:
    next(archive.glob("warc/**/*.cdxj")).unlink()


def flipped(archive: Path) -> None:
    path = warcs(archive)[0]
    spoil(path, path.stat().st_size // 3)


def without_a_warc(archive: Path) -> None:
    warcs(archive)[0].unlink()


def torn_rows(archive: Path) -> None:
    for path in archive.glob("articles/**/*.gz"):
        path.write_bytes(path.read_bytes()[:-9])


def without_rows(archive: Path) -> None:
    shutil.rmtree(archive / "articles")


def without_a_manifest(archive: Path) -> None:
    max(archive.glob("jobs/*/*")).unlink()


def with_wrong_events(archive: Path) -> None:
    next(archive.glob("events/*/*")).write_bytes(gzip.compress(b"{}\n"))


@pytest.mark.parametrize(
    "damage",
    [without_its_index, flipped, without_a_warc, torn_rows, without_rows, without_a_manifest, with_wrong_events],
)
def test_every_fault_in_a_bucket_is_the_same_line_as_on_disk(
    archive: Path, quick_bucket: Place, run: Run, damage: Callable[[Path], None]
) -> None:
    damage(archive)
    put(archive, quick_bucket)
    status, lines, log = run(archive)
    assert (status, log) == (ExitStatus.VERIFICATION, "")
    renamed = [line.replace(f"{archive}/", f"{quick_bucket.uri}/") for line in lines]
    assert run(quick_bucket) == (status, renamed, "")


def test_what_waits_for_its_upload_is_part_of_the_archive(
    archive: Path, quick_bucket: Place, state: Path, run: Run
) -> None:
    waiting = [key for key in keys_of(archive) if key.startswith(("jobs/", "articles/")) or key.endswith(".cdxj")]
    put(archive, quick_bucket, *(set(keys_of(archive)) - set(waiting)))
    for key in waiting:
        (state / "outbox" / key).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(archive / key, state / "outbox" / key)
    assert run(quick_bucket)[:2] == (ExitStatus.DONE, ["no faults in 2 files, 6 records"])
    torn = state / "outbox" / waiting[0]
    torn.write_bytes(b"")
    assert f"{torn}:1: row: the file is empty" in run(quick_bucket)[1]


TARGETS = ("warc.gz", "jsonl.gz", "json ", "list-type\\S+articles", "list-type\\S+warc")


@pytest.mark.parametrize("pattern", [rf"^GET \S+{target}" for target in TARGETS])
def test_what_cannot_be_fetched_is_named_and_nothing_is_made_up_about_it(
    archive: Path, quick_bucket: Place, run: Run, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    put(archive, quick_bucket)
    stopped: str | None = None

    def rule(_: int, head: str) -> Mishap:
        """The first file that matches never arrives whole."""
        nonlocal stopped
        target = head.split(" ")[1]
        if stopped is None and re.search(pattern, head) and "max-keys=1&" not in target:
            stopped = target
        return Mishap(cut_response=700) if target == stopped else PASS

    with Proxy(quick_bucket.server.endpoint, rule) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        status, lines, log = run(quick_bucket)
    assert stopped
    assert status is ExitStatus.STORAGE
    assert [line for line in lines if ": " in line] == []
    assert len(log.splitlines()) == 1
    if "list-type" not in stopped:
        assert f"s3:/{unquote(stopped)}" in log
        assert " in 2 files, " in lines[-1]


def test_an_index_that_was_made_is_uploaded_and_none_is_ever_replaced(
    archive: Path, quick_bucket: Place, run: Run
) -> None:
    put(archive, quick_bucket)
    before = quick_bucket.content()
    key = next(key for key in before if key.endswith(".cdxj"))
    client = quick_bucket.server.client()
    client.delete_object(Bucket=quick_bucket.name, Key=f"arsip/{key}")
    status, lines, log = run(quick_bucket, deep=False, reindex=True)
    assert (status, lines) == (ExitStatus.DONE, ["no faults in 2 files, 6 records"])
    assert log == f"scrapy verify: {quick_bucket.uri}/{key} was written.\n"
    assert quick_bucket.content() == before

    client.put_object(Bucket=quick_bucket.name, Key=f"arsip/{key}", Body=b"")
    client.close()
    assert run(quick_bucket, deep=False, reindex=True)[0] is ExitStatus.VERIFICATION
    assert quick_bucket.content()[key] == b""


def test_an_index_that_cannot_be_uploaded_now_waits_and_the_status_is_6(
    archive: Path, quick_bucket: Place, state: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_its_index(archive)
    put(archive, quick_bucket)

    def rule(_: int, head: str) -> Mishap:
        return Mishap(status=503, code="SlowDown") if head.startswith("PUT") else PASS

    with Proxy(quick_bucket.server.endpoint, rule) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        status, lines, log = run(quick_bucket, deep=False, reindex=True, patience=0.2)
    assert (status, lines[-1]) == (ExitStatus.UPLOADS_PENDING, "no faults in 2 files, 6 records")
    assert "Indexes that could not be uploaded yet: 1." in log
    monkeypatch.setenv("AWS_ENDPOINT_URL", quick_bucket.server.endpoint)
    with closing(open_storage(quick_bucket.uri, str(state))) as storage:
        assert storage.drain(60) == []
    assert run(quick_bucket)[0] is ExitStatus.DONE


def test_files_that_another_machine_is_still_uploading_are_no_fault_if_the_catalog_knows_of_its_job(
    archive: Path, quick_bucket: Place, state: Path
) -> None:
    index = max(archive.glob("warc/**/*.cdxj"))
    manifest = next(path for path in archive.glob("jobs/*/*") if index.name in path.read_text())
    for path in (manifest, index):
        path.unlink()
    put(archive, quick_bucket)
    uri = f"sqlite:///{state.parent / 'bersama.sqlite3'}"
    with closing(open_catalog(state, uri)) as catalog:
        catalog.note_job(manifest.stem, "contoh", "mesin-lain")
    settings = ("-s", f"ARCHIVE_URI={quick_bucket.uri}", "-s", f"STATE_DIR={state}")
    result = scrapy("verify", "--deep", *settings, CATALOG_URI=uri)
    assert result == (0, "no faults in 2 files, 6 records\n", "")


@pytest.mark.usefixtures("quick_bucket")
def test_a_bucket_that_will_not_have_us_is_a_sentence_and_status_5(state: Path) -> None:
    status, out, log = scrapy("verify", "-s", "ARCHIVE_URI=s3://tidak-ada/arsip", "-s", f"STATE_DIR={state}")
    assert (status, out, len(log.splitlines())) == (5, "", 1)
    assert "tidak-ada" in log
    assert not state.exists()


def test_a_bucket_without_an_archive_is_no_sound_one(quick_bucket: Place, run: Run) -> None:
    with pytest.raises(UsageError, match=f"There is no archive at {quick_bucket.uri}, or it has no WARC file: scrapy"):
        run(quick_bucket)


def test_what_waits_for_another_bucket_is_not_taken_for_a_part_of_this_one(quick_bucket: Place, state: Path) -> None:
    open_state(state, "s3://lain/arsip")
    with pytest.raises(StorageError, match="belongs to s3://lain/arsip"):
        bucket_files(quick_bucket, state)


def test_an_index_that_its_job_puts_there_while_the_warc_is_read_is_not_missing(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = next(archive.glob("warc/**/*.cdxj"))
    whole = index.read_bytes()
    index.unlink()

    def ended(_: str) -> list[str]:
        index.write_bytes(whole)
        return []

    status = verb.Verification(reindex=False).of_archive(OnDisk(archive), ended, deep=False, patience=0)
    assert (status, "index-missing" in capsys.readouterr().out) == (ExitStatus.DONE, False)
