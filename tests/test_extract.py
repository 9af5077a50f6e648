"""Pages to articles: every field of every fixture, joining of pages, JSON-LD of every shape, and hostile input."""

import json
import pickle
import sys
import time
import unicodedata
from datetime import UTC, date, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Article, Verdict
from pipelines.extract import EXTRACTOR, Limits, Page, PageRefused, extract, join
from pipelines.rules import Layout, Rules

FIXTURES = Path(__file__).parent / "outlets"
CAPTURED = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
CASES = {
    f"{path.parent.parent.name}/{path.parent.name}": path.parent for path in sorted(FIXTURES.glob("*/*/article.json"))
}
FIELDS = (
    "title description authors editors published published_raw modified section tags image image_caption place "
    "source_credit pages complete free syndicated_from text"
).split()

URL = "https://www.contoh.test/nasional/123/judul"
PROSE = "Warga berkumpul di balai desa sejak pagi untuk mendengarkan penjelasan petugas tentang jembatan itu."
BODY = f"<div class='isi'><p>{PROSE}</p><p>{PROSE}</p></div>"
RULES = Rules(brands=("Contoh.test", "Contoh"), layouts=(Layout(body="div.isi"),))


def rules_of(outlet: str) -> Rules:
    spider = getattr(import_module(f"crawler.spiders.{outlet}"), f"{outlet.title()}Spider")
    rules: Rules = spider.outlet.rules
    return rules


