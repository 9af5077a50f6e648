"""The rows of an archive that the rows of a dataset were taken from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from archive import parts
from archive.dataset import schema
from archive.errors import StorageError
from archive.faults import Fault, shown
from archive.files import Files, Unread
from archive.layout import row_folders
from archive.model import SCHEMA, RecordRef
from archive.scratch import Scratch
from archive.verification import rows
from archive.verification.pairs import key

_ROW = ("outlet", "url", "captured", "captures", "job")
"""What nothing but the archive's own row can prove: what a rebuild keeps."""
_OF_THE_DAY = ("drift", "opt_out")
"""What the job knew by more than the page: a row that is derived again takes it over, and other rules may mend it."""
_DUPLICATE = ("outlet", "url", "captures")
"""Of an article with the same text."""
_MADE = ("text_sha256", "published")
"""Of that one too, as far as the same extractor and rules made it."""
_MAKER = ("outlet", "extractor", "rules")
_BEFORE = 20
"""Characters of a long value that are shown before those that are different."""

_TABLES = """
CREATE TABLE wanted (name BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE units (outlet TEXT, day TEXT, job TEXT, PRIMARY KEY (outlet, day, job)) WITHOUT ROWID;
CREATE TABLE rows (name BLOB, is_article INTEGER, facts TEXT);
CREATE INDEX by_name ON rows (name);
"""
_ANY = ""
"""Day and job of what may lie anywhere."""


