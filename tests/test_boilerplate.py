"""Lines that are the site's go, with what they tell; lines that only look like them stay."""

import pytest

from pipelines.page import blocks
from tests.pages import container
from tests.stripped import MORE, PROSE, bare, body, rules

# Below the body on the Grid network.
GRID_TABLE = """
<table><tr><td>Source</td><td>:</td><td>Kompas.com</td></tr>
<tr><td>Penulis</td><td>:</td><td>Rina Ayu</td></tr><tr><td>Editor</td><td>:</td><td>Budi</td></tr></table>
"""


@pytest.mark.parametrize(
    "markup",
    [
        "<h3>BERITA REKOMENDASI</h3>",
        "<h2>Berita Rekomendasi</h2><div><a href='/x'>Judul Lain</a> <a href='/y'>Judul Lagi</a></div>",
        "<h2>Berita Rekomendasi</h2><a href='/x'><p>Judul Lain</p><p>Keterangan singkat</p></a>",
        "<h3>TERBARU</h3>",
        "<h3>Wiki Terkait</h3>",
        "<h3>Terkait</h3><ul><li><a href='/x'>Judul Lain</a></li></ul>",
        "<p>Halaman 1 2 3</p>",
        "<p>Halaman 1/3</p>",
        "<p>Halaman: 1 2 Show All</p>",
        "<div>Halaman</div><div>123</div>",
        "<p>1 dari 3 halaman</p>",
        "<p>Halaman selanjutnya</p>",
        "<p>ADVERTISEMENT</p>",
        "<p>SCROLL TO CONTINUE WITH CONTENT</p>",
        "<p>Scroll ke bawah untuk melanjutkan membaca</p>",
        "<p>GULIR UNTUK LANJUT BACA</p>",
        "<p><strong>Ikuti kami di <a href='/x'>Google News</a></strong></p>",
        "<p>Ikuti kami di</p>",
        "<p>Ikuti berita terkini Tribunnews di Google News</p>",
        "<p>Cek Berita dan Artikel yang lain di Google News dan WA Channel</p>",
        "<p>Dapatkan update berita pilihan dan breaking news setiap hari dari Kompas.com. Mari bergabung di Grup.</p>",
        "<p>Mari bergabung di Grup Telegram Kompas.com News Update, caranya klik link.</p>",
        "<p>Simak breaking news dan berita pilihan kami langsung di ponselmu. Pilih saluran andalanmu.</p>",
        "<p>Nikmati berita interaktif dan LIVE report 24 jam hanya di TribunX</p>",
        "<p>Dapatkan Berita Pilihan</p><p>di WhatsApp Anda</p><p>Baca WhatsApp Tribunnews</p>",
        "<p>Baca berita tanpa iklan. Gabung Kompas.com+</p>",
        "<p>Unduh aplikasi Tribunnews di sini</p>",
        "<p>© 2024 TRIBUNnews.com,a subsidiary of KG Media. All Right Reserved</p>",
        "<p>Copyright © ANTARA 2016</p>",
        "<p>(*)</p>",
        "<p>***</p>",
        "<p><strong>(vyp/kna)</strong></p>",
        "<p>(Tribunnews.com/Fitri Wulandari)</p>",
        "<p>(Alexey Malgavko/Sputnik)</p>",
        "<p>Foto: Dok. Pribadi</p>",
        "<p>[Gambas:Video 20detik]</p>",
        "<p>Simak Video 'Apa Itu Stroke?'</p>",
        "<p>Yuk, Simak Juga Video ini!</p>",
        "<p>Lihat Artikel Asli</p>",
        "<p>zoom-in Judul Berita</p>",
        "<p>Bagikan:</p>",
        "<p><strong>Ringkasan Berita:</strong></p><ul><li>Satu hal penting.</li><li>Hal lain lagi.</li></ul>",
        "<figure><img src='x'><figcaption>Keterangan foto.</figcaption></figure>",
        "<script>Baca ini</script><style>p {}</style><iframe src='x'></iframe><noscript>Aktifkan</noscript>",
        "<form><input> Langganan buletin</form><aside>Judul Lain</aside>",
        "<p hidden>Rahasia</p><p style='display: none'>Rahasia</p>",
        "<div class='ads-placeholder'><span>Iklan di sini</span></div><ins class='adsbygoogle'>x</ins>",
        "<div class='jp-relatedposts'><h3>Bacaan</h3><p>Judul Lain</p></div>",
        "<div class='bacajuga'>Judul Lain</div>",
    ],
)
def test_the_sites_lines_go(markup: str) -> None:
    assert body(markup).paragraphs == [PROSE, MORE]


