"""Tribunnews: www.tribunnews.com and the regional `*.tribunnews.com`."""

from datetime import date

from crawler.outlet import Evidence, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_SEEN = date(2026, 7, 24)

_RULES = Rules(
    brands=(
        # og:site_name of the page adds the regional's own name ("Tribun-timur.com"), and a lone domain at the end of a
        # title is taken off anyway; these are the names that neither covers.
        "Tribunnews.com",
        "Tribunnews",
        "Tribun",
        "Tribun News",
        "Tribun Network",
        "Tribun Video",
        "TribunX",
        "Tribun-Timur.com",
        "Tribun Timur",
        "Tribun Jogja",
        "Tribun Jabar",
        "Tribun Jateng",
        "Tribun Jatim",
        "Tribun Bali",
        "Tribun Medan",
        "Tribun Solo",
        "Surya.co.id",
        "Serambinews.com",
        "Pos-Kupang.com",
        "Wartakotalive.com",
        "Warta Kota",
        "Bangka Pos",
        "Banjarmasinpost.co.id",
        "Sripoku.com",
    ),
    layouts=(
        Layout(
            # Live 2026-07 and page 2020. Not `div.side-article.mb5`: recommendations, tags, pager.
            body="div.side-article.txt-article",
            drop=(
                "p.baca",  # page 2020 ("Baca:"), live 2026 ("Baca juga:"): the class, not only the words
                "blockquote.summary-article",  # live 2026: "Ringkasan Berita:"
                "div.ads-placeholder",  # live 2026
                "[id^='div-Inside']",  # page 2020: advertisement inside the body
                ".rekomendasi-artikel",  # a guess
                ".belanja-picks",  # the rest: filter lists of 2026
                ".reserved_box_ads",
                ".pushdown-banner",
                ".desk-bannerslide",
                ".tapp-banner",
                ".tvp-stage",
                "#banner_article_slide",
                "#anchorads",
                ".widgettshop",
                "#_popIn_recommend_word",
                "#widget_pilihanuntukmu_article",
            ),
            title=("h1#arttitle", "h1"),  # both years
            description=("h2.f20", "h4.hide"),  # a guess; page 2020
            # 2026: links in div#penulis; since 2025 regionals one h5#penulis with "Penulis: A | Editor: B"; 2020 plain
            # text. A line with a role is taken apart, so the element as a whole serves all three.
            authors=("div#penulis a", "#penulis"),
            editors=("div#editor a", "#editor", "h5#penulis"),
            # Each in its own header: `time.grey` alone also finds the sidebar's "2 jam lalu".
            published=(
                "div.grey.bdr3 > time[datetime]::attr(datetime)",  # live 2026, after "Tayang:"
                "#article > div > time:not(.timeago)",  # page 2020; regional 2025 (`time > span`)
                "#article > div.grey.bdr3 > time",
            ),
            section=(
                # page 2020: the second step of the breadcrumb
                "ul[itemtype$='BreadcrumbList'] > li:nth-of-type(n+2) [itemprop='name']",
            ),
            tags=("h5.tagcloud3 a.rd2", "div[itemprop='keywords'] a"),  # page 2020, live 2026
            image=("#artimg a.glightbox img.imgfull::attr(src)", "#artimg img.imgfull::attr(src)"),  # page 2020
            caption=(
                "#artimg .arial.f12.pt5.grey2",  # page 2020; the credit is another element
                # a guess: credit and caption as two elements of one class, the caption second
                ".arial.f12.pt5.grey2 + .arial.f12.pt5.grey2",
                ".arial.f12.pt5.grey2",
            ),
            credit=(
                "div.side-article.mb5 div.sources a::attr(title)",  # code
                "div.side-article.mb5 #editor + div > a[title]::attr(title)",  # page 2020: "Sumber: <a title=...>"
            ),
            number=(
                "meta[property='android:app_id']::attr(content)",  # page 2020, live 2026
                "#article[data-content-id]::attr(data-content-id)",  # live 2026
                "[data-content-id]::attr(data-content-id)",
            ),
            pager=("div.paging",),  # page 2020 (a#pagecurrent), live 2026 (span.total-page "Halaman 1/2")
        ),
    ),
)


class TribunSpider(OutletSpider):
    """Two shapes of address: `/{section}/{id}/{slug}`, since about September 2025, and one with the date."""

    name = "tribun"
    outlet = Outlet(
        name="Tribunnews",
        hosts=("tribunnews.com",),
        same_host={"m.tribunnews.com": "www.tribunnews.com", "tribunnews.com": "www.tribunnews.com"},
        sources=(
            Robots(
                url="https://www.tribunnews.com/robots.txt",
                evidence=Evidence(grade=Grade.LIVE, what="names /sitemap.xml, an index of news sitemaps", seen=_SEEN),
            ),
            Index(
                url="https://www.tribunnews.com/index-news?date={date}&page={page}",
                latest="https://www.tribunnews.com/index-news?page={page}",
                links="ul.lsi > li.ptb15 h3 a",
                date_format="%Y-%-m-%-d",
                evidence=Evidence(
                    grade=Grade.LIVE,
                    what="20 a page, page 11 repeats page 10; the date parameter only in code",
                    seen=_SEEN,
                ),
            ),
            Index(
                url="https://www.tribunnews.com/{date}?page={page}",
                links="ul.lsi > li.ptb15 h3 a",
                date_format="%Y/%m",
                every="month",
                evidence=Evidence(
                    grade=Grade.GUESS,
                    what="an archive by the month in scrapers of 2018 to 2024, on which host is not said; its elements "
                    "a guess",
                ),
            ),
        ),
        article=r"^(?:/(?P<section>[a-z0-9-]+))?/(?:(?P<number>\d{5,})|\d{4}/\d{2}/\d{2})/[^/]+/?$",
        exclude=r"^/(?:index-news|tag|topic|search|komentar|member|auth|api|ajax|json|posts|penulis|editor|epaper|images|"
        r"webstories|rss)(?:/|$)",
        all_pages="page=all",
        evidence=(
            Evidence(grade=Grade.LIVE, what="both URL shapes, the article's elements", seen=_SEEN),
            Evidence(grade=Grade.CODE, what="?page=all; regional hosts and their byline"),
            Evidence(grade=Grade.PAGE, what="the article's elements on a page of 2020", seen=date(2020, 5, 4)),
            Evidence(grade=Grade.LIVE, what="403 to what does not look like a browser", seen=_SEEN),
        ),
        rules=_RULES,
    )
