"""KapanLagi: www.kapanlagi.com, showbiz."""

from datetime import date

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_PAGE = date(2015, 11, 5)

_RULES = Rules(
    brands=("KapanLagi.com", "KapanLagi", "KapanLagi.com®", "KapanLagi Network"),
    layouts=(
        Layout(
            body="div.body-paragraph",  # a guess, for the present site
            drop=(".baca-juga", ".read-more"),
        ),
        Layout(
            body="div.entertainment-detail-news",  # a page of 2015, and all below
            drop=(
                ".entertainment-newsdetail-image-caption",  # picture and caption between two paragraphs
                "a[onclick*='Insert Link']",  # links below the heading "Jangan Lewatkan"
            ),
            title=("h1.entertainment-newsdetail-title-new",),
            published=("span.newsdetail-schedule-new",),  # "Kamis, 05 November 2015 11:52", of no zone
            section=("a.newsdetail-categorylink",),
            tags=(".v7-tags-terkait-warper li a",),  # meta keywords are the words of the title
            caption=(".entertainment-newsdetail-headlineimg .copyright",),
            until=date(2018, 12, 31),  # seen in November 2015
        ),
    ),
    boilerplate=(r"jangan lewatkan\W*",),  # a heading over related links; an article would say what not to miss
)


class KapanlagiSpider(OutletSpider):
    """The number is the hexadecimal end of the slug. Text begins beside no element: `<b>Kapanlagi.com</b> - ...`."""

    name = "kapanlagi"
    outlet = Outlet(
        name="KapanLagi",
        hosts=("kapanlagi.com",),
        same_host={"kapanlagi.com": "www.kapanlagi.com", "m.kapanlagi.com": "www.kapanlagi.com"},
        sources=(
            Robots(
                url="https://www.kapanlagi.com/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="nothing found about it; read for Sitemap lines"),
            ),
            Feed(
                url="https://www.kapanlagi.com/feed/entertainment.xml",
                evidence=Evidence(grade=Grade.PAGE, what="Atom, linked from an article's head", seen=_PAGE),
            ),
            Index(
                url="https://www.kapanlagi.com/",
                links="a[href$='.html']",
                evidence=Evidence(grade=Grade.PAGE, what="articles end so; the home page is a guess", seen=_PAGE),
            ),
        ),
        article=r"^/(?P<section>[a-z0-9-]+)/(?:[^/]+/){0,3}[^/]+-(?P<number>[0-9a-f]{6})\.html$",
        exclude=r"^/(?:foto|ragam/tag-populer)/",
        evidence=(Evidence(grade=Grade.PAGE, what="the shape of addresses, the article's elements", seen=_PAGE),),
        rules=_RULES,
    )
