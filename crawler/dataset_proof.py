"""What `scrapy verify --dataset` does: the files by their digests, then each row by the bytes that it was made of."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from archive.dataset import schema
from archive.dataset.describe import SOFTWARE
from archive.dataset.digest import RowsDigest
from archive.dataset.names import CHECKSUMS, PACKAGE, check_name
from archive.dataset.read import Dataset, Place, open_dataset
from archive.errors import ArgumentError, Damaged, ExitStatus, StorageError
from archive.faults import Fault, Kind, shown
from archive.files import Files, OnDisk
from archive.layout import dataset_key
from archive.verification import clusters, takedowns
from archive.verification import dataset as of_files
from archive.verification.evidence import Evidence, revoked_from, wrong
from archive.verification.originals import excerpt
from crawler.bulk import Bulk, Made, is_of_today
from crawler.findings import Findings
from crawler.outlet import Outlet
from crawler.rereading import Row
from crawler.verb import counted

_WITH_ROWS = ("parquet", "jsonl")
"""Formats that hold rows as they are in the archive."""


def place_of(name: str, archive: Files) -> Files | Path:
    """Where the dataset of a name is: in the archive, or in a folder of its own. Raises ArgumentError."""
    folder = Path(name or check_name(name))
    is_path = "/" in name or name in {".", ".."}
    if is_path and not folder.is_dir():
        raise ArgumentError(
            f"There is no folder {shown(name)}: give that of a dataset, or the name of one in the archive."
        )
    return folder if is_path or (folder.is_dir() and not archive.exists(dataset_key(name, PACKAGE))) else archive


@dataclass(frozen=True, slots=True)
class _Looked:
    """A row that was looked at."""

    path: str
    number: int
    faults: list[Fault] = field(default_factory=list)
    row: Row | None = None
    """What is to be derived again; None where that cannot be, or says nothing."""


class DatasetProof(Findings):
    """One dataset, held against its own checksums and against the archive that it was made of."""

    def __init__(self, where: Files | Path, name: str, sample: int | None) -> None:
        """`where`: an archive with a dataset of that name, or the folder of one.

        `sample`: so many rows, the same on every machine; all without.
        """
        super().__init__()
        self._where, self._name, self._sample = where, name, sample
        self._files = OnDisk(where) if isinstance(where, Path) else where
        self._prefix = "" if isinstance(where, Path) else dataset_key(name, "")
        self._counts: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._broken: set[str] = set()
        self._rows = 0
        self._digest = RowsDigest() if sample is None else None
        """Of all rows; None where not all can be read."""
        self._cited = ""
        """What it came to."""

    def run(self, archive: Files | None, outlets: Mapping[str, Outlet], bulk: Callable[[], Bulk]) -> ExitStatus:
        """Check it; without an archive the files alone. Raises ArgumentError, StorageError, OutputError."""
        dataset = self._sound()
        if dataset and archive:
            self._of_takedowns(archive)
        if dataset and archive is None:
            self.note(
                "There is no archive at ARCHIVE_URI: the files of the dataset were checked, and its rows were not."
            )
        elif dataset and archive and dataset.format not in _WITH_ROWS:
            self._of_revocations(archive, dataset.name)
            self.note(
                f"The files of the dataset were checked, and its rows were not: {dataset.format} does not hold them as "
                "they are in the archive. A dataset in parquet or jsonl is checked row by row."
            )
        elif dataset and archive:
            with closing(Evidence(archive)) as evidence, bulk() as working:
                self._of_rows(dataset, evidence, outlets, working)
        self._end()
        return self.status

    def _sound(self) -> Dataset | None:
        """The dataset with those of its files that are sound; None where nobody can say what is in it."""
        if not any(self._files.exists(self._prefix + name) for name in (PACKAGE, CHECKSUMS)):
            open_dataset(self._where, self._name)  # says what is wrong
        checked = of_files.Checked()
        for path, fault in of_files.check(self._files, self._prefix, self.refused, self.progress.tell, checked):
            self.say(self._at(path), fault)
        self._counts["files"] = checked.files
        if PACKAGE in checked.unsound:
            return None
        try:
            opened = open_dataset(self._where, self._name)
        except Damaged as error:
            self.say(self._at(PACKAGE), Fault(Kind.DATAPACKAGE, 0, str(error)))
            return None
        sound = [file for file in opened.files if file.path not in checked.unsound]
        if len(sound) < len(opened.files):
            self._digest = None
        if opened.format in _WITH_ROWS:
            self._of_folder(opened, checked.unsound)
        return replace(opened, files=sound)

    def _of_folder(self, dataset: Dataset, named: set[str]) -> None:
        """Name what lies among the rows and is none of them: whoever reads the whole folder reads it too."""
        known = named | {file.path for file in dataset.files if file.rows}
        keys = self._files.keys(f"{self._prefix}data", refused=self.refused)
        for path in sorted(key.removeprefix(self._prefix) for key in keys):
            if path not in known:
                self.say(self._at(path), Fault(Kind.FILE_EXTRA, 0, f"{PACKAGE} does not say that it has rows"))

    def _of_takedowns(self, archive: Files) -> None:
        """Name torn entries of the log: what they took down may look like rows that lack their captures."""
        for key, fault in takedowns.of_entries(archive, self.refused):
            if fault:
                self.say(archive.where(key), fault)

    def _of_revocations(self, archive: Files, name: str) -> None:
        """Say what the log of takedowns has for a dataset whose rows are not read; a folder may have another name."""
        for told in revoked_from(archive, {self._name, name}):
            self._counts["taken down"] += 1
            self.note(f"taken-down: {told}")

    def _of_rows(self, dataset: Dataset, evidence: Evidence, outlets: Mapping[str, Outlet], bulk: Bulk) -> None:
        is_chosen = self._chosen(dataset)
        evidence.gather(self._wanted(dataset, is_chosen), self.refused, self.progress.tell)
        pending: deque[_Looked] = deque()

        def asked() -> Iterator[Row]:
            for place in self._places(dataset, is_chosen):
                looked = self._look(place, evidence, outlets)
                if looked.row is None and not pending:
                    self._tell(looked)
                elif looked.row is not None or looked.faults:
                    pending.append(looked)
                if looked.row is not None:
                    yield looked.row

        for _, made in bulk.reread(asked()):
            while pending[0].row is None:
                self._tell(pending.popleft())
            looked = pending.popleft()
            looked.faults.extend(_differences(looked, made))
            self._counts["derived again"] += not looked.faults
            self._tell(looked)
        while pending:
            self._tell(pending.popleft())
        if self._sample is None and not self.faults and not self.unread:
            self._of_clusters(dataset)
        self._of_digest(dataset)

    def _of_digest(self, dataset: Dataset) -> None:
        """Hold what people cite against the rows, in their order."""
        if self._digest is None:
            return
        self._cited = self._digest.hexdigest()
        stated = dataset.package.get("rows_sha256")
        if stated != self._cited:
            detail = f"rows_sha256 is {shown(str(stated))}, and its rows give {self._cited}"
            self.say(self._at(PACKAGE), Fault(Kind.DATAPACKAGE, 0, detail))

    def _of_clusters(self, dataset: Dataset) -> None:
        """Compare all texts again, where every row is sound by itself: one wrong text is wrong for its neighbours."""
        if not clusters.is_comparable(dataset):
            self.note(f"Clusters were not checked: another version of this program made them than {SOFTWARE}.")
            return
        self.progress.tell("comparing texts")
        for path, fault in clusters.faults(dataset):
            self.say(self._at(path), fault)

    def _wanted(self, dataset: Dataset, is_chosen: Callable[[Row], bool]) -> Iterator[Row]:
        for place in self._places(dataset, is_chosen):
            self._rows += 1
            if wrong(place.number, place.row):
                self._digest = None
                continue
            if self._digest:
                self._digest.add(place.path, place.row)
            yield place.row

    def _chosen(self, dataset: Dataset) -> Callable[[Row], bool]:
        """Which rows are meant: of a sample those whose ids have the smallest digests."""
        if self._sample is None:
            return lambda _: True
        digests = (_digest(place.row) for place in self._places(dataset, lambda _: True))
        names = frozenset(heapq.nsmallest(self._sample, digests))
        return lambda row: _digest(row) in names

    def _places(self, dataset: Dataset, is_chosen: Callable[[Row], bool]) -> Iterator[Place]:
        """The rows that are meant; a file that cannot be read is named once."""
        for file in dataset.files:
            try:
                yield from (place for place in replace(dataset, files=[file]).places() if is_chosen(place.row))
            except Damaged as error:
                self._digest = None
                if file.path not in self._broken:
                    self.say(self._at(file.path), Fault(Kind.DATAPACKAGE, 0, str(error)))
                self._broken.add(file.path)
            except (OSError, StorageError) as error:
                self._digest = None
                self.refused(error, self._at(file.path))

    def _look(self, place: Place, evidence: Evidence, outlets: Mapping[str, Outlet]) -> _Looked:
        """Hold a row against the records and the rows that it names."""
        self._counts["rows"] += 1
        self.progress.tell_often(f"row {self._counts['rows']:,} of {self._rows:,}")
        row, number = place.row, place.number
        if faults := wrong(number, row):
            return _Looked(place.path, number, faults)
        if told := evidence.revoked.get(row["id"]):
            self._counts["taken down"] += 1
            self.note(f"{self._at(place.path)}:{number}: taken-down: {told}")
            return _Looked(place.path, number)
        for one in row["duplicates"]:
            if told := evidence.revoked.get(one["id"]):
                self.note(f"{self._at(place.path)}:{number}: taken-down: duplicates: {told}")
        outlet = outlets.get(row["outlet"])
        is_comparable = outlet is not None and is_of_today(row, outlet)
        if not is_comparable:
            self._others[f"extractor {row['extractor']} with rules {row['rules'][:8]}"] += 1
        try:
            faults = [fault._replace(offset=number) for fault in evidence.faults(row, whole=not is_comparable)]
        except (OSError, StorageError) as error:
            self.refused(error)
            return _Looked(place.path, number)
        return _Looked(place.path, number, faults, row if is_comparable and not faults else None)

    def _tell(self, looked: _Looked) -> None:
        for fault in looked.faults:
            self.say(self._at(looked.path), fault)

    def _at(self, path: str) -> str:
        return self._files.where(self._prefix + path)

    def _end(self) -> None:
        number = self._others.total()
        if number:
            makers = ", ".join(f"{times:,} by {maker}" for maker, times in sorted(self._others.items()))
            self.note(
                f"{counted(number, 'row')} of other extractors or rules than today's: {makers}. Their captures were "
                "checked, and their fields cannot be derived again, only compared with the archive's rows of the same "
                "extractor and rules: scrapy rebuild makes the rows anew, and scrapy dataset a dataset of them."
            )
            self._counts["of other extractors or rules"] = number
        files, rows = counted(self._counts.pop("files"), "file"), counted(self._counts.pop("rows", 0), "row")
        line = f"{self.counted()} in {files}, {rows}"
        told = [f"{times:,} {what}" for what, times in self._counts.items() if times]
        line += f": {', '.join(told)}" if told else ""
        self.note(f"{line}; rows sha256:{self._cited}" if self._cited else line)


def _differences(looked: _Looked, made: Made) -> Iterator[Fault]:
    """What is different in the row that was derived just now."""
    assert looked.row
    if isinstance(made, str):
        yield Fault(Kind.ROW_NOT_DERIVED, looked.number, made)
    elif "verdict" in made:
        detail = f"verdict: the dataset has an article, and its captures give {made['verdict']}: {made['reason']}"
        yield Fault(Kind.ROW_FIELD, looked.number, detail)
    else:
        for name, value in schema.canonical(made).items():
            if (ours := looked.row[name]) != value:
                detail = f"{name}: the dataset has {excerpt(ours, value)}, its captures give {excerpt(value, ours)}"
                yield Fault(Kind.ROW_FIELD, looked.number, detail)


def _digest(row: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(f"{row.get('id')}\n{row.get('version')}".encode("utf-8", "replace")).digest()