@pytest.mark.parametrize(
    "line",
    [
        "Baca puisi itu dengan keras, kata dia.",
        "Baca <a href='/x'>puisi itu</a> dengan keras, kata dia.",
        "Sumber daya air di lereng gunung itu mulai mengering.",
        "Sumber: polisi menemukan tiga korban di dalam rumah itu.",
        "Editor film itu bekerja tiga tahun lamanya.",
        "Penulis: begitu warga memanggilnya, meski ia tidak pernah menerbitkan satu buku pun sepanjang hidupnya.",
        "Halaman rumah itu penuh bunga.",
        "Ikuti langkah berikut agar akun WhatsApp Anda tetap aman.",
        "Bergabung dengan grup band itu pada 1992, ia segera menulis lagu.",
        "Unduh aplikasi Info BMKG dari toko resmi, lalu buka menunya.",
        "Foto itu diambil pada 1965.",
        "Iklan rokok itu diturunkan kemarin.",
        "Simak baik-baik apa yang dikatakannya.",
        "Terbaru, polisi menetapkan dua tersangka.",
        '"Menunggu."',
        "Menunggu.",
        "(4/5/2020)",
        "Hak cipta lagu itu dipegang keluarganya.",
        "Konflik di Nordik-Arktik",
        "<a href='/x'>Minyak pelumas</a> ikut berperan.",
        "<a href='/x'>Seluruh kalimat ini adalah tautan.</a>",
        "“Kalau <em>besok</em> hujan,” kata dia, “kita    tunda.”",
    ],
)
def test_prose_that_only_looks_like_it_stays(line: str) -> None:
    paragraphs = body(f"<p>{line}</p>").paragraphs
    assert len(paragraphs) == 3
    assert len(paragraphs[1].split()) == len(blocks.flat(container(line)).split())


def test_a_real_heading_beside_a_widgets_stays() -> None:
    markup = "<h2>Konflik di Nordik-Arktik</h2><div class='rekomendasi'><h3>BERITA REKOMENDASI</h3></div>"
    assert body(markup).paragraphs == [PROSE, "Konflik di Nordik-Arktik", MORE]
    markup = "<h3>Rekomendasi</h3><p>Tim menyusun lima rekomendasi untuk pemerintah.</p>"
    assert body(markup).paragraphs[1:3] == ["Rekomendasi", "Tim menyusun lima rekomendasi untuk pemerintah."]


def test_repeated_and_one_word_paragraphs_stay() -> None:
    assert body(f"<p>Diam.</p><p>{PROSE}</p>").paragraphs == [PROSE, "Diam.", PROSE, MORE]


@pytest.mark.parametrize(
    ("tail", "authors", "editors", "source"),
    [
        (
            "<p>Penulis : Ikhsan Hakim Editor : Gading-Persada</p><p>Sumber : TASS</p>",
            ["Ikhsan Hakim"],
            ["Gading-Persada"],
            "TASS",
        ),
        ("<p>Penulis: Rina Ayu | Editor: sanusi</p>", ["Rina Ayu"], ["sanusi"], None),
        ("<p>Penulis: Rina Ayu<br>Editor: Budi</p>", ["Rina Ayu"], ["Budi"], None),
        (
            GRID_TABLE,
            ["Rina Ayu"],
            ["Budi"],
            "Kompas.com",
        ),
        ("<p>Pewarta: Rina Ayu</p><p>Editor: Budi</p><p>COPYRIGHT © ANTARA 2026</p>", ["Rina Ayu"], ["Budi"], None),
        ("<p>Reporter: Rina Ayu, Dewi Sri dan Tono</p>", ["Rina Ayu", "Dewi Sri", "Tono"], [], None),
        ("<p>Penulis: Dr. Rina Ayu, M.Si, Dewi Sri</p>", ["Dr. Rina Ayu, M.Si", "Dewi Sri"], [], None),
        ("<p>Rep: Rina Ayu / Red: Budi</p>", ["Rina Ayu"], ["Budi"], None),
        ("<p>(Sumber: Antara)</p>", [], [], "Antara"),
        ("<p>Penulis: Rina Ayu</p><p>(*)</p><p>TERBARU</p>", ["Rina Ayu"], [], None),
    ],
)
def test_bylines_at_the_tail_become_facts(
    tail: str, authors: list[str], editors: list[str], source: str | None
) -> None:
    found = bare(f"<p>{PROSE}</p><p>{MORE}</p>{tail}")
    assert found.paragraphs == [PROSE, MORE]
    assert (found.byline.authors, found.byline.editors, found.byline.source) == (authors, editors, source)


