"""`scrapy upload`: what a machine still holds gets to the archive without a crawl."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scrapy.settings import Settings

from archive.catalog import open_catalog
from archive.job import Job
from archive.local import write_file
from archive.model import Article, Capture, Verdict
from archive.outcome import Outcome
from archive.state import State, open_state
from archive.storage import Storage
from crawler import settings
from crawler.commands.upload import Command
from crawler.handover import Handover
from tests.bucket_runs import ONE, Machine
from tests.buckets import Place
from tests.fakesite import FakeSite
from tests.proxy import Fault, Proxy
from tests.runs import ROOT, SCRAPY, Run, environment

PIPELINES = json.dumps({**settings.ITEM_PIPELINES, "tests.killer.Killer": 350})
KEY = "events/lain/20261122010203-abcdef.jsonl.gz"


Upload = Callable[..., Run]


@pytest.fixture
def upload(capsys: pytest.CaptureFixture[str]) -> Upload:
    """`scrapy upload` within this process, with an ARCHIVE_URI, a STATE_DIR and an UPLOAD_PATIENCE."""

    def run(uri: str, state: Path, patience: float = 60) -> Run:
        command = Command()
        command.settings = Settings()
        command.settings.setmodule("crawler.settings")
        command.settings.setdict({"ARCHIVE_URI": uri, "STATE_DIR": str(state), "UPLOAD_PATIENCE": patience})
        command.run([], argparse.Namespace())
        return Run(command.exitcode, *capsys.readouterr(), state)

    return run


@pytest.fixture
def waiting(tmp_path: Path, quick_bucket: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine on which a file waits for its bucket."""
    with Proxy(quick_bucket.server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        machine = Machine(tmp_path, quick_bucket, proxy)
        open_state(tmp_path / "state", quick_bucket.uri)
        write_file(machine.outbox / KEY, b"isi")
        yield machine


def test_what_a_killed_crawl_left_is_finished_and_sent_and_its_row_is_made_by_the_next_crawl(
    tmp_path: Path, quick_bucket: Place
) -> None:
    machine = Machine(tmp_path, quick_bucket)
    with FakeSite() as site:
        with machine.crawling(site, f"url={ONE}", options=("-s", f"ITEM_PIPELINES={PIPELINES}"), KILL_AT=ONE) as child:
            assert child.wait(100) == -9
        sent = machine.upload()
        assert sent.manifest()["finish"] == "killed"
        before = len(site.requests)
        done = machine.crawl(site, f"url={ONE}")
        assert not any(request.path in ONE for request in site.requests[before:])
    assert sent.status == 0, sent.log
    assert sent.out.startswith("uploaded   4 files, ")
    assert done.status == 0, done.log
    assert done.manifest()["counts"]["recovered"] == 1
    assert len(done.rows()) == 1


def test_a_bucket_that_is_down_leaves_6_and_one_that_is_back_0(waiting: Machine, upload: Upload) -> None:
    assert waiting.proxy is not None
    waiting.proxy.down()
    failed = upload(waiting.place.uri, waiting.folder / "state", patience=1)
    assert failed.status == 6, failed.log
    assert f"1 file, 0.0 MB, waits for upload in {waiting.outbox}: " in failed.out
    waiting.proxy.up()
    done = upload(waiting.place.uri, waiting.folder / "state")
    assert done.status == 0, done.log
    assert done.out == f"uploaded   1 file, 0.0 MB, to {waiting.place.uri}\n"
    assert waiting.place.content() == {KEY: b"isi"}
    assert waiting.waiting == []


def test_ctrl_c_ends_with_130_and_the_file_goes_on_waiting(waiting: Machine) -> None:
    assert waiting.proxy is not None
    waiting.proxy.rule = lambda _n, head: Fault(status=503) if head.startswith("PUT") else Fault()
    command = [*SCRAPY, "upload"]
    env = environment() | waiting.env(UPLOAD_PATIENCE="100")
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) as child:
        while not waiting.proxy.count("PUT"):
            assert child.poll() is None
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, log = child.communicate(timeout=60)
    assert child.returncode == 130, log
    assert "Traceback" not in log
    assert waiting.waiting == [KEY]


def test_what_another_machine_keeps_us_from_finishing_ends_with_9(
    waiting: Machine, upload: Upload, capture: Callable[..., Capture]
) -> None:
    dead = Job(outlet="lain", archive_uri=waiting.place.uri, state_dir=str(waiting.folder / "state"))
    dead.capture(capture())
    dead.commit()
    dead.release()
    catalog = open_catalog(waiting.folder / "state" / "catalog.sqlite3")
    catalog.take_lease("lain", "mesin-lain")
    catalog.close()
    done = upload(waiting.place.uri, waiting.folder / "state")
    assert done.status == 9, done.log
    assert "lain is passed over: The outlet lain is leased to mesin-lain" in done.log
    assert waiting.waiting == []  # what was finished is sent all the same


def test_a_job_that_dies_while_others_files_are_sent_leaves_no_0_behind_with_its_own(
    waiting: Machine, upload: Upload, capture: Callable[..., Capture], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert waiting.proxy is not None
    down = waiting.proxy.down
    at_work = Job(outlet="tribun", archive_uri=waiting.place.uri, state_dir=str(waiting.folder / "state"))
    at_work.capture(capture())
    at_work.commit()
    send = Handover._send

    def killed_meanwhile(handover: Handover, storage: Storage, state: State) -> None:
        send(handover, storage, state)
        at_work.release()
        down()

    monkeypatch.setattr(Handover, "_send", killed_meanwhile)
    done = upload(waiting.place.uri, waiting.folder / "state", patience=2)
    assert waiting.waiting != []
    assert done.status == 6, done.log
    assert f"wait for upload in {waiting.outbox}" in done.out


def test_an_archive_on_disk_is_mended_and_an_outlet_at_work_is_passed_over(
    tmp_path: Path, upload: Upload, capture: Callable[..., Capture], article: Callable[..., Article]
) -> None:
    dead = Job(outlet="contoh", archive_uri=str(tmp_path))
    made = article()
    made.captures = [dead.capture(capture())]
    dead.keep(Outcome(article=made, verdict=Verdict.ARTICLE))
    dead.commit()
    dead.release()
    at_work = Job(outlet="lain", archive_uri=str(tmp_path))
    done = upload(str(tmp_path), tmp_path / "state")
    at_work.release()
    assert done.status == 0, done.log
    assert "nothing has to be uploaded" in done.out
    assert "lain is passed over: Another job is at work on lain" in done.log
    assert len(list(tmp_path.glob("articles/outlet=contoh/**/*.jsonl.gz"))) == 1
    assert not list(tmp_path.glob("*/lain"))
