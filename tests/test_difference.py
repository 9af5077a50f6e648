"""What changed between two texts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.difference import MAX_PARAGRAPHS, MAX_WORDS, Change, Piece, changes, words

TEXTS = st.lists(st.text(alphabet="ab ,.", min_size=1, max_size=12), max_size=6).map("\n\n".join)


def side(found: list[Change], missing: str) -> list[str]:
    """The paragraphs of the older or the newer text."""
    texts = ("".join(piece.text for piece in change if piece.kind != missing) for change in found)
    return [text for text in texts if text]


@settings(deadline=None)
@given(older=TEXTS, newer=TEXTS)
def test_both_texts_can_be_read_from_what_changed(older: str, newer: str) -> None:
    found = list(changes(older, newer))
    assert side(found, "new") == [text for text in older.split("\n\n") if text]
    assert side(found, "gone") == [text for text in newer.split("\n\n") if text]


def test_a_word_that_was_replaced_is_all_that_changed() -> None:
    assert list(changes("Tetap.\n\nJumlahnya 40 orang.", "Tetap.\n\nJumlahnya 45 orang.")) == [
        [Piece("same", "Tetap.")],
        [Piece("same", "Jumlahnya "), Piece("gone", "40"), Piece("new", "45"), Piece("same", " orang.")],
    ]


def test_paragraphs_that_have_nothing_in_common_are_not_mixed() -> None:
    older, newer = "Hujan turun di kota sejak pagi.", "Wali kota meresmikan jembatan."
    assert list(changes(older, newer)) == [[Piece("gone", older)], [Piece("new", newer)]]


def test_a_text_that_came_or_went_is_one_change() -> None:
    assert list(changes("", "Baru.")) == [[Piece("new", "Baru.")]]
    assert list(changes("Lama.", "")) == [[Piece("gone", "Lama.")]]
    assert list(changes("", "")) == []


@pytest.mark.parametrize("older", ["a b " * MAX_WORDS, "\n\n".join("ab" * (n % 7) for n in range(MAX_PARAGRAPHS + 1))])
def test_texts_too_long_to_be_compared_are_shown_whole_and_at_once(older: str) -> None:
    newer, began = older[::-1], time.process_time()
    found = list(changes(older, newer))
    assert time.process_time() - began < 1
    assert [piece for change in found for piece in change] == [Piece("gone", older), Piece("new", newer)]


def test_a_text_that_is_made_to_be_compared_for_hours_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.difference.MAX_COMPARED", 2000)
    older, newer = (" ".join("ab"[n * one % other % 2] for n in range(390)) for one, other in ((7, 5), (3, 7)))
    found = list(changes("\n\n".join([older] * 1900), "\n\n".join([newer] * 1900)))
    assert len(found[0]) > 2
    assert found[1:5] == [[Piece("gone", older)], [Piece("new", newer)]] * 2


def test_a_title_is_compared_by_words() -> None:
    assert words("Pasar ramai", "Pasar sepi") == [Piece("same", "Pasar "), Piece("gone", "ramai"), Piece("new", "sepi")]