def test_prose_at_the_tail_is_no_source_line() -> None:
    line = "Sumber: polisi menemukan tiga korban di rumah."
    assert bare(f"<p>{PROSE}</p><p>{line}</p>").paragraphs == [PROSE, line]


def test_a_long_paragraph_is_prose_however_it_begins() -> None:
    line = "Simak: " + " ".join([PROSE] * 10)
    assert body(f"<p>{line}</p>").paragraphs == [PROSE, line, MORE]


def test_bylines_count_at_head_and_tail_only() -> None:
    assert bare(f"<p>Penulis: Rina Ayu</p><p>{PROSE}</p>").byline.authors == ["Rina Ayu"]
    assert body("<p>Penulis: Rina Ayu</p>").paragraphs == [PROSE, "Penulis: Rina Ayu", MORE]


def test_the_reporters_line_goes_and_names_the_reporter() -> None:
    for line in (
        "Laporan Wartawan Tribunnews, Fitri Wulandari",
        "Laporan Wartawan Grid.ID, Fitri Wulandari dari Minsk",
    ):
        found = bare(f"<p><strong>{line}</strong></p><p>{PROSE}</p>")
        assert (found.paragraphs, found.reporters) == ([PROSE], ["Fitri Wulandari"])
    found = bare(f"<p>Laporan Wartawan Tribunnews, Fitri Wulandari<br>{PROSE}</p>")
    assert (found.paragraphs, found.reporters) == ([PROSE], ["Fitri Wulandari"])


def test_an_outlets_own_patterns_are_for_whole_paragraphs() -> None:
    markup = "<p>Salam Satu Jiwa</p><p>Salam Satu Jiwa, kata mereka.</p>"
    assert body(markup, outlet=("salam satu jiwa",)).paragraphs == [PROSE, "Salam Satu Jiwa, kata mereka.", MORE]


def test_the_title_again_at_the_head_goes() -> None:
    assert bare(f"<h1>Apa Saja</h1><p>Judul Berita</p><p>{PROSE}</p>", title="Judul Berita").paragraphs == [PROSE]


LINK = "<a href='/x'>Judul Berita Lain Yang Panjang</a>"
AMP = "<p>AA</p><p>Text Sizes</p><ul><li>Medium</li><li>Large</li><li>Larger</li></ul>"


@pytest.mark.parametrize(
    "tail",
    [
        f"<p>{LINK}</p>",
        f"<p>{LINK}</p><h3>{LINK}</h3>",
        f"<p>{LINK}</p>{GRID_TABLE}<p>KOMENTAR</p>",
        f"<p>Berita Terkini</p><p>{LINK}</p><p>2 jam lalu</p><p>{LINK}</p>",
        "<p>Berita Terkini</p><p>Judul Lain Tanpa Tautan</p><p>2 jam lalu</p>",
        f"<p>(*)</p><p>Berita Terkini</p><p>{LINK}</p>",
        f"<p>Penulis: Rina Ayu</p><p>Editor: Budi</p>{AMP}",
        "<p>Redaktur &amp; Reporter : Rina Ayu</p><p>Silakan baca konten menarik dari contoh.com di Google News</p>",
        "<p>(afz/jpnn)</p><p>Redaktur &amp; Reporter : Rina Ayu</p>",
        "<p>Pewarta: Rina Ayu</p><p>Editor: Budi</p><p>COPYRIGHT © ANTARA 2026</p>",
        "<ul><li><a href='?page=1'>1</a></li><li><a href='?page=2'>2</a></li></ul>",
        "<p>Tags</p><p>Komentar</p>",
    ],
)
def test_what_stands_below_an_article_goes(tail: str) -> None:
    assert bare(f"<p>{PROSE}</p><p>{MORE}</p>{tail}").paragraphs == [PROSE, MORE]


