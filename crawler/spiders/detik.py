"""detikcom: www.detik.com and one host a desk: news.detik.com, health.detik.com, inet.detik.com."""

from datetime import date

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots, Sitemap
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_SEEN = date(2026, 7, 24)
_DESKS = ("news", "finance", "health", "hot", "inet", "oto", "sport", "travel")

_RULES = Rules(
    # Each desk signs with a name of its own, which og:site_name adds on its pages.
    brands=(
        "detikcom",
        "detik.com",
        "detik",
        "detikNews",
        "detikFinance",
        "detikHealth",
        "detikHot",
        "detikInet",
        "detikOto",
        "detikSport",
        "detikTravel",
        "Tim detikcom",
    ),
    layouts=(
        Layout(
            body="div.detail__body-text",  # live 2026, page 2023
            drop=(
                ".noncontent",  # live 2026
                ".parallaxindetail",  # page 2023: "ADVERTISEMENT ... SCROLL TO CONTINUE WITH CONTENT"
                ".linksisip",  # page 2023: a table, "Baca juga: ..."
                ".lihatjg",  # page 2023: what the table holds, should it come without
                ".detail__body-tag",  # page 2023: the tags, inside the body
                "a.embed",  # page 2023: "[Gambas:Video 20detik]"
                ".sisip_artikel",  # the rest: a guess
                ".detail__anchor",
                ".detail__long-nav",
                ".skybanner",
            ),
            title=("h1.detail__title",),  # live 2026, page 2023
            authors=(".detail__author::text",),  # page 2023: "NAME - <span>detikHealth</span>"
            published=("div.detail__date",),  # page 2023: "Kamis, 02 Nov 2023 20:59 WIB"
            section=(".page__breadcrumb a:last-of-type",),  # a guess
            tags=("div.detail__body-tag a",),  # page 2023
            image=(".detail__media-image img::attr(src)",),  # page 2023
            caption=("figcaption.detail__media-caption",),  # page 2023
            number=("meta[name='articleid']::attr(content)",),  # page 2023
            pager=(".detail__anchor", ".detail__long-nav"),  # a guess
        ),
        Layout(
            body="div.text_detail, div.detail_text, #detikdetailtext",  # page 2015; the others a guess, of 2016 to 2019
            drop=(".linksisip", ".lihatjg", ".detail_tag", ".banner_inside_article", ".sisip_artikel"),  # a guess
            title=("h1",),
            authors=(
                "h1 ~ .author strong",
                ".jdl .author::text",
            ),  # page 2015: "<strong>NAME</strong> - detikinet"; a guess
            published=("h1 ~ .date", ".jdl .date"),  # page 2015: "Kamis, 05/11/2015 10:08 WIB"
            section=("ul.breadcrumb li:last-child a",),
            image=(".pic_artikel img::attr(src)",),
            caption=(".pic_artikel span",),
            until=date(2020, 6, 30),
        ),
    ),
)


class DetikSpider(OutletSpider):
    """Its machine-readable `pubdate` is local time with a false Z; meta `publishdate` and JSON-LD are right."""

    name = "detik"
    outlet = Outlet(
        name="detikcom",
        hosts=("detik.com",),
        same_host={"detik.com": "www.detik.com"},
        sources=(
            Robots(
                url="https://www.detik.com/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="lists of sitemaps name the host; read for Sitemap lines"),
            ),
            Sitemap(
                url="https://news.detik.com/berita/sitemap_news.xml",
                evidence=Evidence(grade=Grade.LIVE, what="news sitemap of one desk", seen=_SEEN),
            ),
            Feed(
                url="https://news.detik.com/rss",
                evidence=Evidence(grade=Grade.CODE, what="a list of feeds of 2026 says that it works", seen=_SEEN),
            ),
            *(
                Index(
                    url=f"https://{desk}.detik.com/indeks?page={{page}}&date={{date}}",
                    latest=f"https://{desk}.detik.com/indeks?page={{page}}",
                    links="article a, h2 a, h3 a",
                    date_format="%m/%d/%Y",  # month before day
                    evidence=Evidence(
                        grade=Grade.LIVE, what="the address, with month before day; its elements a guess", seen=_SEEN
                    ),
                )
                for desk in _DESKS
            ),
        ),
        article=r"^/(?:(?P<section>[a-z0-9-]+)/(?:[a-z0-9-]+/){0,2}d-|read/\d{4}/\d{2}/\d{2}/\d{6}/)(?P<number>\d{5,})"
        r"(?:/|$)",
        all_pages="single=1",
        evidence=(
            Evidence(grade=Grade.LIVE, what="address, elements, ?single=1", seen=_SEEN),
            Evidence(grade=Grade.PAGE, what="elements, data layer and the false Z", seen=date(2023, 11, 3)),
            Evidence(grade=Grade.PAGE, what="the /read/ addresses and their elements", seen=date(2015, 11, 5)),
        ),
        rules=_RULES,
    )
