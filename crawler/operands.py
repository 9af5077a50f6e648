"""What a person can name to `scrapy diff`, and the rows of each."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from archive import parts
from archive.comparison import sides
from archive.comparison.sides import Rows, Side
from archive.dataset.names import PACKAGE, check_name, names_in
from archive.errors import ArgumentError, Damaged
from archive.files import Files, OnDisk, files_of, is_begun
from archive.layout import dataset_key
from archive.legible import Legible
from archive.scratch import Scratch

if TYPE_CHECKING:
    from scrapy.settings import Settings

    from crawler.outlet import Outlet

ARCHIVE, BEFORE, REBUILD = "archive", "before", "rebuild"
NOT_MADE = "not-made"
"""Instead of a verdict: the row could not be made again."""

_MADE_WITH = re.compile(r"([^-/:]+)(?::([0-9a-f]+))?", re.ASCII)
_IN_BUCKET = re.compile(r"(s3://.+)/datasets/([^/]+)/?")


class Operands:
    """The sides that an archive and the places beside it can give. Every method raises StorageError, OSError."""

    def __init__(
        self,
        settings: Settings,
        outlets: dict[str, Outlet],
        only: list[str],
        opened: ExitStack,
        complain: Callable[[str], None],
    ) -> None:
        """`only`: outlets that are meant, all without any. `complain` is told what cannot be read, in words."""
        self._settings, self._outlets, self._only = settings, outlets, only
        self._opened, self._complain = opened, complain
        self._legible: list[Legible] = []
        self._not_made = 0

    @property
    def unread(self) -> int:
        """Lines that could not be read as rows, and rows that could not be made again, so far."""
        return self._not_made + sum(legible.faults.total() for legible in self._legible)

    def side(self, name: str) -> Side:
        """What a name means. Raises ArgumentError, Damaged."""
        if name in {ARCHIVE, BEFORE, REBUILD}:
            return self._of_archive(name)
        if "/" in name or name in {".", "..", "~"}:
            return self._at(name)
        return self._made_with(name) or self._dataset(name) or self._at(name)

    @cached_property
    def _files(self) -> Files:
        return self._open(self._settings["ARCHIVE_URI"], self._settings["STATE_DIR"])

    @cached_property
    def _keys(self) -> list[str]:
        return sides.keys_of(self._files, self._only)

    @cached_property
    def _rows_of(self) -> Callable[[list[str]], Rows]:
        return self._reader(self._files)

    def _open(self, uri: str, state_dir: str | None) -> Files:
        files = files_of(uri, state_dir)
        self._opened.callback(files.close)
        return files

    def _reader(self, files: Files) -> Callable[[list[str]], Rows]:
        return partial(sides.rows_of, self._reading(files))

    def _reading(self, files: Files) -> Legible:
        legible = Legible(files, self._complain)
        self._legible.append(legible)
        return legible

    def _of_archive(self, name: str) -> Side:
        if not is_begun(self._files):
            raise ArgumentError(
                f"There is no archive at {self._files.name}: scrapy crawl OUTLET makes one, ARCHIVE_URI names another."
            )
        keys, where = parts.current(self._keys), _archive_at(self._files)
        if name == REBUILD:
            return Side(name, f"what today's rules make of {where}", lambda: self._remade(self._rows_of(keys)))
        if name == BEFORE:
            if not parts.replaced(self._keys):
                self._complain("Nothing is left from before a rebuild (scrapy rebuild --keep leaves it).")
            return Side(name, f"{where} before its rebuild", partial(self._rows_of, parts.before(self._keys)))
        return Side(name, where, partial(self._rows_of, keys))

    def _made_with(self, name: str) -> Side | None:
        """Rows of one extractor. Raises ArgumentError when it had other rules, Damaged when nobody can say."""
        found = _MADE_WITH.fullmatch(name)
        there = {part.extractor for part in map(parts.part_of, self._keys) if part}
        if found is None or found[1] not in there:
            return None
        legible = self._reading(self._files)
        keys = sides.made_with(legible, self._keys, found[1], found[2] or "")
        if not keys and legible.faults:
            raise Damaged(f"No row that can be read was made with {name}. scrapy verify --deep names all damage.")
        if not keys:
            raise ArgumentError(f"No row was made with {name}. {self._there()}")

        def rows() -> Rows:
            for is_article, row in self._rows_of(keys):
                if row.get("extractor") == found[1] and str(row.get("rules")).startswith(found[2] or ""):
                    yield is_article, row

        return Side(name, f"extractor {name} in {_archive_at(self._files)}", rows)

    def _dataset(self, name: str) -> Side | None:
        try:
            key = dataset_key(check_name(name), PACKAGE)
        except ArgumentError:  # then it is something else
            return None
        return self._of_dataset(name, self._files, name) if self._files.exists(key) else None

    def _of_dataset(self, name: str, place: Files | Path, called: str = "") -> Side:
        from archive.dataset.read import open_dataset  # noqa: PLC0415 - it brings pyarrow

        dataset = open_dataset(place, called)
        where = f"dataset {_resolved(f'{dataset.archive.name}/{dataset.prefix}'.rstrip('/'))}"
        return Side(name, where, partial(sides.rows_of_dataset, dataset, self._only), has_newest_only=True)

    def _at(self, name: str) -> Side:
        """A dataset or an archive elsewhere."""
        if found := _IN_BUCKET.fullmatch(name):
            return self._of_dataset(name, self._foreign(found[1]), found[2])
        if not name.startswith("s3:") and (folder := _folder(name)) and OnDisk(folder).exists(PACKAGE):
            return self._of_dataset(name, folder)
        if name.startswith("s3:") or _folder(name):
            files = self._foreign(name)
            if is_begun(files):
                keys = parts.current(sides.keys_of(files, self._only))
                return Side(name, _archive_at(files), partial(self._reader(files), keys))
        raise ArgumentError(f"There is no {name} to compare. {self._there()}")

    def _foreign(self, uri: str) -> Files:
        """Another archive: what waits in STATE_DIR is not for it."""
        nothing_waits = self._opened.enter_context(tempfile.TemporaryDirectory(prefix="arsip-"))
        return self._open(uri, nothing_waits)

    def _remade(self, rows: Rows) -> Rows:
        # They bring the extractor, which reading does without.
        from crawler.bulk import Bulk, Origin  # noqa: PLC0415
        from crawler.judgement import respects_opt_out  # noqa: PLC0415
        from crawler.remade import TABLES, Remade  # noqa: PLC0415

        uri, state_dir = self._settings["ARCHIVE_URI"], self._settings["STATE_DIR"]
        respects = respects_opt_out(self._settings)
        origin = Origin.of(uri, state_dir, self._outlets, respects_opt_out=respects)
        bulk = self._opened.enter_context(Bulk(origin))  # whatever ends the comparison ends its workers, too
        remade = Remade(self._opened.enter_context(closing(Scratch(TABLES))))
        for row, made in bulk.reread(row for _, row in rows):
            if isinstance(made, str):
                self._not_made += 1
                for stays in remade.take(row, row):
                    yield False, {**stays, "verdict": NOT_MADE, "reason": made}
            else:
                yield from (("verdict" not in new, new) for new in remade.take(row, made))
        yield from (("verdict" not in new, new) for new in remade.rest())

    def _there(self) -> str:
        """What could be named."""
        made = sides.rules_of(self._reading(self._files), self._keys)
        extractors = [one for name, rules in made.items() for one in (name, *(f"{name}:{rule}" for rule in rules))]
        return (
            f"There are {ARCHIVE}, {BEFORE} and {REBUILD}; extractors: {', '.join(extractors) or 'none'}; datasets: "
            f"{', '.join(names_in(self._files)) or 'none'}; and the folder or s3:// address of a dataset or an archive."
        )


def _archive_at(files: Files) -> str:
    return f"archive {_resolved(files.name)}"


def _resolved(name: str) -> str:
    return name if name.startswith("s3:") else str(Path(name).resolve())


def _folder(name: str) -> Path | None:
    """The folder of this name, if there is one."""
    try:
        path = Path(name.removeprefix("file://")).expanduser()
        return path if path.is_dir() else None
    except (OSError, RuntimeError, ValueError):
        return None
