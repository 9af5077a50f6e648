"""The generic path: the article of any page, whole and alone, and how sure it is of it."""

from __future__ import annotations

import json
import os
import re
import time
from functools import cache
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.quality import gold
from benchmarks.quality.metric import compare
from pipelines.page.blocks import Block, Line
from pipelines.page.document import Document
from pipelines.page.markup import Limits, clean, parse
from pipelines.rules import NO_RULES
from pipelines.text import generic
from pipelines.text.generic import Found
from tests.pages import ld

CORPUS = Path(os.environ.get("ARSIP_CORPUS") or "/nowhere")
REAL = pytest.mark.skipif(not (CORPUS / "generic").is_dir(), reason="ARSIP_CORPUS names no folder with real pages")
NAMES = "petani nelayan guru pedagang perawat sopir perangkat pengrajin peternak penenun pelajar kader"
SUBJECTS = NAMES.split()
ARTICLE = [
    f"Sejumlah {one} di Kampung Sumber Waras mengeluhkan jembatan yang rusak sejak bulan lalu, dan {one} lain setuju."
    for one in SUBJECTS
]
TEASERS = [f"Harga {one} naik lagi pekan ini, kata pedagang di Pasar Lama kepada wartawan." for one in SUBJECTS]


def found(body: str, head: str = "", title: str | None = None) -> Found:
    root = parse(f"<html><head>{head}</head><body>{body}</body></html>".encode(), "utf-8", Limits())
    assert root is not None
    return generic.find(Document(root, "https://www.contoh.test/berita/1", NO_RULES), title)


def paragraphs(lines: list[str], tag: str = "p") -> str:
    return "".join(f"<{tag}>{line}</{tag}>" for line in lines)


