"""Where it lies what the report speaks of: the files of rows, and the records of addresses that made none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from archive import layout, parts
from archive.catalog import Catalog
from archive.errors import Damaged
from archive.files import Files
from archive.ledger import Line
from archive.legible import Legible
from archive.model import RecordRef
from archive.proof import ref_of
from archive.report import queries
from archive.report.data import Missing, day_of

_AT_ONCE = 500


class Parts:
    """Names of the parts of an outlet. On disk they are looked up; in a bucket that would be many requests."""

    def __init__(self, files: Files, folder: str, outlet: str) -> None:
        """`folder`: `articles` or `dropped`."""
        self._files, self._folder, self._outlet = files, folder, outlet
        self._there: dict[str, list[str]] = {}

    def find(self, captured: date, job: str) -> str:
        """Key of the newest part of a job with rows of a day of capture; with `*` in its name where nobody looked."""
        key = layout.rows_key(self._folder, self._outlet, captured, job, "*")
        folder = key.rpartition("/")[0]
        if folder not in self._there:
            self._there[folder] = parts.current(self._files.keys(folder, ".jsonl.gz")) if self._files.is_here else []
        begin = key.partition("*")[0]
        return max((one for one in self._there[folder] if one.startswith(begin)), default=key)


def prove(
    catalog: Catalog, files: Files, outlet: str, lines: Sequence[Line], *, most: int, wrong: Callable[[str], None]
) -> Iterator[Missing]:
    """The same lines, each with the record that its address was judged by, or the part whose row names it.

    What the catalog does not tell is read from parts under `dropped/`, on this disk and no more than `most` of them.
    `wrong` is told what cannot be read. Raises StorageError.
    """
    judged = [line.url for line in lines if line.record]
    proofs: dict[str, RecordRef] = {}
    places: dict[str, str] = {}
    parts = Parts(files, "dropped", outlet)
    for first in range(0, len(judged), _AT_ONCE):
        some = judged[first : first + _AT_ONCE]
        # What was not found, or refused, is no response that another could be a revisit of: the catalog lacks it.
        for row in catalog.select(queries.responses(some)):
            ref = RecordRef(**row.ref)
            proofs[ref.record_id] = ref
        for row in catalog.select(queries.places(some)):
            if captured := day_of(row.captured):
                places[row.url] = parts.find(captured, row.job)
    unproved = dict.fromkeys(places[line.url] for line in lines if line.record not in proofs and line.url in places)
    legible = Legible(files, wrong)
    for key in [key for key in unproved if "*" not in key][:most]:
        for _, facts in legible.lines(key):
            for capture in facts["captures"] if isinstance(facts.get("captures"), list) else ():
                try:
                    ref = ref_of(capture)
                except Damaged:  # scrapy verify --deep names it
                    continue
                proofs[ref.record_id] = ref
    for line in lines:
        yield Missing(line, proofs.get(line.record or ""), places.get(line.url))
