"""Jawa Pos: www.jawapos.com."""

from datetime import date

from crawler.outlet import Evidence, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Rules

_PAGE = date(2020, 5, 17)


class JawaposSpider(OutletSpider):
    """Without layouts of its own: since some year after 2020 the text is in `__NEXT_DATA__`, which any outlet may have.

    On its lists of 2020 the metadata, canonical included, are those of the first article.
    """

    name = "jawapos"
    outlet = Outlet(
        name="Jawa Pos",
        hosts=("jawapos.com",),
        same_host={"jawapos.com": "www.jawapos.com", "m.jawapos.com": "www.jawapos.com"},
        sources=(
            Robots(
                url="https://www.jawapos.com/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="nothing found about it; read for Sitemap lines"),
            ),
            Index(
                url="https://www.jawapos.com/berita-hari-ini/",
                links="a[href]",
                evidence=Evidence(
                    grade=Grade.PAGE, what="linked from a list; lists come by GraphQL today (live 2026)", seen=_PAGE
                ),
            ),
        ),
        article=r"^/(?P<section>[a-z0-9-]+)/(?:[a-z0-9-]+/)?(?:(?P<number>\d{9,11})|\d{2}/\d{2}/\d{4})/[^/]+/?$",
        evidence=(
            Evidence(grade=Grade.LIVE, what="/SECTION/ID/SLUG, text in __NEXT_DATA__", seen=date(2026, 7, 24)),
            Evidence(grade=Grade.PAGE, what="/SECTION/DD/MM/YYYY/SLUG/ in a list of stories", seen=_PAGE),
        ),
        rules=Rules(brands=("JawaPos.com", "Jawa Pos", "JawaPos"), layouts=()),
    )
