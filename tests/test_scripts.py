"""Text in scripts: found where it reads like an article, and nothing else taken for one."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipelines.page import literal
from pipelines.text import scripts

SENTENCE = "Warga berkumpul di balai desa sejak pagi, kata lurah."
TEXT = " ".join([SENTENCE] * 20)
HTML = "".join(f"<p>{number}. {SENTENCE}</p>" for number in range(20))


def found(script: str, attributes: str = "") -> list[list[str]]:
    page = etree.fromstring(f"<html><script{attributes}>{script}</script></html>".encode(), etree.HTMLParser())
    return [[block.text for block in text] for text in scripts.texts(page)]


@pytest.mark.parametrize("quote", ['"', "'"])
def test_the_text_that_a_variable_holds_is_found(quote: str) -> None:
    assert found(f"var a = 1; var keywordBrandSafety = {quote}{TEXT}{quote};") == [[TEXT]]


def test_html_in_the_state_of_a_framework_keeps_its_paragraphs() -> None:
    state = json.dumps({"props": {"pageProps": {"title": "Judul", "content": HTML}}}).replace("<", "\\u003c")
    assert found(state, " id='__NEXT_DATA__' type='application/json'") == [
        [f"{number}. {SENTENCE}" for number in range(20)]
    ]


def test_html_that_was_escaped_twice_is_read_as_html() -> None:
    escaped = HTML.replace("<", "&lt;").replace(">", "&gt;")
    assert found(f'x = "{escaped}"') == [[f"{number}. {SENTENCE}" for number in range(20)]]


def test_paragraphs_in_strings_of_their_own_are_put_together_by_their_key() -> None:
    blocks = [{"type": "paragraph", "text": f"{number}. {SENTENCE}"} for number in range(20)]
    state = json.dumps({"body": blocks, "related": [{"title": SENTENCE}]})
    assert found(state) == [[block["text"] for block in blocks]]


@pytest.mark.parametrize(
    "script",
    [
        f'x = "{SENTENCE}"',
        'x = "' + "abcdef0123456789" * 100 + '"',
        'x = "' + "Jakarta, Bandung, Surabaya, Medan, " * 50 + '"',
        'x = "' + "{ if (a == b) { return c; } } " * 60 + '"',
        "".join(f'warn("{number}. {SENTENCE}");' for number in range(20)),
        "// don't\n" + "var a = b + c * d; " * 60,
    ],
)
def test_what_is_too_short_or_no_prose_is_left(script: str) -> None:
    assert found(script) == []


def test_linked_data_is_left_to_its_own_reader() -> None:
    assert found(json.dumps({"articleBody": TEXT}), " type='application/ld+json'") == []


def test_escapes_of_javascript_are_read_pairs_of_units_among_them() -> None:
    assert literal.unescaped(r"\u003Cb\u003E a\/b \x41 \"c\" \ud83d\ude00") == '<b> a/b A "c" 😀'


def test_a_lone_surrogate_and_the_marks_of_the_block_reader_do_no_harm() -> None:
    assert [block.text for block in scripts.paragraphs(literal.unescaped(r"a \ud83d b \u0002 c"))] == ["a \ufffd b c"]


@given(st.text(st.sampled_from("\"'\\u0041<p>&lt;\n{}[]:=aZ \x02.,")))
def test_no_script_raises(script: str) -> None:
    for text in scripts._of_script(script * 20):
        assert text


@pytest.mark.parametrize("piece", ["abcdefghij", "\\\\", 'a="', "'", '\\"', '"key" : ', "<p>", "\\u003cp"])
def test_time_is_linear_in_the_script(piece: str) -> None:
    script = (piece * 500_000)[:1_900_000]
    began = time.process_time()
    list(scripts._of_script(script))
    list(scripts._of_script(f'x = "{script}"'))
    assert time.process_time() - began < 5
