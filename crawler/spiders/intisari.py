"""Intisari: intisari.grid.id, formerly intisari-online.com."""

from dataclasses import replace
from datetime import date

from crawler.outlet import Evidence, Grade, Index, Outlet, Robots, Sitemap
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_LAYOUT = Layout(
    body="div.read__article div.read__right",
    drop=(
        ".bacajuga",  # code, filter lists
        "[class^='ads__']",
        ".ads-inf-box",
        ".kgnw-player",
        ".title__default",
        "[class^='giant_']",
        ".nkt__stick",
        "[class^='tags__']",
        ".detail-read__comment",
        ".read__left",  # share buttons beside the text (2020)
    ),
    title=("h1.read__title", "h1:not(.index__title)"),  # a guess
    authors=(".read__info__author a", ".read__author a", ".read__author"),  # a guess; meta content_author goes first
    published=(".read__info__date", ".read__time", ".read__date"),  # a guess; the meta layer goes first
    section=(".breadcrumb a:nth-of-type(2)",),  # a guess
    tags=(".tags__item a", ".tag__article__link"),  # a guess; meta content_tag goes first
    image=(".read__photo img::attr(data-src)", ".read__photo img::attr(src)"),  # a guess; lazy images: page 2020
    caption=(".photo__caption",),  # a guess
    number=("meta[name='content_id']::attr(content)",),  # code
    pager=(".read__paging",),  # page 2023 of the sister kompas.com
)
_RULES = Rules(
    brands=("Intisari-Online.com", "Intisari Online", "Intisari", "Grid.ID", "Grid Network"),
    layouts=(
        _LAYOUT,  # code 2020 (gridoto, same template)
        replace(_LAYOUT, body="div.read__article"),  # code 2026 (`.read__article p`)
    ),
)


class IntisariSpider(OutletSpider):
    """A magazine on the template of the Grid network. Numbers keep their leading zeros."""

    name = "intisari"
    outlet = Outlet(
        name="Intisari",
        hosts=("intisari.grid.id", "intisari-online.com"),
        sources=(
            Robots(
                url="https://intisari.grid.id/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="nothing found about it; read for Sitemap lines"),
            ),
            Sitemap(
                url="https://intisari.grid.id/sitemap/news/sitemap.xml",
                evidence=Evidence(grade=Grade.CODE, what="news sitemap", seen=date(2021, 1, 1)),
            ),
            Index(
                url="https://intisari.grid.id/",
                links=".news-list__item a.news-list__link",
                evidence=Evidence(grade=Grade.PAGE, what="the list's elements, on a tag page", seen=date(2020, 5, 17)),
            ),
            Index(
                url="https://intisari.grid.id/index?{date}&section=all&page={page}",
                latest="https://intisari.grid.id/",  # which is asked once, whoever names it
                links=".news-list__item a.news-list__link",
                date_format="day=%-d&month=%-m&year=%Y",
                evidence=Evidence(
                    grade=Grade.GUESS, what="the dated index of Gridoto, on the same template, in code of 2020"
                ),
            ),
        ),
        article=r"^/read/(?P<number>\d{5,})(?:/[^/]*)?/?$",
        all_pages="page=all",
        evidence=(
            Evidence(grade=Grade.PAGE, what="the shape of addresses", seen=date(2020, 5, 17)),
            Evidence(
                grade=Grade.CODE, what="the body's element and ?page=all, for the whole network", seen=date(2026, 8, 1)
            ),
            Evidence(grade=Grade.CODE, what="intisari-online.com as the former host"),
        ),
        rules=_RULES,
    )
