"""Ten kills at random moments; `make soak` is two hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import soak


@pytest.mark.parametrize("seed", range(2))
def test_a_crawl_killed_again_and_again_loses_nothing_and_fetches_nothing_twice(tmp_path: Path, seed: int) -> None:
    report = soak(tmp_path, kills=5, seed=seed)
    assert report.faults == []
    assert report.kills == 5
    assert report.rows > 0