def linked(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li><a href='/b/{at}'>{line}</a></li>" for at, line in enumerate(lines)) + "</ul>"


MENU = "<nav><a href='/'>Beranda</a> <a href='/nasional'>Nasional</a> <a href='/olahraga'>Olahraga</a></nav>"
FOOT = "<footer><p>Redaksi | Pedoman Media Siber | Tentang Kami | Kontak | Hak cipta milik Contoh.</p></footer>"


def framed(article: str) -> str:
    """An article in a page with a menu, a sidebar and a footer."""
    side = f"<aside><h3>Terpopuler</h3>{linked(TEASERS)}</aside>"
    return f"{MENU}<div class='kolom'><h1>Jembatan Rusak</h1><div class='isi'>{article}</div></div>{side}{FOOT}"


def test_an_article_is_found_among_menu_sidebar_and_footer() -> None:
    assert found(framed(paragraphs(ARTICLE)), title="Jembatan Rusak").body.paragraphs == ARTICLE


@pytest.mark.parametrize(
    "inside",
    [
        "<p>Kosong.</p>",
        "<h2>Warga Menunggu</h2>",
        "<blockquote>Kami lelah.</blockquote>",
        "<ul><li>Semen dua puluh sak,</li><li>pasir lima truk,</li><li>dan besi yang belum tiba di lokasi.</li></ul>",
        "<table><tr><td>Semen</td><td>20</td></tr><tr><td>Pasir</td><td>5</td></tr></table>",
        f"<p>{ARTICLE[0]}</p>",
    ],
    ids=["one word", "subheading", "quotation", "list", "table", "paragraph that repeats another"],
)
def test_what_stands_between_paragraphs_is_kept_in_its_place(inside: str) -> None:
    whole = found(framed(paragraphs(ARTICLE[:6]) + inside + paragraphs(ARTICLE[6:]))).body.paragraphs
    between = whole[whole.index(ARTICLE[5]) + 1 : whole.index(ARTICLE[6])]
    text = re.sub(r"<[^>]+>", " ", inside).split()
    assert " ".join(between).replace(" | ", " ").split() == text
    assert [one for one in whole if one not in between or one in ARTICLE[1:]][-5:] == ARTICLE[-5:]


@pytest.mark.parametrize(
    "widget",
    [
        f"<p>Lihat juga: <a href='/x'>{TEASERS[0]}</a></p>",
        f"<p>Read more: <a href='/x'>{TEASERS[0]}</a></p>",
        f"<h3>Artikel pilihan hari ini</h3>{linked(TEASERS[:3])}",
        f"<p><a href='/x'>{TEASERS[0]}</a></p>",
    ],
    ids=["label and link", "label and link in English", "heading and list", "link alone"],
)
@pytest.mark.parametrize("place", [3, 12], ids=["inside", "below"])
def test_links_to_other_articles_are_not_the_text(widget: str, place: int) -> None:
    page = framed(paragraphs(ARTICLE[:place]) + widget + paragraphs(ARTICLE[place:]))
    assert found(page).body.paragraphs == ARTICLE


def test_readers_who_write_more_than_the_author_are_not_the_author() -> None:
    remarks = [
        f"Menurut saya pendapat nomor {n} itu keliru, sebab {line.lower()}" for n, line in enumerate(ARTICLE * 3)
    ]
    below = f"<div id='comments' class='comment-list'>{paragraphs(remarks, 'div')}</div>"
    assert found(framed(paragraphs(ARTICLE)) + below).body.paragraphs == ARTICLE


def test_a_first_paragraph_beside_the_box_of_the_others_is_kept() -> None:
    lead = "CONTOH.TEST, Jakarta - Jembatan di Kampung Sumber Waras putus tadi malam, dan warga kini memutar jauh."
    page = framed(f"<div id='badan'>{lead}<br><div>{paragraphs(ARTICLE)}</div></div>")
    assert found(page).body.paragraphs == [lead, *ARTICLE]


def test_lines_parted_by_breaks_alone_are_paragraphs() -> None:
    assert found(framed("<br><br>".join(ARTICLE))).body.paragraphs == ARTICLE


def test_an_article_is_found_on_a_page_that_one_form_wraps() -> None:
    assert found(f"<form id='aspnetForm'>{framed(paragraphs(ARTICLE))}</form>").body.paragraphs == ARTICLE


@pytest.mark.parametrize("text", ["\n\n".join(ARTICLE), paragraphs(ARTICLE), paragraphs(ARTICLE).replace("<", "&lt;")])
def test_a_page_that_shows_no_text_is_read_from_its_linked_data(text: str) -> None:
    head = ld({"@type": "NewsArticle", "articleBody": text})
    page = found(f"{MENU}<div id='app'></div>{FOOT}", head)
    assert (page.body.paragraphs, page.origin) == (ARTICLE, "jsonld")
    assert page.confidence == 0.5


def test_a_page_that_shows_a_teaser_is_read_from_the_state_of_its_framework() -> None:
    state = json.dumps({"article": {"body": paragraphs(ARTICLE)}})
    page = found(framed(paragraphs(ARTICLE[:2])) + f"<script type='application/json'>{state}</script>")
    assert (page.body.paragraphs, page.origin) == (ARTICLE, "script")


@pytest.mark.parametrize("told", [" ".join(ARTICLE)[:500] + "...", " ".join(ARTICLE), " ".join(TEASERS * 9)])
def test_text_on_the_page_keeps_its_paragraphs_whatever_the_linked_data_says(told: str) -> None:
    page = found(framed(paragraphs(ARTICLE)), ld({"@type": "NewsArticle", "articleBody": told}))
    assert page.body.paragraphs == ARTICLE
    assert page.origin == "visible"


def test_a_short_article_is_read_from_the_page_when_the_linked_data_says_the_same() -> None:
    page = found(framed(paragraphs(ARTICLE[:6])), ld({"@type": "NewsArticle", "articleBody": " ".join(ARTICLE[:6])}))
    assert (page.body.paragraphs, page.origin) == (ARTICLE[:6], "visible")


@pytest.mark.parametrize("body", ["", MENU + FOOT, linked(TEASERS), "<script>var a = 'b';</script>", "<p>Halo.</p>"])
def test_a_page_without_prose_has_no_text_and_no_confidence(body: str) -> None:
    page = found(body)
    assert (page.body.paragraphs, page.confidence) == ([], 0.0)


def test_what_was_left_out_is_told_with_a_reason() -> None:
    page = found(framed(paragraphs(ARTICLE) + f"<p><a href='/x'>{TEASERS[0]}</a></p>"))
    assert (TEASERS[0], "beside the article") in [(one.text, one.rule) for one in page.body.removed]


def test_an_article_is_surer_than_a_list_of_teasers() -> None:
    listing = "".join(
        f"<div><h3><a href='/b/{at}'>Judul {at}</a></h3><p>{one}</p></div>" for at, one in enumerate(TEASERS)
    )
    assert found(framed(listing)).confidence < 0.9 < found(framed(paragraphs(ARTICLE))).confidence


TAGS = ("p", "div", "a href='/x'", "span", "li", "ul", "table", "tr", "td", "h2", "br", "blockquote", "aside", "form")
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag.split()[0]}>" for tag in TAGS]),
    st.sampled_from(ARTICLE + TEASERS),
    st.text(max_size=20),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(PIECES, max_size=60))
