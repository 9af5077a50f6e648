"""Pages to articles: every field of every fixture, the joining of pages, and where the text comes from."""

import dataclasses
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from archive.model import Article, Verdict
from pipelines.extract import EXTRACTOR, Page, extract, join
from pipelines.page.selectors import xpath
from pipelines.rules import Layout, Rules
from tests.pages import BODY, CAPTURED, PROSE, RULES, URL, article, ld, page, rules_of

FIXTURES = Path(__file__).parent / "outlets"
CASES = {
    f"{path.parent.parent.name}/{path.parent.name}": path.parent for path in sorted(FIXTURES.glob("*/*/article.json"))
}
FIELDS = (
    "title",
    "description",
    "authors",
    "editors",
    "published",
    "published_raw",
    "modified",
    "section",
    "tags",
    "image",
    "image_caption",
    "place",
    "source_credit",
    "pages",
    "complete",
    "free",
    "syndicated_from",
    "text",
)


def gold(case: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((CASES[case] / "article.json").read_text())
    return expected


def fixture(case: str, name: str, query: str = "") -> Page:
    url = gold(case)["url"]
    address = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
    html = (CASES[case] / f"{name}.html").read_bytes()
    return extract(html, address, rules_of(case.split("/", maxsplit=1)[0]), captured=CAPTURED)


@cache
def pages_of(case: str) -> list[Page]:
    """The pages as a crawler gets them: the plain one, then `page=all` or the others one by one."""
    if (CASES[case] / "page-all.html").exists():
        return [fixture(case, "page"), fixture(case, "page-all", "page=all")]
    more = [n for n in range(2, 10) if (CASES[case] / f"page-{n}.html").exists()]
    return [fixture(case, "page"), *(fixture(case, f"page-{n}", f"page={n}") for n in more)]


@pytest.mark.parametrize("case", CASES)
def test_a_fixture_has_its_verdict(case: str) -> None:
    first = pages_of(case)[0]
    assert (str(first.verdict), bool(first.reason)) == (gold(case)["verdict"], True)


@pytest.mark.parametrize(
    "case", [case for case in CASES if gold(case)["verdict"] != "article" and "title" in gold(case)]
)
def test_a_page_that_is_no_article_has_its_own_title(case: str) -> None:
    assert pages_of(case)[0].article.title == gold(case)["title"]


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


def test_every_selector_of_every_outlet_compiles() -> None:
    for outlet in sorted({case.split("/")[0] for case in CASES}):
        for layout in rules_of(outlet).layouts:
            values = [getattr(layout, field.name) for field in dataclasses.fields(layout)]
            for css in [layout.body, *(css for value in values if isinstance(value, tuple) for css in value)]:
                assert xpath(css)


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
    assert joined(part(1, 3, "a", "b"), part(1, 1, "x", "y", "z")) == ("a b", False)
    # A line of page 1 that the whole lacks, or has in other words, is no reason to keep a third of the text.
    assert joined(part(1, 3, "a", "b", "judul lain"), part(1, 1, "a", "b", "c", "d", "e")) == ("a b c d e", True)
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


def test_a_joined_text_is_as_sure_as_its_least_sure_page() -> None:
    pages = [part(n, 3, letter) for n, letter in ((1, "a"), (2, "b"), (3, "c"))]
    for one, origin, sure in zip(pages, ("rule", "visible", "jsonld"), (None, 0.6, 0.9), strict=True):
        one.article.origins["text"], one.article.text_confidence = origin, sure
    made = join(pages)
    assert (made.origins["text"], made.text_confidence) == ("visible", 0.6)
    whole = part(1, 1, "a", "b", "c", "d")
    whole.article.origins["text"] = "rule"
    made = join([*pages, whole])
    assert (made.origins["text"], made.text_confidence) == ("rule", None)


def test_joining_leaves_the_pages_alone() -> None:
    first = part(1, 2, "a")
    join([first, part(2, 2, "b", authors=["Rina Ayu"])])
    assert (first.article.text, first.article.authors) == ("", [])


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


def test_without_a_container_the_generic_path_finds_the_text_and_says_how_sure_it_is() -> None:
    story = "".join(f"<p>{PROSE} Ini alinea ke-{n} dari cerita panjang.</p>" for n in range(8))
    made = article(
        body=f"<nav><a href='/'>Beranda</a></nav><article><h1>Judul</h1>{story}<p>Baca juga: X</p></article>"
    )
    assert made.origins["text"] == "visible"
    assert made.text_confidence is not None
    assert made.text_confidence > 0.8
    assert made.text.count("alinea ke-") == 8
    assert "Baca juga" not in made.text


def test_a_container_that_the_outlet_emptied_is_not_believed() -> None:
    story = "".join(f"<p>{PROSE} Ini alinea ke-{n} dari cerita panjang.</p>" for n in range(8))
    made = article(body=f"<div class='isi'></div><article>{story}</article>")
    assert (made.origins["text"], made.text.count("alinea ke-")) == ("visible", 8)


def test_a_container_with_a_small_part_of_what_the_page_itself_tells_is_not_believed() -> None:
    lines = [f"{PROSE} Ini alinea ke-{n} dari cerita panjang." for n in range(8)]
    story = "".join(f"<p>{line}</p>" for line in lines)
    told = ld({"@type": "NewsArticle", "articleBody": " ".join(lines)})
    made = article(told, f"<div class='isi'><p>{PROSE} {PROSE}</p></div><article>{story}</article>")
    assert (made.origins["text"], made.text.count("alinea ke-")) == ("visible", 8)


def test_of_two_layouts_on_the_page_the_one_that_holds_an_article_wins() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.kosong", title=("h1",)), Layout(body="div.isi", title=("h2",))))
    made = article(body=f"<h1>Sisipan</h1><div class='kosong'>Iklan</div><h2>Judul</h2>{BODY}", rules=rules)
    assert (made.origins["text"], made.title) == ("rule", "Judul")


def test_whoever_asks_is_told_what_was_left_out_and_by_which_rule() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", drop=("p.y",)),))
    body = f"<div class='isi'><p>{PROSE} {PROSE}</p><p class='y'>z</p><aside>w</aside><p>Baca juga: <a>X</a></p></div>"
    removed = [(one.text, one.rule) for one in page(body=body, rules=rules, explain=True).removed]
    assert removed == [("z", "drop p.y"), ("w", "box aside"), ("Baca juga: X", "related link")]
    assert page(body=body, rules=rules).removed == []


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
    assert subprocess.run([sys.executable, "-c", code], cwd=FIXTURES.parent.parent, check=False).returncode == 0


def test_a_page_says_what_read_it() -> None:
    made = article()
    assert (made.extractor, made.rules, made.captured, made.url) == (EXTRACTOR, RULES.digest, CAPTURED, URL)
    assert made.text_sha256
    assert made.words == 2 * len(PROSE.split())


def test_a_page_of_which_nobody_knows_when_it_was_fetched_is_read_by_the_layout_of_today() -> None:
    layouts = (Layout(body="div.isi", title=("h2",), until=date(2025, 1, 31)), Layout(body="div.isi", title=("h1",)))
    html = f"<h1>Kini</h1><h2>Dulu</h2><time class='published'>1 jam yang lalu</time>{BODY}".encode()
    made = extract(html, URL, Rules(brands=(), layouts=layouts)).article
    assert (made.title, made.published, made.captured) == ("Kini", None, None)
