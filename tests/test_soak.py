"""Six kills at random moments; `make soak` is two hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import soak


@pytest.mark.timeout(600)  # seven crawls one after the other, of a program that begins anew each time
def test_a_crawl_killed_again_and_again_loses_nothing_and_fetches_nothing_twice(tmp_path: Path) -> None:
    report = soak(tmp_path, kills=6, seed=0)
    assert report.faults == []
    assert report.kills == 6
    assert report.rows > 0
