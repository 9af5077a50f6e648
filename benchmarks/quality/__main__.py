"""`make eval`: one table of extractors over real and invented pages. Exit status 1 when our numbers have fallen."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from archive.model import Verdict
from benchmarks.quality import chrome, gold
from benchmarks.quality.gate import floor
from benchmarks.quality.gold import Sample
from benchmarks.quality.metric import Score, compare, mean_f1, overall
from benchmarks.quality.own import OURS, Extractor, Reading, is_right, with_rules
from benchmarks.quality.rivals import RIVALS, quiet

ROUNDS = 3


def main() -> int:
    """Print the tables; without a corpus only those of the invented pages."""
    quiet()
    folder = os.environ.get("ARSIP_CORPUS")
    fallen = table("invented pages of tests/outlets", list(gold.invented()), "invented")
    if not folder:
        say("ARSIP_CORPUS names no folder of real pages: the rest is left out.")
        return fallen
    corpus = Path(folder)
    pages = list(gold.real(corpus))
    fallen |= table("real articles of Indonesian outlets", pages, "real")
    given = [sample for sample in pages if sample.uncorrected is not None]
    uncorrected(given)
    by_page(pages)
    facts(pages)
    fallen |= table("seeds", list(gold.seeds(corpus)), "seeds")
    fallen |= table("public benchmark of 2020, half of it", list(gold.generic(corpus)), "generic")
    listings = list(gold.listings(corpus))
    wrong = [
        sample.name for sample in listings if (page := with_rules(sample).page) and page.verdict == Verdict.ARTICLE
    ]
    say(f"pages that are no article: {len(listings) - len(wrong)} of {len(listings)} told apart {' '.join(wrong)}")
    return fallen


def table(title: str, samples: Sequence[Sample], kind: str) -> int:
    """One line an extractor; returns 1 when one of ours is below its floor."""
    say(f"\n{title}: {len(samples)}")
    say(f"{'':24}{'F1':>7}{'prec.':>7}{'recall':>7}{'mean F1':>9}{'chrome':>8}{'titles':>8}{'CPU':>7}")
    extractors = OURS | RIVALS
    cost = _costs(samples, extractors)
    fallen = 0
    for name, extractor in extractors.items():
        readings = [extractor(sample) for sample in samples]
        scores = _scores(readings, samples)
        whole = overall(scores)
        lines = sum(len(chrome.lines(reading.text)) for reading in readings)
        told = [
            reading.title == sample.facts["title"]
            for reading, sample in zip(readings, samples, strict=True)
            if "title" in sample.facts
        ]
        titles = f"{sum(told)}/{len(told)}" if told and readings[0].title is not None else "-"
        ratio = cost[name] / cost["trafilatura"]
        say(
            f"{name:24}{whole.f1:7.3f}{whole.precision:7.3f}{whole.recall:7.3f}{mean_f1(scores):9.4f}"
            f"{lines:8}{titles:>8}{ratio:7.2f}"
        )
        least = floor(kind, name, samples)
        if least is not None and mean_f1(scores) < least:
            say(f"{name} has fallen: mean F1 {mean_f1(scores):.4f} on {kind}, and {least} was reached before")
            fallen = 1
    return fallen


def uncorrected(samples: Sequence[Sample]) -> None:
    """The same, against gold as it came."""
    say(f"against gold as it came, uncorrected: {len(samples)}")
    for name, extractor in (OURS | RIVALS).items():
        texts = [extractor(sample).text for sample in samples]
        scores = [compare(text, sample.uncorrected or "") for text, sample in zip(texts, samples, strict=True)]
        say(f"{name:24}{overall(scores).f1:7.3f}{'':14}{mean_f1(scores):9.4f}")


def by_page(samples: Sequence[Sample]) -> None:
    """F1 of every page, for whoever mends a rule."""
    say(f"\n{'page by page':72}{'rules':>8}{'generic':>9}{'sure':>6}")
    for sample in samples:
        one, other = (extractor(sample) for extractor in OURS.values())
        scores = [compare(reading.text, sample.text).f1 for reading in (one, other)]
        sure = other.page.article.text_confidence if other.page else None
        say(f"{sample.name[:70]:72}{scores[0]:8.3f}{scores[1]:9.3f}{'-' if sure is None else f'{sure:.2f}':>6}")


def facts(samples: Sequence[Sample]) -> None:
    """How many of the facts that pages state are found, and which are not."""
    say("\nfacts by rules")
    for name in ("title", "authors", "editors", "published"):
        stated = [sample for sample in samples if name in sample.facts]
        wrong = [sample for sample in stated if not is_right(sample, name)]
        say(f"{name:24}{len(stated) - len(wrong)}/{len(stated)}  {' '.join(sample.name[:40] for sample in wrong)}")


def _scores(readings: Sequence[Reading], samples: Sequence[Sample]) -> list[Score]:
    return [compare(reading.text, sample.text) for reading, sample in zip(readings, samples, strict=True)]


def _costs(samples: Sequence[Sample], extractors: dict[str, Extractor]) -> dict[str, float]:
    """CPU seconds of each over all pages: the best of ROUNDS, in turns, after one to warm up."""
    best: dict[str, float] = {}
    for turn in range(ROUNDS + 1):
        for name, extractor in extractors.items():
            began = time.process_time()
            for sample in samples:
                extractor(sample)
            took = time.process_time() - began
            best[name] = took if turn <= 1 else min(best[name], took)
    return best


def say(line: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
