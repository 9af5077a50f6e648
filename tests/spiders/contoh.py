"""An invented outlet with a source of every kind that a backfill meets."""

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Sitemap
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_INVENTED = Evidence(grade=Grade.GUESS, what="invented for the tests")


class ContohSpider(OutletSpider):
    """Sitemaps by month and by day, an archive by the month, a feed and an undated index."""

    name = "contoh"
    outlet = Outlet(
        name="Contoh",
        hosts=("contoh.test",),
        sources=(
            Sitemap(url="https://contoh.test/sitemap.xml", evidence=_INVENTED),
            Sitemap(url="https://contoh.test/harian/{date}.xml", evidence=_INVENTED),
            Index(
                url="https://contoh.test/arsip/{date}/{offset}",
                step=2,
                links="li a",
                date_format="%Y/%m",
                every="month",
                evidence=_INVENTED,
            ),
            Feed(url="https://contoh.test/feed", evidence=_INVENTED),
            Index(url="https://contoh.test/terbaru", links="li a", evidence=_INVENTED),
        ),
        article=r"^/berita/(?P<number>\d+)$",
        evidence=(_INVENTED,),
        rules=Rules(brands=("Contoh",), layouts=(Layout(body="div.side-article.txt-article"),)),
    )
