"""Disks, folders and files that fail: each ends in words, and the next run has everything once."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive.catalog import open_catalog
from archive.errors import StorageError, StorageUnreachable
from archive.job import Job
from archive.state import open_state
from tests import buckets
from tests.fakesite import FakeSite
from tests.runs import ROOT, SCRAPY, Run, crawl, environment, scrapy


@pytest.fixture(scope="module")
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, site: FakeSite) -> Run:
    run = crawl("tribun", tmp_path_factory.mktemp("first") / "archive", site)
    assert run.status == 0, run.log
    return run


@pytest.fixture
def done(first: Run, tmp_path: Path) -> Run:
    """A crawl that went well, in an archive that a test may spoil."""
    shutil.copytree(first.archive, tmp_path / "archive")
    return replace(first, archive=tmp_path / "archive")


def refused(run: Run, site: FakeSite) -> str:
    """What a crawl says that ends before its first request."""
    before = len(site.requests)
    again = crawl("tribun", run.archive, site)
    assert again.status == 5, again.log
    assert len(site.requests) == before
    return again.log


def on_a_disk_of_its_own(script: str, folder: Path, site: FakeSite) -> list[str]:
    """Run shell lines with a small file system of their own at $DISK; what they printed. Its files are in `folder`."""
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", disk], check=False).returncode:
        pytest.skip("no right to mount a file system of its own: neither root nor user namespaces")
    crawl_it = " ".join([*SCRAPY, "crawl tribun -s DOWNLOAD_DELAY=0 -s CONTACT=uji@contoh.test"])
    shell = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f'set -u; crawl() {{ {crawl_it} "$@"; echo "status $?"; }}\n{script}'],
        cwd=ROOT,
        env=environment(site) | {"DISK": str(disk), "ARCHIVE_URI": str(disk / "archive"), "OUT": str(folder / "out")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return (shell.stdout + shell.stderr).splitlines()


@pytest.mark.parametrize("limit", ["size=250k", "nr_inodes=25"])
def test_a_full_disk_ends_with_5_and_once_there_is_room_everything_is_there_once(
    tmp_path: Path, site: FakeSite, limit: str
) -> None:
    said = on_a_disk_of_its_own(
        f"mount -t tmpfs -o {limit} tmpfs $DISK; crawl; mount -o remount,size=64m,nr_inodes=9999 $DISK; crawl; "
        "cp -r $DISK/archive $OUT",
        tmp_path,
        site,
    )
    assert [line for line in said if line.startswith("status")] == ["status 5", "status 0"], "\n".join(said)
    assert any(re.search("No space left on device|disk is full|disk I/O error", line) for line in said), "\n".join(said)
    rows = Run(0, "", "", tmp_path / "out").rows()
    assert len(rows) == len({row["id"] for row in rows}) == 4


def test_an_archive_that_is_read_only_is_refused_before_any_request_and_can_still_be_verified(
    tmp_path: Path, site: FakeSite
) -> None:
    before = len(site.requests)
    said = on_a_disk_of_its_own(
        "mount -t tmpfs tmpfs $DISK; crawl; mount -o remount,ro $DISK; "
        f'echo again; crawl; {" ".join(SCRAPY)} verify --deep; echo "status $?"',
        tmp_path,
        site,
    )
    assert [line for line in said if line.startswith("status")] == ["status 0", "status 5", "status 0"], "\n".join(said)
    assert any("Read-only file system" in line for line in said[said.index("again") :])
    asked = [f"{request.host}{request.path}" for request in site.requests[before:]]
    assert asked.count("www.tribunnews.com/robots.txt") == 1, "of the first crawl"


def test_a_state_folder_that_is_gone_is_said_and_the_catalog_can_be_made_anew(done: Run, site: FakeSite) -> None:
    shutil.rmtree(done.archive / "state")
    assert "scrapy catalog rebuild" in refused(done, site)
    assert repaired(done, site)


def test_a_catalog_that_is_damaged_is_said_and_can_be_made_anew(done: Run, site: FakeSite) -> None:
    path = done.archive / "state" / "catalog.sqlite3"
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
    assert "scrapy catalog rebuild" in refused(done, site)
    assert repaired(done, site)


def repaired(done: Run, site: FakeSite) -> bool:
    """After `scrapy catalog rebuild` the next run knows everything and fetches no article."""
    status, _, log = scrapy("catalog", "rebuild", "-s", f"ARCHIVE_URI={done.archive}")
    assert status == 0, log
    before = len(site.requests)
    last = crawl("tribun", done.archive, site)
    assert last.status == 0, last.log
    asked = {request.path for request in site.requests[before:]}
    return last.rows() == done.rows() and not asked & {urlsplit(row["url"]).path for row in done.rows()}


def test_a_part_of_rows_that_was_cut_is_named_and_its_articles_can_be_had_again(done: Run, site: FakeSite) -> None:
    [part] = done.archive.glob("articles/**/*.jsonl.gz")
    part.write_bytes(part.read_bytes()[:-40])
    status, out, _ = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={done.archive}")
    assert status == 10
    assert f"{part}:" in out
    status, _, log = scrapy("catalog", "rebuild", "-s", f"ARCHIVE_URI={done.archive}")
    assert status == 10
    assert part.name in log
    part.unlink()
    last = crawl("tribun", done.archive, site)
    assert last.status == 0, last.log
    assert [row["text"] for row in last.rows()] == [row["text"] for row in done.rows()]


def test_a_state_folder_of_a_newer_version_is_refused_in_words(done: Run, site: FakeSite) -> None:
    marker = done.archive / "state" / "state.json"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"version": 99}))
    assert "version 99" in refused(done, site)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": "dua"}'])
def test_a_state_folder_whose_version_cannot_be_read_is_refused_in_words(tmp_path: Path, content: str) -> None:
    marker = tmp_path / "state.json"
    marker.write_text(content)
    with pytest.raises(StorageError, match=r"state\.json cannot be read"):
        open_state(marker.parent, None)


def test_every_row_of_the_table_of_faults_names_tests_that_are_there() -> None:
    rows = [line for line in (ROOT / "docs" / "faults.md").read_text().splitlines() if line.startswith("| ")]
    faults = [row.rstrip("| ").rpartition("|")[2] for row in rows if not row.startswith("| fault")]
    assert len(faults) > 40
    for named in faults:
        tests = re.findall(r"`(\w+\.py)::(\w+)`", named)
        assert tests, named
        for file, name in tests:
            assert f"def {name}(" in (ROOT / "tests" / file).read_text(), named


def test_a_state_folder_or_a_catalog_of_another_archive_is_refused(tmp_path: Path) -> None:
    here, there, state = str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "state")
    catalog = f"sqlite:///{tmp_path}/catalog.sqlite3"
    Job(outlet="contoh", archive_uri=here, state_dir=state, catalog_uri=catalog).finish({})
    with pytest.raises(StorageError, match=f"belongs to {here}"):
        Job(outlet="contoh", archive_uri=there, state_dir=state)
    with closing(open_catalog(tmp_path, catalog)) as known:
        known.belong_to("s3://lain/arsip")
    with pytest.raises(StorageError, match="is that of s3://lain/arsip"):
        Job(outlet="contoh", archive_uri=here, state_dir=state, catalog_uri=catalog)
    (tmp_path / "a").rename(tmp_path / "c")  # with no state folder of its own it may not move unsaid
    with pytest.raises(StorageError, match=r"state\.json"):
        Job(outlet="contoh", archive_uri=str(tmp_path / "c"), state_dir=state, catalog_uri=catalog)


def test_an_archive_that_has_its_state_folder_with_it_may_move(done: Run, site: FakeSite) -> None:
    moved = replace(done, archive=done.archive.rename(done.archive.with_name("pindah")))
    again = crawl("tribun", moved.archive, site)
    assert again.status == 0, again.log
    assert len(again.rows()) == 4


def test_a_first_job_does_not_begin_while_nobody_can_say_what_the_bucket_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in buckets.environment(f"http://127.0.0.1:{buckets.free_port()}").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StorageUnreachable, match=r"what the archive holds: nothing was begun, start again"):
        Job(outlet="contoh", archive_uri="s3://ember/arsip", state_dir=str(tmp_path))
    assert not list((tmp_path / "spool").glob("*/*"))
