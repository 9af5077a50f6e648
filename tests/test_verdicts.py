"""What a page is, told from signs that lie in known ways."""

import pytest
from lxml import etree
from lxml.etree import _Element as Element

from archive.model import Verdict
from pipelines.verdicts import Signs, decide, is_archive, is_challenge, is_consent

HOST = "https://www.contoh.test"
URL = f"{HOST}/nasional/123/judul"


def verdict(**signs: object) -> Verdict:
    return decide(Signs(**{"url": URL, "titles": ("Judul Berita",), **signs}))[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ({"words": 300}, Verdict.ARTICLE),
        ({"words": 12}, Verdict.ARTICLE),
        ({"words": 300, "links": 400}, Verdict.ARTICLE),
        # Listings
        ({"words": 300, "category": "Tag", "types": {"NewsArticle"}}, Verdict.LISTING),
        ({"words": 0, "links": 60}, Verdict.LISTING),
        ({"words": 40, "links": 60, "ruled": False}, Verdict.LISTING),
        ({"words": 40, "links": 60, "ruled": True}, Verdict.ARTICLE),
        ({"words": 40, "links": 60, "ruled": False, "types": {"NewsArticle"}}, Verdict.ARTICLE),
        ({"words": 3, "links": 60, "ruled": False, "types": {"NewsArticle"}}, Verdict.LISTING),
        ({"words": 200, "ruled": False, "url": "https://www.contoh.test/indonesia/topics/rob"}, Verdict.LISTING),
        ({"words": 0, "links": 60, "types": {"CollectionPage"}}, Verdict.LISTING),
        ({"words": 300, "types": {"NewsArticle", "ItemList"}}, Verdict.ARTICLE),
        ({"words": 0, "all_words": 500, "ruled": False}, Verdict.LISTING),
        ({"words": 300, "ruled": False, "titles": ("Indeks Berita",)}, Verdict.LISTING),
        ({"words": 300, "titles": ("Indeks Harga Konsumen Naik",)}, Verdict.ARTICLE),
        # Galleries and films
        ({"words": 16, "types": {"ImageGallery"}, "figures": 8}, Verdict.GALLERY),
        ({"words": 30, "figures": 8}, Verdict.GALLERY),
        ({"words": 30, "figures": 2}, Verdict.ARTICLE),
        ({"words": 300, "figures": 8}, Verdict.ARTICLE),
        ({"words": 20, "url": "https://www.contoh.test/foto/123/judul", "links": 60}, Verdict.GALLERY),
        ({"words": 16, "types": {"VideoObject"}, "links": 60}, Verdict.VIDEO),
        ({"words": 0, "url": "https://video.contoh.test/news/1/judul", "links": 60}, Verdict.VIDEO),
        ({"words": 30, "url": "https://www.contoh.test/video/1/judul"}, Verdict.VIDEO),
        ({"words": 180, "types": {"VideoObject"}}, Verdict.ARTICLE),
        ({"words": 79, "types": {"VideoObject"}}, Verdict.VIDEO),
        ({"words": 59, "url": "https://www.contoh.test/berita/inpicture/16/02/23/x", "links": 90}, Verdict.GALLERY),
        ({"words": 20, "url": "https://foto.contoh.test/detail/1/x", "links": 90}, Verdict.GALLERY),
        ({"words": 20, "titles": ("VIDEO: Banjir Merendam Pasar",), "links": 60}, Verdict.VIDEO),
        ({"words": 20, "titles": ("[FOTO] Banjir Merendam Pasar",), "links": 60}, Verdict.GALLERY),
        ({"words": 200, "titles": ("VIDEO: Banjir Merendam Pasar",)}, Verdict.ARTICLE),
        ({"words": 40, "titles": ("Video Banjir Ternyata Rekaman Lama",)}, Verdict.ARTICLE),
        # Live pages, and reports that have ended
        ({"words": 40, "types": {"LiveBlogPosting"}, "links": 60}, Verdict.LIVE),
        ({"words": 300, "types": {"LiveBlogPosting"}}, Verdict.ARTICLE),
        ({"words": 0, "titles": ("LIVE REPORT: Banjir Semarang",), "links": 60}, Verdict.LIVE),
        ({"words": 30, "titles": ("Live: Hitung Cepat Pilkada",)}, Verdict.LIVE),
        ({"words": 30, "titles": ("Link Live Streaming Persis vs PSIS",), "links": 60}, Verdict.LIVE),
        ({"words": 0, "url": "https://www.contoh.test/live/123/banjir", "links": 60}, Verdict.LIVE),
        ({"words": 200, "titles": ("Live Streaming Persis vs PSIS",)}, Verdict.ARTICLE),
        ({"words": 40, "titles": ("Live Music di Taman Kota Digelar Lagi",)}, Verdict.ARTICLE),
        ({"words": 40, "titles": ("Liverpool Menang",)}, Verdict.ARTICLE),
        # Lists that say what they are in their address or markup
        ({"words": 200, "ruled": False, "url": "https://www.contoh.test/tag/rob"}, Verdict.LISTING),
        ({"words": 200, "ruled": False, "url": "https://www.contoh.test/id/topics/rob-1"}, Verdict.LISTING),
        ({"words": 200, "ruled": False, "listed": True}, Verdict.LISTING),
        ({"words": 200, "ruled": True, "listed": True}, Verdict.ARTICLE),
        ({"words": 200, "ruled": False, "url": "https://www.contoh.test/tagar/rob"}, Verdict.ARTICLE),
        # Addresses that no article has, and a section's
        ({"words": 200, "ruled": False, "url": f"{HOST}/", "types": {"NewsArticle"}}, Verdict.LISTING),
        ({"words": 200, "ruled": False, "url": f"{HOST}/?p=12"}, Verdict.ARTICLE),
        ({"words": 200, "ruled": False, "url": f"{HOST}/tag/rob", "types": {"NewsArticle"}}, Verdict.LISTING),
        ({"words": 200, "ruled": False, "url": f"{HOST}/kategori/rob", "types": {"NewsArticle"}}, Verdict.ARTICLE),
        ({"words": 200, "ruled": False, "url": f"{HOST}/nasional", "links": 60}, Verdict.LISTING),
        ({"words": 200, "ruled": False, "url": f"{HOST}/bola/liga-dua", "links": 60}, Verdict.ARTICLE),
        # Login forms
        ({"words": 3, "login": True}, Verdict.BLOCKED),
        ({"words": 40, "login": True}, Verdict.ARTICLE),
        ({"words": 3, "login": True, "types": {"NewsArticle"}}, Verdict.EMPTY),
        # Consent
        ({"words": 30, "titles": ("Before you continue to Contoh",)}, Verdict.CONSENT),
        ({"words": 30, "titles": ("Contoh", "We value your privacy")}, Verdict.CONSENT),
        ({"words": 30, "titles": ("Pengaturan Cookie",)}, Verdict.CONSENT),
        ({"words": 3, "asked": True}, Verdict.CONSENT),
        ({"words": 30, "url": "https://consent.contoh.test/collect?x"}, Verdict.CONSENT),
        ({"words": 300, "asked": True}, Verdict.ARTICLE),
        ({"words": 40, "asked": True}, Verdict.ARTICLE),
        ({"words": 40, "titles": ("Pengaturan Privasi WhatsApp Berubah",), "links": 90}, Verdict.ARTICLE),
        # Paywalls
        ({"words": 30, "free": False}, Verdict.PAYWALL),
        ({"words": 300, "free": False}, Verdict.ARTICLE),
        ({"words": 30, "free": True}, Verdict.ARTICLE),
        ({"words": 75, "free": False, "links": 60}, Verdict.PAYWALL),
        ({"words": 5, "free": False, "links": 60, "ruled": False, "types": {"NewsArticle"}}, Verdict.PAYWALL),
        # Soft 404
        ({"words": 0, "links": 90, "titles": ("Maaf, halaman yang Anda tuju sudah tidak ada",)}, Verdict.SOFT_404),
        ({"words": 0, "links": 90, "titles": ("Berita telah dihapus - Kabar",)}, Verdict.SOFT_404),
        ({"words": 10, "titles": ("Error 404 (Not Found)!!1",)}, Verdict.SOFT_404),
        ({"words": 40, "titles": ("Konten Lama Tidak Ditemukan",), "types": {"NewsArticle"}}, Verdict.ARTICLE),
        ({"words": 3, "titles": ("Konten Tidak Ditemukan",), "types": {"NewsArticle"}}, Verdict.SOFT_404),
        ({"words": 40, "titles": ("Halaman Hilang dari Buku Sejarah Kota",)}, Verdict.ARTICLE),
        ({"words": 10, "titles": ("404 Not Found",)}, Verdict.SOFT_404),
        ({"words": 0, "links": 90, "titles": ("Tribunnews.com - Error 404",)}, Verdict.SOFT_404),
        ({"words": 10, "titles": ("Contoh", "Halaman tidak ditemukan")}, Verdict.SOFT_404),
        ({"words": 10, "titles": ("Maaf, halaman yang Anda cari tidak dapat ditemukan",)}, Verdict.SOFT_404),
        ({"words": 300, "titles": ("404 Rumah Rusak akibat Gempa",)}, Verdict.ARTICLE),
        ({"words": 40, "titles": ("404 Rumah Rusak akibat Gempa",)}, Verdict.ARTICLE),
        ({"words": 300, "titles": ("Pelaku Tidak Ditemukan",)}, Verdict.ARTICLE),
        # Walls
        ({"words": 9, "titles": ("Just a moment...",)}, Verdict.BLOCKED),
        ({"words": 9, "titles": ("Tribunnews.com - 403",)}, Verdict.BLOCKED),
        ({"words": 9, "titles": ("403 Forbidden",)}, Verdict.BLOCKED),
        ({"words": 66, "titles": ("ERROR: The request could not be satisfied", "403 ERROR")}, Verdict.BLOCKED),
        ({"words": 9, "titles": ("Access to this page has been denied",)}, Verdict.BLOCKED),
        ({"words": 9, "titles": ("Internet Positif",)}, Verdict.BLOCKED),
        ({"words": 9, "titles": ("Attention Required! | Cloudflare",)}, Verdict.BLOCKED),
        ({"words": 0, "titles": (), "challenged": True}, Verdict.BLOCKED),
        ({"words": 40, "titles": ("Forbidden City Dibuka Lagi",)}, Verdict.ARTICLE),
        ({"words": 300, "titles": ("Access Denied, Film Baru tentang Peretas",)}, Verdict.ARTICLE),
        # Nothing
        ({"words": 0}, Verdict.EMPTY),
        ({"words": 5}, Verdict.EMPTY),
        # A last page may be short
        ({"words": 5, "page": 3, "links": 60}, Verdict.ARTICLE),
        ({"words": 0, "page": 3, "links": 60}, Verdict.EMPTY),
    ],
)
def test_signs_decide(signs: dict[str, object], expected: Verdict) -> None:
    assert verdict(**signs) is expected


