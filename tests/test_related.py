"""Links to other articles go, as lines and out of paragraphs; sentences that begin with the same words stay."""

import pytest

from pipelines.page import blocks
from tests.pages import container
from tests.stripped import MORE, PROSE, body, rules

LINK = "<a href='/x'>Judul Lain</a>"


@pytest.mark.parametrize(
    "markup",
    [
        "<p class='baca'>Baca juga: <a href='/x'>Judul Lain</a></p>",
        "<p class='baca'><strong>Baca: <a href='/x'>Judul Lain</a></strong></p>",
        "<p><strong>Baca Juga : <a href='/x'>Judul Lain</a></strong></p>",
        "<p><strong>BACA JUGA: </strong><a href='/x'>Judul Lain</a></p>",
        "<p><span class='more'>Baca juga:</span> <a href='/x'>Judul</a></p>",
        "<p><a href='/x'>Baca juga: Judul Lain</a></p>",
        "<p>Baca Juga <a href='/x'>Judul Lain</a></p>",
        "<p>Baca juga:</p><ul><li><a href='/x'>Judul Lain</a></li><li><a href='/y'>Judul Lagi</a></li></ul>",
        "<ul><li>Baca juga: <a href='/x'>Judul Lain</a></li><li>Baca juga: <a href='/x'>Judul Lain</a></li></ul>",
        "Baca juga: <a href='/x'>Judul Lain</a>",
        "<div><br>Baca juga: <a href='/x'>Judul Lain</a><br></div>",
        "<table class='linksisip'><tr><td>Baca juga:</td><td><a href='/x'>Judul Lain</a></td></tr></table>",
        "<p>Baca juga: Judul Lain Tanpa Tautan</p>",
        "<p>Simak juga: <a href='/x'>Judul Lain</a></p>",
        "<p>Baca selengkapnya <a href='/x'>di sini</a></p>",
        "<p>Pilihan Editor: <a href='/x'>Judul Lain</a></p>",
        f"<p>Baca juga: {LINK}</p>",
        f"<p>BACA JUGA {LINK}</p>",
        f"<p>Baca&nbsp;juga&nbsp;:&nbsp;{LINK}</p>",
        f"<p>Baca juga：{LINK}</p>",
        f"<p>* Baca juga: {LINK} *</p>",
        f"<div>Baca juga:<br>{LINK}</div>",
        f"<div><b>Baca juga:</b></div><div>{LINK}</div>",
        f"<li>Lihat juga: {LINK}</li>",
        f"<p>Baca selengkapnya di sini: {LINK}</p>",
        f"<p>Artikel Menarik Lainnya: {LINK}</p>",
        f"<p>Menarik Dibaca: {LINK}</p>",
        f"<p>Jangan lewatkan: {LINK}</p>",
        f"<p>Tonton juga: {LINK}</p>",
        f"<p>Saksikan juga {LINK}</p>",
        f"<p>Simak: {LINK}</p>",
        f"<p>Baca juga: {LINK}, {LINK}</p>",
        f"<p>(Baca juga: {LINK})</p>",
        f"<p>Read more: {LINK}</p>",
        "<p>Lihat juga</p>",
        "<p>BACA JUGA： Judul Lain</p>",
        "<p>Baca juga Judul Lain Tanpa Titik Dua</p>",
        "<p>Baca: Judul Lain Tanpa Tautan</p>",
        "<p>Baca juga:</p><p>Judul Lain Tanpa Tautan</p>",
        "<p>Baca juga:</p><ul><li>Judul Lain Tanpa Tautan</li><li>Judul Lagi Tanpa Tautan</li></ul>",
        "<p>Baca juga: 'Saya Siap', Kata Menteri</p>",
    ],
)
def test_a_line_that_links_to_another_article_goes(markup: str) -> None:
    found = body(markup)
    assert found.paragraphs == [PROSE, MORE]
    assert {rule for rule, _ in rules(found)} <= {"related link", "widget heading", "widget items"}


