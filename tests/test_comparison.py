"""Two sets of rows held against each other: what is paired, what is a difference, what is counted and shown."""

from __future__ import annotations

import random
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from archive.comparison import gate, joining
from archive.comparison.fields import COUNTED, LONG, MADE, SAID, comparable, compare, excerpts
from archive.comparison.joining import compare_sides
from archive.comparison.result import Counts, Result
from archive.comparison.sides import Side, fault_of
from archive.dataset.schema import columns
from archive.errors import ArgumentError
from archive.model import EDITED
from tests.compared import OLD, drop, row


def side(*rows: dict[str, Any], newest_only: bool = False) -> Side:
    return Side("a", "some rows", lambda: (("verdict" not in one, one) for one in rows), newest_only)


def found(a: Side, b: Side, examples: int = 3) -> Result:
    return compare_sides(a, b, examples, lambda _: None)


def numbers(counts: Counts) -> dict[str, int]:
    return {name: number for name, number in counts.facts()["articles"].items() if number}


def test_every_field_of_a_row_is_a_fact_or_has_a_reason_to_be_none() -> None:
    names = {column.name for column in columns()}
    assert names >= MADE | COUNTED | SAID
    facts = names - MADE - COUNTED - SAID
    assert facts >= set(EDITED)
    assert facts - set(EDITED) == {
        "id",
        "version",
        "outlet",
        "url",
        "modified",
        "published_raw",
        "image",
        "pages",
        "complete",
        "opt_out",
    }


def test_how_a_row_was_made_is_no_difference() -> None:
    other: dict[str, Any] = {
        "extractor": "3",
        "rules": "ab",
        "job": "x",
        "schema": 9,
        "drift": True,
        "captured": "2026-11-23T01:00:00+00:00",
        "words": 1,
        "text_sha256": "00",
    }
    result = found(side(row()), side(row(**other)))
    assert numbers(result.total) == {"a": 1, "b": 1, "unchanged": 1}
    assert list(result.examples) == []


def test_what_we_say_of_a_text_counts_apart() -> None:
    counts = found(side(row(language="id")), side(row(language="ms", text_confidence=0.5))).total
    assert numbers(counts) == {"a": 1, "b": 1, "unchanged": 1}
    assert counts.facts()["said"] == {
        "language": {"filled": 0, "emptied": 0, "changed": 1},
        "text_confidence": {"filled": 1, "emptied": 0, "changed": 0},
    }
    assert counts.facts()["fields"] == {}


def test_a_field_is_filled_emptied_or_changed_and_nothing_is_nothing_in_any_shape() -> None:
    older: dict[str, Any] = {"title": "A", "section": "B", "place": None, "tags": [], "description": "", "free": False}
    newer: dict[str, Any] = {"title": "C", "section": "", "place": "D", "tags": None, "description": None, "free": None}
    edits = compare(comparable(older), comparable(newer)).edits
    assert {edit.name: edit.way for edit in edits} == {
        "title": "changed",
        "section": "emptied",
        "place": "filled",
        "free": "emptied",
    }


def test_values_are_the_same_whatever_file_they_came_from() -> None:
    instant = datetime(2026, 11, 22, 1, tzinfo=UTC)
    parquet = {
        "published": instant,
        "tags": ("a", "b"),
        "origins": {"title": "rule", "text": None},
        "score": float("nan"),
    }
    lines = {"published": instant.isoformat(), "tags": ["a", "b"], "origins": {"title": "rule"}, "score": None}
    assert comparable(parquet) == comparable(lines)


def test_a_field_that_one_side_does_not_have_is_not_compared_and_said() -> None:
    older = row()
    del older["free"]
    counts = found(side(older, row(2)), side(row(free=True, mood="riang"), row(2))).total
    assert numbers(counts) == {"a": 2, "b": 2, "unchanged": 2}
    assert counts.facts()["not_compared"] == {"free": 1, "mood": 1}


def test_paragraphs_are_counted_as_often_as_they_are_there() -> None:
    newer = [OLD[0], OLD[0], "Baru.", OLD[2]]
    result = found(side(row(paragraphs=[*OLD, OLD[3]]), row(2)), side(row(paragraphs=newer), row(2)))
    assert result.total.facts()["paragraphs"] == {"a": 9, "gained": 2, "lost": 3}
    [example] = result.examples
    assert (example.what, example.was, example.now) == ("text", OLD[1], OLD[0])


def test_paragraphs_in_another_order_are_a_change_of_text_in_which_none_is_lost() -> None:
    counts = found(side(row()), side(row(paragraphs=OLD[::-1]))).total
    assert (counts.changed, counts.paragraphs_gained, counts.paragraphs_lost) == (1, 0, 0)


