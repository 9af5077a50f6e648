"""A dataset built aside, in the state folder, and then put into the archive: whole, once, under a name for good."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from archive.catalog import Catalog
from archive.dataset.aside import FOLDER, aside
from archive.dataset.build import Built, Tell, build, parts_of
from archive.dataset.describe import Order
from archive.dataset.names import CHECKSUMS, PACKAGE, check_new_name
from archive.errors import ArgumentError, StorageError
from archive.files import files_of
from archive.layout import dataset_key
from archive.storage import Storage, open_storage, state_of


class Frozen(NamedTuple):
    """What `freeze` came to."""

    built: Built
    where: str
    """What a person types to get at it."""
    is_new: bool
    """False when it was there already, byte for byte."""
    left: list[str]
    """Keys of the files that wait for their upload."""


def freeze(
    uri: str,
    state_dir: str | None,
    order: Order,
    catalog: Catalog | None,
    *,
    jobs: int,
    patience: float,
    tell: Tell,
) -> Frozen:
    """Make a dataset. Whatever ends it before its time, the archive has all of it or nothing.

    `patience` is that of `Storage.drain`. Raises ArgumentError for a name that is taken by another dataset, and where
    there are no rows; LeaseHeld while another one is made here, Damaged, StorageError.
    """
    check_new_name(order.name)
    with closing(files_of(uri, state_dir)) as files:
        parts_of(files, order)  # an archive that was mistyped must not be begun
    state = state_of(uri, state_dir)
    with (
        _explained(state.folder),
        aside(state.folder / FOLDER) as folder,
        closing(open_storage(uri, state_dir)) as storage,
    ):
        storage.check()
        there = storage.exists(dataset_key(order.name, PACKAGE))
        if there:
            _refuse_another(storage, order)
        built = build(folder, order, partial(files_of, uri, state_dir), catalog, jobs=jobs, tell=tell)
        if there:
            _refuse_change(storage, order.name, folder)
        else:
            _publish(storage, order.name, folder / "dataset", built.paths, tell)
        left = storage.drain(patience, lambda: tell("uploading", 0, 1))
        where = storage.where(dataset_key(order.name, PACKAGE)).removesuffix(f"/{PACKAGE}")
    return Frozen(built, where, not there, left)


def _refuse_another(storage: Storage, order: Order) -> None:
    """A name is for good. Raises ArgumentError, StorageError."""
    key = dataset_key(order.name, PACKAGE)
    there = _package(storage.read(key, 0, storage.size(key)))
    wanted = {"format": order.form, "selection": order.selection.as_json()}
    if different := [name for name, value in wanted.items() if there.get(name) != value]:
        raise ArgumentError(
            f"There is a dataset {order.name} already, with another {' and '.join(different)}: it stays as it is. "
            "Take another name."
        )


def _package(data: bytes) -> dict[str, Any]:
    with suppress(ValueError, TypeError):
        return dict(json.loads(data))
    return {}


def _refuse_change(storage: Storage, name: str, folder: Path) -> None:
    """Raises ArgumentError where what was built is not what is there, StorageError."""
    key = dataset_key(name, CHECKSUMS)
    made = (folder / "dataset" / CHECKSUMS).read_bytes()
    if not storage.exists(key) or storage.read(key, 0, len(made) + 1) != made:
        raise ArgumentError(
            f"There is a dataset {name} already, made of other rows or by another version, and it stays as it is: the "
            "archive has changed since. Take another name; scrapy diff says what is different."
        )


def _publish(storage: Storage, name: str, folder: Path, paths: list[str], tell: Tell) -> None:
    """Put it into the archive, what says that it is whole last."""
    for key in [*storage.keys(f"datasets/{name}")]:  # of one who was killed while he published
        storage.remove(key)
    done: list[str] = []

    def files(some: list[str]) -> Iterator[tuple[Path, str]]:
        for path in some:
            tell("publishing files", len(done), len(paths))
            done.append(dataset_key(name, path))
            yield folder / path, done[-1]

    try:
        storage.publish_all(files(paths[:-1]))
        storage.publish_all(files(paths[-1:]))
    except BaseException:
        for key in reversed(done):
            storage.remove(key)
        raise


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        room = " Make room, or name another STATE_DIR." if error.errno in {errno.ENOSPC, errno.EDQUOT} else ""
        raise StorageError(
            f"{error.filename or folder} failed: {error.strerror or error}.{room} No dataset was made."
        ) from error
