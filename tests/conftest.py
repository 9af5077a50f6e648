"""What several test files need."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from archive.model import Article, Capture
from tests.browser import browser
from tests.buckets import bucket, moto, quick_bucket, seaweed, sound_bucket, torn
from tests.compared import diff, rebuilt
from tests.postgres import catalog_uri, connect, database, postgres
from tests.proofs import downloaded, proved_archive
from tests.takedowns import archive_copy, filled_archive

__all__ = [
    "archive_copy",
    "browser",
    "bucket",
    "catalog_uri",
    "connect",
    "database",
    "diff",
    "downloaded",
    "filled_archive",
    "moto",
    "postgres",
    "proved_archive",
    "quick_bucket",
    "rebuilt",
    "seaweed",
    "sound_bucket",
    "torn",
]

# The same examples in every run; `pytest --hypothesis-profile=default` looks for others. No deadlines: the clock on the
# wall says more of the machine than of the code.
settings.register_profile("arsip", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("arsip")

# A shell has what it begins in the background ignore Ctrl-C, and whatever that begins inherits it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than there are cores: many tests do nothing but wait for a time-out or a server."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_finish() -> None:
    """What thousands of tests are made of stays to the end: no collection of garbage looks through it again."""
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are not a name: a compressor writes the time of day into them, and workers must have the same names."""
    return argname if isinstance(val, bytes) and not val.isascii() else None


@pytest.fixture
def capture() -> Callable[..., Capture]:
    """Makes a capture of an invented page."""

    def make(
        url: str = "https://contoh.test/berita/1",
        body: bytes = b"<p>Halo</p>",
        head: bytes = b"HTTP/1.1 200 OK\r\nX-a: 1\r\nx-A: 2\r\n",
        truncated: str | None = None,
    ) -> Capture:
        return Capture(
            url=url,
            began=datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC),
            request=b"GET /berita/1 HTTP/1.1\r\nHost: contoh.test\r\n\r\n",
            response=head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
            ip="127.0.0.1",
            protocols=("http/1.1", "tls/1.3"),
            cipher="TLS_AES_256_GCM_SHA384",
            truncated=truncated,
        )

    return make


@pytest.fixture
def article() -> Callable[..., Article]:
    """Makes a row of an invented article."""

    def make(number: int = 1) -> Article:
        made = Article(
            id=f"contoh:contoh.test:{number}",
            outlet="contoh",
            url=f"https://contoh.test/berita/{number}",
            title="Pasar Apung Ramai Lagi",
            captured=datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
            extractor="1",
        )
        made.set_text(["Pedagang kembali ke sungai.", "Pembeli datang sejak subuh."])
        return made

    return make


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real pages; the tests that need it are skipped without it."""
    folder = os.environ.get("ARSIP_CORPUS")
    if not folder:
        pytest.skip("ARSIP_CORPUS is not set: no real pages to read")
    return Path(folder)
