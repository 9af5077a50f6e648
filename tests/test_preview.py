"""What a preview shows of a page: facts with their origins, text, what was removed, and nothing that moves a cursor."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from crawler import preview
from crawler.given import Given
from crawler.preview import Ink, Reading
from crawler.spiders.tribun import TribunSpider
from tests.pages import PROSE, ld

HOST, PATH = "www.tribunnews.com", "/nasional/9900001/jembatan-baru"
URL = f"https://{HOST}{PATH}"
STORY = "".join(f"<p>{PROSE} Ini alinea ke-{n}.</p>" for n in range(5))
PAGE = (
    f"<html><head><link rel='canonical' href='{URL}'></head><body><h1>Jembatan Baru</h1>"
    f"<div class='side-article txt-article'>{STORY}<p class='baca'>Baca juga: Kabar lain</p></div></body></html>"
)
PLAIN = Ink(colour=False)


def reading(html: str = PAGE, url: str = URL, *, ruled: bool = True) -> Reading:
    given = Given(body=html.encode(), url=url, captured=datetime(2026, 11, 22, tzinfo=UTC))
    return preview.read(given, "tribun", TribunSpider.outlet) if ruled else preview.read(given)


def drawn(html: str = PAGE, width: int | None = None, **named: Any) -> list[str]:
    return list(preview.draw(reading(html, **named), PLAIN, width))


def test_every_fact_stands_beside_its_origin() -> None:
    facts = {"@type": "NewsArticle", "headline": "Jembatan Baru", "datePublished": "2026-11-18T10:00:00+07:00"}
    lines = drawn(PAGE.replace("</head>", f"{ld(facts)}</head>"))
    values = {line.split()[0]: line.split()[1:] for line in lines[4 : lines.index("", 4)]}
    assert lines[0] == "Jembatan Baru"
    assert values["title"] == ["jsonld", "Jembatan", "Baru"]
    assert values["published"] == ["jsonld", "2026-11-18T10:00:00+07:00"]
    assert values["section"] == ["url", "nasional"]
    assert values["language"] == ["langdetect", "id"]
    assert values["id"] == ["tribun:www.tribunnews.com:9900001"]
    assert values["tags"] == ["not", "found"]


def test_what_was_removed_stands_under_its_rule_and_not_in_the_text() -> None:
    lines = drawn()
    removed = lines.index("removed (1)")
    assert lines[removed + 1 :] == ["drop p.baca", "  Baca juga: Kabar lain"]
    text = lines[: removed - 1]
    assert text[-9::2] == [f"{PROSE} Ini alinea ke-{n}." for n in range(5)]
    assert text[-11] == "text, 85 words, found by rule"


def test_pieces_of_one_rule_stand_together_and_long_ones_are_shortened() -> None:
    lines = drawn(PAGE.replace("</div>", f"<p>(*)</p><p class='baca'>Baca juga: {PROSE * 9}</p></div>"))
    removed = lines[lines.index("drop p.baca") :]
    assert removed[1] == "  Baca juga: Kabar lain"
    assert removed[2].startswith("  Baca juga: Warga")
    assert removed[2].endswith("…")
    assert len(removed[2]) < 310


def test_a_text_that_was_guessed_says_by_whom_and_how_sure() -> None:
    lines = drawn(f"<article><h1>Jembatan</h1>{STORY * 3}</article>", ruled=False)
    [heading] = [line for line in lines if line.startswith("text, ")]
    assert ", found by " in heading
    assert ", confidence " in heading


def test_lines_keep_within_the_terminal() -> None:
    lines = [line for line in drawn(width=72) if URL not in line]
    assert max(map(len, lines)) <= 72
    assert sum(line.endswith("alinea ke-0.") for line in lines) == 1
    assert max(map(len, drawn(width=None))) > 100


def test_an_address_can_be_copied_from_a_narrow_terminal() -> None:
    assert any(line.endswith(f" {URL}") for line in drawn(width=40))


def test_a_page_cannot_send_codes_to_the_terminal() -> None:
    evil = "&#27;[31m\u009b2J\u202e"
    facts = {"@type": "NewsArticle", "headline": "Judul \x1b]0;x\x07", "author": {"name": "Rina\x1b[2J \x9bAyu"}}
    html = PAGE.replace("</h1>", f"{evil}</h1>").replace("</head>", f"{ld(facts)}</head>").replace("alinea", evil)
    made = reading(html.replace("Kabar", evil), url=f"{URL}\x9b\u202e")
    page = [preview.as_json(made), *("\n".join(preview.draw(made, PLAIN, width)) for width in (80, None))]
    assert all(char.isprintable() or char == "\n" for text in page for char in text)
    assert "\\u202e" in page[0]
    assert "\\x9b" in page[1]
    assert json.loads(page[0])["row"]["text"] == made.row["text"]


def test_an_address_that_a_crawl_would_pass_over_is_pointed_out() -> None:
    assert "pass this address over" not in drawn()[2]
    html = PAGE.replace(PATH, "/tag/jembatan/x")
    assert "pass this address over" in drawn(html, url=f"https://{HOST}/tag/jembatan/x")[2]


def test_an_address_of_no_outlet_is_known_all_the_same() -> None:
    assert drawn(url="https://lain.test/x", ruled=False)[2] == "without an outlet's rules"
