"""`scrapy diff A B`: what can be named, what is said of it, and when it stops a release."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError

from tests.buckets import Place
from tests.compared import FIRST, OLD, SECOND, counted, dataset, part, row
from tests.lives import exchange, keep, on_disk
from tests.runs import ROOT, scrapy
from tests.test_verify_bucket import put


def test_what_rebuilds_changed_is_told_to_a_person(rebuilt: Path, diff: Callable[..., Any]) -> None:
    status, lines, log = diff("before", "archive", as_json=False)
    assert (status, log) == (0, "")
    assert lines == [
        f"A  before: archive {rebuilt} before its rebuild",
        f"B  archive: archive {rebuilt}",
        "",
        "contoh",
        "  articles    3 -> 3: 1 gained, 1 lost, 1 changed, 1 unchanged",
        "  verdict     article -> gallery: 1",
        "  verdict     listing -> article: 1",
        "  field       title: 1 changed",
        "  example     gained  https://contoh.test/4",
        "    - listing: 40 links",
        "    + article",
        "  example     lost  https://contoh.test/2",
        "    - article",
        "    + gallery: 12 pictures",
        "  example     title  https://contoh.test/3",
        "    - Berita 3",
        "    + Baru",
    ]


def test_a_script_gets_numbers_of_each_outlet_and_whole_examples(rebuilt: Path, diff: Callable[..., Any]) -> None:
    part(rebuilt, [row(outlet="lain")])
    status, said, _ = diff("before", "archive")
    assert status == 0
    assert set(said) == {"a", "b", "unread", "total", "outlets", "examples", "thresholds", "beyond"}
    assert said["b"] == {"name": "archive", "where": f"archive {rebuilt}"}
    assert counted(said) == {"a": 4, "b": 4, "gained": 1, "lost": 1, "changed": 1, "unchanged": 2}
    assert said["outlets"]["lain"]["articles"]["unchanged"] == 1
    assert said["outlets"]["contoh"]["verdicts"] == [
        {"was": "article", "now": "gallery", "rows": 1},
        {"was": "listing", "now": "article", "rows": 1},
    ]
    assert said["examples"][2] == {
        "outlet": "contoh",
        "what": "title",
        "id": "contoh:contoh.test:3",
        "version": 1,
        "url": "https://contoh.test/3",
        "was": "Berita 3",
        "now": "Baru",
    }


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (("2:aaaa", "2"), {"a": 3, "b": 3, "gained": 1, "lost": 1, "unchanged": 2}),
        (("2:aa", "2:bb"), {"a": 3, "b": 3, "gained": 1, "lost": 1, "unchanged": 2}),
        (("2:bbbb", "3"), {"a": 3, "b": 3, "changed": 1, "unchanged": 2}),
        (("3", "archive"), {"a": 3, "b": 3, "unchanged": 3}),
        (("before", "2:aaaa"), {"a": 3, "b": 3, "unchanged": 3}),
    ],
)
def test_rows_of_an_extractor_and_its_rules_are_found_in_kept_parts(
    rebuilt: Path, diff: Callable[..., Any], names: tuple[str, str], numbers: dict[str, int]
) -> None:
    assert rebuilt.exists()
    status, said, _ = diff(*names)
    assert (status, counted(said)) == (0, numbers)


def test_what_a_rebuild_emptied_is_empty_for_its_rules(rebuilt: Path, diff: Callable[..., Any]) -> None:
    part(rebuilt, [row(1, rules="dddd"), row(2, rules="dddd")], revision="20261125000000")
    part(rebuilt, [], "0", "20261125000000", folder="dropped")
    _, said, _ = diff("2:aaaa", "2:dddd")
    assert counted(said) == {"a": 3, "b": 2, "lost": 1, "unchanged": 2}
    assert said["total"]["verdicts"] == []


def test_where_nothing_is_left_from_before_that_is_said(tmp_path: Path, diff: Callable[..., Any]) -> None:
    part(tmp_path / "data", [row()])
    status, said, log = diff("before", "archive", lost="0")
    assert (status, counted(said)) == (0, {"a": 1, "b": 1, "unchanged": 1})
    assert "scrapy rebuild --keep leaves it" in log


def test_today_s_rules_are_compared_without_writing_anything(tmp_path: Path, diff: Callable[..., Any]) -> None:
    case = ROOT / "tests/outlets/tribun/nomor-nasional"
    page, wanted = (case / "page.html").read_bytes(), json.loads((case / "article.json").read_text())
    place = on_disk(tmp_path / "data")
    running = place.job("tribun")
    keep(running, wanted["url"], [running.capture(exchange(wanted["url"], page))])
    lost = "https://www.tribunnews.com/nasional/7788102/hilang"
    ref = running.capture(exchange(lost, page + b" "))
    keep(running, lost, [ref])
    running.finish({})
    [warc] = (tmp_path / "data").glob("warc/**/*.warc.gz")
    data = bytearray(warc.read_bytes())
    data[ref.offset + ref.length // 2] ^= 0xFF
    warc.write_bytes(data)
    before = sorted((tmp_path / "data").rglob("*"))
    status, said, log = diff("archive", "rebuild", changed="0")
    assert sorted((tmp_path / "data").rglob("*")) == before
    assert status == 5, "what could not be made again is no result"
    assert "The result is not whole: 1 rows" in log
    assert counted(said) == {"a": 2, "b": 1, "lost": 1, "changed": 1}
    assert said["total"]["fields"]["title"] == {"filled": 1, "emptied": 0, "changed": 0}
    assert said["total"]["verdicts"] == [{"was": "article", "now": "not-made", "rows": 1}]
    assert ("title", None, wanted["title"]) in [(one["what"], one["was"], one["now"]) for one in said["examples"]]
    assert any(one["url"] == lost and one["now"].startswith("not-made: ") for one in said["examples"])


def test_datasets_are_compared_by_name_and_by_folder(rebuilt: Path, tmp_path: Path, diff: Callable[..., Any]) -> None:
    twin = {name: row(9)[name] for name in ("id", "version", "outlet", "url", "captures")}
    dataset(rebuilt / "datasets" / "berita-1", [row(1), row(2, duplicates=[twin]), row(9, outlet="lain")])
    elsewhere = dataset(tmp_path / "salinan", [row(1, version=2, title="Baru"), row(2), row(9)])
    status, said, _ = diff("berita-1", str(elsewhere))
    assert status == 0
    assert said["a"]["where"] == f"dataset {rebuilt}/datasets/berita-1"
    assert counted(said) == {"a": 3, "b": 3, "gained": 1, "lost": 1, "changed": 1, "unchanged": 1}
    assert said["total"]["verdicts"] == [{"was": "duplicate", "now": "article", "rows": 1}]
    _, said, _ = diff("berita-1", "archive", outlet="contoh")
    assert set(said["outlets"]) == {"contoh"}


def test_a_dataset_says_what_the_archive_says_that_it_was_made_of(tmp_path: Path, diff: Callable[..., Any]) -> None:
    facts: dict[str, Any] = {
        "published": "2026-11-22T08:00:00.500000+09:00",
        "origins": {"title": "jsonld"},
        "tags": ["pasar", "sungai"],
        "free": False,
        "language_confidence": 0.9999971,
    }
    edited = row(2, version=2, paragraphs=["Teks yang lain."])
    part(tmp_path / "data", [row(1, **facts), row(2), edited, row(3, paragraphs=[])])
    made = scrapy("dataset", "berita", "--format", "parquet", "-s", f"ARCHIVE_URI={tmp_path / 'data'}")
    assert made[0] == 0, made
    status, said, _ = diff("archive", "berita")
    assert (status, counted(said)) == (0, {"a": 3, "b": 3, "unchanged": 3})
    assert said["total"]["said"] == {}
    assert set(said["total"]["not_compared"]) == {"cluster", "cluster_share", "duplicates"}


def test_another_archive_is_compared_by_its_folder(rebuilt: Path, tmp_path: Path, diff: Callable[..., Any]) -> None:
    part(tmp_path / "lain", [row(1), row(3, paragraphs=[*OLD, "Baru."])])
    status, said, _ = diff("archive", str(tmp_path / "lain"))
    assert rebuilt.exists()
    assert (status, counted(said)) == (0, {"a": 3, "b": 2, "lost": 1, "changed": 1, "unchanged": 1})
    assert said["total"]["paragraphs"] == {"a": 8, "gained": 1, "lost": 0}


def test_archives_and_datasets_in_a_bucket_are_compared_by_their_addresses(
    rebuilt: Path, quick_bucket: Place, diff: Callable[..., Any]
) -> None:
    dataset(rebuilt / "datasets" / "berita", [row(1), row(3), row(4)])
    put(rebuilt, quick_bucket)
    for address, differing in ((quick_bucket.uri, 0), (f"{quick_bucket.uri}/datasets/berita", 1)):
        status, said, _ = diff("archive", address, changed="0")
        assert (status, said["total"]["articles"]["changed"]) == (7 if differing else 0, differing)
        assert said["b"]["where"].endswith(address)
    with pytest.raises(UsageError, match=r"There is no .*/kosong to compare"):
        diff("archive", f"{quick_bucket.uri}/kosong")


@pytest.mark.parametrize(
    ("limits", "status", "beyond"),
    [
        ({"lost": "1", "changed": "50%"}, 0, 0),
        ({"lost": "0"}, 7, 1),
        ({"lost": "0", "gained": "0", "changed": "49.9%", "paragraphs_lost": "0"}, 7, 3),
    ],
)
def test_thresholds_make_a_gate_of_it(
    rebuilt: Path, diff: Callable[..., Any], limits: dict[str, str], status: int, beyond: int
) -> None:
    assert rebuilt.exists()
    done, said, log = diff("before", "archive", **limits)
    assert (done, len(said["beyond"]), len(log.splitlines())) == (status, beyond, beyond)
    assert said["thresholds"] == {name.replace("_", "-"): text for name, text in limits.items()}


def test_rows_of_an_older_shape_are_compared_as_far_as_both_have_it(rebuilt: Path, diff: Callable[..., Any]) -> None:
    lacks = ("text_confidence", "free", "opt_out")
    old = {name: value for name, value in row(outlet="lama", schema=1).items() if name not in lacks}
    part(rebuilt, [old])
    part(rebuilt, [row(outlet="lama", free=True)], "3", SECOND)
    _, said, _ = diff("before", "archive", outlet="lama")
    assert counted(said) == {"a": 1, "b": 1, "unchanged": 1}
    assert said["total"]["not_compared"] == dict.fromkeys(sorted(lacks), 1)


def test_nothing_that_a_row_says_moves_the_cursor(rebuilt: Path, diff: Callable[..., Any]) -> None:
    part(rebuilt, [row(title="\x1b[2Jlama", outlet="lain")])
    part(rebuilt, [row(title="\u202ebaru\x07", outlet="lain")], revision=FIRST)
    for as_json in (True, False):
        _, said, _ = diff("before", "archive", as_json=as_json)
        text = json.dumps(said) if as_json else "\n".join(said)
        assert "\\u202ebaru" in text
        assert all(char.isprintable() or char == "\n" for char in text)


def test_a_release_is_stopped_from_the_command_line(rebuilt: Path) -> None:
    status, out, log = scrapy(
        "diff",
        "before",
        "archive",
        "-s",
        f"ARCHIVE_URI={rebuilt}",
        "--lost",
        "0",
        "--changed",
        "100%",
        "--examples",
        "0",
    )
    assert status == 7, log
    assert out.splitlines()[-1] == "  field       title: 1 changed"
    assert log == "scrapy diff: contoh: 1 of 3 are more than --lost 0 allows.\n"
