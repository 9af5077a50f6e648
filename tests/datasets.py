"""Datasets of invented rows, made in this process."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from archive.catalog import Catalog
from archive.dataset.build import Built, build
from archive.dataset.describe import Order, Title
from archive.dataset.read import open_dataset
from archive.dataset.selection import Selection
from archive.files import OnDisk
from archive.model import RecordRef
from tests.library import Library

TITLES = {"tribun": Title("Tribunnews", "https://www.tribunnews.com/")}
WORDS = [
    "pagi",
    "pasar",
    "sungai",
    "beras",
    "harga",
    "naik",
    "turun",
    "petani",
    "nelayan",
    "kapal",
    "jembatan",
    "desa",
    "kota",
    "hujan",
    "banjir",
    "sekolah",
    "guru",
]


class Stock:
    """An archive of rows alone, and the datasets that are made of it."""

    def __init__(self, root: Path) -> None:
        self.root, self.library = root / "arsip", Library(root / "arsip")
        self._made = 0

    def put(self, *rows: dict[str, Any], outlet: str = "tribun", name: str = "") -> Path:
        """A part with rows, whose `number` says which articles they are."""
        made = [self.row(outlet, **row) for row in rows]
        return self.library.part(outlet, made, name)

    def row(self, outlet: str, number: int = 1, **facts: Any) -> dict[str, Any]:
        facts.setdefault("paragraphs", [text(outlet, number)])
        return self.library.row(outlet, number, [ref(outlet, number)], **facts)

    def build(self, form: str = "parquet", *, jobs: int = 1, catalog: Catalog | None = None, **asked: Any) -> Path:
        """The folder of a dataset that is made of it."""
        return self.built(form, jobs=jobs, catalog=catalog, **asked)[0]

    def built(
        self, form: str = "parquet", *, jobs: int = 1, catalog: Catalog | None = None, **asked: Any
    ) -> tuple[Path, Built]:
        self._made += 1
        folder = self.root.parent / f"{form}-{self._made}"
        folder.mkdir()
        order = Order(name="uji", form=form, selection=Selection(**asked), titles=TITLES)
        found = build(folder, order, partial(OnDisk, self.root), catalog, jobs=jobs, tell=lambda *_: None)
        return folder / "dataset", found

    def rows(self, **asked: Any) -> list[dict[str, Any]]:
        return list(open_dataset(self.build("jsonl", **asked)).rows())


def ref(outlet: str, number: int) -> RecordRef:
    return RecordRef(
        url=f"https://{outlet}.test/{number}",
        warc=f"warc/{outlet}/2026/11/20/{outlet}-20261120000000-00000-host.warc.gz",
        offset=1000 * number,
        length=900,
        record_id=f"<urn:uuid:00000000-0000-4000-8000-{number:012}>",
        payload_digest="sha1:" + "A" * 32,
    )


def text(*seed: Any, words: int = 60) -> str:
    """Words that are the same for the same seed, and in no order that another seed has."""
    import random

    chance = random.Random(repr(seed))
    return " ".join(f"{chance.choice(WORDS)}{chance.randrange(40)}" for _ in range(words))


def checksums(folder: Path) -> dict[str, str]:
    """Path -> SHA-256 by checksums.sha256."""
    lines = (folder / "checksums.sha256").read_text().splitlines()
    return {path: digest for digest, path in (line.split("  ") for line in lines)}


def content(folder: Path) -> dict[str, bytes]:
    """Path -> bytes of every file."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
