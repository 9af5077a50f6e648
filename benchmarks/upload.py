"""`python -m benchmarks.upload`: what the outbox, the ledger, the checksums and the comparison cost an upload.

SeaweedFS on loopback takes the same files from us and from a plain loop of boto3's `upload_file`, which compares
nothing. The two take turns; who begins takes turns too. Over a network, whose speed is the limit, the ratios are
nearer to 1.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import boto3
from botocore.config import Config

from archive.s3.remote import RemoteStorage
from tests.buckets import Place, SeaweedFS

MIB = 1 << 20
KINDS = {"1 file of 256 MiB": [256 * MIB], "8 files of 32 MiB": [32 * MIB] * 8, "200 files of 64 KiB": [65536] * 200}
TURNS = 3


def ours(place: Place, folder: Path, files: list[Path]) -> float:
    """Seconds until everything is uploaded, compared and gone from the outbox."""
    storage = RemoteStorage(place.uri, folder / "state")
    storage.check()  # clients take a moment, once a job
    began = time.perf_counter()
    for path in files:
        storage.publish(path, f"warc/contoh/2026/11/22/{path.name}")
    assert storage.drain(60) == []
    took = time.perf_counter() - began
    storage.close()
    return took


def plain(place: Place, _: Path, files: list[Path]) -> float:
    """Seconds of `upload_file` for one file after the other, each with as many threads as boto3 thinks right."""
    client = boto3.client("s3", config=Config(max_pool_connections=20))
    client.list_objects_v2(Bucket=place.name, MaxKeys=1)
    began = time.perf_counter()
    for path in files:
        client.upload_file(str(path), place.name, f"plain/{path.name}")
    took = time.perf_counter() - began
    client.close()
    return took


def compared(server: SeaweedFS, sizes: list[int]) -> tuple[float, float]:
    """Our speed over that of plain uploads, and ours in MiB/s: medians of some turns."""
    rates: dict[Callable[[Place, Path, list[Path]], float], list[float]] = {ours: [], plain: []}
    for turn in range(TURNS):
        for act in (ours, plain) if turn % 2 else (plain, ours):
            with tempfile.TemporaryDirectory() as name:
                files = [Path(name) / f"f{number:03d}" for number in range(len(sizes))]
                for path, size in zip(files, sizes, strict=True):
                    path.write_bytes(os.urandom(size))
                rates[act].append(sum(sizes) / MIB / act(Place(server, server.make_bucket()), Path(name), files))
    return median(rates[ours]) / median(rates[plain]), median(rates[ours])


def main() -> None:
    """Print a line for each kind of load."""
    with tempfile.TemporaryDirectory() as folder, SeaweedFS(Path(folder)) as server:
        os.environ.update(server.env)
        for kind, sizes in KINDS.items():
            ratio, rate = compared(server, sizes)
            print(f"{kind}: {ratio:.2f} times as fast as plain boto3 ({rate:.0f} MiB/s)")  # noqa: T201


if __name__ == "__main__":
    main()