class Originals:
    """Is told which rows are wanted, reads them, and says what is different. Raises StorageError when it cannot."""

    def __init__(self) -> None:
        self._scratch = Scratch(_TABLES)
        self._makers: set[tuple[str, ...]] = set()
        """Outlets, extractors and rules of the rows that are wanted."""
        self.is_whole = True
        """Could everything be read?"""

    def close(self) -> None:
        """Let go of the temporary file."""
        self._scratch.close()

    def want(self, row: Mapping[str, Any]) -> None:
        """A row of a dataset, and those that it stands for."""
        day = datetime.fromisoformat(row["captured"]).astimezone(UTC).date().isoformat()
        self._want(row, day, row["job"])
        self._makers.add(_maker(row))
        for duplicate in row["duplicates"]:
            self._want(duplicate, _ANY, _ANY)

    def read(self, files: Files, refused: Callable[[Unread], None], tell: Callable[[str], None]) -> None:
        """Read them. `refused` is told what cannot be read, `tell` what is read now."""

        def lost(error: Unread) -> None:
            self.is_whole = False
            refused(error)

        for (outlet,) in list(self._scratch.select("SELECT DISTINCT outlet FROM units ORDER BY outlet")):
            for folder in row_folders(outlet):
                found = files.keys(folder, ".jsonl.gz", refused=lost)
                for part in parts.current(found):
                    if not self._is_wanted(part):
                        continue
                    tell(part)
                    try:
                        self._scratch.many("INSERT INTO rows VALUES (?, ?, ?)", self._rows(files, part))
                    except (OSError, StorageError) as error:
                        lost(error)

    def of_row(self, row: Mapping[str, Any], *, whole: bool) -> list[str] | None:
        """Where a row of a dataset says something else than the archive's own: `url: ...`.

        Where the archive's row is of the same extractor and rules, `drift` and `opt_out` are compared too, and with
        `whole` every field. None where the archive has no such row, or has it under `dropped/` alone, as a rebuild may
        have judged.
        """
        kept, made = _facts(row, _ROW), _facts(row, (*_ROW, *_OF_THE_DAY))
        found = []
        for theirs in self._found(row):
            is_alike = _maker(row) == _maker(theirs)
            ours = made if is_alike else kept
            told = _told(ours, theirs)
            if whole and is_alike:
                told += (
                    f"{name}: the dataset has {shown(str(row[name]))}, the archive something else"
                    for name, digest in _digests(row).items()
                    if name not in ours and digest != theirs["digests"].get(name)
                )
            found.append(told)
        return min(found, key=len, default=None)

    def of_duplicate(self, duplicate: Mapping[str, Any], text_sha256: str) -> list[str] | None:
        """The same for an article that is said to have this text.

        What another extractor or other rules than those of the dataset's rows made of it since is not compared.
        """
        ours = _facts(duplicate, _DUPLICATE)
        found = []
        for theirs in self._found(duplicate):
            made = {"text_sha256": text_sha256, "published": duplicate["published"]}
            found.append(_told(ours | (made if _maker(theirs) in self._makers else {}), theirs))
        return min(found, key=len, default=None)

    def _found(self, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        query = "SELECT facts FROM rows WHERE name = ? AND is_article ORDER BY facts"
        return (json.loads(text) for (text,) in self._scratch.select(query, _name(row)))

    def is_dropped(self, row: Mapping[str, Any]) -> bool:
        """Is it no article any more, by the rules of the last rebuild?"""
        query = "SELECT 1 FROM rows WHERE name = ? AND NOT is_article"
        return next(self._scratch.select(query, _name(row)), None) is not None

    def _want(self, row: Mapping[str, Any], day: str, job: str) -> None:
        self._scratch.run("INSERT OR IGNORE INTO wanted VALUES (?)", _name(row))
        self._scratch.run("INSERT OR IGNORE INTO units VALUES (?, ?, ?)", row["outlet"], day, job)

    def _is_wanted(self, path: str) -> bool:
        part = parts.part_of(path)
        if part is None:  # under another name than a job gives: its rows count like others
            return True
        query = "SELECT 1 FROM units WHERE outlet = ? AND (day = ? AND job = ? OR day = ?)"
        return next(self._scratch.select(query, *part.unit, _ANY), None) is not None

    def _rows(self, files: Files, part: str) -> Iterator[tuple[bytes, bool, str]]:
        """What can be read of a part: `scrapy verify --deep` names the rest."""
        is_article = not part.startswith("dropped/")
        with files.held(part) as path:
            for found in rows.objects(path):
                if isinstance(found, Fault) or next(rows.of_row(*found, dropped=not is_article), None):
                    self.is_whole = False
                    continue
                _, row = found
                if row["schema"] == SCHEMA and row["captured"] and self._is_known(row):  # no dataset has others
                    facts = {**_facts(row, (*_ROW, *_OF_THE_DAY, *_MAKER, *_MADE)), "digests": _digests(row)}
                    yield _name(row), is_article, json.dumps(facts)

    def _is_known(self, row: Mapping[str, Any]) -> bool:
        return next(self._scratch.select("SELECT 1 FROM wanted WHERE name = ?", _name(row)), None) is not None


def excerpt(value: Any, other: Any) -> str:
    """A value as a detail quotes it; of a long one where it begins to be another than the other one."""
    texts = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in (value, other)]
    same = next((at for at, (one, two) in enumerate(zip(*texts, strict=False)) if one != two), min(map(len, texts)))
    begin = max(0, same - _BEFORE)
    return f"...{shown(texts[0][begin:])}" if begin else shown(texts[0])


def _told(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: the dataset has {excerpt(value, theirs[name])}, the archive {excerpt(theirs[name], value)}"
        for name, value in ours.items()
        if value != theirs[name]
    ]


def _maker(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in _MAKER)


def _digests(row: Mapping[str, Any]) -> dict[str, str]:
    """Field -> a short digest of its value, as datasets have it."""
    fields = schema.canonical(row)
    return {name: key(json.dumps(value)).hex() for name, value in fields.items() if name not in schema.OWN}


def _name(row: Mapping[str, Any]) -> bytes:
    return key(row["id"], str(row["version"]))


def _facts(row: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    found = {name: row[name] for name in fields}
    if captured := found.get("captured"):
        found["captured"] = datetime.fromisoformat(captured).astimezone(UTC).isoformat()
    found["captures"] = [{name: ref[name] for name in RecordRef.__slots__} for ref in row["captures"]]
    return found
