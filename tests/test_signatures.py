"""What signs a text goes from its ends and becomes a fact; the author's own brackets stay."""

import pytest

from tests.stripped import PROSE, bare, rules


@pytest.mark.parametrize(
    "signature",
    [
        "(vyp/kna)",
        "(afz/jpnn)",
        "(Cas/Isk)",
        "(kpl/pur/tch)",
        "(Ant/Z-2)",
        "(Z-2)",
        "(rin)",
        "(Rin)",
        "[rin/ayu]",
        "(Contoh.com/Rina Ayu)",
        "(*)",
        "(*/rin)",
        "***",
    ],
)
def test_initials_go_from_the_end(signature: str) -> None:
    for tail in (
        f" {signature}",
        f" <strong>{signature}</strong>",
        f"<br>{signature}",
        f"</p><p>{signature}",
        signature,
    ):
        found = bare(f"<p>{PROSE}{tail}</p>")
        assert found.paragraphs == [PROSE]
        assert [text for _, text in rules(found)] == [signature]


@pytest.mark.parametrize("signature", ["(rin)***", "**(rin)"])
def test_initials_with_stars_beside_them_go_as_a_line(signature: str) -> None:
    assert bare(f"<p>{PROSE}</p><p>{signature}</p>").paragraphs == [PROSE]


def test_initials_in_small_letters_need_no_full_stop() -> None:
    assert bare("<p>Air naik lagi (vyp/kna)</p>").paragraphs == ["Air naik lagi"]


@pytest.mark.parametrize(
    "tail",
    [
        "(Selasa, 3/11)",
        "(BPBD)",
        "(Bersambung)",
        "(4/5/2020)",
        "(5.000/kg)",
        "(lihat peta di halaman depan)",
        "(dan/atau)",
    ],
)
def test_brackets_of_the_authors_own_stay(tail: str) -> None:
    for line in (f"Ia datang. {tail}", f"Ia datang {tail}", f"Ia datang {tail}."):
        assert bare(f"<p>{PROSE}</p><p>{line}</p>").paragraphs == [PROSE, line]


def test_initials_inside_a_text_stay() -> None:
    lines = ["Air naik. (rin)", PROSE]
    assert bare("".join(f"<p>{line}</p>" for line in lines)).paragraphs == lines


@pytest.mark.parametrize("tail", ["(Sumber: Antara)", "(Antara)", "(ANTARA)", "(rin/ayu) (Sumber: Antara)"])
def test_an_agency_at_the_end_becomes_the_source(tail: str) -> None:
    for markup in (f"<p>{PROSE} {tail}</p>", f"<p>{PROSE}</p><p>(Sumber: Antara)</p>"):
        found = bare(markup)
        assert found.paragraphs == [PROSE]
        assert (found.byline.source or "").casefold() == "antara"


@pytest.mark.parametrize(
    "line",
    [
        "Minggu, 18 Juli 2021 – 18:52 WIB",
        "Contoh.com - 27/03/2024, 06:16 WIB",
        "NASIONAL | 12 Maret 2022, 12:57 WIB",
        "Jumat, 21 Juni 2013 / 18:55 WIB",
    ],
)
def test_the_date_goes_from_the_head_only(line: str) -> None:
    found = bare(f"<p>{line}</p><p>{PROSE}</p>")
    assert (found.paragraphs, rules(found)) == ([PROSE], [("date", line)])
    assert bare(f"<p>{PROSE}</p><p>{line}</p><p>{PROSE}</p>").paragraphs == [PROSE, line, PROSE]


@pytest.mark.parametrize(
    "line",
    [
        "JAKARTA, CONTOH.TV - Air naik.",
        "Gempa terjadi pada Minggu, 18 Juli 2021 pukul 18.52 WIB.",
        "Minggu, 18 Juli 2021",
        "Pukul 18.52 WIB air mulai naik di desa itu",
    ],
)
def test_a_first_line_with_a_dateline_or_a_date_stays(line: str) -> None:
    assert bare(f"<p>{line}</p><p>{PROSE}</p>").paragraphs == [line, PROSE]


@pytest.mark.parametrize(
    ("line", "site"),
    [
        (
            "Artikel ini telah tayang di <a href='/'>TribunTimur.com</a> dengan judul Judul, https://x.test/1",
            "TribunTimur.com",
        ),
        ('Artikel ini telah tayang di Kompas.com dengan judul "Judul", Klik untuk baca: https://x.test/', "Kompas.com"),
        ("Artikel ini telah tayang di Grid.ID.", "Grid.ID"),
        ("Sebagian artikel ini telah tayang di Kompas.com dengan judul: Judul", "Kompas.com"),
        (
            "Artikel ini telah tayang di Kompas.com dengan judul<br><a href='/x'>Judul</a><br>https://x.test/1",
            "Kompas.com",
        ),
        ("Artikel ini sudah tayang di TribunJatim.com berjudul Judul, Penulis: A | Editor: B", "TribunJatim.com"),
    ],
)
def test_syndication_is_noted(line: str, site: str) -> None:
    found = bare(f"<p>{PROSE}</p><p>{line}</p>")
    assert (found.paragraphs, found.syndicated_from) == ([PROSE], site)


def test_a_note_of_syndication_goes_from_the_end_of_a_paragraph() -> None:
    found = bare(f"<p>{PROSE} Artikel ini telah tayang di Contoh.com dengan judul Judul Lain</p>")
    assert (found.paragraphs, found.syndicated_from) == ([PROSE], "Contoh.com")


@pytest.mark.parametrize(
    "line",
    [
        "Artikel ini telah terbit di jurnal Alam pada 2019 dan dikutip tiga ratus kali.",
        "Berita ini telah tayang di televisi nasional sejak pagi.",
    ],
)
def test_what_was_published_in_a_journal_or_on_television_is_no_note(line: str) -> None:
    found = bare(f"<p>{PROSE}</p><p>{line}</p>")
    assert (found.paragraphs, found.syndicated_from) == ([PROSE, line], None)
