"""`python -m benchmarks.catalog [SIZE...] [CATALOG_URI]`: what the catalog costs as it grows to ten million addresses.

Beside it, up to a million, a plain SQLite table of keys and values: the least that any memory of what was seen costs.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from archive.catalog import Catalog, open_catalog
from archive.known import Changes, Known

SIZES = (10_000, 100_000)
BATCH = 500
QUESTIONS = 2000
COMPARED = 1_000_000
LIMIT = 1e-3
"""Seconds that a look-up may take, and an address in its batch."""


def known(number: int) -> Known:
    """An invented address; neighbours in number are no neighbours in the index."""
    mixed = number * 2654435761 % 2**32
    outlet = f"outlet{mixed % 40}"
    year, month, day = 2010 + mixed % 17, 1 + mixed % 12, 1 + mixed % 28
    slug = f"pasar-apung-ramai-lagi-setelah-{mixed % 9973}-hari-ditutup-banjir"
    return Known(
        url=f"https://www.{outlet}.test/nasional/{year}/{month:02}/{day:02}/{mixed}/{slug}",
        outlet=outlet,
        article_id=f"{outlet}:www.{outlet}.test:{mixed}",
        verdict="article" if mixed % 10 else "listing",
        final=True,
        published=f"{year}-{month:02}-{day:02}T10:00:00+07:00",
        section="nasional",
        captured=f"{year}-{month:02}-{day:02}T11:00:00.123456+00:00",
        job="20261122010203-abcdef",
    )


class Plain:
    """Keys and values in SQLite, as durable as the catalog."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16000", "wal_autocheckpoint=4000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE plain (key TEXT PRIMARY KEY, value TEXT)")

    def put(self, batch: list[Known]) -> None:
        """Write a batch in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO plain VALUES (?, ?)", [(one.url, one.job) for one in batch])
        self._connection.execute("COMMIT")

    def get(self, key: str) -> str | None:
        """The value of a key."""
        row = self._connection.execute("SELECT value FROM plain WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Release the file."""
        self._connection.close()


def fill(first: int, end: int, put: Callable[[list[Known]], object]) -> float:
    """Seconds an address takes in its batch, over the last tenth of them: when there are most."""
    took: list[float] = []
    for start in range(first, end, BATCH):
        batch = [known(number) for number in range(start, min(start + BATCH, end))]
        begun = time.perf_counter()
        put(batch)
        took.append(time.perf_counter() - begun)
    last = took[-max(1, len(took) // 10) :]
    return sum(last) / len(last) / BATCH


def ask(keys: list[str], get: Callable[[str], object], *, there: bool) -> float:
    """Seconds a look-up takes."""
    begun = time.perf_counter()
    for key in keys:
        assert (get(key) is not None) is there
    return (time.perf_counter() - begun) / len(keys)


def grow(sizes: list[int], catalog: Catalog, plain: Plain) -> Iterator[str]:
    """A line of figures for each size."""
    chance = random.Random(20261122)
    done = 0
    for size in sizes:
        written = fill(done, size, lambda batch: catalog.commit(Changes(known=batch)))
        hits = [known(chance.randrange(size)).url for _ in range(QUESTIONS)]
        misses = [known(chance.randrange(size, 2 * size)).url for _ in range(QUESTIONS)]
        hit, miss = ask(hits, catalog.known, there=True), ask(misses, catalog.known, there=False)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        line = f"{size:>10,} addresses: a look-up {hit * 1e6:.0f} us, in vain {miss * 1e6:.0f} us"
        line += f", an address in its batch {written * 1e6:.0f} us, memory at most {memory} MB"
        if size <= COMPARED:
            least = fill(done, size, plain.put)
            line += f"; over a plain table {hit / ask(hits, plain.get, there=True):.1f}, written {written / least:.1f}"
        yield line + ("" if max(hit, miss, written) < LIMIT else "  TOO SLOW")
        done = size


def main() -> None:
    """Print a line for each size."""
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or list(SIZES)
    uri = next((word for word in sys.argv[1:] if "://" in word), None)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        catalog = stack.enter_context(closing(open_catalog(Path(folder) / "catalog.sqlite3", uri)))
        plain = stack.enter_context(closing(Plain(Path(folder) / "plain.sqlite3")))
        for line in grow(sizes, catalog, plain):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
