"""Everything that an archive holds of an article: by its catalog, its rows, its indexes and its WARC files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import sqlalchemy as sa

from archive import cdxj, layout, parts, schema
from archive.catalog import Catalog
from archive.dataset.names import names_in
from archive.errors import ArsipError, Damaged
from archive.faults import Fault
from archive.files import Files
from archive.indexes import Indexes
from archive.known import Known
from archive.model import Verdict
from archive.reader import Record, read
from archive.takedown import log, revocations
from archive.takedown.found import Addresses, Found, FoundRecord, FoundRow
from archive.verification import rows
from archive.verification.fields import uri

_ADVICE = "scrapy verify --deep tells more; mend it, and start again."
_PLAIN = re.compile(r"[A-Za-z0-9-]+")
_SHORTEST = 5
_URL = re.compile(r'"url": "([^"]*)"')


def find(
    files: Files,
    catalog: Catalog,
    outlet: Addresses,
    asked: Asked,
    *,
    tell: Callable[[str], None],
    complain: Callable[[str], None],
) -> Found:
    """All that the archive holds of an article.

    `tell` is told how far it is, `complain` what cannot be looked into. Raises Damaged for a file that cannot be
    searched to its end, StorageError, OSError.
    """
    found = Found(outlet=asked.outlet, url=asked.url, article_id=asked.article_id)
    search = _Search(files, outlet, found, tell)
    search.in_catalog(catalog)
    search.in_rows()
    search.in_log(complain)
    search.in_warcs()
    if found.is_due:
        search.in_datasets(complain)
    search.in_checks()
    found.damaged = sum(asked.outlet in key.replace("outlet=", "").split("/") for key in files.keys("damaged"))
    return found


class Asked(NamedTuple):
    """What is looked for."""

    outlet: str
    """Name of the outlet."""
    url: str
    """One of its canonical addresses."""
    article_id: str
    """Whose address it is by its own number, as long as neither catalog nor rows say anything else."""


class _Search:
    """One search, in this order: each step may come to know more addresses for the next."""

    def __init__(self, files: Files, outlet: Addresses, found: Found, tell: Callable[[str], None]) -> None:
        self._files, self._outlet, self._found, self._tell = files, outlet, found, tell
        self._addresses = {found.url}
        self._is_named = False

    def in_catalog(self, catalog: Catalog) -> None:
        """Id and addresses."""
        found, table = self._found, schema.known
        asked = catalog.known(found.url)
        if asked and asked.article_id:
            found.article_id, self._is_named = asked.article_id, True
        query = sa.select(table).where(table.c.article_id == found.article_id, table.c.outlet == found.outlet)
        known = [Known(**schema.named(table, row)) for row in catalog.select(query)]
        known += [asked] if asked and not known else []
        self._add(line.url for line in known)
        found.published = next((line.published for line in known if line.published), None)
        tombstones = (line.visited for line in known if line.verdict == Verdict.TAKEN_DOWN)
        found.taken_down = min(filter(None, tombstones), default=None)

    def in_rows(self) -> None:
        """The rows, those that count no more included; their captures may name more addresses."""
        found, known = self._found, (0, "")
        while known != (len(self._addresses), found.article_id):
            known = len(self._addresses), found.article_id
            found.rows = [row for key in self._parts() for row in self._of_part(key)]

    def in_log(self, complain: Callable[[str], None]) -> None:
        """What is told of takedowns of the article, and those that were cut short, or of whose end no entry is left."""
        found, told = self._found, log.read(self._files, self._found.outlet)
        for key in told.torn:
            complain(
                f"{self._files.where(key)} is not as it was written, and stays as it is: take it from a copy. What the "
                "list of revocations says stays, too."
            )
        for entry in told.unfinished():
            if entry["id"] == found.article_id:
                found.unfinished[entry["job"]] = entry
                self._add(entry["addresses"])
        found.told = told.of_article(found.article_id)
        found.listed = [] if found.told else revocations.of_article(self._files, found.article_id)

    def in_warcs(self) -> None:
        """The records, by the indexes first: a file of which no index names the article is not read."""
        found = self._found
        found.addresses = sorted(self._addresses)
        keys = list(self._files.keys(f"warc/{found.outlet}", ".warc.gz"))
        captured: set[str] = set()
        with closing(Indexes(self._files)) as indexes:
            for number, key in enumerate(keys, 1):
                self._tell(f"index {number} of {len(keys)}  {key}")
                for line in indexes.lines(key):
                    if self._is_of_it(line.url):
                        found.lines.setdefault(key, []).append(line.offset)
                        captured.add(line.url)
        again = {key for entry in found.unfinished.values() for key in entry["files"] if key.endswith(".warc.gz")}
        for key in sorted({*found.lines, *again} & {*keys}):
            self._tell(f"records  {key}")
            with self._files.held(key) as path:
                found.records += self._of_warc(path, key)
        captured.update(record.url for record in found.records if record.url)
        captured.update(found.addresses)
        found.captured = sorted(captured)

    def in_datasets(self, complain: Callable[[str], None]) -> None:
        """Datasets that hold a row of it."""
        from archive.dataset.read import open_dataset  # noqa: PLC0415 - pyarrow takes a moment

        for name in names_in(self._files):
            self._tell(f"dataset {name}")
            try:
                dataset = open_dataset(self._files, name)
                rows: Iterable[Any] = dataset.rows() if dataset.format in {"parquet", "jsonl"} else dataset.facts()
                number = sum(1 for row in rows if self._is_told_of_it(row))
            except (ArsipError, OSError) as error:
                complain(f"The dataset {name} cannot be looked into. {error}")
                self._found.datasets[name] = None
            else:
                if number:
                    self._found.datasets[name] = number

    def in_checks(self) -> None:
        """Checks of the outlet that fetched it."""
        found: set[str] = set()
        for key in self._files.keys(f"checks/{self._found.outlet}", ".cdxj"):
            with self._files.held(key) as path, path.open(encoding="utf-8", errors="replace") as lines_of:
                if any(self._is_of_it(url) for line in lines_of for url in _URL.findall(line)):
                    found.add("/".join(key.split("/")[:3]))
        self._found.checks = sorted(found)

    def _add(self, urls: Iterable[str]) -> None:
        """Take in addresses that are the article's: where it led once may be the front page, or another article."""
        for url in urls:
            canonical = self._canonical(url)
            if (
                canonical
                and self._outlet.is_article(canonical)
                and self._outlet.same_article(self._found.url, canonical)
            ):
                self._addresses.add(canonical)

    def _canonical(self, url: str) -> str | None:
        return self._outlet.canonical(url) if self._outlet.owns(url) else None

    def _is_of_it(self, url: str) -> bool:
        # To make an address canonical takes longer than to look for a part of it.
        return any(_needle(one) in url for one in self._addresses) and self._canonical(url) in self._addresses

    def _is_row_of_it(self, row: dict[str, Any]) -> bool:
        if row.get("id") and row["id"] == self._found.article_id:
            return True
        captures = row.get("captures") or ()
        return any(self._is_of_it(one) for one in {str(row.get("url") or ""), *(ref["url"] for ref in captures)})

    def _is_told_of_it(self, row: dict[str, Any]) -> bool:
        """Is it a row of a dataset, or a line of its facts, of the article or of one with the same text?"""
        name, joined = self._found.article_id, str(row.get("duplicates") or "")
        if row.get("id") == name or any(f"{name}{end}" in joined for end in "\"'"):
            return True
        return self._is_of_it(str(row.get("url") or ""))

    def _parts(self) -> Iterator[str]:
        found: list[str] = []
        for folder in layout.row_folders(self._found.outlet):
            found += self._files.keys(folder, ".jsonl.gz")
        self._current = frozenset(parts.current(found))
        for number, key in enumerate(found, 1):
            self._tell(f"rows: file {number} of {len(found)}  {key}")
            yield key

    def _of_part(self, key: str) -> Iterator[FoundRow]:
        part, dropped = parts.part_of(key), key.startswith("dropped/")
        with self._files.held(key) as path:
            for found in rows.objects(path):
                if isinstance(found, Fault) or part is None:
                    detail = found.detail if isinstance(found, Fault) else "that is no name of a part"
                    raise Damaged(f"{self._files.where(key)} cannot be searched: {detail}. {_ADVICE}")
                number, row = found
                try:
                    if self._is_row_of_it(row):
                        self._add((row["url"], *(ref["url"] for ref in row["captures"])))
                        if row["id"] and not self._is_named and not dropped:
                            self._found.article_id, self._is_named = row["id"], True
                        yield _row(row, key, number, part.job, counts=key in self._current, dropped=dropped)
                except (LookupError, TypeError, AttributeError) as error:
                    where = f"{self._files.where(key)}, line {number}"
                    raise Damaged(f"{where}, is no row of ours. {_ADVICE}") from error

    def _of_warc(self, path: Path, key: str) -> Iterator[FoundRecord]:
        """The records of the article, and those of the same exchanges, in a file. Raises Damaged."""
        notes = list(_notes(path))
        chosen = {note.offset: note for note in notes if note.url and self._is_of_it(note.url)}
        names = {note.record_id for note in chosen.values()}
        chosen |= {note.offset: note for note in notes if names & note.refers}
        silent = {note.offset for note in notes if not note.is_indexed}
        if lost := [offset for offset in self._found.lines.get(key, ()) if offset not in chosen.keys() | silent]:
            raise Damaged(f"{self._files.where(key)} has no record at byte {lost[0]}, where its index has. {_ADVICE}")
        at = [note.offset for note in notes]
        with path.open("rb") as file:
            for offset, note in sorted(chosen.items()):
                if at.count(offset) > 1 or note.is_plain:
                    raise Damaged(f"{self._files.where(key)}: not every record is a gzip member of its own. {_ADVICE}")
                file.seek(offset)
                digest = hashlib.sha256(file.read(note.length)).hexdigest()
                yield FoundRecord(
                    warc=key,
                    offset=offset,
                    length=note.length,
                    kind=note.kind,
                    record_id=note.record_id,
                    url=note.url,
                    date=note.date,
                    sha256=digest,
                )