@pytest.mark.parametrize(
    "head",
    [
        "<p>ILUSTRASI. Petugas menghitung uang. CONTOH/Rina Ayu</p><p>Reporter: Rina Ayu | Editor: Budi</p>",
        f"<p>Penulis: Rina Ayu</p><p>Editor: Budi</p>{AMP}",
        "<h1>Judul Berita</h1><p>JUDUL  BERITA!</p><p>Minggu, 18 Juli 2021 – 18:52 WIB</p>",
    ],
)
def test_what_stands_above_an_article_goes(head: str) -> None:
    assert bare(f"{head}<p>{PROSE}</p>", title="Judul Berita").paragraphs == [PROSE]


@pytest.mark.parametrize(
    "tail",
    [
        "<p>Jakarta Selatan</p>",
        "<p><a href='/x'>Laporan lengkap kementerian dapat dibaca di sini.</a></p>",
        f"<ul><li>{LINK}</li></ul>",
        "<p>Dua golongan darah:</p><ul><li>A</li><li>AA</li></ul>",
        "<ul><li>1</li><li>2</li></ul>",
        "<h3>Nasib Warga Pesisir Utara</h3>",
    ],
)
def test_a_last_line_that_may_be_the_articles_stays(tail: str) -> None:
    read = [block.text for block in blocks.read(container(tail))]
    assert bare(f"<p>{PROSE}</p>{tail}").paragraphs == [PROSE, *read]


def test_a_heading_of_a_widget_takes_no_prose_with_it() -> None:
    markup = f"<h3>Berita Terkini</h3><p>{LINK}</p><p>Nasib Warga Pesisir</p><p>“Tunggu.”</p>"
    assert body(markup).paragraphs == [PROSE, "Nasib Warga Pesisir", "“Tunggu.”", MORE]
    for last in (f"{MORE} (rin/ayu)", "Mereka pulang menjelang siang bersama anak-anak (rin/ayu)", "“Tunggu.”"):
        found = bare(f"<p>{PROSE}</p><h3>Berita Terkini</h3><p>{LINK}</p><p>{last}</p>")
        assert found.paragraphs == [PROSE, last.removesuffix(" (rin/ayu)")]


@pytest.mark.parametrize(
    "tail",
    [
        "<p>Hujan turun di kampung<br>di atap rumah kayu<br>di jalan lama</p>",
        f"<p>Persatuan (4-3-3): {'Andi Saputra; Budi Hartono, Candra Wijaya, ' * 4}Dedi Kurnia</p>",
    ],
    ids=["verse", "line-up"],
)
def test_a_heading_of_a_widget_takes_no_verse_and_no_line_up_with_it(tail: str) -> None:
    found = bare(f"<p>{PROSE}</p><h3>Berita Terkini</h3><p>{LINK}</p>{tail}")
    assert found.paragraphs == [PROSE, blocks.flat(container(tail))]


def test_every_line_that_goes_is_told_once_in_the_words_of_the_page() -> None:
    found = bare(
        f"<h1>Judul</h1><p>Laporan Wartawan Contoh, Rina Ayu</p><p>{PROSE} Baca juga: {LINK}</p><p>Baca juga:</p>"
        f"<p>{LINK}</p><h3>Terkait</h3><p>{LINK}</p><p>Salam desa</p><p>{MORE} (rin/ayu)</p><p>Editor: Budi</p>"
        "<p>KOMENTAR</p>",
        outlet=("salam desa",),
    )
    assert found.paragraphs == [PROSE, MORE]
    assert rules(found) == [
        ("related link", "Baca juga: Judul Berita Lain Yang Panjang"),
        ("related link", "Baca juga:"),
        ("widget items", "Judul Berita Lain Yang Panjang"),
        ("widget heading", "Terkait"),
        ("widget items", "Judul Berita Lain Yang Panjang"),
        ("outlet pattern: salam desa", "Salam desa"),
        ("widget heading", "KOMENTAR"),
        ("repeated title", "Judul"),
        ("byline", "Laporan Wartawan Contoh, Rina Ayu"),
        ("initials", "(rin/ayu)"),
        ("byline", "Editor: Budi"),
    ]


@pytest.mark.parametrize("dateline", ["Jakarta -", "JAKARTA, Contoh.test --"])
def test_a_dateline_that_stands_apart_begins_the_first_paragraph(dateline: str) -> None:
    markup = f"<strong>{dateline}</strong><p>Warga berkumpul.</p><p>Mereka pulang.</p>"
    assert bare(markup).paragraphs == [f"{dateline} Warga berkumpul.", "Mereka pulang."]
