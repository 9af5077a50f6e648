"""Invented rows, and archives and datasets that hold them."""

from __future__ import annotations

import gzip
import hashlib
import json
from argparse import Namespace
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.project import get_project_settings

from archive import layout
from archive.model import Article
from crawler.commands.diff import Command

FIRST, SECOND = "20261123000000", "20261124000000"
Diff = Callable[..., tuple[int, Any, str]]
JOB = "20261122010000-abcdef"
OLD = [f"Alinea {number} tentang pasar di tepi sungai." for number in range(4)]


def row(number: int = 1, *, outlet: str = "contoh", paragraphs: Iterable[str] = OLD, **facts: Any) -> dict[str, Any]:
    """An article, with nothing in it but what is said of it."""
    article = Article(id=f"{outlet}:{outlet}.test:{number}", outlet=outlet, url=f"https://{outlet}.test/{number}")
    article.extractor, article.rules, article.job = "2", "aaaa", JOB
    article.set_text([*paragraphs])
    record = {"record_id": f"<urn:uuid:{outlet}-{number}>", "payload_digest": "sha1:A", "offset": 0, "length": 1}
    ref = {"url": article.url, "warc": "warc/a.warc.gz", **record}
    made = {**article.row(), "title": f"Berita {number}", "captured": "2026-11-22T01:00:00+00:00", "captures": [ref]}
    return {**made, **facts}


def drop(number: int, verdict: str, reason: str = "", **facts: Any) -> dict[str, Any]:
    """A page that is no article."""
    return {**row(number, id="", paragraphs=[]), "verdict": verdict, "reason": reason, **facts}


def part_key(folder: str, extractor: str = "2", revision: str = "", outlet: str = "contoh") -> str:
    """Key of a part of the one day and job."""
    return layout.rows_key(folder, outlet, date(2026, 11, 22), JOB, extractor, revision=revision)


def part(
    root: Path, rows: Iterable[dict[str, Any]], extractor: str = "2", revision: str = "", folder: str = "articles"
) -> Path:
    """Rows in a part of their own, of one outlet."""
    rows = list(rows)
    outlet = rows[0]["outlet"] if rows else "contoh"
    path = root / part_key(folder, extractor, revision, outlet)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(one) + "\n" for one in rows).encode()))
    return path


def dataset(folder: Path, rows: Iterable[dict[str, Any]], *, stated: int | None = None) -> Path:
    """The least that is a dataset: JSON Lines and what describes them, which may say another number of rows."""
    data = folder / "data" / "part-00000.jsonl.gz"
    data.parent.mkdir(parents=True)
    lines = [json.dumps(one).encode() + b"\n" for one in rows]
    data.write_bytes(gzip.compress(b"".join(lines)))
    resource = {
        "path": "data/part-00000.jsonl.gz",
        "bytes": data.stat().st_size,
        "hash": f"sha256:{hashlib.sha256(data.read_bytes()).hexdigest()}",
        "rows": len(lines) if stated is None else stated,
    }
    package = {"name": folder.name, "schema_version": 1, "format": "jsonl", "resources": [resource]}
    (folder / "datapackage.json").write_text(json.dumps(package))
    return folder


@pytest.fixture
def rebuilt(tmp_path: Path) -> Path:
    """Three articles and a listing; a rebuild lost the second and gained the listing, the next changed a title."""
    root = tmp_path / "data"
    part(root, [row(1), row(2), row(3)])
    part(root, [drop(4, "listing", "40 links")], folder="dropped")
    once: dict[str, Any] = {"rules": "bbbb"}
    part(root, [row(1, **once), row(3, **once), row(4, **once)], revision=FIRST)
    part(root, [drop(2, "gallery", "12 pictures", **once)], revision=FIRST, folder="dropped")
    made = {"extractor": "3", "rules": "cccc"}
    part(root, [row(1, **made), row(3, **made, title="Baru"), row(4, **made)], "3", SECOND)
    part(root, [drop(2, "gallery", "12 pictures", **made)], "3", SECOND, folder="dropped")
    return root


def differ(settings: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> Diff:
    """The verb in this process: its exit status, its JSON or lines, and what it complained of."""

    def run(*names: str, as_json: bool = True, **options: Any) -> tuple[int, Any, str]:
        verb = Command()
        verb.settings = get_project_settings()
        verb.settings.setdict(settings)
        limits = dict.fromkeys(("lost", "gained", "changed", "paragraphs_lost"))
        verb.run([*names], Namespace(**{"outlet": None, "examples": 3, "json": as_json} | limits | options))
        out, err = capsys.readouterr()
        return int(verb.exitcode), (json.loads(out) if as_json and out else out.splitlines()), err

    return run


@pytest.fixture
def diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Diff:
    return differ({"ARCHIVE_URI": str(tmp_path / "data"), "STATE_DIR": None}, capsys)


def counted(said: dict[str, Any]) -> dict[str, int]:
    """The numbers of articles that are not nought."""
    return {name: number for name, number in said["total"]["articles"].items() if number}
