"""Bytes to a tree: charsets that lie, limits that hold, and hostile pages that cost little."""

import contextlib
import json
import pickle
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Verdict
from pipelines.extract import Limits, PageRefused, extract
from tests.pages import BODY, CAPTURED, PROSE, RULES, URL, ld, page

TEXT = f"<div class='isi'><p>“Café” naïve – {PROSE}</p></div>"


@pytest.mark.parametrize(
    ("html", "charset"),
    [
        (TEXT.encode(), None),
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "iso-8859-1"),
        (TEXT.encode("utf-16"), None),
        (TEXT.encode("cp1252"), None),
        (TEXT.encode("cp1252"), "ISO-8859-1"),
        (b"<meta charset=windows-1252>" + TEXT.encode("cp1252"), None),
        (b"<meta charset=utf-8>" + TEXT.encode("cp1252"), None),
        # Says Latin and is UTF-8: tempo.co in 2015
        (b"<meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'>" + TEXT.encode(), None),
        (TEXT.encode(), "iso-8859-1"),
        (TEXT.encode(), "klingon"),
        (TEXT.encode(), "zlib"),
        (TEXT.encode(), "punycode"),
        (TEXT.encode(), "raw_unicode_escape"),
        (b"<?xml version='1.0' encoding='latin1'?>" + TEXT.encode(), None),
    ],
)
def test_charsets_survive_what_is_said_of_them(html: bytes, charset: str | None) -> None:
    assert extract(html, URL, RULES, captured=CAPTURED, charset=charset).article.text == f"“Café” naïve – {PROSE}"


def test_a_latin_label_on_utf_8_makes_no_mojibake() -> None:
    # Every byte of it is a letter of windows-1252 too.
    html = f"<div class='isi'>café {PROSE}</div>".encode()
    assert extract(html, URL, RULES, captured=CAPTURED, charset="iso-8859-1").article.text == f"café {PROSE}"


def test_a_broken_byte_costs_one_character() -> None:
    html = TEXT.encode().replace(b"balai", b"ba\xfflai")
    assert (
        extract(html, URL, RULES, captured=CAPTURED).article.text
        == f"“Café” naïve – {PROSE.replace('balai', 'ba�lai')}"
    )


def test_nuls_and_controls_are_no_text() -> None:
    html = TEXT.replace("balai", "ba\x00la\x02\x03\x04i").encode()
    assert extract(html, URL, RULES, captured=CAPTURED).article.text == f"“Café” naïve – {PROSE}"


@pytest.mark.parametrize("html", [b"", b" ", b"\x00", b"<!-- -->", b"<?xml?>", b"\xff\xfe", b"GIF89a\x01\x00\x01"])
def test_next_to_nothing_is_empty(html: bytes) -> None:
    found = extract(html, URL, RULES, captured=CAPTURED)
    assert (found.verdict, found.paragraphs, found.article.text) == (Verdict.EMPTY, [], "")


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (b"x" * 50_000_000, "bytes"),
        (b"<p>x" * 400_000, "nodes"),
        (b"<b>" * 3_000_000, "nodes"),
        (b"<div>" * 20_000 + b"x" + b"</div>" * 20_000, "depth"),
        (b"<table><tr><td>" * 5_000, "depth"),
        (b"<p " + b" ".join(b"a%d=1" % n for n in range(40_000)) + b">", "attributes"),
        (b"<p " + b"".join(b"a%d='>'" % n for n in range(40_000)) + b">", "attributes"),
        (b"<p/" + b"/".join(b"a%d" % n for n in range(40_000)) + b">", "attributes"),
        # Hidden from a careless count: after a comment that is closed already, and between stray quotes
        (b"<!--><p " + b" ".join(b"a%d" % n for n in range(40_000)) + b">-->", "attributes"),
        (b"<i '><p " + b" ".join(b"a%d" % n for n in range(40_000)) + b"> '", "attributes"),
        (b"<!---><b>" * 400_000, "nodes"),
        (b"<table><tr><td>a</td><td>b</td></tr></table>" * 30_000, "fallback"),
    ],
)
def test_what_would_cost_too_much_is_refused_quickly_and_by_name(html: bytes, reason: str) -> None:
    began = time.process_time()
    with pytest.raises(PageRefused, match=reason) as refused:
        extract(html, URL, RULES, captured=CAPTURED)
    assert time.process_time() - began < 2
    assert refused.value.reason == reason
    assert pickle.loads(pickle.dumps(refused.value)).reason == reason


