"""The data layer in a page's scripts: read as text, whatever it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipelines.page import datalayer
from tests.pages import BODY, NODE, article, ld, meta

LAYER = """<script>
  dataLayer = [{ // untuk GTM
    'editor': 'Budi Eka', "penulis" : "Rina \\u0041yu", publish_date: '2026-11-18 19:26:05',
    section: 'nasional', 'source': 'Kabar O\\'Hara', 'content_tag': 'rob, banjir,', /* kosong */ 'agent': '',
    'nested': {'editor': 'Orang Lain', list: [1, {a: 'x, y'}]}, 'width': 12.5, 'title': document.title,
    'sum': 'a' + 'b',
  }];
</script>"""


def read(*scripts: str) -> dict[str, str]:
    elements = []
    for text in scripts:
        element = etree.Element("script")
        element.text = text
        elements.append(element)
    return datalayer.read(elements)


def test_strings_and_numbers_are_read_and_nothing_that_is_computed() -> None:
    assert read(LAYER) == {
        "editor": "Budi Eka",
        "penulis": "Rina Ayu",
        "publish_date": "2026-11-18 19:26:05",
        "section": "nasional",
        "source": "Kabar O'Hara",
        "content_tag": "rob, banjir,",
        "width": "12.5",
    }


@pytest.mark.parametrize(
    "script",
    [
        "window.dataLayer = window.dataLayer || []; dataLayer.push({'Editor': 'Budi Eka'});",
        'window.dataLayer.push(\n {"editor":"Budi Eka"})',
        "dataLayer=[{editor:'Budi Eka'}]",
        "dataLayer.push({a: function() { return {b: '}'}; }, 'editor': 'Budi Eka'})",
    ],
)
def test_every_way_of_handing_it_over_is_known(script: str) -> None:
    assert read(script)["editor"] == "Budi Eka"


def test_the_first_value_of_a_key_counts() -> None:
    assert read("dataLayer.push({'editor': 'Satu'}); dataLayer.push({'editor': 'Dua', 'penulis': 'Tiga'})") == {
        "editor": "Satu",
        "penulis": "Tiga",
    }


def test_facts_come_from_it_after_the_metadata() -> None:
    made = article(LAYER)
    assert (made.authors, made.editors, made.section) == (["Rina Ayu"], ["Budi Eka"], "nasional")
    assert (made.tags, made.source_credit) == (["rob", "banjir"], "Kabar O'Hara")
    assert made.published
    assert (made.published.isoformat(), made.published_raw) == ("2026-11-18T19:26:05+07:00", "2026-11-18 19:26:05")
    assert {made.origins[name] for name in ("authors", "editors", "section", "tags", "source_credit", "published")} == {
        "script"
    }
    head = LAYER + ld(NODE | {"datePublished": "2026-11-18T10:00:00+07:00"}) + meta(content_editor="Sari Dewi")
    made = article(head)
    assert made.published
    assert (made.origins["authors"], made.editors, made.published.hour) == ("jsonld", ["Sari Dewi"], 10)


def test_an_editor_whom_the_json_ld_calls_author_is_seen_through() -> None:
    head = "<script>dataLayer.push({'author': 'Rina Ayu', 'editor': 'Budi Eka'})</script>"
    made = article(head + ld(NODE | {"author": {"name": "Budi Eka"}}))
    assert (made.authors, made.editors) == (["Rina Ayu"], ["Budi Eka"])


@pytest.mark.parametrize(
    "script",
    [
        "dataLayer = [{",
        "dataLayer = [{'a': ",
        "dataLayer = [{'a': 'tidak ditutup",
        "dataLayer = [{'a'}]",
        "dataLayer = [{:,:,'': 'x'}]",
        "dataLayer = [{'a': '\\ud800'}]",
        "dataLayer = [{]})",
        "dataLayer",
    ],
)
def test_a_broken_object_hurts_nobody(script: str) -> None:
    assert set(read(script)) <= {"a"}
    assert article(f"<script>{script}</script>", BODY).text


@pytest.mark.parametrize("piece", ["'\\", "/*", "{", "'", "\"'", "a:", "//", "dataLayer.push({", "'a':'b',"])
def test_a_hostile_object_costs_little(piece: str) -> None:
    began = time.process_time()
    read("dataLayer.push({" + piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 1


@given(st.text(alphabet="'\"\\{}[](),:/*ab1 \nu", max_size=200))
def test_any_object_gives_strings(body: str) -> None:
    found = read("dataLayer.push({" + body)
    assert all(key and value for key, value in found.items())
