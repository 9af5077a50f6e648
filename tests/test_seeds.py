"""Real sentences with hand-made gold, and the one real Tribun page: extraction is exact on them."""

import json
import os
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipelines.extract import Page, extract, join
from tests.pages import rules_of

CORPUS = Path(os.environ.get("ARSIP_CORPUS") or "/nowhere")
pytestmark = pytest.mark.skipif(
    not (CORPUS / "seeds").is_dir(), reason="ARSIP_CORPUS names no folder with the seeds and real pages"
)
SEEDS = (
    "000_7b0b6a211624c438",
    "001_1203622ee4450364",
    "002_810adec5283569e4",
    "003_766f2c7a9d2fd8b9",
    "004_e84db7e3cbeffe31",
)
OUTLETS = {
    "Tribunnews.com": "tribun",
    "Jatimcenter.com": "jatimcenter",
    "KOMPAS.TV": "kompastv",
    "Intisari-Online.com": "intisari",
}
TRIBUN = (
    "https://www.tribunnews.com/pendidikan/2020/05/04/"
    "jawaban-soal-apa-dampak-negatif-jika-menunda-pekerjaan-belajar-dari-rumah-sma-di-tvri"
)


@cache
def seed(name: str) -> tuple[Page, dict[str, Any]]:
    page = (CORPUS / "seeds" / f"{name}.html").read_bytes()
    meta = json.loads((CORPUS / "seeds" / f"{name}.meta.json").read_text())
    address = re.search(rb"https://\S+", page)
    assert address
    rules = rules_of(OUTLETS[meta["site"]])
    return extract(page, address[0].decode(), rules, captured=datetime(2024, 6, 1, tzinfo=UTC)), meta


@cache
def tribun() -> Page:
    [page] = (CORPUS / "pages" / "tribun").glob("*.html")
    return extract(page.read_bytes(), TRIBUN, rules_of("tribun"), captured=datetime(2020, 5, 4, tzinfo=UTC))


@pytest.mark.parametrize("name", SEEDS)
def test_the_text_is_the_gold_text(name: str) -> None:
    gold = (CORPUS / "seeds" / f"{name}.gold.txt").read_text().strip()
    assert seed(name)[0].article.text == gold


@pytest.mark.parametrize("name", SEEDS)
def test_no_dropped_line_is_a_paragraph(name: str) -> None:
    page, meta = seed(name)
    dropped = {line["text"].strip() for line in meta["drop_lines"]}
    assert not dropped & set(page.paragraphs)


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("field", ["title", "description", "authors", "editors", "image_caption"])
def test_the_facts_are_the_gold_facts(name: str, field: str) -> None:
    page, meta = seed(name)
    assert getattr(page.article, field) == meta[field]


@pytest.mark.parametrize("name", SEEDS)
def test_no_date_is_made_up(name: str) -> None:
    page, meta = seed(name)
    assert page.article.row()["published"] == meta["published"]
    assert page.article.published_raw == meta.get("published_raw")
    assert page.article.modified is None


@pytest.mark.parametrize("name", SEEDS)
def test_the_dateline_names_the_place_and_stays(name: str) -> None:
    page, meta = seed(name)
    assert page.article.place == meta["dateline"]["place"]
    assert page.paragraphs[0].startswith(meta["dateline"]["raw"])


def test_the_agency_is_credited() -> None:
    assert [seed(name)[0].article.source_credit for name in SEEDS] == [None, None, "TASS", None, None]


@pytest.mark.parametrize("name", SEEDS)
def test_pages_are_counted(name: str) -> None:
    page, meta = seed(name)
    told = meta["pagination"]
    assert (page.page, page.pages) == (told.get("page", 1), told.get("pages", 1))
    assert join([page]).complete is (page.pages == 1)


def test_the_real_page_has_its_facts() -> None:
    page = tribun()
    article = page.article
    assert str(page.verdict) == "article"
    assert article.title == ("Jawaban Soal Apa Dampak Negatif Jika Menunda Pekerjaan, Belajar dari Rumah SMA di TVRI")
    assert (article.authors, article.editors) == (["Muhammad Renald Shiftanto"], ["Sri Juliati"])
    assert article.row()["published"] == article.row()["modified"] == "2020-05-04T04:25:13+07:00"
    assert (article.section, len(article.tags), article.place, article.free) == ("Pendidikan", 5, None, None)
    assert article.source_credit == "TribunSolo.com"
    assert (page.number, page.canonical) == ("6493362", TRIBUN)


def test_the_real_page_is_one_of_four() -> None:
    page = tribun()
    assert (page.page, page.pages) == (1, 4)
    assert join([page]).complete is False


def test_the_real_page_has_a_clean_body() -> None:
    """The text stays with its publisher: here are the words of each paragraph and the digest of them all.

    Ten paragraphs: no "Baca:", no advertisement, the words of inline links in their places.
    """
    page = tribun()
    assert [len(text.split()) for text in page.paragraphs] == [22, 6, 10, 6, 6, 32, 15, 1, 8, 4]
    assert not [text for text in page.paragraphs if text.startswith("Baca")]
    assert page.article.text_sha256 == "c7f3c40c4684b5fe31f768c0c392a93f5d0926951e14eb1937ffe8f9ef1d42c6"
