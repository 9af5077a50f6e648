"""Titles without the outlet, datelines with their place."""

import time

import pytest

from pipelines.rules import NO_RULES
from tests.pages import BODY, NODE, article, ld


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
        ("Judul Berita - Contoh.test - Halaman 2", "Judul Berita"),
        ("Judul Berita (Halaman 2) · Contoh", "Judul Berita"),
        ("Judul Berita [Page 2]", "Judul Berita"),
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
    ("title", "heading", "expected"),
    [
        # Metadata drop punctuation, and add sections and outlets.
        ("Bantuan Cair Kapan Dibagi", "Bantuan Cair: Kapan Dibagi?", "Bantuan Cair: Kapan Dibagi?"),
        ("Bantuan Cair Sekarang - Contoh.test Daerah", "Bantuan Cair Sekarang", "Bantuan Cair Sekarang"),
        ("Bantuan Cair Sekarang :: Kabar Gaya", "Bantuan Cair Sekarang", "Bantuan Cair Sekarang"),
        ("Bantuan Cair Sekarang - Humaniora di Kabar", "Bantuan Cair Sekarang", "Bantuan Cair Sekarang"),
        ("Kabar: Bantuan Cair Sekarang", "Bantuan Cair Sekarang", "Bantuan Cair Sekarang"),
        # A section's heading is no headline, and another heading is not this one's.
        ("Banjir - Satu Desa Terendam", "Banjir", "Banjir - Satu Desa Terendam"),
        ("Dua Kubu - Satu Kota", "Satu Kota Lain Lagi", "Dua Kubu - Satu Kota"),
    ],
)
def test_the_pages_own_heading_says_what_the_headline_is(title: str, heading: str, expected: str) -> None:
    for tag in ("h1", "h2") if " - " in title else ("h1",):
        made = article(
            f"<meta property='og:title' content='{title}'>", f"<{tag}>{heading}</{tag}>{BODY}", rules=NO_RULES
        )
        assert made.title == expected


def test_the_host_names_the_outlet() -> None:
    for title in ("Warga Berkumpul - Kabaru", "Kabaru.co.id: Warga Berkumpul", "Warga Berkumpul | kabaru.co.id"):
        made = article(f"<title>{title}</title>", url="https://jatim.kabaru.co.id/berita/1/x", rules=NO_RULES)
        assert made.title == "Warga Berkumpul"


def test_a_very_long_title_costs_little() -> None:
    began = time.process_time()
    article(f"<title>Judul{' - Contoh' * 100_000}</title>")
    assert time.process_time() - began < 2
