"""What of a container is the article's: judged line by line, with one witness or none."""

from __future__ import annotations

import pytest

from pipelines.page import blocks
from pipelines.text import sieve
from pipelines.text.shingles import Shingles
from tests.pages import PROSE, container

OTHER = "Panitia menyebut perbaikan akan selesai sebelum musim hujan tiba, kata ketua panitia itu kemarin sore."
LAST = "Jembatan itu menghubungkan dua kampung yang dipisahkan oleh sungai besar sejak puluhan tahun lalu."
LINK = "<a href='/x'>Harga Beras Naik Lagi Pekan Ini</a>"


def kept(markup: str, *said: str) -> list[str]:
    sifted = sieve.sift(blocks.read(container(markup)), Shingles(said) if said else None)
    return [block.text for block in sifted.kept]


@pytest.mark.parametrize(
    ("middle", "text"),
    [
        (f"<p>{OTHER}</p>", OTHER),
        ("<h3>Menunggu Hujan</h3>", "Menunggu Hujan"),
        ("<p>Kosong</p>", "Kosong"),
        ("<ul><li>semen</li></ul>", "semen"),
    ],
    ids=["prose", "heading", "short line", "list item"],
)
def test_what_a_witness_lacks_stays_between_lines_that_it_has(middle: str, text: str) -> None:
    assert kept(f"<p>{PROSE}</p>{middle}<p>{LAST}</p>", PROSE, LAST) == [PROSE, text, LAST]


def test_all_items_of_a_list_stay_however_short() -> None:
    items = "".join(f"<li>butir {n}</li>" for n in range(5))
    assert kept(f"<p>{PROSE}</p><ul>{items}</ul><p>{LAST}</p>", PROSE, LAST)[1:-1] == [f"butir {n}" for n in range(5)]


@pytest.mark.parametrize(
    "widget",
    [
        f"<p>{LINK}</p>",
        f"<p>Baca artikel lain: {LINK}</p>",
        f"<h3>Kabar hari ini</h3><p>{LINK}</p>",
        f"<p>Kabar hari ini</p><ul><li>{LINK}</li></ul>",
        "<p>Iklan</p><p>Iklan</p>",
    ],
    ids=["link", "label and link", "heading and link", "line and links", "line that repeats"],
)
def test_a_widget_goes_with_its_heading(widget: str) -> None:
    assert kept(f"<p>{PROSE}</p>{widget}<p>{LAST}</p>", PROSE, LAST) == [PROSE, LAST]


def test_a_line_that_is_all_link_stays_where_the_witness_has_it_in_the_text() -> None:
    text = "Harga Beras Naik Lagi Pekan Ini"
    assert kept(f"<p>{PROSE}</p><p>{LINK}</p><p>{LAST}</p>", PROSE, text, LAST) == [PROSE, text, LAST]
    assert kept(f"<p>{PROSE}</p><p>{LAST}</p><p>{LINK}</p>", PROSE, text, LAST) == [PROSE, LAST]


@pytest.mark.parametrize(
    "widget",
    [
        f"<p>Baca juga: {LINK}</p>",
        f"<h2>Kabar Lain</h2><ul><li>{LINK}</li><li>{LINK}</li></ul>",
        f"<p>Kabar lain:</p><p>{LINK}</p>",
    ],
    ids=["line", "heading and list", "label and link"],
)
def test_a_subheading_below_a_widget_stays(widget: str) -> None:
    markup = f"<p>{PROSE}</p>{widget}<h2>Menunggu Hujan</h2><p>{LAST}</p>"
    assert kept(markup, PROSE, LAST) == [PROSE, "Menunggu Hujan", LAST]


def test_a_headline_in_a_widget_between_paragraphs_is_no_subheading() -> None:
    markup = f"<p>{PROSE}</p><p>{LINK}</p><h4>{LINK}</h4><p>{LAST}</p>"
    assert kept(markup, PROSE, LAST) == [PROSE, LAST]


def test_a_list_of_headings_begins_with_its_first() -> None:
    assert kept(f"<h2>1. Hujan</h2><p>{PROSE}</p><h2>2. Banjir</h2><p>{LAST}</p>", PROSE, LAST) == [
        "1. Hujan",
        PROSE,
        "2. Banjir",
        LAST,
    ]
    assert kept(f"<h2>Ragam Desa</h2><p>{PROSE}</p><h3>Banjir</h3><p>{LAST}</p>", PROSE, LAST)[0] == PROSE


def test_a_caption_does_not_part_a_heading_from_its_text() -> None:
    picture = "<h3>Hujan</h3><small>instagram.com/desa</small>"
    assert kept(f"<p>{PROSE}</p>{picture}<p>{LAST}</p>", PROSE, LAST) == [PROSE, "Hujan", LAST]
    assert kept(f"<p>{PROSE}</p>{picture}<p>{LINK}</p>", PROSE) == [PROSE]


@pytest.mark.parametrize("end", ["", f"<p>{LAST}</p>"], ids=["at the end", "inside"])
def test_a_verse_stays_though_its_lines_are_no_sentences(end: str) -> None:
    verse = "<p>Hujan turun di kampung<br>di atap rumah kayu<br>di jalan yang lama menunggu</p>"
    found = kept(f"<p>{PROSE}</p>{verse}{end}", PROSE, LAST)
    assert "Hujan turun di kampung di atap rumah kayu di jalan yang lama menunggu" in found


def test_a_label_goes_with_its_link_in_a_table_too() -> None:
    table = f"<table><tr><td>Baca:<div>{LINK}</div></td></tr></table>"
    assert kept(f"<p>{PROSE}</p>{table}<p>{LAST}</p>", PROSE, "Baca:", LAST) == [PROSE, LAST]


def test_a_dateline_above_the_first_paragraph_stays() -> None:
    assert kept(f"<b>Sukamaju</b> - <p>{PROSE}</p><p>{LAST}</p>", PROSE, LAST) == ["Sukamaju -", PROSE, LAST]


def test_a_label_that_goes_on_with_prose_is_no_related_link() -> None:
    line = f"Catatan: {OTHER} Lihat {LINK} untuk rinciannya, kata panitia."
    assert len(kept(f"<p>{PROSE}</p><p>{line}</p><p>{LAST}</p>", PROSE, LAST)) == 3


def test_a_heading_with_no_text_below_it_is_a_widget_s() -> None:
    assert kept(f"<p>{PROSE}</p><h3>Komentar</h3>", PROSE, "Komentar") == [PROSE]


def test_without_a_witness_prose_stays_and_what_it_frames() -> None:
    markup = f"<p>12 Mei</p><p>{PROSE}</p><p>Kosong</p><p>{LAST}</p><p>{LINK}</p>"
    assert kept(markup) == [PROSE, "Kosong", LAST]


def test_nothing_is_lost_between_the_two_parts() -> None:
    read = blocks.read(container(f"<p>{PROSE}</p><h3>Komentar</h3><p>{LINK}</p><p>Kosong</p><p>{LAST}</p>"))
    sifted = sieve.sift(read, Shingles([PROSE]))
    assert sorted(block.text for block in sifted.kept + sifted.beside) == sorted(block.text for block in read)
