"""`python -m benchmarks.dataset [ROWS] [JOBS]`: what a dataset costs beside a plain conversion of the same rows.

The plain one reads JSON Lines and writes Parquet, and does nothing else: no choice, no comparison of texts, no digest.
The rows are invented, with planted copies (tests.syndication): a month of three outlets for every 10,000.
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from archive import layout
from archive.dataset.build import build
from archive.dataset.describe import Order
from archive.dataset.selection import Selection
from archive.files import OnDisk
from archive.model import Article, RecordRef
from tests.syndication import Writer

ROWS = 100_000
A_PART = 300
OUTLETS = ("satu", "dua", "tiga")
LIMIT_MB = 1000
_AT_ONCE = 5000


class Cost(NamedTuple):
    """What one run took."""

    seconds: float
    memory: int
    """Megabytes of the process that did it, at most."""
    of_worker: int
    """Megabytes of its largest worker, at most."""


def rows(size: int) -> Iterator[dict[str, Any]]:
    """Invented rows in the order in which they were captured."""
    writer = Writer(20261122)
    for number, (document, _) in zip(range(size), writer.corpus(size), strict=False):
        outlet = OUTLETS[number % len(OUTLETS)]
        captured = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number * 4.3)
        article = Article(
            id=f"{outlet}:www.{outlet}.test:{number}",
            outlet=outlet,
            url=f"https://www.{outlet}.test/nasional/{number}/pasar-apung-ramai-lagi",
            title=document.text[40:110].replace("\n", " "),
            description=document.text[100:300].replace("\n", " "),
            published=captured - timedelta(hours=1),
            captured=captured,
            tags=document.text.split()[10:15],
            language="id",
            extractor="2",
            rules="0123456789abcdef",
            job="20261122010203-abcdef",
            origins={"title": "jsonld", "text": "rule", "published": "jsonld", "tags": "rule"},
        )
        article.captures = [
            RecordRef(
                url=article.url,
                warc=f"warc/{outlet}/2026/11/22/{outlet}-20261122010203-00000-host.warc.gz",
                offset=number * 14_000,
                length=13_900,
                record_id=f"<urn:uuid:{number:032x}>",
                payload_digest=f"sha1:{number:032X}",
            )
        ]
        article.set_text(document.text.split("\n\n"))
        yield article.row()


def fill(root: Path, size: int) -> int:
    """An archive of that many rows; bytes of all of them as JSON."""
    found: dict[str, list[bytes]] = {outlet: [] for outlet in OUTLETS}
    written = parts = 0

    def flush(outlet: str) -> None:
        nonlocal parts
        parts += 1
        name = f"{20261122000000 + parts}-abc"
        path = root / layout.rows_key("articles", outlet, datetime(2026, 11, 22, tzinfo=UTC).date(), name, "2")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"".join(found[outlet]), 1))
        found[outlet].clear()

    for row in rows(size):
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        written += len(line)
        found[row["outlet"]].append(line)
        if len(found[row["outlet"]]) == A_PART:
            flush(row["outlet"])
    for outlet, lines in found.items():
        if lines:
            flush(outlet)
    return written


def plain(root: Path, output: Path) -> None:
    """JSON to Parquet, as anybody would."""
    writer: pq.ParquetWriter | None = None
    batch: list[dict[str, Any]] = []
    for part in sorted(root.rglob("*.jsonl.gz")):
        with gzip.open(part) as lines:
            batch += map(json.loads, lines)
        if len(batch) >= _AT_ONCE:
            table = pa.Table.from_pylist(batch, writer.schema if writer else None)
            writer = writer or pq.ParquetWriter(output, table.schema, compression="zstd")
            writer.write_table(table)
            batch = []
    if batch:
        table = pa.Table.from_pylist(batch, writer.schema if writer else None)
        writer = writer or pq.ParquetWriter(output, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()


def dataset(root: Path, output: Path, jobs: int) -> None:
    """What `scrapy dataset` does, without the catalog."""
    output.mkdir()
    began, at = time.monotonic(), ""

    def tell(stage: str, done: int, everything: int) -> None:  # noqa: ARG001 - stages alone are told
        nonlocal at
        if stage != at:
            at = stage
            sys.stdout.write(f"  {time.monotonic() - began:6.1f} s  {stage}\n")
            sys.stdout.flush()

    order = Order(name="uji", form="parquet", selection=Selection(), titles={})
    built = build(output, order, partial(OnDisk, root), None, jobs=jobs, tell=tell)
    sys.stdout.write(f"  {time.monotonic() - began:6.1f} s  done, {built.facts.clusters:,} clusters\n")


def cost(act: Callable[[], None]) -> Cost:
    """Do it in a process of its own, whose session tells its workers from others."""

    def run() -> None:
        os.setsid()
        act()

    began = time.perf_counter()
    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    most: dict[int, int] = {}
    while process.exitcode is None:
        for pid, memory in _session(process.pid or 0):
            most[pid] = max(memory, most.get(pid, 0))
        process.join(0.2)
    if process.exitcode:
        sys.exit("It failed.")
    mine = most.pop(process.pid or 0, 0)
    return Cost(time.perf_counter() - began, mine // 1024, max(most.values(), default=0) // 1024)


def _session(leader: int) -> Iterator[tuple[int, int]]:
    """Processes of a session, and the most memory that each of them had, in kilobytes."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            session = (folder / "stat").read_text().rpartition(")")[2].split()[3]
            if int(session) == leader:
                most = re.search(r"VmHWM:\s+(\d+)", (folder / "status").read_text())
                yield int(folder.name), int(most[1]) if most else 0


def main() -> None:
    """Print what each takes, and the ratio."""
    size, jobs, *_ = [*map(int, sys.argv[1:]), *(ROWS, os.cpu_count() or 1)[len(sys.argv) - 1 :]]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "archive"
        process = multiprocessing.get_context("fork").Process(target=fill, args=(root, size))
        process.start()
        process.join()
        least = cost(lambda: plain(root, Path(folder) / "plain.parquet"))
        for processes in dict.fromkeys((1, jobs)):
            sys.stdout.write(f"{size:,} rows, {processes} at a time\n")
            found = cost(lambda: dataset(root, Path(folder) / f"made-{processes}", processes))  # noqa: B023 - called at once
            sys.stdout.write(
                f"{found.seconds:.1f} s, {found.memory} MB at most, {found.of_worker} MB a worker; "
                f"plain conversion {least.seconds:.1f} s, {least.memory} MB; {found.seconds / least.seconds:.1f} times"
                f"{'' if max(found.memory, found.of_worker) < LIMIT_MB else '  TOO MUCH MEMORY'}\n"
            )


if __name__ == "__main__":
    main()
