"""What the rows of a dataset are together: each article once, and in clusters as their texts have it."""

from __future__ import annotations

from collections.abc import Iterator

from archive.dataset.describe import SOFTWARE
from archive.dataset.near import Document, clusters
from archive.dataset.read import Dataset
from archive.dataset.selection import document
from archive.faults import Fault, Kind, shown


def is_comparable(dataset: Dataset) -> bool:
    """Would this version cluster the same rows alike? Another one may have another rule."""
    return dataset.package.get("software") == SOFTWARE


def faults(dataset: Dataset) -> Iterator[tuple[str, Fault]]:
    """Every fault, with the path of its file, of a dataset whose rows are sound one by one.

    Raises Damaged, StorageError, OSError.
    """
    repeated: list[tuple[str, Fault]] = []
    near = clusters(_documents(dataset, repeated))
    yield from repeated
    if repeated:
        return
    for path, number, row in dataset.places():
        found = near.get(row["id"])
        told = {"cluster": found.cluster if found else None, "cluster_share": found.share if found else None}
        for name, value in told.items():
            if row[name] != value:
                detail = f"{name}: the dataset has {shown(str(row[name]))}, its texts give {shown(str(value))}"
                yield path, Fault(Kind.ROW_FIELD, number, detail)


def _documents(dataset: Dataset, repeated: list[tuple[str, Fault]]) -> Iterator[Document]:
    seen: set[str] = set()
    for path, number, row in dataset.places():
        is_new = row["id"] not in seen
        for name in (row["id"], *(one["id"] for one in row["duplicates"])):
            if name in seen:
                fault = Fault(Kind.ROW_FIELD, number, f"id: the dataset has {shown(name)} already, and says so again")
                repeated.append((path, fault))
            seen.add(name)
        if is_new:
            yield document(row)
