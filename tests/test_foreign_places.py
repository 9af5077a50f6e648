"""Where archives of others lie: what is no WARC and no WACZ, or a bomb, is refused with what to do."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArgumentError
from archive.foreign import places
from archive.foreign.places import MAX_GROWTH, NotReadable, sources, warcs
from tests.foreign import Book, member, wacz


def bomb(path: Path) -> Path:
    inner = path.with_suffix(".warc")
    inner.write_bytes(bytes(12_000_000))
    return wacz(path, inner, packing=zipfile.ZIP_DEFLATED)


def sound(path: Path, packing: int = zipfile.ZIP_STORED) -> bytearray:
    inner = Book()
    inner.page(1)
    return bytearray(wacz(path, inner.write(path.with_suffix(".warc")), packing=packing).read_bytes())


def torn(path: Path) -> Path:
    whole = sound(path)
    path.write_bytes(whole[: len(whole) // 2])
    return path


def spoiled(path: Path) -> Path:
    whole = sound(path)
    whole[200] ^= 1
    path.write_bytes(whole)
    return path


def empty(path: Path) -> Path:
    return wacz(path)


def bomb_of_bzip2(path: Path) -> Path:
    inner = path.with_suffix(".warc")
    inner.write_bytes(bytes(12_000_000))
    return wacz(path, inner, packing=zipfile.ZIP_BZIP2)


def spoiled_lzma(path: Path) -> Path:
    whole = sound(path, zipfile.ZIP_LZMA)
    whole[100:200] = bytes(100)
    path.write_bytes(whole)
    return path


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (bomb, f"more than {MAX_GROWTH} times"),
        (bomb_of_bzip2, "packed otherwise than with deflate"),
        (spoiled_lzma, "packed otherwise than with deflate"),
        (torn, "cannot be read"),
        (spoiled, "CRC-32"),
        (empty, "no WACZ"),
    ],
)
def test_a_wacz_that_is_broken_or_a_bomb_is_refused(tmp_path: Path, make: Any, said: str) -> None:
    path = make(tmp_path / "x.wacz")
    with pytest.raises(NotReadable, match=said):
        list(warcs(path, path.name))


def test_what_all_files_of_a_wacz_unfold_to_is_counted_together(tmp_path: Path) -> None:
    inner = [tmp_path / f"{number}.warc" for number in range(3)]
    for path in inner:
        path.write_bytes(b"WARC/1.0\r\n" + bytes(900_000))
    whole = wacz(tmp_path / "x.wacz", *inner, packing=zipfile.ZIP_DEFLATED)
    with pytest.raises(NotReadable, match=f"more than {MAX_GROWTH} times"):
        list(warcs(whole, whole.name))


def test_a_wacz_of_more_files_than_any_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book()
    book.page(1)
    whole = wacz(tmp_path / "x.wacz", book.write(tmp_path / "x.warc"))
    assert [name for name, _ in warcs(whole, "x.wacz")] == ["x.wacz/archive/x.warc"]
    monkeypatch.setattr(places, "MAX_ENTRIES", 2)
    with pytest.raises(NotReadable, match="more than 2 files"):
        list(warcs(whole, "x.wacz"))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("lama.arc", b"filedesc://lama.arc 0.0.0.0 19960923142103 text/plain 76\n1 0 Alexa\n", "warcio recompress"),
        ("lama.arc.gz", member(b"filedesc://lama.arc 0.0.0.0 19960923142103 text/plain 76\n"), "warcio recompress"),
        ("rusak.arc", b"\x00\x00", "warcio recompress"),
        ("x.warc.zst", b"\x28\xb5\x2f\xfd", "unpacked first"),
        ("catatan.txt", b"bukan apa-apa", "no WARC file begins so"),
    ],
)
def test_what_is_no_warc_is_refused_with_what_to_do(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(NotReadable, match=said):
        list(warcs(tmp_path / name, name))


def test_a_folder_has_its_warcs_and_waczs_each_once_and_no_link_leads_to_another_folder(tmp_path: Path) -> None:
    book = Book()
    book.page(1)
    (tmp_path / "dalam").mkdir()
    files = [book.write(tmp_path / "dalam" / "a.warc.gz"), book.write(tmp_path / "b.warc")]
    (tmp_path / "catatan.txt").write_text("bukan")
    (tmp_path / "akar").symlink_to("/", target_is_directory=True)
    (tmp_path / "dalam" / "kembali").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "c.warc").symlink_to(files[1])
    os.mkfifo(tmp_path / "pipa.warc")
    listed = sources([str(tmp_path), str(files[1]), files[0].as_uri()], lambda error: pytest.fail(str(error)))
    assert [source.name for source in listed] == [str(tmp_path / "b.warc"), str(tmp_path / "c.warc"), str(files[0])]
    assert {source.size for source in listed} == {path.stat().st_size for path in files}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("{}/tidak-ada.warc", "There is no file"),
        ("{}", "holds no .warc"),
        ("https://lain.test/a.warc.gz", "download it first"),
        ("s3://", "names no file of a bucket"),
        ("", "no name"),
        ("/dev/zero", "neither a file nor a folder"),
        ("~nobody-of-this-name/a.warc", "cannot be looked at"),
        ("x" * 300, "cannot be looked at"),
    ],
)
def test_a_place_where_nothing_can_be_is_said_before_anything_is_read(tmp_path: Path, place: str, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        sources([place.format(tmp_path)], lambda _: None)


def test_a_folder_that_nobody_may_look_into_is_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = PermissionError(13, "Permission denied", str(tmp_path))

    def shut(_: Path, onerror: Callable[[OSError], None]) -> Iterator[Any]:
        onerror(closed)
        return iter(())

    monkeypatch.setattr(os, "walk", shut)  # root may look into any
    told: list[object] = []
    assert sources([str(tmp_path)], told.append) == []
    assert told == [closed]


def test_a_pipe_is_no_archive_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.warc")
    with pytest.raises(ArgumentError, match="neither a file nor a folder"):
        sources([str(tmp_path / "x.warc")], lambda _: None)
