"""Addresses: one article has one, however it was announced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.outlet import Outlet
from crawler.spiders.intisari import IntisariSpider
from crawler.spiders.jatimcenter import JatimcenterSpider
from crawler.spiders.kompastv import KompastvSpider
from crawler.spiders.tribun import TribunSpider

TRIBUN, KOMPASTV = TribunSpider.outlet, KompastvSpider.outlet
INTISARI, JATIMCENTER = IntisariSpider.outlet, JatimcenterSpider.outlet


@pytest.mark.parametrize(
    "twin",
    [
        "http://www.tribunnews.com/nasional/7788101/kereta",
        "https://WWW.TRIBUNNEWS.COM/nasional/7788101/kereta#komentar",
        "https://www.tribunnews.com/nasional/7788101/kereta?page=all",
        "https://www.tribunnews.com/nasional/7788101/kereta?page=3&utm_source=rss&fbclid=x",
        "https://m.tribunnews.com/nasional/7788101/kereta",
        "https://m.tribunnews.com/amp/nasional/7788101/kereta",
        "https://www.tribunnews.com/nasional/7788101/kereta/amp",
        "https://tribunnews.com//nasional/7788101/kereta?amp=1",
    ],
)
def test_mobile_amp_page_and_tracking_twins_are_one_article(twin: str) -> None:
    assert TRIBUN.canonical(twin) == "https://www.tribunnews.com/nasional/7788101/kereta"


def test_a_parameter_that_chooses_the_article_stays() -> None:
    url = "http://www.jatimcenter.com/berita/?utm_medium=x&nomor=123"
    assert JATIMCENTER.canonical(url) == "https://jatimcenter.com/berita/?nomor=123"


def test_parameters_in_an_old_encoding_stay_two_articles() -> None:
    one, other = (JATIMCENTER.canonical(f"https://jatimcenter.com/berita/?judul=caf{code}") for code in ("%E9", "%e8"))
    assert one == "https://jatimcenter.com/berita/?judul=caf%E9"
    assert other == "https://jatimcenter.com/berita/?judul=caf%E8"


def test_an_address_with_letters_beyond_ascii_is_the_same_as_its_escaped_form() -> None:
    plain = JATIMCENTER.canonical("https://jatimcenter.com/kopi-tubruk-caf\u00e9/")
    assert plain == JATIMCENTER.canonical("https://jatimcenter.com/kopi-tubruk-caf%c3%a9/")


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_canonical_address_is_its_own_canonical_address(path: str, query: str) -> None:
    url = f"https://www.tribunnews.com/{path}?{query}"
    if TRIBUN.owns(url):
        canonical = TRIBUN.canonical(url)
        assert TRIBUN.canonical(canonical) == canonical
        assert TRIBUN.owns(canonical)


def test_the_amp_twin_of_an_address_with_a_slash_keeps_the_slash() -> None:
    assert JATIMCENTER.canonical("https://jatimcenter.com/judul/amp/") == "https://jatimcenter.com/judul/"


def test_regional_amp_keeps_its_region() -> None:
    url = "https://bogor.tribunnews.com/amp/2020/04/29/judul?page=4"
    assert TRIBUN.canonical(url) == "https://bogor.tribunnews.com/2020/04/29/judul"


@pytest.mark.parametrize(
    ("outlet", "url"),
    [
        (TRIBUN, "https://www.tribunnews.com/nasional/7788101/kereta"),
        (TRIBUN, "https://www.tribunnews.com/nasional/2020/05/04/jawaban-soal"),
        (TRIBUN, "https://aceh.tribunnews.com/nanggroe/1036826/judul"),
        (TRIBUN, "https://makassar.tribunnews.com/2026/11/18/harga-ikan"),
        (TRIBUN, "https://video.tribunnews.com/news/933951/judul"),
        (KOMPASTV, "https://www.kompas.tv/article/269901/judul"),
        (KOMPASTV, "https://www.kompas.tv/internasional/600201/judul"),
        (INTISARI, "https://intisari.grid.id/read/0359008/judul"),
        (INTISARI, "http://intisari-online.com/read/0359011/judul"),
        (JATIMCENTER, "https://jatimcenter.com/judul-berita/"),
        (JATIMCENTER, "https://jatimcenter.com/berita/?nomor=123"),
    ],
)
def test_every_shape_of_article_address_is_recognised(outlet: Outlet, url: str) -> None:
    assert outlet.is_article(outlet.canonical(url))


@pytest.mark.parametrize(
    ("outlet", "url"),
    [
        (TRIBUN, "https://www.tribunnews.com/"),
        (TRIBUN, "https://www.tribunnews.com/nasional"),
        (TRIBUN, "https://www.tribunnews.com/tag/12345/tvri"),
        (TRIBUN, "https://www.tribunnews.com/topic/2026/11/18/banjir"),
        (TRIBUN, "https://tribunnews.com.penipu.test/nasional/7788101/kereta"),
        (TRIBUN, "https://penipu-tribunnews.com/nasional/7788101/kereta"),
        (KOMPASTV, "https://www.kompas.tv/tag/12345-banjir"),
        (KOMPASTV, "https://www.kompas.tv/live"),
        (INTISARI, "https://intisari.grid.id/tag/majapahit"),
        (INTISARI, "https://bobo.grid.id/read/081234567/judul"),
        (JATIMCENTER, "https://jatimcenter.com/"),
        (JATIMCENTER, "https://jatimcenter.com/tag/banyuwangi/"),
        (JATIMCENTER, "https://jatimcenter.com/wp-content/uploads/a.jpg"),
    ],
)
def test_what_is_no_article_is_not_fetched_as_one(outlet: Outlet, url: str) -> None:
    assert not outlet.is_article(outlet.canonical(url))


def test_https_is_asked_wherever_the_outlet_has_it_and_http_only_on_old_hosts() -> None:
    assert TRIBUN.address("http://m.tribunnews.com/a/12345/b") == "https://www.tribunnews.com/a/12345/b"
    assert INTISARI.address("http://intisari-online.com/read/0359011/a") == "http://intisari-online.com/read/0359011/a"
    assert INTISARI.address("https://intisari-online.com/read/0359011/a").startswith("https:")


def test_identity_is_the_outlets_own_number_with_its_zeros_and_its_host() -> None:
    assert INTISARI.article_id("https://intisari.grid.id/read/0359008/a") == "intisari.grid.id:0359008"
    assert KOMPASTV.article_id("https://www.kompas.tv/article/1234/a") == KOMPASTV.article_id(
        "https://www.kompas.tv/nasional/1234/b"
    )
    assert TRIBUN.article_id("https://aceh.tribunnews.com/x/12345/a") != TRIBUN.article_id(
        "https://batam.tribunnews.com/x/12345/a"
    )


def test_addresses_with_different_numbers_are_not_one_article_whatever_a_page_calls_itself() -> None:
    url = "https://www.tribunnews.com/sains/7788101/judul"
    assert not TRIBUN.same_article(url, "https://www.tribunnews.com/sains/7788102/lain")
    assert TRIBUN.same_article(url, "https://www.tribunnews.com/regional/7788101/baru")
    assert TRIBUN.same_article(url, "https://www.tribunnews.com/sains/2026/11/18/judul")


def test_a_number_found_on_the_page_joins_both_shapes_of_address() -> None:
    dated = TRIBUN.article_id("https://www.tribunnews.com/sains/2026/11/18/judul", "7788101")
    assert dated == TRIBUN.article_id("https://www.tribunnews.com/sains/7788101/judul")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:void(0)",
        "mailto:a@tribunnews.com",
        "http://[::1",
        "//",
        "\x00",
        "https://www.tribunnews.com:8443/a/12345/b",
        "http://tribunnews.com:x/",
        "https://www.tribunnews.com/\udcff",
    ],
)
def test_nonsense_is_no_address_of_the_outlet(url: str) -> None:
    assert not TRIBUN.owns(url)
