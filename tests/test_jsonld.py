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
