"""Tempo: www.tempo.co, and the channels' hosts of its former site."""

from datetime import date

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_SEEN = date(2026, 7, 24)
_PAGE = date(2015, 11, 5)
_SECTIONS = ("politik", "hukum", "ekonomi", "internasional", "sains", "olahraga", "gaya-hidup", "teroka")

_RULES = Rules(
    brands=("Tempo.co", "Tempo", "TEMPO.CO", "Koran Tempo", "Majalah Tempo", "tempo.co"),
    layouts=(
        Layout(
            # Live 2026-07: `#content-wrapper p`. Headings, quotes and bare lists beside them are a guess.
            body="#content-wrapper p, #content-wrapper h2, #content-wrapper h3, #content-wrapper blockquote, "
            "#content-wrapper ul:not([class]), #content-wrapper ol:not([class])",
            published=("h1 ~ time::attr(datetime)", "h1 ~ * time::attr(datetime)"),  # a guess; JSON-LD goes first
        ),
        Layout(
            body="div.detail-konten",  # a guess, for the years from about 2021
            drop=(".baca-juga",),
            title=("h1.title", "h1"),
            published=("p.date",),
            until=date(2024, 12, 31),
        ),
        Layout(
            body="#isi",  # a guess, for the years around 2020
            drop=(".baca-juga",),
            published=("article .date", "#date"),
            until=date(2020, 12, 31),
        ),
        Layout(
            body="div.artikel",  # a page of 2015, and all below
            drop=(
                ".block-kanal-map",  # the steps from the home page
                "h1",
                ".block-tanggal",
                ".block-display",  # picture, caption and share buttons
                "p:last-of-type > br + strong:last-child",  # who wrote it, in bold capitals on the last line
            ),
            title=("div.artikel h1",),  # the first h1 of the page is the channel's name
            authors=("div.artikel > p:last-of-type > br + strong:last-child",),
            published=(".block-tanggal",),
            section=(".block-kanal-map li:last-child a",),
            caption=(".block-display .deskripsi",),
            until=date(2016, 12, 31),
        ),
    ),
)


class TempoSpider(OutletSpider):
    """Three shapes of address, each with the number: `/RUBRIK/SLUG-ID`, `/read/ID/SLUG`, and one with the date."""

    name = "tempo"
    outlet = Outlet(
        name="Tempo",
        hosts=("tempo.co",),
        same_host={"tempo.co": "www.tempo.co", "m.tempo.co": "www.tempo.co"},
        sources=(
            Robots(
                url="https://www.tempo.co/robots.txt",
                evidence=Evidence(grade=Grade.GUESS, what="a sitemap is on lists, without its address; read for it"),
            ),
            Feed(
                url="https://rss.tempo.co/",
                evidence=Evidence(grade=Grade.CODE, what="on a list of feeds", seen=date(2026, 4, 26)),
            ),
            Feed(
                url="http://rss.tempo.co/index.php/teco/news/feed",
                evidence=Evidence(grade=Grade.PAGE, what="linked from an article's head", seen=_PAGE),
            ),
            *(
                Index(
                    url=f"https://www.tempo.co/{section}",
                    links="a[href]",
                    evidence=Evidence(
                        grade=Grade.GUESS, what="the rubric's page; its script reads /RUBRIK/_payload.json (live 2026)"
                    ),
                )
                for section in _SECTIONS
            ),
            Index(
                url="https://www.tempo.co/indeks",
                links="a[href]",
                evidence=Evidence(grade=Grade.PAGE, what="linked from every page; links a guess", seen=_PAGE),
            ),
        ),
        article=r"^/(?:read/(?:[a-z]+/\d{4}/\d{2}/\d{2}/)?|(?!read/)(?P<section>[a-z0-9-]+)/[^/]*-)"
        r"(?P<number>\d{4,})(?:/[^/]+)?/?$",
        exclude=r"^/(?:tag|topik|topic|indeks|search|foto|video|penulis|author|newsletter|about|info)(?:/|$)",
        page_param="page_num",
        evidence=(
            Evidence(grade=Grade.LIVE, what="/RUBRIK/SLUG-ID, #content-wrapper, all of it in one answer", seen=_SEEN),
            Evidence(grade=Grade.PAGE, what="/read/ID/SLUG in a list of stories", seen=date(2020, 5, 17)),
            Evidence(grade=Grade.CODE, what="?page_num=N on the former site"),
            Evidence(grade=Grade.PAGE, what="/read/news/2015/11/05/ID/SLUG and its elements", seen=_PAGE),
        ),
        rules=_RULES,
    )
