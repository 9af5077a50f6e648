"""Titles without the outlet, datelines with their place."""

import time

import pytest

from tests.pages import NODE, PROSE, article, ld


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Judul Berita - Contoh.test", "Judul Berita"),
        ("Judul Berita | CONTOH", "Judul Berita"),
        ("Contoh: Judul Berita", "Judul Berita"),
        ("Contoh.test - Judul Berita - Contoh", "Judul Berita"),
        ("Judul Berita - Halaman 2 - Contoh.test", "Judul Berita"),
        ("Judul Berita Halaman all - Contoh.test", "Judul Berita"),
        ("Judul Berita - Semua Halaman - Contoh", "Judul Berita"),
        ("Judul Berita - Tribun-timur.com", "Judul Berita"),
        ("Contoh Soal Ujian - Contoh", "Contoh Soal Ujian"),
        ("Dua Kubu - Satu Kota", "Dua Kubu - Satu Kota"),
        ("Contoh.test", None),
        ("CONTOH", None),
        ("", None),
    ],
)
def test_titles_are_without_the_outlet(title: str, expected: str | None) -> None:
    assert article(f"<title>{title}</title>").title == expected


def test_a_title_is_never_the_first_sentence() -> None:
    made = article("<title>Contoh.test</title><meta property='og:title' content='Contoh'>")
    assert made.title is None
    assert "title" not in made.origins


def test_a_headline_cut_short_gives_way_to_the_whole() -> None:
    whole = "Warga " * 18 + "Berkumpul"
    for short in (whole[:60] + "...", whole[:60] + "…", whole[:104]):
        assert article(ld(NODE | {"headline": short}) + f"<title>{whole} - Contoh</title>").title == whole
    assert article(ld(NODE | {"headline": "Lalu..."}) + "<title>Lain - Contoh</title>").title == "Lalu..."


@pytest.mark.parametrize(
    ("lead", "place"),
    [
        ("TRIBUNNEWS.COM, MINSK - Pemerintah", "MINSK"),
        ("MOSKOW, KOMPAS.TV - Presiden", "MOSKOW"),
        ("TRIBUN-TIMUR.COM, MAKASSAR -Warga", None),
        ("TRIBUN-TIMUR.COM, MAKASSAR - Warga", "MAKASSAR"),
        ("Liputan6.com, Jakarta - Warga", "Jakarta"),
        ("JAKARTA, KOMPAS.com – Warga", "JAKARTA"),
        ("CONTOH, JAKARTA PUSAT — Warga", "JAKARTA PUSAT"),
        ("Intisari-Online.com - Warga", None),
        ("Jatimcenter.com – Warga", None),
        ("Rina, Budi - keduanya warga desa", None),
        ("JAKARTA - Warga", None),
    ],
)
def test_the_place_is_read_from_the_dateline(lead: str, place: str | None) -> None:
    outlet, rest = lead.split(" ", maxsplit=1)
    made = article(body=f"<div class='isi'><p><b>{outlet}</b> {rest} {PROSE}</p></div>")
    assert made.place == place
    assert made.text.startswith(lead)


def test_a_very_long_title_costs_little() -> None:
    began = time.process_time()
    article(f"<title>Judul{' - Contoh' * 100_000}</title>")
    assert time.process_time() - began < 2
