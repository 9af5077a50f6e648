"""Whole lines of the site, each by its rule; and prose that begins with the same words."""

import time

import pytest

from pipelines.text import phrases
from tests.stripped import MORE, PROSE, body, rules

LINES = {
    "widget heading": [
        "BERITA REKOMENDASI",
        "Berita Terkini",
        "Artikel Terkait:",
        "Wiki Terkait",
        "Video Pilihan",
        "Rekomendasi untuk Anda",
        "Pilihan Untukmu",
        "PROMOTED CONTENT",
        "TERBARU",
        "You may also like...",
        "Kamu Mungkin Suka",
        "Pilihan Redaksi",
        "Tinggalkan Balasan",
        "0 Komentar",
        "Daftar Isi [tampilkan]",
    ],
    "advertisement": [
        "ADVERTISEMENT",
        "Iklan",
        "SCROLL TO CONTINUE WITH CONTENT",
        "ADVERTISEMENT SCROLL TO CONTINUE WITH CONTENT",
        "Scroll ke bawah untuk melanjutkan membaca",
        "GULIR UNTUK LANJUT BACA",
    ],
    "pager": [
        "Halaman",
        "Halaman 1 2 3",
        "Halaman 2/3",
        "Halaman: 1 2 Show All",
        "Halaman 2 dari 3",
        "2 dari 3 halaman",
        "1 2 3 4",
        "1 2 3 Lihat Semua",
        "Halaman selanjutnya »",
        "Baca selengkapnya di halaman berikutnya >>>",
        "Lanjutkan ke halaman 2",
    ],
    "media": [
        "[Gambas:Video 20detik]",
        'Simak Video "Judul Lain"',
        "Tonton juga Video: Judul Lain",
        "Saksikan video pilihan di bawah ini:",
        "Lihat juga 'Judul Lain':",
        "Jangan lewatkan video menarik lainnya",
        "Dengarkan artikel",
        "zoom-in Judul Berita",
    ],
    "promotion": [
        "Ikuti kami di",
        "IKUTI KAMI DI GOOGLE NEWS",
        "Follow kami di Instagram",
        "Ikuti berita terkini kami di Google News",
        "Cek Berita dan Artikel yang lain di Google News dan WA Channel",
        "Silakan baca konten menarik lainnya dari contoh.com di Google News",
        "Dapatkan update berita pilihan dan breaking news setiap hari dari contoh.com. Mari bergabung di grup.",
        "Simak breaking news dan berita pilihan kami langsung di ponselmu. Pilih saluran andalanmu.",
        "Pastikan kamu sudah install aplikasi WhatsApp ya.",
        "Gabung di channel Telegram",
        "Yuk, bergabung di grup WhatsApp kami!",
        "Follow WhatsApp Channel Contoh",
        "Unduh aplikasi berita kami di sini",
        "* Fakta atau Hoaks? Untuk mengetahuinya, silakan WhatsApp ke nomor Cek Fakta 0800 dengan kata kunci.",
        "Klik di sini untuk bergabung",
        "Klik DI SINI untuk berita lainnya",
        "Info selengkapnya klik di sini",
        "Ikuti WhatsApp Channel Contoh",
        "Dapatkan berita terbaru dari Contoh.com di WhatsApp",
        "Jadikan Contoh.com sumber pilihan di Google",
        "Baca juga artikel terkait BANJIR atau tulisan lainnya dari Rina Ayu",
        "Facebook Twitter WhatsApp Copy Link",
        "Salin tautan",
        "Bagikan:",
        "Share",
        "Nyaman tanpa iklan. Langganan sekarang",
    ],
    "imprint": [
        "© 2026 Contoh Media",
        "COPYRIGHT © ANTARA 2026",
        "COPYRIGHT (c) ANTARA 2026",
        "Copyright 2026, Contoh Media",
        "(c) 2026 Contoh",
        "All rights reserved.",
        "Hak cipta dilindungi undang-undang",
        "Dilarang mengutip isi berita tanpa izin tertulis dari redaksi.",
        "Lihat Artikel Asli",
        "Tag: banjir, rob",
        "Powered by Froala Editor",
        "Post Views: 1.234",
        "Dibaca: 321",
    ],
    "letter sizes": ["Text Sizes"],
    "photo credit": [
        "Foto: Dok. Pribadi",
        "FOTO/Rina Ayu",
        "Dok. Pribadi",
        "ILUSTRASI. Petugas menghitung uang. CONTOH/Rina",
        "Petugas menghitung uang di kantor desa, Rabu (3/3). Foto: Rina Ayu/Contoh",
        "Petugas menghitung uang (Foto: Istimewa)",
        "Petugas menghitung uang di kantor desa. ANTARA FOTO/Rina/nym.",
    ],
    "signature": ["(*)", "***", "(vyp/kna)", "[rin/ayu]", "(Contoh.com/Rina Ayu)"],
}
PROSE_LIKE = [
    "Sumber: polisi menemukan tiga korban.",
    "Editor: pekerjaan yang dilupakan orang",
    "Ikuti kami ke pasar, kata Sari.",
    "“Ikuti kami di Instagram,” kata Sari.",
    "Ikuti langkah berikut agar akun WhatsApp Anda tetap aman.",
    "Ikuti channel WhatsApp yang Anda suka dengan menekan tombol plus.",
    "Cek berita yang beredar di grup WhatsApp sebelum membagikannya.",
    "Bergabung dengan grup Telegram itu, ia membaca berita palsu.",
    "Dapatkan vaksin itu di puskesmas terdekat.",
    "Video itu viral",
    "Simak video ini agar tidak salah, kata dokter itu.",
    "Iklan rokok dilarang.",
    "Halaman rumahnya luas.",
    "Halaman 5 buku itu memuat peta desa.",
    "Halaman berikutnya buku itu kosong.",
    "Foto: pekerjaan yang dilupakan orang",
    "Foto: Saya suka itu, kata Rina.",
    "Unggah foto: KTP asli dan kartu keluarga.",
    "Unggah dokumen (Foto: JPG, 2 MB).",
    "Polisi datang. Warga pulang. Foto: Rina Ayu",
    "Dibaca 3 kali sesudah salat.",
    "Facebook",
    "Facebook, Instagram, WhatsApp",
    "Komentar warga beragam.",
    "Daftar isi buku itu panjang.",
    "(c) menjaga kebersihan rumah masing-masing.",
    "Copyright law protects authors of software and books alike.",
    "Copyright 2019 was the year of change.",
    "Share prices rose.",
    "Advertisement revenue fell sharply last year.",
    "Dilarang mengambil ikan di sungai itu tanpa izin adat.",
    "Bagikan makanan itu kepada tetangga.",
    "Berita terkini dari lereng gunung itu melegakan warga.",
    "(4/5/2020)",
    "1 2 3",
    "AA",
]


