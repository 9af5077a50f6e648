"""What a dataset says of itself to programs: datapackage.json, the schema of its columns, checksums."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, get_origin

from archive.dataset import schema
from archive.dataset.card import card
from archive.dataset.coverage import Coverage, table
from archive.dataset.facts import Facts
from archive.dataset.names import CARD, CHECKSUMS, COVERAGE, FACTS, PACKAGE, SCHEMA_FILE
from archive.dataset.selection import Selection
from archive.dataset.write import PLACES, Made, made, summed
from archive.model import SCHEMA

SOFTWARE = f"arsip-berita {version('arsip-berita')}"
"""What makes datasets here."""
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LICENCE = {
    "name": "other-closed",
    "title": "The texts belong to their publishers: mind the law of your country, their terms and their signals",
}

_MEDIA = {
    "parquet": ("parquet", "application/vnd.apache.parquet"),
    "jsonl": ("jsonl", "application/jsonl"),
    "csv": ("csv", "text/csv"),
    "wet": ("wet", "application/warc"),
}
_TYPES: Mapping[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    datetime: "datetime",
    list: "array",
    dict: "object",
}


class Title(NamedTuple):
    """How readers know an outlet."""

    name: str
    website: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """A dataset that is asked for."""

    name: str
    form: str
    """One of `archive.dataset.write.FORMATS`."""
    selection: Selection
    titles: Mapping[str, Title]


@dataclass(frozen=True, kw_only=True)
class Subject(Order):
    """All that there is to be said of a dataset: what was asked for, and what it came to."""

    facts: Facts
    coverage: Coverage | None
    """None where the archive has no catalog, which alone knows what was announced."""
    digest: str
    """SHA-256 of the rows, whatever the format."""
    files: list[Made]
    """Those with rows or texts."""
    software: str = SOFTWARE

    def title(self, outlet: str) -> str:
        """How readers know an outlet; its name here where we do not."""
        return self.titles[outlet].name if outlet in self.titles else outlet


def describe(folder: Path, subject: Subject) -> list[str]:
    """Write what describes the files of a folder; the paths of all files there, datapackage.json last.

    Raises OSError.
    """
    files = [*subject.files, _write(folder, SCHEMA_FILE, [_pretty(_table_schema(subject.form))])]
    if subject.coverage:
        files.append(_write(folder, COVERAGE, table(subject.coverage)))
    package = _write(folder, PACKAGE, [_pretty(_package(subject, files))])
    texts = sorted(path.relative_to(folder).as_posix() for path in (folder / "text").rglob("*.txt"))
    if texts:
        os.sync()  # there may be a hundred thousand
    described = [
        *files,
        *(summed(folder, path) for path in texts),
        _write(folder, CARD, [card(subject, _fields(subject.form)).encode()]),
        package,
    ]
    sums = (f"{file.sha256}  {file.path}\n".encode() for file in sorted(described, key=lambda file: file.path))
    _write(folder, CHECKSUMS, sums)
    return [*(file.path for file in described[:-1]), CHECKSUMS, PACKAGE]


def _package(subject: Subject, files: Iterable[Made]) -> dict[str, Any]:
    facts = subject.facts
    sources = [_source(subject.titles.get(outlet), outlet) for outlet in facts.outlets]
    return {
        "$schema": PROFILE,
        "profile": "data-package",
        "name": subject.name,
        "title": f"Indonesian news: {subject.name}",
        "description": f"{facts.all.rows} articles of {len(facts.outlets)} outlets; {CARD} says what is in it.",
        "version": "1.0.0",
        "licenses": [LICENCE],
        "sources": sources,
        "format": subject.form,
        "schema_version": schema.VERSION,
        "row_schema": SCHEMA,
        "software": subject.software,
        "selection": subject.selection.as_json(),
        "rows": facts.all.rows,
        "rows_sha256": subject.digest,
        "captured": list(facts.captured),
        "days": list(facts.days),
        "left_out": facts.left_out._asdict(),
        "duplicates_joined": facts.joined,
        "clusters": facts.clusters,
        "counts": {outlet: counts._asdict() for outlet, counts in facts.outlets.items()},
        "resources": [_resource(file, subject.form) for file in files],
    }


def _source(title: Title | None, outlet: str) -> dict[str, str]:
    return {"title": title.name, "path": title.website} if title else {"title": outlet}


def _resource(file: Made, form: str) -> dict[str, Any]:
    *folders, name = file.path.split("/")
    found: dict[str, Any] = {"name": "-".join((*folders, name.partition(".")[0])), "path": file.path}
    if file.path == SCHEMA_FILE:
        found |= {"format": "json", "mediatype": "application/json", "encoding": "utf-8"}
    elif file.path in {FACTS, COVERAGE}:
        found |= {"type": "table", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
        found["schema"] = SCHEMA_FILE if file.path == FACTS else _coverage_schema()
    else:
        kind, media = _MEDIA[form]
        found |= {"format": kind, "mediatype": media}
        found |= {} if form == "wet" else {"type": "table", "schema": SCHEMA_FILE}
        found |= {"encoding": "utf-8"} if form in {"jsonl", "csv"} else {}
    if file.path.endswith(".gz"):
        found["compression"] = "gz"
    found |= {"bytes": file.size, "hash": f"sha256:{file.sha256}"}
    return found | ({"rows": file.rows} if file.rows and "schema" in found else {})


def _table_schema(form: str) -> dict[str, Any]:
    """The columns of the format's tables (Table Schema, datapackage.org/standard/table-schema)."""
    fields = [*_fields(form)]
    found: dict[str, Any] = {"fields": fields, "primaryKey": "id"}
    return found | ({"missingValues": []} if form in {"parquet", "jsonl"} else {})


def _fields(form: str) -> Iterator[dict[str, Any]]:
    yield from ({"name": name, **_PLACE_FIELDS[name]} for name in PLACES.get(form, ()))
    for column in schema.columns():
        if column.name == "text" and form in PLACES:
            continue
        kind = get_origin(column.kind) or column.kind
        local = dict(schema.instants()).get(column.name) if form == "parquet" else None
        said = f"{column.description} Here it is in UTC." if local else column.description
        field = {"name": column.name, "type": _TYPES[kind], "description": said}
        # In CSV what is empty is missing.
        is_there = form in {"parquet", "jsonl"} or kind not in {str, list, dict}
        yield field | ({"constraints": {"required": True}} if is_there and not column.is_nullable else {})
        if local:
            said = f"`{column.name}` as ISO 8601 with the offset of the outlet's clock."
            yield {"name": local, "type": "string", "description": said}


_PLACE_FIELDS: Mapping[str, Mapping[str, str]] = {
    "file": {"type": "string", "description": "File of the text in this dataset."},
    "offset": {"type": "integer", "description": "Byte where the gzip member of the conversion record begins."},
    "length": {"type": "integer", "description": "Bytes of that member."},
    "record_id": {"type": "string", "description": "WARC-Record-ID of the conversion record."},
}


def _coverage_schema() -> dict[str, Any]:
    first, *_ = table(Coverage(days={}, alarms={}))
    names = first.decode().strip().split(",")
    return {"fields": [{"name": name, "type": "string" if name in {"outlet", "day"} else "integer"} for name in names]}


def _pretty(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _write(folder: Path, path: str, pieces: Iterable[bytes]) -> Made:
    with (folder / path).open("wb") as file:
        file.writelines(pieces)
    return made(folder, path)