def gold(case: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((CASES[case] / "article.json").read_text())
    return expected


def fixture(case: str, name: str, query: str = "") -> Page:
    url = gold(case)["url"]
    address = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
    page = (CASES[case] / f"{name}.html").read_bytes()
    return extract(page, address, rules_of(case.split("/")[0]), captured=CAPTURED)


@cache
def pages_of(case: str) -> list[Page]:
    """The pages as a crawler gets them: the plain one, then `page=all` or the others one by one."""
    if (CASES[case] / "page-all.html").exists():
        return [fixture(case, "page"), fixture(case, "page-all", "page=all")]
    more = [n for n in range(2, 10) if (CASES[case] / f"page-{n}.html").exists()]
    return [fixture(case, "page"), *(fixture(case, f"page-{n}", f"page={n}") for n in more)]


def page(head: str = "", body: str = BODY, *, url: str = URL, rules: Rules = RULES, **named: Any) -> Page:
    html = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()
    return extract(html, url, rules, captured=CAPTURED, **named)


def article(head: str = "", body: str = BODY, **named: Any) -> Article:
    return page(head, body, **named).article


def ld(value: object) -> str:
    return f"<script type='application/ld+json'>{value if isinstance(value, str) else json.dumps(value)}</script>"


def meta(**values: str) -> str:
    return "".join(f"<meta name='{name.replace('_', ':')}' content='{value}'>" for name, value in values.items())


# --- the fixtures of the outlets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_a_fixture_has_its_verdict(case: str) -> None:
    first = pages_of(case)[0]
    assert (str(first.verdict), bool(first.reason)) == (gold(case)["verdict"], True)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("case", [case for case in CASES if gold(case)["verdict"] == "article"])
def test_a_fixture_has_its_field(case: str, field: str) -> None:
    row = join(pages_of(case)).row()
    assert row[field] == gold(case)[field]


@pytest.mark.parametrize("case", [case for case in CASES if (CASES[case] / "page-all.html").exists()])
def test_the_answer_to_page_all_is_the_whole_article(case: str) -> None:
    first, whole = pages_of(case)
    alone = join([whole])
    assert (alone.text, alone.complete) == (gold(case)["text"], True)
    assert join([first]).complete is False


@pytest.mark.parametrize("case", [case for case in CASES if (CASES[case] / "page-2.html").exists()])
def test_pages_join_in_any_order_and_miss_none(case: str) -> None:
    pages = [fixture(case, "page")]
    pages += [fixture(case, f"page-{n}", f"page={n}") for n in range(2, pages[0].pages + 1)]
    assert [(one.page, one.pages) for one in pages] == [(n, len(pages)) for n in range(1, len(pages) + 1)]
    joined = join(reversed(pages))
    assert (joined.text, joined.complete) == (gold(case)["text"], True)
    assert join(pages[:-1]).complete is False


def test_numbers_come_from_the_page() -> None:
    assert pages_of("tribun/wilayah-wita")[0].number == "1790021"
    assert pages_of("tribun/halaman-berjalan")[0].number == "1440077"
    assert pages_of("intisari/alamat-lama")[0].number == "0359011"


# --- joining ---------------------------------------------------------------------------------------------------------


def part(number: int, of: int, *paragraphs: str, **facts: Any) -> Page:
    made = Article(title=f"Halaman {number}", origins={"title": "meta", **dict.fromkeys(facts, "visible")}, **facts)
    return Page(Verdict.ARTICLE, "", made, list(paragraphs), number, of)


def joined(*pages: Page) -> tuple[str, bool]:
    made = join(pages)
    return made.text.replace("\n\n", " "), made.complete


def test_join_needs_a_page() -> None:
    with pytest.raises(ValueError, match="needs a page"):
        join([])


def test_a_page_that_answers_with_everything_is_taken_once() -> None:
    assert joined(part(1, 2, "a", "b"), part(2, 2, "a", "b", "c", "d")) == ("a b c d", True)
    everything = [part(n, 3, "a", "b", "c") for n in (2, 3)]
    assert joined(part(1, 3, "a"), *everything) == ("a b c", True)


def test_a_site_that_always_answers_page_1_has_not_shown_the_rest() -> None:
    assert joined(part(1, 3, "a", "b"), part(2, 3, "a", "b"), part(3, 3, "a", "b")) == ("a b", False)


def test_page_all_is_believed_only_when_it_says_more() -> None:
    assert joined(part(1, 3, "a"), part(1, 1, "a", "b", "c")) == ("a b c", True)
    assert joined(part(1, 3, "a"), part(1, 1, "a")) == ("a", False)
    assert joined(part(1, 3, "a"), part(1, 3, "a"), part(2, 3, "b"), part(3, 3, "c")) == ("a b c", True)


def test_a_paragraph_said_twice_on_one_page_stays_twice() -> None:
    assert joined(part(1, 2, "a", "b", "a"), part(2, 2, "c", "c")) == ("a b a c c", True)


def test_an_empty_page_is_a_missing_page() -> None:
    assert joined(part(1, 2, "a"), part(2, 2)) == ("a", False)


def test_what_stands_below_the_last_page_is_not_lost() -> None:
    made = join([part(1, 2, "a"), part(2, 2, "b", authors=["Rina Ayu"], syndicated_from="Kompas.com")])
    assert (made.title, made.authors, made.syndicated_from) == ("Halaman 1", ["Rina Ayu"], "Kompas.com")
    assert made.origins["authors"] == "visible"
    assert (made.pages, made.words, len(made.text_sha256)) == (2, 2, 64)


def test_joining_leaves_the_pages_alone() -> None:
    first = part(1, 2, "a")
    join([first, part(2, 2, "b", authors=["Rina Ayu"])])
    assert (first.article.text, first.article.authors) == ("", [])


# --- where the text comes from ---------------------------------------------------------------------------------------


def test_the_layout_whose_container_is_on_the_page_wins() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.baru"), Layout(body="div.isi", title=("h2",))))
    made = article(body=f"<h1>Satu</h1><h2>Dua</h2>{BODY}", rules=rules)
    assert (made.title, made.origins["text"]) == ("Dua", "rule")


def test_of_several_layouts_on_the_page_the_one_of_the_day_wins() -> None:
    layouts = (
        Layout(body="div.isi", title=("h1",)),
        Layout(body="div.isi", title=("h2",), until=date(2025, 1, 31)),
        Layout(body="div.isi", title=("h3",), until=date(2020, 1, 31)),
    )
    html = f"<h1>Kini</h1><h2>Dulu</h2><h3>Lampau</h3>{BODY}".encode()
    rules = Rules(brands=(), layouts=layouts)
    for day, title in ((date(2019, 5, 1), "Lampau"), (date(2025, 1, 31), "Dulu"), (date(2025, 2, 1), "Kini")):
        captured = datetime(day.year, day.month, day.day, tzinfo=UTC)
        assert extract(html, URL, rules, captured=captured).article.title == title


def test_without_a_container_trafilatura_finds_the_text() -> None:
    story = "".join(f"<p>{PROSE} Ini alinea ke-{n} dari cerita panjang.</p>" for n in range(8))
    made = article(
        body=f"<nav><a href='/'>Beranda</a></nav><article><h1>Judul</h1>{story}<p>Baca juga: X</p></article>"
    )
    assert made.origins["text"] == "trafilatura"
    assert made.text.count("alinea ke-") == 8
    assert "Baca juga" not in made.text


def test_a_container_that_the_outlet_emptied_is_not_believed() -> None:
    story = "".join(f"<p>{PROSE} Ini alinea ke-{n} dari cerita panjang.</p>" for n in range(8))
    made = article(body=f"<div class='isi'></div><article>{story}</article>")
    assert (made.origins["text"], made.text.count("alinea ke-")) == ("trafilatura", 8)


def test_several_containers_are_read_in_order_and_none_twice() -> None:
    made = article(
        body=f"<div class='isi'><p>{PROSE}</p><div class='isi'><p>Dua.</p></div></div><div class='isi'>Tiga.</div>"
    )
    assert made.text.split("\n\n") == [PROSE, "Dua.", "Tiga."]


def test_dropped_elements_go_and_their_tails_stay() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", drop=("span.x", "p.y")),))
    made = article(
        body=f"<div class='isi'><p>{PROSE}</p><p>satu <span class='x'>buang</span>dua</p><p class='y'>z</p></div>",
        rules=rules,
    )
    assert made.text.split("\n\n") == [PROSE, "satu dua"]


def test_the_rule_path_never_imports_trafilatura() -> None:
    code = (
        "import sys; from datetime import datetime, UTC; from pipelines.extract import extract; "
        "from pipelines.rules import Rules, Layout; "
        f"page = extract({BODY.encode()!r}, {URL!r}, Rules(brands=(), layouts=(Layout(body='div.isi'),)), "
        "captured=datetime.now(UTC)); assert page.paragraphs; sys.exit('trafilatura' in sys.modules)"
    )
    import subprocess

    assert subprocess.run([sys.executable, "-c", code], cwd=FIXTURES.parent.parent, check=False).returncode == 0


def test_a_page_says_what_read_it() -> None:
    made = article()
    assert (made.extractor, made.rules, made.captured, made.url) == (EXTRACTOR, RULES.digest, CAPTURED, URL)
    assert made.text_sha256
    assert made.words == 2 * len(PROSE.split())


# --- facts -----------------------------------------------------------------------------------------------------------

NODE = {"@type": "NewsArticle", "headline": "Judul", "author": {"@type": "Person", "name": "Rina Ayu"}}


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
    ],
)
def test_json_ld_that_is_none_hurts_nobody(script: str) -> None:
    made = article(ld(script) + "<title>Dari Judul</title>")
    assert made.title
    assert made.text.startswith(PROSE)
    json.dumps(made.row()).encode()


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Judul Berita - Contoh.test", "Judul Berita"),
        ("Judul Berita | CONTOH", "Judul Berita"),
        ("Contoh: Judul Berita", "Judul Berita"),
        ("Contoh.test - Judul Berita - Contoh", "Judul Berita"),
        ("Judul Berita - Halaman 2 - Contoh.test", "Judul Berita"),
        ("Judul Berita Halaman all - Contoh.test", "Judul Berita"),
        ("Judul Berita - Semua Halaman - Contoh", "Judul Berita"),
        ("Judul Berita - Tribun-timur.com", "Judul Berita"),
        ("Contoh Soal Ujian - Contoh", "Contoh Soal Ujian"),
        ("Dua Kubu - Satu Kota", "Dua Kubu - Satu Kota"),
        ("Contoh.test", None),
        ("CONTOH", None),
        ("", None),
    ],
)
def test_titles_are_without_the_outlet(title: str, expected: str | None) -> None:
    assert article(f"<title>{title}</title>").title == expected


