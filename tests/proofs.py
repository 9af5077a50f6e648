"""Datasets that are verified, and what whoever wants to deceive makes of them."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from archive.dataset.digest import RowsDigest
from archive.dataset.names import CHECKSUMS, PACKAGE
from tests.fakesite import FakeSite
from tests.runs import crawl, environment, scrapy, started

Row = dict[str, Any]
_DIGEST = re.compile("; rows sha256:[0-9a-f]{64}$", re.MULTILINE)


@pytest.fixture(scope="session")
def proved_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three articles, with a dataset of them in Parquet and one in JSON Lines. Not to be changed."""
    root = tmp_path_factory.mktemp("proof") / "data"
    with FakeSite() as site:
        done = crawl("intisari", root, site)
        assert done.status == 0, done.log
    for form in ("parquet", "jsonl"):
        asked = ("dataset", f"berita-{form}", "--format", form, "--jobs", "1", "-s", f"ARCHIVE_URI={root}")
        assert started(*asked, env=environment())[0] == 0
    return root


@pytest.fixture
def downloaded(proved_archive: Path, tmp_path: Path) -> Path:
    """A copy of the dataset in JSON Lines, as somebody has it who downloaded it."""
    return Path(shutil.copytree(proved_archive / "datasets" / "berita-jsonl", tmp_path / "unduhan"))


def verify(dataset: str | Path, archive: Path, *arguments: str) -> tuple[int, list[str], str]:
    """Status, lines without the digest of the rows, and what was complained of."""
    status, out, log = scrapy("verify", "--dataset", str(dataset), "-s", f"ARCHIVE_URI={archive}", *arguments)
    return status, _DIGEST.sub("", out).splitlines(), log


def rows_of(folder: Path) -> list[Row]:
    [path] = folder.glob("data/**/*.jsonl.gz")
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def seal(folder: Path, rows: Iterable[Row | bytes] = ()) -> str:
    """Write a dataset's rows, and every digest anew, as whoever wants to deceive would; the path of the rows."""
    [path] = folder.glob("data/**/*.jsonl.gz")
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows]
    if lines:
        path.write_bytes(gzip.compress(b"".join(lines)))
    package = json.loads((folder / PACKAGE).read_bytes())
    digest = RowsDigest()
    for row in lines:
        digest.add(path.relative_to(folder).as_posix(), json.loads(row) if row.startswith(b'{"') else {})
    package |= {"rows_sha256": digest.hexdigest()} if lines else {}
    for resource in package["resources"]:
        data = (folder / resource["path"]).read_bytes()
        if lines and path.samefile(folder / resource["path"]):
            resource["rows"] = len(lines)
        resource |= {"hash": f"sha256:{hashlib.sha256(data).hexdigest()}", "bytes": len(data)}
    (folder / PACKAGE).write_text(json.dumps(package))
    sums(folder)
    return str(path)


def sums(folder: Path) -> None:
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = (f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  {path}\n" for path in paths)
    (folder / CHECKSUMS).write_text("".join(line for line in lines if not line.endswith(f" {CHECKSUMS}\n")))
