"""Numbers for Prometheus, read by Prometheus' own parser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from archive.errors import ExitStatus
from archive.model import Pending
from crawler import metrics
from crawler.metrics import Measured
from crawler.summary import Summary
from tests.fakesite import FakeSite, Reply
from tests.runs import scrapy

BEGAN = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
NAMES = ("outlet", "verdict", "reason", "kind", "end")


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def measured(status: ExitStatus = ExitStatus.DONE, hours: int = 0) -> Measured:
    began = BEGAN + timedelta(hours=hours)
    ended = began + timedelta(seconds=90)
    return Measured(status=status, began=began, ended=ended, warc_bytes=3456, alarms=1)


def read(path: Path) -> dict[tuple[str, ...], float]:
    """Name without its beginning, and values of labels -> value."""
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return {
        (
            sample.name.removeprefix("arsip_job_"),
            *(sample.labels[name] for name in NAMES if name in sample.labels),
        ): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_number_of_a_job_is_there_under_its_outlet(tmp_path: Path) -> None:
    summary = Summary(
        outlet="tribun",
        finish="finished",
        announced=22,
        later=2,
        there=4,
        not_asked=1,
        kept=6,
        dropped={"video": 3, "gone": 1},
        failed={"timeout": 2},
        requests={"source": 3, "article": 9},
        revisited={"edited": 1},
        pending=Pending(2, 700, ""),
    )
    path = metrics.write(tmp_path, summary, measured())
    assert path == tmp_path / "arsip_tribun.prom"
    assert [found.name for found in tmp_path.iterdir()] == ["arsip_tribun.prom"]
    assert read(path) == {
        ("last_run_timestamp_seconds", "tribun"): BEGAN.timestamp() + 90,
        ("last_success_timestamp_seconds", "tribun"): BEGAN.timestamp() + 90,
        ("duration_seconds", "tribun"): 90,
        ("exit_status", "tribun"): 0,
        ("announced", "tribun"): 22,
        ("already_there", "tribun"): 4,
        ("not_asked", "tribun"): 1,
        ("later", "tribun"): 2,
        ("kept", "tribun"): 6,
        ("left", "tribun"): 3,
        ("dropped", "tribun", "video"): 3,
        ("dropped", "tribun", "gone"): 1,
        ("failed", "tribun", "timeout"): 2,
        ("requests", "tribun", "source"): 3,
        ("requests", "tribun", "article"): 9,
        ("revisited", "tribun", "edited"): 1,
        ("warc_bytes", "tribun"): 3456,
        ("pending_uploads", "tribun"): 2,
        ("pending_upload_bytes", "tribun"): 700,
        ("alarms", "tribun"): 1,
    }


def test_a_job_that_failed_keeps_the_time_of_the_last_success(tmp_path: Path) -> None:
    summary = Summary(outlet="tribun", finish="finished")
    for hours, status in enumerate((ExitStatus.DONE, ExitStatus.BLOCKED, ExitStatus.SILENT)):
        path = metrics.write(tmp_path, summary, measured(status, hours))
    told = read(path)
    assert told["last_success_timestamp_seconds", "tribun"] == BEGAN.timestamp() + 90
    assert told["last_run_timestamp_seconds", "tribun"] == BEGAN.timestamp() + 90 + 2 * 3600
    assert told["exit_status", "tribun"] == 8


@pytest.mark.parametrize("before", [b"", b"arsip_job_last_success_timestamp_seconds{", b"\xff\x00", b"# TYPE x y\n"])
def test_a_damaged_file_knows_of_no_success_and_is_replaced(tmp_path: Path, before: bytes) -> None:
    (tmp_path / "arsip_tribun.prom").write_bytes(before)
    path = metrics.write(tmp_path, Summary(outlet="tribun", finish=""), measured(ExitStatus.FAULT))
    told = read(path)
    assert told["exit_status", "tribun"] == 1
    assert ("last_success_timestamp_seconds", "tribun") not in told


def test_a_label_is_escaped_whatever_is_in_it(tmp_path: Path) -> None:
    odd = 'a"b\\c\nd{}'
    path = metrics.write(tmp_path, Summary(outlet="tribun", finish="", failed={odd: 1}), measured())
    assert read(path)["failed", "tribun", odd] == 1


def crawl(archive: Path, site: FakeSite, metrics_dir: Path) -> tuple[int, str, str]:
    settings = ("-s", f"ARCHIVE_URI={archive}", "-s", "DOWNLOAD_DELAY=0", "-a", "limit=1")
    return scrapy("crawl", "tribun", *settings, site=site, METRICS_DIR=str(metrics_dir))


def test_a_crawl_writes_what_it_came_to_when_it_failed_too(tmp_path: Path, site: FakeSite) -> None:
    assert crawl(tmp_path / "archive", site, tmp_path)[0] == 0
    first = read(tmp_path / "arsip_tribun.prom")
    warcs = (tmp_path / "archive").glob("warc/**/*.warc.gz")
    assert first["warc_bytes", "tribun"] == sum(path.stat().st_size for path in warcs)
    assert sum(value for (name, *_), value in first.items() if name == "requests") == len(site.requests)
    assert first["kept", "tribun"] == 1
    with FakeSite(wall=True) as wall:
        assert crawl(tmp_path / "archive", wall, tmp_path)[0] == 4
    second = read(tmp_path / "arsip_tribun.prom")
    assert second["exit_status", "tribun"] == 4
    assert second["last_success_timestamp_seconds", "tribun"] == first["last_success_timestamp_seconds", "tribun"]


def test_a_folder_that_cannot_be_written_is_a_warning_and_changes_no_status(tmp_path: Path, site: FakeSite) -> None:
    site.overrides["www.tribunnews.com", "/robots.txt"] = Reply(404)
    site.overrides["www.tribunnews.com", "/index-news"] = Reply(200, body=b"<html></html>")
    status, _, log = crawl(tmp_path, site, tmp_path / "nowhere")
    assert status == 8, log
    assert f"WARNING METRICS_DIR={tmp_path / 'nowhere'} cannot be written: No such file or directory." in log
    assert "Traceback" not in log
