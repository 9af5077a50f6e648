"""JPNN: www.jpnn.com and its regional hosts."""

from dataclasses import replace
from datetime import date

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_PAGE = date(2022, 7, 21)

_LAYOUT = Layout(
    body="div[itemprop='articleBody']",  # page 2022, and all below
    drop=(".baca-juga",),
    title=("h1.judul", "h1"),
    authors=("p.waktu:not(.text-center)",),  # "Redaktur & Reporter : NAME"; the other is an invitation
    editors=("p.waktu:not(.text-center)",),
    published=("span.date-publish",),  # "Minggu, 18 Juli 2021 – 18:52 WIB"
    section=(".content-artikel .breadcrumb a:nth-last-of-type(2)",),  # the last step is the article
    tags=(".tags a[rel='tag']:not(.text-tags)",),
    caption=(".page-content > .caption",),
    pager=(".page-content .pagination", ".pagination"),
)
_RULES = Rules(
    brands=("JPNN.com", "JPNN", "www.jpnn.com", "JPNN.com Nasional"),
    layouts=(
        _LAYOUT,
        replace(_LAYOUT, body="div.article-content"),  # code 2026, beside h1.judul and span.date-publish
    ),
)


class JpnnSpider(OutletSpider):
    """National articles have no number, `/news/SLUG`; regional ones have: `/SECTION/ID/SLUG`."""

    name = "jpnn"
    outlet = Outlet(
        name="JPNN",
        hosts=("jpnn.com",),
        same_host={"jpnn.com": "www.jpnn.com", "m.jpnn.com": "www.jpnn.com"},
        sources=(
            Robots(
                url="https://www.jpnn.com/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="a sitemap is on lists, without its address; read for it"),
            ),
            Feed(
                url="https://www.jpnn.com/index.php?mib=rss",
                evidence=Evidence(grade=Grade.PAGE, what="linked from an article's head", seen=_PAGE),
            ),
            Feed(
                url="https://fullrss.jpnn.com/discover",
                evidence=Evidence(grade=Grade.PAGE, what="linked from an article's head", seen=_PAGE),
            ),
            Index(
                url="https://www.jpnn.com/indeks",
                links="a[href]",
                evidence=Evidence(grade=Grade.PAGE, what="linked from an article; links a guess", seen=_PAGE),
            ),
        ),
        article=r"^/(?:news/[^/]+|(?P<section>[a-z0-9-]+)/(?P<number>\d{3,})/[^/]+)/?$",
        exclude=r"^/(?:tag|tags|author|indeks|search|foto|topik)(?:/|$)",
        evidence=(
            Evidence(grade=Grade.PAGE, what="both shapes of address, AMP at m.jpnn.com/amp, the elements", seen=_PAGE),
            Evidence(
                grade=Grade.CODE, what="?page=N; each page ends with a teaser of the first", seen=date(2026, 8, 1)
            ),
        ),
        rules=_RULES,
    )