def test_a_title_is_never_the_first_sentence() -> None:
    made = article("<title>Contoh.test</title><meta property='og:title' content='Contoh'>")
    assert made.title is None
    assert "title" not in made.origins


def test_a_headline_cut_short_gives_way_to_the_whole() -> None:
    whole = "Warga " * 18 + "Berkumpul"
    for short in (whole[:60] + "...", whole[:60] + "…", whole[:104]):
        assert article(ld(NODE | {"headline": short}) + f"<title>{whole} - Contoh</title>").title == whole
    assert article(ld(NODE | {"headline": "Lalu..."}) + "<title>Lain - Contoh</title>").title == "Lalu..."


def bylines(
    head: str = "", above: str = "", tail: str = "", **selectors: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    rules = Rules(brands=("Contoh",), layouts=(Layout(body="div.isi", **selectors),))
    made = article(head, f"{above}<div class='isi'><p>{PROSE}</p><p>{PROSE}</p>{tail}</div>", rules=rules)
    return made.authors, made.editors


def test_the_publisher_is_never_an_author() -> None:
    for name in (
        "Contoh",
        "CONTOH",
        "Kompas Cyber Media",
        "contoh.id developer",
        "https://www.facebook.com/contoh",
        "Redaksi",
        "Tim Redaksi",
        "lain.co.id",
        "@contoh",
        "Admin",
    ):
        assert bylines(meta(author=name)) == ([], [])
        assert bylines(ld(NODE | {"author": {"@type": "Person", "name": name}}), tail="<p>Penulis: Rina Ayu</p>") == (
            ["Rina Ayu"],
            [],
        )
    assert bylines(ld(NODE | {"author": "PT Maju", "publisher": {"name": "PT Maju"}})) == ([], [])


def test_bylines_are_taken_apart() -> None:
    both = "<h5 id='p'>Penulis: <b><a>Rina Ayu</a></b> | Editor: <b><a>Budi Eka</a></b></h5>"
    selectors = {"authors": ("#p a.kosong", "#p"), "editors": ("#e", "#p")}
    assert bylines(above=both, **selectors) == (["Rina Ayu"], ["Budi Eka"])
    assert bylines(above="<i id='p'>Penulis : Rina Ayu Editor : Budi Eka</i>", **selectors) == (
        ["Rina Ayu"],
        ["Budi Eka"],
    )
    assert bylines(above="<i id='p'>Fotografer: Rina Ayu</i>", **selectors) == ([], [])
    assert bylines(above="<i class='a'>Rina Ayu</i><i class='a'>Budi Eka</i>", authors=(".a",)) == (
        ["Rina Ayu", "Budi Eka"],
        [],
    )


def test_an_editor_in_the_authors_place_is_put_right() -> None:
    head = ld(NODE | {"author": {"name": "Budi Eka"}}) + meta(content_editor="x").replace(
        "content:editor", "content_editor"
    )
    head = head.replace("content='x'", "content='Budi Eka'")
    assert bylines(head) == (["Budi Eka"], ["Budi Eka"])
    assert bylines(head + "<meta name='content_author' content='Rina Ayu'>") == (["Rina Ayu"], ["Budi Eka"])


def test_the_reporters_line_names_the_author_when_nothing_else_does() -> None:
    tail = "<p>Penulis: Budi Eka</p>"
    lead = f"<div class='isi'><p>Laporan Wartawan Contoh, Rina Ayu</p><p>{PROSE}</p>"
    assert article(body=f"{lead}</div>").authors == ["Rina Ayu"]
    assert article(body=f"{lead}{tail}</div>").authors == ["Budi Eka"]


def test_nothing_dates_a_page_that_no_element_dates() -> None:
    body = (
        f"<p>Jumat, 20/11/2026 | 18:30</p><figure><figcaption>Foto, 25 Juli 2021 10:00 WIB.</figcaption></figure>"
        f"<div class='isi'><p>{PROSE} Rabu (2/3/2022) pukul 10.00 WIB.</p><p>Selasa, 1 Maret 2022 10:00 WIB</p></div>"
        "<aside><time datetime='2026-11-18T10:00:00+07:00'>2 jam lalu</time></aside>"
        "<footer>© 2024 Contoh, 1 Januari 2024 00:00 WIB</footer>"
    )
    for rules in (RULES, Rules(brands=(), layouts=())):
        made = article(body=body, rules=rules)
        assert (made.published, made.published_raw, made.modified) == (None, None, None)


def test_a_day_without_a_time_is_kept_as_written() -> None:
    made = article(ld(NODE | {"datePublished": "2026-11-18"}))
    assert (made.published, made.published_raw, made.origins["published_raw"]) == (None, "2026-11-18", "jsonld")


@pytest.mark.parametrize(
    ("head", "published", "raw", "origin"),
    [
        (
            ld(NODE | {"datePublished": "2026-11-18T11:26:00Z"}),
            "2026-11-18T18:26:00+07:00",
            "2026-11-18T11:26:00Z",
            "jsonld",
        ),
        (
            ld({"@type": "WebPage", "datePublished": "2026-11-18T18:26:00+07:00"}),
            "2026-11-18T18:26:00+07:00",
            "2026-11-18T18:26:00+07:00",
            "jsonld",
        ),
        (meta(article_published__time="x"), None, None, None),
        (
            "<meta property='article:published_time' content='2026-11-18T11:26:00+00:00'>"
            "<meta name='content_PublishedDate' content='2026-11-18 18:26:00'>",
            "2026-11-18T18:26:00+07:00",
            "2026-11-18T11:26:00+00:00",
            "meta",
        ),
        (
            "<meta property='article:published_time' content='2021-06-16T13:00:00-07:00'><meta name='pubdate' "
            "content='2021-06-16 13:00:00'>",
            "2021-06-16T13:00:00+07:00",
            "2021-06-16T13:00:00-07:00",
            "meta",
        ),
        (
            "<meta name='pubdate' content='2023-11-02T20-59-53Z'>",
            "2023-11-02T20:59:53+07:00",
            "2023-11-02T20-59-53Z",
            "meta",
        ),
    ],
)
def test_dates_are_on_the_outlets_clock(head: str, published: str | None, raw: str | None, origin: str | None) -> None:
    row = article(head).row()
    assert (row["published"], row["published_raw"], row["origins"].get("published")) == (published, raw, origin)


def test_a_page_that_names_wita_is_on_that_clock() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", published=(".tgl",)),))
    body = f"<div class='tgl'>Rabu, 18 November 2026 19:26 WITA</div>{BODY}"
    head = ld(NODE | {"datePublished": "2026-11-18T11:26:00Z", "dateModified": "2026-11-18T12:00:00Z"})
    row = article(head, body, rules=rules).row()
    assert (row["published"], row["modified"]) == ("2026-11-18T19:26:00+08:00", "2026-11-18T20:00:00+08:00")


def test_an_eastern_outlet_has_its_own_zone() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", published=(".tgl",)),), zone="WIT")
    row = article(body=f"<i class='tgl'>18 November 2026 09:10</i>{BODY}", rules=rules).row()
    assert row["published"] == "2026-11-18T09:10:00+09:00"


@pytest.mark.parametrize(
    ("lead", "place"),
    [
        ("TRIBUNNEWS.COM, MINSK - Pemerintah", "MINSK"),
        ("MOSKOW, KOMPAS.TV - Presiden", "MOSKOW"),
        ("TRIBUN-TIMUR.COM, MAKASSAR -Warga", None),
        ("TRIBUN-TIMUR.COM, MAKASSAR - Warga", "MAKASSAR"),
        ("Liputan6.com, Jakarta - Warga", "Jakarta"),
        ("JAKARTA, KOMPAS.com – Warga", "JAKARTA"),
        ("CONTOH, JAKARTA PUSAT — Warga", "JAKARTA PUSAT"),
        ("Intisari-Online.com - Warga", None),
        ("Jatimcenter.com – Warga", None),
        ("Rina, Budi - keduanya warga desa", None),
        ("JAKARTA - Warga", None),
    ],
)
def test_the_place_is_read_from_the_dateline(lead: str, place: str | None) -> None:
    made = article(
        body=f"<div class='isi'><p><b>{lead.split(' ')[0]}</b>{lead[len(lead.split(' ')[0]) :]} {PROSE}</p></div>"
    )
    assert made.place == place
    assert made.text.startswith(lead)


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Warga mengungsi. (Antara/Rina)", "Warga mengungsi."),
        ("Warga mengungsi, Rabu (18/11/2026). (Sumber: AFP/Budi)", "Warga mengungsi, Rabu (18/11/2026)."),
        ("Warga mengungsi, Rabu (18/11/2026)", "Warga mengungsi, Rabu (18/11/2026)"),
        ("Presiden (kiri) dan menteri (kanan)", "Presiden (kiri) dan menteri (kanan)"),
        ("Warga mengungsi [Foto: Rina]", "Warga mengungsi"),
        ("(Antara/Rina)", None),
    ],
)
def test_captions_lose_their_credit_only(caption: str, expected: str | None) -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", caption=("figcaption",)),))
    assert (
        article(body=f"<figure><figcaption>{caption}</figcaption></figure>{BODY}", rules=rules).image_caption
        == expected
    )


