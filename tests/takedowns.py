"""Archives with an article to be taken down, and what is left of it in any of their files."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import zlib
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.project import get_project_settings

from archive.job import Job
from archive.model import Article, RecordRef, Verdict
from archive.outcome import Outcome
from archive.reader import Record, read
from crawler.commands.takedown import Command
from tests.lives import Place, exchange, on_disk
from tests.runs import scrapy

HOST = "https://www.tribunnews.com"
URL = f"{HOST}/nasional/7788101/jembatan-dibuka"
ALIAS = f"{HOST}/nasional/7788101/jembatan-lama-dibuka"
OTHER = f"{HOST}/nasional/7788102/pasar-ramai"
ID = "tribun:www.tribunnews.com:7788101"
UNSEEN = f"{HOST}/nasional/7788101/alamat-yang-belum-pernah-ada"
"""An address that nobody has seen, with the article's number."""
SECRET = "kalimatrahasia"
"""Stands in everything of the article that must go: pages, text and title."""
REASON = "court order: Pengadilan Negeri, 12/Pdt.G/2026"


def page(text: str) -> bytes:
    """A page of its own size."""
    return f"<html><p>{text} {os.urandom(40).hex()}</p></html>".encode()


def row(running: Job, url: str, refs: list[RecordRef], text: str, **facts: Any) -> None:
    """Have a job keep a row; with `verdict` it is dropped."""
    named = {name: facts.pop(name) for name in ("aliases", "verdict", "reason", "before") if name in facts}
    article = Article(
        id=f"tribun:www.tribunnews.com:{url.split('/')[4]}",
        outlet="tribun",
        url=url,
        title=text,
        published=exchange(url).began,
        captured=exchange(url).began,
        captures=refs,
        extractor="2",
        job=running.id,
        **facts,
    )
    article.set_text([text])
    running.keep(Outcome(article=article, **{"verdict": Verdict.ARTICLE, **named}))


def fill(place: Place) -> None:
    """Three jobs: two versions of the article, of two pages each, unchanged looks at it, an alias; and another one."""
    first, second = page(f"{SECRET} halaman satu"), page(f"{SECRET} halaman dua")
    running = place.job("tribun")
    other = running.capture(exchange(OTHER, page("pasar")))
    refs = [running.capture(exchange(URL, first)), running.capture(exchange(f"{URL}?page=2", second))]
    running.capture(exchange(f"{URL}?page=all", page(SECRET)))
    row(running, URL, refs, f"{SECRET} satu", pages=2)
    row(running, OTHER, [other], "Pasar ramai")
    running.finish(counted(2))
    running = place.job("tribun")
    running.capture(exchange(URL, first))  # a revisit
    running.capture(exchange(OTHER, page("pasar lagi")))
    moved = [running.capture(exchange(ALIAS, page(SECRET), status=301))]
    row(running, ALIAS, moved, f"{SECRET} tiga", verdict=Verdict.DUPLICATE, reason="the same article")
    running.finish(counted(0, duplicate=1))
    running = place.job("tribun")
    before = running.catalog.known(URL)
    edited = [
        running.capture(exchange(URL, page(f"{SECRET} baru"))),
        running.capture(exchange(f"{URL}?page=2", second)),
    ]
    row(running, URL, edited, f"{SECRET} dua", pages=2, version=2, aliases=(ALIAS,), before=before)
    running.finish(counted(1))


def counted(kept: int, **dropped: int) -> dict[str, Any]:
    """What a crawl says of itself in its manifest."""
    return {"counts": {"kept": kept, "dropped": dropped}}


def take_down(place: Place, url: str = URL, *, reason: str | None = REASON, dry: bool = False) -> int:
    """The verb, in this process; its exit status."""
    command = Command()
    command.settings = get_project_settings()
    command.settings.setdict(
        {"ARCHIVE_URI": place.uri, "STATE_DIR": str(place.state), "CATALOG_URI": place.catalog}, priority="cmdline"
    )
    command.run([url], Namespace(reason=reason, dry_run=dry))
    return int(command.exitcode)


def content(folder: Path) -> dict[str, bytes]:
    """Every file, but those that say who has locked what."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(found.items()) if "/lease/" not in f"/{name}"}


def holding(files: dict[str, bytes], text: str = SECRET) -> list[str]:
    """Names of the files that hold a text, whatever they are folded in."""
    return [name for name, data in files.items() if text.encode() in data or text.encode() in unfolded(data)]


def unfolded(data: bytes) -> bytes:
    """All that gzip members, or the values in the pages of a database, unfold to."""
    if data.startswith(b"SQLite format 3"):
        starts = [match.start() for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data)]
        return b"".join(_unfolded_at(data, start) for start in starts)
    try:
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else b""
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""


def _unfolded_at(data: bytes, start: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data[start : start + 4096])
    except zlib.error:
        return b""


def records(folder: Path) -> list[tuple[str, int, int, str | None, str]]:
    """File, offset, length, type and address of every record of an archive; anything else fails the test."""
    found = []
    for path in sorted(folder.rglob("*.warc.gz")):
        for one in read(path):
            assert isinstance(one, Record), (path, one)
            found.append((path.name, one.offset, one.length, one.get("WARC-Type"), one.get("WARC-Target-URI") or ""))
    return found


@pytest.fixture(scope="session")
def filled_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that the tests take copies of."""
    folder = tmp_path_factory.mktemp("filled") / "archive"
    fill(on_disk(folder))
    return folder


@pytest.fixture
def archive_copy(filled_archive: Path, tmp_path: Path) -> Place:
    shutil.copytree(filled_archive, tmp_path / "archive")
    return on_disk(tmp_path / "archive")


def folder(place: Place) -> Path:
    return Path(place.uri)


def kept(place: Place) -> dict[str, bytes]:
    """All files but those of the state folder, where a lease leaves its number."""
    return {name: data for name, data in content(folder(place)).items() if not name.startswith("state/")}


def verified(place: Place) -> str:
    """What `scrapy verify --deep` says in its last line; the faults before it fail the test."""
    status, out, log = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={place.uri}")
    assert (status, log) == (0, ""), out
    return out


def rows(place: Place, kind: str = "articles") -> list[dict[str, Any]]:
    parts = sorted(folder(place).glob(f"{kind}/**/*.jsonl.gz"))
    return [json.loads(line) for part in parts for line in gzip.open(part, "rt", encoding="utf-8")]


def entries(place: Place) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted(folder(place).glob("takedowns/*/*.json"))]
