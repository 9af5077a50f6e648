"""An archive may hold lines and records that nobody here wrote: they are named, and the others make the catalog."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from tests.lives import on_disk
from tests.test_rebuild import URL, edit, run

WAITS = {"url": URL, "warc": "warc/x.warc.gz", "offset": 0, "length": 1, "record_id": "x", "payload_digest": "sha1:A"}


@pytest.mark.parametrize(
    ("part", "change", "words"),
    [
        ("articles", {"captures": [{"record_id": "x", "warc": None}]}, "None is no text"),
        ("events", {"event": "cut-short", "waiting": [WAITS | {"began": "0001-01-01T00:00:00+07:00"}]}, "calendar"),
        ("events", {"event": "cut-short", "waiting": [WAITS | {"began": "2026-11-22T00:00:00"}]}, "has no offset"),
    ],
)
def test_a_field_that_cannot_be_ours_is_named_and_stops_nothing(
    tmp_path: Path, part: str, change: dict[str, Any], words: str
) -> None:
    place = on_disk(tmp_path)
    run(place, 1)
    [path] = tmp_path.glob(f"{part}/**/*.gz")
    edit(path, lambda line: line | change)
    rebuilt = place.rebuild()
    [complaint] = place.complaints
    assert complaint.startswith(f"{path}: line 1: ")
    assert words in complaint
    assert rebuilt.articles
    assert rebuilt.captures == 1


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+07:00", "9999-12-31T23:59:59-07:00", "2026-11-22"])
def test_a_record_with_a_date_that_no_catalog_holds_is_named_and_stops_nothing(tmp_path: Path, date: str) -> None:
    place = on_disk(tmp_path)
    [ref, _] = run(place, 1, 2)
    warc = tmp_path / ref.warc
    whole, end = warc.read_bytes(), ref.offset + ref.length
    record = re.sub(rb"(?<=WARC-Date: )[^\r]*", date.encode(), gzip.decompress(whole[ref.offset : end]), count=1)
    warc.write_bytes(whole[: ref.offset] + gzip.compress(record) + whole[end:])
    assert place.rebuild().captures == 1
    assert place.complaints == [f"{warc}: byte {ref.offset}: the record has no date"]


def test_jobs_of_one_second_are_put_in_order_whatever_their_first_events_are(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    run(place, 1)
    run(place, 2)
    for path in tmp_path.glob("events/**/*.gz"):
        path.write_bytes(gzip.compress(b"[" * 100_000))
        path.rename(path.with_name(f"20261122000000-{path.name[15:]}"))
    assert place.rebuild().articles == 2