def test_tags_come_once_and_in_order() -> None:
    made = article(ld(NODE | {"keywords": "Banjir, Rob, banjir , ,Semarang"}))
    assert made.tags == ["Banjir", "Rob", "Semarang"]
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", tags=(".t a",)),))
    body = f"{BODY}<p class='t'><a>satu</a><a>dua</a></p>"
    assert article("<meta name='keywords' content='satu,dua,berita hari ini'>", body, rules=rules).tags == [
        "satu",
        "dua",
    ]


def test_images_are_absolute() -> None:
    assert article(ld(NODE | {"image": {"url": "/a.jpg"}})).image == "https://www.contoh.test/a.jpg"
    assert (
        article(
            ld(NODE | {"image": ["http:http://x/a.jpg", "b.jpg"]})
            + "<meta property='og:image' content='//x.test/c.jpg'>"
        ).image
        == "https://x.test/c.jpg"
    )
    assert (
        article(
            ld([{"@id": "#i", "@type": "ImageObject", "url": "https://x.test/d.jpg"}, NODE | {"image": {"@id": "#i"}}])
        ).image
        == "https://x.test/d.jpg"
    )
    assert article("<meta property='og:image' content='javascript:alert(1)'>").image is None


@pytest.mark.parametrize(
    ("value", "free"), [(True, True), (False, False), ("True", True), ("false", False), ("ya", None)]
)
def test_what_is_free_is_known(value: object, free: bool | None) -> None:
    assert article(ld(NODE | {"isAccessibleForFree": value})).free is free


