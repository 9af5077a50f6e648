"""Real pages, where a folder of them is at hand: what was reached once may not be lost, text or fact."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from trafilatura import bare_extraction

from archive.model import Verdict
from benchmarks.quality import chrome, gold
from benchmarks.quality.gate import FLOORS, floor
from benchmarks.quality.gold import Sample
from benchmarks.quality.metric import Score, compare, mean_f1, overall
from benchmarks.quality.own import OURS, is_right

CORPUS = Path(os.environ.get("ARSIP_CORPUS") or "/nowhere")
REAL = pytest.mark.skipif(not (CORPUS / "pages").is_dir(), reason="ARSIP_CORPUS names no folder with real pages")
SETS = {"invented": lambda _: gold.invented(), "real": gold.real, "seeds": gold.seeds, "generic": gold.generic}


@cache
def samples(kind: str) -> list[Sample]:
    return list(SETS[kind](CORPUS))


@cache
def texts(kind: str, extractor: str) -> list[str]:
    return [OURS[extractor](sample).text for sample in samples(kind)]


def scores(kind: str, extractor: str) -> list[Score]:
    pairs = zip(texts(kind, extractor), samples(kind), strict=True)
    return [compare(text, sample.text) for text, sample in pairs]


def gates() -> Iterator[object]:
    for kind, extractor in FLOORS:
        yield pytest.param(kind, extractor, marks=[] if kind == "invented" else [REAL], id=f"{kind}-{extractor}")


@pytest.mark.parametrize(("kind", "extractor"), list(gates()))
def test_the_text_is_as_good_as_it_was(kind: str, extractor: str) -> None:
    least = floor(kind, extractor, samples(kind))
    if least is None:
        pytest.skip("the folder in ARSIP_CORPUS has other pages than those that the number was reached on")
    assert mean_f1(scores(kind, extractor)) >= least


@REAL
def test_pages_of_outlets_without_rules_are_read_no_worse_than_by_trafilatura() -> None:
    found = [bare_extraction(page.html, url=page.url, favor_precision=True) for page in samples("generic")]
    theirs = [getattr(one, "text", None) or "" for one in found]
    rival = overall(compare(text, page.text) for text, page in zip(theirs, samples("generic"), strict=True))
    assert overall(scores("generic", "generic path")).f1 >= rival.f1


@REAL
@pytest.mark.parametrize("extractor", OURS)
@pytest.mark.parametrize("kind", ["real", "seeds"])
def test_no_line_of_the_site_is_left_in_the_text(kind: str, extractor: str) -> None:
    assert [line for text in texts(kind, extractor) for line in chrome.lines(text)] == []


@REAL
@pytest.mark.parametrize("name", ["title", "authors", "editors", "published"])
def test_what_a_page_states_is_found(name: str) -> None:
    stated = [sample for sample in samples("real") if name in sample.facts]
    wrong = [sample.name for sample in stated if not is_right(sample, name)]
    assert wrong == []


@REAL
def test_every_real_article_is_one_and_nothing_else_is() -> None:
    pages = [*samples("real"), *gold.listings(CORPUS)]
    told = {sample.name: page.verdict for sample in pages if (page := OURS["by rules"](sample).page)}
    wrong = {
        sample.name: told[sample.name]
        for sample in pages
        if (told[sample.name] is Verdict.ARTICLE) != (sample.verdict is Verdict.ARTICLE)
    }
    assert wrong == {}


def test_the_measure_is_that_of_the_public_benchmark() -> None:
    assert compare("satu dua tiga empat", "satu dua tiga empat") == Score(1, 1)
    assert compare("satu dua tiga empat lima", "satu dua tiga empat") == Score(0.5, 1)
    assert compare("satu dua", "satu dua") == Score(1, 1)
    assert compare("", "satu dua tiga empat") == Score(0, 0)
    assert overall([Score(1, 0.5), Score(0.5, 1)]) == Score(0.75, 0.75)
    assert mean_f1([Score(1, 1), Score(0, 0)]) == 0.5


@pytest.mark.parametrize(
    "line",
    [
        "Baca juga: Judul Lain",
        "Penulis: Rina Ayu",
        "Halaman 2",
        "(vyp/kna)",
        "Harga beras turun. (adm/mes)",
        "[Gambas:Video]",
        "1 2 3",
    ],
)
def test_the_judge_knows_a_line_of_the_site(line: str) -> None:
    assert chrome.lines(f"Warga berkumpul.\n\n{line}\n\nMereka pulang.") == [line]


@pytest.mark.parametrize("line", ["Sumber: polisi menemukan tiga korban di rumah.", "Halaman rumahnya luas.", "Ya."])
def test_the_judge_leaves_prose_alone(line: str) -> None:
    assert chrome.lines(line) == []
