"""Media Indonesia: mediaindonesia.com."""

from datetime import date

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots, Sitemap
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_SEEN = date(2026, 7, 24)
_PAGE = date(2025, 10, 22)

_RULES = Rules(
    # Meta author is "mediaindonesia.com developer" on every page (page 2025): the house signs, and nobody.
    brands=("mediaindonesia.com", "Media Indonesia", "MI", "mediaindonesia.com developer"),
    layouts=(
        Layout(
            body="div.article",  # page 2025, and all below
            drop=(
                "p.related-news",  # "Baca juga :"
                ".ext-channel",  # Google News and WhatsApp
                ".info-author",  # "Editor : NAME"
                ".flying-carpet",
                "._ap_apex_ad",
                "figure.main-img",
            ),
            # JSON-LD gives the editor for the author; this line is the author's.
            authors=(".post-header .author-2",),
            editors=(".article .info-author",),
            published=(".post-header .datetime",),  # "22/10/2025 06:59"
            section=(".mi-breadcrumb li:nth-of-type(2) a",),
            tags=(".related-tags a::attr(title)",),
            image=("figure.main-img img::attr(data-src)", "figure.main-img img::attr(src)"),
            caption=("figure.main-img figcaption",),
        ),
    ),
)


class MediaindonesiaSpider(OutletSpider):
    """Numbered articles, one page each. The page calls itself a website (og:type), whatever it is."""

    name = "mediaindonesia"
    outlet = Outlet(
        name="Media Indonesia",
        hosts=("mediaindonesia.com",),
        same_host={"www.mediaindonesia.com": "mediaindonesia.com", "m.mediaindonesia.com": "mediaindonesia.com"},
        sources=(
            Robots(
                url="https://mediaindonesia.com/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="nothing found about it; read for Sitemap lines"),
            ),
            Sitemap(
                url="https://mediaindonesia.com/sitemap-news.xml",
                evidence=Evidence(grade=Grade.LIVE, what="news sitemap", seen=_SEEN),
            ),
            Feed(
                url="https://mediaindonesia.com/feed",
                evidence=Evidence(grade=Grade.PAGE, what="linked from an article", seen=_PAGE),
            ),
            Index(
                url="https://mediaindonesia.com/indeks",
                links="h2 a, h3 a",
                evidence=Evidence(grade=Grade.PAGE, what="linked from an article; links a guess", seen=_PAGE),
            ),
        ),
        article=r"^/(?P<section>[a-z0-9-]+)/(?P<number>\d{4,})/[^/]+/?$",
        exclude=r"^/(?:tag|author|search|indeks|foto|galleries|video|epaper)(?:/|$)",
        evidence=(
            Evidence(grade=Grade.LIVE, what="/SECTION/ID/SLUG", seen=_SEEN),
            Evidence(grade=Grade.PAGE, what="the article's elements, author and editor", seen=_PAGE),
        ),
        rules=_RULES,
    )