def test_opt_outs_are_kept_as_signals() -> None:
    head = (
        meta(robots="index, NOARCHIVE, max-snippet:5", googlebot="noai,noimageai")
        + "<meta name='tdm-reservation' content='1'>"
    )
    assert article(head).opt_out == [
        "robots: noarchive",
        "googlebot: noai",
        "googlebot: noimageai",
        "tdm-reservation: 1",
    ]
    assert article(meta(robots="index,follow")).opt_out == []


def test_the_section_is_not_the_article_itself() -> None:
    trail = [{"@type": "ListItem", "name": name} for name in ("Beranda", "Jatim", "Judul")]
    assert article(ld(NODE) + ld({"@type": "BreadcrumbList", "itemListElement": trail})).section == "Jatim"
    assert article(ld({"@type": "BreadcrumbList", "itemListElement": trail[:1]})).section is None


def test_the_outlet_does_not_credit_itself() -> None:
    assert article(body=BODY.replace("</div>", "<p>Sumber : Contoh</p></div>")).source_credit is None
    assert article(body=BODY.replace("</div>", "<p>Sumber : TASS</p></div>")).source_credit == "TASS"


def test_the_canonical_address_is_absolute() -> None:
    assert page("<link rel='canonical' href='/nasional/123/judul'>").canonical == URL
    assert page("<link rel='canonical' href='http://['>").canonical is None
    assert page("<link rel='canonical' href=' '>").canonical is None