def test_no_page_raises_and_every_word_of_the_text_stands_on_it(pieces: list[str]) -> None:
    markup = "".join(pieces)
    root = parse(f"<body>{markup}</body>".encode("utf-8", "replace"), "utf-8", Limits())
    if root is None:
        return
    page = generic.find(Document(root, "https://www.contoh.test/berita/1", NO_RULES), None)
    there = re.sub(r"\s+", "", clean("".join(str(text) for text in root.itertext())))
    for paragraph in page.body.paragraphs:
        for word in paragraph.replace(" | ", " ").split():
            assert word in there
    assert 0 <= page.confidence <= 1


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 230 + paragraphs(ARTICLE * 20),
        "".join("<div>" * 90 + line + "</div>" * 90 for line in ARTICLE * 8),
        paragraphs(ARTICLE * 800),
        "<table><tr><td>" * 80 + paragraphs(ARTICLE * 100),
        "<table>" + "<tr><td>Semen</td><td>20</td></tr>" * 3000 + "</table>",
        "<blockquote>" * 100 + paragraphs(ARTICLE * 300),
        linked(TEASERS * 400),
        "<ul><li>satu dua tiga. " * 110 + paragraphs(ARTICLE * 300),
    ],
    ids=["deep", "many deep", "long", "tables in tables", "long table", "quotes in quotes", "links", "lists in lists"],
)
def test_hostile_pages_end_in_time(body: str) -> None:
    began = time.process_time()
    found(body)
    assert time.process_time() - began < 10


@pytest.mark.parametrize("reader", ["trafilatura", "readability"])
def test_an_extractor_that_breaks_costs_its_vote_and_not_the_page(reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(f"pipelines.text.witnesses._{reader}", broken)
    assert found(framed(paragraphs(ARTICLE))).body.paragraphs == ARTICLE


def test_an_extractor_that_takes_the_sidebar_is_outvoted(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = [Block("p", (Line(line),)) for line in TEASERS[:6]]
    monkeypatch.setattr("pipelines.text.witnesses._trafilatura", lambda _: taken)
    page = found(framed(paragraphs(ARTICLE)) + f"<div class='sidebar'>{paragraphs(TEASERS[:6])}</div>")
    assert page.body.paragraphs == ARTICLE
    assert page.confidence < 0.6


@cache
def samples() -> list[gold.Sample]:
    """Every real page with gold."""
    return [*gold.generic(CORPUS), *gold.real(CORPUS)]


def measure(sample: gold.Sample) -> tuple[float, float, str]:
    """Confidence, F1 and text."""
    root = parse(sample.html, None, Limits())
    assert root is not None
    page = generic.find(Document(root, sample.url, NO_RULES), None)
    text = "\n".join(page.body.paragraphs)
    return page.confidence, compare(text, sample.text).f1, text


@cache
def measured() -> list[tuple[float, float, str]]:
    """Each of them."""
    return [*map(measure, samples())]


@REAL
def test_texts_that_it_is_sure_of_are_better_than_those_it_doubts() -> None:
    sure = [f1 for confidence, f1, _ in measured() if confidence >= 0.95]
    doubted = [f1 for confidence, f1, _ in measured() if confidence < 0.8]
    assert len(sure) > len(doubted) > 5
    assert fmean(sure) > fmean(doubted) + 0.01


@REAL
def test_the_same_page_gives_the_same_text_whatever_was_read_before() -> None:
    before = measured()  # the first of them when nothing had been read, and now once more when all had
    assert [*map(measure, samples()[::3])] == before[::3]