def test_versions_are_articles_of_their_own_but_for_a_dataset_the_newest_counts() -> None:
    rows = [row(), row(version=2, title="Judul baru")]
    dataset = side(row(version=2, title="Judul terbaru"), newest_only=True)
    assert numbers(found(side(*rows), side(rows[0])).total) == {"a": 2, "b": 1, "lost": 1, "unchanged": 1}
    for one, other in ((side(*rows), dataset), (side(*rows[::-1]), dataset), (dataset, side(*rows))):
        result = found(one, other)
        assert numbers(result.total) == {"a": 1, "b": 1, "changed": 1}
        assert set(result.total.fields) == {"title"}


def test_of_rows_of_one_version_the_complete_one_counts_else_the_latest() -> None:
    rows = [
        row(title="Lengkap", captured="2026-11-22T02:00:00+00:00"),
        row(title="Lebih awal"),
        row(title="Kurang satu halaman", complete=False, captured="2026-11-22T03:00:00+00:00"),
    ]
    for seed in range(6):
        random.Random(seed).shuffle(rows)
        assert numbers(found(side(*rows), side(row(title="Lengkap"))).total) == {"a": 1, "b": 1, "unchanged": 1}


def test_of_rows_that_lack_a_page_the_one_with_more_captures_counts_else_the_latest() -> None:
    [ref] = row()["captures"]
    late = "2026-11-22T03:00:00+00:00"
    rows = [
        row(title="Dua halaman", complete=False, captures=[ref, ref], captured="2026-11-22T02:00:00+00:00"),
        row(title="Dua halaman, lebih awal", complete=False, captures=[ref, ref]),
        row(title="Satu halaman", complete=False, captured=late),
        row(2, title="Utuh", captured=late),
        row(2, title="Utuh, lebih awal", captures=[ref, ref]),
    ]
    counts = side(row(title="Dua halaman", complete=False), row(2, title="Utuh"))
    for seed in range(6):
        random.Random(seed).shuffle(rows)
        assert numbers(found(side(*rows), counts).total) == {"a": 2, "b": 2, "unchanged": 2}


def test_articles_whose_id_changed_are_paired_by_their_address() -> None:
    older = [row(1), row(2), row(3)]
    newer = [row(1), row(2, id="contoh:lain:2"), row(3, id="contoh:lain:3", url="https://contoh.test/tiga")]
    result = found(side(*older), side(*newer))
    assert numbers(result.total) == {"a": 3, "b": 3, "gained": 1, "lost": 1, "changed": 1, "unchanged": 1}
    assert [(one.what, one.was, one.now) for one in result.examples] == [
        ("gained", None, "article"),
        ("id", "contoh:contoh.test:2", "contoh:lain:2"),
        ("lost", "article", None),
    ]


def test_what_shares_an_address_is_paired_one_to_one() -> None:
    older = [row(number, url="https://contoh.test/sama") for number in (1, 2, 3)]
    newer = [row(number, url="https://contoh.test/sama", id=f"contoh:lain:{number}") for number in (1, 2)]
    assert numbers(found(side(*older), side(*newer)).total) == {"a": 3, "b": 2, "lost": 1, "changed": 2}


def test_a_page_that_is_judged_anew_says_what_it_was_and_is() -> None:
    older = [row(1), row(2), drop(3, "listing", "40 links"), drop(4, "gallery"), drop(5, "empty"), row(6)]
    newer = [drop(1, "gallery", "12 pictures"), drop(2, "gone"), row(3), drop(4, "video"), drop(5, "empty"), row(6)]
    newer[1]["captures"] = [{"record_id": "<urn:uuid:another>"}]  # another look at the same address
    result = found(side(*older), side(*newer))
    assert numbers(result.total) == {"a": 3, "b": 2, "gained": 1, "lost": 2, "unchanged": 1}
    assert result.total.verdicts == {
        ("article", "gallery"): 1,
        ("article", "gone"): 1,
        ("listing", "article"): 1,
        ("gallery", "video"): 1,
    }
    shown = {(one.what, one.was, one.now) for one in result.examples}
    assert shown >= {("lost", "article", "gallery: 12 pictures"), ("gained", "listing: 40 links", "article")}
    assert ("verdict", "gallery", "video") in shown


def test_an_address_that_was_no_article_once_does_not_explain_a_version_that_is_missing() -> None:
    older = [row(1), row(1, version=2, captures=[{"record_id": "<urn:uuid:second>"}])]
    result = found(side(*older), side(row(1), drop(1, "not-found", captures=[{"record_id": "<urn:uuid:before>"}])))
    assert numbers(result.total) == {"a": 2, "b": 1, "lost": 1, "unchanged": 1}
    assert not result.total.verdicts


def test_numbers_are_per_outlet_and_in_total() -> None:
    result = found(side(row(), row(outlet="lain")), side(row(title="X"), row(outlet="ketiga")))
    assert {name: numbers(counts) for name, counts in result.outlets.items()} == {
        "contoh": {"a": 1, "b": 1, "changed": 1},
        "ketiga": {"b": 1, "gained": 1},
        "lain": {"a": 1, "lost": 1},
    }
    assert numbers(result.total) == {"a": 2, "b": 2, "gained": 1, "lost": 1, "changed": 1}


