"""Rows in Parquet files: typed, zstd, the same bytes for the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq

from archive.dataset import schema
from archive.dataset.schema import ORIGINS, Column, Duplicate
from archive.errors import Damaged
from archive.model import RecordRef

_INSTANT = pa.timestamp("us", tz="UTC")
_SCALARS: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: _INSTANT,
}
GROUP = 16 << 20
"""Bytes of JSON whose rows make a row group: what a reader has in memory at a time."""
_AT_ONCE = 256
_ROOM = 128 << 20
"""Bytes that the rows which are read in one go may take, each as long as its whole row group."""


@cache
def arrow_schema() -> pa.Schema:
    """The columns as Arrow has them. Beside an instant in UTC stands the same with its offset, as text."""
    fields = []
    for column in schema.columns():
        fields.append(_field(column))
        if name := dict(schema.instants()).get(column.name):
            fields.append(pa.field(name, pa.string(), nullable=column.is_nullable))
    return pa.schema(fields, metadata={"dataset_schema": str(schema.VERSION)})


class Writer:
    """One file. Every method raises OSError."""

    def __init__(self, where: Path, path: str) -> None:  # noqa: ARG002 - other formats have use for it
        self._writer = pq.ParquetWriter(where, arrow_schema(), compression="zstd", compression_level=3)
        self._rows: list[dict[str, Any]] = []
        self._size = 0

    def add(self, row: Mapping[str, Any], line: bytes) -> Mapping[str, Any]:
        """Add a row; `line` is the same as JSON."""
        self._rows.append(_typed(row))
        self._size += len(line)
        if self._size >= GROUP:
            self._flush()
        return {}

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, arrow_schema()), len(self._rows))
        self._rows, self._size = [], 0


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, as they were given to `Writer`. Raises Damaged, OSError."""
    with path.open("rb") as file:
        try:
            found = pq.ParquetFile(file)
            if not found.schema_arrow.equals(arrow_schema()):
                raise Damaged(f"{path} has other columns than datasets of this version have (docs/datasets.md).")
            for number in range(found.num_row_groups):
                # One long value that all rows of a group share is once in the file, and in memory once for each row.
                most = _ROOM // max(1, found.metadata.row_group(number).total_byte_size)
                for batch in found.iter_batches(max(1, min(_AT_ONCE, most)), [number]):
                    yield from map(_plain, batch.to_pylist())
        except (pa.ArrowException, ValueError, OverflowError, OSError) as error:
            if isinstance(error, OSError) and error.errno:  # the disk's; Arrow's own has no number
                raise
            raise Damaged(f"{path} cannot be read as Parquet: {error}.") from error


def _field(column: Column) -> pa.Field[Any]:
    return pa.field(column.name, _type(column.kind), nullable=column.is_nullable)


def _type(kind: Any) -> pa.DataType:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if get_origin(kind) is list:
        [inner] = get_args(kind)
        return pa.list_(pa.field("element", _type(inner), nullable=False))
    if kind in {RecordRef, Duplicate}:
        return pa.struct([_field(column) for column in schema.columns_of(kind)])
    return pa.struct([pa.field(name, pa.string()) for name in ORIGINS])


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(row)
    for name, iso in schema.instants():
        text = row[name]
        instant = datetime.fromisoformat(text) if text else None
        made[name] = instant.astimezone(UTC) if instant and schema.in_calendar(instant) else None
        if iso:
            made[iso] = text
    return made


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    for name, iso in schema.instants():
        row[name] = row.pop(iso) if iso else row[name].isoformat()
    row["origins"] = {name: origin for name, origin in row["origins"].items() if origin is not None}
    return row
