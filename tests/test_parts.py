"""Which parts of rows count, and which did before a rebuild."""

from __future__ import annotations

import pytest

from archive import parts
from tests.compared import part_key

FIRST, SECOND = "20261123000000", "20261124000000"


@pytest.mark.parametrize(
    ("there", "counted"),
    [
        ([("articles", "2", ""), ("dropped", "2", "")], [0, 1]),
        ([("articles", "2", ""), ("articles", "2", FIRST), ("dropped", "2", FIRST)], [0]),
        ([("articles", "2", ""), ("articles", "2", FIRST), ("articles", "2", SECOND), ("dropped", "2", "")], [0, 3]),
        ([("articles", "2", FIRST), ("dropped", "2", "")], [0, 1]),
        ([("articles", "2", FIRST), ("articles", "3", SECOND), ("dropped", "2", FIRST)], [0, 2]),
        ([("articles", "9", ""), ("articles", "10", ""), ("dropped", "10", "")], [0]),
    ],
)
def test_what_counted_before_the_first_kept_rebuild_is_found(
    there: list[tuple[str, str, str]], counted: list[int]
) -> None:
    keys = [part_key(*one) for one in there]
    assert parts.before(reversed(keys)) == sorted(keys[number] for number in counted)


def test_a_file_that_no_job_named_counted_before_as_it_does_now() -> None:
    keys = ["articles/outlet=contoh/date=2026-11-22/part-lain.jsonl.gz", part_key("articles"), part_key("dropped")]
    assert parts.before(keys) == sorted(keys)
    assert parts.before(keys) == parts.current(keys)
