"""Okezone: www.okezone.com and one host a desk: news.okezone.com, lifestyle.okezone.com."""

from dataclasses import replace
from datetime import date

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_SEEN = date(2026, 7, 24)
_DESKS = ("news", "economy", "lifestyle", "celebrity", "bola", "sports", "techno")
_INDEX = Evidence(
    grade=Grade.LIVE,
    what="ten articles a page, counted by offset; that the first is 0, and its elements, a guess",
    seen=_SEEN,
)

_LAYOUT = Layout(
    body="div.c-detail.read",  # live 2026
    drop=(
        "#baca-juga",  # live 2026
        ".meta-bottom-content",  # page 2015: "Berita Rekomendasi", beside the body
        ".berita-rekomendasi-title",  # page 2016
        ".detads",  # a guess
    ),
    title=(".title-article h1", ".titles h1"),  # a guess; page 2015: the first h1 of the page is the logo
    authors=(".journalist a",),  # a guess
    editors=(".editor a",),  # a guess
    published=(".title-article time", ".journalist"),  # a guess
    section=(".breadcrumb li:last-child a",),  # page 2015
    tags=(".detail-tag a", ".tag-article a"),  # a guess
    image=("#imgCheck::attr(src)",),  # page 2015
    caption=(".caption-img-ab", ".caption-img"),  # page 2015; a guess
    pager=(".second-paging", ".paging"),  # a guess
)
_RULES = Rules(
    brands=("Okezone.com", "Okezone", "Okezone News", "Okezone Lifestyle", "MNC Portal", "MNC Media"),
    layouts=(
        _LAYOUT,
        replace(
            _LAYOUT,
            body="#contentx",  # page 2015; that later years kept it is a guess, as is `.namerep`
            authors=(".nmreporter > div", ".namerep a"),
            published=("time.tgl", ".namerep b"),  # "Kamis, 5 November 2015 - 15:56 wib"
            until=date(2024, 12, 31),
        ),
    ),
)


class OkezoneSpider(OutletSpider):
    """JSON-LD `dateModified` names no zone; it is WIB."""

    name = "okezone"
    outlet = Outlet(
        name="Okezone",
        hosts=("okezone.com",),
        same_host={"okezone.com": "www.okezone.com", "m.okezone.com": "www.okezone.com"},
        sources=(
            Robots(
                url="https://www.okezone.com/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="lists of sitemaps name news.okezone.com, and no path"),
            ),
            Robots(
                url="https://news.okezone.com/robots.txt",
                evidence=Evidence(grade=Grade.CODE, what="a list of sitemaps names this host"),
            ),
            Feed(
                url="https://sindikasi.okezone.com/index.php/rss/0/RSS2.0",
                evidence=Evidence(
                    grade=Grade.PAGE, what="a saved copy, with zone and real links", seen=date(2020, 3, 16)
                ),
            ),
            *(
                Index(
                    url=f"https://{desk}.okezone.com/indeks/{{date}}/{{offset}}",
                    step=10,
                    links="h2 a, h3 a, h4 a",
                    date_format="%Y/%m/%d",
                    evidence=_INDEX,
                )
                for desk in _DESKS
            ),
        ),
        article=r"^/read/\d{4}/\d{2}/\d{2}/\d+/(?P<number>\d{5,})(?:/[^/]*)?/?$",
        all_pages="page=all",
        evidence=(
            Evidence(grade=Grade.LIVE, what="address, index, body, ?page=all", seen=_SEEN),
            Evidence(grade=Grade.PAGE, what="address and elements of 2015", seen=date(2015, 11, 5)),
        ),
        rules=_RULES,
    )