def root(markup: str) -> Element:
    return etree.fromstring(f"<html>{markup}</html>", etree.HTMLParser())


@pytest.mark.parametrize(
    ("markup", "signs"),
    [
        ("<body class='home'><p>x</p></body>", (False, False, False)),
        ("<body><form id='challenge-form'></form></body>", (True, False, False)),
        ("<body><iframe src='/_Incapsula_Resource?CWUDNSAI=23'></iframe></body>", (True, False, False)),
        ("<body><script src='/_Incapsula_Resource?SWJIYLWA=7'></script></body>", (True, False, False)),
        ("<body><script src='https://ct.captcha-delivery.com/c.js'></script></body>", (True, False, False)),
        ("<body><script src='/cdn-cgi/challenge-platform/h/b/orchestrate/x/v1'></script></body>", (True, False, False)),
        # The same guards on a page that they let through.
        ("<body><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script></body>", (False, False, False)),
        (
            f"<body>{'<a href=/x>x</a>' * 9}<script src='/_Incapsula_Resource?SWJIYLWA=7'></script></body>",
            (False, False, False),
        ),
        ("<body><div id='onetrust-consent-sdk'></div></body>", (False, True, False)),
        ("<body><form action='/_consent/save'></form></body>", (False, True, False)),
        ("<body class='archive tag tag-rob'></body>", (False, False, True)),
        ("<body class='single single-post blog'></body>", (False, False, False)),
        ("<body><rss><channel><title>Kabar</title></channel></rss></body>", (False, False, True)),
        ("", (False, False, False)),
    ],
)
def test_markup_gives_a_wall_and_a_list_away(markup: str, signs: tuple[bool, bool, bool]) -> None:
    page = root(markup)
    assert (is_challenge(page), is_consent(page), is_archive(page)) == signs


def test_every_verdict_has_its_reason() -> None:
    for signs in (
        {"words": 300},
        {"words": 0},
        {"words": 9, "titles": ("Just a moment...",)},
        {"free": False, "words": 20},
    ):
        assert decide(Signs(**{"url": URL, **signs}))[1]  # type: ignore[arg-type]
