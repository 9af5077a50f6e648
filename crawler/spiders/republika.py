"""Republika Online: republika.co.id and its channels' hosts."""

from datetime import date

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots, Sitemap
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_SEEN = date(2026, 7, 24)
_PAGE = date(2016, 2, 23)

_RULES = Rules(
    brands=("Republika Online", "Republika.co.id", "Republika", "ROL"),
    layouts=(
        Layout(
            body=".article-content article",  # live 2026-07
            drop=(".picked-article",),  # live 2026-07: related stories between paragraphs
            # All the rest is a guess; JSON-LD and meta elements go first for most of it.
            authors=("h1 ~ .by, h1 ~ * .by",),  # "Rep: A / Red: B"; JSON-LD names B alone
            editors=("h1 ~ .by, h1 ~ * .by",),
            published=(".date-item__headline",),
            tags=(".tags a",),
            pager=(".pagination",),
        ),
        Layout(
            body="div.artikel",  # a guess, for the years around 2020
            drop=(".baca-juga", ".picked-article"),
            authors=("div.by p", "div.by"),
            editors=("div.by p", "div.by"),
            published=(".date_detail p", ".date_detail"),
            until=date(2022, 12, 31),
        ),
        Layout(
            body="div.content-detail, div.teaser-pic",  # pages of 2016; the second is an "In Picture" story
            title=(".jdl-detail h2", ".jdl-pic"),
            authors=(".wp-reset .red", ".index-photo > .red"),  # "Rep: A/ Red: B", with nothing before Red on one page
            editors=(".wp-reset .red", ".index-photo > .red"),  # a table "Redaktur | : | B" below pictures
            published=(".date-detail", ".date-pic"),
            section=(".breadcome a:last-of-type",),
            tags=(".tagging a::attr(title)",),  # the page has two meta keywords, and the second is the site's
            caption=(".wp-cap .caption",),
            credit=(".detail-berita > div[style]",),  # "Sumber : Antara"
            until=date(2018, 12, 31),  # seen in February 2016, and gone by May 2020
        ),
    ),
)


class RepublikaSpider(OutletSpider):
    """An article's code is in its address, on whatever host. Part two of an old one, `SLUG-part2`, is not followed."""

    name = "republika"
    outlet = Outlet(
        name="Republika",
        hosts=("republika.co.id",),
        same_host={"www.republika.co.id": "republika.co.id", "m.republika.co.id": "republika.co.id"},
        sources=(
            Robots(
                url="https://republika.co.id/robots.txt",
                evidence=Evidence(
                    grade=Grade.LIVE,
                    what="refuses Scrapy, news-please, GPTBot and others by name; our name, arsip-berita, is not among "
                    "them, and the file is obeyed as it is on the day",
                    seen=_SEEN,
                ),
            ),
            Sitemap(
                url="https://republika.co.id/files/xml/sitemap.xml",
                evidence=Evidence(grade=Grade.LIVE, what="a sitemap of its own", seen=_SEEN),
            ),
            Feed(
                url="https://republika.co.id/rss",
                evidence=Evidence(grade=Grade.LIVE, what="15 items; the address is on lists of feeds", seen=_SEEN),
            ),
            Index(
                url="https://republika.co.id/index/{offset}/{date}",
                latest="https://republika.co.id/index/{offset}",
                step=50,
                links="a[href*='/berita/']",
                date_format="%Y/%m/%d",
                evidence=Evidence(grade=Grade.LIVE, what="50 a page, counted by offset; links a guess", seen=_SEEN),
            ),
        ),
        article=r"^/berita/(?:(?P<section>[a-z0-9-]+)/(?:[a-z0-9-]+/)?\d{2}/\d{2}/\d{2}/)?"
        r"(?P<number>(?=[a-z]*\d)[a-z0-9]{7,12})[/-][^/]+/?$",
        exclude=r"-part[2-9]/?$",
        evidence=(
            Evidence(grade=Grade.LIVE, what="/berita/CODE/SLUG, the body's element, Rep and Red", seen=_SEEN),
            Evidence(grade=Grade.PAGE, what="/berita/CODE/SLUG in a list of stories", seen=date(2020, 5, 17)),
            Evidence(grade=Grade.PAGE, what="/berita/SECTION/.../16/02/23/CODE-SLUG and its elements", seen=_PAGE),
        ),
        rules=_RULES,
    )
