"""Liputan6: www.liputan6.com, formerly one host a desk: tekno.liputan6.com, showbiz.liputan6.com."""

from datetime import date

from crawler.outlet import Evidence, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_CHANNELS = ("news", "bisnis", "bola", "showbiz", "tekno", "health", "global", "regional")
_RELATED = (
    ".baca-juga",  # pages 2016 to 2021
    "[class*='baca-juga-collections']",  # page 2022
)

_RULES = Rules(
    brands=("Liputan6.com", "Liputan6", "SCTV", "KapanLagi Youniverse"),
    layouts=(
        Layout(
            body="div.article-content-body__item-page",  # live 2026: all pages of the article are in one answer
            drop=(
                *_RELATED,
                ".advertisement-text",  # page 2022: "Advertisement"
                "[class*='advertisement-placeholder']",  # a guess
                ".article-content-body__item-media",  # a guess: a picture with its caption
                ".article-photo-gallery",
                "[class*='article-photo-gallery--item']",  # page: captions
                ".article-content-body__item-break",  # a guess, as is the rest
                "[id^='gpt-']",
                ".vidio-embed",
            ),
            title=("h1.read-page--header--title", "h1"),  # a guess
            authors=(".read-page--header--author__name",),  # a guess; meta author is often the house
            editors=("#credits_editor + li .read-page--credits__name",),  # page 2016
            published=(  # a guess; JSON-LD and meta go first
                "time.read-page--header--author__datetime::attr(datetime)",
                "time.read-page--header--author__datetime",
            ),
            section=(".read-page--breadcrumb--item:last-child",),  # a guess
            tags=(".tags--snippet__link", ".read-page--tags__link"),  # a guess; page 2016
            image=(".read-page--photo-gallery--item__picture-lazyload::attr(data-src)",),  # a guess
            caption=(".read-page--photo-gallery--item__caption",),  # page 2016
        ),
        Layout(
            body="div.read-page__content-body",  # page 2016
            drop=_RELATED,
            title=("h1.read-page--header__title",),
            authors=("a.read-page--header__author-link", "#credits_author + li .read-page--credits__name"),
            editors=("#credits_editor + li .read-page--credits__name",),
            published=(
                "time.read-page--header__datetime",  # "on 16 Feb 2016 at 09:20 WIB": it names the zone
                "time.read-page--header__datetime::attr(datetime)",
            ),
            tags=("a.read-page--tags__link",),
            image=("img.read-page--photo-gallery--item__image::attr(src)",),
            caption=("figcaption.read-page--photo-gallery--item__caption",),
            until=date(2018, 12, 31),
        ),
    ),
    boilerplate=(
        r"saksikan (?:juga )?video\b[^.]{0,80}",  # page 2021, a heading over the player
        r"\*+ ?fakta atau hoaks\?.{0,300}",  # a guess: the appeal of the fact-checking desk
    ),
)


class Liputan6Spider(OutletSpider):
    """Its dated index is drawn by a script today, so channel pages announce what is new."""

    name = "liputan6"
    outlet = Outlet(
        name="Liputan6",
        hosts=("liputan6.com",),
        same_host={"liputan6.com": "www.liputan6.com", "m.liputan6.com": "www.liputan6.com"},
        sources=(
            Robots(
                url="https://www.liputan6.com/robots.txt",
                evidence=Evidence(grade=Grade.CODE, what="a list of sitemaps names the host; read for Sitemap lines"),
            ),
            Index(
                url="https://www.liputan6.com/indeks/{date}?page={page}",
                latest="https://www.liputan6.com/indeks?page={page}",
                links="article h4 a",
                date_format="%Y/%m/%d",
                evidence=Evidence(
                    grade=Grade.PAGE,
                    what="address and elements; in July 2026 a script drew it, and it may announce nothing",
                    seen=date(2016, 2, 16),
                ),
            ),
            *(
                Index(
                    url=f"https://www.liputan6.com/{channel}",
                    links="a.articles--iridescent-list--text-item__title-link, article h4 a",
                    evidence=Evidence(
                        grade=Grade.PAGE, what="the list's elements, on a tag page", seen=date(2020, 5, 17)
                    ),
                )
                for channel in _CHANNELS
            ),
        ),
        article=r"^/(?:(?P<section>[a-z0-9-]+)/)?read/(?P<number>\d{5,})(?:/[^/]*)?/?$",
        exclude=r"/comments/?$",
        evidence=(
            Evidence(grade=Grade.LIVE, what="address and body; the index needs a script", seen=date(2026, 7, 24)),
            Evidence(grade=Grade.PAGE, what="the related boxes of 2016 to 2022", seen=date(2022, 1, 1)),
            Evidence(grade=Grade.PAGE, what="address, elements and credits of 2016", seen=date(2016, 2, 16)),
        ),
        rules=_RULES,
    )
