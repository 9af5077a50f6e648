"""Kompas TV: www.kompas.tv."""

from datetime import date

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_SECTIONS = ("nasional", "regional", "internasional", "ekonomi", "olahraga", "lifestyle", "entertainment", "video")

_RULES = Rules(
    brands=("KOMPAS.TV", "Kompas TV", "KompasTV", "Kompas.tv", "Kompas", "Kompas Cyber Media", "KG Media"),
    layouts=(
        Layout(
            body="div.paragraph",  # filter lists: `.paragraph > .kgnw-middle`
            drop=(
                "[class*='kgnw-']",  # filter lists of 2026, inside the body
                "[class^='ads-']",
                "#_popIn_recommend_word",
                ".mgidclsbanner",
                ".pushdown-banner",
                "#jxOutstreamContainer",
                ".video-box-wrap",  # code
            ),
            title=("h1",),  # code
            authors=("div.author-text a", "div.author-text"),  # code 2026
            editors=("span.pub",),  # code of about 2020: "Editor : NAME"
            published=("span.time-news",),  # code 2020 and 2026: "Kompas.tv - 12 Maret 2022, 12:57 WIB"
            section=("ol.breadcrumb li:nth-of-type(2)",),  # a guess
            tags=(".tag-news a",),  # a guess
            image=("figure.img-content img::attr(src)", "figure img::attr(src)"),  # a guess
            caption=("figure.img-content figcaption", "h1 ~ figure figcaption", "figure figcaption"),  # a guess
        ),
    ),
)


class KompastvSpider(OutletSpider):
    """Identity is the number: what stood at `/article/{id}/{slug}` stands at `/{section}/{id}/{slug}` now."""

    name = "kompastv"
    outlet = Outlet(
        name="Kompas TV",
        hosts=("kompas.tv",),
        same_host={"kompas.tv": "www.kompas.tv", "m.kompas.tv": "www.kompas.tv"},
        sources=(
            Robots(
                url="https://www.kompas.tv/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="nothing found about it; read for Sitemap lines"),
            ),
            Feed(
                url="https://www.kompas.tv/rss",
                evidence=Evidence(
                    grade=Grade.GUESS, what="on several lists of feeds up to 2026, nobody shows its content"
                ),
            ),
            *(
                Index(
                    url=f"https://www.kompas.tv/{section}",
                    links="div.opininews2 h2 a",
                    evidence=Evidence(grade=Grade.CODE, what="section page, one page long", seen=date(2026, 7, 14)),
                )
                for section in _SECTIONS
            ),
        ),
        article=r"^/(?:article|(?P<section>[a-z-]+))/(?P<number>\d{4,})(?:/[^/]*)?/?$",
        exclude=r"^/(?:tag|live|breakingnews|search)(?:/|$)",
        all_pages="page=all",
        evidence=(
            Evidence(grade=Grade.CODE, what="both URL shapes"),
            Evidence(grade=Grade.CODE, what="time, author and body elements; ?page=all", seen=date(2026, 7, 14)),
        ),
        rules=_RULES,
    )