@pytest.mark.parametrize(
    ("paragraph", "left"),
    [
        (f"Air naik. Baca juga: {LINK}", "Air naik."),
        (f"Air naik.Baca juga: {LINK}", "Air naik."),
        (f"Air naik. <b>BACA&nbsp;JUGA {LINK}</b>", "Air naik."),
        ("Air naik. Baca juga: Judul Lain Yang Panjang", "Air naik."),
        ("Air naik. Baca juga： Apa Itu Rob? Ini Penjelasannya", "Air naik."),
        (f"Air naik. Baca juga: {LINK} Warga mengungsi.", "Air naik. Warga mengungsi."),
        (f"Air naik. Baca juga: {LINK}. Warga mengungsi.", "Air naik. Warga mengungsi."),
        ("Air naik. <a href='/x'>Baca juga: Judul Lain</a> Warga mengungsi.", "Air naik. Warga mengungsi."),
        (f"Air naik. (Baca juga: {LINK}) Warga mengungsi.", "Air naik. Warga mengungsi."),
        (f"Baca juga: {LINK} Warga mengungsi.", "Warga mengungsi."),
        (f"Air naik. Simak juga {LINK}", "Air naik."),
        (f"Air naik. Lihat: {LINK}", "Air naik."),
        ("Rob (baca: <a href='/x'>Apa Itu Rob</a>) datang lagi.", "Rob datang lagi."),
        ("Rob (baca juga: Apa Itu Rob) datang lagi.", "Rob datang lagi."),
        ("Mereka menunggu rob (baca: <a href='/x'>Apa Itu Rob</a>).", "Mereka menunggu rob."),
        (f"Air naik. Baca juga: {LINK} Hujan turun. Baca juga: {LINK}", "Air naik. Hujan turun."),
    ],
)
def test_a_related_link_goes_out_of_a_paragraph(paragraph: str, left: str) -> None:
    found = body(f"<p>{paragraph}</p>")
    assert found.paragraphs == [PROSE, left, MORE]
    assert {rule for rule, _ in rules(found)} == {"related link"}


def test_a_related_link_goes_from_the_end_of_a_paragraph() -> None:
    markup = (
        "<p>Air naik lagi.<br><br><b>Baca juga: <a href='/x'>Judul</a></b></p><p>Hujan. Baca juga: <a>Judul</a></p>"
    )
    assert body(markup).paragraphs == [PROSE, "Air naik lagi.", "Hujan.", MORE]
    markup = "<p>Air naik lagi.<br><b>Baca juga: <a href='/x'>Judul</a></b></p>"
    assert body(markup).paragraphs == [PROSE, "Air naik lagi.", MORE]


@pytest.mark.parametrize(
    "line",
    [
        "Baca puisi itu keras-keras",
        "Baca juga buku itu di perpustakaan.",
        "Anda dapat baca juga <a href='/x'>buku itu</a> di perpustakaan.",
        "Baca <a href='/x'>puisi itu</a>.",
        "Lihat <a href='/x'>tabel</a> di bawah ini untuk rincian.",
        "Simak: ini daftar lengkapnya.",
        "Rekomendasi: pemerintah harus menutup tambang itu.",
        "Terkait: kasus itu masih diselidiki polisi.",
        "Uang itu (baca: upeti) dibagi tiga.",
        "“Baca juga: Judul Lain,” begitu tertulis di poster itu.",
        "Selengkapnya:",
        "Warga diminta baca juga: aturan itu panjang. Mereka menolak.",
        "Related documents were released by the court on Monday.",
        "Read more books, the minister told the pupils.",
    ],
)
def test_a_sentence_that_begins_like_a_label_stays(line: str) -> None:
    found = body(f"<p>{line}</p>")
    assert found.paragraphs == [PROSE, blocks.flat(container(line)), MORE]
    assert found.removed == []


def test_a_subheading_behind_a_label_without_links_stays() -> None:
    found = body("<p>Baca juga:</p><h2>Nasib Warga Pesisir Utara</h2>")
    assert found.paragraphs == [PROSE, "Nasib Warga Pesisir Utara", MORE]


@pytest.mark.parametrize(
    "linked",
    [f"<p>{LINK}</p>", f"<ul><li>{LINK}</li><li>{LINK}</li></ul>", "<ul><li>Judul Lain Tanpa Tautan</li></ul>"],
    ids=["link", "links", "headlines"],
)
def test_a_subheading_behind_a_label_and_what_it_leads_to_stays(linked: str) -> None:
    found = body(f"<p>Baca juga:</p>{linked}<p><b>Nasib Warga Pesisir Utara</b></p>")
    assert found.paragraphs == [PROSE, "Nasib Warga Pesisir Utara", MORE]


@pytest.mark.parametrize("line", ["<a href='/x'>Next Page</a>", "<a href='/x'>Lihat Semua</a>", f"Selanjutnya: {LINK}"])
def test_a_link_that_leads_on_goes(line: str) -> None:
    assert rules(body(f"<p>{line}</p>"))[0][0] == "pager"


@pytest.mark.parametrize("line", ["Selanjutnya", "Next", f"Selanjutnya {LINK}", "Selanjutnya: Rina Ayu dan Budi"])
def test_a_line_that_only_says_so_stays(line: str) -> None:
    assert body(f"<p>{line}</p>").paragraphs == [PROSE, blocks.flat(container(line)), MORE]


def test_a_label_takes_one_headline_that_lost_its_link_and_no_second() -> None:
    found = body("<p>Baca juga:</p><p>Judul Lain Tanpa Tautan</p><p>Nasib Warga Pesisir Utara</p>")
    assert found.paragraphs == [PROSE, "Nasib Warga Pesisir Utara", MORE]