def test_limits_are_the_callers() -> None:
    with pytest.raises(PageRefused, match="depth"):
        page(body="<i>" * 30, limits=Limits(depth=20))
    with pytest.raises(PageRefused, match="nodes"):
        page(body="<i></i>" * 30, limits=Limits(nodes=20))
    with pytest.raises(PageRefused, match="bytes"):
        page(limits=Limits(bytes=20))


def test_markup_quoted_in_scripts_is_not_counted() -> None:
    script = "<script>" + "document.write('<p a=1 b=2>');" * 500 + "</script><!--" + "<p>" * 500 + "-->"
    assert page(body=script + BODY, limits=Limits(nodes=100)).paragraphs == [PROSE, PROSE]


def test_a_long_attribute_is_no_long_list_of_attributes() -> None:
    data = json.dumps({"a b": "=" * 50, "c": "it's / fine " * 5000})
    assert page(body=f"<div data-x='{data.replace(chr(39), '&#39;')}'></div>{BODY}").paragraphs == [PROSE, PROSE]


@pytest.mark.parametrize(
    "body",
    [
        "<div class='ads'>" * 200 + "x " * 100_000,
        "<table><tr><td>" * 70 + "x" + "</td></tr></table>" * 70,
        "<div class='isi'>" * 200 + "<p>x</p>" * 5_000,
        f"<div class='isi'>{PROSE} {PROSE}" + "<br>" * 200_000 + "</div>",
        f"<div class='isi'>{PROSE} {PROSE}" + "<table><tr><td>a</td><td>b</td></tr></table>" * 30_000 + "</div>",
        "<div class='isi'><p>" + "Baca juga " * 100_000 + "</p></div>",
        "<div class='isi'>" + "<p>Penulis : A Editor : B</p>" * 20_000 + "</div>",
        "<div class='isi'>" + "(" * 500_000 + "</div>",
        "<div class='isi'>" + "<a href=x>" * 50_000 + "</div>",
        "<div class='isi'><p>" + "\u0301" * 200_000 + "</p></div>",
        "<p" + " " * 1_000_000 + ">" + BODY,
        f"<div class='isi'><p>{PROSE} {PROSE} <a>x</a> baca juga{' ' * 1_000_000}y</p></div>",
        "<div class='isi'>x</div>" * 20_000,
        ld('{"@type":"NewsArticle","keywords":[' + '"a",' * 100_000 + "]}") + BODY,
        ld("[" + '{"@type":"NewsArticle","author":{"@id":"#a"}},' * 20_000 + "1]") + BODY,
    ],
)
def test_hostile_markup_costs_little(body: str) -> None:
    began = time.process_time()
    with contextlib.suppress(PageRefused):
        page(body=body)
    assert time.process_time() - began < 10


@given(st.binary(max_size=2000))
def test_any_bytes_give_a_page_or_a_refusal(html: bytes) -> None:
    try:
        found = extract(html, URL, RULES, captured=CAPTURED)
    except PageRefused:
        return
    assert unicodedata.normalize("NFC", found.article.text) == found.article.text


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<div class=isi>",
                "</div>",
                "<p>",
                "</p>",
                "<br>",
                "<ul><li>",
                "<table><tr><td>",
                "<a href=/x>",
                "</a>",
                "Baca juga:",
                "<h2>",
                "</h2>",
                "Halaman 1 2",
                "Penulis: A Editor: B",
                "<script type=application/ld+json>",
                "</script>",
                '{"@type":',
                "<meta name=author content=",
                "2026-11-18T19:26",
                "<title>",
                "<!--",
                "-->",
                "&#x301;",
                "&nbsp;",
                "(*)",
                "Sumber : X",
            ]
        ),
        st.text(max_size=20),
    ),
    max_size=60,
)


@given(MARKUP)
def test_any_markup_gives_normal_text(pieces: list[str]) -> None:
    html = "<div class=isi>" + "".join(pieces)
    try:
        found = extract(html.encode("utf-8", "surrogatepass"), URL, RULES, captured=CAPTURED)
    except PageRefused:
        return
    text = found.article.text
    assert unicodedata.normalize("NFC", text) == text
    assert all(one == " ".join(one.split()) and one for one in found.paragraphs)
    assert pickle.loads(pickle.dumps(found)) == found
    assert extract(html.encode("utf-8", "surrogatepass"), URL, RULES, captured=CAPTURED) == found
