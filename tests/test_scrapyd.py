"""The project as an egg in a real Scrapyd, where it is not installed otherwise."""

from __future__ import annotations

import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.buckets import free_port
from tests.fakesite import FakeSite
from tests.runs import ROOT, environment, read_lines


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def without_the_project(folder: Path) -> Path:
    """A Python that has everything that this one has, but the checkout."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path.suffix != ".pth" and not path.name.startswith("arsip_berita"):
            (packages / path.name).symlink_to(path)
    return folder / "bin" / "python"


def wait_for(ask: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.1)
    pytest.fail("Scrapyd did not get there in time")


@pytest.fixture
def call(tmp_path: Path, site: FakeSite) -> Iterator[Callable[..., dict[str, Any]]]:
    """Asks a Scrapyd that runs in a folder of its own, with the archive in `archive` there."""
    port = free_port()
    conf = (ROOT / "deploy" / "scrapyd.conf").read_text(encoding="utf-8")
    (tmp_path / "scrapyd.conf").write_text(f"{conf}http_port = {port}\npoll_interval = 0.2\n", encoding="utf-8")
    python = without_the_project(tmp_path / "venv")
    env = environment(site) | {"ARCHIVE_URI": str(tmp_path / "archive"), "CONTACT": "mailto:uji@contoh.test"}
    with (tmp_path / "scrapyd.log").open("wb") as log:
        server = subprocess.Popen([python, "-m", "scrapyd"], cwd=tmp_path, env=env, stdout=log, stderr=log)
    session = requests.Session()
    session.trust_env = False  # this machine may have a proxy of its own

    def ask(verb: str, **given: Any) -> dict[str, Any]:
        url = f"http://127.0.0.1:{port}/{verb}.json"
        if given:
            files = {"egg": given.pop("egg")} if "egg" in given else None
            answer = session.post(url, data=given, files=files, timeout=60)
        else:
            answer = session.get(url, timeout=60)
        return dict(answer.json())

    def is_up() -> bool:
        try:
            return bool(ask("daemonstatus")["status"] == "ok")
        except requests.ConnectionError:
            return False

    try:
        wait_for(is_up)
        yield ask
    finally:
        session.close()
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def test_an_egg_is_deployed_and_its_outlet_leaves_rows_in_the_archive(
    tmp_path: Path, call: Callable[..., dict[str, Any]]
) -> None:
    egg = tmp_path / "arsip.egg"
    subprocess.run([sys.executable, ROOT / "deploy" / "egg.py", egg], check=True)
    with egg.open("rb") as file:
        deployed = call("addversion", project="arsip", version="1", egg=file)
    assert deployed["status"] == "ok", deployed
    assert deployed["spiders"] == 15
    begun = call("schedule", project="arsip", spider="tribun", setting="DOWNLOAD_DELAY=0", limit="1")
    assert begun["status"] == "ok", begun
    wait_for(lambda: call("listjobs")["finished"])
    [log] = (tmp_path / "logs").glob("arsip/tribun/*.log")
    assert "tribun: done. Exit status 0." in log.read_text(encoding="utf-8")
    [row] = read_lines(tmp_path / "archive", "articles/**/*.jsonl.gz")
    assert row["outlet"] == "tribun"
    assert "Process finished" in (tmp_path / "scrapyd.log").read_text(encoding="utf-8")
