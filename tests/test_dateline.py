"""The place in an article's dateline, and sentences that only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.facts import dateline
from tests.pages import PROSE, article

BRANDS = ("Contoh.test", "Contoh")
URL = "https://www.contoh.test/nasional/123/judul"


@pytest.mark.parametrize(
    ("lead", "place"),
    [
        ("TRIBUNNEWS.COM, MINSK - Pemerintah", "MINSK"),
        ("MOSKOW, KOMPAS.TV - Presiden", "MOSKOW"),
        ("TRIBUN-TIMUR.COM, MAKASSAR -Warga", "MAKASSAR"),
        ("TRIBUN-TIMUR.COM, MAKASSAR - Warga", "MAKASSAR"),
        ("jateng.tribunnews.com, SEMARANG - Warga", "SEMARANG"),
        ("Liputan6.com, Jakarta - Warga", "Jakarta"),
        ("JAKARTA, KOMPAS.com – Warga", "JAKARTA"),
        ("LHOKSEUMAWE,KOMPAS.com- Warga", "LHOKSEUMAWE"),
        ("CONTOH, JAKARTA PUSAT — Warga", "JAKARTA PUSAT"),
        ("Jakarta (ANTARA) - Warga", "Jakarta"),
        ("Mataram, NTB (ANTARA News) - Warga", "Mataram, NTB"),
        ("London (ANTARA/Reuters) - Warga", "London"),
        ("Jakarta, 12/3 (ANTARA) - Warga", "Jakarta"),
        ("REPUBLIKA.CO.ID, JAKARTA -- Warga", "JAKARTA"),
        ("TEMPO.CO, Jakarta - Warga", "Jakarta"),
        ("TEMPO.CO , Jakarta - Warga", "Jakarta"),
        ("jpnn.com, JAKARTA - Warga", "JAKARTA"),
        ("Bisnis.com, JAKARTA — Warga", "JAKARTA"),
        ("SOLO, suara.com - Warga", "SOLO"),
        ("SURYA.CO.ID | SURABAYA - Warga", "SURABAYA"),
        ("Contoh, Tanjung Selor - Warga", "Tanjung Selor"),
        ("JawaPos.com - Warga", None),
        ("Intisari-Online.com - Warga", None),
        ("Jatimcenter.com – Warga", None),
        ("Rina, Budi - keduanya warga desa", None),
        ("Susi - sapaan akrabnya - menolak", None),
        ("JAKARTA - Warga", None),
        ("JAKARTA. Warga", None),
        ("Warga (62) - begitu ia disebut", None),
        ("Ia membaca Kompas.com, lalu pulang - begitu saja", None),
    ],
)
def test_the_place_is_read_and_the_dateline_stays(lead: str, place: str | None) -> None:
    made = article(body=f"<div class='isi'><p><b>{lead[:9]}</b>{lead[9:]} {PROSE}</p></div>")
    assert made.place == place
    assert made.text.startswith(lead)


@pytest.mark.parametrize(
    ("lead", "url", "place"),
    [
        ("Jakarta - Warga", "https://news.detik.com/x", "Jakarta"),
        ("Washington DC - Warga", "https://news.detik.com/x", "Washington DC"),
        ("Susi - sapaan akrabnya - menolak", "https://news.detik.com/x", None),
        ("JAKARTA - Warga", "https://news.okezone.com/x", "JAKARTA"),
        ("OKEZONE - Warga", "https://news.okezone.com/x", None),
        ("JAKARTA. Laba naik", "https://investasi.kontan.co.id/x", "JAKARTA"),
        ("KONTAN.CO.ID - JAKARTA. Laba naik", "https://investasi.kontan.co.id/x", "JAKARTA"),
        ("PT. Maju untung", "https://investasi.kontan.co.id/x", None),
        ("Jakarta, CNN Indonesia -- Warga", "https://www.cnnindonesia.com/x", "Jakarta"),
    ],
)
def test_some_outlets_have_datelines_of_their_own(lead: str, url: str, place: str | None) -> None:
    assert dateline.place(lead, (), url) == place


@given(st.text(alphabet="JAKRTjakrt.,|()-–— /1", max_size=150))
def test_a_place_stands_in_the_line(line: str) -> None:
    place = dateline.place(line, BRANDS, URL)
    assert place is None or all(part in line for part in place.split(", "))