class _Note:
    """What is remembered of a record while its file is read."""

    __slots__ = ("date", "is_indexed", "is_plain", "kind", "length", "offset", "record_id", "refers", "url")

    def __init__(self, record: Record, *, is_plain: bool) -> None:
        self.offset, self.length, self.is_plain = record.offset, record.length, is_plain
        self.kind = record.get("WARC-Type") or ""
        self.record_id = record.get("WARC-Record-ID") or ""
        self.url = uri(record.get("WARC-Target-URI") or "")
        self.date = record.get("WARC-Date") or ""
        self.is_indexed = cdxj.of_record(record, "") is not None
        # A stub refers to what it took the place of; that is gone, and so is never among the names.
        self.refers = frozenset(chain(record.values("WARC-Concurrent-To"), record.values("WARC-Refers-To")))


def _notes(path: Path) -> Iterator[_Note]:
    with path.open("rb") as file:
        is_plain = file.read(2) != b"\x1f\x8b"
    for record in read(path):
        if isinstance(record, Record):
            yield _Note(record, is_plain=is_plain)


def _row(row: dict[str, Any], key: str, line: int, job: str, *, counts: bool, dropped: bool) -> FoundRow:
    return FoundRow(
        part=key,
        line=line,
        job=job,
        counts=counts,
        id=row["id"],
        version=row["version"],
        url=row["url"],
        captured=row["captured"] or "",
        complete=row["complete"],
        text_sha256=row["text_sha256"],
        is_article=not dropped,
    )


@cache
def _needle(url: str) -> str:
    """What every way to write an address has in common."""
    parts = urlsplit(url)
    longest = max(_PLAIN.findall(f"{parts.path}?{parts.query}"), key=len, default="")
    return longest if len(longest) >= _SHORTEST else ""
