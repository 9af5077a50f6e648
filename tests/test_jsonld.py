"""JSON-LD in every shape that sites give it, and in none."""

import json

import pytest

from tests.pages import NODE, PROSE, URL, article, ld


@pytest.mark.parametrize(
    "script",
    [
        ld(NODE),
        ld([{"@type": "WebSite", "name": "Contoh"}, NODE]),
        ld({"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, NODE]}),
        ld([[NODE]]),
        ld(NODE | {"@type": ["Article", "NewsArticle"]}),
        ld(NODE | {"@type": "http://schema.org/ReportageNewsArticle"}),
        ld({"rusak": 1})[:-10] + "</script>" + ld(NODE),
        ld('{"@type":"NewsArticle","headline":"Judul","author":{"name":"Rina\tAyu",},}'),
        ld('<!-- {"@type":"NewsArticle","headline":"Judul","author":"Rina Ayu"} -->'),
        ld('{"@type":"NewsArticle","headline":"Ju\ndul","author":["Rina Ayu"]}').replace("Ju\ndul", "Judul"),
        ld([{"@type": "Person", "@id": "#p", "name": "Rina Ayu"}, NODE | {"author": {"@id": "#p"}}]),
        ld(NODE | {"author": [{"name": "Rina Ayu"}, {"@type": "Organization", "name": "Contoh"}]}),
        ld(NODE | {"author": "Rina Ayu, Contoh.test"}),
        ld(NODE | {"author": {"@type": "Person", "name": ["Rina Ayu"]}}),
        ld({"@type": "NewsArticle", "headline": "Lain", "url": "https://www.contoh.test/lain"})
        + ld(NODE | {"url": URL}),
    ],
)
def test_json_ld_is_read_in_every_shape(script: str) -> None:
    made = article(script)
    assert (made.title, made.authors) == ("Judul", ["Rina Ayu"])
    assert (made.origins["title"], made.origins["authors"]) == ("jsonld", "jsonld")


@pytest.mark.parametrize(
    "script",
    [
        "{",
        "null",
        "[]",
        '"x"',
        "1e999",
        "[" * 100_000,
        '{"a":' * 50_000,
        "{'@type':'NewsArticle'}",
        "\x00",
        '{"@type": 5}',
        '{"@type":"NewsArticle","headline":{"a":[]},"author":[[[]]],"image":{"url":{}},"keywords":7,"datePublished":[null]}',
        '{"@type":"NewsArticle","headline":"\\ud800","author":{"@id":"#a"},"publisher":[],"articleSection":[]}',
        '{"@type":"BreadcrumbList","itemListElement":"x"}',
        "9" * 6000,
        '{"@type":"NewsArticle","headline":' + "[" * 900 + "]" * 900 + "}",
        '{"@type":"NewsArticle","mainEntityOfPage":' + '{"a":' * 900 + "1" + "}" * 900 + "}",
        '{"@type":"NewsArticle","author":' + "[" * 900 + '"Rina"' + "]" * 900 + ',"image":' + "[" * 80 + "]" * 80 + "}",
    ],
)
def test_json_ld_that_is_none_hurts_nobody(script: str) -> None:
    made = article(ld(script) + "<title>Dari Judul</title>")
    assert made.title
    assert made.text.startswith(PROSE)
    json.dumps(made.row()).encode()


OTHER = {"@type": "NewsArticle", "headline": "Kabar Lain", "author": "Budi Eka", "url": "https://www.contoh.test/lain"}


@pytest.mark.parametrize(
    "own",
    [
        NODE,
        NODE | {"mainEntityOfPage": {"@type": "WebPage", "@id": "http://contoh.test/nasional/123/judul/"}},
        NODE | {"url": "https://m.contoh.test/amp/123"},
    ],
)
def test_the_node_of_a_related_article_is_not_the_articles(own: object) -> None:
    for script in (ld(OTHER) + ld(own), ld([OTHER, own, OTHER])):
        made = article(f"<title>Judul - Contoh</title>{script}")
        assert (made.title, made.authors) == ("Judul", ["Rina Ayu"])


def test_an_address_that_begins_like_the_pages_is_another() -> None:
    longer = OTHER | {"url": f"{URL}-lanjutan"}
    assert article(ld(longer) + ld(NODE | {"url": URL})).title == "Judul"


def test_several_nodes_that_are_all_of_other_articles_say_nothing() -> None:
    made = article("<title>Judul Berita - Contoh</title>" + ld([OTHER, OTHER | {"headline": "Kabar Ketiga"}]))
    assert (made.title, made.authors) == ("Judul Berita", [])


def test_what_a_page_is_about_is_read() -> None:
    assert article(ld({"@type": "WebPage", "mainEntity": NODE})).authors == ["Rina Ayu"]


def test_the_house_that_another_node_names_is_no_author() -> None:
    house = {"@type": "Organization", "@id": "#rumah", "name": "Kabar Kita"}
    own = NODE | {"author": {"@type": "Person", "name": "Kabar Kita"}, "publisher": {"@id": "#rumah"}}
    assert article(ld([house, own])).authors == []
