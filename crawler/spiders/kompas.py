"""Kompas.com: www.kompas.com and one host a desk: nasional.kompas.com, money.kompas.com."""

from dataclasses import replace
from datetime import date

from crawler.outlet import Evidence, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

# A title of 2015 ends " - Kompas.com Regional".
_DESKS = (
    *(
        "News",
        "Nasional",
        "Regional",
        "Megapolitan",
        "Internasional",
        "Olahraga",
        "Sains",
        "Edukasi",
        "Money",
        "Bisnis",
    ),
    *("Ekonomi", "Bola", "Tekno", "Entertainment", "Otomotif", "Health", "Female", "Properti", "Travel", "Lifestyle"),
    *("Hype", "Tren", "Global", "Food", "Homey", "Parapuan", "Skola", "Cekfakta"),
)
# Pages of 2015 and 2016. The table below the text has a row "Penulis | : A" and a row "Editor | : B".
_NEWS_2016 = Layout(
    body="div.kcm-read-text",
    drop=(".photo", ".kcm-read-terkait", ".kcm-read-copy"),  # a guess: inside the body they were not seen
    title=(".kcm-read-top h2",),  # the h1 of the page are headings of its sidebar
    authors=(".kcm-read-copy tr",),
    editors=(".kcm-read-copy tr",),
    published=(".kcm-read-top .kcm-date", ".kcm-read-top .msmall.grey"),  # "Rabu, 4 November 2015 | 21:04 WIB"
    section=(".kcm-breadcrumb li:last-child a",),
    image=(".kcm-read-top .photo img::attr(src)",),
    caption=(".kcm-read-top .photo::text",),  # the credit is an element inside it
    until=date(2017, 6, 30),
)
_RULES = Rules(
    brands=(
        *("KOMPAS.com", "Kompas", "Kompas Cyber Media", "KG Media"),
        *(f"Kompas.com {desk}" for desk in _DESKS),
        *(f"Kompas{desk}" for desk in _DESKS),  # "Jakarta, KompasOtomotif - "
    ),
    layouts=(
        Layout(
            body="div.read__content",  # code 2026, page 2023
            drop=(
                "a.inner-link-baca-juga",  # page 2023, code 2026; "Baca juga:" before it is a line of its own
                ".gate-kgplus",  # page 2023: "Baca berita tanpa iklan. Gabung Kompas.com+"
                ".ads-on-body",  # page 2023, code 2026
                ".kompasidRec",  # code 2026
                "[class*='kgnw-']",  # code 2026
                "div.video",  # page 2023
                "div.photo",  # page 2016: picture, credit and caption inside the body
                ".fb-quote",  # page 2023
                ".ads-partner-wrap",  # page 2023, as is the rest: beside the body, should it move inside
                ".read__paging__footnote",
                ".read__paging",
                ".read__tagging",
            ),
            title=("h1.read__title",),  # code 2026, page 2023
            # Names stand in meta content_author and content_editor. JSON-LD gives the editor for the author.
            authors=("#penulis a", ".read__author a", ".read__author"),  # a guess; code
            editors=("#editor a",),  # a guess
            published=("div.read__time",),  # code, page 2023: "Kompas.com - 02/11/2023, 21:34 WIB"
            section=("li.breadcrumb__item:nth-of-type(2)",),  # page 2023
            tags=("a.tag__article__link",),  # page 2023
            image=(".photo__wrap img::attr(data-src)", ".photo__wrap img::attr(src)"),  # page 2023
            caption=("div.photo__caption",),  # page 2023
            pager=("div.read__paging",),  # page 2023: "Halaman: 1 2 Show All"
        ),
        _NEWS_2016,
        replace(
            _NEWS_2016,
            body="div.div-read",  # page 2016, of otomotif.kompas.com
            title=(".baca-content h1",),
            authors=(".penulis-editor tr",),
            editors=(".penulis-editor tr",),
            published=(".baca-content .kcm-date",),
            section=(".bread-c li:first-child a",),
            image=(".big-img-content img::attr(src)",),
            caption=(".big-img-content .photo::text",),
        ),
        replace(_NEWS_2016, body="div.kcm-read-content-text"),  # a guess, as is the next
        replace(_NEWS_2016, body=".isi_berita"),
    ),
)


class KompasSpider(OutletSpider):
    """A long article has pages; `article:published_time` is in UTC, content_PublishedDate in WIB without saying so."""

    name = "kompas"
    outlet = Outlet(
        name="Kompas.com",
        hosts=("kompas.com",),
        same_host={"kompas.com": "www.kompas.com", "m.kompas.com": "www.kompas.com"},
        sources=(
            Robots(
                url="https://www.kompas.com/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="lists of sitemaps name the host; read for Sitemap lines"),
            ),
            Robots(
                url="https://news.kompas.com/robots.txt",
                evidence=Evidence(grade=Grade.CODE, what="a list of sitemaps names this host"),
            ),
            Index(
                url="https://indeks.kompas.com/?site=all&date={date}&page={page}",
                links=".article__link, .articleItem a, h3 a",
                evidence=Evidence(
                    grade=Grade.CODE,
                    what="the address; its elements from pages of 2016 and 2020",
                    seen=date(2026, 8, 1),
                ),
            ),
        ),
        # /tren/read/2020/... beside nasional.kompas.com/read/...; the index of 2016 says /read/xml/...
        article=r"^(?:/(?P<section>[a-z-]+))?/read/(?:xml/)?\d{4}/\d{2}/\d{2}/(?P<number>\d{5,})(?:/[^/]*)?/?$",
        all_pages="page=all",
        evidence=(
            Evidence(grade=Grade.CODE, what="address, index, elements, ?page=all", seen=date(2026, 8, 1)),
            Evidence(grade=Grade.PAGE, what="elements, meta names, pager, UTC beside WIB", seen=date(2023, 11, 3)),
            Evidence(grade=Grade.PAGE, what="elements of two desks of 2015 and 2016", seen=date(2016, 2, 23)),
        ),
        rules=_RULES,
    )
