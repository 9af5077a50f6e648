"""What `scrapy diff` cannot compare: a sentence each, and no gate that opens."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError

from tests.compared import SECOND, counted, dataset, part, part_key, row


def test_what_is_no_row_is_named_and_the_gate_does_not_open(rebuilt: Path, diff: Callable[..., Any]) -> None:
    path = rebuilt / part_key("articles", "3", SECOND)
    lines = gzip.decompress(path.read_bytes()) + b'[1]\n{"id": 3}\nrusak\n'
    path.write_bytes(gzip.compress(lines) + b"\x00\x01sampah")
    status, said, log = diff("before", "archive", lost="9")
    assert status == 5
    assert said["unread"] == 4
    assert counted(said)["b"] == 3
    assert f"{path}: line 4: the line is no object" in log


@pytest.mark.parametrize("older", ["archive", "2:aaaa"])
@pytest.mark.parametrize("only", [None, "contoh"])
def test_where_no_row_at_all_can_be_read_the_damage_is_named_and_no_argument_is_blamed(
    tmp_path: Path, diff: Callable[..., Any], older: str, only: str | None
) -> None:
    path = part(tmp_path / "data", [row(1)])
    path.write_bytes(path.read_bytes()[:-20])
    copy = part(tmp_path / "copy", [row(1)])
    copy.write_bytes(b"rusak")
    status, said, log = diff(older, str(tmp_path / "copy"), outlet=only)
    assert (status, said) == (5, [])
    assert f"{path}: line 1: the file cannot be read" in log
    assert ("No row that can be read was made with 2:aaaa" if ":" in older else f"{copy}: line 1") in log


def torn(folder: Path) -> None:
    path = folder / "data" / "part-00000.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])


def gone(folder: Path) -> None:
    (folder / "data" / "part-00000.jsonl.gz").unlink()


def short(folder: Path) -> None:
    path = folder / "data" / "part-00000.jsonl.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).splitlines(keepends=True)[0]))


def odd(folder: Path) -> None:
    path = folder / "data" / "part-00000.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": 5, "duplicates": 7}\n' * 2))


def joined(folder: Path) -> None:
    path = folder / "data" / "part-00000.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(row(duplicates=[3])).encode() + b"\n"))


def newer(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text())
    (folder / "datapackage.json").write_text(json.dumps(package | {"schema_version": 99}))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (torn, "cannot be read"),
        (gone, "is not there"),
        (short, "has 1 rows and not 2"),
        (odd, "row 1: id cannot be '5'"),
        (joined, "row 1: outlet cannot be 'None'"),
        (newer, "schema version"),
    ],
)
def test_half_a_dataset_is_not_compared(
    rebuilt: Path, diff: Callable[..., Any], harm: Callable[[Path], None], said: str
) -> None:
    harm(dataset(rebuilt / "datasets" / "rusak", [row(1), row(2)]))
    status, out, log = diff("archive", "rusak")
    assert (status, out) == (5, [])
    assert said in log


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (("archive",), {}, "Name two sets of rows"),
        (("archive", "before", "3"), {}, "Name two sets of rows"),
        (("archive", "--semua"), {}, "There is no option --semua"),
        (("archive", "archive"), {}, "A and B are both archive /.*/data: it does not differ"),
        (("archive", "{root}"), {}, "A and B are both"),
        (("archive", "4"), {}, "extractors: 2, 2:aaaa, 2:bbbb, 3, 3:cccc; datasets: berita; and the folder"),
        (("archive", "2:ffff"), {}, "No row was made with 2:ffff. There are archive, before and rebuild"),
        (("archive", "tidak/ada"), {}, "There is no tidak/ada to compare"),
        (("archive", "\x1b[2J\x00"), {}, r"There is no \\x1b\[2J\\x00 to compare"),
        (("archive", "{root}/articles"), {}, "There is no .*/articles to compare"),
        (("archive", "before"), {"outlet": " ,"}, "--outlet is empty"),
        (("archive", "before"), {"outlet": "tribun"}, "of tribun: name others with --outlet, or leave it out"),
        (("archive", "before"), {"outlet": "contoh,tribun"}, "of tribun: name others with --outlet, or leave it out"),
        (("archive", "before"), {"examples": -1}, "--examples=-1 cannot be"),
        (("archive", "before"), {"lost": "sedikit"}, "--lost=sedikit is no threshold"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(
    rebuilt: Path, diff: Callable[..., Any], names: tuple[str, ...], options: dict[str, Any], said: str
) -> None:
    dataset(rebuilt / "datasets" / "berita", [row()])
    with pytest.raises(UsageError, match=said):
        diff(*(name.format(root=rebuilt) for name in names), **options)


def test_an_archive_that_is_not_there_is_named(tmp_path: Path, diff: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match=f"There is no archive at {tmp_path}/data"):
        diff("archive", "before")