@pytest.mark.parametrize(("rule", "line"), [(rule, line) for rule, lines in LINES.items() for line in lines])
def test_a_line_of_the_site_goes_under_its_rule(rule: str, line: str) -> None:
    for markup in (f"<p>{line}</p>", f"<div><strong>{line}</strong></div>", f"<ul><li>{line}</li></ul>"):
        found = body(markup)
        assert found.paragraphs == [PROSE, MORE]
        assert rules(found) == [(rule, line)]


def test_every_rule_is_shown_by_a_line() -> None:
    assert set(LINES) == set(phrases.PHRASES)


@pytest.mark.parametrize("line", [line for line in PROSE_LIKE if line != "1 2 3"])
def test_prose_that_begins_like_a_phrase_stays(line: str) -> None:
    found = body(f"<p>{line}</p>")
    assert found.paragraphs == [PROSE, line, MORE]
    assert found.removed == []


def test_a_long_line_is_prose_however_it_begins() -> None:
    line = f"Cek berita kami di Google News, begitu bunyinya. {' '.join([PROSE] * 6)}"
    assert body(f"<p>{line}</p>").paragraphs == [PROSE, line, MORE]


@pytest.mark.parametrize(
    "part",
    ["[Gambas:Video 20detik]", "SCROLL TO CONTINUE WITH CONTENT", "ADVERTISEMENT SCROLL TO CONTINUE WITH CONTENT"],
)
def test_what_players_and_advertisements_leave_in_a_paragraph_goes(part: str) -> None:
    assert body(f"<p>Air naik. {part}</p>").paragraphs == [PROSE, "Air naik.", MORE]
    assert body(f"<p>Air naik. {part} Warga mengungsi.</p>").paragraphs == [PROSE, "Air naik. Warga mengungsi.", MORE]


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("Judul Lain Yang Panjang", True),
        ("Apa Itu Rob? Ini Penjelasannya!", True),
        ("PRESIDEN KE SOLO HARI INI", True),
        ("BMKG dan Warga Desa: Hujan Turun Lagi", True),
        ("Mereka pulang menjelang siang", False),
        ("Judul Lain Yang Panjang.", False),
        ("Dua Kata", False),
        ("1 2 3", False),
        ("", False),
    ],
)
def test_headlines_are_known_by_their_capitals(line: str, *, headline: bool) -> None:
    assert phrases.is_headline(line) is headline


@pytest.mark.parametrize(
    "unit", ["a", " ", ".", "-", "*", ">", "(", "[", "1 ", "/", "a/", "(a/", "kami ", "di ", "berita "]
)
@pytest.mark.parametrize(
    "start",
    [
        "",
        "Baca juga: ",
        "Ikuti kami ",
        "Cek berita ",
        "Gabung ",
        "Halaman ",
        "(",
        "[gambas ",
        "Copyright ",
        "Simak juga '",
    ],
)
def test_no_line_costs_much(start: str, unit: str) -> None:
    line = (start + unit * 600)[:400] + "\x07"
    assert any(_cost(line) < 0.05 for _ in range(5))  # whatever else the process has to tidy up meanwhile


def _cost(line: str) -> float:
    began = time.process_time()
    body(f"<p>{line}</p>")
    phrases.rule(line[:399] + "é")
    return time.process_time() - began
