"""An archive in a folder: complete files only, and never one over another."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from archive import local
from archive.errors import ArgumentError, StorageError
from archive.local import LocalStorage, write_file
from archive.storage import archive_path, open_storage


def made(folder: Path, content: bytes) -> Path:
    path = folder / "spool-file"
    path.write_bytes(content)
    return path


def test_a_published_file_is_under_its_key_and_gone_from_the_spool(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "archive")
    path = made(tmp_path, b"isi")
    storage.publish(path, "warc/contoh/a.warc.gz")
    assert (tmp_path / "archive/warc/contoh/a.warc.gz").read_bytes() == b"isi"
    assert not path.exists()
    assert storage.exists("warc/contoh/a.warc.gz")


def test_another_content_under_a_key_is_refused_and_both_are_kept(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "archive")
    storage.publish(made(tmp_path, b"satu"), "a")
    later = made(tmp_path, b"dua")
    with pytest.raises(StorageError, match="nothing was overwritten"):
        storage.publish(later, "a")
    assert (tmp_path / "archive/a").read_bytes() == b"satu"
    assert later.read_bytes() == b"dua"


def test_publishing_the_same_file_again_after_a_kill_is_done(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "archive")
    storage.publish(made(tmp_path, b"satu"), "a")
    again = made(tmp_path, b"satu")
    storage.publish(again, "a")
    assert not again.exists()


def test_a_file_whose_name_may_not_be_durable_yet_keeps_its_twin_until_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(tmp_path / "archive" / "a", b"isi")
    write_file(tmp_path / "spooled", b"isi")
    there: list[bool] = []
    monkeypatch.setattr(local, "fsync_folder", lambda _: there.append((tmp_path / "spooled").exists()))
    LocalStorage(tmp_path / "archive").publish(tmp_path / "spooled", "a")
    assert there == [True]
    assert not (tmp_path / "spooled").exists()


def test_of_many_files_each_folder_is_made_durable_once_and_after_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"datasets/x/text/{month}/{number}.txt" for number in range(3) for month in ("2026-10", "2026-11")]
    storage = LocalStorage(tmp_path / "archive")
    for key in keys:
        (tmp_path / "archive" / key).parent.mkdir(parents=True, exist_ok=True)
    spooled = [made(tmp_path, b"isi").rename(tmp_path / str(number)) for number, _ in enumerate(keys)]
    synced: list[tuple[str, int]] = []

    def note(folder: Path) -> None:
        synced.append((folder.name, len(list((tmp_path / "archive").rglob("*.txt")))))

    monkeypatch.setattr(local, "fsync_folder", note)
    storage.publish_all(zip(spooled, keys, strict=True))
    assert sorted(synced) == [("2026-10", 6), ("2026-11", 6)]


def test_a_state_folder_on_another_disk_is_copied_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = LocalStorage(tmp_path / "archive")
    path = made(tmp_path, b"x" * 3_000_000)
    rename = Path.rename

    def other_disk(self: Path, target: Path) -> Path:
        if self == path:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", other_disk)
    storage.publish(path, "a")
    assert (tmp_path / "archive/a").stat().st_size == 3_000_000
    assert not path.exists()
    assert not list((tmp_path / "archive").glob("*.part"))


@pytest.mark.parametrize(
    "uri",
    [
        "http://contoh.test/x",
        "file://host/x",
        "s3://",
        "s3:///x",
        "s3://a//b",
        "s3://a?b",
        "s3://a/../b",
        "s3://[a",
        "",
    ],
)
def test_an_address_that_is_neither_a_folder_nor_a_bucket_is_refused_in_words(uri: str) -> None:
    with pytest.raises(ArgumentError, match="s3://"):
        open_storage(uri)


@pytest.mark.parametrize("uri", ["s3://kunci:geheim@a/b", "s3://a/b?secret=geheim", "https://kunci:geheim@a.test/b"])
def test_credentials_in_an_address_are_refused_and_not_printed(uri: str) -> None:
    with pytest.raises(ArgumentError, match=r"a(\.test)?/b") as caught:
        open_storage(uri)
    assert "geheim" not in str(caught.value)


def test_a_path_and_a_file_address_name_the_same_folder() -> None:
    assert archive_path("/srv/arsip berita") == archive_path("file:///srv/arsip%20berita")
    assert archive_path("~/x") == Path.home() / "x"
