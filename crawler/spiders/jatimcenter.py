"""Jatimcenter: jatimcenter.com. Nothing is known of it but one article's text: all of this is a guess."""

from dataclasses import replace

from crawler.outlet import Evidence, Feed, Grade, Index, Outlet, Robots, Sitemap
from crawler.spider import OutletSpider
from pipelines.rules import Layout, Rules

_GUESS = Evidence(grade=Grade.GUESS, what="what most sites of this kind have; nothing was found about this one")

_LAYOUT = Layout(
    body=".entry-content",
    drop=(
        "#jp-relatedposts",
        ".jp-relatedposts",
        ".sharedaddy",
        ".share-buttons",
        ".related-posts",
        ".wp-caption",
        ".code-block",
        ".tags-links",
        ".post-tags",
        ".author-box",
        ".comments-area",
        ".entry-header",  # the rest: inside `article`, the last of the layouts
        ".entry-footer",
        ".entry-meta",
        ".post-meta",
    ),
    title=("h1.entry-title", "h1.post-title", "h1"),
    authors=(".entry-meta .author a", ".byline a[href*='/author/']", ".post-meta .author"),
    published=(
        "time.entry-date.published::attr(datetime)",
        ".posted-on time::attr(datetime)",
        ".entry-meta time::attr(datetime)",
        ".entry-meta .entry-date",
        ".post-meta .post-date",
        ".post-meta time",
    ),
    section=("a[rel~='category']", ".cat-links a"),
    tags=("a[rel='tag']",),
    image=(".post-thumbnail img::attr(src)", ".post-thumb img::attr(src)"),
    caption=(".post-thumbnail figcaption", ".post-thumb figcaption"),
    pager=(".page-links",),
)
_RULES = Rules(
    brands=("Jatimcenter.com", "Jatimcenter", "Jatim Center"),
    layouts=(
        _LAYOUT,
        replace(_LAYOUT, body=".post-content"),
        replace(_LAYOUT, body=".article-content"),
        replace(_LAYOUT, body="article"),
    ),
)


class JatimcenterSpider(OutletSpider):
    """Leans on what every site has: `Sitemap:` lines, a feed, JSON-LD, the containers of common themes."""

    name = "jatimcenter"
    outlet = Outlet(
        name="Jatimcenter",
        hosts=("jatimcenter.com",),
        same_host={"www.jatimcenter.com": "jatimcenter.com"},
        sources=(
            Robots(url="https://jatimcenter.com/robots.txt", evidence=_GUESS),
            Sitemap(url="https://jatimcenter.com/wp-sitemap.xml", evidence=_GUESS),
            Sitemap(url="https://jatimcenter.com/sitemap_index.xml", evidence=_GUESS),
            Feed(url="https://jatimcenter.com/feed/", evidence=_GUESS),
            Index(url="https://jatimcenter.com/", links="article a, h2 a, h3 a", evidence=_GUESS),
        ),
        article=r"^/(?!$).+",
        exclude=r"^/(?:tag|category|kategori|author|page|feed|search|wp-[a-z-]+|about|tentang[a-z-]*|kontak|redaksi|"
        r"pedoman[a-z-]*|privacy[a-z-]*|disclaimer)(?:/|$)|\.(?:xml|txt|jpe?g|png|webp|gif|pdf|css|js)$",
        evidence=(_GUESS,),
        rules=_RULES,
    )
