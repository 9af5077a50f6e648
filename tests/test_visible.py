"""What stands around the headline of a page without rules, and what only seems to."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from archive.model import Article
from benchmarks.quality import gold
from pipelines.extract import extract
from pipelines.rules import NO_RULES
from tests.pages import PROSE, article, ld, meta

TITLE = "Warga Menunggu Jembatan Baru"
STORY = "".join(f"<p>{PROSE} Ini alinea ke-{n} dari cerita panjang.</p>" for n in range(8))


def read(around: str = "", *, above: str = "", below: str = "", head: str = "", **named: Any) -> Article:
    """An article whose headline has this around it."""
    body = f"<div class='main'>{above}<h1>{TITLE}</h1>{around}<div class='content'>{STORY}</div>{below}</div>"
    return article(f"<title>{TITLE} - Kabar</title>{head}", body, rules=NO_RULES, **named)


@pytest.mark.parametrize(
    "around",
    [
        "<div class='date'>Kamis, 19/11/2026 10:08 WIB</div>",
        "<span>Kabar.com - 19/11/2026, 10:08 WIB</span>",
        "<p>Kamis, 19 November 2026 | 10.08 WIB | 120 kali dibaca</p>",
        "<time><b>Tayang:</b> <span>Kamis, 19 November 2026 10:08 WIB</span></time>",
        "<time datetime='2026-11-19T10:08:00+07:00'>kemarin dulu</time>",
        "<div class='info'><span>Rina Ayu</span><span>19/11/2026 10:08</span></div>",
        "<ul class='post-meta'><li>19 Nov 2026 10:08</li></ul>",
        "<p>Tayang: 19 November 2026, 10:08 WIB | Diperbarui: 20 November 2026, 11:00 WIB</p>",
        f"<p>{PROSE}</p><p>19 Nov 2026 10:08</p>",
    ],
)
def test_the_line_below_the_headline_dates_the_article(around: str) -> None:
    made = read(around)
    assert made.published
    assert made.published.isoformat() == "2026-11-19T10:08:00+07:00"
    assert made.origins["published"] == "visible"


def test_a_relative_time_counts_from_the_capture() -> None:
    for around in ("<time>1 jam yang lalu</time>", "<span>sejam lalu</span>"):
        made = read(around)
        assert made.published
        assert made.published.isoformat() == "2026-11-21T09:00:00+07:00"


def test_old_templates_date_above_the_headline() -> None:
    made = read(above="<div class='meta'><time>Kamis, 19 November 2026 - 10:08 wib</time></div>")
    assert made.published
    assert made.published.isoformat() == "2026-11-19T10:08:00+07:00"


def test_an_absolute_time_goes_before_a_teasers_age() -> None:
    made = read("<div>2 menit lalu</div>", above="<div>Kamis, 19 November 2026 - 10:08 WIB</div>")
    assert made.published
    assert (made.published.day, made.published.hour) == (19, 10)


@pytest.mark.parametrize(
    ("around", "above", "below"),
    [
        ("", "<div>Minggu, 22 November 2026</div>", ""),
        ("<aside><time datetime='2026-11-18T10:00:00+07:00'>x</time></aside>", "", ""),
        ("<ul><li>18 Nov 2026 10:00</li><li>18 Nov 2026 11:00</li></ul>", "", ""),
        ("<div class='terkait'><p>18 Nov 2026 10:00</p></div>", "", ""),
        ("<div class='foto'><p>Foto diambil 25 Juli 2021 10:00 WIB</p></div>", "", ""),
        ("", "", "<div class='latest'><span class='date'>18 Nov 2026 10:00</span></div>"),
        ("", "", "<footer>© 2024 Kabar, 1 Januari 2024 00:00 WIB</footer>"),
    ],
)
def test_what_is_about_something_else_dates_nothing(around: str, above: str, below: str) -> None:
    made = read(around, above=above, below=below)
    assert (made.published, made.published_raw) == (None, None)


@pytest.mark.parametrize(
    "edit",
    [
        "<time class='updated' datetime='2026-11-20T11:00:00+07:00'>20 November</time>",
        "<time datetime='2026-11-20T11:00:00+07:00'>Diperbarui 20 November 2026, 11:00 WIB</time>",
        "<p>Update: 20 November 2026, 11:00 WIB</p>",
    ],
)
def test_an_edit_that_stands_first_dates_no_publication(edit: str) -> None:
    made = read(f"<div>{edit}<time datetime='2026-11-19T10:08:00+07:00'>Tayang 19 November</time></div>")
    assert made.published
    assert made.modified
    assert (made.published.day, made.modified.day) == (19, 20)


def test_old_themes_mark_the_only_date_as_an_update() -> None:
    made = read("<span class='date updated'>19 November 2026 10:08</span>")
    assert made.published
    assert made.published.isoformat() == "2026-11-19T10:08:00+07:00"


def test_scripts_of_the_head_are_no_line_above_the_headline() -> None:
    head = ld({"@type": "VideoObject", "uploadDate": "2026-11-18T10:00:00+07:00"})
    assert article(head, f"<h1>{TITLE}</h1>{STORY}", rules=NO_RULES).published is None


def test_a_false_zone_in_the_metadata_is_seen_through() -> None:
    made = read("<div>19/11/2026 10:08 WIB</div>", head=meta(pubdate="2026-11-19 T10:08:58Z"))
    assert made.published
    assert (made.published.isoformat(), made.origins["published"]) == ("2026-11-19T10:08:58+07:00", "meta")


@pytest.mark.parametrize(
    ("around", "below", "authors", "editors"),
    [
        ("<div class='author'>Rina Ayu - kabar</div>", "", ["Rina Ayu"], []),
        ("<div class='by-author'>By Rina Ayu on 16 Feb 2026 at 09:10 WIB</div>", "", ["Rina Ayu"], []),
        ("<div class='byline'>Pewarta: <span>Rina Ayu dan Budi Eka</span></div>", "", ["Rina Ayu", "Budi Eka"], []),
        ("<b class='penulis'>Rina Ayu</b><b class='penulis'>Sari</b>", "", ["Rina Ayu", "Sari"], []),
        ("<p>Rep: Rina Ayu / Red: Budi Eka</p>", "", ["Rina Ayu"], ["Budi Eka"]),
        ("<i class='editor'>Budi Eka</i>", "", [], ["Budi Eka"]),
        ("", "<table><tr><td>Penulis</td><td>: Rina Ayu</td></tr></table>", ["Rina Ayu"], []),
        ("", "<p>Editor: Budi Eka</p>", [], ["Budi Eka"]),
        ("", "<h6>Rina Ayu</h6><h6>Penulis</h6><h6>Budi Eka</h6><h6>Editor</h6>", ["Rina Ayu"], ["Budi Eka"]),
        ("", "<p>Kolom opini pekan ini</p><p>Penulis</p>", [], []),
        ("<div class='author'>Redaksi</div>", "", [], []),
        ("<div class='author'>12 artikel lain</div>", "", [], []),
        ("<div class='author'>lihat semua tulisan</div>", "", [], []),
        ("<div class='photo'><span class='author'>Budi Eka</span></div>", "", [], []),
        ("", "<aside><p>Penulis: Orang Lain</p></aside><div class='author'>Orang Lain</div>", [], []),
    ],
)
def test_names_stand_near_the_headline_or_have_a_label(
    around: str, below: str, authors: list[str], editors: list[str]
) -> None:
    made = read(around, below=below)
    assert (made.authors, made.editors) == (authors, editors)


def test_an_agency_below_the_text_is_credited() -> None:
    assert read(below="<div><b>Sumber : Antara</b></div>").source_credit == "Antara"
    assert read(below="<div><b>Sumber : Dok. Pribadi</b></div>").source_credit is None


def test_the_caption_is_the_one_of_the_articles_image() -> None:
    figure = (
        "<figure><img src='/x/480x320/{0}.jpg'><figcaption>Warga di tepi sungai. (Antara/Rina)</figcaption></figure>"
    )
    head = "<meta property='og:image' content='https://cdn.test/a/jembatan-1.jpg'>"
    assert read(figure.format("jembatan-1"), head=head).image_caption == "Warga di tepi sungai."
    assert read(figure.format("lain"), head=head).image_caption is None


def test_section_and_tags_stand_in_breadcrumbs_and_links() -> None:
    made = read(
        above="<p class='breadcrumb'><a>Beranda</a><a>Daerah</a></p><p class='tags'><a href='/tag/f1'>F1</a></p>",
        below="<div class='tags'><span>Tag:</span><a href='/tag/a'>#jembatan</a><a href='/tag/b'>banjir</a></div>",
    )
    assert (made.section, made.tags) == ("Daerah", ["jembatan", "banjir"])
    cloud = "".join(f"<a href='/tag/{n}'>t{n}</a>" for n in range(60))
    assert read(below=f"<div class='tags'>{cloud}</div>").tags == []


def test_tags_that_are_bylines_are_none() -> None:
    node = {"@type": "NewsArticle", "articleSection": "Tekno", "keywords": ["Tekno:Telko", "Editor:Budi Eka", "rob"]}
    made = read(head=ld(node))
    assert (made.tags, made.editors, made.origins["editors"]) == (["rob"], ["Budi Eka"], "jsonld")


@pytest.mark.parametrize("name", ["title", "editors", "published"])
def test_real_pages_need_no_rules_for_what_they_state(corpus: Path, name: str) -> None:
    wrong = []
    for sample in gold.real(corpus):
        if name not in sample.facts:
            continue
        wanted: Any = sample.facts[name]
        found = getattr(extract(sample.html, sample.url, NO_RULES, captured=sample.captured).article, name)
        if name == "published":
            found, wanted = found and found.replace(second=0), datetime.fromisoformat(wanted)
        if found != wanted:
            wrong.append((sample.name, found, wanted))
    assert wrong == []


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 200 + "18 Nov 2026 10:00" + "</div>" * 200,
        "<i class='author'>" * 200,
        "<p>Penulis</p>" * 5000,
        "<p>18 Nov 2026 10:00</p>" * 5000,
        "<figure class='foto'>" * 200 + "x" * 100_000,
        f"<p>{'Penulis: A ' * 20_000}</p>",
    ],
)
def test_hostile_surroundings_cost_little(markup: str) -> None:
    began = time.process_time()
    assert read(markup).title == TITLE
    assert time.process_time() - began < 5
