"""Every fault between us and an S3 server: nothing lost, nothing twice, and nothing gone before it is there."""

from __future__ import annotations

import logging
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.s3 import bucket as client_module
from archive.s3 import digests, uploader
from archive.s3.abilities import abilities_of, say_once
from archive.s3.outbox import Outbox
from archive.s3.remote import RemoteStorage
from tests.buckets import TORN, Place, SeaweedFS, place
from tests.proxy import PASS, Fault, Proxy

pytestmark = [pytest.mark.filterwarnings(*TORN), pytest.mark.usefixtures("torn")]

SMALL, BIG = os.urandom(3000), os.urandom((5 << 20) + 3000)
WARC = "warc/contoh/a.warc.gz"
PATIENCE = 60.0
"""For what comes to an end as soon as it can, however slow the machine is."""


class Line:
    """A storage behind a proxy. Whatever leaves the outbox must be in the bucket, equal, at that moment."""

    def __init__(self, bucket: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bucket, self.folder = bucket, folder
        self.proxy = Proxy(bucket.server.endpoint)
        self.too_early: list[str] = []
        monkeypatch.setenv("AWS_ENDPOINT_URL", self.proxy.endpoint)
        self.storage = RemoteStorage(bucket.uri, folder / "state")
        remove = Outbox.remove

        def checked(outbox: Outbox, key: str) -> None:
            if bucket.fetch(key) != (outbox.folder / key).read_bytes():
                self.too_early.append(key)
            remove(outbox, key)

        monkeypatch.setattr(Outbox, "remove", checked)

    def put(self, key: str, data: bytes) -> None:
        path = self.folder / "spooled"
        path.write_bytes(data)
        self.storage.publish(path, key)

    def arrives(self, key: str, data: bytes) -> None:
        """Publish a file; it must arrive, and everything else be as it was."""
        before = self.bucket.tags()
        self.put(key, data)
        assert self.storage.drain(PATIENCE) == []
        after = self.bucket.tags()
        assert after.pop(key)
        assert after == before
        assert self.too_early == []


@pytest.fixture
def line(bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    yield from _line(bucket, tmp_path, monkeypatch)


@pytest.fixture
def quick_line(quick_bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    yield from _line(quick_bucket, tmp_path, monkeypatch)


def _line(bucket: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr(digests, "PART_SIZE", 5 << 20)
    monkeypatch.setattr(uploader, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(uploader, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(client_module, "TRIES", 1)  # ours are tried here, not boto3's
    abilities_of.cache_clear()
    say_once.cache_clear()
    line = Line(bucket, folder, monkeypatch)
    with line.proxy:
        yield line
        line.storage.close()


def waits(storage: RemoteStorage, problem: str) -> None:
    """Drain until that is what keeps the file from going."""

    def tick() -> None:
        if problem in storage.pending().problem:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        storage.drain(PATIENCE, tick)


def once(pattern: str, fault: Fault, after: int = 0) -> Callable[[int, str], Fault]:
    """The fault meets one request whose first line matches, `after` others like it."""
    met = 0
    turn = threading.Lock()

    def rule(_: int, head: str) -> Fault:
        nonlocal met
        if not re.search(pattern, head.partition("\r\n")[0]):
            return PASS
        with turn:
            met += 1
            return fault if met == after + 1 else PASS

    return rule


STAGES = {
    "put": (SMALL, r"^PUT"),
    "compare": (SMALL, r"^HEAD"),
    "begin": (BIG, r"^POST .*\?uploads"),
    "part": (BIG, r"^PUT .*partNumber=2"),
    "complete": (BIG, r"^POST .*\?uploadId"),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_connection_that_is_cut_at_any_stage_loses_nothing(line: Line, stage: str) -> None:
    data, pattern = STAGES[stage]
    requests, answers = ((0, 60, 900, 2500), range(0, 400, 45)) if data is SMALL else ((0, 2500), (0, 130))
    cuts = [Fault(cut_request=at) for at in requests] + [Fault(cut_response=at) for at in answers]
    for number, fault in enumerate(cuts):
        line.proxy.rule = once(pattern, fault)
        line.arrives(f"warc/contoh/{number}", data)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, code="InternalError"),
        Fault(status=503, code="SlowDown"),
        Fault(status=409, code="ConditionalRequestConflict"),
        Fault(status=507, code="InsufficientStorage"),
        Fault(status=403, code="ExpiredToken"),
    ],
    ids=lambda fault: fault.code,
)
def test_an_error_at_any_stage_loses_nothing(quick_line: Line, fault: Fault) -> None:
    for stage in ("put", "part", "complete", "compare"):
        data, pattern = STAGES[stage]
        quick_line.proxy.rule = once(pattern, fault)
        quick_line.arrives(f"warc/contoh/{stage}", data)


def test_a_server_that_falls_silent_in_a_part_is_left_and_the_part_sent_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    falls_silent = once("partNumber=1", Fault(cut_request=2 << 20, stall=2))

    def rule(number: int, head: str) -> Fault:
        fault = falls_silent(number, head)
        if fault is not PASS:  # whatever follows has all the time in the world
            monkeypatch.setattr(client_module, "SENDING_SECONDS", 60.0)
        return fault

    monkeypatch.setattr(client_module, "SENDING_SECONDS", 0.5)
    line.proxy.rule = rule
    line.arrives(WARC, BIG)
    assert line.proxy.count("partNumber=1") == 2


@pytest.mark.parametrize("data", [SMALL, BIG], ids=["whole", "parts"])
def test_a_body_that_arrives_damaged_is_sent_again(line: Line, data: bytes) -> None:
    line.proxy.rule = once(r"^PUT", Fault(flip=2000))
    line.arrives(WARC, data)


def test_a_body_that_arrives_damaged_each_time_is_kept_here_and_never_said_to_be_uploaded(quick_line: Line) -> None:
    quick_line.proxy.rule = lambda _, head: Fault(flip=2000) if head.startswith("PUT") else PASS
    quick_line.put(WARC, SMALL)
    waits(quick_line.storage, "arrived damaged 3 times")
    assert quick_line.storage.pending().files == 1
    assert quick_line.too_early == []


def test_what_was_damaged_is_replaced_only_as_long_as_it_is_the_same(quick_line: Line) -> None:
    other = b"x" * 3000

    def meddle(_: int, head: str) -> Fault:
        if head.startswith("PUT") and "if-match" in head.lower():
            quick_line.bucket.put(WARC, other)
        return damage(_, head)

    damage = once(r"^PUT", Fault(flip=2000))
    quick_line.arrives("warc/contoh/first", SMALL)
    quick_line.proxy.rule = meddle
    quick_line.put(WARC, SMALL)
    assert quick_line.storage.drain(PATIENCE) == [WARC]
    assert quick_line.bucket.content()[WARC] == other


@pytest.mark.parametrize("when", ["between parts", "before the end"])
def test_a_multipart_upload_that_somebody_aborts_begins_anew(line: Line, when: str) -> None:
    pattern = {"between parts": "partNumber=2", "before the end": r"^POST .*\?uploadId"}[when]
    aborted: list[str] = []

    def abort(_: int, head: str) -> Fault:
        if re.search(pattern, head.partition("\r\n")[0]) and not aborted:
            client = line.bucket.server.client()
            for upload in client.list_multipart_uploads(Bucket=line.bucket.name)["Uploads"]:
                where = {"Bucket": line.bucket.name, "Key": upload["Key"], "UploadId": upload["UploadId"]}
                client.abort_multipart_upload(**where)  # type: ignore[arg-type]
                aborted.append(upload["UploadId"])
        return PASS

    line.proxy.rule = abort
    line.arrives(WARC, BIG)
    assert aborted


def test_a_part_that_got_through_is_not_sent_again(line: Line) -> None:
    line.proxy.rule = once("partNumber=2", Fault(cut_request=1000))
    line.arrives(WARC, BIG)
    assert line.proxy.count("partNumber=1") == 1
    assert line.proxy.count("partNumber=2") == 2


@pytest.mark.parametrize("data", [SMALL, BIG], ids=["whole", "parts"])
def test_an_answer_that_was_lost_is_not_taken_for_anothers_file(line: Line, data: bytes) -> None:
    pattern = r"^PUT" if data is SMALL else r"^POST .*\?uploadId"
    line.arrives("warc/contoh/first", SMALL)
    line.proxy.rule = once(pattern, Fault(cut_response=0))
    line.arrives(WARC, data)
    assert line.proxy.count(f"{pattern}|{WARC}.*{pattern}") >= 1


def test_a_clock_that_is_wrong_delays_an_upload_and_is_named(
    sound_bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(sound_bucket, tmp_path, monkeypatch)
    earlier = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    with line.proxy:
        with monkeypatch.context() as patch:
            patch.setattr("botocore.auth.get_current_datetime", lambda: earlier)
            line.put(WARC, SMALL)
            waits(line.storage, "refuses the time of this machine")
        assert line.storage.drain(PATIENCE) == []
        line.storage.close()


def test_credentials_that_are_renewed_while_we_run_are_used(
    sound_bucket: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploader, "LONGEST_PAUSE", 0.1)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "kedaluwarsa")
    storage = RemoteStorage(sound_bucket.uri, tmp_path / "state")
    (tmp_path / "spooled").write_bytes(SMALL)
    storage.publish(tmp_path / "spooled", WARC)
    waits(storage, "check AWS_SECRET_ACCESS_KEY")
    for name, value in sound_bucket.server.env.items():
        monkeypatch.setenv(name, value)
    assert storage.drain(PATIENCE) == []
    storage.close()


@pytest.mark.parametrize("data", [SMALL, BIG], ids=["whole", "parts"])
@pytest.mark.parametrize("kind", ["refuses", "ignores"])
def test_a_server_without_conditional_writes_is_noticed_said_once_and_looked_at_first(
    quick_line: Line, caplog: pytest.LogCaptureFixture, kind: str, data: bytes
) -> None:
    def rule(_: int, head: str) -> Fault:
        if "if-none-match" not in head.lower():
            return PASS
        return Fault(status=501, code="NotImplemented") if kind == "refuses" else Fault(drop=("If-None-Match",))

    quick_line.proxy.rule = rule
    quick_line.arrives("warc/contoh/first", SMALL)
    quick_line.arrives("warc/contoh/second", data)
    quick_line.bucket.put(WARC, b"punya orang")
    quick_line.put(WARC, data)
    assert quick_line.storage.drain(PATIENCE) == [WARC]
    assert quick_line.bucket.content()[WARC] == b"punya orang"
    assert sum("If-None-Match" in record.getMessage() for record in caplog.records) == 1


@pytest.mark.parametrize("kind", ["refuses", "ignores", "ignores and encrypts"])
def test_a_server_without_checksums_is_noticed_said_once_and_compared_otherwise(
    line: Line, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    def rule(_: int, head: str) -> Fault:
        if kind == "refuses" and re.search(r"x-amz-checksum-(sha256|algorithm):", head, re.IGNORECASE):
            return Fault(status=501, code="NotImplemented")
        if kind == "ignores and encrypts" and head.startswith("HEAD"):
            return Fault(hide="x-amz-checksum|etag")
        return Fault(hide="x-amz-checksum")

    line.proxy.rule = rule
    for number, data in enumerate((SMALL, BIG, SMALL)):
        line.arrives(f"warc/contoh/{number}", data)
    said = [record.getMessage() for record in caplog.records if "no SHA-256 checksums" in record.getMessage()]
    assert len(said) == len(set(said)) > 0
    assert (line.proxy.count(r"^GET .*warc/contoh/\d ") > 0) == (kind == "ignores and encrypts")


def test_a_server_that_dies_and_comes_back_under_load_has_everything_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(uploader, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(client_module, "SENDING_SECONDS", 5.0)
    files = {f"warc/o{n % 5}/{n:02d}": random.Random(n).randbytes(400_000) for n in range(60)}
    with SeaweedFS(tmp_path / "server", restarts=True) as server:
        bucket = place(server, monkeypatch)
        storage = RemoteStorage(bucket.uri, tmp_path / "state")
        for key, data in files.items():
            (tmp_path / "spooled").write_bytes(data)
            storage.publish(tmp_path / "spooled", key)
        while storage.pending().files > 40:
            time.sleep(0.01)
        server.kill()
        server.start()
        assert storage.drain(PATIENCE) == []
        assert bucket.content() == files
        storage.close()
    assert "Uploads wait" in caplog.text
