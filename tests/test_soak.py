"""Six kills at random moments; `make soak` is two hundred, of processes that begin as a user's do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs import begun
from tests.soak import soak


@pytest.mark.timeout(600)  # seven crawls one after the other
def test_a_crawl_killed_again_and_again_loses_nothing_and_fetches_nothing_twice(tmp_path: Path) -> None:
    report = soak(tmp_path, kills=6, seed=0, begin=begun)
    assert report.faults == []
    assert report.kills == 6
    assert report.rows > 0