# --- charsets --------------------------------------------------------------------------------------------------------

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
        (b"<?xml version='1.0' encoding='latin1'?>" + TEXT.encode(), None),
    ],
)
def test_charsets_survive_what_is_said_of_them(html: bytes, charset: str | None) -> None:
    assert extract(html, URL, RULES, captured=CAPTURED, charset=charset).article.text == f"“Café” naïve – {PROSE}"


def test_a_broken_byte_costs_one_character() -> None:
    html = TEXT.encode().replace(b"balai", b"ba\xfflai")
    assert (
        extract(html, URL, RULES, captured=CAPTURED).article.text
        == f"“Café” naïve – {PROSE.replace('balai', 'ba�lai')}"
    )


def test_nuls_and_controls_are_no_text() -> None:
    html = TEXT.replace("balai", "ba\x00la\x02\x03\x04i").encode()
    assert extract(html, URL, RULES, captured=CAPTURED).article.text == f"“Café” naïve – {PROSE}"


# --- hostile input ---------------------------------------------------------------------------------------------------


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
        ld('{"@type":"NewsArticle","keywords":[' + '"a",' * 100_000 + "]}") + BODY,
        ld("[" + '{"@type":"NewsArticle","author":{"@id":"#a"}},' * 20_000 + "1]") + BODY,
    ],
)
def test_hostile_markup_costs_little(body: str) -> None:
    began = time.process_time()
    try:
        page(body=body)
    except PageRefused:
        pass
    assert time.process_time() - began < 5


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
