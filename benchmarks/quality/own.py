"""The project's own reading of a page, with the outlet's rules and without any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from benchmarks.quality.gold import Sample
from pipelines.extract import Page, extract
from pipelines.language import tell
from pipelines.rules import NO_RULES, Rules


@dataclass(frozen=True, slots=True)
class Reading:
    """What an extractor makes of a page."""

    text: str
    title: str | None = None
    page: Page | None = None
    """All of it, when it is ours."""


Extractor = Callable[[Sample], Reading]


def ours(sample: Sample, rules: Rules) -> Reading:
    """Facts and language included, as the crawl has them."""
    page = extract(sample.html, sample.url, rules, captured=sample.captured)
    tell(page.article)
    return Reading(page.article.text, page.article.title, page)


def with_rules(sample: Sample) -> Reading:
    """The project, as it reads the outlets that it knows."""
    return ours(sample, sample.rules)


def without_rules(sample: Sample) -> Reading:
    """The project, as it reads any other outlet."""
    return ours(sample, NO_RULES)


OURS: dict[str, Extractor] = {"by rules": with_rules, "generic path": without_rules}


def is_right(sample: Sample, name: str) -> bool:
    """Do we find the fact that the page states, by rules? A publication to the minute, on the outlet's clock."""
    page = with_rules(sample).page
    found, wanted = getattr(page.article, name) if page else None, sample.facts[name]
    if name == "published" and found:
        return bool(found.replace(second=0).isoformat() == datetime.fromisoformat(wanted).isoformat())
    return bool(found == wanted)
