"""`scrapy wacz` on a bucket: the same file as from a folder, and each object fetched once."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive import wacz
from archive.errors import ArgumentError, StorageError
from archive.files import files_of
from tests.buckets import Place
from tests.proxy import PASS, Fault, Proxy
from tests.runs import scrapy
from tests.shelf import Shelf, moment
from tests.test_verify_bucket import put


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Pages, and the first of them again a day later."""
    shelf = Shelf(tmp_path / "rak")
    shelf.root.mkdir()
    [first, _] = shelf.pages(1, 1, 2)
    shelf.warc(("https://contoh.test/1", moment(2), b"<p>isi 1</p>", first))
    shelf.pages(3, 3)
    return shelf


@pytest.fixture
def proxy(quick_bucket: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with Proxy(quick_bucket.server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        yield proxy


def packed(place: Place, output: Path, progress: Callable[[int, int], None] | None = None) -> bytes:
    with closing(files_of(place.uri, str(output.parent / "keadaan"))) as files:
        wacz.write(files, "tribun", None, None, title="Tribunnews", output=output, progress=progress)
    return output.read_bytes()


def test_it_is_the_same_file_as_from_a_folder_and_everything_is_fetched_once(
    shelf: Shelf, quick_bucket: Place, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shelf.root, quick_bucket)
    room = tmp_path / "tempat"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    here: list[int] = []
    watch = lambda *_: here.append(len(list(room.rglob("*.warc.gz"))))  # noqa: E731 - one line says it
    assert packed(quick_bucket, tmp_path / "b.wacz", watch) == shelf.write().path.read_bytes()
    assert here == [1, 1, 0, 0]  # the second has a revisit, which had to be read before
    fetched = Counter(line.split(" ")[1] for line in proxy.requests if re.match(r"GET \S+(gz|cdxj) ", line))
    assert len(fetched) == 9  # three WARC files, their indexes, three parts of rows
    assert set(fetched.values()) == {1}
    assert list(room.iterdir()) == []


def test_damage_is_named_by_its_address_in_the_bucket(shelf: Shelf, quick_bucket: Place, tmp_path: Path) -> None:
    index = min(shelf.root.rglob("*.cdxj"))
    index.write_bytes(index.read_bytes() + b"\xff\n")
    put(shelf.root, quick_bucket)
    where = f"{quick_bucket.uri}/{index.relative_to(shelf.root).as_posix()}"
    with pytest.raises(StorageError, match=f"^{where} is damaged: line 3 is not UTF-8"):
        packed(quick_bucket, tmp_path / "b.wacz")


@pytest.mark.parametrize(
    "pattern", [r"GET \S+\.cdxj", r"GET \S+\.warc\.gz", r"GET \S+\.jsonl\.gz", r"GET \S+list-type"]
)
def test_a_download_that_never_comes_whole_leaves_no_file(
    shelf: Shelf, quick_bucket: Place, proxy: Proxy, tmp_path: Path, pattern: str
) -> None:
    put(shelf.root, quick_bucket)
    proxy.rule = lambda number, head: Fault(cut_response=500) if number > 1 and re.match(pattern, head) else PASS
    with pytest.raises(StorageError, match=quick_bucket.name):
        packed(quick_bucket, tmp_path / "b.wacz")
    assert not list(tmp_path.glob("*.wacz*"))


def test_a_bucket_without_an_archive_is_said(quick_bucket: Place, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=f"There is no archive at {quick_bucket.uri}: scrapy crawl"):
        packed(quick_bucket, tmp_path / "b.wacz")


def test_the_verb_packs_a_bucket(shelf: Shelf, quick_bucket: Place, tmp_path: Path) -> None:
    put(shelf.root, quick_bucket)
    settings = ("-s", f"ARCHIVE_URI={quick_bucket.uri}", "-s", f"STATE_DIR={tmp_path / 'keadaan'}")
    status, out, log = scrapy("wacz", "tribun", "--output", str(tmp_path / "b.wacz"), *settings)
    assert (status, log) == (0, "")
    assert out.splitlines()[:2] == ["pages      3", "captures   4"]
