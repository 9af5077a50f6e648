"""ANTARA: www.antaranews.com, the state's news agency, and its regional bureaus `*.antaranews.com`."""

from dataclasses import replace
from datetime import date

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_LAYOUT = Layout(
    # Its last lines are "Pewarta: A", "Editor: B" and the copyright: code 2026.
    body="div.wrap__article-detail-content",
    drop=(
        ".baca-juga",  # a guess, as is the rest
        "[class^='ads-']",
        ".quote_old",
        ".social-share",
        ".tags-widget",
    ),
    title=("h1.wrap__article-detail-title", ".wrap__article-detail-title h1", "h1"),  # code 2026
    authors=(".wrap__article-detail-info a[rel='author']",),  # a guess; the byline below the text goes on
    published=(".wrap__article-detail-info li span", ".wrap__article-detail-info"),  # a guess
    section=(".breadcrumbs li:nth-of-type(2)",),  # a guess
    tags=(".tags-widget a", "a[rel='tag']"),  # a guess
    image=(".wrap__article-detail-image img::attr(data-src)", ".wrap__article-detail-image img::attr(src)"),  # a guess
    caption=(".wrap__article-detail-image figcaption", ".wrap__article-detail-image p"),  # a guess
    pager=(".pagination",),  # a guess
)
_BUREAUS = (
    *("Aceh", "Sumatera Utara", "Sumatera Barat", "Sumatera Selatan", "Riau", "Kepulauan Riau", "Jambi", "Bengkulu"),
    *("Lampung", "Bangka Belitung", "Banten", "Jakarta", "Jawa Barat", "Megapolitan", "Jawa Tengah", "Yogyakarta"),
    *("Jawa Timur", "Bali", "NTB", "NTT", "Kalimantan Barat", "Kalimantan Tengah", "Kalimantan Selatan"),
    *("Kalimantan Timur", "Kalimantan Utara", "Sulawesi Utara", "Sulawesi Tengah", "Makassar", "Sulawesi Tenggara"),
    *("Gorontalo", "Maluku", "Ambon", "Papua"),
)
_RULES = Rules(
    brands=(
        *("ANTARA News", "ANTARA", "Antara News Agency", "Kantor Berita ANTARA", "LKBN ANTARA"),
        *(f"ANTARA News {bureau}" for bureau in _BUREAUS),  # how the titles of the bureaus end
    ),
    layouts=(
        _LAYOUT,
        Layout(
            body="div#content_news",  # pages 2015 and 2016; the standfirst is a blockquote before it
            title=("h1.title",),
            authors=("div.byline",),  # "Pewarta: A dan B", above the text
            editors=("#content_news span[itemprop='editor']",),
            published=("div.date > time::attr(datetime)",),
            image=("#image_news img::attr(src)",),
            caption=("#caption_news",),
            until=date(2017, 12, 31),
        ),
        replace(  # a guess, between the two
            _LAYOUT,
            body="article div.post-content",
            title=("h1.post-title", "h1"),
            published=(".article-date",),
            until=date(2022, 12, 31),
        ),
    ),
    boilerplate=(r"dilarang keras mengambil konten\b.{0,300}",),  # a guess: the agency's notice to crawlers
)


class AntaranewsSpider(OutletSpider):
    """Numbers count within a host: each bureau has its own."""

    name = "antaranews"
    outlet = Outlet(
        name="ANTARA",
        hosts=("antaranews.com",),
        same_host={"antaranews.com": "www.antaranews.com", "m.antaranews.com": "www.antaranews.com"},
        sources=(
            Robots(
                url="https://www.antaranews.com/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="lists of sitemaps name the host; read for Sitemap lines"),
            ),
            Feed(
                url="https://www.antaranews.com/rss/terkini.xml",
                evidence=Evidence(
                    grade=Grade.PAGE, what="a saved copy, with zone and real links", seen=date(2020, 3, 15)
                ),
            ),
            Index(
                url="https://www.antaranews.com/terkini?page={page}",
                links="article h3 a, .card__post__title a, h2 a, h3 a, h5 a",
                evidence=Evidence(
                    grade=Grade.CODE, what="the address; its elements from a tag page of 2020", seen=date(2026, 8, 1)
                ),
            ),
        ),
        article=r"^/berita/(?P<number>\d{4,})(?:/[^/]*)?/?$",
        all_pages="page=all",
        evidence=(
            Evidence(grade=Grade.PAGE, what="addresses, elements and byline of 2015 and 2016", seen=date(2016, 2, 23)),
            Evidence(grade=Grade.CODE, what="title and body of today, ?page=all", seen=date(2026, 8, 1)),
        ),
        rules=_RULES,
    )