def test_the_same_rows_in_any_order_give_the_same_numbers_and_examples() -> None:
    older = [row(number) for number in range(60)] + [drop(number, "gone", str(number)) for number in range(60, 90)]
    newer = [row(number, title=f"Judul {number}") for number in range(30, 75)]
    seen = set()
    for seed in range(4):
        chance = random.Random(seed)
        chance.shuffle(older)
        chance.shuffle(newer)
        result = found(side(*older), side(*newer), examples=2)
        assert len(list(result.examples)) == 6
        seen.add((str(result.total.facts()), tuple(result.examples)))
    assert len(seen) == 1


def test_no_more_examples_are_kept_than_are_wanted() -> None:
    older, newer = side(*map(row, range(50))), side(*(row(number, title="X") for number in range(50)))
    assert [len(list(found(older, newer, wanted).examples)) for wanted in (0, 1, 80)] == [0, 1, 50]


def test_long_values_are_shown_where_they_begin_to_differ() -> None:
    same = "Sama panjangnya. " * 30
    was, now = excerpts(same + "lama" + same, same + "baru" + same)
    assert was is not None
    assert now is not None
    assert was[:35].endswith("lama")
    assert now[:35].endswith("baru")
    assert max(len(was), len(now)) <= LONG + 2
    assert excerpts(["a", "b"], None) == ("a, b", None)
    assert excerpts({"title": "rule"}, "x" * 200) == ('{"title": "rule"}', "x" * LONG + "…")


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"id": ""}, "id cannot be"),
        ({"id": 7}, "id cannot be"),
        ({"outlet": None}, "outlet cannot be"),
        ({"url": ["x"]}, "url cannot be"),
        ({"version": "1"}, "version cannot be"),
        ({"version": 10**30}, "version cannot be"),
        ({"text": ["x"]}, "text cannot be"),
        ({"captures": []}, "points at no record"),
        ({"captures": "x"}, "points at no record"),
        ({"captures": [{"record_id": 5}]}, "points at no record"),
        ({"title": "\ud800"}, "cannot be written"),
    ],
)
def test_what_is_no_row_is_said_and_not_compared(odd: dict[str, Any], said: str) -> None:
    assert fault_of(row(), is_article=True) == ""
    assert said in fault_of(row(**odd), is_article=True)


def test_a_row_nested_without_end_is_no_row() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert "cannot be written" in fault_of(row(tags=deep), is_article=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lost": "1"}, []),
        ({"lost": "0"}, ["all outlets: 1 of 101 are more than --lost 0 allows."]),
        ({"lost": "1%"}, ["kecil: 1 of 1 are more than --lost 1% allows."]),
        ({"gained": "0.9%"}, ["all outlets: 1 of 101 are more", "besar: 1 of 100 are more"]),
        ({"changed": "2%"}, []),
        (
            {"changed": "1.9%", "paragraphs-lost": "0"},
            ["besar: 2 of 100 are", "all outlets: 2 of 100", "all outlets: 3 of"],
        ),
    ],
)
def test_a_number_holds_for_all_outlets_and_a_part_for_each_of_them(given: dict[str, str], said: list[str]) -> None:
    result = Result(0)
    large, small = result.of("besar"), result.of("kecil")
    large.a, large.b, large.gained, large.unchanged, large.changed = 100, 101, 1, 98, 2
    large.paragraphs, large.paragraphs_lost = 400, 3
    small.a, small.lost = 1, 1
    sentences = list(gate.beyond(result, [gate.threshold(*one) for one in given.items()]))
    assert len(sentences) == len(said)
    for part in said:
        assert any(part in sentence for sentence in sentences), sentences


def test_of_one_outlet_a_threshold_is_said_once() -> None:
    result = found(side(row(1), row(2)), side(row(1)))
    for text in ("0", "10%"):
        [sentence] = gate.beyond(result, [gate.threshold("lost", text)])
        assert sentence == f"contoh: 1 of 2 are more than --lost {text} allows."


def test_a_gate_does_not_open_where_nothing_could_be_compared() -> None:
    result = found(side(row(1)), side(row(2)))
    assert "No article is in both" in next(iter(gate.beyond(result, [gate.threshold("changed", "5%")])))
    assert list(gate.beyond(result, [])) == []


@pytest.mark.parametrize("text", ["", "-1", "5 %", "1.5", "1e3", "1000%x", "٣", "%"])
def test_a_threshold_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match="--lost="):
        gate.threshold("lost", text)


def test_more_rows_do_not_take_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite keeps its pages outside of what is traced: docs/diff.md has what a whole process takes."""
    monkeypatch.setattr(joining, "_AT_ONCE", 20)

    def peak(rows: int) -> int:
        def made(title: str) -> Side:
            return Side(title, title, lambda: ((True, row(number, title=title)) for number in range(rows)))

        tracemalloc.start()
        found(made("lama"), made("baru"))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(20)  # what the first comparison of a process leaves in caches
    assert peak(400) < 1.3 * peak(100)
