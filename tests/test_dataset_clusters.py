"""What the rows of a dataset are together, which no record says, is worked out of them again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.dataset.read import open_dataset
from archive.verification import clusters
from tests.datasets import Stock, text
from tests.proofs import rows_of, seal

Row = dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of a report, two copies of it that were cut and changed, the report again, and another one."""
    stock = Stock(tmp_path_factory.mktemp("stock"))
    report = text("laporan", words=150)
    changed = [report.rsplit(" ", 20)[0], report.replace(" ", " sore ", 3)]
    texts = [report, *changed, report, text("lain", words=150)]
    stock.put(*({"number": number, "paragraphs": [one]} for number, one in enumerate(texts, 1)))
    return stock.build("jsonl")


def told(folder: Path) -> list[tuple[int, str]]:
    found = [*clusters.faults(open_dataset(folder))]
    assert all(str(folder / path) == str(next(folder.glob("data/**/*.gz"))) for path, _ in found)
    return [(fault.offset, fault.detail) for _, fault in found]


def test_the_clusters_of_a_dataset_come_out_again(made: Path) -> None:
    assert [bool(row["cluster"]) for row in rows_of(made)] == [True, True, True, False]
    assert clusters.is_comparable(open_dataset(made))
    assert told(made) == []


def test_each_lie_of_a_cluster_is_a_fault_of_its_row(made: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "unduhan"))
    first, second, third, other = rows_of(made)
    seal(folder, [first, second | {"cluster_share": 0.5}, third | {"cluster": None}, other | {"cluster": other["id"]}])
    share, cluster, none = told(folder)
    assert share == (2, f"cluster_share: the dataset has '0.5', its texts give '{second['cluster_share']}'")
    assert cluster == (3, f"cluster: the dataset has 'None', its texts give '{first['id']}'")
    assert none == (4, f"cluster: the dataset has '{other['id']}', its texts give 'None'")


def test_an_article_that_is_there_twice_is_a_fault_be_it_a_duplicate_of_another(made: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "unduhan"))
    first, second, *_ = rows_of(made)
    [copy] = first["duplicates"]
    seal(folder, [first, second, second, second | {"id": "tribun:lain", "duplicates": [copy]}])
    assert [number for number, _ in told(folder)] == [3, 4]
    assert f"id: the dataset has '{copy['id']}' already" in told(folder)[1][1]


def test_clusters_of_another_version_are_not_compared(made: Path) -> None:
    dataset = open_dataset(made)
    package = json.loads((made / "datapackage.json").read_bytes()) | {"software": "arsip-berita 0.0.1"}
    assert not clusters.is_comparable(replace(dataset, package=package))
